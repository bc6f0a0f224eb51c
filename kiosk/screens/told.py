"""What a service has to say, as blocks of a screen."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.drivers.events import PrintTrouble
from kiosk.fsm.telling import (
    Between,
    Call,
    Code,
    Facts,
    Money,
    OnScreen,
    Outlets,
    Path,
    Remark,
    Say,
    Sum,
    Tone,
)
from kiosk.screens import view
from kiosk.screens.view import Block, Note
from kiosk.writer import Writer


def blocks(parts: Iterable[OnScreen], write: Writer) -> tuple[Block, ...]:
    """The blocks, in order."""
    return tuple(_block(part, write) for part in parts)


def can_be_covered(parts: Iterable[OnScreen]) -> bool:
    """Whether somebody behind the person could read an amount."""
    return any(_is_private(part) for part in parts)


def printed(
    outcome: bool | PrintTrouble | None, has_code: bool, write: Writer
) -> tuple[Block, ...]:
    """What became of the receipt. Without paper the code is to be written down, if there is one."""
    match outcome:
        case None | False:
            return ()
        case True:
            return (Note(write.words("result.printed.ok"), Tone.JADE),)
        case PrintTrouble.NO_ANSWER:
            return (Note(write.words("result.printed.unknown"), Tone.AMBER),)
    key = "result.printed.failed" if has_code else "result.printed.failed_plain"
    trouble = write.words(f"print_trouble.{outcome}")
    return (Note(write.words(key, trouble=trouble), Tone.AMBER),)


def _is_private(part: object) -> bool:
    match part:
        case Money(_, private):
            return private
        case Sum(_, amount):
            return amount.private
        case Facts(rows):
            return any(_is_private(row.value) for row in rows)
        case Say(_, values):
            return any(map(_is_private, values.values()))
        case Remark(text, _, big):
            return _is_private(text) or _is_private(big)
    return False


def _block(part: OnScreen, write: Writer) -> Block:
    match part:
        case Sum(label, amount, note, main):
            return view.Amount(write(label), write(amount), write(note), main)
        case Between(left, right):
            return view.Ends(write(left), write(right))
        case Path(steps):
            return view.Chain(
                tuple(
                    view.ChainStep(write(step.title), "\n".join(map(write, step.notes)), step.state)
                    for step in steps
                )
            )
        case Remark(text, tone, big, after):
            return Note(write(text), tone, write(big), write(after))
        case Call():
            return _call(part, write)
        case Outlets():
            return view.Facts(write.outlets())
        case Facts(rows):
            return view.Facts(tuple((write(row.label), write(row.value)) for row in rows))
        case Code(text, caption):
            return view.Qr(text, write(caption))


def _call(call: Call, write: Writer) -> Block:
    banks, after = write.banks(call), write(call.after)
    if len(banks) == 1:
        return Note(write(call.one), Tone.AMBER, banks[0].hotline, after)
    names = (bank.name_zh if write.words.language == "zh" else bank.name_en for bank in banks)
    rows = tuple(zip(names, (bank.hotline for bank in banks), strict=True))
    return view.Hotlines(write(call.several), rows, after)
