"""Apply for a card, or for its renewal, as a flexible employee: oneself, or an agent for them.

Bank, details and photo are settled here, in that order; what is confirmed at the end counts as
the signature on the form, and the answer as the service point's (APPLY.BOTH_SIGN).
"""

from __future__ import annotations

from kiosk.fsm.library.agent import LayAgentIdCard, LayHolderIdCard, agent_evidence
from kiosk.fsm.library.asking import AskBank, LookUp
from kiosk.fsm.library.choosing import Choose, Confirm, HoldUpCode
from kiosk.fsm.library.collecting import collection_rows, form_paper
from kiosk.fsm.library.ending import PrintIt, ShowResult
from kiosk.fsm.library.evidence import evidence
from kiosk.fsm.library.presence import CopyIdCard
from kiosk.fsm.library.saying import fact, saved_step
from kiosk.fsm.library.typing import TypeNumber
from kiosk.fsm.steps import Service, said
from kiosk.fsm.telling import (
    At,
    BankName,
    ByRule,
    Fact,
    Facts,
    Option,
    Path,
    PathStep,
    Question,
    ReceiptCode,
    Remark,
    Review,
    Say,
    StepState,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation, Visit
from sscard.applying import (
    TELEPHONE_DIGITS_MAX,
    TELEPHONE_DIGITS_MIN,
    is_telephone,
    masked_address,
    masked_telephone,
    photo_receipt_from_text,
)
from sscard.requests import (
    ApplicationLook,
    ApplicationSubmit,
    ApplicationTaken,
    ApplicationTerms,
    Details,
    Evidence,
    IdCopy,
    RefusalCode,
)
from sscard.rules import Rule

SELF, AGENT = "self", "agent"
RIGHT, TELEPHONE, ADDRESS, BOTH = "right", "telephone", "address", "both"
ID_PHOTO, RECEIPT = "id_photo", "receipt"
_BY_AGENT = said("who", AGENT)


def _terms(now: Situation) -> ApplicationTerms:
    terms = now.person.told("terms", ApplicationTerms)
    assert terms is not None
    return terms


def _agent(visit: Visit) -> Evidence | None:
    return agent_evidence(visit) if visit.said["who"] == AGENT else None


def _look(visit: Visit) -> ApplicationLook:
    return ApplicationLook(evidence(visit), _agent(visit))


# --- the questions -------------------------------------------------------------------------


def _who(_: Situation) -> Question:
    return Question(
        Say("apply.who"),
        (
            Option(SELF, Say("apply.self"), Say("apply.self_second"), "person"),
            Option(AGENT, Say("apply.agent"), Say("apply.agent_second"), "people"),
        ),
    )


def _which_bank(now: Situation) -> Question:
    terms = _terms(now)
    options = tuple(Option(each, BankName(each), icon="bank") for each in terms.banks)
    free = terms.rule is Rule.BANK_FREE_CHOICE
    return Question(
        Say("apply.which_bank" if free else "apply.one_bank"),
        options,
        (Remark(Say(f"apply.by.{terms.rule.name.lower()}"), Tone.CALM),),
    )


def _confirm_bank(now: Situation) -> Review:
    bank = BankName(now.person.said["bank"])
    return Review(
        Say("apply.confirm_bank"),
        (
            Facts((fact("bank", bank), Fact(Say("apply.first_or_renewal"), _kind(now)))),
            Remark(Say("apply.bank_stays"), Tone.AMBER),
        ),
        Say("apply.bank_confirmed"),
        picture="bank",
    )


def _kind(now: Situation) -> Say:
    return Say("apply.renewal" if _terms(now).is_renewal else "apply.first")


def _check_details(now: Situation) -> Question:
    known = _terms(now).details
    rows = (
        Fact(Say("apply.telephone"), masked_telephone(known.telephone)),
        Fact(Say("apply.address"), masked_address(known.address)),
    )
    return Question(
        Say("apply.details"),
        tuple(
            Option(answer, Say(f"apply.details_{answer}"))
            for answer in (RIGHT, TELEPHONE, ADDRESS, BOTH)
        ),
        (Facts(rows),),
    )


def _which_photo(now: Situation) -> Question:
    has_photo = _terms(now).has_photo
    second = Say("apply.id_photo_second" if has_photo else "apply.no_id_photo")
    return Question(
        Say("apply.photo"),
        (
            Option(ID_PHOTO, Say("apply.id_photo"), second, "id", enabled=has_photo),
            Option(RECEIPT, Say("apply.receipt"), Say("apply.receipt_second"), "page"),
        ),
        () if has_photo else (Remark(Say("apply.needs_receipt")),),
    )


# --- the form ------------------------------------------------------------------------------


def _telephone(now: Situation) -> str:
    return now.person.said.get("telephone", _terms(now).details.telephone)


def _address_is_wrong(visit: Visit) -> bool:
    return visit.said["details"] in (ADDRESS, BOTH)


def _sign(now: Situation) -> Review:
    visit = now.person
    address = (
        Say("apply.address_asked")
        if _address_is_wrong(visit)
        else masked_address(_terms(now).details.address)
    )
    photo = "apply.by_receipt" if visit.said["photo"] == RECEIPT else "apply.by_id_photo"
    rows = Facts(
        (
            Fact(Say("apply.first_or_renewal"), _kind(now)),
            fact("bank", BankName(visit.said["bank"])),
            Fact(Say("apply.telephone"), masked_telephone(_telephone(now))),
            Fact(Say("apply.address"), address),
            Fact(Say("apply.photo_of_card"), Say(photo)),
        )
    )
    means = "apply.sign_agent" if visit.said["who"] == AGENT else "apply.sign_self"
    return Review(Say("apply.sign"), (rows, Remark(Say(means), Tone.AMBER)), Say("apply.sign_now"))


def _submit(visit: Visit) -> ApplicationSubmit:
    terms = visit.told("terms", ApplicationTerms)
    assert terms is not None
    agent, copy = _agent(visit), None
    if agent is not None:
        copy = IdCopy(*visit.pictures["copy"])
    return ApplicationSubmit(
        evidence=evidence(visit),
        bank_id=visit.said["bank"],
        details=Details(
            visit.said.get("telephone", terms.details.telephone), terms.details.address
        ),
        is_signed=True,  # this is asked for only once the form has been confirmed
        photo_receipt=visit.said.get("photo_receipt"),
        is_address_wrong=_address_is_wrong(visit),
        agent=agent,
        copy=copy,
    )


# --- what came of it -----------------------------------------------------------------------


def _tell(now: Situation) -> Told:
    answer = now.person.answer
    return _taken(now, answer) if isinstance(answer, ApplicationTaken) else _unknown(now)


def _taken(now: Situation, answer: ApplicationTaken) -> Told:
    path = Path(
        (
            PathStep(Say("apply.signed"), (), StepState.DONE),
            PathStep(
                Say("apply.confirmed"),
                (Say("apply.confirmed_note", {"at": At(answer.at)}),),
                StepState.DONE,
            ),
            PathStep(Say("apply.making"), (Say("apply.making_note"),), StepState.NOW),
            PathStep(Say("apply.collect"), (), StepState.LATER),
        )
    )
    asked = (
        (Remark(Say("apply.address_next"), Tone.AMBER),) if _address_is_wrong(now.person) else ()
    )
    kind = Say("apply.renewal" if answer.is_renewal else "apply.first")
    return Told(
        Say("apply.taken"),
        (path, Facts(collection_rows(answer.collection)), *asked),
        Rule.APPLY_THIRTY_WORKING_DAYS,
        lead=Say("apply.taken_lead"),
        picture="done",
        paper=(
            Fact(Say("apply.first_or_renewal"), kind),
            Fact(Say("collecting.form_number"), answer.form_code, bold=True),
            fact("state", Say("apply.both_signed"), bold=True),
            fact("answered", At(answer.at)),
            *collection_rows(answer.collection),
            *((Say("apply.address_next"),) if asked else ()),
            *form_paper(answer.form_code),
            ByRule((Rule.APPLY_THIRTY_WORKING_DAYS, Rule.APPLY_UNIQUE_FORM)),
        ),
    )


def _unknown(now: Situation) -> Told:
    """The form is on its way, and nobody has said yet whether it was taken."""
    taken = now.person.taken
    assert taken is not None
    path = Path(
        (
            saved_step(now, "told.kept"),
            PathStep(Say("told.sending"), (Say("apply.sending_note"),), StepState.NOW),
        )
    )
    return Told(
        Say("apply.unknown"),
        (path, Remark(Say("apply.unknown_next"))),
        Rule.OFFLINE_HONEST,
        tone=Tone.AMBER,
        paper=(
            fact("code", ReceiptCode(taken.code), bold=True),
            fact("state", Say("apply.unknown"), bold=True),
            Say("apply.unknown_next"),
            ByRule((Rule.OFFLINE_HONEST,)),
        ),
    )


SERVICE = Service(
    "apply",
    steps=(
        Choose(name="who", asks=_who),
        LayAgentIdCard(when=_BY_AGENT, part_of_last=True),
        LayHolderIdCard(by_agent=_BY_AGENT),
        LookUp(
            name="terms", part_of_last=True, request=_look, required=True, retries_at=("terms",)
        ),
        Choose(name="bank", asks=_which_bank),
        Confirm(name="confirm_bank", part_of_last=True, shows=_confirm_bank),
        Choose(name="details", asks=_check_details),
        TypeNumber(
            name="telephone",
            when=said("details", TELEPHONE, BOTH),
            part_of_last=True,
            shortest=TELEPHONE_DIGITS_MIN,
            longest=TELEPHONE_DIGITS_MAX,
            fits=is_telephone,
        ),
        Choose(name="photo", asks=_which_photo),
        HoldUpCode(
            name="photo_receipt",
            when=said("photo", RECEIPT),
            part_of_last=True,
            spare=True,
            picture="hold_bars",
            reads=photo_receipt_from_text,
            unknown=RefusalCode.PHOTO_UNKNOWN,
            retries_at=("photo_receipt",),
        ),
        CopyIdCard(when=_BY_AGENT, part_of_last=True, spare=True),
        Confirm(name="sign", shows=_sign),
        AskBank(
            request=_submit,
            retries_at=("asking", "photo"),
            mends={RefusalCode.PHOTO_UNKNOWN: "photo"},
        ),
        ShowResult(),
        PrintIt(),
    ),
    without_line=False,
    tell=_tell,
    order=120,
    group="more",
    icon="page",
)
