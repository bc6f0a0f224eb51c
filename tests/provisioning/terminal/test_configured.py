"""The configuration in use: whole or not at all, whatever cuts in."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from kiosk.settings import load_settings
from offline_queue.settings import load_settings as load_queue_settings
from provisioning.configuration.signed import Flaw, Unusable, sign_configuration
from provisioning.terminal.configured import KIOSK, QUEUE, SIGNED, Configured
from provisioning.terminal.versions import CURRENT, Versions
from tests.provisioning.configurations import KEY, NOW, TERMINAL, VALUES, document
from tests.provisioning.terminal.cutting import PowerCut, cut_after

PLACES = {
    "fonts": "/srv/terminal/fonts",
    "queue_socket": "/run/terminal/queue.sock",
    "journal": "/srv/terminal/journal",
    "banks": "/srv/terminal/banks.toml",
    "database": "/srv/terminal/queue.db",
    "ca": "/srv/terminal/root.pem",
    "client_cert": "/srv/terminal/client.pem",
    "client_key": "/srv/terminal/client.key",
    "signing_key": "/srv/terminal/signing.pem",
    "lane_key": "/srv/terminal/lane.key",
}
SECOND, THIRD = (sign_configuration(document(version), KEY) for version in (2, 3))


def configured(folder: Path) -> Configured:
    return Configured(folder, TERMINAL, [KEY.public_key()], PLACES)


def test_both_processes_read_what_the_office_signed(tmp_path: Path) -> None:
    configured(tmp_path).take(SECOND, NOW)
    kiosk = load_settings(tmp_path / CURRENT / KIOSK)
    queue = load_queue_settings(tmp_path / CURRENT / QUEUE)
    assert (kiosk.terminal_id, queue.terminal) == (TERMINAL, TERMINAL)
    assert kiosk.site_zh == VALUES["terminal.site_zh"]
    assert kiosk.size is None
    assert kiosk.pin_pad.port == "/dev/kiosk/pin-pad"
    assert queue.bank_url == VALUES["bank.url"]
    assert kiosk.queue_socket == queue.socket


def test_a_text_that_looks_like_settings_stays_a_text(tmp_path: Path) -> None:
    sly = 'x"]\n[camera] source="/dev/null"'.replace("\n", "")
    file = sign_configuration(document(2, **{"terminal.site_en": sly}), KEY)
    configured(tmp_path).take(file, NOW)
    assert load_settings(tmp_path / CURRENT / KIOSK).site_en == sly


def test_the_one_before_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    here = configured(tmp_path)
    for version in (2, 3, 4):
        here.take(sign_configuration(document(version), KEY), NOW)
    assert here.version == 4
    assert sorted(path.name[:2] for path in tmp_path.iterdir() if not path.is_symlink()) == [
        "3-",
        "4-",
    ]
    assert Versions(tmp_path).go_back()
    assert here.version == 3


def test_the_same_one_again_changes_nothing(tmp_path: Path) -> None:
    here = configured(tmp_path)
    here.take(SECOND, NOW)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    here.take(SECOND, NOW)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_one_that_is_not_used_leaves_what_is(tmp_path: Path) -> None:
    here = configured(tmp_path)
    here.take(THIRD, NOW)
    for file, now in [(SECOND, NOW), (THIRD[:-2], NOW), (THIRD, NOW + timedelta(days=999))]:
        with pytest.raises(Unusable):
            here.take(file, now)
    assert here.version == 3


def test_one_with_which_the_terminal_does_not_start_is_not_used(tmp_path: Path) -> None:
    here = configured(tmp_path)
    here.take(SECOND, NOW)
    with pytest.raises(Unusable) as caught:
        here.take(THIRD, NOW, is_good=lambda folder: not (folder / KIOSK).exists())
    assert caught.value.flaw is Flaw.BAD_VALUES
    assert here.version == 2


def test_one_that_was_altered_on_the_disk_is_none(tmp_path: Path) -> None:
    here = configured(tmp_path)
    here.take(SECOND, NOW)
    file = tmp_path / CURRENT / SIGNED
    file.write_bytes(file.read_bytes().replace(b"gateway.bank", b"gateway.evil"))
    assert here.in_use is None


def test_wherever_the_power_fails_one_of_the_two_is_in_use_and_whole(tmp_path: Path) -> None:
    cuts, was_cut = 0, True
    while was_cut:
        folder = tmp_path / str(cuts)
        here = configured(folder)
        here.take(SECOND, NOW)
        with cut_after(cuts) as happened:
            try:
                here.take(THIRD, NOW)
            except PowerCut:
                assert happened()
        was_cut = happened()
        assert here.version in (2, 3)
        current = folder / CURRENT
        assert load_settings(current / KIOSK).terminal_id == TERMINAL
        assert load_queue_settings(current / QUEUE).terminal == TERMINAL
        here.take(THIRD, NOW)
        assert here.version == 3
        assert not [path for path in folder.rglob("*.new") if path.is_dir()]
        cuts += 1
    assert cuts > 10


def test_a_full_disk_leaves_what_is_in_use(tmp_path: Path) -> None:
    here = configured(tmp_path)
    here.take(SECOND, NOW)
    with (
        patch.object(os, "fsync", side_effect=OSError(errno.ENOSPC, "no space")),
        pytest.raises(OSError, match="no space"),
    ):
        here.take(THIRD, NOW)
    assert here.version == 2
    here.take(THIRD, NOW)
    assert here.version == 3
