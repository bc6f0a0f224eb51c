"""What was found against what the inventory expects: one finding a kind, one an odd port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiosk.drivers.events import Device
from provisioning.devices.discovery import Discovery, Located
from provisioning.devices.serial_search import PortAnswer, PortOutcome
from provisioning.devices.wiring import PEOPLE_SAY, remedy
from provisioning.wire import ExpectedDevice, Finding, Outcome

_TELL_OFFICE = (
    "Put the device in that the inventory names, or have the office change the terminal's list."
)

# Of a port: what is said (with its name), what is done, and how grave it is.
_ODD_PORTS = {
    PortOutcome.TWO_KINDS: (
        "answers as more than one device",
        "Two devices share this line, by a splitter or a wrong cable: give each a port of its own.",
        Outcome.FAILED,
    ),
    PortOutcome.GONE: (
        "went away in the middle of the search",
        "Push its USB plug in all the way, or change the cable, and search again.",
        Outcome.FAILED,
    ),
    PortOutcome.ABSENT: (
        "is not there",
        "Is the adapter plugged in? Then search again.",
        Outcome.FAILED,
    ),
    PortOutcome.BUSY: (
        "is held by another program",
        "Stop the terminal's own program first (`systemctl stop kiosk`), then search again.",
        Outcome.FAILED,
    ),
    PortOutcome.DENIED: (
        "may not be opened by this user",
        "Run this as root, or as a user in the group dialout.",
        Outcome.FAILED,
    ),
    PortOutcome.FOREIGN: (
        "speaks, and is none of the terminal's devices",
        "Is the right device at this cable? A console on this port: `systemctl stop serial-getty@…`.",
        Outcome.CONCERN,
    ),
    PortOutcome.NOT_ASKED: (
        "was not asked: no time was left",
        "Unplug adapters that do not belong to the terminal, and search again.",
        Outcome.NOT_DONE,
    ),
}


def judged(found: Discovery, expected: Sequence[ExpectedDevice]) -> tuple[Finding, ...]:
    """The findings, those of the devices first, in the order of the inventory's list.

    A kind that is expected and not found, found twice, or of another model or serial number has
    FAILED; if it is not required, or does not tell its model, it is a CONCERN. So is a device that
    nobody expects. A terminal has one device of a kind: of two in the list the first counts.
    """
    wanted: dict[str, ExpectedDevice] = {}
    for each in expected:
        wanted.setdefault(each.kind, each)
    unexpected = [kind for kind in Device if kind not in wanted and found.of(kind)]
    return (
        *(_of_kind(found, each) for each in wanted.values()),
        *(_unexpected(kind, found.of(kind)) for kind in unexpected),
        *_odd_ports(found.ports),
    )


def _of_kind(found: Discovery, expected: ExpectedDevice) -> Finding:
    grave = Outcome.FAILED if expected.required else Outcome.CONCERN
    if expected.kind not in tuple(Device):
        return Finding(
            *(f"{expected.kind}.found", grave, "This program knows no device of that kind."),
            "Have the office correct the terminal's list, or install a newer program.",
        )
    kind = Device(expected.kind)
    check, name = f"{kind}.found", PEOPLE_SAY[kind]
    here = found.of(kind)
    if kind is Device.CARD_READER and not found.card_service:
        return Finding(
            *(check, grave, "The service that speaks to card readers does not answer."),
            "Start it: `systemctl start pcscd`, then search again.",
        )
    if not here:
        return Finding(check, grave, f"No {name} answers.", remedy(kind))
    if len(here) > 1:
        places = " and ".join(each.place for each in here)
        return Finding(
            *(check, grave, f"{len(here)} devices answer as a {name}: {places}."),
            f"The terminal has one {name}: unplug the other, then search again.",
        )
    return _compared(check, name, here[0], expected, grave)


def _compared(
    check: str, name: str, here: Located, expected: ExpectedDevice, grave: Outcome
) -> Finding:
    """One device of the kind: is it the one?"""
    device, said = here.device, f"{_named(here)} at {here.place}."
    unsaid = []
    for what, told, wanted in (
        ("model", device.model, expected.model),
        ("serial number", device.serial_number, expected.serial_number),
    ):
        if wanted and not told:
            unsaid.append(f"{what} {wanted}")
        elif wanted and told.casefold() != wanted.casefold():
            return Finding(
                *(check, grave, f"The {name}'s {what} is {told}, expected is {wanted}."),
                _TELL_OFFICE,
            )
    if unsaid:
        return Finding(
            *(check, Outcome.CONCERN, f"{said} It does not tell its {' and '.join(unsaid)}."),
            f"Read the plate on the {name}. {_TELL_OFFICE}",
        )
    return Finding(check, Outcome.PASSED, said)


def _unexpected(kind: Device, here: Sequence[Located]) -> Finding:
    named = "; ".join(f"{_named(each)} at {each.place}" for each in here)
    return Finding(
        *(f"{kind}.unexpected", Outcome.CONCERN, f"{named}."),
        f"The inventory has no {PEOPLE_SAY[kind]} for this terminal. {_TELL_OFFICE}",
    )


def _odd_ports(ports: Sequence[PortAnswer]) -> Iterator[Finding]:
    for outcome, (said, done, grave) in _ODD_PORTS.items():
        odd = [each for each in ports if each.outcome is outcome]
        if odd:
            named = ", ".join(_port_named(each) for each in odd)
            yield Finding(f"port.{outcome}", grave, f"{named}: {said}.", done)


def _port_named(answer: PortAnswer) -> str:
    kinds = " and ".join(PEOPLE_SAY[kind] for kind in answer.kinds)
    return f"{answer.port} ({kinds})" if kinds else answer.port


def _named(here: Located) -> str:
    words = (here.device.model, here.device.serial_number)
    told = " ".join(word for word in words if word)
    name = PEOPLE_SAY[here.kind]
    return f"{name[0].upper()}{name[1:]} {told}".rstrip()
