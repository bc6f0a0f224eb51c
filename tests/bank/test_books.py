"""How far a terminal's books were seen, what the greeting says of it, and every alarm."""

import pytest

from bank.books import Alarm, Place, judge
from bank.gateway import Gateway
from offline_queue.formats.batch import JournalHead
from offline_queue.formats.envelope import sign
from offline_queue.formats.hello import HELLO_BYTES_MAX, Hello, Seen
from sscard.requests import CardList
from tests.bank.terminal import NOW, TERMINAL, Rows, Terminal, evidence


def head(n: int, branch: int = 0) -> JournalHead:
    return JournalHead(n, f"{branch:032x}{n:032x}")


def batch(
    terminal: Terminal, batch_no: int, journal: JournalHead, epoch: int = 1
) -> tuple[int, bytes]:
    op = terminal.op(CardList(evidence("li")), epoch=epoch)
    return terminal.post(terminal.body([op], batch_no, journal, epoch))


def alarms(rows: Rows) -> list[tuple[str, int, int]]:
    found = rows("select what, epoch, times from alarms order by what, epoch")
    return [(str(what), int(epoch), int(times)) for what, epoch, times in found]


def test_the_bank_has_seen_nothing_of_a_new_terminal(terminal: Terminal, rows: Rows) -> None:
    greeting = terminal.greet()
    assert greeting.seen is None
    assert greeting.at == "2026-03-02T17:30:00.000+08:00"
    assert greeting.next_slot_ms == 0
    assert alarms(rows) == []


def test_the_greeting_tells_the_furthest_that_was_seen(terminal: Terminal, rows: Rows) -> None:
    batch(terminal, 7, head(20))
    batch(terminal, 8, head(23))
    assert terminal.greet(8, head(23)).seen == Seen(1, 8, head(23))
    assert terminal.greet(1_000, head(40)).seen == Seen(1, 8, head(23))
    assert alarms(rows) == []


def test_what_goes_forward_and_the_same_batch_twice_raise_no_alarm(
    terminal: Terminal, rows: Rows
) -> None:
    for batch_no, n in ((1, 2), (2, 2), (1_001, 9), (1_001, 9), (1_005, 30)):
        assert batch(terminal, batch_no, head(n))[0] == 200
    assert alarms(rows) == []
    assert rows("select terminal, epoch, batch_no, n, head from journal_heads") == [
        (TERMINAL, 1, 1_005, 30, head(30).head)
    ]


def test_a_batch_number_that_goes_back_is_an_alarm_served_all_the_same(
    terminal: Terminal, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    batch(terminal, 8, head(20))
    for _ in range(2):
        assert batch(terminal, 3, head(10))[0] == 200
    assert alarms(rows) == [("batch_back", 1, 2)]
    assert rows("select batch_no, n from journal_heads") == [(8, 20)]
    assert "alarm batch_back: terminal T0001, epoch 1" in caplog.text


def test_a_batch_number_given_twice_is_an_alarm(terminal: Terminal, rows: Rows) -> None:
    batch(terminal, 8, head(20))
    batch(terminal, 8, head(21))
    assert alarms(rows) == [("batch_back", 1, 1)]


def test_a_journal_that_became_shorter_is_an_alarm(terminal: Terminal, rows: Rows) -> None:
    batch(terminal, 8, head(20))
    batch(terminal, 9, head(19))
    assert alarms(rows) == [("journal_back", 1, 1)]
    assert terminal.greet(9, head(19)).seen == Seen(1, 9, head(20))
    assert alarms(rows) == [("journal_back", 1, 2)]


def test_another_head_under_the_same_number_is_an_alarm(terminal: Terminal, rows: Rows) -> None:
    batch(terminal, 8, head(20))
    batch(terminal, 9, head(20, branch=1))
    assert alarms(rows) == [("other_head", 1, 1)]
    assert terminal.greet(9, head(20, branch=1)).seen == Seen(1, 9, head(20))


def test_a_new_epoch_has_its_own_books(terminal: Terminal, rows: Rows) -> None:
    batch(terminal, 8, head(20))
    assert terminal.greet(0, head(1), epoch=2).seen is None
    batch(terminal, 1, head(2), epoch=2)
    assert terminal.greet(1, head(2), epoch=2).seen == Seen(2, 1, head(2))
    assert alarms(rows) == []
    assert rows("select epoch, batch_no from journal_heads order by epoch") == [(1, 8), (2, 1)]


def test_a_database_from_before_a_new_epoch_is_told_of_the_later_one(
    terminal: Terminal, rows: Rows
) -> None:
    batch(terminal, 8, head(20))
    batch(terminal, 1, head(2), epoch=2)
    assert terminal.greet(8, head(20)).seen == Seen(2, 1, head(2))
    batch(terminal, 9, head(21))
    assert alarms(rows) == [("epoch_back", 1, 2)]


def test_the_same_instant_of_two_batches_is_judged_against_what_was_seen() -> None:
    place = Place(TERMINAL, 1, 5, head(10))
    assert judge(place, [], is_batch=True) == []
    assert judge(place, [Seen(1, 5, head(10))], is_batch=True) == []
    assert judge(place, [Seen(1, 5, head(10, 1))], is_batch=False) == [Alarm.OTHER_HEAD]
    late = Place(TERMINAL, 1, 4, head(9))
    assert judge(late, [Seen(1, 5, head(10))], is_batch=True) == [Alarm.BATCH_BACK]
    assert judge(late, [Seen(1, 5, head(10))], is_batch=False) == [
        Alarm.BATCH_BACK,
        Alarm.JOURNAL_BACK,
    ]


def test_a_hello_that_is_none_or_nobodys_is_refused(
    gateway: Gateway, terminal: Terminal, rows: Rows
) -> None:
    body = Hello(TERMINAL, 1, "0f" * 16, 3, head(4)).to_bytes()
    signature = sign(body, terminal.signing)
    tampered = body.replace(b'"batch_no":3', b'"batch_no":0')
    assert tampered != body
    assert gateway.hello(tampered, signature, NOW)[0] == 401
    assert gateway.hello(body, "", NOW)[0] == 401
    stranger = Hello("T0002", 1, "0f" * 16, 3, head(4)).to_bytes()
    assert gateway.hello(stranger, sign(stranger, terminal.signing), NOW)[0] == 401
    for none in (b"", b"{}", b"[" * 4_000, b"\xff", b" " * (HELLO_BYTES_MAX + 1)):
        assert gateway.hello(none, "", NOW) == (400, b'{"error":"not a hello"}')
    assert rows("select count(*) from alarms") == [(0,)]
