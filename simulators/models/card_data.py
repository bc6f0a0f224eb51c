"""What is on a social security card, all of it invented, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from simulators.models.bank_application import BankData, bcd
from simulators.models.chip_keys import TEST_CARD_KEY

NAME_SIZE, CONTINUATION_SIZE = 0x1E, 0x14


class Malformation(StrEnum):
    """Ways in which a badly personalised card breaks the specification."""

    NONE = "none"
    LENGTH = "length"  # a record's length byte says more than there is
    TAG = "tag"  # a record holds another tag than the one asked for
    IDENTIFICATION = "identification"  # D156000005 is not where it belongs
    NAME = "name"  # bytes that are no GBK


@dataclass(frozen=True, slots=True)
class CardData:
    """What was personalised. Dates are YYYYMMDD; the defaults are an invented person."""

    version: str = "2.00"
    identification_code: str = field(default="990000D1560000050000000100000000", repr=False)
    card_number: str = field(default="A12345674", repr=False)
    category: str = "3"
    organisation: str = "915600000299000099000001"
    issued: str = "20200101"
    expires: str = "20300101"
    id_number: str = field(default="990000199001010017", repr=False)
    name: str = field(default="测试甲", repr=False)
    sex: str = field(default="1", repr=False)
    nation: str = field(default="01", repr=False)
    birthplace: str = field(default="990000", repr=False)
    birth: str = field(default="19900101", repr=False)
    pin: str | None = field(default="135790", repr=False)  # None: the card has no password
    pin_tries: int = 6  # set at personalisation; cities publish 6 most often
    bank: BankData | None = field(default_factory=BankData)
    city_key: bytes = field(default=TEST_CARD_KEY, repr=False)  # its reload key is made from it


@dataclass(slots=True)
class CardFaults:
    """What can be wrong with a card. An unknown version is `CardData(version="9.00")`."""

    mute: bool = False  # no answer to reset
    foreign: bool = False  # no social security environment
    blocked: bool = False  # the environment is locked for good
    malformed: Malformation = Malformation.NONE
    pulled_at_apdu: int | None = None  # 1: at the first one after power on
    pulled_after_apdu: int | None = None  # it is carried out, and the card gone with its answer
    refuses_reload: bytes | None = None  # the status word it has for each one
    slow_s: float = 0.0  # the wire lets so much time pass before each answer


def item(data: CardData, tag: int) -> bytes:
    """The value of one item of EF05 or EF06, padded to its length.

    Raises `ValueError` when it is too long for the card.
    """
    name = data.name.encode("gbk")
    limit = NAME_SIZE if data.version == "1.00" else NAME_SIZE + CONTINUATION_SIZE
    if len(name) > limit:
        raise ValueError(f"the name has {len(name)} bytes, the card holds {limit}")
    values: dict[int, tuple[bytes, int]] = {
        0x01: (bytes.fromhex(data.identification_code), 0x10),
        0x02: (data.category.encode("ascii"), 0x01),
        0x03: (data.version.encode("ascii"), 0x04),
        0x04: (bytes.fromhex(data.organisation), 0x0C),
        0x05: (bcd(data.issued), 0x04),
        0x06: (bcd(data.expires), 0x04),
        0x07: (data.card_number.encode("ascii"), 0x09),
        0x08: (data.id_number.encode("ascii"), 0x12),
        0x09: (name[:NAME_SIZE], NAME_SIZE),
        0x4E: (name[NAME_SIZE:], CONTINUATION_SIZE),
        0x0A: (data.sex.encode("ascii"), 0x01),
        0x0B: (bcd(data.nation), 0x01),
        0x0C: (bcd(data.birthplace), 0x03),
        0x0D: (bcd(data.birth), 0x04),
    }
    value, size = values[tag]
    if len(value) > size:
        raise ValueError(f"item {tag:02X} has {len(value)} bytes, the card holds {size}")
    return value.ljust(size, b"\0")
