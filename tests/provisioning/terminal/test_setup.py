"""A bare board becomes a terminal, against the real office over TLS; and everything that gets in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.settings import load_settings
from provisioning.configuration.signed import Permit, sign_configuration
from provisioning.office import desk
from provisioning.terminal.configured import KIOSK
from provisioning.terminal.renewal import Renewal
from provisioning.terminal.setup import Setup, Step, Stopped
from provisioning.terminal.versions import CURRENT
from tests.provisioning.configurations import KEY, NOW, TERMINAL, document
from tests.provisioning.terminal.boards import (
    SERIAL,
    WHO,
    Bank,
    BareBoard,
    Times,
    fine,
    open_bank,
)
from tests.provisioning.terminal.cutting import PowerCut, cut_after


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def bank(tmp_path: Path, times: Times) -> Iterator[Bank]:
    with open_bank(tmp_path, times) as bank:
        yield bank


@pytest.fixture
def board(tmp_path: Path, bank: Bank, times: Times) -> BareBoard:
    return BareBoard(tmp_path / "board", bank, times)


def nobody() -> str:
    raise AssertionError("no token is needed any more")


def stopped(setup: Setup, token: str) -> Stopped:
    """How it stands; the technician is told what to do, and the token is not repeated."""
    with pytest.raises(Stopped) as caught:
        setup.run(lambda: token)
    assert caught.value.remedy
    assert token not in f"{caught.value} {caught.value.remedy}" or not token
    return caught.value


# --- the way ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clock", [NOW, datetime(1970, 1, 1, tzinfo=UTC), datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)]
)
def test_a_bare_board_becomes_a_terminal_at_any_clock(
    board: BareBoard, bank: Bank, times: Times, clock: datetime
) -> None:
    times.board = clock
    assignment = board.starts().run(bank.token)
    assert assignment.terminal == TERMINAL
    assert load_settings(board.folder / "configurations" / CURRENT / KIOSK).terminal_id == TERMINAL
    assert [step for step, _ in board.said] == list(Step)
    credentials = board.identity.in_use
    assert credentials is not None
    assert credentials.uri == f"spiffe://bank.example/kiosk/{TERMINAL}"


def test_what_is_done_is_not_done_again(board: BareBoard, bank: Bank) -> None:
    board.starts().run(bank.token)
    before = board.identity.in_use
    board.starts().run(nobody)
    after = board.identity.in_use
    assert before is not None
    assert after is not None
    assert after.leaf == before.leaf


def test_wherever_the_power_fails_it_is_taken_up_again(
    tmp_path: Path, bank: Bank, times: Times
) -> None:
    """A cut before each call that changes the board's disk; one token is enough for all of it."""
    cuts, was_cut = 0, True
    while was_cut:
        board = BareBoard(tmp_path / f"board-{cuts}", bank, times)
        board.folder.mkdir()
        setup, text = board.starts(), bank.token()
        with cut_after(cuts) as happened:
            try:
                setup.run(lambda text=text: text)  # type: ignore[misc]
            except PowerCut:
                assert happened()
        was_cut = happened()
        assert board.starts().run(lambda text=text: text).terminal == TERMINAL  # type: ignore[misc]
        assert board.configured.version == 1
        cuts += 1 if cuts < 12 else 7
        fine(desk.allow_once(bank.office, WHO, TERMINAL))
        bank.goes_to(times.office + timedelta(days=2))
        times.board = times.office
    assert cuts > 25


# --- what gets in between -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "begins with SSK1"),
        ("SSC-LOSS:12345", "begins with SSK1"),
        ("SSK1-AAAA", "missing or too many"),
        ("SSK1-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAA!", "no such character"),
        ("SSK1-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAB", "a character is wrong"),
    ],
)
def test_a_mistyped_token_is_told_before_the_office_is_asked(
    board: BareBoard, token: str, said: str
) -> None:
    found = stopped(board.starts(), token)
    assert found.step is Step.CERTIFICATE
    assert said in found.remedy


