"""The ledger of who holds each card balances, whatever comes in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from kiosk.custody import Custody, Document, Slot, Tally
from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    CardRetained,
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    DocumentKind,
    IdDocument,
    IdNotRead,
    IdRead,
    IdTrouble,
    NotRetained,
    RetainTrouble,
)

CLAIM = "K7M4QX"
ID_READ = IdRead(IdDocument(DocumentKind.RESIDENT, "990000198001010018", "测试"))
LOST = DeviceChanged(Device.CARD_READER, DeviceStatus.OFFLINE)
ONLINE = DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE)
EVENTS: list[DeviceEvent] = [
    CardInserted(),
    CardMute(),
    CardRemoved(),
    CardRetained(CLAIM),
    *(NotRetained(CLAIM, why) for why in RetainTrouble),
    LOST,
    ONLINE,
    DeviceChanged(Device.CARD_READER, DeviceStatus.NO_DEVICE),
    DeviceChanged(Device.PIN_PAD, DeviceStatus.OFFLINE),
    ID_READ,
    IdNotRead(IdTrouble.MOVED),
]
DEEDS = some.one_of(
    some.sampled_from(EVENTS), some.sampled_from(["order", "in bin", "not in bin", "visit over"])
)


def after(*events: DeviceEvent) -> Custody:
    custody = Custody()
    for event in events:
        custody.heard(event)
    return custody


@given(some.lists(DEEDS, max_size=60))
def test_cards_in_are_cards_out_and_kept_and_inside_at_every_moment(
    deeds: list[DeviceEvent | str],
) -> None:
    custody, visits = Custody(), [Tally()]
    for deed in deeds:
        match deed:
            case "order":
                custody.ordered_to_keep()
            case "in bin" | "not in bin":
                custody.settled(kept=deed == "in bin")
            case "visit over":
                visits.append(custody.visit_over())
            case str():
                raise AssertionError(deed)
            case event:
                custody.heard(event)
        tally = custody.tally
        assert tally.balances
        assert tally.inside == (custody.slot is not Slot.EMPTY)
    visits.append(custody.tally)
    assert all(each.balances for each in visits)
    assert sum(each.came for each in visits) == custody.tally.inside + sum(
        each.went + each.kept + each.unsure for each in visits
    )


def test_a_card_that_comes_and_goes_is_told_at_both_ends() -> None:
    custody = Custody()
    assert [custody.heard(each) for each in (CardInserted(), CardRemoved())] == [
        "card.in",
        "card.out",
    ]
    assert str(custody.visit_over()) == "in 1 out 1 kept 0 unsure 0 inside 0 id 0"


def test_a_card_that_is_kept_did_not_go_out() -> None:
    custody = after(CardInserted())
    custody.ordered_to_keep()
    assert custody.heard(CardRetained(CLAIM)) == "card.kept"
    assert custody.heard(CardRemoved()) is None
    assert (custody.tally.kept, custody.tally.went) == (1, 0)


def test_a_card_left_inside_is_carried_over_to_the_next_visit() -> None:
    custody = after(CardInserted())
    assert custody.visit_over().inside == 1
    custody.heard(CardRemoved())
    over = custody.visit_over()
    assert (over.inside_before, over.came, over.went, over.inside) == (1, 0, 1, 0)


def test_a_card_that_comes_back_into_sight_with_its_reader_is_the_same() -> None:
    custody = after(CardInserted(), LOST, ONLINE, CardInserted(), CardRemoved())
    assert (custody.tally.came, custody.tally.went) == (1, 1)


def test_a_card_that_vanished_while_the_motor_had_it_is_in_the_bin_if_the_bin_says_so() -> None:
    for in_bin in (True, False):
        custody = after(CardInserted())
        custody.ordered_to_keep()
        custody.heard(NotRetained(CLAIM, RetainTrouble.READER_LOST))
        custody.heard(LOST)
        custody.settled(kept=in_bin)
        custody.heard(CardRemoved())
        assert (custody.tally.kept, custody.tally.went) == ((1, 0) if in_bin else (0, 1))


def test_a_card_that_vanished_and_no_bin_counts_is_said_to_be_unsure() -> None:
    custody = after(CardInserted())
    custody.ordered_to_keep()
    custody.heard(LOST)
    assert custody.heard(CardRemoved()) == "card.unsure"
    assert custody.tally.unsure == 1


def test_an_id_card_is_laid_and_known_to_be_lifted_where_the_scanner_tells() -> None:
    assert after(ID_READ).document is Document.LAID
    custody = after(ID_READ, IdNotRead(IdTrouble.MOVED))
    assert custody.document is Document.LIFTED
    assert custody.visit_over().laid == 1
