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
    CardRetained,
    CardTrouble,
    ChallengeGiven,
    CodeSeen,
    CodeUnreadable,
    CommandDone,
    CommandTorn,
    Device,
    DeviceChanged,
    DeviceEvent,
    DeviceStatus,
    DocumentCopied,
    DocumentKind,
    IdDocument,
    IdNotRead,
    IdRead,
    IdTrouble,
    NotPrinted,
    NotRetained,
    PictureWanting,
    PinEntered,
    PinProgress,
    PinState,
    PinStop,
    PinStopped,
    Printed,
    PrintTrouble,
    RetainTrouble,
    Side,
    StillTaken,
    Wanting,
)
from kiosk.fsm.events import BankAnswered, Event, RequestNotTaken, RequestTaken
from sscard.cards import Account, CardState, LossKind
from sscard.forms import form_qr_text
from sscard.requests import (
    Abandoned,
    Activated,
    Answer,
    ApplicationTaken,
    ApplicationTerms,
    BalanceByOwnChannel,
    Balances,
    CardFound,
    CardFrozen,
    Cards,
    ChipCommand,
    Collection,
    Contribution,
    Contributions,
    Details,
    ElectronicActivated,
    ElectronicHolder,
    FeeDue,
    Insurance,
    InsuranceStanding,
    ListedCard,
    LossCancelled,
    LossInForce,
    Member,
    MemberState,
    Noted,
    OnItsWay,
    PasswordSet,
    Payment,
    PaymentState,
    Refusal,
    RefusalCode,
    Reissued,
    ReportFound,
    ReportState,
    Rights,
    Stage,
    UnitBatch,
    Unlocked,
    Whereabouts,
)
from sscard.rules import Rule

TODAY = date(2030, 6, 14)
AT = "2030-06-14T10:32:05+08:00"
CODE = "7K42MX9QD"
ID_NUMBER = "990000198001010018"
OTHER_ID_NUMBER = "990000198001010026"
PAN = "6200000000000000018"


FORM = "300614-BANK0-7K42MX9QD-W"


def _document(number: str, until: date | None) -> IdDocument:
    return IdDocument(DocumentKind.RESIDENT, number, "测试", valid_until=until)


def _card(
    *,
    number: str | None = ID_NUMBER,
    pan: str | None = PAN,
    expires: date = date(2035, 1, 1),
    card: str = "A99000018",
) -> CardFacts:
    return CardFacts("2.00", card, "99", expires=expires, social_security_number=number, pan=pan)


def _chip(state: PinState, *, code: str = "99", cipher: str = "01") -> ChallengeGiven:
    return ChallengeGiven(code, cipher, "0" * 16, state, 6 if state is PinState.READY else 0)


BY_DEVICE: Mapping[Device, Mapping[str, DeviceEvent]] = {
    Device.ID_SCANNER: {
        "ID read": IdRead(_document(ID_NUMBER, date(2040, 1, 1))),
        "somebody else's ID read": IdRead(_document(OTHER_ID_NUMBER, date(2040, 1, 1))),
        "expired ID read": IdRead(_document(ID_NUMBER, date(2030, 6, 13))),
        **{f"ID not read: {why}": IdNotRead(why) for why in IdTrouble},
    },
    Device.CARD_READER: {
        "card read": CardRead(_card()),
        "card without a name read": CardRead(_card(number=None)),
        "card without bank application read": CardRead(_card(pan=None)),
        "the old card read": CardRead(_card(card="A99000010")),  # the one that a list shows
        "somebody else's card read": CardRead(_card(number="990000198001010026")),
        "expired card read": CardRead(_card(expires=date(2030, 6, 13))),
        **{f"card not read: {why}": CardNotRead(why) for why in CardTrouble},
        "challenge given": _chip(PinState.READY),
        "challenge given, password blocked": _chip(PinState.BLOCKED),
        "challenge of another card": _chip(PinState.READY, code="98"),
        "challenge of a cipher nobody knows": _chip(PinState.READY, cipher="02"),
        "chip: done": CommandDone("9000"),
        "chip: refused": CommandDone("6988"),
        "chip: gone before it answered": CommandTorn(sent=True),
        "chip: gone before it was asked": CommandTorn(sent=False),
    },
    Device.PIN_PAD: {
        "a digit": PinProgress(1),
        "digits cleared": PinProgress(0),
        "password entered": PinEntered("0" * 16),
        "another password entered": PinEntered("1" * 16),
        **{f"password stopped: {why}": PinStopped(why) for why in PinStop},
    },
    Device.RECEIPT_PRINTER: {
        "printed": Printed(),
        **{f"not printed: {why}": NotPrinted(why) for why in PrintTrouble},
    },
    Device.CAMERA: {
        "our code seen": CodeSeen(f"SSC-LOSS:{CODE}"),
        "form seen": CodeSeen(form_qr_text(FORM)),
        "photo receipt seen": CodeSeen("DG20300601000123"),
        "another code seen": CodeSeen("HTTPS://EXAMPLE.ORG/"),
        "code unreadable": CodeUnreadable(),
        **{f"picture wanting: {why}": PictureWanting(why) for why in Wanting},
        "still taken": StillTaken(b"still"),
        **{f"{side} copied": DocumentCopied(side, b"copy") for side in Side},
    },
}
"""What each device may say to its order: none of it comes when the device has no order."""

