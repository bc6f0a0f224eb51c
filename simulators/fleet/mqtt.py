"""A client of MQTT 3.1.1 (OASIS, 2014) made for thousands of connections in one process.

It speaks what terminals speak: QoS 0 and 1, retained messages, a will, and no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from enum import IntEnum

ANSWER_WITHIN_S = 20.0
_HELD_MAX = 10_000  # messages that came and nobody has taken yet
_REMAINING_MAX = 268_435_455  # 2.2.3: four bytes of seven bits


class _Packet(IntEnum):
    """Control packet types (2.2.1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class Refused(ConnectionError):
    """The broker did not take the connection or the subscription."""


class Lost(ConnectionError):
    """The connection ended."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    topic: str
    content: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for a client that ends without a word."""

    topic: str
    content: bytes
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker listens; `tls` with the client's own certificate, or None for plain TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


def remaining_length(length: int) -> bytes:
    """The length of the rest of a packet (2.2.3). Raises `ValueError` if it is too long."""
    if not 0 <= length <= _REMAINING_MAX:
        raise ValueError("no length of an MQTT packet")
    out = bytearray()
    while True:
        length, low = divmod(length, 128)
        out.append(low | (0x80 if length else 0))
        if not length:
            return bytes(out)


def _text(value: str) -> bytes:
    return _binary(value.encode())


def _binary(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def _packet(kind: _Packet, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + remaining_length(len(body)) + body


@dataclass(slots=True)
class Connection:
    """One session with the broker. Made by `connect`."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    session_present: bool
    _received: asyncio.Queue[Received | None] = field(
        default_factory=lambda: asyncio.Queue(_HELD_MAX)
    )
    _waiting: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)
    _last_id: int = 0
    _lost: bool = False
    _pong: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    async def publish(
        self, topic: str, content: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Send, and with QoS 1 wait until the broker has it. Raises `Lost` or `TimeoutError`."""
        head = qos << 1 | retain
        if qos == 0:
            await self._send(_packet(_Packet.PUBLISH, head, _text(topic) + content))
            return
        number = self._next_id()
        body = _text(topic) + number.to_bytes(2, "big") + content
        await self._ask(number, _packet(_Packet.PUBLISH, head, body))

    async def subscribe(self, topics: str, qos: int = 1) -> None:
        """Ask for what matches. Raises `Refused`, `Lost` or `TimeoutError`."""
        number = self._next_id()
        body = number.to_bytes(2, "big") + _text(topics) + bytes([qos])
        answer = await self._ask(number, _packet(_Packet.SUBSCRIBE, 2, body))
        if answer[-1] == 0x80:  # 3.9.3
            raise Refused("the broker refused the subscription")

    async def receive(self, within_s: float = ANSWER_WITHIN_S) -> Received:
        """The next message. Raises `TimeoutError` or `Lost`."""
        received = await asyncio.wait_for(self._received.get(), within_s)
        if received is None:
            raise Lost("the connection ended")
        return received

    async def ping(self) -> None:
        """Ask whether the broker is there. Raises `Lost` or `TimeoutError`."""
        self._pong.clear()
        await self._send(_packet(_Packet.PINGREQ, 0, b""))
        await asyncio.wait_for(self._pong.wait(), ANSWER_WITHIN_S)
        if self._lost:
            raise Lost("the connection ended")

    async def ended(self) -> None:
        """Wait until the connection is over, whoever ended it."""
        assert self._reading is not None
        await asyncio.wait({self._reading})

    async def close(self) -> None:
        """Take leave: the broker sends no will. May be called twice."""
        if not self._lost:
            with contextlib.suppress(ConnectionError):
                await self._send(_packet(_Packet.DISCONNECT, 0, b""))
        await self._end(abort=False)

    async def drop(self) -> None:
        """End without a word, as a pulled plug does: the broker sends the will."""
        await self._end(abort=True)

    def begin(self) -> None:
        """Start reading."""
        self._reading = asyncio.create_task(self._read())

    async def _end(self, *, abort: bool) -> None:
        if not self._lost:
            if abort:
                self._writer.transport.abort()
            else:
                self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()
        await self.ended()

    def _next_id(self) -> int:
        for _ in range(0xFFFF):
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in self._waiting:
                return self._last_id
        raise AssertionError("65,535 messages without an answer")

    async def _send(self, packet: bytes) -> None:
        if self._lost:
            raise Lost("the connection ended")
        self._writer.write(packet)
        try:
            await self._writer.drain()
        except OSError:
            raise Lost("the connection ended") from None

    async def _ask(self, number: int, packet: bytes) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._send(packet)
            return await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        finally:
            del self._waiting[number]

    async def _read(self) -> None:
        try:
            while True:
                self._take(*await _read_packet(self._reader))
                await asyncio.sleep(0)
        except (OSError, asyncio.IncompleteReadError, asyncio.QueueFull):
            pass  # over: a reader who does not read is ended like a line that was cut
        finally:
            self._lost = True
            self._pong.set()
            self._writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Lost("the connection ended"))
            if self._received.full():
                self._received.get_nowait()
            self._received.put_nowait(None)

    def _take(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind == _Packet.PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            start = end
            if head >> 1 & 3:
                start += 2
                self._writer.write(_packet(_Packet.PUBACK, 0, body[end:start]))
            self._received.put_nowait(Received(body[2:end].decode(), body[start:], bool(head & 1)))
        elif kind in (_Packet.PUBACK, _Packet.SUBACK):
            answer = self._waiting.get(int.from_bytes(body[:2], "big"))
            if answer is not None and not answer.done():
                answer.set_result(body)
        elif kind == _Packet.PINGRESP:
            self._pong.set()


async def connect(
    address: Address,
    client: str,
    *,
    will: Will | None = None,
    clean: bool = True,
    keepalive_s: int = 60,
) -> Connection:
    """Open a session. Raises `Refused`, or `OSError` and `TimeoutError` for a line that fails."""
    try:
        return await asyncio.wait_for(
            _connect(address, client, will, clean, keepalive_s), ANSWER_WITHIN_S
        )
    except asyncio.IncompleteReadError:
        raise Refused("the broker hung up") from None


async def _connect(
    address: Address, client: str, will: Will | None, clean: bool, keepalive_s: int
) -> Connection:
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=address.tls)
    try:
        flags = clean << 1
        tail = _text(client)
        if will is not None:
            flags |= 4 | 1 << 3 | will.retain << 5  # 3.1.2.3: with QoS 1
            tail += _text(will.topic) + _binary(will.content)
        body = _text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big") + tail
        writer.write(_packet(_Packet.CONNECT, 0, body))
        head, answer = await _read_packet(reader)
        if head >> 4 != _Packet.CONNACK or answer[1] != 0:  # 3.2.2.3
            raise Refused("the broker refused the connection")
    except BaseException:
        writer.transport.abort()
        raise
    connection = Connection(reader, writer, bool(answer[0] & 1))
    connection.begin()
    return connection


async def _read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readexactly(1))[0]
    length = 0
    for place in range(4):
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return head, await reader.readexactly(length)
    raise Lost("a length of five bytes")
