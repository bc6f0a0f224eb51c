"""Out for good: the terminal wipes itself, proves it to the office, and stops."""

from __future__ import annotations

import contextlib
from argparse import Namespace
from pathlib import Path
from typing import Any

import msgspec

from kiosk.drivers.events import Device
from kiosk.drivers.links.ops import LinkLost, Open
from kiosk.drivers.links.serial_line import SerialLine, SerialPort
from kiosk.settings import SerialSettings
from provisioning import wire
from provisioning.cli import image
from provisioning.cli.image import FOUND, Terminal, read_image
from provisioning.cli.services import stop_all
from provisioning.cli.showing import Failed, Shown
from provisioning.cli.signing_off import ANSWERS, readiness_path
from provisioning.cli.testing import BOOK, KEY_PLACES
from provisioning.devices.asking import Asking
from provisioning.devices.key_loading import erase_key
from provisioning.readiness import standing
from provisioning.readiness.lines import queue_status
from provisioning.readiness.standing import State
from provisioning.terminal.handing import hand
from provisioning.terminal.identity import Credentials
from provisioning.terminal.office_line import OfficeFailed
from provisioning.terminal.wiping import NotWiped, wipe, with_companions

PROOF = "wiped.json"
_SECRET = (
    *("database", "journal", "signing_key", "lane_key", "client_key", "client_cert"),
    *("staff_secret", "staff_state", "export_dir"),
)


class _Proof(msgspec.Struct, frozen=True):
    """What was signed, and whether the office has it."""

    signed: wire.SignedReport
    taken: bool = False


def decommission(chosen: Namespace, shown: Shown) -> None:
    """Wipe everything and prove it. What was begun is finished by the same command."""
    terminal = Terminal(read_image(chosen.image))
    path = terminal.image.folder / PROOF
    proof = _kept(path)
    if proof is None:
        proof = _wiped(terminal, chosen, shown)
        hand(path, msgspec.json.encode(proof), 0o600)
    if not proof.taken:
        _prove(terminal, proof, shown)
        hand(path, msgspec.json.encode(_Proof(proof.signed, taken=True)), 0o600)
    wipe([terminal.image.folder / "identity"])
    shown.step("identity", "the terminal's own key is gone")
    wiped = wire.read_wipe_report(proof.signed.report).wiped
    shown.outcome({"decommissioned": True, "wiped": wiped, "next": "send the board to the depot"})


def _wiped(terminal: Terminal, chosen: Namespace, shown: Shown) -> _Proof:
    credentials = terminal.credentials()
    try:
        asked = wire.read_assignment(terminal.line.assignment(credentials))
    except (OfficeFailed, msgspec.MsgspecError) as error:
        raise Failed(f"the office does not say: {error}", "bring the line to it up") from error
    if not asked.wipe:
        raise Failed(
            "the office has not taken this terminal out",
            f"at the office: kiosk-provision terminal decommission {asked.terminal}",
        )
    telling = readiness_path(terminal)
    before = standing.told(telling)
    if before is None or before.state is not State.DECOMMISSIONED:
        _queue_is_empty(terminal, give_up=chosen.give_up_queue)
        standing.tell(
            telling, State.DECOMMISSIONED, ("This terminal is out for good.",), image.machine_now()
        )
    shown.step("service", "nothing is served any more")
    stop_all()
    gone = _pad_wiped(terminal, asked, give_up=chosen.give_up_pad)
    shown.step("PIN pad", "its keys are erased" if gone else "not asked")
    folder, places = terminal.image.folder, terminal.image.places
    secret = [
        each for name in _SECRET if name in places for each in with_companions(Path(places[name]))
    ]
    own = [folder / name for name in ("configurations", ANSWERS, BOOK, FOUND)]
    try:
        gone += wipe([*secret, *own])
    except NotWiped as error:
        raise Failed(f"{error} is still there", "destroy the disk, and tell the office") from error
    shown.step("disk", f"{len(gone)} wiped")
    return _signed(terminal, credentials, chosen.technician, gone)


def _signed(
    terminal: Terminal, credentials: Credentials, technician: str, gone: tuple[str, ...]
) -> _Proof:
    at = terminal.clock.now().isoformat()
    content = wire.report_bytes(wire.WipeReport(credentials.terminal, at, technician, gone))
    return _Proof(wire.SignedReport(content, credentials.key.sign(content)))


def _prove(terminal: Terminal, proof: _Proof, shown: Shown) -> None:
    """Hand the proof in. The office that has it already says that the terminal is decommissioned."""
    try:
        terminal.line.wiped(terminal.credentials(), proof.signed)
    except OfficeFailed as error:
        if error.reason is not wire.Reason.TERMINAL_DECOMMISSIONED:
            raise Failed(f"wiped, but not proven: {error}", error.remedy) from error
    shown.step("proof", "the office has it")


def _queue_is_empty(terminal: Terminal, *, give_up: bool) -> None:
    """Nothing waits for the bank, or somebody says that it may be lost. Raises `Failed`."""
    if give_up:
        return
    words: dict[str, Any] | None = queue_status(Path(terminal.image.places["queue_socket"]))
    if words is None:
        raise Failed(
            "the queue does not say whether it is empty",
            "start it: systemctl start kiosk-queue; or give it up: --give-up-queue",
        )
    waiting = words.get("waiting")
    count = sum(waiting.values()) if isinstance(waiting, dict) else 0
    if count or words.get("dead"):
        raise Failed(
            f"{count} requests wait for the bank, {words.get('dead') or 0} for a person",
            "wait until they are through; or give them up: --give-up-queue",
        )


def _pad_wiped(terminal: Terminal, asked: wire.Assignment, *, give_up: bool) -> tuple[str, ...]:
    """The keys in the PIN pad, by name, now erased. Raises `Failed`."""
    if give_up or not any(each.kind == Device.PIN_PAD for each in asked.devices):
        return ()
    try:
        settings, _ = terminal.settings()
    except Failed:
        return ()  # wiped before: the pad comes first
    gone = tuple(name for name, index in KEY_PLACES.items() if _erased(settings.pin_pad, index))
    if len(gone) < len(KEY_PLACES):
        raise Failed(
            "the PIN pad did not confirm that its keys are erased",
            "look at its cable and try again; or send it back to the bank: --give-up-pad",
        )
    return tuple(f"PIN key {name}" for name in gone)


def _erased(port: SerialSettings, index: int) -> bool:
    with contextlib.closing(SerialLine(SerialPort(port.port, port.baud))) as line:
        try:
            line.perform(Open())
            return Asking(line).carry_out(erase_key(index))
        except LinkLost:
            return False


def _kept(path: Path) -> _Proof | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Proof)
    except (OSError, msgspec.MsgspecError):
        return None
