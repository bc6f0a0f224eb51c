"""`kiosk-provision` as clerk and technician type it, against a real office process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiosk.settings import load_settings
from offline_queue.formats.envelope import canonical
from provisioning.cli.__main__ import main
from provisioning.configuration.items import ITEMS
from provisioning.terminal.configured import KIOSK
from provisioning.terminal.versions import CURRENT
from tests.provisioning.configurations import TERMINAL, VALUES
from tests.provisioning.terminal.boards import PASSPHRASE, SERIAL
from tests.provisioning.terminal.test_configured import PLACES

SITE = ("hospital-1", "示例医院", "Example Hospital")
ADDRESSES = ("--gateway", "https://gateway.bank.example", "--broker", "mqtts://broker.example")
Ran = tuple[int, Any]


@dataclass
class Typist:
    """Types commands, and reads what they answer as JSON."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    port: int

    def types(self, *words: str) -> Ran:
        before = ("--office", str(self.folder / "office"), "--who", "clerk")
        image = ("--image", str(self.folder / "image.toml"))
        code = main([*before, *image, *words, "--json"])
        return code, json.loads(self.capsys.readouterr().out)

    def done(self, *words: str) -> Any:
        code, told = self.types(*words)
        assert code == 0, told
        return told

    def refused(self, *words: str) -> Any:
        code, told = self.types(*words)
        assert code == 1, told
        assert told["remedy"], "it says what to do next"
        return told["failed"]


@pytest.fixture
def typist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return Typist(tmp_path, capsys, found.getsockname()[1])


def prepared(typist: Typist) -> None:
    """The leaflet's steps 1 to 6, each one twice."""
    folder = typist.folder
    (folder / "root.pass").write_bytes(PASSPHRASE)
    (folder / "values.toml").write_text(_toml(VALUES), encoding="utf-8")
    set_up = ["office", "set-up", "--bank", "bank.example", "--host", "127.0.0.1"]
    set_up += ["--url", f"https://127.0.0.1:{typist.port}", "--root-medium", str(folder / "medium")]
    steps: list[tuple[str, ...]] = [
        (*set_up, "--root-passphrase-file", str(folder / "root.pass")),
        ("config", "new-key", str(folder / "signing.pem")),
        ("site", "put", *SITE, *ADDRESSES),
        ("technician", "put", "tech-1"),
        ("terminal", "add", TERMINAL, SERIAL, "kiosk-1", SITE[0]),
        ("terminal", "expect", TERMINAL, "receipt_printer", "card_reader:ACR39"),
    ]
    for step in steps:
        assert typist.done(*step)["changed"]
        assert not typist.done(*step)["changed"]
    sign = ("config", "sign", TERMINAL, "1", str(folder / "values.toml"))
    assert typist.done(*sign, "--key", str(folder / "signing.pem"))["version"] == 1


def _toml(values: dict[str, Any]) -> str:
    lines: list[str] = []
    for table in dict.fromkeys(key.partition(".")[0] for key in values):
        own = {key: value for key, value in values.items() if key.partition(".")[0] == table}
        lines += [f"[{table}]"]
        lines += [
            f"{key.partition('.')[2]} = {canonical(each).decode()}" for key, each in own.items()
        ]
    return "\n".join(lines)


