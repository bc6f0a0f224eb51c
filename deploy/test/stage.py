"""Lays what the test needs into the bare machine: package, settings, stand-ins, units of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from simulators.desk.state import open_state, write_settings

INSIDE = "package-test"
GLASS_PX = (1280, 800)
_QUEUE_DATA = "/var/lib/kiosk-queue"
_GLASS_UNIT = "package-test-glass.service"
_UNITS = {
    "package-test.service": """
[Unit]
Description=The test of the package
After=multi-user.target kiosk.service kiosk-queue.service
[Service]
Type=exec
Environment=PYTHONDONTWRITEBYTECODE=1
ExecStart=/usr/bin/python3 /package-test/inside.py
[Install]
WantedBy=multi-user.target
""",
    _GLASS_UNIT: f"""
[Unit]
Description=A screen without a screen
Before=kiosk.service
[Service]
ExecStart=/usr/bin/Xvfb :7 -ac -nolisten tcp -fbdir /package-test/glass -screen 0 {GLASS_PX[0]}x{GLASS_PX[1]}x24
[Install]
WantedBy=multi-user.target
""",
    "package-test-devices.service": """
[Unit]
Description=Devices without devices
ConditionPathExists=/opt/sscard-terminal
Before=kiosk.service
[Service]
Environment=PYTHONPATH=/package-test/checkout PYTHONDONTWRITEBYTECODE=1
ExecStart=/opt/sscard-terminal/bin/python -P -m deploy.test.stand_ins
[Install]
WantedBy=multi-user.target
""",
}
# The one thing that the test changes in a unit: the way to a display that is not hardware.
_DROP_IN = """
[Unit]
StartLimitAction=none
[Service]
BindReadOnlyPaths=/tmp/.X11-unix
"""
_ENVIRONMENT = "SDL_VIDEODRIVER=x11\nDISPLAY=:7\nLIBGL_ALWAYS_SOFTWARE=1\n"


def lay_stage(root: Path, package: Path, source: Path, scratch: Path, *, has_display: bool) -> Path:
    """Prepare `root` for its first boot; the folder in it that everything of the test is in.

    With a display of its own the machine runs the package as it is; without one, under Xvfb.
    """
    inside = root / INSIDE
    inside.mkdir()
    shutil.copy(package, inside)
    shutil.copy(source / "deploy" / "test" / "inside.py", inside)
    checkout = inside / "checkout"
    nothing = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source / "simulators", checkout / "simulators", ignore=nothing)
    shutil.copytree(source / "deploy" / "test", checkout / "deploy" / "test", ignore=nothing)
    _lay_settings(inside / "settings", source, scratch, has_display)
    units = root / "etc" / "systemd" / "system"
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    for name, text in _UNITS.items():
        if has_display and name == _GLASS_UNIT:
            continue
        (units / name).write_text(text.lstrip(), "utf-8")
        (wanted / name).symlink_to(f"../{name}")
    if has_display:
        return inside
    (inside / "glass").mkdir()
    (inside / "settings" / "kiosk.env").write_text(_ENVIRONMENT, "utf-8")
    drop_in = units / "kiosk.service.d"
    drop_in.mkdir()
    (drop_in / "package-test.conf").write_text(_DROP_IN.lstrip(), "utf-8")
    return inside


def _lay_settings(folder: Path, source: Path, scratch: Path, has_display: bool) -> None:
    """The kiosk.toml shipped as an example, and a queue.toml with invented keys."""
    folder.mkdir()
    examples = source / "deploy" / "system" / "examples"
    example = (examples / "kiosk.toml").read_text("utf-8")
    if not has_display:  # X without a window manager does not make a window as large as the screen
        size = f"[screen]\nwidth = {GLASS_PX[0]}\nheight = {GLASS_PX[1]}\n"
        example = example.replace("[screen]\n", size)
    (folder / "kiosk.toml").write_text(example, "utf-8")
    state = open_state(scratch)
    try:
        write_settings(state, 9, "none", GLASS_PX, scratch, scratch / "banks.toml")  # 9: discard
        text = state.queue_settings.read_text("utf-8")
        text = text.replace(str(state.queue_socket), "/run/sscard-terminal/queue.sock")
        text = text.replace(str(state.folder / "data"), _QUEUE_DATA)
        text = text.replace(str(state.folder / "keys"), f"{_QUEUE_DATA}/keys")
        (folder / "queue.toml").write_text(text, "utf-8")
        (folder / "keys").mkdir()
        for name in ("root.pem", "terminal.pem", "terminal.key", "signing.pem", "lane.key"):
            shutil.copy(state.folder / "keys" / name, folder / "keys")
    finally:
        state.close()
        shutil.rmtree(scratch)
