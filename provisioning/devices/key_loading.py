"""A PIN key goes into the pad under two people's control; the terminal passes on and writes down.

One person brings the key, encrypted by the bank under the master key that the pad got in the bank's key
room; the other brings its check value, on a paper of its own. Neither can load anything alone: what
the pad says of the key it took must be what the second paper says, or the key is erased again. The
clear key is never here. The commands are "2" of the SZZT long frame; components entered on the pad
itself, or a clear key ("1"), are not used: the one it does not have, the other would pass through here.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from kiosk.drivers.links.inbox import Inbox
from kiosk.drivers.links.ops import LinkLost, Open, Talk
from kiosk.drivers.links.runner import Link
from kiosk.drivers.masked import Masked
from kiosk.drivers.pin_pad import protocol as pad
from kiosk.drivers.pin_pad.status import TAMPERED, done
from provisioning.devices.asking import Asking
from provisioning.devices.identifying import pin_pad
from provisioning.devices.key_book import KeyBook, KeyBookBroken, KeyEntry, Step

ANSWER_LIMIT_S: Final = 1.0  # and two repeats, as pads are driven
CHECK_DIGITS: Final = 6  # of a check value: what papers have (three bytes)

_SLOWEST_BAUD: Final = 1_200  # the answer's time is allowed for at any speed
_PIN_KEY = "3"
_LENGTHS = {16: "1", 32: "2", 48: "3"}  # hex digits of a key, and how the pad is told
_NO_MASTER = frozenset({0xE1, 0xE2, 0xE4, 0xE5})
_NOT_AUTHENTICATED = frozenset({0xEC, 0xED, 0xFA})
_OTHER_CHECK_VALUE = 0xE7
_NO_KEY = 0xE5


class KeyOrder(Masked, frozen=True):
    """What the two people bring. `master` is the place of the pad's master key, 01 to 1F hex, and
    `index` that of the new PIN key, 30 to 7F hex."""

    terminal: str
    index: int
    master: int
    encrypted: str  # by the bank, under the master key: 16, 32 or 48 hex digits
    key_person: str
    check_value: str  # 6 to 16 hex digits
    check_person: str


class KeyOutcome(StrEnum):
    """What came of it."""

    LOADED = "loaded"
    ONE_PERSON = "one_person"
    MALFORMED_KEY = "malformed_key"
    MALFORMED_CHECK = "malformed_check"
    BOOK = "book"  # it cannot be written down, or was changed
    NO_PAD = "no_pad"
    TAMPERED = "tampered"
    NO_MASTER_KEY = "no_master_key"
    NOT_AUTHENTICATED = "not_authenticated"
    REFUSED = "refused"
    OTHER_KEY = "other_key"  # the check values differ; what was loaded is erased
    NOT_ERASED = "not_erased"  # the same, and the pad did not confirm that it is erased
    UNCERTAIN = "uncertain"  # the pad or its line went away before it had answered


REMEDIES: Final = {
    KeyOutcome.LOADED: "",
    KeyOutcome.ONE_PERSON: "A second person brings the check value, and gives their own name.",
    KeyOutcome.MALFORMED_KEY: "Enter the encrypted key again, as its paper has it: 32 hex digits.",
    KeyOutcome.MALFORMED_CHECK: "Enter the check value again, as its paper has it: 6 hex digits.",
    KeyOutcome.BOOK: "The loading cannot be written down, so nothing was loaded: look at the disk.",
    KeyOutcome.NO_PAD: "The pad does not answer: search for devices first.",
    KeyOutcome.TAMPERED: "The pad was opened and has erased its keys. It goes back to the bank.",
    KeyOutcome.NO_MASTER_KEY: "The pad lacks the master key. It goes back to the bank's key room.",
    KeyOutcome.NOT_AUTHENTICATED: "The pad wants to be unlocked by the bank's key room first.",
    KeyOutcome.REFUSED: "The pad refused the key. Ask the bank for a new pair of papers.",
    KeyOutcome.OTHER_KEY: "The papers do not belong together; the key was erased. Both people "
    "compare the numbers on their papers and begin again.",
    KeyOutcome.NOT_ERASED: "The papers do not belong together and the pad did not confirm that the "
    "key is erased. Load the right key over it, or take the pad out of service.",
    KeyOutcome.UNCERTAIN: "The pad went away in the middle. Look at its cable and load again.",
}


class KeyResult(Struct, frozen=True):
    """The outcome, the pad's own word where it said one, and what to do."""

    outcome: KeyOutcome
    check_value: str = ""  # as the pad says it, six digits
    raw: str = ""

    @property
    def remedy(self) -> str:
        """What to do, in plain words; '' when the key is loaded."""
        return REMEDIES[self.outcome]


