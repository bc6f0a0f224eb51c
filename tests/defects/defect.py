"""One way to have an error that was seen elsewhere: edits of our code, and who must see them.

An edit follows the code: its old text has to be found exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

TERMINAL = "tests/offline_queue/test_what_others_got_wrong.py"
BANK = "tests/bank/test_what_others_got_wrong.py"
EVERY_FIELD = "tests/defects/test_every_field.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of one of our files, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to have an error that was seen elsewhere.

    `item`: what was wrong, in a sentence; `seen_in`: where. `caught_by`: the id of the test that
    fails with the edits in place.
    """

    item: str
    seen_in: str
    name: str
    edits: tuple[Edit, ...]
    caught_by: str
