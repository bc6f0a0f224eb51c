"""What the bank does with each kind of request. The rules are `sscard`'s; here they meet the ledger.

Every function runs inside the transaction that also stores its answer (OFFLINE.ONCE), and
says no with a `Refusal`, never with an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bank import ledger
from bank.clock import to_text, to_text_or_none
from bank.ledger import StoredAccount, StoredCard, Told
from bank.pin import BadPinBlock, is_password, password_from_block
from sscard import access, loss
from sscard.cards import Account, CardState, masked_tail
from sscard.decisions import Decision
from sscard.requests import (
    Answer,
    BalanceByOwnChannel,
    BalanceCheck,
    Balances,
    CardFrozen,
    CardList,
    Cards,
    Evidence,
    ListedCard,
    LossInForce,
    LossReport,
    PasswordUnlock,
    Refusal,
    RefusalCode,
    ReportFound,
    ReportState,
    ReportStatus,
    Request,
    Unlocked,
)
from sscard.rules import Rule
from sscard.working_days import end_of_next_working_day

# The cards that somebody can hold in a hand, or could until they lost it.
_LISTED = (
    CardState.INACTIVE,
    CardState.ACTIVE,
    CardState.LOST_ORAL,
    CardState.LOST_WRITTEN,
    CardState.SUSPENDED,
)

# A request that is none, or a PIN block that does not open (CARD.STATES: "anything else is refused").
MALFORMED = Refusal(RefusalCode.MALFORMED, Rule.CARD_STATES)
TOO_LATE = Refusal(RefusalCode.TOO_LATE, Rule.OFFLINE_THREE)
_SURELY_IN_TIME = timedelta(days=1)  # no balance check's time is over sooner


@dataclass(frozen=True, slots=True)
class Operation:
    """What a service knows of its request beside the request."""

    op_id: str
    code: str  # of the receipt
    now: datetime  # the bank's receipt of it
    latest: datetime  # when the terminal accepted it, at the latest
    terminal: str
    epoch: int
    lane: str
    lane_seq: int
    oral_days: int
    pin_tries: int
    unlock_hours: float
    pin_key: bytes | None = field(repr=False)  # of the terminal's pad
    pepper: bytes = field(repr=False)


def answer_to(
    connection: Connection, request: Request, pin_block: str | None, operation: Operation
) -> Answer | None:
    """Decide a request, with its effect. None: a later loss report has superseded it."""
    if is_too_late(request, operation):
        tell_expired(connection, request, operation)
        return TOO_LATE
    match request:
        case BalanceCheck():
            return balance_check(connection, request, pin_block, operation)
        case CardList():
            return card_list(connection, request, operation)
        case LossReport():
            return loss_report(connection, request, operation)
        case PasswordUnlock():
            return password_unlock(connection, request, operation)
        case ReportStatus():
            return report_status(connection, request, operation)


def is_too_late(request: Request, operation: Operation) -> bool:
    """Whether the time that a request may wait is over, however late it was accepted.

    A loss report waits without end; what is only read harms nobody.
    """
    match request:
        case PasswordUnlock():
            waited = timedelta(hours=operation.unlock_hours)
            return operation.now > operation.latest + waited
        case BalanceCheck():
            if operation.now <= operation.latest + _SURELY_IN_TIME:
                return False
            return operation.now > end_of_next_working_day(operation.latest)
    return False


def tell_expired(connection: Connection, request: Request, operation: Operation) -> None:
    """The request was never done: the bank's own channel tells the holder of the card.

    Nobody is told of a card that is not theirs.
    """
    match request:
        case PasswordUnlock():
            what = Told.UNLOCK_EXPIRED
        case BalanceCheck():
            what = Told.BALANCE_EXPIRED
        case _:
            return
    card = ledger.card_by_number(connection, request.card_number)
    if card is not None and _is_holders(card, request.evidence):
        ledger.tell_by_own_channel(connection, operation.op_id, card.card_id, what, operation.now)


def tell_unheard(connection: Connection, request: Request, op_id: str, now: datetime) -> None:
    """Balances were answered, and nobody heard it: the bank's own channel tells the holder."""
    if not isinstance(request, BalanceCheck):
        return
    card = ledger.card_by_number(connection, request.card_number)
    if card is not None and _is_holders(card, request.evidence):
        ledger.tell_by_own_channel(connection, op_id, card.card_id, Told.BALANCES, now)


