"""The back office's commands: each asks `provisioning.office` and shows what it answered."""

from __future__ import annotations

import tomllib
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy.exc import OperationalError

from provisioning.cli.asking import new_secret
from provisioning.cli.showing import Command, Failed, Shown
from provisioning.configuration.signed import Document, Permit, Unusable, sign_configuration
from provisioning.office import desk, founding, handing_out, looking
from provisioning.office.clock import utc_now
from provisioning.office.database import OtherSchema
from provisioning.office.office import Office, open_office
from provisioning.office.settings import BadSettings, OfficeSettings
from provisioning.pki.key_files import BadKeyFile, write_whole
from provisioning.wire import ExpectedDevice
from sscard.staff_codes import Role

_SET_UP = "set the office up first: kiosk-provision office set-up --help"


@contextmanager
def _opened(chosen: Namespace) -> Iterator[Office]:
    try:
        with open_office(chosen.office, _passphrase(chosen.passphrase_file)) as office:
            yield office
    except FileNotFoundError as error:
        raise Failed(f"there is no office in {chosen.office}", _SET_UP) from error
    except (BadSettings, BadKeyFile, OtherSchema) as error:
        raise Failed(
            str(error), "name the right folder with --office, and its passphrase"
        ) from error
    except OperationalError as error:
        raise Failed("the office's database is busy or its disk is full", "try again") from error


