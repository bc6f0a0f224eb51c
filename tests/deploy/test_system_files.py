"""Users, folders, device names, examples: read by those that will read them where they are here."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from kiosk.settings import load_settings
from provisioning.devices.stable_names import NAMES, RULES_NAME
from sscard.banks import load_banks

_ROOT = Path(__file__).parents[2]
SYSTEM = _ROOT / "deploy" / "system"
_ASSIGNED = ("ENV{KIOSK_ROLE}", "SYMLINK", "TAG", "ENV{SYSTEMD_ALIAS}", "GOTO", "LABEL")
_MATCHED = ("ACTION", "SUBSYSTEM", "TEST", "ATTR{index}", "ENV{KIOSK_ROLE}", "ENV{ID_BUS}",
            "ENV{ID_VENDOR_ID}", "ENV{ID_MODEL_ID}", "ENV{ID_PATH}", "ENV{ID_V4L_CAPABILITIES}")  # fmt: skip
_PART = re.compile(r'^([A-Z]+(?:\{[A-Za-z0-9_]+\})?)(==|!=|=|\+=)"([^"]*)"$')


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the users of the package."""
    (tmp_path / "etc").mkdir()
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "-"],
        input=(SYSTEM / "sysusers.conf").read_bytes(),
        check=True,
        capture_output=True,
    )
    return tmp_path


def test_each_process_gets_a_user_of_its_own_that_nobody_can_log_in_as(root: Path) -> None:
    users = {
        fields[0]: fields
        for line in (root / "etc" / "passwd").read_text().splitlines()
        if (fields := line.split(":"))
    }
    for name in ("kiosk", "kiosk-queue"):
        assert users[name][6] == "/usr/sbin/nologin"
        assert users[name][5] == f"/var/lib/{name}"
        assert 0 < int(users[name][2]) < 1000
    assert users["kiosk"][3] != users["kiosk-queue"][3]


def test_the_folder_of_the_sockets_is_the_queues_and_gives_the_screens_group(root: Path) -> None:
    ids = {
        line.split(":")[0]: int(line.split(":")[2])
        for file in ("passwd", "group")
        for line in (root / "etc" / file).read_text().splitlines()
    }
    owner, group = ids["kiosk-queue"], ids["kiosk"]
    # Only root can give a folder away. An ordinary user is its owner already, and nobody else's.
    as_owner = ("unshare", "--user", f"--map-user={owner}", f"--map-group={group}")
    make_and_look = (
        'systemd-tmpfiles --root="$0" --create --prefix=/run/sscard-terminal - '
        '&& stat -c "%a %u %g" "$0/run/sscard-terminal"'
    )
    made = subprocess.run(
        [*(as_owner if os.geteuid() != 0 else ()), "sh", "-c", make_and_look, root],
        input=(SYSTEM / "tmpfiles.conf").read_text("utf-8"),
        check=True,
        capture_output=True,
        text=True,
    )
    assert made.stdout == f"2750 {owner} {group}\n"


def _rules() -> list[tuple[int, list[tuple[str, str, str]]]]:
    rules = []
    for number, line in enumerate((SYSTEM / "udev.rules").read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = [_PART.match(part) for part in line.split(", ")]
        assert all(parts), f"line {number}: {line}"
        rules.append((number, [(part[1], part[2], part[3]) for part in parts if part]))
    return rules


def test_every_udev_rule_matches_and_assigns_known_keys_and_goes_only_forward() -> None:
    labels = {
        value: number for number, rule in _rules() for key, _, value in rule if key == "LABEL"
    }
    for number, rule in _rules():
        for key, operator, value in rule:
            known = _MATCHED if operator in ("==", "!=") else _ASSIGNED
            assert key in known, f"line {number}: {key}{operator}"
            if key == "GOTO":
                assert labels[value] > number, f"line {number}: {value}"


def test_the_names_of_devices_are_those_of_the_example_and_only_those() -> None:
    example = (SYSTEM / "examples" / "kiosk.toml").read_text("utf-8")
    named = set(re.findall(r'"/dev/kiosk/([a-z-]+)"', example))
    given = {
        value
        for _, rule in _rules()
        for key, operator, value in rule
        if (key, operator) == ("ENV{KIOSK_ROLE}", "=")
    }
    assert named == given == {"id-scanner", "pin-pad", "receipt-printer", "camera"}


def test_the_rules_name_nothing_once_set_up_has_named_the_devices() -> None:
    rules = [rule for _, rule in _rules()]
    silent = rules.index([
        ("TEST", "==", f"/etc/udev/rules.d/{RULES_NAME}"),
        ("GOTO", "=", "sscard_terminal_end"),
    ])  # fmt: skip
    named = [number for number, rule in enumerate(rules) if rule[-1][0] == "ENV{KIOSK_ROLE}"]
    assert named
    assert silent < min(named)
    assert set(NAMES.values()) == {rules[number][-1][2] for number in named}


def test_the_example_of_the_screens_settings_is_taken_by_the_screen_process() -> None:
    settings = load_settings(SYSTEM / "examples" / "kiosk.toml")
    assert settings.size is None
    assert str(settings.journal_path).startswith("/var/lib/kiosk/")
    assert load_banks(_ROOT / "deploy" / "banks.toml")


def test_both_examples_and_the_unit_mean_the_same_socket() -> None:
    socket = "/run/sscard-terminal/queue.sock"
    assert load_settings(SYSTEM / "examples" / "kiosk.toml").queue_socket == Path(socket)
    queue = tomllib.loads((SYSTEM / "examples" / "queue.toml").read_text("utf-8"))
    assert queue["queue"]["socket"] == socket
    assert f"chmod 0660 {socket}\n" in (SYSTEM / "kiosk-queue.service").read_text("utf-8")
