"""Hello: the bank's keys and its time are believed if it signed them, and books are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offline_queue.formats.batch import JournalHead
from offline_queue.formats.envelope import BadEnvelope
from offline_queue.formats.hello import Seen, read_greeting, read_hello
from offline_queue.messages import LineChanged
from tests.offline_queue.bankside import BankSide, Terminal, at, balance, loss, op

HEAD = "ab" * 32


def journal_events(terminal: Terminal) -> list[str]:
    return [row[0] for row in terminal.store.conn.execute("SELECT event FROM chain ORDER BY seq")]


def key_id_of(terminal: Terminal, op_id: str) -> str:
    row = terminal.store.find(op_id)
    assert row is not None
    return row.header.key_id


def test_nothing_is_sent_before_the_bank_was_heard() -> None:
    terminal = Terminal(greeted=False)
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert terminal.queue.next_batch(at(0)) is None
    assert terminal.queue.next_s(at(0)) is None
    assert terminal.queue.hello_s(at(0)) == 0.0
    terminal.line_up(at(1))
    assert terminal.queue.next_batch(at(1)) is not None


def test_requests_are_sealed_to_the_bank_s_current_key_once_a_list_came() -> None:
    bank = BankSide()
    bank.unsealing["k2"] = bank.unsealing["k1"][:64] + bytes(31) + b"\x08"
    terminal = Terminal(bank=bank)
    terminal.queue.accept(op(1), loss(1), None, at(0))
    bank.listed, bank.key_version = ("k2", "k1"), 2
    terminal.line_up(at(1))
    terminal.queue.accept(op(2), loss(2), None, at(2))
    terminal.drain(at(3))
    assert [o.header.key_id for o in bank.batches[0].ops] == ["k1", "k2"]
    assert set(bank.applied) == {op(1), op(2)}


def test_the_key_list_is_known_after_a_restart(tmp_path: Path) -> None:
    bank = BankSide()
    bank.unsealing["k2"] = bank.unsealing["k1"]
    bank.listed = ("k2",)
    terminal = Terminal(str(tmp_path / "queue.db"), bank)
    terminal.store.close()
    again = Terminal(str(tmp_path / "queue.db"), bank, greeted=False)
    again.queue.accept(op(1), loss(), None, at(5))
    assert key_id_of(again, op(1)) == "k2"


def test_a_key_list_that_goes_back_is_no_contact_and_an_alarm_once(tmp_path: Path) -> None:
    bank = BankSide()
    bank.unsealing["k0"] = bank.unsealing["k1"]
    bank.key_version = 7
    terminal = Terminal(str(tmp_path / "queue.db"), bank)
    terminal.store.close()
    again = Terminal(str(tmp_path / "queue.db"), bank, greeted=False)
    bank.listed, bank.key_version = ("k0",), 6
    for second in (1, 2):
        assert again.line_up(at(second)) == []
    assert not again.queue.status(at(2)).line_up
    again.queue.accept(op(1), loss(), None, at(5))
    assert key_id_of(again, op(1)) == "k1"
    assert journal_events(again).count("keys-went-back") == 1
    assert any(a.startswith("configuration:") for a in again.queue.status(at(5)).alerts)


def test_a_greeting_that_the_bank_did_not_sign_is_no_contact_and_changes_nothing() -> None:
    bank, stranger = BankSide(), BankSide()
    stranger.terminal_key = bank.terminal_key
    stranger.unsealing["evil"] = stranger.unsealing["k1"]
    stranger.listed = ("evil",)
    terminal = Terminal(bank=bank, greeted=False)
    said = terminal.queue.hello(at(0))
    forged = stranger.greet(said.body, said.signature)
    assert terminal.queue.greeted(said, forged, at(0)) == []
    assert not terminal.queue.status(at(0)).line_up
    terminal.queue.accept(op(1), loss(), None, at(0))
    assert key_id_of(terminal, op(1)) == "k1"


def test_the_greeting_of_another_hello_is_no_answer() -> None:
    terminal = Terminal(greeted=False)
    old, new = terminal.queue.hello(at(0)), terminal.queue.hello(at(1))
    assert old.hello.nonce != new.hello.nonce
    assert terminal.queue.greeted(new, terminal.greeting(old, at(0)), at(1)) == []
    assert terminal.queue.greeted(new, terminal.greeting(new, at(1)), at(1)) == [LineChanged(True)]


def test_the_bank_s_time_is_an_anchor_only_if_the_answer_came_quickly() -> None:
    terminal = Terminal(greeted=False)
    said = terminal.queue.hello(at(0))
    terminal.queue.greeted(said, terminal.greeting(said, at(0)), at(7))
    terminal.queue.accept(op(2), loss(2), None, at(8))
    early = terminal.store.find(op(2))
    assert early is not None
    assert early.header.accepted.anchor is None
    terminal.line_up(at(10))
    anchor = terminal.store.anchor
    assert anchor is not None
    assert anchor.boot_ms == int(at(10).mono_s * 1000)
    terminal.queue.accept(op(1), loss(), None, at(11))
    row = terminal.store.find(op(1))
    assert row is not None
    assert row.header.accepted.anchor == anchor


@pytest.mark.parametrize(
    "seen",
    [
        Seen(1, 0, JournalHead(99, HEAD)),
        Seen(1, 5_000, JournalHead(1, HEAD)),
        Seen(1, 0, JournalHead(2, HEAD)),
        Seen(4, 1, JournalHead(2, HEAD)),
    ],
    ids=["a longer journal", "later batches", "another head", "a later epoch"],
)
def test_a_database_behind_the_bank_s_books_begins_a_new_epoch_and_resends(seen: Seen) -> None:
    bank = BankSide()
    terminal = Terminal(bank=bank)
    terminal.queue.accept(op(1), loss(1), None, at(0))
    old_head = terminal.store.journal.head
    bank.seen = seen
    terminal.line_up(at(1))
    journal = terminal.store.journal
    assert journal.epoch == seen.epoch + 1
    assert journal_events(terminal)[-2:] == ["gap", "epoch"]
    assert journal.first_broken() is None
    assert journal.first_broken(1) is None
    assert journal.digest_at(1) != old_head
    assert any(a.startswith("software:") for a in terminal.queue.status(at(1)).alerts)
    bank.seen = None
    terminal.queue.accept(op(2), loss(2), None, at(2))
    terminal.drain(at(3))
    assert bank.deliveries == [op(1), op(2)], "the old row keeps its id, its place and its proof"
    assert [o.header.epoch for o in bank.batches[-1].ops] == [1, seen.epoch + 1]
    assert bank.batches[-1].epoch == seen.epoch + 1


def test_books_that_the_bank_has_seen_less_of_are_no_gap() -> None:
    bank = BankSide()
    terminal = Terminal(bank=bank)
    terminal.queue.accept(op(1), loss(1), None, at(0))
    head = terminal.store.journal.digest_at(2)
    assert head is not None
    bank.seen = Seen(1, 0, JournalHead(2, head))
    terminal.line_up(at(1))
    assert terminal.store.journal.epoch == 1


def test_what_was_committed_without_a_flush_is_not_said_to_the_bank() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), loss(1), None, at(0))
    n = terminal.store.journal.n
    terminal.exchange(at(0))
    assert terminal.store.journal.n > n
    assert terminal.queue.hello(at(1)).hello.journal.n == n, "a cut could lose the rest"
    terminal.queue.accept(op(2), loss(2), None, at(2))
    assert terminal.queue.hello(at(3)).hello.journal.n == terminal.store.journal.n


def test_a_rest_named_by_the_bank_outlives_an_answered_hello_and_holds_no_loss_report() -> None:
    terminal = Terminal()
    terminal.queue.accept(op(1), balance(), None, at(0))
    outgoing = terminal.queue.next_batch(at(0))
    assert outgoing is not None
    assert terminal.queue.failed(outgoing, at(0), hold_s=60.0) == []
    assert terminal.queue.status(at(0)).line_up, "the bank spoke"
    terminal.line_up(at(10))
    assert terminal.queue.next_batch(at(59)) is None
    terminal.queue.accept(op(2), loss(2), None, at(59))
    urgent = terminal.queue.next_batch(at(59))
    assert urgent is not None
    assert [o.header.op_id for o in urgent.batch.ops] == [op(2)]
    terminal.queue.failed(urgent, at(59), hold_s=60.0)
    assert terminal.queue.next_batch(at(118)) is None, "a batch with a loss report was held itself"
    assert terminal.queue.next_batch(at(120.1)) is not None


def test_hello_and_greeting_that_are_none_are_told() -> None:
    bank = BankSide()
    said = Terminal(bank=bank).queue.hello(at(0))
    assert read_hello(said.body) == said.hello
    public = bank.verdict_key.public_key()
    greeting = bank.greet(said.body, said.signature)
    assert read_greeting(greeting, public).nonce == said.hello.nonce
    for body in (b"", b"[]", b"{}", greeting[:-2], greeting.replace(b"2026", b"2027")):
        with pytest.raises(BadEnvelope):
            read_greeting(body, public)
    for spoilt in (replace(said.hello, nonce="00"), replace(said.hello, epoch=0)):
        with pytest.raises(BadEnvelope):
            read_hello(spoilt.to_bytes())
    with pytest.raises(BadEnvelope):
        read_hello(b" " * 10_000)
