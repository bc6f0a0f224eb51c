"""One loaded workload for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.powerloss.children import Children, fast_directory
from tests.powerloss.site import small_log_room


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    with (
        TemporaryDirectory(dir=fast_directory()) as directory,
        Children(Path(directory)) as children,
    ):
        yield children


@pytest.fixture(autouse=True)
def _small_files() -> Iterator[None]:
    with small_log_room():
        yield
