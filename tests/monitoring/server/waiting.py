"""Waiting for something that another process does."""

from __future__ import annotations

import socket
from collections.abc import Callable

WAIT_S = 30


def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so, or fail."""
    waiter = socket.socketpair()
    waiter[0].settimeout(0.05)
    try:
        for _ in range(int(WAIT_S / 0.05)):
            if condition():
                return
            try:
                waiter[0].recv(1)
            except TimeoutError:
                continue
    finally:
        for each in waiter:
            each.close()
    raise AssertionError("it did not become so")
