"""What replacing a lost card and changing another have in common: the way, and what came of it.

Application, fee with voucher, confirmation, in that order (REPLACE.PAY_THEN_CONFIRM). Whoever goes
away in between finds it again at any terminal: nothing is suspended before the confirmation.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.collecting import collection_rows, form_paper
from kiosk.fsm.library.custody import handed_in
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.paying import AwaitPayment
from kiosk.fsm.library.saying import fact, taken_facts
from kiosk.fsm.steps import Step, When, said
from kiosk.fsm.telling import (
    At,
    BankName,
    ByRule,
    Code,
    Fact,
    Facts,
    Money,
    Option,
    Question,
    Remark,
    Review,
    Say,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.reissue import BY_REASON, may_reissue
from sscard.requests import (
    Abandoned,
    Cards,
    FeeDue,
    ListedCard,
    Payment,
    PaymentLook,
    Reason,
    RefusalCode,
    ReissueAbandon,
    ReissueBegin,
    ReissueConfirm,
    Reissued,
)
from sscard.rules import Rule

GO_ON, GIVE_UP = "go_on", "give_up"
GOING_ON = said("decide", GO_ON)
_WHY_NOT = {
    RefusalCode.NEEDS_WRITTEN_LOSS: "written_loss",
    RefusalCode.CARD_LOST: "lost",
    RefusalCode.CARD_INACTIVE: "inactive",
    RefusalCode.CARD_SUSPENDED: "suspended",
}


# --- which card ------------------------------------------------------------------------------


def listed(visit: Visit) -> tuple[ListedCard, ...]:
    """The person's cards, as the bank listed them."""
    cards = visit.told("listing", Cards)
    return () if cards is None else cards.cards


def chosen(visit: Visit) -> ListedCard:
    """The card in place of which a new one is to be issued."""
    answer = visit.said.get("which", "card:1")  # nobody is asked where there is one alone
    return listed(visit)[int(answer.removeprefix("card:")) - 1]


def which(reason: Reason, words: str) -> Choose:
    """The question for the card: it is asked unless there is only one, which will do.

    `words` is where its own words are. All changes ask the same of a card, so one reason stands
    for them.
    """

    def asked(now: Situation) -> bool:
        cards = listed(now.person)
        return len(cards) != 1 or not may_reissue(cards[0].state, reason).allowed

    def question(now: Situation) -> Question:
        cards = listed(now.person)
        able = any(may_reissue(card.state, reason).allowed for card in cards)
        options = tuple(_option(n, card, reason) for n, card in enumerate(cards, 1))
        # A question that no answer fits is none: then the page says how things stand.
        return Question(Say(f"{words}.which" if able else f"{words}.none"), options)

    return Choose(
        name="which",
        when=When("several cards, or one for which it cannot be done", asked),
        part_of_last=True,
        asks=question,
    )


def _option(number: int, card: ListedCard, reason: Reason) -> Option:
    """A listed card; one for which it cannot be done says why, and by which rule."""
    decision = may_reissue(card.state, reason)
    second = Say("told.tail", {"tail": card.card_tail})
    if decision.refusal is not None:
        why = Say(f"reissue.not_{_WHY_NOT.get(decision.refusal, 'void')}")
        second = Say("reissue.not", {"tail": card.card_tail, "reason": why, "rule": decision.rule})
    return Option(f"card:{number}", BankName(card.bank_id), second, "card", decision.allowed)


# --- the fee, and the decision ----------------------------------------------------------------


def due(visit: Visit) -> FeeDue:
    """The application as the bank has it."""
    begun = visit.told("begin", FeeDue)
    assert begun is not None
    return begun


def ways_to_pay(begin: Callable[[Visit], ReissueBegin]) -> tuple[Step, ...]:
    """Begin the application or take it up, pay what is not paid yet, and decide."""
    return (
        LookUp(
            name="begin",
            part_of_last=True,
            required=True,
            request=begin,
            retries_at=("begin",),
        ),
        AwaitPayment(
            shows=_payment,
            asks=lambda visit: PaymentLook(evidence(visit), due(visit).application),
            begin_at="begin",
            when=When("not paid yet", lambda now: not due(now.person).is_paid),
            can_go_back=False,
        ),
        Choose(name="decide", asks=_decision, can_go_back=False),
    )


def ways_to_end() -> tuple[Step, ...]:
    """Confirm it, or give it up; then the result and the paper."""
    return (
        AskBank(
            name="giving_up",
            part_of_last=True,
            when=said("decide", GIVE_UP),
            request=lambda visit: ReissueAbandon(evidence(visit), due(visit).application),
            retry_at="giving_up",
            retries_at=("giving_up",),
        ),
        AskBank(when=GOING_ON, part_of_last=True, request=_confirmation),
        ShowResult(),
        PrintIt(),
    )


def _payment(now: Situation) -> Review:
    begun = due(now.person)
    lines = () if now.line_up else (Remark(Say("reissue.pay_no_line")),)
    return Review(
        Say("reissue.pay", {"fee": Money(begun.fee_fen)}),
        (
            *lines,
            Code(begun.pay_code, Say("reissue.pay_caption", {"before": At(begun.pay_before)})),
        ),
        Say("reissue.paid_button"),
        lead=Say("reissue.pay_first_free"),
    )