def _passphrase(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes().rstrip(b"\r\n")


def _fine(said: desk.Said | desk.No) -> desk.Said:
    if isinstance(said, desk.No):
        raise Failed(said.reason, said.remedy)
    return said


def _at_desk(act: Callable[..., desk.Said | desk.No], *names: str) -> Command:
    """A command that hands its arguments of these names on to a function of the desk."""

    def command(chosen: Namespace, shown: Shown) -> None:
        with _opened(chosen) as office:
            values = (getattr(chosen, name) for name in names)
            shown.outcome(_fine(act(office, chosen.who, *values)))

    return command


def _listed(look: Callable[[Office], list[dict[str, Any]]], *columns: str) -> Command:
    """A command that lists; people see these columns, programs see all."""

    def command(chosen: Namespace, shown: Shown) -> None:
        with _opened(chosen) as office:
            shown.rows(look(office), columns)

    return command


def set_up(chosen: Namespace, shown: Shown) -> None:
    """Found the office."""
    root_passphrase = (
        _passphrase(chosen.root_passphrase_file) or new_secret("Passphrase of the root").encode()
    )
    settings = OfficeSettings(chosen.bank, tuple(chosen.host), chosen.url)
    made = founding.set_up(
        *(chosen.office, settings, chosen.root_medium, root_passphrase, chosen.who),
        passphrase=_passphrase(chosen.passphrase_file),
    )
    shown.outcome(_fine(made))
    shown.waits("take the root's medium out and put it into the safe")


def show_terminal(chosen: Namespace, shown: Shown) -> None:
    """One terminal with all that is known of it."""
    with _opened(chosen) as office:
        found = looking.one_terminal(office, chosen.terminal)
    if found is None:
        raise Failed(
            f"{chosen.terminal} is not in the inventory", "see: kiosk-provision terminal list"
        )
    shown.outcome(found)


def expect(chosen: Namespace, shown: Shown) -> None:
    """Which devices a terminal is to have."""
    devices = [ExpectedDevice(*each.split(":")[:3]) for each in chosen.device]
    with _opened(chosen) as office:
        shown.outcome(_fine(desk.expect_devices(office, chosen.who, chosen.terminal, devices)))


def make_token(chosen: Namespace, shown: Shown) -> None:
    """A token, on screen as a QR code and as text; into a file where one is named."""
    life = timedelta(minutes=chosen.minutes)
    with _opened(chosen) as office:
        made = _fine(desk.make_token(office, chosen.who, chosen.terminal, chosen.technician, life))
    code = segno.make_qr(made["token"], error="m")
    if chosen.picture is not None:
        code.save(str(chosen.picture), scale=8, border=4)
    shown.picture(_blocks(code))
    shown.outcome(made)


def make_staff_code(chosen: Namespace, shown: Shown) -> None:
    """A code for the technician mode of a terminal."""
    with _opened(chosen) as office:
        role = Role(chosen.role)
        said = handing_out.make_staff_code(
            office, chosen.who, chosen.terminal, chosen.technician, role
        )
        shown.outcome(_fine(said))


def signing_keys(chosen: Namespace, shown: Shown) -> None:
    """The public keys that sign for the terminals' queues; `--out`: as the gateway's settings want them."""
    with _opened(chosen) as office:
        found = handing_out.all_signing_keys(office)
    if chosen.out is not None:
        lines = [
            "[terminals]",
            *(f'{each["terminal"]} = "{each["signing_key"]}"' for each in found),
        ]
        write_whole(chosen.out, ("\n".join(lines) + "\n").encode(), 0o644)
    shown.rows(found, ("terminal", "signing_key", "registered_at"))


def _blocks(code: segno.QRCode) -> str:
    """Two rows of modules a line, dark on light whatever the screen's own colours are."""
    rows = [list(map(bool, row)) for row in code.matrix_iter(border=2)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    glyphs = {(True, True): " ", (False, False): "█", (True, False): "▄", (False, True): "▀"}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(glyphs[pair] for pair in zip(*two, strict=True)) for two in pairs)


def check_audit(chosen: Namespace, shown: Shown) -> None:
    """Whether anybody touched the audit."""
    with _opened(chosen) as office:
        broken = looking.audit_broken_at(office)
    if broken is not None:
        raise Failed(
            f"the audit does not continue at entry {broken}",
            "keep the office's folder as it is, and tell the bank's security officer",
        )
    shown.outcome({"audit": "whole"})


def new_configuration_key(chosen: Namespace, shown: Shown) -> None:
    """A key that signs configurations, in a file of its own; repeated, the one that is there."""
    if not chosen.key.exists():
        private = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        write_whole(chosen.key, private, 0o600)
    with _opened(chosen) as office:
        public = _configuration_key(chosen.key).public_key()
        shown.outcome(desk.believe_configuration_key(office, chosen.who, public))


def believe(chosen: Namespace, shown: Shown) -> None:
    """Believe a public key, in hex, that signs configurations elsewhere."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(chosen.public))
    except ValueError as error:
        raise Failed("this is not a public key", "give 64 hex digits of an Ed25519 key") from error
    with _opened(chosen) as office:
        shown.outcome(desk.believe_configuration_key(office, chosen.who, key))


def sign(chosen: Namespace, shown: Shown) -> None:
    """Sign the values of a TOML file for one terminal, and assign them."""
    now = utc_now()
    try:
        tables = tomllib.loads(chosen.values.read_text("utf-8"))
    except ValueError as error:
        raise Failed(f"{chosen.values.name} is not TOML: {error}", "correct the file") from error
    values = {
        f"{name}.{key}": each for name, table in tables.items() for key, each in table.items()
    }
    document = Document(
        chosen.terminal, chosen.version, now, now + timedelta(days=chosen.days), values
    )
    back = chosen.back_from
    permit = None if back is None else Permit(chosen.terminal, back, chosen.version)
    try:
        file = sign_configuration(document, _configuration_key(chosen.key), permit)
    except Unusable as error:
        raise Failed(str(error), error.remedy) from error
    with _opened(chosen) as office:
        shown.outcome(_fine(desk.assign_configuration(office, chosen.who, chosen.terminal, file)))


def _configuration_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise Failed(
            f"{path.name} is not a key", "make one: kiosk-provision config new-key --help"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Failed(f"{path.name} is not an Ed25519 key", "name the key of configurations")
    return key


put_site = _at_desk(desk.put_site, "site", "name_zh", "name_en", "gateway", "broker")
add_terminal = _at_desk(desk.add_terminal, "terminal", "serial_number", "model", "site")
move_terminal = _at_desk(desk.move_terminal, "terminal", "site")
replace_board = _at_desk(desk.replace_board, "terminal", "serial_number")
revoke = _at_desk(desk.revoke, "terminal")
reinstate = _at_desk(desk.reinstate, "terminal")
allow_once = _at_desk(desk.allow_once, "terminal")
decommission = _at_desk(desk.decommission, "terminal")
give_up = _at_desk(partial(desk.decommission, without_proof=True), "terminal")
put_technician = _at_desk(desk.put_technician, "technician")
dismiss_technician = _at_desk(partial(desk.put_technician, active=False), "technician")
withdraw_tokens = _at_desk(desk.withdraw_tokens, "terminal")
list_sites = _listed(looking.all_sites, "site_id", "name_zh", "name_en")
list_terminals = _listed(
    looking.all_terminals, "terminal", "serial_number", "site", "state", "certificate_days_left"
)
list_technicians = _listed(looking.all_technicians, "technician", "active")
list_audit = _listed(looking.audit_entries, "number", "at", "who", "did", "what")
