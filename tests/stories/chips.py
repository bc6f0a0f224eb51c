"""A visit that sets the medical password on a chip, and what both sides hold of it."""

from __future__ import annotations

from sqlalchemy import text

from simulators.models.social_security_card import SocialSecurityCard
from simulators.world.bank_line import TERMINAL, BankMood, keys
from simulators.world.world import World
from sscard.cards import Account
from tests.stories.acts import card_of as on_card
from tests.stories.acts import opens
from tests.stories.passwords import card_of, ends_the_visit

NEW, NEWER = "802461", "917364"
SERVICE = "password_unlock"
CHIP_APDUS = 7  # selecting with its answer, EF05, its code, the state, the challenge, the command
_STORED = text(
    "SELECT salt, password_hash FROM accounts JOIN cards USING (card_id)"
    " WHERE card_number = :card AND account = 'medical'"
)
_OPEN = text("SELECT count(*) FROM chip_steps WHERE state IN ('open', 'unknown')")


def a_card(key: str = "chen", tries_left: int = 6) -> SocialSecurityCard:
    """The person's card, which keeps what is written on it."""
    card = SocialSecurityCard(on_card(key))
    card.tries_left = tries_left
    return card


def goes_to_the_chip(world: World, card: SocialSecurityCard, new: str = NEW) -> None:
    """Everything up to the second entry of the new password; the chip is next."""
    goes_to_the_second_entry(world, card, new)
    world.types(f"{new}e")


def goes_to_the_second_entry(world: World, card: SocialSecurityCard, new: str = NEW) -> None:
    """Up to the pad that asks for the password again."""
    opens(world, SERVICE)
    world.lays("chen")
    world.sees(f"{SERVICE}.card")
    world.slot.insert(card)
    world.sees(f"{SERVICE}.account")
    world.presses(Account.MEDICAL)
    world.sees(f"{SERVICE}.new")
    world.waits(2)  # a pad that has just been switched on needs its time
    world.types(f"{new}e")
    world.sees(f"{SERVICE}.new_again")


def on_chip(card: SocialSecurityCard, apdu: int, *, after: bool = False) -> None:
    """Let the card leave at that APDU of its next power-up, before or after carrying it out."""
    card.faults.pulled_at_apdu = None if after else apdu
    card.faults.pulled_after_apdu = apdu if after else None


def sound(card: SocialSecurityCard) -> SocialSecurityCard:
    """The same card, which is not pulled any more."""
    card.faults.pulled_at_apdu = card.faults.pulled_after_apdu = None
    return card


def bank_has(world: World, password: str, key: str = "chen") -> bool:
    """Whether the bank's record is of that medical password."""
    with world.bank.engine.connect() as connection:
        salt, hashed = connection.execute(_STORED, {"card": card_of(key).card_number}).one()
    return keys().bank.vault(Account.MEDICAL, TERMINAL).is_right(password, salt, hashed)


def is_uncertain(world: World) -> bool:
    """Whether the bank has a step of which it does not know the end."""
    with world.bank.engine.connect() as connection:
        return bool(connection.execute(_OPEN).scalar_one())


def agree(world: World, card: SocialSecurityCard) -> bool:
    assert card.data.pin is not None
    return bank_has(world, card.data.pin)


def heals(world: World, card: SocialSecurityCard) -> None:
    """The next visit, with nothing in its way, makes both sides agree."""
    world.repairs_line()
    world.bank.mood = BankMood.WELL
    world.slot.find_reader()
    world.sees("idle", within_s=600)
    goes_to_the_chip(world, sound(card), NEWER)
    world.sees(f"{SERVICE}.result")
    world.reads("密码已解锁，新密码已生效")
    assert card.data.pin == NEWER
    assert bank_has(world, NEWER)
    ends_the_visit(world)


def until_torn(world: World, card: SocialSecurityCard) -> None:
    """Up to the screen that asks for the card again; the fault is for the chip's power-up alone."""
    at, after = card.faults.pulled_at_apdu, card.faults.pulled_after_apdu
    sound(card)
    goes_to_the_second_entry(world, card)
    card.faults.pulled_at_apdu, card.faults.pulled_after_apdu = at, after
    world.types(f"{NEW}e")
    world.sees(f"{SERVICE}.chip_torn")


def goes_to_the_chip_when(world: World, card: SocialSecurityCard) -> None:
    """As `goes_to_the_chip`, with a bank that spoils it only once the chip is opened."""
    mood, world.bank.mood = world.bank.mood, BankMood.WELL
    goes_to_the_second_entry(world, card)
    world.types(f"{NEW}e")
    world.sees(f"{SERVICE}.chip_command")  # what it asks of the bank is not yet flushed, nor sent
    world.bank.mood = mood
