"""Steps that find out who is there: the ID card, the social security card."""

from __future__ import annotations

from kiosk.drivers.events import (
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardTrouble,
    Device,
    DeviceChanged,
    IdNotRead,
    IdRead,
    IdTrouble,
)
from kiosk.drivers.orders import ReadCard, ReadIdDocument
from kiosk.fsm.effects import Effect, OrderDevice, StopDevice
from kiosk.fsm.events import Event
from kiosk.fsm.limits import Limit
from kiosk.fsm.steps import Face, Fail, Next, Outcome, Stay, Step, When
from kiosk.fsm.visit import SessionTrouble, Situation, SlotUse, Trouble
from sscard.rules import Rule

NO_CARD_IN = When("slot without card", lambda situation: situation.slot is not SlotUse.CARD)


class LayIdCard(Step, frozen=True, kw_only=True):
    """Ask for the identity document on the scanner; it must not have expired."""

    name: str = "id_card"
    picture: str = "lay_id"
    limit: Limit = Limit.LAY_ID
    needs: tuple[Device, ...] = (Device.ID_SCANNER,)
    retries_at: tuple[str, ...] = ("id_card",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        visit = situation.person
        visit.document = visit.hint = None
        return (OrderDevice(Device.ID_SCANNER, ReadIdDocument()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case IdRead(document):
                until, today = document.valid_until, situation.today
                if until is not None and today is not None and until < today:
                    return Fail(
                        Trouble(SessionTrouble.ID_EXPIRED, Rule.ACTIVATE_ORIGINALS, self.name)
                    )
                situation.person.document = document
                return Next()
            case IdNotRead(IdTrouble.SUSPECT | IdTrouble.READER_FAULT as trouble):
                return Fail(Trouble(trouble))
            case IdNotRead(trouble):
                situation.person.hint = trouble
                return Stay()
        return None

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.ID_SCANNER),)


class InsertCard(Step, frozen=True, kw_only=True):
    """Ask for the card. One that is in the slot already is taken as it is."""

    name: str = "card"
    picture: str = "insert_card"
    limit: Limit = Limit.INSERT_CARD
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    when: When = NO_CARD_IN
    retries_at: tuple[str, ...] = ("card",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.card = None
        situation.person.hint = CardTrouble.MUTE if situation.slot is SlotUse.MUTE else None
        return ()

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case CardInserted():
                return Next()
            case CardMute():
                situation.person.hint = CardTrouble.MUTE
                return Stay()
        return None


class ReadTheCard(Step, frozen=True, kw_only=True):
    """Read the card, and see that it is this person's and still valid."""

    name: str = "reading"
    face: Face = Face.WAIT
    picture: str = "reading"
    limit: Limit = Limit.READ_CARD
    needs: tuple[Device, ...] = (Device.CARD_READER,)
    part_of_last: bool = True
    can_go_back: bool = False
    retries_at: tuple[str, ...] = ("card",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.hint = None
        return (OrderDevice(Device.CARD_READER, ReadCard()),)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        match event:
            case CardRead(card):
                situation.person.card = card
                return self._judge(situation)
            case CardNotRead(trouble):
                return Fail(Trouble(trouble, retry="card"))
            case DeviceChanged(Device.CARD_READER) if not situation.usable(Device.CARD_READER):
                return Fail(Trouble(CardTrouble.READER_LOST, retry="card"))
        return None  # a card that is pulled ends the reading, and the reader says so

    def _judge(self, situation: Situation) -> Outcome:
        card, document = situation.person.card, situation.person.document
        assert card is not None
        assert document is not None
        today = situation.today
        if card.expires is not None and today is not None and card.expires < today:
            return Fail(Trouble(CardTrouble.EXPIRED, Rule.CARD_STATES))
        # A version 3 card does not tell a terminal whose it is; the bank compares then.
        number = card.social_security_number
        if number is not None and number != document.number:
            return Fail(
                Trouble(SessionTrouble.NOT_SAME_PERSON, Rule.ACTIVATE_ORIGINALS, retry="card")
            )
        return Next()

    def on_time_up(self, situation: Situation) -> Outcome:
        return Fail(Trouble(CardTrouble.READER_LOST))

    def leave(self, situation: Situation) -> tuple[Effect, ...]:
        return (StopDevice(Device.CARD_READER),)
