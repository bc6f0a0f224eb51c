"""The answers to a question as buttons, page by page; and the keys with which a number is typed."""

from __future__ import annotations

from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.paging import NEXT_PAGE, PAGE_BEFORE
from kiosk.fsm.library.typing import DIGITS, DONE, ERASE, TypeNumber, key_of
from kiosk.fsm.visit import Situation
from kiosk.screens.view import Button, Role, Typed
from kiosk.writer import Writer


def answers(step: Choose, now: Situation, write: Writer) -> tuple[Button, ...]:
    """The answers on the page that is open, those beneath every page, and the way to others."""
    page = step.page(now)
    options = tuple(
        Button(
            each.id,
            write(each.text),
            Role.OPTION,
            write(each.second),
            each.icon,
            enabled=each.enabled,
        )
        for each in (*page.options, *page.last)
    )
    if page.of == 1:
        return options
    words = write.words
    return (
        *options,
        Button(
            PAGE_BEFORE,
            words("button.page_before"),
            Role.TURN,
            icon="back",
            enabled=PAGE_BEFORE in page.turns,
        ),
        Button(
            NEXT_PAGE,
            words("button.next_page", n=page.number, of=page.of),
            Role.TURN,
            icon="next",
            enabled=NEXT_PAGE in page.turns,
        ),
    )


def keypad(step: TypeNumber, now: Situation, write: Writer) -> tuple[Button, ...]:
    """The keys, each enabled while it does something."""
    can = step.keys(now)
    digits = tuple(
        Button(key_of(digit), digit, Role.KEY, enabled=key_of(digit) in can)
        for digit in DIGITS + "0"
    )
    return (*digits, Button(ERASE, write.words("button.erase"), Role.KEY, enabled=ERASE in can))


def done(step: TypeNumber, now: Situation, write: Writer) -> Button:
    """The button that takes the number; enabled once it is one."""
    text = write.words("button.typed")
    return Button(DONE, text, Role.PRIMARY, enabled=step.is_whole(now))


def typed(step: TypeNumber, now: Situation, write: Writer) -> Typed:
    """What is typed so far, and how many digits it may have."""
    text = now.person.typed
    first = len(text) % step.group or step.group  # the groups are counted from the end
    groups = [
        text[:first],
        *(text[n : n + step.group] for n in range(first, len(text), step.group)),
    ]
    note = write.words("typed.note", n=len(text), shortest=step.shortest, longest=step.longest)
    return Typed(" ".join(groups), note)