def balance_check(
    connection: Connection,
    request: BalanceCheck,
    pin_block: str | None,
    operation: Operation,
) -> Answer:
    """Both balances of the card that was in the reader, to its holder.

    The one password asked for is the financial account's. Without a PIN block (the check was
    queued) nothing is told here: the bank's own channel tells the holder (OFFLINE.ANSWER).
    """
    card = ledger.card_by_number(connection, request.card_number)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    # Who asks comes first: a stranger does not learn even the card's state.
    refusal = _refusal(_same_person((card.id_number, card.name), request.evidence))
    refusal = refusal or _refusal(access.balances(_state(card, operation.now)))
    if refusal is not None:
        return refusal
    if pin_block is None:
        ledger.tell_by_own_channel(
            connection, operation.op_id, card.card_id, Told.BALANCES, operation.now
        )
        return BalanceByOwnChannel(to_text(operation.now))
    financial = ledger.account_of(connection, card.card_id, Account.FINANCIAL)
    refusal = _try_password(connection, card, financial, pin_block, operation)
    if refusal is not None:
        return refusal
    medical = ledger.account_of(connection, card.card_id, Account.MEDICAL)
    return Balances(
        medical_fen=medical.balance_fen,
        financial_fen=financial.balance_fen,
        bank_id=card.bank_id,
        card_tail=masked_tail(card.card_number),
        at=to_text(operation.now),
    )


def card_list(connection: Connection, request: CardList, operation: Operation) -> Answer:
    """The person's cards, masked, each with its state now; not those that are out of the world."""
    refusal = _known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    listed = []
    for card in ledger.cards_of(connection, request.evidence.id_number.strip()):
        state = _state(card, operation.now)
        if state not in _LISTED:
            continue
        lapses_at = card.standing.lapses_at if state is CardState.LOST_ORAL else None
        listed.append(
            ListedCard(
                card_id=card.card_id,
                bank_id=card.bank_id,
                card_tail=masked_tail(card.card_number),
                state=state,
                lapses_at=to_text_or_none(lapses_at),
            )
        )
    return Cards(tuple(listed))


def loss_report(connection: Connection, request: LossReport, operation: Operation) -> Answer:
    """Freeze one card of the person, or all that can be reported, now (LOSS.FREEZE_ON_RECEIPT)."""
    refusal = _known_person(connection, request.evidence)
    if refusal is not None:
        return refusal
    owned = ledger.cards_of(connection, request.evidence.id_number.strip(), to_change=True)
    if request.card_id is not None:
        owned = [card for card in owned if card.card_id == request.card_id]
        if not owned:
            return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    frozen: list[CardFrozen] = []
    refused: set[Decision] = set()
    for card in owned:
        done = loss.report(card.standing, request.loss, operation.now, operation.oral_days)
        if done.freeze is None:
            refused.add(done.decision)
            continue
        if done.standing != card.standing:
            ledger.set_standing(connection, card.card_id, done.standing)
        ledger.keep_report(connection, operation.op_id, operation.code, card.card_id, done.freeze)
        frozen.append(
            CardFrozen(
                bank_id=card.bank_id,
                card_tail=masked_tail(card.card_number),
                loss=done.freeze.loss,
                since=to_text(done.freeze.since),
                lapses_at=to_text_or_none(done.freeze.lapses_at),
                rule=done.decision.rule,
            )
        )
    if frozen:
        return LossInForce(tuple(frozen), to_text(operation.now))
    if len(refused) == 1:
        return _refused(refused.pop())
    return Refusal(RefusalCode.NO_CARD_TO_REPORT, Rule.CARD_STATES)


