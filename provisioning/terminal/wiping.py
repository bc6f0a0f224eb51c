"""Taking what is secret off a terminal that goes for good: overwritten, removed, and looked for again.

On flash memory the old blocks may outlive an overwriting; that is why nothing of a cardholder lies
there unsealed, and why the keys go too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 20


class NotWiped(Exception):
    """Something is still there; the text names it."""


def wipe(places: Iterable[Path]) -> tuple[str, ...]:
    """Wipe files and folders; the names of what was there. Repeats do no harm. Raises `NotWiped`, `OSError`."""
    gone: list[str] = []
    for place in places:
        if not os.path.lexists(place):
            continue
        for path in (place, *place.rglob("*")) if place.is_dir() else (place,):
            if path.is_file() and not path.is_symlink():
                _overwrite(path)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()
        if os.path.lexists(place):
            raise NotWiped(str(place))
        gone.append(place.name)
    return tuple(gone)


def with_companions(path: Path) -> list[Path]:
    """A file and those beside it that begin with its name, as a database's log or a book's lock."""
    if not path.parent.is_dir():
        return [path]
    return [path, *sorted(each for each in path.parent.glob(f"{path.name}?*"))]


def _overwrite(path: Path) -> None:
    left = path.stat().st_size
    with path.open("r+b", buffering=0) as file:
        while left > 0:
            left -= file.write(bytes(min(left, _CHUNK)))
        os.fsync(file.fileno())
