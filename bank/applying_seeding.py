"""What the service points know of the invented people: notices, photos, and one unit's batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, insert

from bank.applying_schema import applicants, unit_administrators, unit_cards, units
from bank.people import Person
from bank.schema import photo_receipts
from sscard.issuing import Coverage
from sscard.requests import MemberState


@dataclass(frozen=True, slots=True)
class Applies:
    """A person who may apply. Days ago count back from the day of the seeding."""

    telephone: str = field(repr=False)
    coverage: Coverage = Coverage.BASIC
    noticed_days_ago: int | None = 10  # None: no notice; below 0: it is still to come
    has_photo: bool = True
    receipts: Mapping[str, int] = field(default_factory=dict)  # photo receipt: made so long ago


APPLICANTS: Mapping[str, Applies] = {
    "tan": Applies("13900001111"),
    "qiu": Applies("13900002222", noticed_days_ago=None),
    "feng": Applies("13900003333", Coverage.COMPREHENSIVE),
    "deng": Applies("07690000444", Coverage.VILLAGE),
    "ma": Applies(
        "13900005555",
        has_photo=False,
        receipts={"GD990000000000000501": 20, "GD990000000000000502": 91},
    ),
}
"""By the person's key. The telephone numbers are invented."""

ADMINISTRATOR = "xie"
UNIT = ("unit-990000-1", "示例五金厂", "boc")  # id, name, issuing bank
RECEIVED_DAYS_AGO = 3
MEMBERS: tuple[tuple[str, str], ...] = (
    ("区少芬", "4101"),
    ("司徒嘉", "4112"),
    ("欧阳伟明", "4123"),
    ("简兆基", "4134"),
    ("莫丽芳", "4145"),
    ("温国栋", "4156"),
    ("叶倩", "4167"),
    ("袁锦辉", "4178"),
    ("尹雪梅", "4189"),
    ("卢伟强", "4190"),
    ("钟慧", "4201"),
    ("香文杰", "4212"),
)
"""The names and the tails of the cards of the batch."""


def seed_applying(connection: Connection, person_id: int, person: Person, today: date) -> None:
    """What the service points know of one person, if anything."""
    if person.key == ADMINISTRATOR:
        _seed_unit(connection, person_id, today)
    applies = APPLICANTS.get(person.key)
    if applies is None:
        return
    ago = applies.noticed_days_ago
    connection.execute(
        insert(applicants),
        {
            "person_id": person_id,
            "coverage": applies.coverage.value,
            "noticed_on": None if ago is None else _days_ago(today, ago),
            "telephone": applies.telephone,
            "address": person.address,
            "has_photo": int(applies.has_photo),
        },
    )
    for receipt_no, made_days_ago in applies.receipts.items():
        made_on = _days_ago(today, made_days_ago)
        connection.execute(
            insert(photo_receipts),
            {"receipt_no": receipt_no, "person_id": person_id, "made_on": made_on},
        )


def _seed_unit(connection: Connection, person_id: int, today: date) -> None:
    unit_id, name, bank_id = UNIT
    received_on = _days_ago(today, RECEIVED_DAYS_AGO)
    connection.execute(
        insert(units),
        {"unit_id": unit_id, "name": name, "bank_id": bank_id, "received_on": received_on},
    )
    connection.execute(insert(unit_administrators), {"person_id": person_id, "unit_id": unit_id})
    connection.execute(
        insert(unit_cards),
        [
            {
                "member_id": f"{unit_id}-{number:02d}",
                "unit_id": unit_id,
                "name": member,
                "card_tail": tail,
                "state": MemberState.WITH_UNIT.value,
            }
            for number, (member, tail) in enumerate(MEMBERS, 1)
        ],
    )


def _days_ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()
