"""What a refusal tells the technician to do, and its status in HTTP."""

from __future__ import annotations

from provisioning.wire import Reason, Refusal

_NEW_TOKEN = "ask the office for a new token and use it within its minutes"
_ENROL = "ask the office for a token and enrol this terminal anew"

_REMEDIES: dict[Reason, tuple[int, str]] = {
    Reason.TOKEN_MISSING: (401, "show the token's QR code to the camera, or type the token"),
    Reason.TOKEN_MISTYPED: (401, "type the token again: a character is wrong"),
    Reason.TOKEN_UNKNOWN: (401, f"this office never gave that token: {_NEW_TOKEN}"),
    Reason.TOKEN_FOREIGN: (
        401,
        "this token is for another board or another site: use the one made for this terminal",
    ),
    Reason.TOKEN_USED: (401, f"this token was used before: {_NEW_TOKEN}"),
    Reason.TOKEN_EXPIRED: (401, f"this token's time is over: {_NEW_TOKEN}"),
    Reason.TOKEN_WITHDRAWN: (401, f"this token was withdrawn: {_NEW_TOKEN}"),
    Reason.BOARD_UNKNOWN: (
        403,
        "the board's serial number is not in the inventory: ask the office to enter it",
    ),
    Reason.TERMINAL_REVOKED: (
        403,
        "this terminal is reported lost: call the bank, do not put it into service",
    ),
    Reason.TERMINAL_DECOMMISSIONED: (
        403,
        "this terminal is decommissioned: send the board back to the depot",
    ),
    Reason.REQUEST_MALFORMED: (400, "start the enrolment again; if it repeats, flash the image"),
    Reason.REQUEST_TOO_LARGE: (413, "start the enrolment again; if it repeats, flash the image"),
    Reason.REQUEST_UNPROVEN: (400, "make a new key on the terminal and start the enrolment again"),
    Reason.REQUEST_KEY: (
        400,
        "the key is not good here, was in a lost terminal, or another one has it: make a new key on "
        "the terminal",
    ),
    Reason.REQUEST_OTHER_NAME: (
        403,
        "the request names another terminal: check that this board is the one in the inventory",
    ),
    Reason.CERTIFICATE_MISSING: (401, f"the terminal showed no certificate: {_ENROL}"),
    Reason.CERTIFICATE_UNTRUSTED: (403, f"the certificate is not of this bank: {_ENROL}"),
    Reason.CERTIFICATE_WRONG_KIND: (403, f"the certificate is not a terminal's: {_ENROL}"),
    Reason.CERTIFICATE_NOT_YET_VALID: (
        403,
        "the certificate begins later than the office's clock: have the office check its clock",
    ),
    Reason.CERTIFICATE_EXPIRED: (
        403,
        "the certificate has ended: renew it; past the grace, ask the office to allow it once, or "
        "enrol with a new token",
    ),
    Reason.CERTIFICATE_REVOKED: (403, f"the certificate was revoked: {_ENROL}"),
    Reason.CERTIFICATE_UNKNOWN: (403, f"the office's books lack this certificate: {_ENROL}"),
    Reason.REPORT_MALFORMED: (400, "run the self-test again; if it repeats, update the software"),
    Reason.REPORT_UNSIGNED: (400, "the report is not signed by this terminal: run the test again"),
    Reason.REPORT_OTHER_TERMINAL: (403, "the report is another terminal's: run the test here"),
    Reason.REPORT_OLDER: (409, "a later report was taken already: run the self-test again"),
    Reason.REPORT_CLOCK: (409, "the terminal's clock is ahead: set it and run the test again"),
    Reason.KEYS_MALFORMED: (400, "enrol again; if it repeats, update the software"),
    Reason.KEYS_UNPROVEN: (403, "the signing key is not this terminal's: enrol again"),
    Reason.WIPE_NOT_ASKED: (409, "this terminal is in use: have the office decommission it first"),
    Reason.TOO_MANY: (
        429,
        "this terminal had too many certificates today: wait until tomorrow or call the office",
    ),
    Reason.OFFICE_CLOCK: (
        409,
        "the office's clock is outside its authority's life: the office must set its clock, or "
        "make a new issuing authority",
    ),
    Reason.BUSY: (503, "the office is busy: try again in a moment"),
    Reason.NOT_FOUND: (404, "the office has no such page: check the software's version"),
    Reason.OFFICE_FAULT: (500, "the office failed: try again, then call the office"),
}
assert _REMEDIES.keys() == set(Reason), "each reason has a remedy"


def refusal(reason: Reason) -> Refusal:
    """The refusal with the sentence for the technician."""
    return Refusal(reason, _REMEDIES[reason][1])


def status(reason: Reason) -> int:
    """The HTTP status of a refusal."""
    return _REMEDIES[reason][0]
