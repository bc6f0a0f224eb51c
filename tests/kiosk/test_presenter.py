"""What the screen says in a situation: a view is plain data made from the session."""

from __future__ import annotations

from kiosk.drivers.events import CardInserted, Device, DeviceChanged, DeviceStatus, PinProgress
from kiosk.fsm.events import BankAnswered, LineChanged, RequestTaken
from kiosk.fsm.happenings import ANSWERS, AT, CODE
from kiosk.fsm.session import Session
from kiosk.screens.presenter import Presenter
from kiosk.screens.view import Button, Dots, View
from sscard.cards import CardState
from sscard.requests import Cards, ListedCard
from tests.fsm.driving import (
    at_password,
    card_read,
    happen,
    id_read,
    loss_waits,
    press,
    ready,
    submitted,
)
from tests.kiosk.places import PLACE, WALL


def view(session: Session) -> View:
    return Presenter(PLACE).view(session, WALL, None)


def button(session: Session, name: str) -> Button:
    (found,) = [each for each in view(session).buttons() if each.id == name]
    return found


def all_text(session: Session) -> str:
    return "\n".join(view(session).texts())


def test_a_service_whose_device_is_gone_stays_on_the_screen_and_names_the_device() -> None:
    session = ready()
    happen(session, DeviceChanged(Device.PIN_PAD, DeviceStatus.OFFLINE))
    press(session, "language")
    assert not button(session, "balance").enabled
    assert "PIN pad" in button(session, "balance").second
    assert button(session, "loss").enabled


def test_without_a_line_the_same_service_needs_no_pad_and_can_be_chosen() -> None:
    session = ready(line_up=False)
    happen(session, DeviceChanged(Device.PIN_PAD, DeviceStatus.OFFLINE))
    assert button(session, "balance").enabled
    press(session, "more")
    assert not button(session, "receipt_check").enabled


def test_every_screen_has_its_title_in_both_languages() -> None:
    session = at_password()
    before = view(session)
    press(session, "language")
    after = view(session)
    assert (before.title, before.second) == (after.second, after.title)
    assert (before.language, after.language) == ("zh", "en")


def test_the_pad_shows_how_many_digits_it_holds_and_nothing_else() -> None:
    session = at_password()
    happen(session, PinProgress(4))
    assert view(session).blocks[0] == Dots(4, 6)


def test_a_refusal_explains_its_rule_when_asked_why_and_hides_it_again() -> None:
    session = ready()
    press(session, "balance", "language")
    happen(session, id_read(), CardInserted(), card_read("somebody else's card read"))
    assert "ACTIVATE.ORIGINALS" not in all_text(session)
    press(session, "why")
    shown = repr(view(session))
    assert "ACTIVATE.ORIGINALS" in shown
    press(session, "why")
    assert "ACTIVATE.ORIGINALS" not in repr(view(session))


def test_a_report_that_waits_is_not_called_in_force_and_has_the_hotlines_on_the_screen() -> None:
    session = loss_waits()
    press(session, "language")
    text = all_text(session)
    assert "not in force" in text
    assert "955-00" in text
    assert "In force" not in text


def test_no_screen_shows_whose_id_card_or_card_it_is() -> None:
    session = at_password()
    shown = repr(view(session))
    person = session.situation.person
    assert person.document is not None
    assert person.card is not None
    for secret in (person.document.number, person.document.name, person.card.card_number):
        assert secret not in shown


def test_with_the_line_down_the_idle_screen_says_so_and_with_it_up_it_does_not() -> None:
    session = ready()
    up = all_text(session)
    happen(session, LineChanged(up=False))
    assert all_text(session) != up
    happen(session, LineChanged(up=True))
    assert all_text(session) == up


def test_where_no_card_can_be_reported_the_page_asks_nothing() -> None:
    session = ready()
    press(session, "loss")
    ticket = submitted(happen(session, id_read())).ticket
    one = Cards((ListedCard("a", "gdb", "9593", CardState.LOST_WRITTEN),))
    happen(session, RequestTaken(ticket, CODE, AT), BankAnswered(ticket, one))
    assert session.state == "loss.choose_card"
    assert view(session).title == "没有可以挂失的卡"
    assert not any(each.enabled for each in view(session).options)


def test_cards_that_cannot_be_reported_stand_grey_among_the_others_and_are_not_counted() -> None:
    session = ready()
    press(session, "loss", "language")
    effects = happen(session, id_read())
    cards = ANSWERS["card_list"]["one card in use, three not"]
    ticket = submitted(effects).ticket
    happen(session, RequestTaken(ticket, CODE, AT), BankAnswered(ticket, cards))
    assert session.state == "loss.choose_card"
    tiles = {each.id: each for each in view(session).options}
    assert [each.enabled for each in tiles.values()] == [True, False, False, False]
    assert "ACTIVATE.BEFORE_USE" in tiles["card:2"].second
    assert "REPLACE.SUSPENDED" in tiles["card:3"].second
    assert "LOSS.WRITTEN_NOW" in tiles["card:4"].second
    press(session, "card:2")
    assert session.state == "loss.choose_card"
    press(session, "card:1")
    assert session.state == "loss.choose_kind"
