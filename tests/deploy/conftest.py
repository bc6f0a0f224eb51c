from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.manager import Manager
from tests.deploy.xvfb import virtual_display


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


@pytest.fixture
def display() -> Iterator[str]:
    """A display of its own."""
    with virtual_display("640x480") as name:
        yield name