def test_a_used_token_is_refused_and_the_next_one_works(
    board: BareBoard, bank: Bank, tmp_path: Path, times: Times
) -> None:
    used = bank.token()
    board.starts().run(lambda: used)
    other = BareBoard(tmp_path / "other", bank, times)
    assert "token-used" in str(stopped(other.starts(), used))
    assert other.starts().run(bank.token).terminal == TERMINAL


def test_an_expired_token_is_refused(board: BareBoard, bank: Bank, times: Times) -> None:
    old = bank.token()
    bank.goes_to(NOW + timedelta(minutes=16))
    assert "token-expired" in str(stopped(board.starts(), old))


def test_another_boards_token_is_refused(
    tmp_path: Path, bank: Bank, times: Times, board: BareBoard
) -> None:
    stranger = BareBoard(tmp_path / "stranger", bank, times, "20000000E5F60708")
    assert "token-foreign" in str(stopped(stranger.starts(), bank.token()))
    assert stranger.identity.in_use is None


def test_without_a_configuration_it_waits_and_goes_on(
    board: BareBoard, bank: Bank, times: Times
) -> None:
    bank.goes_to(NOW + timedelta(days=400))
    times.board = times.office
    found = stopped(board.starts(), bank.token())
    assert (found.step, "expired" in found.said) == (Step.CONFIGURATION, True)
    later = document(2)
    renewed = type(later)(
        later.terminal, 2, times.office, times.office + timedelta(days=365), later.values
    )
    file = sign_configuration(renewed, KEY)
    fine(desk.assign_configuration(bank.office, WHO, TERMINAL, file))
    assert board.starts().run(nobody).configuration_version == 2
    assert board.configured.version == 2


def test_an_older_configuration_comes_only_with_a_permit(board: BareBoard, bank: Bank) -> None:
    fine(
        desk.assign_configuration(bank.office, WHO, TERMINAL, sign_configuration(document(3), KEY))
    )
    board.starts().run(bank.token)
    refused = desk.assign_configuration(
        bank.office, WHO, TERMINAL, sign_configuration(document(2), KEY)
    )
    assert isinstance(refused, desk.No)
    back = sign_configuration(document(2), KEY, Permit(TERMINAL, 3, 2))
    fine(desk.assign_configuration(bank.office, WHO, TERMINAL, back))
    board.starts().run(nobody)
    assert board.configured.version == 2


def test_a_damaged_key_that_nobody_certified_is_made_anew(board: BareBoard, bank: Bank) -> None:
    board.folder.mkdir()
    first = board.identity.waiting_key().public_key
    (board.folder / "identity" / "keys" / "1" / "sums").write_bytes(b"cut off")
    assert board.identity.waiting_key().public_key != first
    assert board.starts().run(bank.token).terminal == TERMINAL


def test_a_damaged_key_that_is_in_use_is_told_and_never_replaced(
    board: BareBoard, bank: Bank
) -> None:
    board.starts().run(bank.token)
    (board.folder / "identity" / "keys" / "1" / "sums").write_bytes(b"cut off")
    assert stopped(board.starts(), "").step is Step.KEY
    assert (board.folder / "identity" / "keys" / "1").exists()


def test_a_lost_terminal_is_believed_nothing_any_more(board: BareBoard, bank: Bank) -> None:
    board.starts().run(bank.token)
    fine(desk.revoke(bank.office, WHO, TERMINAL))
    found = stopped(board.starts(), "")
    assert found.step is Step.ASSIGNMENT
    assert "revoked" in str(found)


def test_a_terminal_that_was_found_again_enrols_anew_with_a_new_key(
    board: BareBoard, bank: Bank
) -> None:
    board.starts().run(bank.token)
    before = board.identity.in_use
    fine(desk.revoke(bank.office, WHO, TERMINAL))
    fine(desk.reinstate(bank.office, WHO, TERMINAL))
    assert board.starts().run(bank.token, anew=True).terminal == TERMINAL
    after = board.identity.in_use
    assert before is not None
    assert after is not None
    assert after.key.public_key != before.key.public_key
    assert board.starts().run(nobody).terminal == TERMINAL


