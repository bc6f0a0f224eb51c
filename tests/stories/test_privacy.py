"""PRIVACY.NOTHING_STAYS and OFFLINE.NO_PIN: after a visit, however it ended, nothing of the person
is in anything the terminal keeps: its journal, the queue's disk, and all that its objects reach.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType

import pytest

from bank.people import person
from kiosk.drivers.events import Device
from simulators.models.pin_crypto import encrypt, format_0_block
from simulators.models.pin_pad import TEST_PIN_KEY
from simulators.world.bank_line import BankMood
from simulators.world.world import World

WHO = "chen"
CANARY = person(WHO)
CARD = CANARY.cards[0]
PIN_BLOCK = encrypt(TEST_PIN_KEY, format_0_block(CARD.password, CARD.pan[:-1][-12:]))
SECRETS = {
    "name": CANARY.name,
    "ID number": CANARY.id_number,
    "card number": CARD.card_number,
    "identification code": CARD.identification_code,
    "account number": CARD.pan,
    "account number for the block": CARD.pan[:-1][-12:],
    "password": CARD.password,
    "PIN block": PIN_BLOCK.hex().upper(),
    "financial balance": "32,081.50",
    "medical balance": "1,234.56",
}
NEEDLES: tuple[tuple[str, bytes], ...] = (
    *(
        (what, text.encode(encoding))
        for what, text in SECRETS.items()
        for encoding in ("utf-8", "gb18030", "utf-16-le")
    ),
    ("PIN block", PIN_BLOCK),
    ("PIN block", PIN_BLOCK.hex().encode()),
    ("identification code", bytes.fromhex(CARD.identification_code)),
)
AMOUNTS = {CARD.medical_fen, CARD.financial_fen}


def found_in(data: bytes) -> set[str]:
    """Which of the canary's secrets stand in `data`."""
    return {what for what, needle in NEEDLES if needle in data}


def objects_of(world: World) -> Iterator[object]:
    """Everything the terminal's processes reach: session, drivers with their frames, links, queue.

    Not the other side: the bank, the devices in whose hands card, document and paper are.
    """
    outside = (world.bank, world.scanner, world.pad, world.printer, world.lens)
    seen = {id(each) for each in outside}
    waiting: list[object] = [world.terminal, world.runners, world.queue, world.slot, world.camera]
    waiting += [world.lines, world.agenda, world.records]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, ModuleType | type):
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, FunctionType):  # what it closes over, not the module around it
            waiting += [each.__closure__, each.__defaults__, each.__kwdefaults__]
        else:
            waiting += gc.get_referents(each)


def left_of_the_canary(world: World) -> set[str]:
    left = set()
    for each in objects_of(world):
        match each:
            case str():
                left |= found_in(each.encode("utf-8", errors="replace"))
            case bytes() | bytearray() | memoryview():
                left |= found_in(bytes(each))
            case int() if each in AMOUNTS:
                left.add("a balance")
    return left | found_in(world.queue.database())


def presses_to_the_password(world: World) -> None:
    world.presses("balance")
    world.lays(WHO)
    world.sees("balance.card")
    world.inserts(WHO)
    world.sees("balance.password")
    world.waits(1.0)


