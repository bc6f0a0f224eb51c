"""A card whose every answer a test may write down itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

SSSE = b"sx1.sh." + "社会保障".encode("gbk")
PSE = b"1PAY.SYS.DDF01"
DEBIT = bytes.fromhex("A000000333010101")
PAN = "6200001234567890128"
NAME = "欧阳测试".encode("gbk")


def tlv(tag: int, *values: bytes) -> bytes:
    value = b"".join(values)
    long = b"\x81" if len(value) > 0x7F else b""
    return bytes.fromhex(f"{tag:02X}") + long + bytes([len(value)]) + value


def issuer_records(version: str = "2.00") -> dict[int, bytes]:
    return {
        0x01: bytes.fromhex("990000D1560000050000000100000000"),
        0x03: version.encode(),
        0x06: bytes.fromhex("20351231"),
        0x07: b"A12345674",
    }


def holder_records(name: bytes = NAME) -> dict[int, bytes]:
    return {
        0x08: b"99000019900307001X",
        0x09: name[:30].ljust(30, b"\x00"),
        0x4E: name[30:].ljust(20, b"\x00"),
    }


def bank_records() -> dict[tuple[int, int], bytes]:
    return {
        (1, 1): tlv(0x70, tlv(0x57, bytes.fromhex(PAN + "d3512220" + "f"))),
        (2, 1): tlv(0x70, tlv(0x5A, bytes.fromhex(PAN + "f")), tlv(0x5F24, b"\x35\x12\x31")),
    }


@dataclass
class Card:
    """Answers the T=0 way. `answers` holds what it says to commands that begin so instead."""

    files: dict[int, dict[int, bytes]] = field(
        default_factory=lambda: {0xEF05: issuer_records(), 0xEF06: holder_records()}
    )
    refused: set[int] = field(default_factory=set)  # tags that answer 6982
    pin: bytes = bytes.fromhex("63C6")
    directory: list[bytes] | None = field(
        default_factory=lambda: [tlv(0x70, tlv(0x61, tlv(0x4F, DEBIT), tlv(0x87, b"\x01")))]
    )
    applications: dict[bytes, bytes] = field(
        default_factory=lambda: {DEBIT: tlv(0x6F, tlv(0x84, DEBIT), tlv(0xA5, tlv(0x50, b"D")))}
    )
    bank: dict[tuple[int, int], bytes] = field(default_factory=bank_records)
    options: bytes = tlv(0x80, bytes.fromhex("7C00"), bytes.fromhex("0801010010010100"))
    answers: dict[bytes, bytes | Callable[[], bytes]] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    slow_s: float = 0.0  # each answer takes so much longer
    dies_when_powered: bool = False
    _dead: bool = False
    _waiting: bytes = b""
    _selected: bytes = b""
    _file: int = 0

    def atr(self) -> bytes:
        return b"" if self._dead else bytes.fromhex("3B6D00000081008186861990000000000001")

    def power_on(self) -> None:
        self._dead = self.dies_when_powered

    def power_off(self) -> None:
        self._waiting = b""

    def apdu(self, apdu: bytes) -> bytes:
        self.heard.append(apdu)
        for start, answer in self.answers.items():
            if apdu.startswith(start):
                return answer() if callable(answer) else answer
        match apdu[1]:
            case 0xA4 if apdu[2] == 0x04:
                return self._select(apdu[5 : 5 + apdu[4]])
            case 0xA4:
                self._file = int.from_bytes(apdu[5:7], "big")
                return bytes.fromhex("9000" if self._file in self.files else "6A82")
            case 0xC0:
                data, self._waiting = self._waiting, b""
                return data + b"\x90\x00"
            case 0xB2:
                return self._record(*apdu[2:5])
            case 0x20:
                return self.pin
            case 0xA8:
                return self._hold(self.options) if self.options else bytes.fromhex("6985")
        return bytes.fromhex("6D00")

    def _hold(self, data: bytes) -> bytes:
        self._waiting = data
        return bytes([0x61, len(data)])

    def _select(self, name: bytes) -> bytes:
        self._selected = name
        if name == SSSE:
            return self._hold(tlv(0x6F, tlv(0x84, SSSE)))
        if name == PSE and self.directory is not None:
            return self._hold(tlv(0x6F, tlv(0x84, PSE), tlv(0xA5, tlv(0x88, b"\x01"))))
        if name in self.applications:
            return self._hold(self.applications[name])
        return bytes.fromhex("6A82")

    def _record(self, p1: int, p2: int, le: int) -> bytes:
        record: bytes | None
        if p2 == 0:
            if p1 in self.refused:
                return bytes.fromhex("6982")
            value = self.files[self._file].get(p1)
            record = None if value is None else bytes([p1, len(value)]) + value
        elif self._selected == PSE:
            record = dict(enumerate(self.directory or [], 1)).get(p1)
        else:
            record = self.bank.get((p2 >> 3, p1))
        if record is None:
            return bytes.fromhex("6A83")
        if le != len(record):
            return bytes([0x6C, len(record)])
        return record + b"\x90\x00"
