"""A social security card (LD/T 32-2015) as its contacts show it, in the manner of T=0.

One chip, two applications that know nothing of each other: the social security environment
(SSSE) with its records and password, and the bank's debit application. Everything on it is
invented. Not simulated: external authentication, secure messaging but for the password's
unblocking and reloading, READ BINARY, and reading several records at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from secrets import token_bytes

from simulators.models import bank_application as bank_side
from simulators.models.bank_application import bcd
from simulators.models.card_data import NAME_SIZE as NAME_SIZE
from simulators.models.card_data import CardData as CardData
from simulators.models.card_data import CardFaults as CardFaults
from simulators.models.card_data import Malformation as Malformation
from simulators.models.card_data import item as item
from simulators.models.chip_keys import MAC_SIZE, ChipKeys

SSSE_NAME = b"sx1.sh." + "社会保障".encode("gbk")
MASTER_FILE, EF05, EF06 = 0x3F00, 0xEF05, 0xEF06
READABLE_ON_3 = frozenset({0x01, 0x02, 0x03, 0x04, 0x07})  # EF05 without a key, version 3.00

DONE = b"\x90\x00"
WRONG_LENGTH, NOT_ALLOWED, LOCKED, CONDITIONS = b"\x67\x00", b"\x69\x82", b"\x69\x83", b"\x69\x85"
NO_CURRENT_EF, NO_FILE = b"\x69\x86", b"\x6a\x82"
NO_CHALLENGE, NO_MAC, WRONG_MAC = b"\x69\x84", b"\x69\x87", b"\x69\x88"
CHALLENGE_SIZES = (4, 8, 16)
RELOAD_KEY_TRIES = 3  # wrong MACs in a row until the reload key is locked (assumed)
NO_RECORD, WRONG_P1P2, NO_DATA = b"\x6a\x83", b"\x6a\x86", b"\x6a\x88"
NO_INSTRUCTION, NO_CLASS, DEAD_APPLICATION = b"\x6d\x00", b"\x6e\x00", b"\x93\x03"


class CardPulled(Exception):
    """The card left its slot in the middle of an APDU. The wire drops its connection."""


class SocialSecurityCard:
    """The card. Password and counters outlive power, everything else begins anew with it.

    `random` makes its challenges; a simulated world gives its own, so that it can be replayed.
    """

    def __init__(
        self, data: CardData | None = None, random: Callable[[int], bytes] = token_bytes
    ) -> None:
        self.data = data or CardData()
        self.faults = CardFaults()
        self.tries_left = self.data.pin_tries
        self.reload_tries_left = RELOAD_KEY_TRIES
        self._random = random
        self._challenge = b""
        self._keys = ChipKeys(
            self.data.city_key,
            self.data.identification_code,
            sm4=self.data.version == "3.00",
        )
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
        answer = self._answer_to(command)
        if (
            self.faults.pulled_after_apdu is not None
            and self._apdus >= self.faults.pulled_after_apdu
        ):
            raise CardPulled
        return answer

    def _answer_to(self, command: bytes) -> bytes:
        if len(command) < 4:
            return WRONG_LENGTH
        if command[1] == 0xC0:
            return self._get_response(command)
        self._response = b""
        challenge, self._challenge = self._challenge, b""  # it is good for the next command only
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
            case 0x00, 0x84:
                return self._get_challenge(command)
            case 0x84, 0x24:
                return self._reload(command, challenge)
            case ((0x00 | 0x80 | 0x84 | 0x04), _):
                return NO_INSTRUCTION
            case _:
                return NO_CLASS

    def _begin(self) -> None:
        self._application: bytes = b""  # the name selected last
        self._ef = 0
        self._verified = False
        self._response = b""  # waits for GET RESPONSE
        self._challenge = b""

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

    # --- the password, by its issuer ------------------------------------------------------

    def _get_challenge(self, command: bytes) -> bytes:
        if len(command) != 5 or command[4] not in CHALLENGE_SIZES:
            return WRONG_LENGTH
        if command[2:4] != b"\x00\x00":
            return WRONG_P1P2
        self._challenge = self._random(command[4])
        return self._challenge + DONE

    def _reload(self, command: bytes, challenge: bytes) -> bytes:
        """Unblock (P2 00) or reload (P2 01) the password, for who has this card's reload key."""
        if self._application != SSSE_NAME:
            return CONDITIONS
        if self.faults.refuses_reload is not None:
            return self.faults.refuses_reload
        if command[2] != 0x00 or command[3] not in (0x00, 0x01):
            return WRONG_P1P2
        if len(command) < 5 + MAC_SIZE:
            return NO_MAC
        sealed = len(command) - 5 - MAC_SIZE
        blocks = (0,) if command[3] == 0x00 else (self._keys.block,)
        if command[4] != len(command) - 5 or sealed not in blocks:
            return WRONG_LENGTH
        if len(challenge) not in (4, 8, self._keys.block):
            return NO_CHALLENGE
        if self.reload_tries_left == 0:
            return LOCKED
        clear = self._keys.unwrap(challenge.ljust(self._keys.block, b"\0"), command)
        if clear is None:
            self.reload_tries_left -= 1
            return WRONG_MAC
        self.reload_tries_left = RELOAD_KEY_TRIES
        if command[3] == 0x01:
            self.data = replace(self.data, pin=clear.hex().upper().rstrip("F") or None)
        self._verified = False
        self.tries_left = self.data.pin_tries
        return DONE

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
