"""Guidance: whom to call, where to go, what to bring, and what each rule means. Asks nobody."""

from __future__ import annotations

from kiosk.fsm.library.choosing import Choose
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.library.saying import fact
from kiosk.fsm.steps import Service, said
from kiosk.fsm.telling import (
    Call,
    Facts,
    Option,
    Outlets,
    Question,
    Remark,
    Say,
    Told,
    Tone,
)
from kiosk.fsm.visit import Situation
from sscard.rules import Rule

BANKS, OUTLETS, BRING, RULES = "banks", "outlets", "bring", "rules"
_TOPICS = ((BANKS, "phone"), (OUTLETS, "search"), (BRING, "id"), (RULES, "page"))
_ERRANDS = {
    "activate": Rule.ACTIVATE_ORIGINALS,
    "unlock": Rule.PIN_UNLOCK,
    "loss": Rule.LOSS_WRITTEN_NOW,
    "cancel": Rule.LOSS_CANCEL,
    "replace": Rule.REPLACE_THIRTY_WORKING_DAYS,
    "change": Rule.CHANGE_DAMAGED,
    "apply": Rule.APPLY_PHOTO,
    "agent": Rule.APPLY_AGENT,
}
_THEMES = {
    "card": ("CARD.",),
    "bank": ("BANK.",),
    "apply": ("APPLY.",),
    "collect": ("COLLECT.",),
    "activate": ("ACTIVATE.",),
    "fee": ("FEE.",),
    "pin": ("PIN.",),
    "loss": ("LOSS.",),
    "replace": ("REPLACE.", "CHANGE."),
    "rights": ("RIGHTS.", "OFFLINE.", "PRIVACY."),
}
"""The themes of the rules, by how their names begin."""


def _topic(_: Situation) -> Question:
    return Question(
        Say("guidance.topic"),
        tuple(
            Option(topic, Say(f"guidance.{topic}"), Say(f"guidance.{topic}_second"), icon)
            for topic, icon in _TOPICS
        ),
    )


def _errand(_: Situation) -> Question:
    options = tuple(Option(errand, Say(f"guidance.for_{errand}")) for errand in _ERRANDS)
    return Question(Say("guidance.errand"), options)


def _theme(_: Situation) -> Question:
    options = tuple(Option(theme, Say(f"guidance.about_{theme}")) for theme in _THEMES)
    return Question(Say("guidance.theme"), options)


def _rules_of(theme: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in Rule if rule.startswith(_THEMES[theme]))


def _which_rule(now: Situation) -> Question:
    rules = _rules_of(now.person.said["theme"])
    return Question(
        Say("guidance.rule"), tuple(Option(rule, Say(f"rule_name.{rule}")) for rule in rules)
    )


def _tell(now: Situation) -> Told:
    heard = now.person.said
    match heard["topic"]:
        case topic if topic == BANKS:
            call = Call(Say("guidance.call"), Say("guidance.call"), Say("guidance.call_after"))
            return Told(Say("guidance.banks"), (call,), Rule.BANK_SIX)
        case topic if topic == OUTLETS:
            return Told(Say("guidance.outlets"), (Outlets(),), Rule.BANK_SIX)
        case topic if topic == BRING:
            errand = heard["errand"]
            things = Remark(Say(f"guidance.bring_{errand}"), Tone.CALM)
            title = Say("guidance.bring_title", {"errand": Say(f"guidance.for_{errand}")})
            return Told(title, (things,), _ERRANDS[errand])
    rule = Rule(heard["rule"])
    words = Remark(Say(f"rule.{rule}"), Tone.CALM)
    return Told(Say(f"rule_name.{rule}"), (words, Facts((fact("rule", rule.value),))), rule)


SERVICE = Service(
    "guidance",
    steps=(
        Choose(name="topic", asks=_topic),
        Choose(name="errand", asks=_errand, when=said("topic", BRING)),
        Choose(name="theme", asks=_theme, when=said("topic", RULES)),
        Choose(name="rule", asks=_which_rule, when=said("topic", RULES), part_of_last=True),
        ShowResult(leads_to=(), can_go_back=True),
    ),
    without_line=True,
    tell=_tell,
    order=140,
    icon="help",
    group="more",
    always=True,
)
