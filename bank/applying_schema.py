"""The tables of the service points: who may apply, what a form says, and the cards of units.

Days are ISO 8601 calendar dates in China.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from bank.schema import metadata

# People who apply for themselves: flexible employees, and members of a village's unit.
applicants = Table(
    "applicants",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id"), primary_key=True),
    Column("coverage", Text, nullable=False),  # `sscard.issuing.Coverage`
    Column("noticed_on", Text),  # when their stage's notice came (APPLY.IN_STAGES)
    Column("telephone", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("has_photo", Integer, nullable=False),  # of the second-generation ID card
)

# What a form says, and what was corrected in it: the old value stands beside the new one
# (APPLY.CHECK_DETAILS).
forms = Table(
    "forms",
    metadata,
    Column("application_id", Text, ForeignKey("applications.application_id"), primary_key=True),
    Column("telephone", Text, nullable=False),
    Column("telephone_was", Text),  # None: not corrected
    Column("address", Text, nullable=False),
    Column("address_was", Text),
    Column("is_address_wrong", Integer, nullable=False),  # the service point is to ask
    Column("agent_id_number", Text),  # who handed it in, if somebody else did (APPLY.AGENT)
    Column("agent_name", Text),
    Column("signed_at", Text, nullable=False),  # by the applicant
    Column("confirmed_at", Text, nullable=False),  # by the service point (APPLY.BOTH_SIGN)
)

units = Table(
    "units",
    metadata,
    Column("unit_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bank_id", Text, nullable=False),
    Column("received_on", Text, nullable=False),  # the batch, from the bank
)

unit_administrators = Table(
    "unit_administrators",
    metadata,
    Column("person_id", Integer, ForeignKey("people.person_id"), primary_key=True),
    Column("unit_id", Text, ForeignKey("units.unit_id"), nullable=False),
)

unit_cards = Table(
    "unit_cards",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("unit_id", Text, ForeignKey("units.unit_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("card_tail", Text, nullable=False),
    Column("state", Text, nullable=False),  # `sscard.requests.MemberState`
    Column("changed_at", Text),
    Column("changed_by", Integer, ForeignKey("people.person_id")),
)
