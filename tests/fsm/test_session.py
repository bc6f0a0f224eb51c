"""The session's own rules, one by one."""

from __future__ import annotations

import gc

import pytest

from kiosk.drivers.events import (
    CardInserted,
    CardNotRead,
    CardRemoved,
    CardTrouble,
    Device,
    DeviceChanged,
    DeviceStatus,
    PinEntered,
    PinProgress,
    Printed,
)
from kiosk.drivers.orders import EjectCard, EnterPin
from kiosk.fsm.effects import Forget, OrderDevice, Record, StopDevice
from kiosk.fsm.events import (
    BankAnswered,
    LineChanged,
    Pressed,
    RequestNotTaken,
    RequestTaken,
    TimeUp,
)
from kiosk.fsm.happenings import ANSWERS, AT, BY_DEVICE, CODE, ID_NUMBER, PAN, REFUSALS
from kiosk.fsm.limits import Limit
from kiosk.fsm.session import Session
from kiosk.fsm.visit import SessionTrouble, SlotUse, Wishes
from sscard.requests import Balances, LossInForce
from tests.fsm.driving import (
    at_password,
    card_read,
    clocks,
    happen,
    id_read,
    loss_waits,
    press,
    ready,
    reports_orally,
    submitted,
    time_up,
)

OFFLINE = DeviceStatus.OFFLINE


def trouble_of(session: Session) -> object:
    assert session.state == "trouble"
    trouble = session.situation.person.trouble
    assert trouble is not None
    return trouble.code


# --- time ------------------------------------------------------------------------------


def test_a_clock_that_is_void_moves_nothing() -> None:
    session = ready()
    old = clocks(press(session, "loss"))[-1].number
    happen(session, id_read())
    before = session.state
    assert happen(session, TimeUp(old)) == []
    assert session.state == before


def test_the_clock_that_runs_is_the_one_that_was_started_last() -> None:
    session = ready()
    (clock,) = clocks(press(session, "loss"))
    assert (clock.number, clock.limit) == (session.clock_number, Limit.LAY_ID)


def test_somebody_who_goes_away_leaves_an_idle_terminal() -> None:
    session = ready()
    press(session, "loss")
    time_up(session)
    assert session.state == "goodbye"
    assert session.situation.visit is None
    time_up(session)
    assert session.state == "idle"


def test_each_digit_gives_the_time_anew_but_a_cleared_entry_does_not() -> None:
    session = at_password()
    assert clocks(happen(session, PinProgress(1)))
    assert clocks(happen(session, PinProgress(2)))
    assert not clocks(happen(session, PinProgress(0)))


def test_a_language_chosen_by_somebody_who_went_away_does_not_stay() -> None:
    session = ready()
    (clock,) = clocks(press(session, "language"))
    assert (session.situation.wishes.language, clock.limit) == ("en", Limit.WISHES)
    time_up(session)
    assert (session.state, session.situation.wishes) == ("idle", Wishes())


# --- the card --------------------------------------------------------------------------


def test_with_a_card_in_the_slot_a_visit_ends_by_way_of_taking_it() -> None:
    session = at_password()
    effects = press(session, "leave")
    assert session.state == "take_card"
    assert OrderDevice(Device.CARD_READER, EjectCard()) in effects
    happen(session, CardRemoved())
    assert session.state == "goodbye"


def test_a_card_that_nobody_takes_ends_the_visit_and_is_given_out_again() -> None:
    session = at_password()
    press(session, "leave")
    effects = time_up(session)
    assert (session.state, session.situation.visit) == ("card_left", None)
    assert effects[-1] == OrderDevice(Device.CARD_READER, EjectCard())
    happen(session, CardRemoved())
    assert session.state == "idle"


def test_a_reader_that_falls_silent_with_the_card_in_it_still_asks_to_take_the_card() -> None:
    session = at_password()
    happen(session, DeviceChanged(Device.CARD_READER, OFFLINE))
    press(session, "leave")
    assert session.state == "take_card"
    time_up(session)
    assert (session.state, session.situation.slot) == ("goodbye", SlotUse.UNKNOWN)


