"""A settings file is right as a whole, or the value that is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.settings import BadSettings, SerialSettings, load_settings

GOOD = """
[terminal]
id = "DG-990000-007"
site_zh = "示范大厅"
site_en = "Model Lobby"
[screen]
fonts_dir = "fonts"
[queue]
socket = "queue.sock"
[journal]
path = "journal"
[banks]
file = "banks.toml"
[id_scanner]
port = "scanner"
[pin_pad]
port = "pad"
baud = 19200
[receipt_printer]
port = "printer"
[camera]
source = "0"
"""


def load(folder: Path, text: str) -> object:
    path = folder / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_a_good_file_is_read_with_paths_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text(GOOD, encoding="utf-8")
    settings = load_settings(tmp_path / "kiosk.toml")
    assert settings.journal_path == tmp_path / "journal"
    assert settings.queue_socket == tmp_path / "queue.sock"
    assert settings.pin_pad == SerialSettings("pad", 19_200)
    assert (settings.size, settings.card_reader, settings.helpline) == (None, None, "12333")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('id = "DG-990000-007"\n', "", "terminal.id"),
        ('id = "DG-990000-007"\n', "id = 7\n", "terminal.id"),
        ('site_en = "Model Lobby"\n', "", "terminal.site_en"),
        ('socket = "queue.sock"', "socket = false", "queue.socket"),
        ('[journal]\npath = "journal"\n', "", "journal.path"),
        ("baud = 19200", 'baud = "19200"', "pin_pad.baud"),
        ("baud = 19200", "baud = true", "pin_pad.baud"),
        ('port = "printer"', "port = 4", "receipt_printer.port"),
        ('source = "0"', "source = 0", "camera.source"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(BadSettings, match=named):
        load(tmp_path, GOOD.replace(old, new))


def test_a_table_that_is_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="journal must be a table"):
        load(tmp_path, 'journal = "here"\n' + GOOD.replace('[journal]\npath = "journal"\n', ""))


def test_a_file_that_is_not_toml_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"kiosk\.toml cannot be read"):
        load(tmp_path, "[terminal")
    with pytest.raises(BadSettings, match=r"missing\.toml cannot be read"):
        load_settings(tmp_path / "missing.toml")