def load_key(link: Link, order: KeyOrder, book: KeyBook, now: datetime) -> KeyResult:
    """Load one key, and write down that it was tried and what came of it. Repeats do no harm."""
    if not _two_people(order.key_person, order.check_person):
        return KeyResult(KeyOutcome.ONE_PERSON)
    encrypted, check_value = _compact(order.encrypted), _compact(order.check_value)
    if len(encrypted) not in _LENGTHS or not re.fullmatch("[0-9A-F]*", encrypted):
        return KeyResult(KeyOutcome.MALFORMED_KEY)
    if not re.fullmatch("[0-9A-F]{6,16}", check_value):
        return KeyResult(KeyOutcome.MALFORMED_CHECK)
    if not (0x30 <= order.index <= 0x7F and 0x01 <= order.master <= 0x1F):
        raise ValueError("no place for a key in this pad")
    asking = Asking(link)
    try:
        serial_number = asking.carry_out(_serial_number())
    except LinkLost as lost:
        return KeyResult(KeyOutcome.NO_PAD, raw=str(lost))
    if serial_number is None:
        return KeyResult(KeyOutcome.NO_PAD)
    entry = KeyEntry(
        number=0,
        at=now.isoformat(),
        step=Step.BEGUN,
        terminal=order.terminal,
        pad=serial_number,
        index=order.index,
        check_value=check_value[:CHECK_DIGITS],
        form=sha256(bytes.fromhex(encrypted)).hexdigest(),
        key_person=order.key_person.strip(),
        check_person=order.check_person.strip(),
    )
    try:
        book.write(entry)
    except (OSError, KeyBookBroken) as error:
        return KeyResult(KeyOutcome.BOOK, raw=str(error))
    try:
        result = asking.carry_out(_load(order.master, order.index, encrypted, check_value))
    except LinkLost as lost:
        return KeyResult(KeyOutcome.UNCERTAIN, raw=str(lost))
    return _written(book, entry, result)


def _written(book: KeyBook, entry: KeyEntry, result: KeyResult) -> KeyResult:
    """The end of the loading goes into the book; a silent pad leaves it open."""
    if result.outcome in (KeyOutcome.UNCERTAIN, KeyOutcome.NOT_ERASED):
        return result
    is_loaded = result.outcome is KeyOutcome.LOADED
    step, why = (Step.LOADED, "") if is_loaded else (Step.REFUSED, result.outcome.value)
    try:
        book.write(replace(entry, step=step, why=why))
    except (OSError, KeyBookBroken) as error:
        return KeyResult(KeyOutcome.UNCERTAIN, result.check_value, str(error))
    return result


def _two_people(one: str, other: str) -> bool:
    names = {" ".join(name.split()).casefold() for name in (one, other)}
    return len(names) == 2 and "" not in names


def _compact(text: str) -> str:
    """As typed from a paper: groups and small letters are welcome."""
    return re.sub(r"[\s-]", "", text).upper()


# --- the talk --------------------------------------------------------------------------------


def _serial_number() -> Talk[str | None]:
    """Open the line and ask the pad who it is; None when it is no pad."""
    yield Open()
    found = yield from pin_pad(_SLOWEST_BAUD)
    return None if found is None else found.serial_number


def _load(master: int, index: int, encrypted: str, check_value: str) -> Talk[KeyResult]:
    length = _LENGTHS[len(encrypted)]
    request = pad.frame("2", f"{master:02X}{index:02X}{_PIN_KEY}{length}{encrypted}")
    answer = yield from _ask(request)
    if not isinstance(answer, pad.Answer):
        return KeyResult(KeyOutcome.UNCERTAIN, raw=str(answer))
    if answer.code == _OTHER_CHECK_VALUE:
        return KeyResult(KeyOutcome.OTHER_KEY, raw=answer.word)
    if not done(answer):
        return KeyResult(_refusal(answer.code), raw=answer.word)
    said = pad.from_hex(answer.data) or ""
    # Papers have three to eight bytes, pads give three to eight: as many as both have are compared.
    both = min(len(check_value), len(said))
    if both >= CHECK_DIGITS and said[:both] == check_value[:both]:
        return KeyResult(KeyOutcome.LOADED, said[:CHECK_DIGITS], answer.word)
    outcome = KeyOutcome.OTHER_KEY if (yield from erase_key(index)) else KeyOutcome.NOT_ERASED
    return KeyResult(outcome, said[:CHECK_DIGITS], answer.word)


def erase_key(index: int) -> Talk[bool]:
    """Erase the key at this place; whether the pad says that there is none any more."""
    answer = yield from _ask(pad.frame("2", f"00{index:02X}00"))
    return isinstance(answer, pad.Answer) and (done(answer) or answer.code == _NO_KEY)


def _ask(request: bytes) -> Talk[pad.Answer | pad.Failure]:
    return (yield from pad.ask(Inbox(), pad.Splitter(), request, ANSWER_LIMIT_S, lambda _key: None))


def _refusal(code: int) -> KeyOutcome:
    if code in TAMPERED:
        return KeyOutcome.TAMPERED
    if code in _NO_MASTER:
        return KeyOutcome.NO_MASTER_KEY
    return KeyOutcome.NOT_AUTHENTICATED if code in _NOT_AUTHENTICATED else KeyOutcome.REFUSED
