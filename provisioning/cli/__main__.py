"""`kiosk-provision`: from a bare board to a signed-off terminal.

In the back office, once:
  1. office set-up          found the office; the root's medium goes into the safe
  2. config new-key         a key that signs configurations
For every site and terminal:
  3. site put               where it is, in both languages
  4. terminal add           its id, its board's serial number, its model, its site
  5. terminal expect        which devices it is to have
  6. config sign            its configuration
  7. token make             one use, 15 minutes: show the QR code to the terminal's camera
On the terminal:
  8. enrol                  key, certificate, assignment, configuration; may be repeated at any time
  9. devices find           what answers where, held against the inventory, and a name for each
 10. keys load              the PIN pad's keys, with two people and two papers, once for each key
 11. self-test              everything, with what only a person can see; a report as page and data
 12. sign-off               the report goes to the office, the terminal into service
At any time: status says how far it has come, and what is next.
Out for good: terminal decommission at the office, then decommission here.

Every command can be repeated without harm. --json gives one JSON object on standard output.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from kiosk.drivers.events import Device
from provisioning.cli.showing import Command, Failed, Shown
from sscard.staff_codes import Role

_OFFICE = Path("/var/lib/sscard-office")
_IMAGE = Path("/usr/share/sscard-terminal/image.toml")
_JSON = "--json"
Sub: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if it did what it was asked, 1 if not."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = _JSON in given  # before or after the command's name, as people type it
    chosen = parser().parse_args([each for each in given if each != _JSON])
    shown = Shown(as_json=as_json)
    try:
        command(chosen.command)(chosen, shown)
    except Failed as failed:
        shown.failure(failed)
        return 1
    except OSError as error:
        shown.failure(Failed(f"the disk refused: {error.strerror}", "make room, or use sudo"))
        return 1
    return 0


def command(name: str) -> Command:
    """The function of a name as "office.set_up"; a part is loaded when it is asked for.

    Raises `Failed` for the office's part on a terminal, which does not have it.
    """
    module, _, function = name.partition(".")
    try:
        found: Command = getattr(import_module(f"provisioning.cli.{module}"), function)
    except ModuleNotFoundError as error:
        if module != "office":
            raise
        raise Failed("this is a terminal, not the office", "run this at the office") from error
    return found


def parser() -> argparse.ArgumentParser:
    """What a person may type."""
    parser = argparse.ArgumentParser(
        prog="kiosk-provision",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(_JSON, action="store_true", help="one JSON object, for programs")
    parser.add_argument("--office", type=Path, default=_OFFICE, help="the office's folder")
    parser.add_argument("--who", default=getpass.getuser(), help="stands in the audit")
    parser.add_argument("--passphrase-file", type=Path, help="of the office's issuing keys")
    parser.add_argument(
        "--image", type=Path, default=_IMAGE, help="on a terminal: its image's file"
    )
    parts = parser.add_subparsers(required=True, metavar="WHAT")
    _office(_part(parts, "office", "the office itself"))
    _sites(_part(parts, "site", "where terminals stand"))
    _terminals(_part(parts, "terminal", "the inventory of terminals"))
    _technicians(_part(parts, "technician", "who may enrol terminals"))
    _tokens(_part(parts, "token", "one-use tokens for enrolment"))
    _configurations(_part(parts, "config", "configurations, and what their values mean"))
    _audits(_part(parts, "audit", "who did what at the office"))
    enrol = _does(parts, "enrol", "terminal.enrol", "on the terminal: become one")
    enrol.add_argument(
        "--token", help="the token's text, '-': from standard input; else the camera"
    )
    enrol.add_argument(
        "--anew", action="store_true", help="with a new key and token, after lost and found"
    )
    _devices(_part(parts, "devices", "on the terminal: its devices"))
    _keys(_part(parts, "keys", "on the terminal: the PIN pad's keys"))
    _last_steps(parts)
    code = _does(parts, "staff-code", "office.make_staff_code", "a code for the technician mode")
    code.add_argument("--terminal", required=True)
    code.add_argument("--technician", required=True)
    code.add_argument("--role", choices=list(Role), default=Role.TECHNICIAN.value)
    _does(parts, "status", "terminal.show_status", "on the terminal: how far it has come")
    _does(parts, "renew", "terminal.renew", "on the terminal: renew its certificate if it is time")
    return parser


def _devices(parts: Sub) -> None:
    _does(parts, "find", "devices.find", "find them all, and give each its name")
    tested = _does(parts, "test", "devices.test", "test one, or all; no report is made")
    tested.add_argument("device", nargs="?", choices=list(Device), metavar="DEVICE")


def _keys(parts: Sub) -> None:
    load = _does(parts, "load", "pad_keys.load", "load one key: two people, two papers")
    load.add_argument("--key", choices=("bank", "social_security"), required=True)
    load.add_argument("--master", type=int, default=1, help="the place of the pad's master key")


def _last_steps(parts: Sub) -> None:
    tested = _does(parts, "self-test", "signing_off.self_test", "on the terminal: test everything")
    tested.add_argument("--technician", required=True, help="your number")
    tested.add_argument("--witness", default="", help="the second person's number")
    tested.add_argument("--answers", type=Path, help="a file of answers, instead of asking")
    _does(parts, "sign-off", "signing_off.sign_off", "on the terminal: into service")
    asked = _does(
        parts, "answer-request", "signing_off.answer_request", "what was asked for on the screen"
    )
    asked.add_argument("request", type=Path)
    left = _does(
        parts, "decommission", "leaving.decommission", "on the terminal: wipe it, prove it"
    )
    left.add_argument("--technician", required=True, help="your number")
    left.add_argument("--give-up-queue", action="store_true", help="what waits there may be lost")
    left.add_argument("--give-up-pad", action="store_true", help="the pad goes back to the bank")


def _office(parts: Sub) -> None:
    made = _does(parts, "set-up", "office.set_up", "found the office, or finish founding it")
    made.add_argument("--bank", required=True, help="a DNS name in small letters")
    made.add_argument(
        "--host", required=True, action="append", help="the server's name; repeatable"
    )
    made.add_argument("--url", required=True, help="how terminals reach it, https")
    made.add_argument("--root-medium", type=Path, required=True, help="a medium of its own")
    made.add_argument("--root-passphrase-file", type=Path)


def _sites(parts: Sub) -> None:
    _does(parts, "list", "office.list_sites", "all sites")
    put = _does(parts, "put", "office.put_site", "add a site, or change it")
    for name in ("site", "name_zh", "name_en"):
        put.add_argument(name)
    put.add_argument("--gateway", required=True, help="the bank's gateway, a URL")
    put.add_argument("--broker", required=True, help="the monitoring's broker, a URL")


def _terminals(parts: Sub) -> None:
    _does(parts, "list", "office.list_terminals", "all terminals")
    _of(parts, "show", "office.show_terminal", "one terminal, with all that is known of it")
    added = _of(parts, "add", "office.add_terminal", "put one into the inventory")
    for name in ("serial_number", "model", "site"):
        added.add_argument(name)
    expected = _of(parts, "expect", "office.expect", "say which devices it is to have")
    expected.add_argument("device", nargs="+", help="KIND, KIND:MODEL or KIND:MODEL:SERIAL")
    keys = _does(parts, "keys", "office.signing_keys", "their signing keys, for the bank's gateway")
    keys.add_argument("--out", type=Path, help="a file, as the gateway's settings want them")
    _of(parts, "move", "office.move_terminal", "to another site").add_argument("site")
    board = _of(parts, "replace-board", "office.replace_board", "it gets another board")
    board.add_argument("serial_number")
    _of(parts, "revoke", "office.revoke", "it is lost: believed nothing any more")
    _of(parts, "reinstate", "office.reinstate", "it was found: it may enrol anew")
    _of(parts, "allow-once", "office.allow_once", "let it renew after its grace, one time")
    _of(parts, "decommission", "office.decommission", "out for good: it wipes itself and proves it")
    _of(parts, "give-up", "office.give_up", "out for good, without its proof")


def _technicians(parts: Sub) -> None:
    _does(parts, "list", "office.list_technicians", "all technicians")
    for name, act, said in (
        ("put", "office.put_technician", "add one"),
        ("dismiss", "office.dismiss_technician", "let one go; unused tokens are withdrawn"),
    ):
        _does(parts, name, act, said).add_argument("technician")


def _tokens(parts: Sub) -> None:
    made = _of(parts, "make", "office.make_token", "a token, as a QR code and as text")
    made.add_argument("technician")
    made.add_argument("--minutes", type=int, default=15, help="how long it lives, at most 15")
    made.add_argument("--picture", type=Path, help="keep the QR code in this file (png, svg)")
    _of(parts, "withdraw", "office.withdraw_tokens", "unused ones are worth nothing any more")


def _configurations(parts: Sub) -> None:
    explained = _does(parts, "explain", "terminal.explain", "what a value means, or all of them")
    explained.add_argument("key", nargs="?")
    made = _does(
        parts, "new-key", "office.new_configuration_key", "a key that signs configurations"
    )
    made.add_argument("key", type=Path)
    believed = _does(parts, "believe", "office.believe", "believe a public key")
    believed.add_argument("public", help="64 hex digits")
    signed = _of(parts, "sign", "office.sign", "sign values for a terminal, and assign them")
    signed.add_argument("version", type=int)
    signed.add_argument("values", type=Path, help="a TOML file")
    signed.add_argument("--key", type=Path, required=True)
    signed.add_argument("--days", type=int, default=730, help="how long it is valid")
    signed.add_argument("--back-from", type=int, help="permit the step back from this version")


def _audits(parts: Sub) -> None:
    _does(parts, "list", "office.list_audit", "every entry")
    _does(parts, "check", "office.check_audit", "whether anybody touched it")


def _part(parts: Sub, name: str, said: str) -> Sub:
    return parts.add_parser(name, help=said, description=said).add_subparsers(
        required=True, metavar="WHAT"
    )


def _does(parts: Sub, name: str, act: str, said: str) -> argparse.ArgumentParser:
    parser = parts.add_parser(name, help=said, description=said)
    parser.set_defaults(command=act)
    return parser


def _of(parts: Sub, name: str, act: str, said: str) -> argparse.ArgumentParser:
    """A command about one terminal."""
    parser = _does(parts, name, act, said)
    parser.add_argument("terminal")
    return parser


if __name__ == "__main__":
    sys.exit(main())