def write_image(folder: Path, port: int) -> None:
    """What the image of a board says."""
    (folder / "root.pem").write_bytes((folder / "office" / "authorities" / "root.pem").read_bytes())
    (folder / "serial").write_text(SERIAL + "\x00", encoding="ascii")
    lines = [
        f'office = "https://127.0.0.1:{port}"',
        'root = "root.pem"',
        "made = 2026-01-01T00:00:00Z",
        'folder = "board"',
        'serial_number_file = "serial"',
        'camera = "no-camera"',
        "[places]",
        *(f'{name} = "{path}"' for name, path in PLACES.items()),
    ]
    (folder / "image.toml").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def served(typist: Typist) -> Iterator[Typist]:
    """Prepared, with the office's own process at work."""
    prepared(typist)
    write_image(typist.folder, typist.port)
    words = ["--folder", str(typist.folder / "office"), "--port", str(typist.port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioning.office", *words], stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: _listens(typist.port))
        yield typist
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _until(holds: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(600):
        if holds():
            return
        tick.wait(0.05)
    raise AssertionError("the office does not listen")


def test_from_an_empty_folder_to_a_terminal_that_is_configured(served: Typist) -> None:
    token = served.done("token", "make", TERMINAL, "tech-1")["token"]
    assert served.done("status")["next"] == "kiosk-provision enrol"
    told = served.done("enrol", "--token", token)
    assert (told["terminal"], told["configuration"]) == (TERMINAL, 1)
    assert served.done("enrol")["terminal"] == TERMINAL, "a second time no token is asked for"
    status = served.done("status")
    assert status["certificate_days_left"] in (89, 90)
    assert status["site"] == SITE[1]
    assert served.done("renew")["renewal"] == "not-due"
    settings = served.folder / "board" / "configurations" / CURRENT / KIOSK
    assert load_settings(settings).terminal_id == TERMINAL
    assert served.done("terminal", "show", TERMINAL)["state"] == "enrolled"
    did = [entry["did"] for entry in served.done("audit", "list")]
    assert did.count("enrolled") == 1
    assert served.done("audit", "check") == {"audit": "whole"}
    assert token not in (served.folder / "office" / "office.sqlite").read_bytes().decode("latin1")


def test_a_lost_terminal_is_refused_in_words(served: Typist) -> None:
    token = served.done("token", "make", TERMINAL, "tech-1")["token"]
    served.done("enrol", "--token", token)
    assert len(served.done("terminal", "revoke", TERMINAL)["revoked"]) == 1
    assert "revoked" in served.refused("enrol")


def test_a_wrong_token_is_told_with_its_remedy(served: Typist) -> None:
    assert "not a token" in served.refused("enrol", "--token", "SSK1-0000")
    assert "the camera" in served.refused("enrol")


def test_without_the_office_nothing_changes(typist: Typist) -> None:
    prepared(typist)
    write_image(typist.folder, typist.port)
    assert "unreachable" in typist.refused("enrol", "--token", "SSK1")
    assert typist.done("status")["next"] == "kiosk-provision enrol"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("terminal", "revoke", "SZ-9999"), "terminal-unknown"),
        (("terminal", "show", "SZ-9999"), "not in the inventory"),
        (("token", "make", TERMINAL, "nobody"), "technician-unknown"),
        (("token", "make", TERMINAL, "tech-1", "--minutes", "60"), "life"),
        (("terminal", "add", "SZ-0002", SERIAL, "kiosk-1", SITE[0]), "board-taken"),
        (("config", "believe", "00"), "not a public key"),
        (("config", "explain", "nobody.knows"), "not a value"),
        (("status",), "does not describe an image"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_to_do(
    typist: Typist, words: tuple[str, ...], said: str
) -> None:
    prepared(typist)
    assert said in typist.refused(*words)


def test_without_an_office_the_clerk_is_told_how_to_found_one(typist: Typist) -> None:
    assert "there is no office" in typist.refused("terminal", "list")


def test_bad_values_are_not_signed(typist: Typist) -> None:
    prepared(typist)
    bad = typist.folder / "bad.toml"
    bad.write_text(_toml({**VALUES, "pin_pad.baud": 77}), encoding="utf-8")
    sign = ("config", "sign", TERMINAL, "2", str(bad), "--key", str(typist.folder / "signing.pem"))
    assert "pin_pad.baud" in typist.refused(*sign)


def test_every_value_is_explained_to_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    for item in ITEMS:
        assert main(["config", "explain", item.key]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert item.meaning in said
        assert item.key in said


def test_people_see_a_token_as_a_code_and_as_text(
    typist: Typist, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(typist)
    office, picture = str(typist.folder / "office"), typist.folder / "token.png"
    words = ["--office", office, "token", "make", TERMINAL, "tech-1", "--picture", str(picture)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "SSK1-" in said
    assert "▀" in said
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_help_is_the_leaflet() -> None:
    env = os.environ | {"COLUMNS": "100"}
    told = subprocess.run(
        [sys.executable, "-m", "provisioning.cli", "--help"],
        capture_output=True, text=True, check=True, env=env,
    ).stdout  # fmt: skip
    for step in ("1. office set-up", "7. token make", "8. enrol"):
        assert step in told