# --- renewal ------------------------------------------------------------------------------------


def test_a_terminal_lives_400_days_with_long_outages(
    board: BareBoard, bank: Bank, times: Times
) -> None:
    """It looks every six hours; the office is away for weeks, and the board's clock is of no use."""
    board.starts().run(bank.token)
    times.board = datetime(1970, 1, 1, tzinfo=UTC)
    away = [(20, 55), (100, 128), (200, 204), (300, 350)]
    renewed, looks, ran_out, seen = 0, 0, False, set()
    for quarter in range(400 * 4):
        bank.goes_to(NOW + timedelta(hours=6 * quarter))
        if any(first <= quarter / 4 < last for first, last in away):
            continue
        credentials = board.identity.in_use
        assert credentials is not None
        if times.office < credentials.renew_from(0.0) and quarter % 40:
            continue  # most looks come to nothing: a part of them is enough
        looks += 1
        ran_out = ran_out or times.office > credentials.leaf.not_valid_after_utc
        if board.looks().look() is Renewal.RENEWED:
            renewed += 1
        seen.add(credentials.leaf.serial_number)
    last = board.identity.in_use
    assert last is not None
    assert last.leaf.not_valid_after_utc > times.office
    assert ran_out, "one outage is longer than a certificate's life"
    assert (renewed, len(seen)) == (5, 6)
    assert looks > renewed
    assert len(list((board.folder / "identity" / "keys").iterdir())) <= 2


def test_a_renewal_that_is_not_proven_leaves_the_old_one(
    board: BareBoard, bank: Bank, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.starts().run(bank.token)
    before = board.identity.in_use
    assert before is not None
    bank.goes_to(NOW + timedelta(days=61))
    times.board = times.office
    looks = board.looks()
    monkeypatch.setattr(
        type(looks._line), "assignment", lambda *_: (_ for _ in ()).throw(OSError("line cut"))
    )
    assert looks.look() is Renewal.LATER
    assert "line cut" in looks.why
    kept = board.identity.in_use
    assert kept is not None
    assert kept.leaf == before.leaf
    monkeypatch.undo()
    assert board.looks().look() is Renewal.RENEWED


def test_wherever_the_power_fails_in_a_renewal_the_terminal_has_a_certificate(
    board: BareBoard, bank: Bank, times: Times
) -> None:
    board.starts().run(bank.token)
    cuts, was_cut, renewed = 0, True, 0
    while was_cut:
        bank.goes_to(times.office + timedelta(days=61))
        times.board = times.office
        looks = board.looks()
        with cut_after(cuts) as happened:
            try:
                renewed += looks.look() is Renewal.RENEWED
            except PowerCut:
                assert happened()
        was_cut = happened()
        credentials = board.identity.in_use
        assert credentials is not None
        if times.office >= credentials.renew_from(0.0):
            assert board.looks().look() is Renewal.RENEWED
        cuts += 1 if cuts < 8 else 3
    assert cuts > 12


def test_long_after_its_end_somebody_at_the_office_lets_it_back_once(
    board: BareBoard, bank: Bank, times: Times
) -> None:
    board.starts().run(bank.token)
    bank.goes_to(NOW + timedelta(days=200))
    times.board = times.office
    looks = board.looks()
    assert looks.look() is Renewal.LATER
    assert "certificate-expired" in looks.why
    fine(desk.allow_once(bank.office, WHO, TERMINAL))
    assert board.looks().look() is Renewal.RENEWED


def test_a_board_that_was_never_enrolled_renews_nothing(board: BareBoard) -> None:
    board.folder.mkdir()
    assert board.looks().look() is Renewal.NEVER_ENROLLED
    assert SERIAL
