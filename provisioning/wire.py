"""What goes over the line between a terminal and the provisioning office: paths and plain data.

HTTPS; the enrolment paths, their base 64 bodies and media types are those of EST (RFC 7030, with the
clarifications of RFC 8951). Everything else is JSON. A request that is refused gets a `Refusal` with a
status of 4xx, or 503 with `Retry-After` when it is merely not the moment. Each answer has `Date`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from offline_queue.formats.envelope import canonical

CACERTS_PATH = "/.well-known/est/cacerts"
CSRATTRS_PATH = "/.well-known/est/csrattrs"
ENROLL_PATH = "/.well-known/est/simpleenroll"
REENROLL_PATH = "/.well-known/est/simplereenroll"
ASSIGNMENT_PATH = "/terminal/assignment"
READINESS_PATH = "/terminal/readiness"
KEYS_PATH = "/terminal/keys"
WIPED_PATH = "/terminal/wiped"
TERMINALS_CRL_PATH = "/crl/terminals.crl"
SERVERS_CRL_PATH = "/crl/servers.crl"
CODE_CRL_PATH = "/crl/code.crl"

PKCS10_TYPE = "application/pkcs10"
PKCS7_TYPE = "application/pkcs7-mime; smime-type=certs-only"
CSRATTRS_TYPE = "application/csrattrs"
CRL_TYPE = "application/pkix-crl"
JSON_TYPE = "application/json"

REQUEST_BYTES_MAX = 16_384  # a base 64 request for a certificate
REPORT_BYTES_MAX = 262_144  # a signed readiness report
ANSWER_BYTES_MAX = 524_288  # any answer of the office; a terminal reads no further


class Reason(StrEnum):
    """Why the office refused."""

    TOKEN_MISSING = "token-missing"
    TOKEN_MISTYPED = "token-mistyped"  # its check characters do not fit
    TOKEN_UNKNOWN = "token-unknown"  # well formed, but the office never gave it
    TOKEN_FOREIGN = "token-foreign"  # given for another board
    TOKEN_USED = "token-used"
    TOKEN_EXPIRED = "token-expired"
    TOKEN_WITHDRAWN = "token-withdrawn"
    BOARD_UNKNOWN = "board-unknown"  # the serial number is not in the inventory
    TERMINAL_REVOKED = "terminal-revoked"
    TERMINAL_DECOMMISSIONED = "terminal-decommissioned"
    REQUEST_MALFORMED = "request-malformed"
    REQUEST_TOO_LARGE = "request-too-large"
    REQUEST_UNPROVEN = "request-unproven"  # not signed by the key that it names
    REQUEST_KEY = "request-key"  # not a key on P-256, or one that another terminal has
    REQUEST_OTHER_NAME = "request-other-name"
    CERTIFICATE_MISSING = "certificate-missing"
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    CERTIFICATE_WRONG_KIND = "certificate-wrong-kind"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_REVOKED = "certificate-revoked"
    CERTIFICATE_UNKNOWN = "certificate-unknown"  # ours by its signature, but not in the books
    REPORT_MALFORMED = "report-malformed"
    REPORT_UNSIGNED = "report-unsigned"
    REPORT_OTHER_TERMINAL = "report-other-terminal"
    REPORT_OLDER = "report-older"  # made before the last one that was taken
    REPORT_CLOCK = "report-clock"  # made in the office's future
    KEYS_MALFORMED = "keys-malformed"
    KEYS_UNPROVEN = "keys-unproven"  # not signed by the key that it names, or for another terminal
    WIPE_NOT_ASKED = "wipe-not-asked"  # a proof of wiping from a terminal that goes on
    TOO_MANY = "too-many"  # certificates in one day
    OFFICE_CLOCK = "office-clock"  # outside the life of its own authority
    BUSY = "busy"
    NOT_FOUND = "not-found"
    OFFICE_FAULT = "office-fault"


class Refusal(msgspec.Struct, frozen=True):
    """What the office said no to, and what the technician does about it (plain English)."""

    reason: Reason
    remedy: str


class SiteName(msgspec.Struct, frozen=True):
    """Where a terminal stands, as people say it."""

    site: str
    name_zh: str
    name_en: str


class ExpectedDevice(msgspec.Struct, frozen=True):
    """A device that the inventory says the terminal has. Empty: any model, any serial number."""

    kind: str  # receipt_printer, card_reader, ...
    model: str = ""
    serial_number: str = ""
    required: bool = True


class Assignment(msgspec.Struct, frozen=True):
    """What the office gives a terminal that has shown its certificate.

    `configuration` is the signed document as bytes (base 64 in the JSON), None while there is none;
    `configuration_keys` are the Ed25519 public keys, 32 bytes each, that may sign one.
    """

    terminal: str
    serial_number: str  # of the board
    model: str
    bank: str
    site: SiteName
    devices: tuple[ExpectedDevice, ...]
    gateway: str  # URL
    broker: str  # URL
    crl: str  # URL
    configuration: bytes | None
    configuration_version: int  # 0: none
    configuration_keys: tuple[bytes, ...]
    in_service: bool  # False: the office has not yet taken a report that passed
    wipe: bool = False  # the terminal is being decommissioned: wipe, prove it, stop
    staff_secret: bytes = b""  # for `sscard.staff_codes`; here until the terminal says it has it

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Assignment({self.terminal}, configuration {self.configuration_version})"


class Keys(msgspec.Struct, frozen=True, tag_field="form", tag="keys-1"):
    """What the bank needs to believe a terminal's queue, and that the terminal has its secret."""

    terminal: str
    signing_key: bytes  # Ed25519 public key, 32 bytes: signs batches and the journal's head
    staff_secret_hash: str  # SHA-256 of the staff secret it holds, hex; '' for none