def has_balances_and_prints(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.presses("print")
    world.sees("balance.printing")
    world.sees("balance.result")
    world.presses("done")


def mistypes_and_cancels(world: World) -> None:
    presses_to_the_password(world)
    world.types("111111e")
    world.waits(2.0)
    world.sees("balance.password")
    world.types(CARD.password[:4] + "c")


def walks_away_with_the_password_half_typed(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password[:5])
    world.sees("take_card", within_s=90.0)


def walks_away_from_the_result(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.sees("take_card", within_s=120.0)


def pulls_the_card_too_early(world: World) -> None:
    world.presses("balance")
    world.lays(WHO)
    world.sees("balance.card")
    world.inserts(WHO)
    world.sees("balance.reading")
    world.waits(0.3)
    world.pulls()
    world.sees("trouble")
    world.presses("leave")


def uses_anothers_card(world: World) -> None:
    world.presses("balance")
    world.lays(WHO)
    world.sees("balance.card")
    world.inserts("li")
    world.sees("trouble")
    world.presses("leave")


def checks_with_no_line(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    world.presses("balance")
    world.lays(WHO)
    world.sees("balance.card")
    world.inserts(WHO)
    world.sees("balance.result")
    world.presses("done")


def reports_a_loss_and_prints(world: World) -> None:
    world.presses("loss")
    world.lays(WHO)
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    world.presses("done")


def reports_a_loss_with_no_line(world: World) -> None:
    world.cuts_line()
    world.waits(20.0)
    reports_a_loss_and_prints(world)


def meets_a_silent_bank(world: World) -> None:
    presses_to_the_password(world)
    world.bank.mood = BankMood.SILENT
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.presses("done")


def meets_a_bank_whose_answer_comes_after_the_visit(world: World) -> None:
    presses_to_the_password(world)
    world.bank.mood = BankMood.SLOW
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.presses("done")


def loses_the_queue_while_asking(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password)
    world.bank.mood = BankMood.SLOW
    world.types("e")
    world.waits(0.5)
    world.kills_queue()
    world.sees("balance.result", "trouble")
    world.starts_queue()
    world.presses("done" if world.state == "balance.result" else "leave")


def finds_the_queue_dead(world: World) -> None:
    presses_to_the_password(world)
    world.kills_queue()
    world.types(CARD.password + "e")
    world.sees("trouble", "balance.result", within_s=9.0)
    world.terminal.press("leave" if world.state == "trouble" else "done")
    world.waits(1.0)
    world.starts_queue()


def loses_the_pad_in_the_password(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password[:5])
    world.lines[Device.PIN_PAD].unplug()
    world.sees("trouble")
    world.presses("leave")
    world.lines[Device.PIN_PAD].plug()


def types_on_a_pad_that_shows_the_digits(world: World) -> None:
    presses_to_the_password(world)
    world.pad.faults.clear_digits = True
    world.types(CARD.password + "e")
    world.sees("trouble")
    world.pad.faults.clear_digits = False
    world.presses("leave")


def loses_the_scanner_while_it_reads(world: World) -> None:
    world.presses("loss")
    world.lays(WHO)
    world.waits(0.5)
    world.lines[Device.ID_SCANNER].unplug()
    world.sees("trouble")
    world.lines[Device.ID_SCANNER].plug()
    world.presses("leave")


def leaves_in_the_middle_of_the_id_reading(world: World) -> None:
    world.presses("loss")
    world.lays(WHO)
    world.waits(0.6)
    world.presses("leave")


def loses_the_reader_while_it_reads(world: World) -> None:
    world.presses("balance")
    world.lays(WHO)
    world.sees("balance.card")
    world.inserts(WHO)
    world.waits(0.5)
    world.slot.lose_reader(service=True)
    world.waits(1.0)
    world.slot.find_reader()
    world.terminal.press("leave")


def runs_out_of_paper(world: World) -> None:
    world.printer.paper_lines = 8.0
    has_balances_and_prints(world)


def sees_the_terminal_crash_at_the_password(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password[:3])
    world.kills_kiosk()


def sees_the_terminal_crash_at_the_result(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.kills_kiosk()


def sees_the_terminal_crash_while_asking(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password)
    world.bank.mood = BankMood.SLOW
    world.types("e")
    world.waits(0.5)
    world.kills_kiosk()


def sees_the_power_fail_while_asking(world: World) -> None:
    presses_to_the_password(world)
    world.types(CARD.password)
    world.bank.mood = BankMood.SLOW
    world.types("e")
    world.waits(0.5)
    world.loses_power()


VISITS: tuple[Callable[[World], None], ...] = (
    has_balances_and_prints,
    mistypes_and_cancels,
    walks_away_with_the_password_half_typed,
    walks_away_from_the_result,
    pulls_the_card_too_early,
    uses_anothers_card,
    checks_with_no_line,
    reports_a_loss_and_prints,
    reports_a_loss_with_no_line,
    meets_a_silent_bank,
    meets_a_bank_whose_answer_comes_after_the_visit,
    loses_the_queue_while_asking,
    finds_the_queue_dead,
    loses_the_pad_in_the_password,
    types_on_a_pad_that_shows_the_digits,
    loses_the_scanner_while_it_reads,
    leaves_in_the_middle_of_the_id_reading,
    loses_the_reader_while_it_reads,
    runs_out_of_paper,
    sees_the_terminal_crash_at_the_password,
    sees_the_terminal_crash_at_the_result,
    sees_the_terminal_crash_while_asking,
    sees_the_power_fail_while_asking,
)


@pytest.mark.parametrize("visit", VISITS)
def test_nothing_of_a_person_is_left_after_a_visit_who(
    world: World, visit: Callable[[World], None]
) -> None:
    visit(world)
    world.pulls()
    world.lifts()
    world.sees("idle", within_s=150.0)
    world.waits(15.0)  # late answers of devices and bank
    assert left_of_the_canary(world) == set()
    journal = "\n".join(" ".join(line) for line in world.records)
    assert found_in(journal.encode()) == set()
    for paper in world.receipts():
        assert found_in(paper.encode()) <= {"financial balance", "medical balance"}


def test_the_search_finds_a_person_who_is_there(world: World) -> None:
    presses_to_the_password(world)
    assert left_of_the_canary(world) >= {"name", "ID number", "card number", "account number"}
    world.bank.mood = BankMood.SILENT
    world.types(CARD.password + "e")
    world.sees("balance.asking")
    assert "PIN block" in left_of_the_canary(world), "the queue holds it in memory, for a moment"


def test_the_search_looks_into_the_frames_of_drivers(world: World) -> None:
    world.presses("loss")
    world.lays(WHO)
    world.waits(1.0)
    while world.state == "loss.id_card":
        world.waits(0.01)
    assert "ID number" in left_of_the_canary(world)


def test_the_password_is_never_in_what_the_terminal_reaches(world: World) -> None:
    presses_to_the_password(world)
    for key in CARD.password:
        world.types(key)
        assert not {"password", "PIN block"} & left_of_the_canary(world)
    world.types("e")
    while world.state != "balance.result":
        assert "password" not in left_of_the_canary(world)
        world.waits(0.02)


@pytest.mark.parametrize(
    "mood", [BankMood.WELL, BankMood.SILENT, BankMood.ANSWER_LOST, BankMood.REFUSING]
)
def test_no_pin_block_is_ever_on_the_queues_disk(world: World, mood: BankMood) -> None:
    presses_to_the_password(world)
    world.bank.mood = mood
    world.types(CARD.password + "e")
    for _ in range(150):
        assert found_in(world.queue.database()) == set()
        world.waits(0.05)
    world.kills_queue()
    assert found_in(world.queue.database()) == set()
    world.starts_queue()
    world.waits(5.0)
    assert found_in(world.queue.database()) == set()


def test_a_password_that_found_no_bank_is_forgotten_when_the_person_leaves(world: World) -> None:
    presses_to_the_password(world)
    world.bank.mood = BankMood.SILENT
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")
    assert "PIN block" not in left_of_the_canary(world)


def test_the_next_person_sees_nothing_of_the_one_before(world: World) -> None:
    presses_to_the_password(world)
    world.presses("language")
    world.types(CARD.password + "e")
    world.sees("balance.result")
    world.presses("shield")
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")
    for state in ("idle", "loss.id_card"):
        world.sees(state)
        assert found_in("\n".join(world.view.texts()).encode()) == set()
        assert world.view.language == "zh"
        if state == "idle":
            world.presses("loss")
