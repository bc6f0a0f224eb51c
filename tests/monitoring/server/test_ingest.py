"""What terminals send that is late, twice, nonsense, too much, or from another time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.server.ingest import Ingest
from monitoring.wire.messages import Event, Happening, Health, Mode, Presence, to_bytes
from monitoring.wire.topics import Kind, topic
from tests.monitoring.server.conftest import NOW

T = "T0001"


def health(number: int, session: str = "s1", at: int = NOW) -> bytes:
    return to_bytes(Health(session, number, at, Mode.IDLE))


def say(ingest: Ingest, kind: Kind, content: bytes, now: int = NOW, retained: bool = False) -> str:
    return ingest.take(topic(T, kind), content, now, retained)


def online(ingest: Ingest, session: str = "s1") -> None:
    say(ingest, Kind.PRESENCE, to_bytes(Presence(True, session, NOW)))


def test_online_is_a_presence_and_a_fresh_health() -> None:
    ingest = Ingest()
    online(ingest)
    ingest.judge(NOW)
    assert not ingest.known[T].online
    say(ingest, Kind.HEALTH, health(1))
    ingest.judge(NOW)
    assert ingest.known[T].online
    ingest.judge(NOW + 91)
    assert not ingest.known[T].online


def test_the_will_of_an_older_session_changes_nothing() -> None:
    ingest = Ingest()
    online(ingest, "old")
    online(ingest, "new")
    say(ingest, Kind.HEALTH, health(1, "new"))
    assert say(ingest, Kind.PRESENCE, to_bytes(Presence(False, "old"))) == "over"
    ingest.judge(NOW)
    assert ingest.known[T].online
    assert say(ingest, Kind.PRESENCE, to_bytes(Presence(False, "new"))) == "taken"
    ingest.judge(NOW)
    assert not ingest.known[T].online


def test_what_comes_twice_or_late_is_counted_and_changes_nothing() -> None:
    ingest = Ingest()
    words = [say(ingest, Kind.HEALTH, health(number)) for number in (5, 5, 3, 6)]
    assert words == ["taken", "duplicate", "late", "taken"]
    event = to_bytes(Event(1, NOW, Happening.LINE, {"up": False}))
    assert [say(ingest, Kind.EVENT, event) for _ in range(2)] == ["taken", "duplicate"]
    assert len(ingest.batch(NOW).events) == 1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "nonsense"),
        (b"\xff\xfe", "nonsense"),
        (b"[]", "nonsense"),
        (b'{"s":"a","n":1,"t":1,"m":"flying"}', "nonsense"),
        (b'{"v":2}', "version"),
        (b'{"v":0}', "version"),
        (b" " * 9_000, "nonsense"),
    ],
)
def test_what_is_no_message_is_counted_and_set_aside(content: bytes, word: str) -> None:
    ingest = Ingest()
    assert say(ingest, Kind.HEALTH, content) == word
    assert ingest.known == {}


@settings(max_examples=200)
@given(st.text(max_size=60), st.binary(max_size=200))
def test_no_bytes_stop_the_collector(where: str, content: bytes) -> None:
    ingest = Ingest()
    ingest.take(where, content, NOW)
    ingest.take(topic(T, Kind.EVENT), content, NOW)
    ingest.batch(NOW)
    assert sum(ingest.verdicts.values()) == 2


def test_a_flood_is_counted_and_not_written() -> None:
    ingest = Ingest()
    words = [say(ingest, Kind.HEALTH, health(number)) for number in range(200)]
    assert words.count("taken") == 30
    assert words.count("flood") == 170


def test_an_event_from_1970_has_the_collectors_time() -> None:
    ingest = Ingest()
    event = to_bytes(Event(1, 12, Happening.BOOT))
    assert say(ingest, Kind.EVENT, event) == "clock"
    assert ingest.batch(NOW).events[0]["at"] == NOW


def test_a_retained_health_is_as_old_as_it_says() -> None:
    ingest = Ingest()
    online(ingest)
    say(ingest, Kind.HEALTH, health(1, at=NOW - 3_600), retained=True)
    ingest.judge(NOW)
    assert not ingest.known[T].online


def test_nobody_is_silent_because_the_collector_did_not_listen() -> None:
    ingest = Ingest()
    online(ingest)
    say(ingest, Kind.HEALTH, health(1))
    ingest.judge(NOW)
    ingest.listening_since = NOW + 3_600  # the broker was away for an hour
    ingest.judge(NOW + 3_610)
    assert ingest.known[T].online
    ingest.judge(NOW + 3_700)
    assert not ingest.known[T].online


def test_a_batch_that_was_not_written_comes_again_with_the_newest_state() -> None:
    ingest = Ingest()
    say(ingest, Kind.EVENT, to_bytes(Event(1, NOW, Happening.BOOT)))
    lost = ingest.batch(NOW)
    ingest.give_back(lost)
    say(ingest, Kind.EVENT, to_bytes(Event(2, NOW, Happening.LINE, {"up": True})))
    again = ingest.batch(NOW)
    assert [each["number"] for each in again.events] == [1, 2]
    assert len(again.rows) == 1
    assert again.is_visible
