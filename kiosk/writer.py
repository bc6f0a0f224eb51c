"""Puts what a service has to say into a language: once for the screen, once for paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk import wording
from kiosk.fsm.telling import (
    At,
    BankName,
    Call,
    Clock,
    InLanguage,
    Money,
    OfPlace,
    OnDay,
    ReceiptCode,
    Say,
    Value,
)
from kiosk.messages.catalogue import Messages
from kiosk.place import Place, bank_name
from sscard.banks import Bank
from sscard.codes import spaced


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes values in one language, at one place and time.

    `on_paper`: with whole dates, for paper is read on other days too. `covered`: private amounts
    are not shown.
    """

    words: Messages
    place: Place
    wall: datetime
    on_paper: bool = False
    covered: bool = False

    def __call__(self, value: Value | None) -> str:
        """The value as people read it; nothing for nothing."""
        match value:
            case None:
                return ""
            case Say(key, values):
                return self.words(key, **{name: self(each) for name, each in values.items()})
            case Money(fen, private):
                hidden = private and self.covered
                return self.words("common.covered") if hidden else wording.yuan(fen)
            case At(iso) if self.on_paper:
                return wording.date_and_time(iso)
            case At(iso):
                return wording.moment(iso, self.wall, self.words)
            case Clock(iso):
                return wording.time_of_day(iso)
            case OnDay(day, provisional):
                return wording.day_of(day, provisional, self.words)
            case BankName(bank_id):
                return bank_name(self.place, bank_id, self.words)
            case ReceiptCode(code):
                return spaced(code)
            case OfPlace(name):
                return str(getattr(self.place, name))
            case InLanguage(zh, en):
                return zh if self.words.language == "zh" else en
        return str(value)

    def outlets(self) -> tuple[tuple[str, str], ...]:
        """Each bank's name, and its first outlet with the address."""
        zh = self.words.language == "zh"
        return tuple(
            (bank.name_zh if zh else bank.name_en, outlet.text_zh if zh else outlet.text_en)
            for bank in self.place.banks.values()
            for outlet in bank.outlets[:1]
        )

    def banks(self, call: Call) -> tuple[Bank, ...]:
        """The banks to telephone; all of them where none of those named is known."""
        every = tuple(self.place.banks.values())
        return tuple(bank for bank in every if bank.bank_id in call.bank_ids) or every
