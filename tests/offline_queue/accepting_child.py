"""A process that takes loss reports one after another and says so after each flush.

Run as ``python accepting_child.py DATABASE`` and killed at some moment by its test.
"""

from __future__ import annotations

import sys

from offline_queue.messages import Taken
from tests.offline_queue.bankside import Terminal, at, loss, op


def main() -> None:
    terminal = Terminal(sys.argv[1])
    for number in range(100_000):
        answer = terminal.queue.accept(op(number), loss(number % 500), None, at(number))
        assert isinstance(answer, Taken)
        print(answer.op_id, flush=True)


if __name__ == "__main__":
    main()
