"""Two simulated devices under the names that udev would give them, inside the bare machine.

PYTHONPATH=CHECKOUT python -m deploy.test.stand_ins

With them and the virtual card reader some services can be done, so the kiosk shows its idle page.
Printer and camera are missing, as the page then honestly says.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from simulators.models.id_scanner import IdScanner
from simulators.models.pin_pad import PinPad
from simulators.wires.pty_line import PtyLine

_NAMES = Path("/dev/kiosk")


def main() -> None:
    """Run until the machine is off."""
    _NAMES.mkdir(exist_ok=True)
    for name, device in (("id-scanner", IdScanner()), ("pin-pad", PinPad())):
        PtyLine(device, _NAMES / name)
        shutil.chown(_NAMES / name, "root", "kiosk")
        (_NAMES / name).chmod(0o660)
    threading.Event().wait()


if __name__ == "__main__":
    main()
