"""The bank's debit application on a social security card: enough of PBOC 3.0 (JR/T 0025) to
read the account number. Its keys, files and PIN have nothing to do with the other application.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PSE_NAME = b"1PAY.SYS.DDF01"
DEBIT_AID = bytes.fromhex("A000000333010101")

_PDOL = bytes.fromhex("9F7A019F02065F2A02")  # e-cash indicator, amount, currency: 9 bytes
_PDOL_SIZE = 9
_AIP = bytes.fromhex("7C00")
_AFL = bytes.fromhex("0801010010010100")  # SFI 1 record 1, SFI 2 record 1


@dataclass(frozen=True, slots=True)
class BankData:
    """What the bank personalised. `expires` is YYMMDD."""

    pan: str = field(default="6200001234567890128", repr=False)
    expires: str = "301231"
    label: str = "DEBIT"
    tries_left: int = 3  # of the bank's own PIN
    has_directory: bool = True  # False: no 1PAY.SYS.DDF01, the AID must be known
    refuses_options: bool = False  # GET PROCESSING OPTIONS gives 6985, records can be read


def tlv(tag: str, value: bytes) -> bytes:
    """One BER-TLV object with a short or a one-byte long length."""
    size = bytes([len(value)]) if len(value) < 0x80 else bytes([0x81, len(value)])
    return bytes.fromhex(tag) + size + value


def bcd(digits: str, size: int | None = None) -> bytes:
    """Digits packed two a byte, left aligned, padded on the right with F up to `size`."""
    whole = len(digits) + len(digits) % 2 if size is None else 2 * size
    return bytes.fromhex(digits.ljust(whole, "F"))


def directory_fci() -> bytes:
    """The answer to selecting 1PAY.SYS.DDF01."""
    return tlv("6F", tlv("84", PSE_NAME) + tlv("A5", tlv("88", b"\x01")))


def application_fci(bank: BankData) -> bytes:
    """The answer to selecting the debit application."""
    label = tlv("50", bank.label.encode("ascii"))
    own = label + tlv("87", b"\x01") + tlv("9F38", _PDOL)
    return tlv("6F", tlv("84", DEBIT_AID) + tlv("A5", own))


def directory_record(bank: BankData) -> bytes:
    """Record 1 of the directory, SFI 1."""
    entry = tlv("4F", DEBIT_AID) + tlv("50", bank.label.encode("ascii")) + tlv("87", b"\x01")
    return tlv("70", tlv("61", entry))


def options(bank: BankData, data: bytes) -> bytes | None:
    """The answer to GET PROCESSING OPTIONS; None when `data` does not fit the PDOL."""
    if bank.refuses_options or data[:2] != bytes([0x83, _PDOL_SIZE]):
        return None
    return tlv("80", _AIP + _AFL) if len(data) == 2 + _PDOL_SIZE else None


def record(bank: BankData, sfi: int, number: int) -> bytes | None:
    """One record of the application, None when there is none."""
    if number != 1:
        return None
    if sfi == 1:
        track2 = bcd(f"{bank.pan}D{bank.expires[:4]}2010000000000")
        return tlv("70", tlv("57", track2))
    if sfi == 2:
        own = tlv("5A", bcd(bank.pan)) + tlv("5F24", bcd(bank.expires)) + tlv("5F34", b"\x01")
        return tlv("70", own)
    return None


def item(bank: BankData, tag: int) -> bytes | None:
    """The answer to GET DATA, None when the card does not have `tag`."""
    items = {
        0x9F17: bytes([bank.tries_left]),
        0x9F36: bytes(2),  # no transaction yet
        0x9F79: bytes(6),  # e-cash balance, nothing loaded
    }
    return tlv(f"{tag:04X}", items[tag]) if tag in items else None
