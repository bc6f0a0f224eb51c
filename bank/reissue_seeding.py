"""What studios and the agency have told the bank of the invented people, for a change of card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import Connection, insert

from bank.people import Person
from bank.schema import changed_details, photo_receipts

PHOTO_RECEIPTS: Mapping[str, Mapping[str, int]] = {
    "chen": {"GD990000000000000101": 10, "GD990000000000000102": 91},
    "li": {"GD990000000000000201": 3},
}
"""By the person's key: the receipt's number, and how many days ago the photo was taken."""

DETAILS_CHANGED_DAYS_AGO: Mapping[str, int] = {"xu": 5}
"""By the person's key: when the agency changed name or ID number."""


def seed_reissue(connection: Connection, person_id: int, person: Person, today: date) -> None:
    """What is known of one person, if anything."""
    for receipt_no, days in PHOTO_RECEIPTS.get(person.key, {}).items():
        made_on = (today - timedelta(days=days)).isoformat()
        row = {"receipt_no": receipt_no, "person_id": person_id, "made_on": made_on}
        connection.execute(insert(photo_receipts), row)
    ago = DETAILS_CHANGED_DAYS_AGO.get(person.key)
    if ago is not None:
        changed_on = (today - timedelta(days=ago)).isoformat()
        connection.execute(
            insert(changed_details), {"person_id": person_id, "changed_on": changed_on}
        )
