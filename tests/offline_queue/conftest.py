"""A bank behind TLS and a place for `kiosk-queue`, made anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.desk.pki import Pki
from tests.offline_queue.bankside import BankSide
from tests.offline_queue.safety.room import set_up
from tests.offline_queue.safety.small_disk import SITE_SIZES, small_disk
from tests.offline_queue.tlsbank import QueueSite, Talk, TlsBank, new_pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return new_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def bank(pki: Pki) -> Iterator[TlsBank]:
    bank = TlsBank(pki, BankSide())
    yield bank
    bank.close()


@pytest.fixture
def site(tmp_path: Path, pki: Pki, bank: TlsBank) -> Iterator[QueueSite]:
    site = QueueSite(tmp_path, bank.bank, pki, bank.port)
    yield site
    site.close()


@pytest.fixture(params=SITE_SIZES)
def small_site(request: pytest.FixtureRequest, pki: Pki, bank: TlsBank) -> Iterator[QueueSite]:
    """A site on a disk of its own, which is soon full."""
    with small_disk(request.param) as folder:
        site = QueueSite(folder, bank.bank, pki, bank.port)
        set_up(site, ballast_bytes=262_144)
        yield site
        site.close()


@pytest.fixture
def talks() -> Iterator[list[Talk]]:
    """Clients put in here are closed at the end."""
    opened: list[Talk] = []
    yield opened
    for talk in opened:
        talk.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[QueueSite]:
    """One process for all tests that leave it as they found it."""
    bank = TlsBank(pki, BankSide())
    site = QueueSite(tmp_path_factory.mktemp("running"), bank.bank, pki, bank.port)
    site.start()
    yield site
    site.close()
    bank.close()
