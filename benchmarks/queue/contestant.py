"""What is asked of each durable queue that is measured, and how its answers travel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from time import perf_counter_ns

REQUEST_BYTES = 600  # of one request, before anything is done to it


class Contestant(ABC):
    """A durable queue in a folder of its own, in a process of its own: it takes requests.

    Its name here and its module stand in `benchmarks.queue.contestants`.
    """

    @abstractmethod
    def __init__(self, folder: Path) -> None: ...

    @abstractmethod
    def accept(self, count: int) -> list[int]:
        """Take `count` requests one after the other, each flushed; nanoseconds for each."""

    def rest(self) -> None:
        """What it does for itself in a quiet minute; most do nothing."""
        return

    @abstractmethod
    def close(self) -> None:
        """End it."""


class Settling(ABC):
    """A contestant whose requests come to an end."""

    @abstractmethod
    def finish(self) -> None:
        """Bring the oldest request to its end, as if the bank had answered."""


class Sending(ABC):
    """A contestant that chooses what is sent next."""

    @abstractmethod
    def fill(self, count: int) -> None:
        """Accept requests before anything is measured; they need no flush."""

    @abstractmethod
    def drain(self) -> None:
        """Finish everything that waits."""

    @abstractmethod
    def take(self) -> int:
        """Nanoseconds to choose what is sent next. What was taken is finished and replaced."""


class OneCall(Contestant):
    """A contestant that takes a request with one call."""

    body = bytes(range(200)) * 3

    @abstractmethod
    def put(self, body: bytes) -> None:
        """Take one request durably."""

    def accept(self, count: int) -> list[int]:
        """Take them, timing each call."""
        assert len(self.body) == REQUEST_BYTES
        taken_ns = []
        for _ in range(count):
            began_ns = perf_counter_ns()
            self.put(self.body)
            taken_ns.append(perf_counter_ns() - began_ns)
        return taken_ns
