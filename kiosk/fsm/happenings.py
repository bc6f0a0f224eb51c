"""Everything that can happen to a session, for the check: people, devices, the bank, time.

All persons and cards are invented (area code 990000).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from kiosk.drivers.events import (
    CardFacts,
    CardInserted,
    CardMute,
    CardNotRead,
    CardRead,
    CardRemoved,
    CardTrouble,
    CodeSeen,
    CodeUnreadable,
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    DocumentKind,
    IdDocument,
    IdNotRead,
    IdRead,
    IdTrouble,
    NotPrinted,
    PinEntered,
    PinProgress,
    PinStop,
    PinStopped,
    Printed,
    PrintTrouble,
)
from kiosk.fsm.events import BankAnswered, Event, RequestNotTaken, RequestTaken
from sscard.cards import CardState, LossKind
from sscard.requests import (
    Answer,
    BalanceByOwnChannel,
    Balances,
    CardFrozen,
    Cards,
    ListedCard,
    LossInForce,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
)
from sscard.rules import Rule

TODAY = date(2030, 6, 14)
AT = "2030-06-14T10:32:05+08:00"
CODE = "7K42MX9QD"
ID_NUMBER = "990000198001010018"
PAN = "6200000000000000018"


def _document(number: str, until: date | None) -> IdDocument:
    return IdDocument(DocumentKind.RESIDENT, number, "测试", valid_until=until)


def _card(
    *, number: str | None = ID_NUMBER, pan: str | None = PAN, expires: date = date(2035, 1, 1)
) -> CardFacts:
    return CardFacts(
        "2.00", "A99000018", "99", expires=expires, social_security_number=number, pan=pan
    )


BY_DEVICE: Mapping[Device, Mapping[str, DeviceEvent]] = {
    Device.ID_SCANNER: {
        "ID read": IdRead(_document(ID_NUMBER, date(2040, 1, 1))),
        "expired ID read": IdRead(_document(ID_NUMBER, date(2030, 6, 13))),
        **{f"ID not read: {why}": IdNotRead(why) for why in IdTrouble},
    },
    Device.CARD_READER: {
        "card read": CardRead(_card()),
        "card without a name read": CardRead(_card(number=None)),
        "card without bank application read": CardRead(_card(pan=None)),
        "somebody else's card read": CardRead(_card(number="990000198001010026")),
        "expired card read": CardRead(_card(expires=date(2030, 6, 13))),
        **{f"card not read: {why}": CardNotRead(why) for why in CardTrouble},
    },
    Device.PIN_PAD: {
        "a digit": PinProgress(1),
        "digits cleared": PinProgress(0),
        "password entered": PinEntered("0" * 16),
        **{f"password stopped: {why}": PinStopped(why) for why in PinStop},
    },
    Device.RECEIPT_PRINTER: {
        "printed": Printed(),
        **{f"not printed: {why}": NotPrinted(why) for why in PrintTrouble},
    },
    Device.CAMERA: {
        "our code seen": CodeSeen(f"SSC-LOSS:{CODE}"),
        "another code seen": CodeSeen("HTTPS://EXAMPLE.ORG/"),
        "code unreadable": CodeUnreadable(),
    },
}
"""What each device may say to its order: none of it comes when the device has no order."""

SLOT: Mapping[str, DeviceEvent] = {
    "card inserted": CardInserted(),
    "mute card inserted": CardMute(),
    "card removed": CardRemoved(),
}


def _cards(*states: CardState) -> Cards:
    return Cards(
        tuple(ListedCard(f"id-{n}", f"bank-{n}", f"001{n}", s) for n, s in enumerate(states))
    )


def _frozen(loss: LossKind, lapses_at: str | None, rule: Rule) -> LossInForce:
    return LossInForce((CardFrozen("bank-0", "0010", loss, AT, lapses_at, rule),), AT)


_LAPSES = "2030-06-19T10:32:05+08:00"
ANSWERS: Mapping[str, Mapping[str, Answer]] = {
    "card_list": {
        "no card": _cards(),
        "a card reported already": _cards(CardState.LOST_WRITTEN),
        "one card": _cards(CardState.ACTIVE),
        "two cards": _cards(CardState.ACTIVE, CardState.LOST_ORAL),
        "one card in use, three not": _cards(
            CardState.ACTIVE, CardState.INACTIVE, CardState.SUSPENDED, CardState.LOST_WRITTEN
        ),
        "one card that is void": _cards(CardState.SUPERSEDED),
    },
    "loss_report": {
        "in force, oral": _frozen(LossKind.ORAL, _LAPSES, Rule.LOSS_ORAL_LAPSE),
        "in force, written": _frozen(LossKind.WRITTEN, None, Rule.LOSS_WRITTEN_NOW),
    },
    "balance_check": {
        "balances": Balances(328_640, 1_205, "bank-0", "0010", AT),
        "balance by own channel": BalanceByOwnChannel(AT),
    },
    "report_status": {
        **{f"report {s}": ReportFound(s, LossKind.ORAL, AT, _LAPSES) for s in ReportState},
        "written report in force": ReportFound(ReportState.IN_FORCE, LossKind.WRITTEN, AT, None),
    },
}
"""The bank's good answers to each kind of request."""

REFUSALS: Mapping[str, Answer] = {
    f"refused: {code}": Refusal(
        code, Rule.CARD_STATES, 2 if code is RefusalCode.WRONG_PASSWORD else None
    )
    for code in RefusalCode
}
_ALIKE = list(REFUSALS)[2:]  # all but the wrong password and one other, which stands for them


def to_device(device: Device, usable: bool) -> Iterator[tuple[str, Event]]:
    """A device comes or goes."""
    if usable:
        yield f"{device} offline", DeviceChanged(device, DeviceStatus.OFFLINE)
        yield f"{device} broken", DeviceChanged(device, DeviceStatus.HARDWARE_ERROR)
        yield f"{device} tampered", DeviceChanged(device, DeviceStatus.FRAUD_ATTEMPT)
    else:
        yield f"{device} online", DeviceChanged(device, DeviceStatus.ONLINE)


def to_ticket(
    ticket: int, kind: str, taken: bool, *, every_refusal: bool
) -> Iterator[tuple[str, Event]]:
    """What the queue and the bank may say of a request that waits."""
    if not taken:
        yield "request taken", RequestTaken(ticket, CODE, AT)
        yield "request not taken", RequestNotTaken(ticket, "full")
        return
    for label, answer in {**ANSWERS[kind], **REFUSALS}.items():
        if every_refusal or label not in _ALIKE:
            yield f"bank: {label}", BankAnswered(ticket, answer)