def test_a_card_put_in_while_the_last_person_is_seen_off_is_the_next_persons() -> None:
    session = ready()
    press(session, "loss", "leave")
    assert session.state == "goodbye"
    happen(session, CardInserted())
    press(session, "done")
    assert session.state == "card_first"


def test_a_card_put_in_before_a_service_was_chosen_is_used_as_it_is() -> None:
    session = ready()
    happen(session, CardInserted())
    press(session, "balance")
    happen(session, id_read())
    assert session.state == "balance.reading"


def test_somebody_elses_card_is_changed_by_taking_it_out() -> None:
    session = ready()
    press(session, "balance")
    happen(session, id_read(), CardInserted(), card_read("somebody else's card read"))
    assert trouble_of(session) is SessionTrouble.NOT_SAME_PERSON
    happen(session, CardRemoved())
    assert session.state == "balance.card"


def test_a_card_pulled_while_it_is_read_is_read_again_when_it_is_back() -> None:
    session = ready()
    press(session, "balance")
    happen(session, id_read(), CardInserted(), CardRemoved(), CardNotRead(CardTrouble.PULLED))
    assert trouble_of(session) is CardTrouble.PULLED
    happen(session, CardInserted())
    assert session.state == "balance.reading"


# --- devices ---------------------------------------------------------------------------


def test_a_device_that_went_while_it_was_not_needed_is_missed_before_it_is_ordered() -> None:
    session = ready()
    press(session, "balance")
    happen(session, DeviceChanged(Device.PIN_PAD, OFFLINE), id_read(), CardInserted())
    effects = happen(session, card_read())
    assert trouble_of(session) is SessionTrouble.DEVICE_GONE
    assert not [e for e in effects if isinstance(e, OrderDevice) and isinstance(e.order, EnterPin)]


def test_a_device_that_the_step_does_not_need_may_go() -> None:
    session = at_password()
    happen(session, DeviceChanged(Device.CAMERA, OFFLINE))
    assert session.state == "balance.password"


def test_a_card_without_bank_application_is_refused_where_the_password_would_be() -> None:
    session = ready()
    press(session, "balance")
    happen(session, id_read(), CardInserted(), card_read("card without bank application read"))
    assert trouble_of(session) is SessionTrouble.NO_BANK_APPLICATION


def test_without_a_line_the_same_card_is_enough() -> None:
    session = ready(line_up=False)
    press(session, "balance")
    happen(session, id_read(), CardInserted(), card_read("card without bank application read"))
    assert session.state == "balance.asking"


# --- the bank --------------------------------------------------------------------------


def test_a_password_goes_with_one_request_and_is_forgotten() -> None:
    session = at_password()
    submit = submitted(happen(session, PinEntered("0" * 16)))
    assert submit.companion is not None
    assert session.situation.person.companion is None


def test_an_answer_to_another_ticket_is_not_taken_for_ours() -> None:
    session = at_password()
    ticket = submitted(happen(session, PinEntered("0" * 16))).ticket
    balances = ANSWERS["balance_check"]["balances"]
    happen(session, RequestTaken(ticket, CODE, AT), BankAnswered(ticket + 1, balances))
    assert session.state == "balance.asking"
    happen(session, BankAnswered(ticket, balances))
    assert session.state == "balance.result"
    assert isinstance(session.situation.person.answer, Balances)


def test_a_wrong_password_gives_another_try_and_lets_the_old_request_go() -> None:
    session = at_password()
    first = submitted(happen(session, PinEntered("0" * 16))).ticket
    wrong = REFUSALS["refused: wrong_password"]
    happen(session, RequestTaken(first, CODE, AT), BankAnswered(first, wrong))
    assert (session.state, session.situation.person.tries_left) == ("balance.password", 2)
    effects = happen(session, PinEntered("0" * 16))
    assert Forget(first) in effects
    assert submitted(effects).ticket != first


def test_a_request_that_was_not_taken_is_said_to_be_nothing() -> None:
    session = ready(line_up=False)
    press(session, "loss")
    happen(session, id_read())
    ticket = submitted(reports_orally(session)).ticket
    happen(session, RequestNotTaken(ticket, "full"))
    assert trouble_of(session) is SessionTrouble.NOT_TAKEN


