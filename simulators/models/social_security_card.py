"""A social security card (LD/T 32-2015) as its contacts show it, in the manner of T=0.

One chip, two applications that know nothing of each other: the social security environment
(SSSE) with its records and password, and the bank's debit application. Everything on it is
invented. Not simulated: external authentication, secure messaging, READ BINARY, and reading
several records at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from simulators.models import bank_application as bank_side
from simulators.models.bank_application import BankData, bcd

SSSE_NAME = b"sx1.sh." + "社会保障".encode("gbk")
MASTER_FILE, EF05, EF06 = 0x3F00, 0xEF05, 0xEF06
NAME_SIZE, CONTINUATION_SIZE = 0x1E, 0x14
READABLE_ON_3 = frozenset({0x01, 0x02, 0x03, 0x04, 0x07})  # EF05 without a key, version 3.00

DONE = b"\x90\x00"
WRONG_LENGTH, NOT_ALLOWED, LOCKED, CONDITIONS = b"\x67\x00", b"\x69\x82", b"\x69\x83", b"\x69\x85"
NO_CURRENT_EF, NO_FILE = b"\x69\x86", b"\x6a\x82"
NO_RECORD, WRONG_P1P2, NO_DATA = b"\x6a\x83", b"\x6a\x86", b"\x6a\x88"
NO_INSTRUCTION, NO_CLASS, DEAD_APPLICATION = b"\x6d\x00", b"\x6e\x00", b"\x93\x03"


class CardPulled(Exception):
    """The card left its slot in the middle of an APDU. The wire drops its connection."""


class Malformation(StrEnum):
    """Ways in which a badly personalised card breaks the specification."""

    NONE = "none"
    LENGTH = "length"  # a record's length byte says more than there is
    TAG = "tag"  # a record holds another tag than the one asked for
    IDENTIFICATION = "identification"  # D156000005 is not where it belongs
    NAME = "name"  # bytes that are no GBK


@dataclass(frozen=True, slots=True)
class CardData:
    """What was personalised. Dates are YYYYMMDD; the defaults are an invented person."""

    version: str = "2.00"
    identification_code: str = field(default="990000D1560000050000000100000000", repr=False)
    card_number: str = field(default="A12345674", repr=False)
    category: str = "3"
    organisation: str = "915600000299000099000001"
    issued: str = "20200101"
    expires: str = "20300101"
    id_number: str = field(default="990000199001010017", repr=False)
    name: str = field(default="测试甲", repr=False)
    sex: str = field(default="1", repr=False)
    nation: str = field(default="01", repr=False)
    birthplace: str = field(default="990000", repr=False)
    birth: str = field(default="19900101", repr=False)
    pin: str | None = field(default="135790", repr=False)  # None: the card has no password
    pin_tries: int = 6  # set at personalisation; cities publish 6 most often
    bank: BankData | None = field(default_factory=BankData)


@dataclass(slots=True)
class CardFaults:
    """What can be wrong with a card. An unknown version is `CardData(version="9.00")`."""

    mute: bool = False  # no answer to reset
    foreign: bool = False  # no social security environment
    blocked: bool = False  # the environment is locked for good
    malformed: Malformation = Malformation.NONE
    pulled_at_apdu: int | None = None  # 1: at the first one after power on
    slow_s: float = 0.0  # the wire lets so much time pass before each answer


class SocialSecurityCard:
    """The card. The password's counter outlives power, everything else begins anew with it."""

    def __init__(self, data: CardData | None = None) -> None:
        self.data = data or CardData()
        self.faults = CardFaults()
        self.tries_left = self.data.pin_tries
        self.powered = False
        self._apdus = 0
        self._begin()

    def __repr__(self) -> str:
        return f"SocialSecurityCard({self.data.version}, powered: {self.powered})"

    @property
    def slow_s(self) -> float:
        """Seconds each answer takes longer."""
        return self.faults.slow_s

    @property
    def verified(self) -> bool:
        """Whether the password was given since power on."""
        return self._verified

    def unblock(self) -> None:
        """What an office does with its keys: the counter back to its limit."""
        self.tries_left = self.data.pin_tries

    # --- contacts -------------------------------------------------------------------------

    def atr(self) -> bytes:
        """Answer to reset: 3B 6D 00 00 and 13 historical bytes; empty when mute."""
        if self.faults.mute:
            return b""
        code = bytes.fromhex(self.data.identification_code)
        supplier, free, maker = b"\x00\x86", b"SIM", b"\x86\x01"
        return b"\x3b\x6d\x00\x00" + supplier + free + maker + code[:2] + code[8:12]

    def power_on(self) -> None:
        """Power, or a reset: nothing is selected, nothing verified."""
        self.powered = True
        self._apdus = 0
        self._begin()

    def power_off(self) -> None:
        """No power: everything but the counter is forgotten."""
        self.powered = False
        self._begin()

    def apdu(self, command: bytes) -> bytes:
        """Data and status word for one command. Raises `CardPulled`."""
        assert self.powered, "a card without power cannot answer"
        self._apdus += 1
        if self.faults.pulled_at_apdu is not None and self._apdus >= self.faults.pulled_at_apdu:
            raise CardPulled
        if len(command) < 4:
            return WRONG_LENGTH
        if command[1] == 0xC0:
            return self._get_response(command)
        self._response = b""
        match command[0], command[1]:
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0xB2:
                return self._read_record(command)
            case 0x00, 0x20:
                return self._verify(command)
            case 0x80, 0xA8:
                return self._options(command)
            case 0x80, 0xCA:
                return self._get_data(command)
            case ((0x00 | 0x80 | 0x84 | 0x04), _):
                return NO_INSTRUCTION
            case _:
                return NO_CLASS

    def _begin(self) -> None:
        self._application: bytes = b""  # the name selected last
        self._ef = 0
        self._verified = False
        self._response = b""  # waits for GET RESPONSE

    # --- T=0 ------------------------------------------------------------------------------

    def _later(self, data: bytes) -> bytes:
        """61xx: the data waits for GET RESPONSE."""
        self._response = data
        return bytes([0x61, len(data)])

    def _get_response(self, command: bytes) -> bytes:
        if command[0] != 0x00 or len(command) != 5:
            return WRONG_LENGTH
        waits, wanted = self._response, command[4] or 256
        if not waits:
            return CONDITIONS
        if wanted > len(waits):
            return bytes([0x6C, len(waits)])
        self._response = waits[wanted:]
        left = len(self._response)
        return waits[:wanted] + (bytes([0x61, left]) if left else DONE)

    # --- files ----------------------------------------------------------------------------

    def _select(self, command: bytes) -> bytes:
        data = _data_of(command)
        if data is None:
            return WRONG_LENGTH
        if command[2] == 0x04:
            return self._select_name(data)
        if command[2] not in (0x00, 0x02):
            return WRONG_P1P2
        identifier = int.from_bytes(data, "big") if data else MASTER_FILE
        if identifier == MASTER_FILE:
            self._application, self._ef = b"", 0
            return DONE
        if self._application != SSSE_NAME or identifier not in (EF05, EF06):
            return NO_FILE
        self._ef = identifier
        return DONE

    def _select_name(self, name: bytes) -> bytes:
        bank = self.data.bank
        fci: bytes | None = None
        if name == SSSE_NAME and not self.faults.foreign:
            if self.faults.blocked:
                return DEAD_APPLICATION
            fci = self._ssse_fci()
        elif name == bank_side.PSE_NAME and bank is not None and bank.has_directory:
            fci = bank_side.directory_fci()
        elif name == bank_side.DEBIT_AID and bank is not None:
            fci = bank_side.application_fci(bank)
        if fci is None:
            return NO_FILE
        self._application, self._ef = name, 0
        # Some cards keep a verified password over a selection; this one drops it.
        self._verified = False
        return self._later(fci)

    def _ssse_fci(self) -> bytes:
        cipher = b"\x03" if self.data.version == "3.00" else b"\x01"  # SM4, else 3DES
        issuer = bank_side.tlv("9F0C", b"\x86\x01" + cipher)
        own = bank_side.tlv("88", b"\x01") + issuer
        return bank_side.tlv("6F", bank_side.tlv("84", SSSE_NAME) + bank_side.tlv("A5", own))

    def _read_record(self, command: bytes) -> bytes:
        if len(command) != 5:
            return WRONG_LENGTH
        number, sfi, how = command[2], command[3] >> 3, command[3] & 0x07
        if self._application == SSSE_NAME:
            found = self._holder_record(number, sfi, how)
        else:
            found = self._bank_record(number, sfi, how)
        if len(found) == 2:
            return found
        return found + DONE if command[4] == len(found) else bytes([0x6C, len(found)])

    def _holder_record(self, number: int, sfi: int, how: int) -> bytes:
        """The record as stored, or a status word."""
        if sfi not in (0, 5, 6):
            return NO_FILE
        if sfi:
            self._ef = EF05 if sfi == 5 else EF06
        if not self._ef:
            return NO_CURRENT_EF
        tags = self._tags()
        if how in (0, 1):  # by tag: each stands once, so the first is the last
            tag = number
        elif how == 4:
            tag = tags[number - 1] if 0 < number <= len(tags) else 0
        else:
            return WRONG_P1P2
        if tag not in tags:
            return NO_RECORD
        if self.data.version == "3.00" and (self._ef == EF06 or tag not in READABLE_ON_3):
            return NOT_ALLOWED
        return self._stored(tag)

    def _tags(self) -> tuple[int, ...]:
        """The records of the current EF in order; version 2 put 4E between 09 and 0A."""
        if self._ef == EF05:
            return (1, 2, 3, 4, 5, 6, 7)
        if self.data.version == "1.00":
            return (0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D)
        return (0x08, 0x09, 0x4E, 0x0A, 0x0B, 0x0C, 0x0D)

    def _stored(self, tag: int) -> bytes:
        value = item(self.data, tag)
        match self.faults.malformed:
            case Malformation.LENGTH:
                return bytes([tag, len(value) + 5]) + value
            case Malformation.TAG:
                return bytes([tag ^ 0x70, len(value)]) + value
            case Malformation.IDENTIFICATION if tag == 0x01:
                value = value[:3] + bytes(5) + value[8:]
            case Malformation.NAME if tag == 0x09:
                value = b"\xff" * NAME_SIZE
        return bytes([tag, len(value)]) + value

    # --- password -------------------------------------------------------------------------

    def _verify(self, command: bytes) -> bytes:
        if self._application != SSSE_NAME:
            return CONDITIONS
        if command[2:4] != b"\x00\x00":
            return WRONG_P1P2
        given, pin = _data_of(command), self.data.pin
        if given is None or not (given == b"" or 2 <= len(given) <= 8):
            return WRONG_LENGTH
        if given == b"":
            if pin is None:
                return DONE
            # That a blocked card says so here too, and not 63C0, is assumed.
            return bytes([0x63, 0xC0 | self.tries_left]) if self.tries_left else LOCKED
        if self.tries_left == 0:
            return LOCKED
        if pin is not None and given == bcd(pin):
            self._verified, self.tries_left = True, self.data.pin_tries
            return DONE
        if pin is not None:
            self._verified = False
            self.tries_left -= 1
        return bytes([0x63, 0xC0 | self.tries_left])

    # --- the bank -------------------------------------------------------------------------

    def _bank_record(self, number: int, sfi: int, how: int) -> bytes:
        bank = self.data.bank
        if bank is None or not self._application:
            return NO_CURRENT_EF
        if how != 4:
            return WRONG_P1P2
        if self._application == bank_side.PSE_NAME:
            if sfi != 1:
                return NO_FILE
            return bank_side.directory_record(bank) if number == 1 else NO_RECORD
        return bank_side.record(bank, sfi, number) or NO_RECORD

    def _options(self, command: bytes) -> bytes:
        bank, data = self.data.bank, _data_of(command)
        if bank is None or self._application != bank_side.DEBIT_AID:
            return CONDITIONS
        answer = bank_side.options(bank, data or b"")
        return CONDITIONS if answer is None else self._later(answer)

    def _get_data(self, command: bytes) -> bytes:
        bank = self.data.bank
        if bank is None or self._application != bank_side.DEBIT_AID:
            return CONDITIONS
        found = bank_side.item(bank, int.from_bytes(command[2:4], "big"))
        if found is None:
            return NO_DATA
        right = len(command) == 5 and command[4] == len(found)
        return found + DONE if right else bytes([0x6C, len(found)])


