"""One loaded workload for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.powerloss.children import Children, fast_directory


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    with (
        TemporaryDirectory(dir=fast_directory()) as directory,
        Children(Path(directory)) as children,
    ):
        yield children