CLAIM = "K7M4QX"
KEEPING: Mapping[str, DeviceEvent] = {
    "card kept": CardRetained(CLAIM),
    **{f"card not kept: {why}": NotRetained(CLAIM, why) for why in RetainTrouble},
}
"""What the reader may say to the order to keep the card."""

SLOT: Mapping[str, DeviceEvent] = {
    "card inserted": CardInserted(),
    "mute card inserted": CardMute(),
    "card removed": CardRemoved(),
}


def _cards(*states: CardState) -> Cards:
    return Cards(
        tuple(ListedCard(f"id-{n}", f"bank-{n}", f"001{n}", s) for n, s in enumerate(states))
    )


def _listed(state: CardState) -> ListedCard:
    return ListedCard("id-0", "bank-0", "0010", state)


def _frozen(loss: LossKind, lapses_at: str | None, rule: Rule) -> LossInForce:
    return LossInForce((CardFrozen("bank-0", "0010", loss, AT, lapses_at, rule),), AT)


def _contributions(*years: int) -> Contributions:
    rows = tuple(
        Contribution(month, each, 30_000, 60_000) for month in (1, 2) for each in Insurance
    )
    return Contributions(years[0], years, rows, AT)


VOUCHER = "300614-7K42MX9QD-R"
_COLLECTION = Collection(date(2030, 7, 26), True, "bank-0", "示例支行", "Sample Sub-branch")


def _fee_due(*, is_paid: bool, old_claim: str | None = None) -> FeeDue:
    pay_code = f"SSC-PAY:{CODE}:2000"
    before = "2030-06-15T10:32:05+08:00"
    return FeeDue("application", 2_000, pay_code, before, _COLLECTION, is_paid, old_claim)


def _terms(
    rule: Rule, *banks: str, is_renewal: bool = False, has_photo: bool = True
) -> ApplicationTerms:
    details = Details("13900001111", "东莞市示例区样板路1号")
    return ApplicationTerms(is_renewal, banks, rule, details, has_photo)


def _on_its_way(stage: Stage) -> OnItsWay:
    gone = date(2030, 8, 1) if stage in (Stage.AT_BANK, Stage.DESTROYED) else None
    return OnItsWay(FORM, stage, TODAY, _COLLECTION, gone)


def _batch(*states: MemberState, overdue: bool = False) -> UnitBatch:
    members = tuple(Member(f"m-{n}", "测＊", f"41{n:02}", each) for n, each in enumerate(states))
    by = date(2030, 6, 13) if overdue else date(2030, 6, 17)
    outlet = ("示例支行", "Sample Sub-branch")
    return UnitBatch("示例厂", "bank-0", *outlet, date(2030, 6, 10), by, True, members)


