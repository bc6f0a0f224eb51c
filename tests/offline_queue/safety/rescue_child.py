"""Appends to a rescue file and says each number once it is acknowledged, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from offline_queue.storage.rescue import Rescue
from tests.offline_queue.safety.test_rescue import record


def main(path: Path) -> None:
    rescue = Rescue.open(path, 1_048_576)
    number = 1
    while rescue.keep(record(number).op_id, record(number).row):
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
