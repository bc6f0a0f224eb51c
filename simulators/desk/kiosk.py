"""The kiosk's own process with a mirror in it, for a desk only.

python -m simulators.desk.kiosk --settings FILE --mirror SOCKET
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence
from pathlib import Path

from kiosk.app import build_kiosk
from kiosk.settings import load_settings
from simulators.desk.mirror import Mirror


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until the kiosk stops."""
    parser = argparse.ArgumentParser(prog="python -m simulators.desk.kiosk", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--mirror", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    kiosk = build_kiosk(load_settings(chosen.settings))
    mirror = Mirror(kiosk, chosen.mirror)
    signal.signal(signal.SIGTERM, lambda *_: kiosk.stop())
    try:
        kiosk.run()
    finally:
        mirror.close()


if __name__ == "__main__":
    main()
