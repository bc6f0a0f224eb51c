"""The kiosk's own process with a mirror in it, for a desk only.

python -m simulators.desk.kiosk --settings FILE --mirror SOCKET --motor SOCKET
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence
from pathlib import Path

from kiosk.app import build_kiosk
from kiosk.drivers.links.pcsc import PcscLink
from kiosk.settings import load_settings
from simulators.desk.mirror import Mirror
from simulators.desk.motor import MotorLink


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until the kiosk stops."""
    parser = argparse.ArgumentParser(prog="python -m simulators.desk.kiosk", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--motor", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    settings = load_settings(chosen.settings)
    reader = MotorLink(PcscLink(settings.card_reader), chosen.motor)
    kiosk = build_kiosk(settings, reader)
    mirror = Mirror(kiosk, chosen.mirror)
    signal.signal(signal.SIGTERM, lambda *_: kiosk.stop())
    try:
        kiosk.run()
    finally:
        mirror.close()


if __name__ == "__main__":
    main()
