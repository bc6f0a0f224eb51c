"""An office with one terminal in its inventory, its clock in the test's hand, its server running."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.office.office import Office, open_office
from tests.provisioning.office.board import Board, Clock, found, furnish, running


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What founding made; each test works with a copy."""
    folder = tmp_path_factory.mktemp("founded")
    found(folder, Clock())
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(founded: Path, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    with open_office(tmp_path / "office", clock=clock) as opened:
        furnish(opened)
        yield opened


@pytest.fixture
def port(office: Office) -> Iterator[int]:
    with running(office) as port:
        yield port


@pytest.fixture
def board(office: Office, port: int, tmp_path: Path) -> Board:
    return Board(tmp_path, office.root, port)
