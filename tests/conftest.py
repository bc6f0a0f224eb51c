"""Which tests share a worker; and Kivy, whoever imports it first, leaves disk and logging alone."""

from __future__ import annotations

import gc
import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

os.environ.update(
    KIVY_NO_FILELOG="1",
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_LOG_MODE="PYTHON",  # or its level, "everything", is everybody's
)

# A test makes a world and drops it: looking for garbage every 700 objects costs an eighth of the run.
gc.set_threshold(50_000, 20, 20)

# The machine has one virtual card reader; whole desks use it, and so do the reader's own tests.
_TOGETHER = {
    "tests/desk/": "reader",
    "tests/bench/": "reader",
    "tests/drivers/links/test_pcsc": "reader",
    "tests/benchmarks/": "benchmarks",
}


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """By place: pytest-xdist's own groups rename tests, which pytest 9 does not let it do."""

    def _split_scope(self, nodeid: str) -> str:
        groups = (group for start, group in _TOGETHER.items() if nodeid.startswith(start))
        return next(groups, nodeid)


@pytest.hookimpl(optionalhook=True)  # a run without the plugin has no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """Tests of one group run in one worker, one after the other."""
    return _Scheduling(config, log)
