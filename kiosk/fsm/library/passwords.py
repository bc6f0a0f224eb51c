"""Steps in which a password is typed on the PIN pad: the one there is, or a new one, twice.

The pad has a PIN key for each of the card's two worlds (CARD.TWO_ENVIRONMENTS): the medical
password's block is made under the social security key and never holds the bank's account number,
the financial password's under the bank's.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from kiosk.drivers.events import (
    CardRemoved,
    CardTrouble,
    Device,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
)
from kiosk.drivers.orders import EnterPin, PinKey
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event, LineChanged
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import LINE_UP, Face, Fail, Goto, Leave, Next, Outcome, Stay, Step, When
from kiosk.fsm.visit import SessionTrouble, Situation, Trouble, Visit
from sscard.cards import Account
from sscard.passwords import block_number
from sscard.requests import Companion
from sscard.rules import Rule

OfAccount = Callable[[Visit], Account]
_KEYS = {Account.MEDICAL: PinKey.SOCIAL_SECURITY, Account.FINANCIAL: PinKey.BANK}


def financial(_: Visit) -> Account:
    """The financial account, whoever it is."""
    return Account.FINANCIAL


def medical(_: Visit) -> Account:
    """The medical account, whoever it is."""
    return Account.MEDICAL


def chosen(visit: Visit) -> Account:
    """The account that the person chose at the step ``account``."""
    return Account(visit.said["account"])


class EnterPassword(Step, frozen=True, kw_only=True):
    """Take the password of an account on the PIN pad, for the bank to check.

    With no line nobody could check it, and it must not wait (OFFLINE.NO_PIN): it is not asked.
    """

    name: str = "password"
    face: Face = Face.PIN
    picture: str = "pin_pad"
    limit: Limit = Limit.PASSWORD
    needs: tuple[Device, ...] = (Device.PIN_PAD,)
    when: When = LINE_UP
    retries_at: tuple[str, ...] = ("card",)
    account: OfAccount = financial

    def hindered(self, situation: Situation) -> Trouble | None:
        card = situation.person.card
        of_bank = self.account(situation.person) is Account.FINANCIAL
        if card is None or card.pan is not None or not of_bank:
            return None
        return Trouble(SessionTrouble.NO_BANK_APPLICATION, Rule.CARD_TWO_ACCOUNTS)

    def looks(self, situation: Situation) -> tuple[str, str]:
        account = self.account(situation.person)
        words = self.words_of(account)
        return words, self.picture

    def words_of(self, account: Account) -> str:
        """The key of its words for this account."""
        return self.name if account is Account.FINANCIAL else f"{self.name}_{account}"

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        visit = situation.person
        self.begin(visit)
        visit.pin_ready = False
        visit.pin_digits = 0
        card, account = visit.card, self.account(visit)
        assert card is not None
        number = block_number(account, card.card_number, card.pan or "")
        limit_s = int(self.limit.seconds)
        return (OrderDevice(Device.PIN_PAD, EnterPin(number, _KEYS[account], timeout_s=limit_s)),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        match event:
            case PinProgress(digits):
                more = digits > visit.pin_digits
                visit.pin_digits = digits
                visit.pin_ready = True
                if digits:  # the first word of an entry is that there is none yet
                    visit.hint = None
                return Stay(again=more)
            case PinEntered(block):
                visit.hint = None
                return self.entered(block, visit)
            case PinStopped(PinStop.TOO_SHORT):
                visit.pin_ready = False  # until the pad takes a new entry
                visit.pin_digits = 0
                visit.hint = PinStop.TOO_SHORT
                return Stay()
            case PinStopped(PinStop.CANCELLED | PinStop.TIMED_OUT):
                return Leave()
            case PinStopped(reason):
                return Fail(Trouble(reason))
            case CardRemoved():
                return Fail(Trouble(CardTrouble.PULLED, retry="card"))
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.pin_digits = 0
        return (StopDevice(Device.PIN_PAD),)

    def begin(self, visit: Visit) -> None:
        """What an entry that begins makes void."""
        visit.companion = None

    def entered(self, block: str, visit: Visit) -> Outcome:
        """What the block of a whole entry is."""
        visit.companion = Companion(block)
        return Next()


class NewPassword(EnterPassword, frozen=True, kw_only=True):
    """Take a new password of an account for the first time.

    Without a line nobody could set it, and it must not wait: what comes after the steps of the
    new password says how it goes on.
    """

    def words_of(self, account: Account) -> str:
        return f"new_{account}"

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        if event == LineChanged(False) and self.when.line:
            return Next()
        return EnterPassword.on(self, event, situation)

    def begin(self, visit: Visit) -> None:
        visit.first_entry = ""

    def entered(self, block: str, visit: Visit) -> Outcome:
        visit.first_entry = block
        return Next()


class NewPasswordAgain(NewPassword, frozen=True, kw_only=True):
    """Take the new password for the second time; another one than before begins it anew."""

    can_go_back: bool = False

    def words_of(self, account: Account) -> str:
        return f"new_{account}_again"

    def begin(self, visit: Visit) -> None:
        assert visit.first_entry, "nothing to compare with"

    def entered(self, block: str, visit: Visit) -> Outcome:
        # The terminal knows no digit. A format 0 block holds the password, its length, filler and
        # the account number (ISO 9564-1, 9.3.2) and nothing random: under one key and for one
        # account number two blocks are equal exactly when the passwords are.
        if block != visit.first_entry:
            visit.hint = SessionTrouble.NOT_ALIKE
            (first,) = self.leads_to
            return Goto(first)
        companion = visit.companion or Companion()
        match self.account(visit):
            case Account.MEDICAL:
                visit.companion = replace(companion, new_medical=block)
            case Account.FINANCIAL:
                visit.companion = replace(companion, new_financial=block)
        return Next()

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.first_entry = ""
        return EnterPassword.leave(self, situation)


def new_password(name: str, account: OfAccount, when: When) -> tuple[NewPassword, NewPasswordAgain]:
    """The two steps of a new password: typed, and typed again."""
    return (
        NewPassword(name=name, account=account, when=when),
        NewPasswordAgain(name=f"{name}_again", account=account, when=when, leads_to=(name,)),
    )
