"""The part of the hashed lock file that the terminal needs.

One lock file serves everything, so what runs on a terminal is what was tested. Its `# via` lines
say who wants a package; from them follows which packages the terminal's own ones bring along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_BY_HAND = "-r requirements.in"
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==")


def runtime_names(text: str) -> frozenset[str]:
    """The names in `runtime.txt`."""
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def runtime_lock(lock: str, names: frozenset[str]) -> str:
    """The entries of `lock` for `names` and what they need, as they stand there.

    Raises `ValueError` for a name that the lock does not have.
    """
    entries = dict(_entries(lock))
    missing = names - entries.keys()
    if missing:
        raise ValueError(f"the lock file has no {', '.join(sorted(missing))}")
    wanted = set(names)
    grown = True
    while grown:
        more = {
            name
            for name, entry in entries.items()
            if name not in wanted and not wanted.isdisjoint(_via(entry))
        }
        wanted |= more
        grown = bool(more)
    return "".join(entry for name, entry in entries.items() if name in wanted)


def _entries(lock: str) -> Iterable[tuple[str, str]]:
    """Name and lines of each package; what comes before the first is dropped."""
    name, lines = "", list[str]()
    for line in lock.splitlines(keepends=True):
        found = _NAME.match(line)
        if found:
            if name:
                yield name, "".join(lines)
            name, lines = found[1], []
        lines.append(line)
    if name:
        yield name, "".join(lines)


def _via(entry: str) -> frozenset[str]:
    """Who wants the package."""
    _, _, comment = entry.partition("# via")
    lines = (line.strip().removeprefix("#").strip() for line in comment.splitlines())
    return frozenset(line for line in lines if line and line != _BY_HAND)
