"""The brokers, each started once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.fleet.certificates import FleetAuthority
from simulators.fleet.surroundings import Mosquitto, mosquitto


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> FleetAuthority:
    return FleetAuthority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def tls_broker(
    authority: FleetAuthority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mosquitto]:
    folder: Path = tmp_path_factory.mktemp("broker") / "mosquitto"
    with mosquitto(folder, authority) as broker:
        yield broker