class ProvenKeys(msgspec.Struct, frozen=True):
    """The canonical bytes of `Keys`, and their Ed25519 signature by the very key they name."""

    keys: bytes
    proof: bytes


class KeysTaken(msgspec.Struct, frozen=True):
    """The office has them. `changed`: it did not before."""

    changed: bool


class Outcome(StrEnum):
    """What came of one check of the self-test."""

    PASSED = "passed"
    CONCERN = "concern"  # works; somebody is to look at it
    FAILED = "failed"
    NOT_DONE = "not_done"


class Finding(msgspec.Struct, frozen=True):
    """One check. `check` names it for ever (``receipt_printer.paper``), `said` is for people."""

    check: str
    outcome: Outcome
    said: str = ""
    remedy: str = ""
    value: float | None = None
    unit: str = ""


class FoundDevice(msgspec.Struct, frozen=True):
    """A device as it named itself."""

    kind: str
    model: str
    serial_number: str
    firmware: str


class ReadinessReport(msgspec.Struct, frozen=True, tag_field="form", tag="readiness-1"):
    """What a terminal found out about itself. `made_at` is ISO 8601 with offset."""

    terminal: str
    made_at: str
    technician: str
    software: str
    configuration_version: int
    passed: bool
    devices: tuple[FoundDevice, ...]
    findings: tuple[Finding, ...]
    witness: str = ""  # the second person, where two asked for it


class SignedReport(msgspec.Struct, frozen=True):
    """A report's canonical bytes and the signature over just these bytes.

    ECDSA on P-256 with SHA-256, DER (RFC 3279, 2.2.3), by the key of the terminal's certificate.
    """

    report: bytes
    signature: bytes


class ReportTaken(msgspec.Struct, frozen=True):
    """The office's answer to a report: its number, and what changed since the last one.

    `new` and `gone` name checks: what is wrong now and was not, what was wrong and is not.
    `because` says in plain English what keeps the terminal out of service.
    """

    number: int
    new: tuple[str, ...]
    gone: tuple[str, ...]
    in_service: bool
    because: tuple[str, ...] = ()


class WipeReport(msgspec.Struct, frozen=True, tag_field="form", tag="wiped-1"):
    """A terminal's last word: what it wiped. The key that signs it goes when the office has it."""

    terminal: str
    made_at: str
    technician: str
    wiped: tuple[str, ...]


def report_bytes(report: ReadinessReport | WipeReport | Keys) -> bytes:
    """The bytes that a terminal signs and sends."""
    return canonical(report)


def read_report(content: bytes) -> ReadinessReport:
    """A report from its bytes. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(content, type=ReadinessReport)


def read_wipe_report(content: bytes) -> WipeReport:
    """A wipe report from its bytes. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(content, type=WipeReport)


def read_keys(content: bytes) -> Keys:
    """Keys from their bytes. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(content, type=Keys)


def read_assignment(content: bytes) -> Assignment:
    """An assignment from an answer's body. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(content, type=Assignment)


def read_refusal(content: bytes) -> Refusal:
    """A refusal from an answer's body. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(content, type=Refusal)
