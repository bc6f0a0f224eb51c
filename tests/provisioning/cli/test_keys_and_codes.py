"""The key that signs for the queue, registered with a proof; the staff's secret, told once; codes from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.formats.envelope import canonical
from provisioning import wire
from provisioning.office import desk, handing_out
from provisioning.terminal.identity import Credentials
from provisioning.terminal.office_line import OfficeFailed, OfficeLine
from provisioning.wire import Reason
from sscard.staff_codes import Role, role_of
from tests.provisioning.configurations import TERMINAL
from tests.provisioning.terminal.boards import WHO, BareBoard, Times, fine, open_bank


@pytest.fixture
def board(tmp_path: Path) -> Iterator[BareBoard]:
    """A board that has enrolled."""
    times = Times()
    with open_bank(tmp_path, times) as bank:
        board = BareBoard(tmp_path / "board", bank, times)
        board.starts().run(bank.token)
        yield board


def shown(board: BareBoard) -> tuple[OfficeLine, Credentials]:
    found = board.identity.in_use
    assert found is not None
    return OfficeLine(board.bank.url, board.bank.root, board.clock), found


def registered(
    board: BareBoard, keys: wire.Keys, key: Ed25519PrivateKey
) -> wire.KeysTaken | Reason:
    line, credentials = shown(board)
    content = canonical(keys)
    try:
        return line.register(credentials, wire.ProvenKeys(content, key.sign(content)))
    except OfficeFailed as error:
        assert error.reason is not None and error.remedy
        return error.reason


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def test_enrolling_registers_the_key_that_the_queue_signs_with(board: BareBoard) -> None:
    (told,) = handing_out.all_signing_keys(board.bank.office)
    assert told["terminal"] == TERMINAL
    board.starts().run(board.bank.token)
    assert handing_out.all_signing_keys(board.bank.office) == [told], "again, it is the same key"


def test_a_key_without_its_proof_is_refused(board: BareBoard) -> None:
    mine, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    assert registered(board, wire.Keys(TERMINAL, public(mine), ""), other) is Reason.KEYS_UNPROVEN
    assert registered(board, wire.Keys("SZ-0002", public(mine), ""), mine) is Reason.KEYS_UNPROVEN
    assert registered(board, wire.Keys(TERMINAL, b"short", ""), mine) is Reason.KEYS_MALFORMED
    assert len(handing_out.all_signing_keys(board.bank.office)) == 1


def test_the_newest_key_is_the_one_that_the_bank_gets(board: BareBoard) -> None:
    new = Ed25519PrivateKey.generate()
    assert registered(board, wire.Keys(TERMINAL, public(new), ""), new) == wire.KeysTaken(True)
    assert registered(board, wire.Keys(TERMINAL, public(new), ""), new) == wire.KeysTaken(False)
    (told,) = handing_out.all_signing_keys(board.bank.office)
    assert told["signing_key"] == public(new).hex()


def test_a_lost_terminal_is_not_in_the_banks_list(board: BareBoard) -> None:
    fine(desk.revoke(board.bank.office, WHO, TERMINAL))
    assert handing_out.all_signing_keys(board.bank.office) == []


def test_the_staffs_secret_is_sent_until_the_terminal_has_it_and_not_again(
    board: BareBoard,
) -> None:
    path = Path(board.places["staff_secret"])
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(path.read_bytes()) == 32
    line, credentials = shown(board)
    assert wire.read_assignment(line.assignment(credentials)).staff_secret == b""
    assert path.read_bytes() not in (board.folder / "assignment.json").read_bytes()


@pytest.mark.parametrize("role", list(Role))
def test_a_code_of_the_office_admits_at_the_terminal(board: BareBoard, role: Role) -> None:
    office = board.bank.office
    told = fine(handing_out.make_staff_code(office, WHO, TERMINAL, "tech-1", role))
    secret = Path(board.places["staff_secret"]).read_bytes()
    admitted = role_of(secret, "tech-1", told["code"], office.clock())
    assert admitted is not None and admitted.role is role
    assert 15 <= told["good_for_minutes"] <= 30


def test_nobody_who_was_dismissed_gets_a_code(board: BareBoard) -> None:
    office = board.bank.office
    fine(desk.put_technician(office, WHO, "tech-1", active=False))
    said = handing_out.make_staff_code(office, WHO, TERMINAL, "tech-1", Role.TECHNICIAN)
    assert isinstance(said, desk.No) and said.reason == "technician-unknown"
    said = handing_out.make_staff_code(office, WHO, "SZ-9999", "tech-1", Role.TECHNICIAN)
    assert isinstance(said, desk.No) and said.reason == "terminal-unknown"


def test_a_terminal_enrolled_anew_gets_another_secret(board: BareBoard) -> None:
    before = Path(board.places["staff_secret"]).read_bytes()
    board.starts().run(board.bank.token, anew=True)
    assert Path(board.places["staff_secret"]).read_bytes() != before
