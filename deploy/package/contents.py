"""What lies where in the package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from deploy.package.environment import SITE_PACKAGES, compile_folder
from kiosk.software import PACKAGE

ROOMS = ("sscard", "kiosk", "offline_queue", "provisioning")
"""The rooms of the house that a terminal has: no test, no simulator, no bank, no back office."""

SHARED = "usr/share/sscard-terminal"
DOCUMENTS = "usr/share/doc/sscard-terminal"
_ONLY_FOR_BUILDING = frozenset({"lean_fonts.py"})
_AT_THE_OFFICE = frozenset({"provisioning/office", "provisioning/cli/office.py"})
_SYSTEM = {
    "kiosk.service": "usr/lib/systemd/system/kiosk.service",
    "kiosk-queue.service": "usr/lib/systemd/system/kiosk-queue.service",
    "coredump.conf": "usr/lib/systemd/coredump.conf.d/sscard-terminal.conf",
    "sysusers.conf": "usr/lib/sysusers.d/sscard-terminal.conf",
    "tmpfiles.conf": "usr/lib/tmpfiles.d/sscard-terminal.conf",
    "udev.rules": "usr/lib/udev/rules.d/70-sscard-terminal.rules",
    "polkit.rules": "usr/share/polkit-1/rules.d/50-sscard-terminal.rules",
    "kiosk-queue.sh": "usr/bin/kiosk-queue",
    "kiosk-provision.sh": "usr/bin/kiosk-provision",
    "kiosk-renew.service": "usr/lib/systemd/system/kiosk-renew.service",
    "kiosk-renew.timer": "usr/lib/systemd/system/kiosk-renew.timer",
    "kiosk-sign-off.service": "usr/lib/systemd/system/kiosk-sign-off.service",
    "kiosk-sign-off.path": "usr/lib/systemd/system/kiosk-sign-off.path",
    "examples/image.toml": f"{DOCUMENTS}/examples/image.toml",
    "examples/tpm.conf": f"{DOCUMENTS}/examples/tpm.conf",
    "examples/kiosk.toml": f"{DOCUMENTS}/examples/kiosk.toml",
    "examples/queue.toml": f"{DOCUMENTS}/examples/queue.toml",
}
_OTHERS = {
    "deploy/banks.toml": f"{SHARED}/banks.toml",
    "docs/operations.md": f"{DOCUMENTS}/operations.md",
    "docs/offline-queue.md": f"{DOCUMENTS}/offline-queue.md",
    "docs/technician.md": f"{DOCUMENTS}/technician.md",
    "LICENSE": f"{DOCUMENTS}/copyright",
}
_FONTS_COPYRIGHT = Path("/usr/share/doc/fonts-noto-cjk/copyright")
SETTINGS_FOLDER = "etc/sscard-terminal"


def lay_out(source: Path, environment: Path, fonts: Path, root: Path, version: str) -> None:
    """Make `root` what the package unpacks to. `fonts` is a folder of faces as `make setup` makes it."""
    shutil.copytree(environment, root, symlinks=True, copy_function=os.link)
    site = root / SITE_PACKAGES
    for room in ROOMS:
        shutil.copytree(source / room, site / room, ignore=_ignored)
        for name in _AT_THE_OFFICE:
            left_out = site / name
            shutil.rmtree(left_out) if left_out.is_dir() else left_out.unlink(missing_ok=True)
        compile_folder(root, site / room)
    _name_program(site, version)
    for name, place in _SYSTEM.items():
        _put(source / "deploy" / "system" / name, root / place)
    for name, place in _OTHERS.items():
        _put(source / name, root / place)
    for face in sorted(fonts.iterdir()):
        _put(face, root / SHARED / "fonts" / face.name)
    _put(_FONTS_COPYRIGHT, root / DOCUMENTS / "copyright.fonts")
    (root / SETTINGS_FOLDER).mkdir(parents=True)


def settle(root: Path, at_s: int) -> None:
    """Give every file under `root` the same owner's modes and the same time, whoever built it."""
    for path in (root, *sorted(root.rglob("*"))):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (at_s, at_s), follow_symlinks=False)


def named_here(root: Path, words: list[bytes]) -> list[str]:
    """The files under `root` in which one of `words` stands."""
    found = []
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if any(word in content for word in words):
            found.append(str(path.relative_to(root)))
    return found


def _name_program(site: Path, version: str) -> None:
    """Let `importlib.metadata` find which program this is (core metadata 2.1)."""
    told = site / f"{PACKAGE.replace('-', '_')}-{version}.dist-info"
    told.mkdir()
    text = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n"
    (told / "METADATA").write_text(text, "utf-8")


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _ignored(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"} | _ONLY_FOR_BUILDING.intersection(
        names
    )
