"""A question with more answers than fit: pages of large rows, with a way on and a way back."""

from __future__ import annotations

from msgspec import Struct

from kiosk.fsm.telling import Option, Question

NEXT_PAGE = "next_page"
PAGE_BEFORE = "page_before"


class Page(Struct, frozen=True):
    """One page of answers. `number` counts from 1; `last` stands under every page."""

    options: tuple[Option, ...]
    last: tuple[Option, ...]
    number: int
    of: int

    @property
    def turns(self) -> tuple[str, ...]:
        """The buttons that turn to another page."""
        before = (PAGE_BEFORE,) if self.number > 1 else ()
        return (*before, *((NEXT_PAGE,) if self.number < self.of else ()))


def page_of(question: Question, number: int, rows: int) -> Page:
    """The page of a question; all on one where `rows` is 0 or enough.

    A number beyond the last page is the last page: the list may have become shorter.
    """
    options = question.options
    if not rows or len(options) <= rows:
        return Page(options, question.last, 1, 1)
    of = -(-len(options) // rows)
    number = min(max(number, 1), of)
    return Page(options[(number - 1) * rows : number * rows], question.last, number, of)
