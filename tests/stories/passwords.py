"""What people do with their passwords in many stories."""

from __future__ import annotations

from sqlalchemy import text

from bank.people import PersonCard, person
from simulators.world.world import World
from sscard.cards import Account
from tests.stories.acts import opens

MEDICAL, FINANCIAL = "135246", "802461"
_COUNT = text(
    "SELECT wrong_in_a_row FROM accounts JOIN cards USING (card_id)"
    " WHERE card_number = :card AND account = :account"
)
_HASH = text(
    "SELECT password_hash FROM accounts JOIN cards USING (card_id)"
    " WHERE card_number = :card ORDER BY account"
)
_STATE = text("SELECT state FROM cards WHERE card_number = :card")


def card_of(key: str, number: int = 1) -> PersonCard:
    """A person's card, counted from 1."""
    return person(key).cards[number - 1]


def shows_papers(world: World, service: str, key: str, card: int = 1) -> None:
    """Choose a service, lay the ID card down, put the card in."""
    opens(world, service)
    world.lays(key)
    world.sees(f"{service}.card")
    world.inserts(key, card)


def types_twice(world: World, state: str, digits: str) -> None:
    """A new password at the step `state`, and again at the one after it."""
    for step in (state, f"{state}_again"):
        world.sees(step)
        world.types(f"{digits}e")


def activates(
    world: World, key: str, card: int = 1, medical: str = MEDICAL, financial: str = FINANCIAL
) -> None:
    """Activation up to both passwords."""
    shows_papers(world, "activate", key, card)
    types_twice(world, "activate.new_medical", medical)
    types_twice(world, "activate.new_financial", financial)


def goes_to_the_change(world: World, key: str, account: Account, card: int = 1) -> None:
    """Change of a password, up to the old one."""
    shows_papers(world, "password_change", key, card)
    world.sees("password_change.account")
    world.presses(account)
    world.sees("password_change.password")


def changes(world: World, key: str, account: Account, old: str, new: str, card: int = 1) -> None:
    """Change of a password, up to the question to the bank."""
    goes_to_the_change(world, key, account, card)
    world.types(f"{old}e")
    types_twice(world, "password_change.new", new)


def goes_to_the_unlock(world: World, key: str, account: Account, card: int = 1) -> None:
    """Unlock of a password, up to the choice of the account."""
    shows_papers(world, "password_unlock", key, card)
    world.sees("password_unlock.account")
    world.presses(account)


def sets_anew(world: World, key: str, account: Account, new: str) -> None:
    """Unlock and a new password, up to the question to the bank."""
    goes_to_the_unlock(world, key, account)
    types_twice(world, "password_unlock.new", new)


def ends_the_visit(world: World) -> None:
    """Take everything and go, whatever the screen is."""
    offered = {each.id for each in world.view.buttons() if each.enabled}
    world.presses("done" if "done" in offered else "leave")
    if world.slot.occupied:
        world.pulls()
    world.lifts()
    world.sees("idle")


def wrong_in_a_row(world: World, card: PersonCard, account: Account) -> int:
    """How many wrong entries the bank counts on an account."""
    with world.bank.engine.connect() as connection:
        asked = {"card": card.card_number, "account": account.value}
        count: int = connection.execute(_COUNT, asked).scalar_one()
    return count


def hashes(world: World, card: PersonCard) -> list[str]:
    """What the bank has stored of both passwords."""
    with world.bank.engine.connect() as connection:
        return list(connection.execute(_HASH, {"card": card.card_number}).scalars())


def state_of(world: World, card: PersonCard) -> str:
    """The card's state at the bank."""
    with world.bank.engine.connect() as connection:
        state: str = connection.execute(_STATE, {"card": card.card_number}).scalar_one()
    return state
