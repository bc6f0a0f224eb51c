"""The reference bank with the electronic card's platform beside it, for a desk only.

python -m simulators.desk.bank --app-codes SOCKET <what `python -m bank` takes>

The platform issues the codes that telephones show, and says so to the agency. A real one does that
in its own data centre; here it is a socket in the bank's process, for the desk's owner alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bank.__main__ import main as run_bank
from bank.gateway import Gateway
from simulators.wires.question import AnswerSocket, Words


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m simulators.desk.bank", description=__doc__)
    parser.add_argument("--app-codes", type=Path, required=True)
    chosen, rest = parser.parse_known_args(arguments)
    platforms: list[AnswerSocket] = []

    def stand_beside(gateway: Gateway) -> None:
        def take(issued: Words) -> Words:
            gateway.show_app_code(issued["id_number"], issued["code"], datetime.now(UTC))
            return {"taken": True}

        platforms.append(AnswerSocket(chosen.app_codes, take))

    try:
        run_bank(rest, stand_beside)
    finally:
        for platform in platforms:
            platform.close()


if __name__ == "__main__":
    main()
