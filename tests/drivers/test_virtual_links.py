"""What the drivers' tests rely on: how the simulated links spend time and lose things."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kiosk.drivers.links.ops import (
    AwaitChange,
    CardGone,
    Connect,
    Disconnect,
    LinkLost,
    Now,
    Open,
    Read,
    Stop,
    Take,
    Talk,
    Transmit,
    Wait,
    Write,
)
from simulators.models.line import BITS_A_BYTE
from simulators.models.social_security_card import SocialSecurityCard
from simulators.world.links import WorldLine, WorldSlot
from tests.drivers.talking import Bench, Scripted, line_to

BAUD = 9600
BYTE_S = BITS_A_BYTE / BAUD
ASK = bytes.fromhex("00A40000023F00")


def echo(data: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, data)]


def exchange(data: bytes) -> Talk[list[bytes]]:
    """Write, then read until nothing comes for a second."""
    yield Open()
    yield Write(data)
    parts: list[bytes] = []
    while part := (yield Read(100, 1.0)):
        parts.append(part)
    return parts


def timed(*ops: Any) -> Talk[tuple[float, Any]]:
    """How long (s) the last operation took, and its result or what it raised."""
    yield Open()
    for op in ops:
        began_s = yield Now()
        try:
            result = yield op
        except (LinkLost, CardGone) as lost:
            result = type(lost)
    return (yield Now()) - began_s, result


def test_each_byte_arrives_by_itself_or_what_was_said_at_once_together() -> None:
    by_bytes = Bench(exchange(b"abc"), line_to(Scripted(echo, BAUD)))
    by_bytes.run_until(5.0)
    assert by_bytes.runner.result == [b"a", b"b", b"c"]
    whole = Bench(exchange(b"abc"), partial(WorldLine, Scripted(echo, BAUD)))
    whole.run_until(5.0)
    assert whole.runner.result == [b"abc"]


def test_a_write_lasts_until_all_but_the_buffer_is_through() -> None:
    for buffer_bytes, waited in ((0, 100), (40, 60), (100, 0)):
        link_on = partial(WorldLine, Scripted(baud=BAUD), buffer_bytes=buffer_bytes)
        bench = Bench(timed(Write(bytes(100))), link_on)
        bench.run_until(5.0)
        assert bench.runner.result[0] == pytest.approx(waited * BYTE_S)


def test_a_cable_pulled_in_a_write_loses_the_line_and_the_device_hears_nothing() -> None:
    peer = Scripted(baud=BAUD)
    bench = Bench(timed(Write(bytes(100))), line_to(peer))
    bench.at(50 * BYTE_S, bench.link.unplug)
    bench.run_until(5.0)
    assert bench.runner.result == (pytest.approx(50 * BYTE_S), LinkLost)
    assert peer.heard == []


def test_a_cable_put_back_at_once_brings_nothing_back_that_was_under_way() -> None:
    peer = Scripted(echo, BAUD)

    def talk() -> Talk[bytes]:
        yield Open()
        yield Write(b"lost")
        try:
            yield Read(1, 10.0)
        except LinkLost:
            yield Wait(BYTE_S / 2)
            yield Open()
        late: bytes = yield Read(100, 3.0)
        return late

    bench = Bench(talk(), partial(WorldLine, peer))
    at_s = 6 * BYTE_S  # heard whole, and half of the answer is on its way back
    bench.at(at_s, bench.link.unplug)
    bench.at(at_s + BYTE_S / 4, bench.link.plug)
    bench.run_until(5.0)
    assert peer.heard == [b"lost"]
    assert bench.runner.result == b""


def test_what_a_device_says_to_a_closed_port_is_lost() -> None:
    peer = Scripted(baud=BAUD)
    peer.say(1.0 - BYTE_S / 2, b"early")

    def talk() -> Talk[bytes]:
        yield Wait(1.0)
        yield Open()
        early: bytes = yield Read(100, 1.0)
        return early

    bench = Bench(talk(), line_to(peer))
    bench.run_until(5.0)
    assert bench.runner.result == b""


def test_an_order_ends_a_wait_and_a_read_early_and_is_still_there_to_take() -> None:
    for op in (Wait(9.0), Read(1, 9.0)):
        bench = Bench(timed(op), line_to(Scripted()))
        bench.order(2.0, Stop())
        bench.run_until(5.0)
        assert bench.runner.result[0] == 2.0
    bench = Bench(timed(Wait(9.0), Take(0)), line_to(Scripted()))
    bench.order(2.0, Stop())
    bench.run_until(5.0)
    assert isinstance(bench.runner.result[1], Stop)


def test_an_order_cuts_neither_an_apdu_nor_a_power_up_short() -> None:
    for ops in ([Connect()], [Connect(), Transmit(ASK)]):
        lasted: list[float] = []
        for order_s in (9.0, 0.0):
            bench = Bench(timed(*ops), WorldSlot)
            bench.link.insert(SocialSecurityCard())
            bench.order(order_s, Stop())
            bench.run_until(5.0)
            lasted.append(bench.runner.result[0])
        assert lasted[0] == lasted[1] > 0.0


def test_a_card_pulled_in_an_apdu_or_a_power_up_is_gone_at_that_moment() -> None:
    for ops, at_s in (([Connect()], 0.005), ([Connect(), Transmit(ASK)], 0.015)):
        bench = Bench(timed(*ops), WorldSlot)
        bench.link.insert(SocialSecurityCard())
        bench.at(at_s, bench.link.pull)
        bench.run_until(5.0)
        assert bench.runner.result[1] is CardGone
        assert bench.agenda.now_s() == 5.0
        assert not bench.link.connected


def test_a_card_has_no_power_after_the_connection() -> None:
    card = SocialSecurityCard()
    bench = Bench(timed(Connect(), Disconnect()), WorldSlot)
    bench.link.insert(card)
    bench.run_until(0.013 / 2)
    assert not card.powered  # the power-up takes its time
    bench.run_until(5.0)
    assert bench.asked_for(Disconnect)
    assert not card.powered


def test_a_talk_that_lets_no_time_pass_is_found_out() -> None:
    def spinning() -> Talk[None]:
        yield Open()
        while True:
            yield AwaitChange(None, 5.0)

    bench = Bench(spinning(), WorldSlot)
    with pytest.raises(AssertionError, match=r"no time passes at 0\.0 s: bench, AwaitChange"):
        bench.run_until(1.0)
