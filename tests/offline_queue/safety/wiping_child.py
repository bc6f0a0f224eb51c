"""Takes, settles and wipes until it is killed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from offline_queue.storage.wiping import wipe_log
from tests.offline_queue.safety.ledger import Ledger


def main(folder: Path) -> None:
    ledger = Ledger(folder, second=0)
    known = ledger.store.conn.execute("SELECT COUNT(*) FROM ops").fetchone()[0]
    for number in count(known):
        ledger.accept(number)
        if number % 2:
            ledger.settle(number)
        wipe_log(ledger.store)
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