def _decision(now: Situation) -> Question:
    visit = now.person
    begun, paid = due(visit), visit.told("pay", Payment)
    card = chosen(visit)
    one = Say("told.bank_and_tail", {"bank": BankName(card.bank_id), "tail": card.card_tail})
    voucher = () if paid is None or paid.voucher is None else (_voucher(paid.voucher),)
    rows = Facts(
        (
            Fact(Say("reissue.old_card"), one),
            fact("fee", Say("reissue.fee_paid", {"fee": Money(begun.fee_fen)})),
            *voucher,
            *collection_rows(begun.collection)[1:],
        )
    )
    fee = {"fee": Money(begun.fee_fen)}
    options = [
        Option(GO_ON, Say("reissue.go_on"), Say("reissue.go_on_second"), "tick"),
        Option(GIVE_UP, Say("reissue.give_up"), Say("reissue.give_up_second", fee), "cross"),
    ]
    if begun.old_claim is not None:
        options.pop()  # the old card lies in a terminal already: a clerk gives it back
    title = Say("reissue.decide" if paid is not None else "reissue.decide_paid_before")
    return Question(title, tuple(options), (rows,))


def _confirmation(visit: Visit) -> ReissueConfirm:
    kept = handed_in(visit)
    return ReissueConfirm(
        evidence(visit),
        due(visit).application,
        None if kept is None else kept.card_number,
        due(visit).old_claim if kept is None else kept.claim,
    )


def _voucher(number: str) -> Fact:
    return Fact(Say("reissue.voucher"), number, bold=True)


# --- what came of it ---------------------------------------------------------------------------


def tell(reason_of: Callable[[Visit], Reason]) -> Callable[[Situation], Told]:
    """What came of it, for a service that knows the reason."""

    def told(now: Situation) -> Told:
        match now.person.answer:
            case Reissued() as reissued:
                return _reissued(now, reissued, reason_of(now.person))
            case Abandoned() as abandoned:
                return _abandoned(now, abandoned)
        return _unknown(now)

    return told


def _reissued(now: Situation, answer: Reissued, reason: Reason) -> Told:
    card, where = chosen(now.person), collection_rows(answer.collection)
    rule = BY_REASON[reason]
    papers = (
        Fact(Say("reissue.form"), answer.form_code, bold=True),
        _voucher(answer.voucher),
    )
    frozen = Say("reissue.suspended", {"tail": answer.card_tail})
    dead = Say("reissue.dead" if reason is Reason.LOST else "reissue.dead_changed")
    return Told(
        Say("reissue.done"),
        (
            Facts((*papers, *where[1:])),
            Remark(frozen, Tone.AMBER, after=dead),
        ),
        Rule.REPLACE_OLD_IS_DEAD,
        picture="done",
        paper=(
            *taken_facts(now),
            Fact(Say("reissue.reason"), Say(f"reissue.reason_{reason}")),
            *papers,
            fact("fee", Say("reissue.fee_paid", {"fee": Money(answer.fee_fen)})),
            *where,
            Fact(Say("reissue.old_card"), card.card_tail),
            *_kept(now.person),
            fact("answered", At(answer.at)),
            frozen,
            dead,
            *form_paper(answer.form_code),
            Say("reissue.activate_then"),
            ByRule(
                (
                    rule,
                    Rule.FEE_REISSUE_20,
                    Rule.REPLACE_THIRTY_WORKING_DAYS,
                    Rule.REPLACE_SUSPENDED,
                    Rule.REPLACE_OLD_IS_DEAD,
                    *(() if reason is Reason.LOST else (Rule.CHANGE_OLD_RETURNED,)),
                )
            ),
        ),
    )


def _abandoned(now: Situation, answer: Abandoned) -> Told:
    back, as_before = Money(answer.refunded_fen), Say("reissue.as_before")
    if answer.refunded_fen:
        note = Remark(Say("reissue.refunded"), Tone.JADE, big=back, after=as_before)
    else:
        note = Remark(as_before, Tone.JADE)  # there was nothing to give back
    return Told(
        Say("reissue.abandoned"),
        (note,),
        Rule.REPLACE_PAY_THEN_CONFIRM,
        picture="done",
        paper=(
            *taken_facts(now),
            fact("state", Say("reissue.abandoned"), bold=True),
            Fact(Say("reissue.refund"), back, bold=True),
            as_before,
            fact("answered", At(answer.at)),
            ByRule((Rule.REPLACE_PAY_THEN_CONFIRM,)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """The request is on its way, and nobody knows what became of it."""
    gives_up = now.person.said.get("decide") == GIVE_UP
    money = Say("reissue.unknown_give_up" if gives_up else "reissue.unknown_money")
    kept = _kept(now.person)
    lies_there = (Facts(kept),) if kept else ()
    return Told(
        Say("told.unknown"),
        (Remark(Say("told.unknown_next"), after=money), *lies_there),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=(
            *taken_facts(now),
            fact("state", Say("told.unknown"), bold=True),
            Say("told.unknown_next"),
            money,
            *kept,
            ByRule((Rule.OFFLINE_HONEST, Rule.OFFLINE_ONCE)),
        ),
    )


def _kept(visit: Visit) -> tuple[Fact, ...]:
    """Under which number the terminal keeps the old card, if it does."""
    kept = handed_in(visit)
    return () if kept is None else (Fact(Say("reissue.claim"), kept.claim, bold=True),)
