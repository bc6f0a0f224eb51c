"""The page that shows how a service is added shows what is really there."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adding-a-service.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "file",
    [
        "kiosk/fsm/services/my_cards.py",
        "kiosk/messages/zh/my_cards.toml",
        "kiosk/messages/en/my_cards.toml",
        "tests/stories/test_my_cards.py",
    ],
)
def test_the_example_is_the_file(file: str) -> None:
    assert f"\n{(ROOT / file).read_text(encoding='utf-8')}```" in PAGE
    assert f"`{file}`" in PAGE


def test_nothing_else_knows_the_example() -> None:
    """One new file, its words and its test: no other line of the terminal names the service."""
    named = [
        str(file.relative_to(ROOT))
        for folder in ("kiosk", "sscard", "bank", "offline_queue", "simulators")
        for file in (ROOT / folder).rglob("*.py")
        if "my_cards" in file.read_text(encoding="utf-8")
    ]
    assert named == ["kiosk/fsm/services/my_cards.py"]
