"""From a bare board to a terminal that knows who it is and what it is to do.

Each step looks at what is there, does what is missing, and may be cut off anywhere and taken up again:
nothing but what lies on the disk says how far the terminal has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace

from kiosk.shelf import FileShelf
from provisioning import wire
from provisioning.configuration.signed import Unusable
from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.configured import Configured
from provisioning.terminal.identity import BadCertificate, Credentials, Identity
from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.office_line import OfficeFailed, OfficeLine
from provisioning.terminal.queue_keys import (
    hand_over,
    keep_staff_secret,
    keys_of_queue,
    proven,
)
from provisioning.token_text import TokenFault, read_token

Answer = TypeVar("Answer")
STATUS = "see what `kiosk-provision status` says"


class Step(StrEnum):
    """What has to be done, in this order."""

    KEY = "key"
    CONTACT = "contact"
    CERTIFICATE = "certificate"
    ASSIGNMENT = "assignment"
    KEYS = "keys"
    CONFIGURATION = "configuration"


class Stopped(Exception):
    """The setup stands at a step. `said` and `remedy` are plain English for the technician."""

    def __init__(self, step: Step, said: str, remedy: str) -> None:
        super().__init__(f"{step}: {said}")
        self.step = step
        self.said = said
        self.remedy = remedy


_TOKEN_REMEDIES: Mapping[TokenFault, str] = {
    TokenFault.OTHER_TEXT: "hold up the code of the enrolment token; it begins with SSK1",
    TokenFault.LENGTH: "type the token again: a character is missing or too many",
    TokenFault.LETTER: "type the token again: it has no such character",
    TokenFault.CHECK: "type the token again: a character is wrong",
}


@dataclass(frozen=True, slots=True)
class Board:
    """What is known of the machine before anybody has enrolled it."""

    serial_number: str
    folder: Path
    places: Mapping[str, str]  # see `configured.Configured`


class Setup:
    """The steps of one terminal. `said` is told each step's outcome, in a plain sentence."""

    def __init__(
        self,
        board: Board,
        identity: Identity,
        line: OfficeLine,
        clock: TrustedClock,
        said: Callable[[Step, str], None] = lambda step, said: None,
    ) -> None:
        self._board = board
        self._identity = identity
        self._line = line
        self._clock = clock
        self._said = said
        self._shelf = FileShelf(board.folder / "assignment.json")

    @property
    def assignment(self) -> wire.Assignment | None:
        """What the office said last; None before it said anything."""
        try:
            return wire.read_assignment(self._shelf.read())
        except (OSError, msgspec.MsgspecError):
            return None

    def run(self, token: Callable[[], str], *, anew: bool = False) -> wire.Assignment:
        """Do what is missing. `token` is asked for one only where one is needed. Raises `Stopped`.

        `anew`: with a new key and a token although there is a certificate, for a terminal that was
        lost and found, is past its grace, or has become another one.
        """
        credentials = self._enrolled(token, anew)
        assignment = self._assigned(credentials)
        self._keyed(credentials)
        self._configured(credentials.terminal, assignment)
        return assignment

    def _enrolled(self, token: Callable[[], str], anew: bool) -> Credentials:
        try:
            found = None if anew else self._identity.in_use
            key = None if found is not None else self._identity.waiting_key()
        except (KeyFailed, OSError) as error:
            raise Stopped(Step.KEY, str(error), STATUS) from error
        self._said(Step.KEY, self._identity.where)
        _asked(Step.CONTACT, self._line.first_contact)
        self._said(
            Step.CONTACT, f"the office answers; it is {self._clock.now():%Y-%m-%d %H:%M} UTC"
        )
        if found is not None or key is None:
            assert found is not None, "either there is a certificate or a key that waits for one"
            self._said(Step.CERTIFICATE, f"the terminal is {found.terminal}")
            return found
        text = token()
        secret = read_token(text)
        if isinstance(secret, TokenFault):
            raise Stopped(Step.CERTIFICATE, "this is not a token", _TOKEN_REMEDIES[secret])
        serial = self._board.serial_number
        request = key.certificate_request(serial, "")
        bundle = _asked(Step.CERTIFICATE, lambda: self._line.enroll(serial, text.strip(), request))
        try:
            found = self._identity.received(bundle, self._clock.now())
        except BadCertificate as error:
            raise Stopped(
                Step.CERTIFICATE, f"the office's certificate is not good: {error}", "tell the bank"
            ) from error
        self._clock.over(found.leaf.not_valid_before_utc)
        self._identity.take_into_use(found)
        self._said(Step.CERTIFICATE, f"the terminal is {found.terminal}")
        return found

    def _assigned(self, credentials: Credentials) -> wire.Assignment:
        content = _asked(Step.ASSIGNMENT, lambda: self._line.assignment(credentials))
        try:
            found = wire.read_assignment(content)
        except msgspec.MsgspecError as error:
            raise Stopped(
                Step.ASSIGNMENT, "the office's answer cannot be read", "tell the bank"
            ) from error
        if (found.terminal, found.serial_number) != (
            credentials.terminal,
            self._board.serial_number,
        ):
            raise Stopped(
                Step.ASSIGNMENT,
                f"the office means {found.terminal}, this is {credentials.terminal}",
                "tell the bank: its inventory has this board under two names",
            )
        try:
            keep_staff_secret(found.staff_secret, self._board.places)
            found = replace(found, staff_secret=b"")
            content = msgspec.json.encode(found)
            if self._shelf.read() != content:
                self._shelf.begin(content)
        except OSError as error:
            raise _disk(Step.ASSIGNMENT, error) from error
        if found.wipe:
            raise Stopped(
                Step.ASSIGNMENT,
                "the office is taking this terminal out for good",
                "wipe it: kiosk-provision decommission",
            )
        self._said(Step.ASSIGNMENT, f"the place is {found.site.name_zh} ({found.site.name_en})")
        return found

    def _keyed(self, credentials: Credentials) -> None:
        places = self._board.places
        try:
            signing = keys_of_queue(places)
            hand_over(credentials, places)
            told = proven(credentials.terminal, signing, places)
        except KeyFailed as error:
            raise Stopped(Step.KEYS, error.trouble.said, STATUS) from error
        except OSError as error:
            raise _disk(Step.KEYS, error) from error
        taken = _asked(Step.KEYS, lambda: self._line.register(credentials, told))
        said = "the office has the queue's public key"
        self._said(Step.KEYS, said if taken.changed else f"{said} already")

    def _configured(self, terminal: str, assignment: wire.Assignment) -> None:
        keys = [Ed25519PublicKey.from_public_bytes(key) for key in assignment.configuration_keys]
        folder = self._board.folder / "configurations"
        configured = Configured(folder, terminal, keys, self._board.places)
        if assignment.configuration is None:
            raise Stopped(
                Step.CONFIGURATION,
                "the office has no configuration for this terminal",
                "ask the office to sign one, then go on here",
            )
        try:
            found = configured.take(assignment.configuration, self._clock.now())
        except Unusable as error:
            raise Stopped(Step.CONFIGURATION, str(error), error.remedy) from error
        except OSError as error:
            raise _disk(Step.CONFIGURATION, error) from error
        self._said(Step.CONFIGURATION, f"configuration {found.document.version} is in use")


def _disk(step: Step, error: OSError) -> Stopped:
    return Stopped(step, f"the disk refused: {error.strerror}", "make room on the disk")


def _asked(step: Step, ask: Callable[[], Answer]) -> Answer:
    """What the office answers. Raises `Stopped` with its remedy, or that of the line."""
    try:
        return ask()
    except OfficeFailed as error:
        raise Stopped(step, str(error), error.remedy) from error
    except KeyFailed as error:
        raise Stopped(step, error.trouble.said, STATUS) from error
