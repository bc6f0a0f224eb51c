"""A log as a chain of hashes: an entry that was edited, removed or moved no longer fits.

Both logs of the terminal use it, the screen process's file and the queue's table. Whoever rewrites
all entries after a change can mend a chain; its newest digest must therefore be kept elsewhere too.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

GENESIS = "0" * 64
"""The digest before the first entry."""


def link(before: str, content: bytes) -> str:
    """The digest of an entry: SHA-256 over the digest before it and its own content, 64 hex digits."""
    return sha256(before.encode() + content).hexdigest()


def first_broken(
    entries: Iterable[tuple[int, bytes, str]], after: tuple[int, str] = (0, GENESIS)
) -> int | None:
    """The number of the first entry (number, content, digest) that does not follow; None: all do."""
    last, before = after
    for number, content, digest in entries:
        if number != last + 1 or digest != link(before, content):
            return number
        last, before = number, digest
    return None