_LAPSES = "2030-06-19T10:32:05+08:00"
ANSWERS: Mapping[str, Mapping[str, Answer]] = {
    "card_list": {
        "no card": _cards(),
        "a card reported already": _cards(CardState.LOST_WRITTEN),
        "one card": _cards(CardState.ACTIVE),
        "two cards": _cards(CardState.ACTIVE, CardState.LOST_ORAL),
        "three cards": _cards(CardState.ACTIVE, CardState.ACTIVE, CardState.LOST_ORAL),
        "one card in use, three not": _cards(
            CardState.ACTIVE, CardState.INACTIVE, CardState.SUSPENDED, CardState.LOST_WRITTEN
        ),
        "one card that is void": _cards(CardState.SUPERSEDED),
    },
    "loss_cancel": {"cancelled": LossCancelled("bank-0", "0010", AT)},
    "card_kept": {"noted": Noted(AT)},
    "loss_report": {
        "in force, oral": _frozen(LossKind.ORAL, _LAPSES, Rule.LOSS_ORAL_LAPSE),
        "in force, written": _frozen(LossKind.WRITTEN, None, Rule.LOSS_WRITTEN_NOW),
    },
    "payment_records": {
        "one year": _contributions(2030),
        "two years": _contributions(2030, 2029),
    },
    "rights_record": {
        "rights": Rights(
            (
                InsuranceStanding(Insurance.PENSION, 120, True, "2020-06"),
                InsuranceStanding(Insurance.MEDICAL, 12, False, "2019-01"),
            ),
            AT,
        )
    },
    "electronic_look": {"holder": ElectronicHolder("测＊", "0010", CardState.ACTIVE, AT)},
    "electronic_activate": {"activated": ElectronicActivated("0010", AT)},
    "card_look": {
        "an active card": CardFound(_listed(CardState.ACTIVE)),
        "a card with one password locked": CardFound(
            _listed(CardState.ACTIVE), (Account.FINANCIAL,)
        ),
        "a card with both passwords locked": CardFound(_listed(CardState.ACTIVE), (*Account,)),
        "a new card": CardFound(_listed(CardState.INACTIVE)),
        "a new card, and an old one of the bank": CardFound(
            _listed(CardState.INACTIVE), (), _listed(CardState.ACTIVE)
        ),
        "a lost card": CardFound(_listed(CardState.LOST_ORAL)),
        "a card reported in writing": CardFound(_listed(CardState.LOST_WRITTEN)),
    },
    "activation": {
        "activated": Activated("bank-0", "0010", AT),
        "activated in place of another": Activated("bank-0", "0010", AT, "0011"),
    },
    "password_change": {f"{each} password set": PasswordSet(each, "0010", AT) for each in Account},
    "password_reset": {f"{each} password set": PasswordSet(each, "0010", AT) for each in Account},
    "chip_unlock": {"command for the chip": ChipCommand("step", f"842400010C{'0' * 24}")},
    "chip_unlock_done": {
        "chip's password set": PasswordSet(Account.MEDICAL, "0010", AT),
        "noted that nobody knows": Noted(AT),
    },
    "password_unlock": {
        f"{each} password unlocked": Unlocked(each, "0010", AT) for each in Account
    },
    "balance_check": {
        "balances": Balances(328_640, 1_205, "bank-0", "0010", AT),
        "balance by own channel": BalanceByOwnChannel(AT),
    },
    "report_status": {
        **{f"report {s}": ReportFound(s, LossKind.ORAL, AT, _LAPSES) for s in ReportState},
        "written report in force": ReportFound(ReportState.IN_FORCE, LossKind.WRITTEN, AT, None),
    },
    "reissue_begin": {
        "fee due": _fee_due(is_paid=False),
        "fee paid and old card handed in already": _fee_due(is_paid=True, old_claim=CLAIM),
    },
    "payment_look": {
        f"payment {state}": Payment(state, 2_000, VOUCHER if state is PaymentState.PAID else None)
        for state in PaymentState
    },
    "reissue_confirm": {
        "reissued": Reissued(FORM, VOUCHER, 2_000, "0010", _COLLECTION, AT),
    },
    "application_look": {
        "free choice of banks": _terms(Rule.BANK_FREE_CHOICE, "bank-0"),
        "comprehensive insurance": _terms(Rule.BANK_COMPREHENSIVE, "bank-0", is_renewal=True),
        "a village's unit, no photo": _terms(Rule.BANK_VILLAGE, "bank-1", has_photo=False),
    },
    "application_submit": {
        "application taken": ApplicationTaken(FORM, False, _COLLECTION, AT),
    },
    "where_is_my_card": {
        "no card on its way": Whereabouts(()),
        **{f"card {each}": Whereabouts((_on_its_way(each),)) for each in Stage},
        "two cards": Whereabouts((_on_its_way(Stage.AT_BANK), _on_its_way(Stage.COLLECTED))),
    },
    "unit_look": {
        "six cards": _batch(*[MemberState.WITH_UNIT] * 5, MemberState.HANDED_OUT),
        "overdue cards": _batch(MemberState.WITH_UNIT, overdue=True),
        "no card left": _batch(MemberState.HANDED_OUT, MemberState.RETURNED),
    },
    "unit_update": {
        "card marked": _batch(*[MemberState.WITH_UNIT] * 4, *[MemberState.HANDED_OUT] * 2),
        "last card marked": _batch(MemberState.HANDED_OUT, MemberState.RETURNED),
    },
    "reissue_abandon": {
        "abandoned": Abandoned(2_000, AT),
        "abandoned unpaid": Abandoned(0, AT),
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


def to_bin(can_keep: bool) -> Iterator[tuple[str, Event]]:
    """The reader can keep a card from now on, or cannot any more."""
    can = "cannot keep a card" if can_keep else "can keep a card"
    changed = DeviceChanged(Device.CARD_READER, DeviceStatus.ONLINE, retains=not can_keep)
    yield f"reader {can}", changed


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
