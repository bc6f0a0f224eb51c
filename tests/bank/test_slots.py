"""A saturated bank at the door: who is turned away, and with which slot."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys
from offline_queue.formats.batch import read_reply
from offline_queue.formats.envelope import BATCH_BYTES_MAX, Outcome
from sscard.cards import LossKind
from sscard.requests import CardList, LossReport
from tests.bank.terminal import NOW, TERMINAL, Rows, Terminal, balance_of, evidence


def paced(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey, clock: list[float]
) -> Terminal:
    settings = GatewaySettings(batches_per_s=1.0, share=0.5)
    public = {TERMINAL: signing.public_key()}
    gateway = Gateway(engine, keys, public, settings, mono_s=lambda: clock[0])
    return Terminal(gateway, keys, signing)


def test_a_saturated_bank_turns_batches_away_before_it_asks_the_database(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey, rows: Rows
) -> None:
    terminal = paced(engine, keys, signing, clock := [50.0])
    terminal.send(terminal.op(balance_of("chen")))
    op = terminal.op(balance_of("li"))
    status, body = terminal.post(terminal.body([op]))
    assert (status, json.loads(body)) == (503, {"error": "not now", "next_slot_ms": 2_000})
    assert rows("select count(*) from operations") == [(1,)]
    assert rows("select batch_no from journal_heads") == [(1,)]
    assert terminal.greet(5).next_slot_ms == 2_000
    clock[0] += 2.0
    (verdict,) = terminal.send(op)
    assert verdict.outcome is Outcome.APPLIED
    assert terminal.greet(5).next_slot_ms == 0


def test_a_batch_with_a_loss_report_is_served_by_a_saturated_bank(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    terminal = paced(engine, keys, signing, clock := [50.0])
    terminal.send(terminal.op(balance_of("chen")))
    clock[0] += 1.6  # there is still work for 0.4 s: too much with a batch more, of the others
    assert terminal.post(terminal.body([terminal.op(balance_of("li"))]))[0] == 503
    report = terminal.op(LossReport(evidence("li"), LossKind.ORAL))
    outcomes = [each.outcome for each in terminal.send(terminal.op(balance_of("li")), report)]
    assert outcomes == [Outcome.APPLIED, Outcome.APPLIED]


def test_a_full_batch_is_answered_with_the_next_slot_when_others_wait(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    terminal = paced(engine, keys, signing, clock := [50.0])
    terminal.send(terminal.op(balance_of("chen")))
    assert terminal.post(terminal.body([terminal.op(balance_of("li"))]))[0] == 503
    clock[0] += 2.0
    full = [terminal.op(CardList(evidence("li"))) for _ in range(27)]
    body = terminal.body(full)
    assert len(body) > BATCH_BYTES_MAX - 8_192
    status, reply = terminal.post(body)
    assert status == 200
    assert read_reply(reply).next_slot_ms == 2_000


def test_a_stranger_takes_no_slot_of_a_terminals(
    engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey
) -> None:
    terminal = paced(engine, keys, signing, [50.0])
    body = terminal.body([terminal.op(balance_of("chen"))])
    for _ in range(20):
        assert terminal.gateway.receive(body, "00" * 64, NOW)[0] == 401
    assert terminal.post(body)[0] == 200