def item(data: CardData, tag: int) -> bytes:
    """The value of one item of EF05 or EF06, padded to its length.

    Raises `ValueError` when it is too long for the card.
    """
    name = data.name.encode("gbk")
    limit = NAME_SIZE if data.version == "1.00" else NAME_SIZE + CONTINUATION_SIZE
    if len(name) > limit:
        raise ValueError(f"the name has {len(name)} bytes, the card holds {limit}")
    values: dict[int, tuple[bytes, int]] = {
        0x01: (bytes.fromhex(data.identification_code), 0x10),
        0x02: (data.category.encode("ascii"), 0x01),
        0x03: (data.version.encode("ascii"), 0x04),
        0x04: (bytes.fromhex(data.organisation), 0x0C),
        0x05: (bcd(data.issued), 0x04),
        0x06: (bcd(data.expires), 0x04),
        0x07: (data.card_number.encode("ascii"), 0x09),
        0x08: (data.id_number.encode("ascii"), 0x12),
        0x09: (name[:NAME_SIZE], NAME_SIZE),
        0x4E: (name[NAME_SIZE:], CONTINUATION_SIZE),
        0x0A: (data.sex.encode("ascii"), 0x01),
        0x0B: (bcd(data.nation), 0x01),
        0x0C: (bcd(data.birthplace), 0x03),
        0x0D: (bcd(data.birth), 0x04),
    }
    value, size = values[tag]
    if len(value) > size:
        raise ValueError(f"item {tag:02X} has {len(value)} bytes, the card holds {size}")
    return value.ljust(size, b"\0")


def with_pin(card: SocialSecurityCard, pin: str | None) -> None:
    """Give `card` another password, as its issuer would, and a full counter."""
    card.data = replace(card.data, pin=pin)
    card.unblock()


def _data_of(command: bytes) -> bytes | None:
    """The command data; an Le byte after it is allowed. None when Lc does not fit."""
    if len(command) == 4:
        return b""
    size = command[4]
    if len(command) not in (5 + size, 6 + size):
        return None
    return command[5 : 5 + size]
