"""The bank application's account number (PAN), and nothing else of it.

JR/T 0025 (PBOC), EMV book 1 (selection) and book 3 (GET PROCESSING OPTIONS, READ RECORD).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kiosk.drivers.card_reader import tlv
from kiosk.drivers.card_reader.apdu import Answer, Exchange, OutOfBounds, Unreadable
from kiosk.drivers.links.ops import Talk

DIRECTORY_NAME = b"1PAY.SYS.DDF01"

UNIONPAY = bytes.fromhex("A000000333")
DEBIT, CREDIT, QUASI_CREDIT, E_CASH = (
    UNIONPAY + bytes.fromhex(end) for end in ("010101", "010102", "010103", "010106")
)
FALLBACK_AIDS = (DEBIT, CREDIT, QUASI_CREDIT, E_CASH)
"""Tried in this order when the card has no directory."""

MOST_APPLICATIONS = 4
MOST_DIRECTORY_RECORDS = 10
MOST_RECORDS = 32
"""Records read in one application; a debit application has about eight."""

RECORDS_WITHOUT_GPO = ((1, 1), (2, 1), (3, 1), (16, 1), (1, 2), (2, 2), (3, 2))
"""Where account numbers are found on cards that refuse GET PROCESSING OPTIONS."""

TERMINAL_DATA = {0x9F1A: b"\x01\x56", 0x5F2A: b"\x01\x56"}
"""What the PDOL is told: country and currency China. All else is zero, for nothing is paid."""

MOST_PDOL_BYTES = 250

# Tags, EMV book 3, annex A.
AID, PRIORITY, DIRECTORY_SFI, ENTRY = 0x4F, 0x87, 0x88, 0x61
PDOL, AFL, FORMAT_1, FORMAT_2 = 0x9F38, 0x94, 0x80, 0x77
PAN, TRACK_2 = 0x5A, 0x57


def read_pan(exchange: Exchange) -> Talk[str | None]:
    """The PAN, or None when the card has no readable bank application.

    Whatever the bank's side answers is no failure of the card; only what ends the reading
    itself is raised: `Interrupted`, and the link's `CardGone` and `LinkLost`.
    """
    try:
        for aid in (yield from _applications(exchange)):
            pan = yield from _pan_of(exchange, aid)
            if pan is not None:
                return pan
    except (OutOfBounds, Unreadable, tlv.BadTlv):
        return None
    return None


def luhn_ok(number: str) -> bool:
    """Whether the last digit of `number` is its check digit (ISO/IEC 7812-1, annex B).

    Raises `ValueError` for anything but digits.
    """
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# --- which applications ----------------------------------------------------------------


def _applications(exchange: Exchange) -> Talk[tuple[bytes, ...]]:
    """The AIDs to try, the one that the card puts first at the front."""
    answer = yield from _select(exchange, DIRECTORY_NAME)
    if not answer.word.ok:
        return FALLBACK_AIDS
    try:
        listed = yield from _directory(exchange, answer.data)
    except tlv.BadTlv:
        return FALLBACK_AIDS
    return listed or FALLBACK_AIDS


def _directory(exchange: Exchange, fci: bytes) -> Talk[tuple[bytes, ...]]:
    """UnionPay's applications in the directory that `fci` describes, by rank; () for none.

    EMV book 1, 12.2. Raises `BadTlv`.
    """
    sfi = int.from_bytes(tlv.first(fci, DIRECTORY_SFI) or b"\x01", "big")
    if not 1 <= sfi <= 10:
        return ()
    entries: list[tuple[int, bytes]] = []
    for number in range(1, MOST_DIRECTORY_RECORDS + 1):
        answer = yield from _read_record(exchange, sfi, number)
        if not answer.word.ok:
            break
        for item in tlv.walk(answer.data):
            if item.tag == ENTRY:
                entries += _entry(item.value)
    entries.sort(key=lambda entry: entry[0])
    return tuple(aid for _, aid in entries[:MOST_APPLICATIONS])


def _entry(value: bytes) -> Iterator[tuple[int, bytes]]:
    """The application of a directory entry with its rank, if it is one of UnionPay's."""
    aid = tlv.first(value, AID) or b""
    if aid.startswith(UNIONPAY) and len(aid) <= 16:
        priority = (tlv.first(value, PRIORITY) or b"\x00")[-1:]
        rank = int.from_bytes(priority, "big") & 0x0F
        yield rank or 16, aid  # no priority comes last, EMV book 1, 12.2.3


