"""A look into the bank's book: what a story has really done there."""

from __future__ import annotations

from sqlalchemy import text

from bank.ledger import cards_of
from bank.people import person
from simulators.world.world import World
from sscard.cards import CardState


def states(world: World, key: str) -> list[CardState]:
    """The stored states of a person's cards at the bank, first issued first."""
    with world.bank.engine.connect() as connection:
        owned = cards_of(connection, person(key).id_number)
    return [card.standing.state for card in owned]


def reports(world: World) -> int:
    """How many cards the bank has noted a report from a terminal for."""
    with world.bank.engine.connect() as connection:
        asked = (
            "SELECT count(*) FROM loss_reports JOIN operations USING (op_id) WHERE terminal = :t"
        )
        found: int = connection.execute(text(asked), {"t": "world-0001"}).scalar_one()
    return found


def operations(world: World, kind: str) -> int:
    """How many requests of a kind the bank has decided."""
    with world.bank.engine.connect() as connection:
        asked = text("SELECT count(*) FROM operations WHERE kind = :kind")
        found: int = connection.execute(asked, {"kind": kind}).scalar_one()
    return found
