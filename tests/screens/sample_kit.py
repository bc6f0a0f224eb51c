"""What the sample views share."""

from __future__ import annotations

from typing import Final, TypedDict

from kiosk.screens.view import (
    Button,
    Role,
    TimeLeft,
)

NOW_S: Final = 1000.0
LEFT: Final = TimeLeft(60.0, NOW_S + 43)


def pick(language: str, zh: str, en: str) -> str:
    """The text in one of the two languages."""
    return zh if language == "zh" else en


def tools_of(lang: str) -> tuple[Button, ...]:
    """The tools at the top."""
    return (
        Button("text_size", pick(lang, "A⁺ 大字", "A⁺ Larger"), Role.TOOL),
        Button("speech", pick(lang, "语音", "Speech"), Role.TOOL),
        Button("language", pick(lang, "English", "中文"), Role.TOOL),
    )


def back_button(lang: str) -> Button:
    """Back."""
    return Button("back", pick(lang, "返回", "Back"), Role.QUIET)


def leave_button(lang: str) -> Button:
    """Leave without finishing."""
    return Button("leave", pick(lang, "不办了，退出", "Cancel and leave"))


def main_button(lang: str, zh: str, en: str) -> Button:
    """The main action."""
    return Button("main", pick(lang, zh, en), Role.PRIMARY)


def receipt_button(lang: str) -> Button:
    """A printed receipt."""
    return Button("print", pick(lang, "打印凭条", "Print a receipt"))


class Title(TypedDict):
    """A view's title in both languages."""

    title: str
    second: str


def title_of(lang: str, zh: str, en: str) -> Title:
    """Title and second language, for `View`."""
    return {"title": pick(lang, zh, en), "second": pick(lang, en, zh)}
