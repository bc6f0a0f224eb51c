"""Which tests show which rule: read from the marks ``@pytest.mark.rule("LOSS.CANCEL")`` in the sources.

`python -m tests.rules.table` writes `docs/rules.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from kiosk.messages.catalogue import messages
from sscard.rules import Rule

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/rules.md"
_HEAD = """\
# The rules, and the tests that show them

*Written by `python -m tests.rules.table` from the marks in the tests. A rule without a test fails the run.*

The words are those that a person reads behind "why?" on the screen.

| rule | what it says | shown by |
| --- | --- | --- |
"""


def marks() -> dict[str, list[str]]:
    """The tests that carry each rule's name, as ``folder/file::test``, in the files' order."""
    found: dict[str, list[str]] = {}
    for file in sorted(ROOT.glob("tests/**/test_*.py")):
        place = file.relative_to(ROOT / "tests")
        for rule, test in _marks_in(file):
            found.setdefault(rule, []).append(f"{place}::{test}")
    return found


def page() -> str:
    """The whole page."""
    words, found = messages("en"), marks()
    return _HEAD + "".join(
        f"| {rule} | {words(f'rule.{rule}')} | {'<br>'.join(map(_link, found.get(rule, [])))} |\n"
        for rule in Rule
    )


def _link(test: str) -> str:
    place, _, name = test.partition("::")
    return f"[{name}](../tests/{place})"


def _marks_in(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                for rule in _rules_of(mark):
                    yield rule, node.name


def _rules_of(mark: ast.expr) -> Iterator[str]:
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
        for argument in mark.args:
            yield str(ast.literal_eval(argument))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