def password_unlock(
    connection: Connection, request: PasswordUnlock, operation: Operation
) -> Answer | None:
    """Set the account's count of wrong entries to 0, for the card's holder (PIN.UNLOCK).

    Asks for no password and sets none. None: since it was asked for, the person has reported
    the card lost, and that report arrived first.
    """
    card = ledger.card_by_number(connection, request.card_number, to_change=True)
    if card is None:
        return Refusal(RefusalCode.CARD_UNKNOWN, Rule.CARD_STATES)
    refusal = _refusal(_same_person((card.id_number, card.name), request.evidence))
    if refusal is not None:
        return refusal
    if ledger.is_reported_later(
        connection,
        operation.terminal,
        operation.epoch,
        operation.lane,
        operation.lane_seq,
        card.card_id,
    ):
        return None
    refusal = _refusal(access.unlock(_state(card, operation.now)))
    if refusal is not None:
        return refusal
    account = ledger.account_of(connection, card.card_id, request.account)
    if account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, request.account, 0)
    return Unlocked(request.account, masked_tail(card.card_number), to_text(operation.now))


def report_status(connection: Connection, request: ReportStatus, operation: Operation) -> Answer:
    """What became of the report with this code.

    Of a report that froze several cards the weakest is told, so that nobody takes for frozen
    what is not: one that no longer holds before one that does, then the one that lapses first.
    """
    found = ledger.reports_by_code(connection, request.code)
    if not found:
        # The bank freezes what it has received; under this code it has received nothing.
        return Refusal(RefusalCode.CODE_UNKNOWN, Rule.LOSS_FREEZE_ON_RECEIPT)
    told = [
        (loss.report_state(freeze, standing, operation.now), freeze) for freeze, standing in found
    ]
    state, freeze = min(
        told,
        key=lambda each: (
            each[0] is ReportState.IN_FORCE,
            each[1].lapses_at is None,
            each[1].lapses_at or each[1].since,
        ),
    )
    return ReportFound(state, freeze.loss, to_text(freeze.since), to_text_or_none(freeze.lapses_at))


def _try_password(
    connection: Connection,
    card: StoredCard,
    account: StoredAccount,
    pin_block: str,
    operation: Operation,
) -> Refusal | None:
    """Spend one try on the card's financial password; None when it was right (PIN.LOCK)."""
    if operation.pin_key is None:
        return MALFORMED
    try:
        password = password_from_block(pin_block, card.pan, operation.pin_key)
    except BadPinBlock:
        # The pad's or the line's fault, not a guess: no try is spent.
        return MALFORMED
    is_right = is_password(password, account.salt, operation.pepper, account.password_hash)
    tried = access.password_tried(is_right, account.wrong_in_a_row, operation.pin_tries)
    if tried.wrong_in_a_row != account.wrong_in_a_row:
        ledger.set_wrong_in_a_row(connection, card.card_id, Account.FINANCIAL, tried.wrong_in_a_row)
    return _refusal(tried.decision, tried.tries_left)


def _known_person(connection: Connection, evidence: Evidence) -> Refusal | None:
    name = ledger.name_of(connection, evidence.id_number.strip())
    if name is None:
        return Refusal(RefusalCode.PERSON_UNKNOWN, Rule.ACTIVATE_ORIGINALS)
    return _refusal(_same_person((evidence.id_number, name), evidence))


def _same_person(holder: tuple[str, str], evidence: Evidence) -> Decision:
    return access.same_person(holder, (evidence.id_number, evidence.name))


def _is_holders(card: StoredCard, evidence: Evidence) -> bool:
    return _same_person((card.id_number, card.name), evidence).allowed


def _state(card: StoredCard, now: datetime) -> CardState:
    return loss.state_at(card.standing.state, card.standing.lapses_at, now)


def _refusal(decision: Decision, tries_left: int | None = None) -> Refusal | None:
    return None if decision.allowed else _refused(decision, tries_left)


def _refused(decision: Decision, tries_left: int | None = None) -> Refusal:
    assert decision.refusal is not None
    return Refusal(decision.refusal, decision.rule, tries_left)
