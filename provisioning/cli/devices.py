"""The terminal's devices: found by what answers, given names that last, tested one by one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from kiosk.drivers.events import Device
from provisioning.cli.image import FOUND, Terminal, read_image
from provisioning.cli.showing import Failed, Shown
from provisioning.cli.testing import circumstances, places
from provisioning.devices.discovery import Located, discover
from provisioning.devices.judging import judged
from provisioning.devices.stable_names import NAMES, NoStableName, rules
from provisioning.devices.wiring import PEOPLE_SAY
from provisioning.readiness.self_test import of_the_devices
from provisioning.terminal.handing import hand
from provisioning.wire import Finding, Outcome

_AGAIN = "put right what is said above, then kiosk-provision devices find"


def find(chosen: Namespace, shown: Shown) -> None:
    """Find every device, hold it against the inventory, and give it its name."""
    terminal = Terminal(read_image(chosen.image))
    expected = terminal.assignment().devices
    shown.waits("asking at every port and camera; touch nothing for up to 20 seconds")
    ports, cameras = terminal.ports(), terminal.cameras()
    found = discover([facts.node for facts in ports], cameras)
    findings = judged(found, expected)
    show_findings(shown, findings)
    by_node = {facts.node: facts for facts in (*ports, *cameras)}
    one_each = {
        kind: here[0] for kind in Device if len(here := found.of(kind)) == 1 and kind in NAMES
    }
    try:
        if terminal.image.ports:
            _link(terminal.image.names, one_each)
        else:
            text = rules({kind: by_node[each.place] for kind, each in one_each.items()}, ports)
            hand(terminal.image.rules, text.encode(), 0o644)
            shown.step("names", f"{len(one_each)} names in {terminal.image.rules}")
    except NoStableName as error:
        raise Failed(str(error), "plug it into another socket, then find again") from error
    hand(terminal.image.folder / FOUND, msgspec.json.encode(found.located), 0o644)
    open_ones = [each for each in findings if each.outcome is Outcome.FAILED]
    told = [
        {**msgspec.to_builtins(each.device), "place": each.place, "baud": each.baud or ""}
        for each in found.located
    ]
    if open_ones:
        raise Failed("; ".join(each.said for each in open_ones), f"{open_ones[0].remedy} {_AGAIN}")
    shown.rows(told, ("kind", "model", "serial_number", "firmware", "place"))


def test(chosen: Namespace, shown: Shown) -> None:
    """Test one device, or all of them, without a report."""
    terminal = Terminal(read_image(chosen.image))
    wanted = None if chosen.device is None else Device(chosen.device)
    findings: list[Finding] = []
    for step in of_the_devices(places(terminal), circumstances(terminal)):
        if wanted is None or step.name == PEOPLE_SAY[wanted]:
            shown.waits(step.name)
            findings += step.run()
    if not findings:
        raise Failed("the inventory has no such device for this terminal", "see: status")
    show_findings(shown, findings)
    failed = [each for each in findings if each.outcome is Outcome.FAILED]
    if failed:
        raise Failed("; ".join(each.said for each in failed), failed[0].remedy)
    shown.outcome({"tested": [each.check for each in findings], "failed": 0})


def show_findings(shown: Shown, findings: Sequence[Finding]) -> None:
    """Each finding as a line, with what to do where something is wrong."""
    for each in findings:
        shown.finding(each)


def _link(names: Path, found: Mapping[Device, Located]) -> None:
    """Names of a machine whose ports udev does not know. Raises `OSError`."""
    names.mkdir(parents=True, exist_ok=True)
    for kind, each in found.items():
        if each.place.startswith("/"):
            partial = names / f".{NAMES[kind]}.new"
            partial.unlink(missing_ok=True)
            partial.symlink_to(each.place)
            partial.rename(names / NAMES[kind])
