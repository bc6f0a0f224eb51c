"""The leaflet, followed to the letter: every command of it is typed as it stands there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from PIL import Image
from pyzbar import pyzbar

from provisioning.cli.__main__ import parser
from provisioning.readiness.questions import QUESTIONS
from tests.provisioning.story.hall import DEVICES, ROOT, Hall, hall, until
from tests.provisioning.story.test_story import services_on

_LEAFLET = ROOT / "docs" / "technician.md"
_PASSPHRASE = "twelve letters at least, invented"
_OURS = "kiosk-provision "


def steps() -> dict[int, list[str]]:
    """The lines to be typed, by the number of their step; 0: those of the parts without numbers."""
    found: dict[int, list[str]] = {}
    number, joined = 0, ""
    for line in _LEAFLET.read_text("utf-8").splitlines():
        if head := re.match(r"(\d+)\. ", line):
            number = int(head[1])
        elif line.startswith("## "):
            number = 0
        elif joined or line.startswith(" " * 6):
            joined += line.strip().removesuffix("\\")
            if not line.endswith("\\"):
                found.setdefault(number, []).append(joined)
                joined = ""
    return found


def commands() -> Iterator[str]:
    """Every command of ours, those in the running text too."""
    for lines in steps().values():
        yield from (line for line in lines if line.startswith(_OURS))
    yield from re.findall(rf"`({_OURS}[^`]+)`", _LEAFLET.read_text("utf-8"))


class Reader:
    """Somebody who has the leaflet in hand, and types what it says in this hall."""

    def __init__(self, here: Hall) -> None:
        self._here = here
        self._left = steps()
        office = f"127.0.0.1:{here.office_port}"
        self._here_it_is = {
            "office.bank.example:8443": office,
            "office.bank.example": "127.0.0.1",
            "gateway.bank.example": f"127.0.0.1:{here.bank_port}",
            "/media/stick": str(here.folder / "stick"),
            "/media/other": str(here.folder),
            "values.toml": here.values(),
            "token.png": str(here.folder / "token.png"),
            "terminals.toml": str(here.folder / "terminals.toml"),
        }

    def does(self, step: int, *typed: str) -> str:
        """Type all commands of a step; `typed`: the answers to what each asks. What is on the screen."""
        lines = [line for line in self._left.pop(step) if line.startswith(_OURS)]
        answers = [*typed, *[""] * (len(lines) - len(typed))]
        return "".join(
            self._here.reads(*shlex.split(self._placed(line))[1:], typed=answer)
            for line, answer in zip(lines, answers, strict=True)
        )

    def _placed(self, line: str) -> str:
        for there, here in self._here_it_is.items():
            line = line.replace(there, here)
        return line

    def is_through(self) -> bool:
        """Whether no step is left."""
        return not [number for number in self._left if number]


def test_every_command_of_the_leaflet_is_one() -> None:
    typed = list(commands())
    assert len(typed) > 20
    for line in typed:
        assert parser().parse_args(shlex.split(line)[1:]).command, line


def test_whoever_follows_the_leaflet_ends_with_a_terminal_in_service() -> None:
    with hall(prepared=False) as here:
        reader = Reader(here)
        assert "safe" in reader.does(1, f"{_PASSPHRASE}\n{_PASSPHRASE}\n")
        reader.does(2)
        reader.does(3)
        here.office_opens()
        reader.does(5)
        reader.does(6)
        reader.does(7)
        reader.does(8)
        with Image.open(here.folder / "token.png") as picture:  # sent to the technician's phone
            (token,) = pyzbar.decode(picture)
        here.camera.hold_up(token.data.decode())
        reader.does(9)
        here.camera.take_away()
        found = reader.does(10)
        assert all(device in found for device in DEVICES)
        reader.does(11, here.papers("bank"), here.papers("social_security"))
        reader.does(12)
        here.bank_opens()
        here.queue_starts()
        reader.does(13, "y\n" * len(QUESTIONS))
        reader.does(14)
        assert reader.is_through()
        assert here.does("status")["next"] == "nothing: it is in service"
        with here.kiosk_runs() as mirror:
            until(lambda: services_on(mirror.view))
