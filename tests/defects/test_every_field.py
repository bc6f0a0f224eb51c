"""No signature skips a field: each one of every message is changed in its turn, and refused.

The fields are asked of the data classes, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.database import memory_database
from bank.gateway import Gateway
from bank.keys import keys_from_toml, new_keys_toml
from offline_queue.core import Outgoing, OutgoingHello, Queue
from offline_queue.formats.batch import Batch, JournalHead, SealedOp
from offline_queue.formats.envelope import (
    BadEnvelope,
    Header,
    Verdict,
    canonical,
    unseal,
    unsealing_key,
)
from offline_queue.formats.hello import Greeting, Hello, Seen, read_greeting
from offline_queue.formats.keys import KeyList, TerminalKeys, new_sealing_key
from offline_queue.storage.store import MEMORY, Store
from tests.defects.every_field import changed, fields_of
from tests.offline_queue.bankside import PIN_BLOCK, TERMINAL, BankSide, Terminal, at, op, unlock

NOW = at(0).wall


def sent_op(bank: BankSide) -> SealedOp:
    terminal = Terminal(bank=bank)
    terminal.queue.accept(op(1), unlock(), PIN_BLOCK, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    return outgoing.batch.ops[0]


@pytest.mark.parametrize("field", fields_of(Header))
def test_a_changed_field_of_a_header_is_refused(field: str) -> None:
    bank = BankSide()
    sent = sent_op(bank)
    header = changed(sent.header, field)
    assert header.to_wire() != sent.header.to_wire(), "every field travels"
    private = unsealing_key(bank.unsealing["k1"])
    assert sent.companion is not None
    for sealed, purpose in ((sent.sealed, "request"), (sent.companion, "companion")):
        unseal(sealed, private, sent.header, purpose)
        with pytest.raises(BadEnvelope):
            unseal(sealed, private, header, purpose)
    public = bank.terminal_key.public_key()
    assert sent.is_genuine(public)
    assert not replace(sent, header=header).is_genuine(public)


# The batch's own signature covers the other two, which change from one sending to the next.
_PROVED = [each.name for each in fields(SealedOp) if each.name not in ("companion", "expired")]


@pytest.mark.parametrize("field", [name for name in _PROVED if name != "header"])
def test_a_changed_field_of_a_row_is_refused(field: str) -> None:
    bank = BankSide()
    sent = sent_op(bank)
    assert not changed(sent, field).is_genuine(bank.terminal_key.public_key())


@pytest.mark.parametrize("field", fields_of(Verdict))
def test_a_changed_field_of_a_verdict_is_refused(field: str) -> None:
    terminal = Terminal()
    bank = terminal.bank

    def full(verdict: Verdict) -> Verdict:
        return bank.signed(replace(verdict, retry_after_s=5.0))

    bank.spoil = lambda verdicts: [changed(full(verdict), field) for verdict in verdicts]
    terminal.queue.accept(op(1), unlock(), None, at(0))
    terminal.exchange(at(0))
    assert terminal.state(op(1)) == "ready"
    bank.spoil = lambda verdicts: [full(verdict) for verdict in verdicts]
    terminal.line_up(at(400))
    terminal.exchange(at(400))
    assert terminal.state(op(1)) == "done", "as it was signed it is believed"


# `key` is `public`, read.
@pytest.mark.parametrize("field", [p for p in fields_of(Greeting) if p != "keys.keys.key"])
def test_a_changed_field_of_a_greeting_or_of_its_key_list_is_refused(field: str) -> None:
    bank = BankSide()
    listed = (bank.sealing("k1"), bank.sealing("k1"))
    seen = Seen(1, 1, JournalHead(1, "ab" * 32))
    greeting = Greeting("ab" * 16, at(0).wall.isoformat(), KeyList(1, listed), seen, 5)
    body = greeting.to_bytes(bank.verdict_key)
    public = bank.verdict_key.public_key()
    assert read_greeting(body, public).next_slot_ms == 5
    true = json.loads(body)
    other = json.loads(changed(greeting, field).to_bytes(bank.verdict_key))
    forged = canonical(other | {"signature": true["signature"]})
    assert forged != body, "every field travels"
    with pytest.raises(BadEnvelope):
        read_greeting(forged, public)


# --- at the real bank, from the real queue ---------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A bank, and what a queue has to send to it."""

    gateway: Gateway
    hello: OutgoingHello
    batch: Outgoing


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    signing, engine = Ed25519PrivateKey.generate(), memory_database()
    keys = keys_from_toml(new_keys_toml([TERMINAL], NOW))
    gateway = Gateway(engine, keys, {TERMINAL: signing.public_key()})
    its = next(iter(keys.unsealing.values()))
    sealing = new_sealing_key(its.key_id, its.public, its.not_after)
    terminal = TerminalKeys(TERMINAL, signing, keys.verdict_public, b"lane key", sealing)
    queue = Queue(Store(MEMORY, "boot", TERMINAL, at(-1)), terminal, Random(1).random)
    hello = queue.hello(at(0))
    status, greeting = gateway.hello(hello.body, hello.signature, NOW)
    assert status == 200
    queue.greeted(hello, greeting, at(0))
    for number in (1, 2):
        queue.accept(op(number), unlock(number), PIN_BLOCK, at(0))
    batch = queue.next_batch(at(0))
    assert batch is not None
    yield Line(gateway, hello, batch)
    engine.dispose()


@pytest.mark.parametrize("field", fields_of(Batch))
def test_a_changed_field_of_a_batch_is_refused(line: Line, field: str) -> None:
    batch = line.batch
    body = changed(batch.batch, field).to_bytes()
    assert body != batch.body, "every field travels"
    assert line.gateway.receive(body, batch.signature, NOW)[0] in (400, 401)
    assert line.gateway.receive(batch.body, batch.signature, NOW)[0] == 200


@pytest.mark.parametrize("field", fields_of(Hello))
def test_a_changed_field_of_a_hello_is_refused(line: Line, field: str) -> None:
    hello = line.hello
    body = changed(hello.hello, field).to_bytes()
    assert body != hello.body, "every field travels"
    assert line.gateway.hello(body, hello.signature, NOW)[0] in (400, 401)
    assert line.gateway.hello(hello.body, hello.signature, NOW)[0] == 200
