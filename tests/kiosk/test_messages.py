"""Every text a person may see: both languages say the same things, and nothing is missing."""

from __future__ import annotations

import re
import string

import pytest

from kiosk.drivers.events import (
    CardTrouble,
    Device,
    IdTrouble,
    PinStop,
    PrintTrouble,
    Wanting,
)
from kiosk.fsm.session import LANGUAGES
from kiosk.fsm.visit import SessionTrouble
from kiosk.messages.catalogue import messages
from sscard.cards import LossKind
from sscard.requests import RefusalCode, ReportState
from sscard.rules import Rule

ZH, EN = messages("zh"), messages("en")

# Said on the screen that goes on, and never as a trouble of their own.
HINTS = (
    "moved",
    "not_accepted",
    "malformed",
    "mute",
    "too_short",
    "wrong_password",
    "code_unknown",
    "not_alike",
    "not_old_card",
    "other_card",
    "electronic_unknown",
    "same_id_card",
    "photo_unknown",
    "form_unknown",
    *Wanting,
)
ONLY_HINTS = {
    IdTrouble.MOVED,
    IdTrouble.NOT_ACCEPTED,
    PinStop.TOO_SHORT,
    SessionTrouble.NOT_ALIKE,
    SessionTrouble.NOT_OLD_CARD,
    SessionTrouble.SAME_ID_CARD,
}
# They end the visit without a word: the person wanted it, or is gone.
SILENT = {PinStop.CANCELLED, PinStop.TIMED_OUT}
TROUBLES = sorted(
    {
        str(code)
        for codes in (SessionTrouble, CardTrouble, IdTrouble, PinStop, RefusalCode)
        for code in codes
        if code not in ONLY_HINTS | SILENT
    }
)


def fields(text: str) -> set[str]:
    """The names of the values that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    assert ZH.texts.keys() == EN.texts.keys()


@pytest.mark.parametrize("key", ZH.texts)
def test_both_languages_take_the_same_values(key: str) -> None:
    assert fields(ZH.texts[key]) == fields(EN.texts[key])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", TROUBLES)
def test_every_trouble_says_what_it_is_and_what_to_do(language: str, code: str) -> None:
    words = messages(language)
    for part in ("title", "what", "do"):
        assert words.texts[f"trouble.{code}.{part}"].strip()


def test_no_trouble_has_a_text_that_cannot_come() -> None:
    named = {key.split(".")[-2] for key in ZH.texts if key.startswith("trouble.")}
    assert named == set(TROUBLES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("hint", HINTS),
        ("rule", tuple(Rule)),
        ("device", tuple(Device)),
        # Not to know is no trouble of the printer: `result.printed.unknown` is said then.
        ("print_trouble", tuple(set(PrintTrouble) - {PrintTrouble.NO_ANSWER})),
        ("loss_kind", tuple(LossKind)),
    ],
)
def test_every_word_of_a_list_has_its_text_and_no_text_is_without_its_word(
    language: str, section: str, names: tuple[str, ...]
) -> None:
    texts = messages(language).texts
    found = {key.removeprefix(f"{section}.") for key in texts if key.startswith(f"{section}.")}
    assert found == set(names)
    assert all(texts[f"{section}.{name}"].strip() for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ReportState)
def test_every_state_of_a_report_has_a_title(language: str, state: str) -> None:
    assert messages(language).texts[f"receipt_check.{state}"].strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_have_a_password_and_only_machines_have_a_pin(language: str) -> None:
    texts = messages(language).texts
    for key, text in texts.items():
        without_the_pad = text.replace("PIN pad", "")
        assert not re.search(r"\bPIN\b", without_the_pad), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_speaks_the_terminals_own_words(language: str) -> None:
    own = re.compile(r"error|exception|timeout|offline|null|\b[a-z]+_[a-z_]+\b", re.IGNORECASE)
    for key, text in messages(language).texts.items():
        plain = re.sub(r"\{\w+\}", "", text)
        assert not own.search(plain), f"{key}: {text}"


def test_the_chinese_texts_are_chinese_and_the_english_are_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    other = {"common.other_language"}
    assert [key for key, text in EN.texts.items() if han.search(text) and key not in other] == []
    lettered = [
        key
        for key, text in ZH.texts.items()
        if re.search(r"[A-Za-z]{4,}", re.sub(r"\{\w+\}", "", text)) and key not in other
    ]
    assert lettered == []