# --- one application -------------------------------------------------------------------


def _pan_of(exchange: Exchange, aid: bytes) -> Talk[str | None]:
    """The account number of the application `aid`; None where it has none that can be read."""
    answer = yield from _select(exchange, aid)
    if not answer.word.ok:
        return None
    try:
        places = yield from _record_places(exchange, answer.data)
    except tlv.BadTlv:
        places = []
    spare = None
    for sfi, number in places or RECORDS_WITHOUT_GPO:
        answer = yield from _read_record(exchange, sfi, number)
        if not answer.word.ok:
            continue
        try:
            items = {item.tag: item.value for item in tlv.walk(answer.data)}
        except tlv.BadTlv:
            continue
        if (pan := _account_number(items.get(PAN, b""))) is not None:
            return pan
        # Track 2 is looked at for its account number alone, and only where 5A is missing.
        spare = spare or _account_number(items.get(TRACK_2, b""))
    return spare


def _record_places(exchange: Exchange, fci: bytes) -> Talk[list[tuple[int, int]]]:
    """SFI and number of the records that GET PROCESSING OPTIONS names; [] when it fails."""
    data = b""
    for tag, length in tlv.parse_dol(tlv.first(fci, PDOL) or b""):
        # EMV book 3, 5.4: numbers lose or gain at the left; these two are numbers.
        data += TERMINAL_DATA.get(tag, b"").rjust(length, b"\x00")[-length:] if length else b""
        if len(data) > MOST_PDOL_BYTES:
            return []
    data_length = [0x81, len(data)] if len(data) > 0x7F else [len(data)]
    command = bytes([0x83, *data_length]) + data
    answer = yield from exchange.send(b"\x80\xa8\x00\x00" + bytes([len(command)]) + command)
    if not answer.word.ok:
        return []
    return list(islice(_locations(answer.data), MOST_RECORDS))


def _locations(options: bytes) -> Iterator[tuple[int, int]]:
    """The records of an application file locator, EMV book 3, 10.2. Raises `BadTlv`."""
    template = tlv.parse(options)
    if len(template) != 1 or template[0].tag not in (FORMAT_1, FORMAT_2):
        raise tlv.BadTlv("neither form of processing options")
    value = template[0].value
    afl = value[2:] if template[0].tag == FORMAT_1 else tlv.first(value, AFL) or b""
    if len(afl) % 4:
        raise tlv.BadTlv("file locator is not made of fours")
    for at in range(0, len(afl), 4):
        sfi, first, last = afl[at] >> 3, afl[at + 1], afl[at + 2]
        if not 1 <= sfi <= 30 or not 1 <= first <= last:
            raise tlv.BadTlv("file locator names no record")
        for number in range(first, last + 1):
            yield sfi, number


def _select(exchange: Exchange, name: bytes) -> Talk[Answer]:
    command = b"\x00\xa4\x04\x00" + bytes([len(name)]) + name + b"\x00"
    return (yield from exchange.send(command))


def _read_record(exchange: Exchange, sfi: int, number: int) -> Talk[Answer]:
    return (yield from exchange.send(bytes([0x00, 0xB2, number, sfi << 3 | 0x04, 0x00])))


def _account_number(value: bytes) -> str | None:
    """The account number at the front of tag 5A or 57, if it is one and its check digit holds."""
    match = re.match(r"(\d{12,19})(?:d|f*$)", value.hex())
    return match[1] if match and luhn_ok(match[1]) else None
