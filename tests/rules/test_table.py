"""Every rule is shown by a test, and the page says by which."""

from __future__ import annotations

import pytest

from sscard.rules import Rule
from tests.rules.table import PAGE, marks, page

MARKS = marks()


@pytest.mark.parametrize("rule", Rule)
def test_the_rule_is_shown_by_a_test(rule: Rule) -> None:
    assert MARKS.get(rule), f"no test carries @pytest.mark.rule({str(rule)!r})"


def test_every_mark_names_a_rule() -> None:
    assert set(MARKS) <= set(Rule)


def test_the_page_is_what_the_marks_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.rules.table"
