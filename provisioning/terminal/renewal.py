"""A new certificate at two thirds of the old one's life, proven before the old one goes.

Never needed to keep serving: what fails is tried again at the next look, and the certificate in use stays in
use. One that has run out is shown all the same: within its grace the office takes it.
"""

from __future__ import annotations

from enum import StrEnum

from provisioning.terminal.clock import TrustedClock
from provisioning.terminal.identity import BadCertificate, Credentials, Identity
from provisioning.terminal.keys.key import KeyFailed
from provisioning.terminal.office_line import OfficeFailed, OfficeLine


class Renewal(StrEnum):
    """What a look at the certificate came to."""

    NOT_DUE = "not-due"
    RENEWED = "renewed"
    LATER = "later"  # the office is not to be had, or says no: `why` tells
    NEVER_ENROLLED = "never-enrolled"


class Renewals:
    """Looks after one terminal's certificate. `spread` in [-1, 1]: its place in the fleet."""

    def __init__(
        self, identity: Identity, line: OfficeLine, clock: TrustedClock, spread: float
    ) -> None:
        self._identity = identity
        self._line = line
        self._clock = clock
        self._spread = spread
        self.why = ""  # the last failure and its remedy, for the technician's page

    def look(self) -> Renewal:
        """Renew if it is time to. Called every hour or so, and after every start."""
        try:
            old = self._identity.in_use
            if old is None:
                return Renewal.NEVER_ENROLLED
            if self._clock.is_wrong():
                self._line.first_contact()  # it may be any day
            if self._clock.now() < old.renew_from(self._spread):
                return Renewal.NOT_DUE
            self._renew(old)
        except OfficeFailed as error:
            self.why = f"{error}; {error.remedy}"
        except (BadCertificate, KeyFailed, OSError) as error:
            self.why = f"{type(error).__name__}: {error}"
        else:
            self.why = ""
            return Renewal.RENEWED
        return Renewal.LATER

    def _renew(self, old: Credentials) -> None:
        key = self._identity.waiting_key()
        request = key.certificate_request(old.terminal, old.uri)
        bundle = self._line.enroll_again(old, request)
        new = self._identity.received(bundle, self._clock.now())
        if new.terminal != old.terminal:
            raise BadCertificate(None)
        self._line.assignment(new)  # it works, or the old one stays
        self._clock.over(new.leaf.not_valid_before_utc)
        self._identity.take_into_use(new)