def test_a_silent_bank_leaves_a_request_that_waits() -> None:
    session = ready()
    press(session, "balance")
    happen(session, id_read(), CardInserted(), card_read())
    ticket = submitted(happen(session, PinEntered("0" * 16))).ticket
    happen(session, RequestTaken(ticket, CODE, AT))
    time_up(session)
    assert (session.state, session.situation.person.answer) == ("balance.result", None)


def test_an_answer_that_comes_while_the_person_still_stands_there_is_shown() -> None:
    session = loss_waits()
    in_force = ANSWERS["loss_report"]["in force, oral"]
    happen(session, LineChanged(up=True), BankAnswered(session.situation.person.ticket, in_force))
    assert session.state == "loss.result"
    assert isinstance(session.situation.person.answer, LossInForce)


def test_paper_that_the_answer_overtook_is_not_called_the_receipt() -> None:
    session = loss_waits()
    press(session, "print")
    in_force = ANSWERS["loss_report"]["in force, oral"]
    happen(session, BankAnswered(session.situation.person.ticket, in_force), Printed())
    assert session.state == "loss.result"
    assert session.situation.person.printed is None
    assert isinstance(session.situation.person.answer, LossInForce)


# --- buttons that are not there --------------------------------------------------------


@pytest.mark.parametrize("button", ["back", "print", "confirm", "again", "card:1", "no such one"])
def test_a_button_that_a_result_does_not_have_does_nothing(button: str) -> None:
    session = ready()
    press(session, "more", "receipt_check")
    happen(session, *_report_found(session))
    assert session.state == "receipt_check.result"
    assert press(session, button) == []
    assert session.state == "receipt_check.result"


def _report_found(session: Session) -> list[RequestTaken | BankAnswered]:
    seen = BY_DEVICE[Device.CAMERA]["our code seen"]
    ticket = submitted(happen(session, seen)).ticket
    found = ANSWERS["report_status"]["report in_force"]
    return [RequestTaken(ticket, CODE, AT), BankAnswered(ticket, found)]


def test_nobody_goes_back_from_the_bank() -> None:
    session = ready(line_up=False)
    press(session, "loss")
    happen(session, id_read())
    reports_orally(session)
    assert session.state == "loss.asking"
    assert not session.can_go_back()


# --- the end of a visit ----------------------------------------------------------------


def test_at_the_end_every_device_stops_and_the_open_ticket_is_forgotten() -> None:
    session = loss_waits()
    ticket = session.situation.person.ticket
    effects = press(session, "done")
    assert [StopDevice(device) for device in Device] == [
        effect for effect in effects if isinstance(effect, StopDevice)
    ]
    assert Forget(ticket) in effects


def test_when_the_visit_is_over_the_session_holds_nothing_of_the_person() -> None:
    session = at_password()
    happen(session, PinEntered("0" * 16))
    press(session, "leave")
    happen(session, CardRemoved())
    assert session.state == "goodbye"
    texts = [each for each in _reachable(session) if isinstance(each, str)]
    assert "goodbye" in texts
    assert not [text for text in texts if text in (ID_NUMBER, PAN, "0" * 16)]


def _reachable(root: object) -> list[object]:
    """Everything that an object holds, directly or not; classes, functions and modules aside."""
    found: dict[int, object] = {}
    todo = [root]
    while todo:
        here = todo.pop()
        if id(here) in found or isinstance(here, type) or callable(here):
            continue
        found[id(here)] = here
        todo += gc.get_referents(here)
    return list(found.values())


def test_the_journal_learns_words_of_the_catalogue_only() -> None:
    session = loss_waits()
    effects = press(session, "done")
    records = [effect for effect in effects if isinstance(effect, Record)]
    assert records == [Record("visit.end", "loss")]


def test_two_sessions_from_one_go_their_own_ways() -> None:
    session = at_password()
    twin = session.twin()
    happen(twin, Pressed("leave"))
    assert (session.state, twin.state) == ("balance.password", "take_card")
    twin.situation.person.hint = CardTrouble.MUTE
    assert session.situation.person.hint is None
