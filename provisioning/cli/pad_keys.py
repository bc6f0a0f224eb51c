"""The PIN pad's keys, loaded by two people: one brings the key, the other its check value."""

from __future__ import annotations

import contextlib
from argparse import Namespace

from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from provisioning.cli import image
from provisioning.cli.asking import asked
from provisioning.cli.image import Terminal, read_image
from provisioning.cli.showing import Failed, Shown
from provisioning.cli.testing import KEY_PLACES, book
from provisioning.devices.key_loading import KeyOrder, KeyOutcome, load_key


def load(chosen: Namespace, shown: Shown) -> None:
    """Load one key. Four lines are asked for, in this order: the first person's name and the encrypted
    key, the second person's name and the check value. From a pipe they come the same way.
    """
    terminal = Terminal(read_image(chosen.image))
    settings, _ = terminal.settings()
    shown.waits("the first person, who brings the encrypted key")
    key_person = asked("Your number: ")
    encrypted = asked("The encrypted key: ", hidden=True)
    shown.waits("now the second person alone, who brings the check value")
    check_person = asked("Your number: ")
    check_value = asked("The check value: ", hidden=True)
    order = KeyOrder(
        terminal=terminal.assignment().terminal,
        index=KEY_PLACES[chosen.key],
        master=chosen.master,
        encrypted=encrypted,
        key_person=key_person,
        check_value=check_value,
        check_person=check_person,
    )
    port = settings.pin_pad
    with contextlib.closing(SerialLine(SerialPort(port.port, port.baud))) as line:
        result = load_key(line, order, book(terminal), image.machine_now())
    if result.outcome is not KeyOutcome.LOADED:
        raise Failed(
            f"the key is not loaded: {result.outcome} {result.raw}".rstrip(), result.remedy
        )
    shown.outcome({"key": chosen.key, "check_value": result.check_value, "loaded": True})
