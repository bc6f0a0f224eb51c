"""What a terminal is told about itself: one TOML file, checked whole before use."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct


class BadSettings(ValueError):
    """The settings file does not say what it must; the text names the value."""


class SerialSettings(Struct, frozen=True):
    """A serial device: the port's stable path and the line's speed in baud."""

    port: str
    baud: int


class Settings(Struct, frozen=True):
    """The settings of the screen process."""

    terminal_id: str
    site_zh: str
    site_en: str
    helpline: str
    size: tuple[int, int] | None  # None: the whole screen
    fonts_dir: Path  # the typeface is copied here at the first start
    queue_socket: Path
    journal_path: Path
    banks_path: Path
    card_reader: str | None  # PC/SC reader name; None: the first one
    id_scanner: SerialSettings
    pin_pad: SerialSettings
    receipt_printer: SerialSettings
    camera_source: str  # device path or URL for OpenCV
    camera_memory_mib: int
    readiness_path: Path | None = None  # what the self-test left; None: nobody asks for one
    staff_secret_path: Path | None = None  # 32 bytes; None: no technician mode by code
    staff_state_path: Path | None = None  # codes used and tries failed, kept by the kiosk
    export_dir: Path | None = None  # where a technician's exports go
    status_socket: Path | None = None  # of the status door; None: nobody asks


def load_settings(path: Path) -> Settings:
    """Read the file. Relative paths in it are relative to its folder. Raises `BadSettings`."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path.name} cannot be read: {error}") from error
    return _Reader(table, path.parent).settings()


class _Reader:
    """Takes values out of the parsed table and says which one is wrong."""

    def __init__(self, table: dict[str, Any], folder: Path) -> None:
        self._table = table
        self._folder = folder

    def settings(self) -> Settings:
        width = self._value("screen", "width", int, 0)
        height = self._value("screen", "height", int, 0)
        return Settings(
            terminal_id=self._value("terminal", "id", str),
            site_zh=self._value("terminal", "site_zh", str),
            site_en=self._value("terminal", "site_en", str),
            helpline=self._value("terminal", "helpline", str, "12333"),
            size=(width, height) if width and height else None,
            fonts_dir=self._path("screen", "fonts_dir"),
            queue_socket=self._path("queue", "socket"),
            journal_path=self._path("journal", "path"),
            banks_path=self._path("banks", "file"),
            card_reader=self._value("card_reader", "reader", str, "") or None,
            id_scanner=self._serial("id_scanner", 115_200),
            pin_pad=self._serial("pin_pad", 9_600),
            receipt_printer=self._serial("receipt_printer", 115_200),
            camera_source=self._value("camera", "source", str),
            camera_memory_mib=self._value("camera", "memory_mib", int, 384),
            readiness_path=self._path_if_said("readiness", "path"),
            staff_secret_path=self._path_if_said("staff", "secret"),
            staff_state_path=self._path_if_said("staff", "state"),
            export_dir=self._path_if_said("staff", "export_dir"),
            status_socket=self._path_if_said("status", "socket"),
        )

    def _value(self, section: str, name: str, kind: type, default: Any = None) -> Any:
        table = self._table.get(section, {})
        if not isinstance(table, dict):
            raise BadSettings(f"{section} must be a table")
        value = table.get(name, default)
        if type(value) is not kind:
            raise BadSettings(f"{section}.{name} must be of type {kind.__name__}")
        return value

    def _path(self, section: str, name: str) -> Path:
        return self._folder / str(self._value(section, name, str))

    def _path_if_said(self, section: str, name: str) -> Path | None:
        said = self._value(section, name, str, "")
        return self._folder / said if said else None

    def _serial(self, section: str, baud: int) -> SerialSettings:
        return SerialSettings(
            self._value(section, "port", str), self._value(section, "baud", int, baud)
        )
