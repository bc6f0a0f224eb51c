"""The key in a file that only the terminal's own user can read: the last resort.

It protects against other programs on the terminal, not against who takes its disk away.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioning.terminal.keys.folder import Stored, fetch, halves_do_not_fit, store, taken
from provisioning.terminal.keys.key import KeyTrouble, Kind
from provisioning.terminal.keys.software import (
    SoftwareKey,
    new_private,
    private_pem,
    read_private,
)


@dataclass(frozen=True)
class FileProvider:
    """Keys in files of mode 0600, refused when anybody else could have read them."""

    @property
    def kind(self) -> Kind:
        """Which provider this is."""
        return Kind.FILE

    def make(self, folder: Path) -> SoftwareKey | KeyTrouble:
        """A new key in `folder`."""
        if trouble := taken(folder):
            return trouble
        private = new_private()
        if trouble := store(folder, self.kind, private_pem(private), private.public_key()):
            return trouble
        return SoftwareKey(self, private)

    def open(self, folder: Path) -> SoftwareKey | KeyTrouble:
        """The key in `folder`."""
        stored = fetch(folder, self.kind)
        if not isinstance(stored, Stored):
            return stored
        private = read_private(stored.key, stored.public_key)
        if private is None:
            return halves_do_not_fit(folder)
        return SoftwareKey(self, private)
