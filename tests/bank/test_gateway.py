"""Exactly once, whatever is sent twice, changed, forged or sealed to the wrong key."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from bank.database import open_database
from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys
from bank.people import PEOPLE, person
from bank.seeding import seed
from bank.settling import Terms
from offline_queue.formats.batch import read_reply
from offline_queue.formats.envelope import (
    BATCH_BYTES_MAX,
    Outcome,
    sealing_key,
    sign,
)
from offline_queue.formats.one_use import SUITE
from sscard.cards import LossKind
from sscard.requests import Balances, CardList, LossInForce, LossReport, to_wire
from tests.bank.terminal import (
    NOW,
    TERMINAL,
    Rows,
    Terminal,
    answer_bytes,
    balance_of,
    evidence,
    lost,
    signed_anew,
)

THREADS = 8


# --- once ----------------------------------------------------------------------------------


def test_a_copy_is_a_duplicate_with_the_stored_answer_byte_for_byte(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"), terminal.companion("chen"))
    (first,) = terminal.send(op)
    (copy,) = terminal.send(op, now=NOW + timedelta(days=179))
    assert (first.outcome, copy.outcome) == (Outcome.APPLIED, Outcome.DUPLICATE)
    assert answer_bytes(copy) == answer_bytes(first)
    assert rows("select outcome, answer from operations") == [
        ("applied", answer_bytes(first).decode())
    ]


def test_a_copy_of_a_refused_operation_brings_the_refusal_and_spends_no_second_try(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"), terminal.companion("chen", "111111"))
    (first,) = terminal.send(op)
    (copy,) = terminal.send(op)
    assert (first.outcome, copy.outcome) == (Outcome.REJECTED, Outcome.DUPLICATE)
    assert answer_bytes(copy) == answer_bytes(first)
    assert rows("select wrong_in_a_row from accounts where wrong_in_a_row < 6 order by 1 desc")[
        0
    ] == (1,)


def test_a_copy_that_lost_its_password_on_the_way_is_still_the_same_operation(
    terminal: Terminal,
) -> None:
    op = terminal.op(balance_of("chen"), terminal.companion("chen"))
    (first,) = terminal.send(op)
    (copy,) = terminal.send(replace(op, companion=None))
    assert copy.outcome is Outcome.DUPLICATE
    assert answer_bytes(copy) == answer_bytes(first)


def test_two_copies_in_one_batch_take_effect_once(terminal: Terminal, rows: Rows) -> None:
    op = terminal.op(balance_of("chen"))
    outcomes = [verdict.outcome for verdict in terminal.send(op, op)]
    assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert rows("select count(*) from own_channel") == [(1,)]


def test_the_same_id_with_other_content_conflicts_and_changes_nothing(
    terminal: Terminal, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    op = terminal.op(balance_of("chen"))
    terminal.send(op)
    other = terminal.op(lost("chen", LossKind.WRITTEN), op_id=op.header.op_id)
    for _ in range(2):
        (verdict,) = terminal.send(other)
        assert (verdict.outcome, verdict.answer) == (Outcome.CONFLICT, None)
    assert rows("select count(*) from loss_reports") == [(0,)]
    assert rows("select what, terminal, op_id, times from alarms") == [
        ("conflict", TERMINAL, op.header.op_id, 2)
    ]
    assert "alarm conflict: terminal T0001" in caplog.text


def test_an_id_in_capitals_is_no_id(terminal: Terminal) -> None:
    op = terminal.op(balance_of("chen"), op_id="AB" * 16)
    with pytest.raises(AssertionError, match="not a batch"):
        terminal.send(op)


def test_many_threads_with_many_copies_make_one_effect_each(terminal: Terminal, rows: Rows) -> None:
    ops = [terminal.op(balance_of(key)) for key in ("chen", "li", "wu", "ho", "lin", "xu")]
    ops += [terminal.op(balance_of("chen"), terminal.companion("chen", "111111")) for _ in range(3)]

    def send_all(turn: int) -> list[tuple[str, Outcome, bytes]]:
        rotated = ops[turn:] + ops[:turn]
        verdicts = [verdict for op in rotated for verdict in terminal.send(op)]
        return [(each.op_id, each.outcome, answer_bytes(each)) for each in verdicts]

    with ThreadPoolExecutor(THREADS) as pool:
        seen = [each for turn in pool.map(send_all, range(THREADS)) for each in turn]
    for op in ops:
        mine = [each for each in seen if each[0] == op.header.op_id]
        outcomes = Counter(outcome for _, outcome, _ in mine)
        assert outcomes[Outcome.DUPLICATE] == THREADS - 1, outcomes
        assert len({answer for _, _, answer in mine}) == 1
    # Wu's first card is superseded: refused, so told to nobody.
    assert rows("select count(*) from own_channel") == [(5,)]
    assert rows("select count(*) from accounts where wrong_in_a_row = 3") == [(1,)]


def test_wrong_passwords_at_the_same_time_are_all_counted(terminal: Terminal, rows: Rows) -> None:
    ops = [
        terminal.op(balance_of("chen"), terminal.companion("chen", "111111"))
        for _ in range(THREADS)
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        verdicts = [verdict for (verdict,) in pool.map(terminal.send, ops)]
    codes = Counter((verdict.answer or {})["code"] for verdict in verdicts)
    assert codes == {"wrong_password": 5, "password_locked": 3}
    assert rows("select count(*) from accounts where wrong_in_a_row = 6") == [(3,)]


def test_two_reports_at_the_same_time_freeze_a_card_once(terminal: Terminal, rows: Rows) -> None:
    ops = [terminal.op(LossReport(evidence("li"), LossKind.ORAL)) for _ in range(THREADS)]
    moments = [NOW + timedelta(minutes=n) for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(
            pool.map(
                lambda pair: terminal.send(pair[0], now=pair[1]), zip(ops, moments, strict=True)
            )
        )
    assert rows("select count(distinct since), count(*) from loss_reports") == [(1, 2 * THREADS)]


def test_an_effect_and_its_answer_outlive_the_gateway(
    tmp_path: Path, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    terminals = {TERMINAL: signing.public_key()}
    engine = open_database(url)
    seed(engine, PEOPLE, keys.peppers, NOW)
    terminal = Terminal(Gateway(engine, keys, terminals), keys, signing)
    op = terminal.op(LossReport(evidence("chen"), LossKind.ORAL))
    (first,) = terminal.send(op)
    engine.dispose()

    engine = open_database(url)
    terminal.gateway = Gateway(engine, keys, terminals)
    (copy,) = terminal.send(op)
    assert copy.outcome is Outcome.DUPLICATE
    assert answer_bytes(copy) == answer_bytes(first)
    engine.dispose()


# --- who may speak -----------------------------------------------------------------------------


def test_a_tampered_body_is_refused_whole(gateway: Gateway, terminal: Terminal, rows: Rows) -> None:
    body = terminal.body([terminal.op(balance_of("chen"))])
    signature = sign(body, terminal.signing)
    tampered = body.replace(b'"batch_no":1', b'"batch_no":2')
    assert tampered != body
    assert gateway.receive(tampered, signature, NOW)[0] == 401
    assert gateway.receive(body, "00" * 64, NOW)[0] == 401
    assert gateway.receive(body, "no hex", NOW)[0] == 401
    assert gateway.receive(body, "", NOW)[0] == 401
    assert rows("select count(*) from operations") == [(0,)]
    assert rows("select count(*) from journal_heads") == [(0,)]


def test_a_terminal_the_bank_does_not_know_is_refused(gateway: Gateway, keys: BankKeys) -> None:
    stranger = Terminal(gateway, keys, Ed25519PrivateKey.generate(), "T0002")
    body = stranger.body([stranger.op(balance_of("chen"))])
    assert gateway.receive(body, sign(body, stranger.signing), NOW)[0] == 401


def test_one_terminal_cannot_fetch_anothers_answer(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    other_key = Ed25519PrivateKey.generate()
    known = {TERMINAL: signing.public_key(), "T0002": other_key.public_key()}
    gateway = Gateway(engine, keys, known)
    op = (first := Terminal(gateway, keys, signing)).op(balance_of("chen"))
    first.send(op)
    thief = Terminal(gateway, keys, other_key, "T0002")
    stolen = replace(op, header=replace(op.header, terminal="T0002"))
    (verdict,) = thief.send(signed_anew(stolen, other_key))
    assert (verdict.outcome, verdict.answer) == (Outcome.CONFLICT, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 60_000,
        b"{}" + b" " * BATCH_BYTES_MAX,
        b'{"batch_no":1,"epoch":1,"journal":{"head":"0","n":1},"ops":[],"terminal":"T0001"}',
    ],
    ids=["empty", "cut", "list", "not utf-8", "deep", "long", "no operations"],
)
def test_what_is_not_a_batch_is_said_to_be_none(gateway: Gateway, body: bytes) -> None:
    assert gateway.receive(body, "00", NOW) == (400, b'{"error":"not a batch"}')


@pytest.mark.parametrize(
    "field",
    [
        {"batch_no": -1},
        {"batch_no": 2**63},
        {"epoch": 0},
        {"journal": {"n": -1, "head": "0" * 64}},
        {"journal": {"n": 1, "head": "\0" * 64}},
        {"journal": {"n": 1, "head": "\ud800"}},
        {"journal": {"n": 1, "head": "0" * 129}},
    ],
)
def test_clear_fields_that_no_database_takes_are_refused(
    gateway: Gateway, terminal: Terminal, field: dict[str, object]
) -> None:
    fields = json.loads(terminal.body([terminal.op(balance_of("chen"))])) | field
    body = json.dumps(fields).encode()
    assert gateway.receive(body, sign(body, terminal.signing), NOW)[0] == 400


# --- what is inside -------------------------------------------------------------------------------


def test_a_key_the_bank_does_not_hold_parks_the_operation_and_claims_nothing(
    terminal: Terminal, rows: Rows
) -> None:
    op = terminal.op(balance_of("chen"), key_id="of-another-bank")
    (verdict,) = terminal.send(op)
    assert (verdict.outcome, verdict.answer) == (Outcome.UNKNOWN_KEY, None)
    assert rows("select count(*) from operations") == [(0,)]


def test_an_outdated_key_still_opens_and_is_listed_when_there_is_no_other(
    terminal: Terminal,
) -> None:
    late = NOW + timedelta(days=3000)
    assert [key.not_after < late for key in terminal.greet(now=late).keys.keys] == [True]
    answer = terminal.ask(balance_of("chen"), terminal.companion("chen"), now=late)
    assert isinstance(answer, Balances)


def test_a_sealed_text_under_another_header_is_rejected_for_good(terminal: Terminal) -> None:
    op = terminal.op(balance_of("chen"))
    moved = signed_anew(replace(op, header=replace(op.header, lane_seq=2)), terminal.signing)
    (verdict,) = terminal.send(moved)
    assert verdict.outcome is Outcome.REJECTED
    assert (verdict.answer or {})["code"] == "malformed"
    (copy,) = terminal.send(moved)
    assert copy.outcome is Outcome.DUPLICATE


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        {"kind": "transfer"},
        {"kind": "balance_check"},
        {**to_wire(balance_of("chen")), "card_number": "\0"},
        {**to_wire(balance_of("chen")), "card_number": "9" * 201},
    ],
)
def test_a_sealed_text_that_is_no_request_is_rejected(terminal: Terminal, plain: object) -> None:
    (verdict,) = terminal.send(terminal.op(plain, kind="balance_check"))
    assert (verdict.outcome, (verdict.answer or {})["code"]) == (Outcome.REJECTED, "malformed")


def test_a_sealed_text_that_is_too_deep_to_read_is_rejected(terminal: Terminal) -> None:
    op = terminal.op(balance_of("chen"))
    public = sealing_key(next(iter(terminal.keys.unsealing.values())).public)
    deep = SUITE.encrypt(b"[" * 20_000, public, info=op.header.bound("request"))
    (verdict,) = terminal.send(signed_anew(replace(op, sealed=deep), terminal.signing))
    assert (verdict.outcome, (verdict.answer or {})["code"]) == (Outcome.REJECTED, "malformed")


def test_a_header_that_names_another_kind_is_rejected(terminal: Terminal, rows: Rows) -> None:
    report = lost("chen", LossKind.WRITTEN)
    (verdict,) = terminal.send(terminal.op(report, kind="balance_check"))
    assert (verdict.outcome, (verdict.answer or {})["code"]) == (Outcome.REJECTED, "malformed")
    assert rows("select count(*) from loss_reports") == [(0,)]


def test_a_password_moved_to_another_request_does_not_open(terminal: Terminal, rows: Rows) -> None:
    with_password = terminal.op(balance_of("chen"), terminal.companion("chen"))
    without = terminal.op(balance_of("chen"))
    (verdict,) = terminal.send(replace(without, companion=with_password.companion))
    assert (verdict.outcome, (verdict.answer or {})["code"]) == (Outcome.REJECTED, "malformed")
    assert rows("select count(*) from own_channel") == [(0,)]


def test_one_bad_operation_does_not_hold_up_the_others(terminal: Terminal) -> None:
    good, bad = terminal.op(balance_of("chen")), terminal.op(None, kind="balance_check")
    last = terminal.op(CardList(evidence("li")))
    outcomes = [verdict.outcome for verdict in terminal.send(good, bad, last)]
    assert outcomes == [Outcome.APPLIED, Outcome.REJECTED, Outcome.APPLIED]


# --- journal heads and trouble --------------------------------------------------------------------


def test_the_bank_names_the_next_slot(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    settings = GatewaySettings(next_slot_ms=1_500)
    gateway = Gateway(engine, keys, {TERMINAL: signing.public_key()}, settings)
    terminal = Terminal(gateway, keys, signing)
    body = terminal.body([terminal.op(CardList(evidence("li")))])
    _, reply = gateway.receive(body, sign(body, signing), NOW)
    assert read_reply(reply).next_slot_ms == 1_500


def test_a_bank_may_set_its_own_terms(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    settings = GatewaySettings(Terms(oral_days=10, pin_tries=1))
    gateway = Gateway(engine, keys, {TERMINAL: signing.public_key()}, settings)
    terminal = Terminal(gateway, keys, signing)
    (verdict,) = terminal.send(
        terminal.op(balance_of("chen"), terminal.companion("chen", "111111"))
    )
    assert (verdict.answer or {})["code"] == "password_locked"
    report = terminal.ask(LossReport(evidence("chen"), LossKind.ORAL))
    assert isinstance(report, LossInForce)
    assert report.frozen[0].lapses_at == "2026-03-12T17:30:00.000+08:00"


def broken(keys: BankKeys, signing: Ed25519PrivateKey, table: str) -> tuple[Terminal, Engine]:
    """A terminal at a bank whose database has lost a table."""
    engine = open_database("sqlite://")
    seed(engine, PEOPLE, keys.peppers, NOW)
    with engine.begin() as connection:
        connection.execute(text(f"drop table {table}"))
    gateway = Gateway(engine, keys, {TERMINAL: signing.public_key()})
    return Terminal(gateway, keys, signing), engine


def test_when_the_database_fails_the_operation_is_to_come_again_and_nobody_is_named(
    keys: BankKeys, signing: Ed25519PrivateKey, caplog: pytest.LogCaptureFixture
) -> None:
    terminal, engine = broken(keys, signing, "own_channel")
    op = terminal.op(balance_of("chen"))
    (verdict,) = terminal.send(op)
    assert (verdict.outcome, verdict.retry_after_s, verdict.answer) == (Outcome.RETRY, 5.0, None)
    assert "waits for the database: OperationalError" in caplog.text
    chen = person("chen")
    assert not any(word in caplog.text for word in (chen.name, chen.id_number))
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from operations")).scalar() == 0


def test_a_batch_whose_journal_head_cannot_be_kept_is_not_taken(
    keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    terminal, _ = broken(keys, signing, "journal_heads")
    body = terminal.body([terminal.op(balance_of("chen"))])
    status, reply = terminal.gateway.receive(body, sign(body, signing), NOW)
    assert (status, json.loads(reply)) == (503, {"error": "not now", "next_slot_ms": 5_000})
