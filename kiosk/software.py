"""Which program this is."""

from __future__ import annotations

from typing import Final

PACKAGE: Final = "sscard-terminal"


def software_version() -> str:
    """The version that the package was built as; nothing when it runs from its source."""
    from importlib.metadata import PackageNotFoundError, version  # slow to load, rarely asked for

    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""
