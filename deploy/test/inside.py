"""What happens inside the bare machine: install, set up, boot again, look, hang, remove, purge.

It runs there as root from a unit of its own, with the system's Python and nothing of ours. Each
boot ends with the power off; what it found is a line of JSON a check in `findings.jsonl`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path("/package-test")
PACKAGE = "sscard-terminal"
UNITS = ("kiosk.service", "kiosk-queue.service")
MORE_UNITS = ("kiosk-renew.timer", "kiosk-sign-off.path")
DATA = ("/var/lib/kiosk", "/var/lib/kiosk-queue", "/var/lib/sscard-provision")
MAY_STAY = (*DATA, "/etc/sscard-terminal")  # of that, what somebody put there
SETTINGS = Path("/var/lib/sscard-provision/configurations")
# Not looked into: what any installation writes (package lists, logs, back-ups of the user lists), and
# what is no file of the machine's.
_PASSED_BY = frozenset({
    "/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp", "/package-test", "/var/log", "/var/lib/dpkg",  # noqa: S108
    "/var/lib/systemd", "/var/cache/ldconfig", "/etc/passwd-", "/etc/group-", "/etc/shadow-",
    "/etc/gshadow-", "/etc/.pwd.lock", "/lost+found",
})  # fmt: skip
_USERS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
_GLASS_LIMIT_S = 60.0
_HANG_LIMIT_S = 240.0
_START_LIMIT_S = 180.0  # on an emulated processor


def main() -> None:
    """The next part of the story, then the power off."""
    part = HERE / "part"
    number = int(part.read_text()) if part.exists() else 0
    part.write_text(str(number + 1))
    try:
        (_install, _live_and_go)[number]()
    except Exception as error:  # noqa: BLE001 - it is told outside, where somebody looks
        _found(f"part {number} went through to its end", False, repr(error))
    finally:
        log = _run("journalctl", "--boot", "--no-pager", "--output=short-monotonic")
        (HERE / f"journal-{number}.txt").write_text(log)
        _run("systemctl", "--no-block", "poweroff")


# --- the first boot ------------------------------------------------------------------------


def _install() -> None:
    (HERE / "before.json").write_text(json.dumps(_files()))
    (HERE / "users-before.json").write_text(json.dumps([Path(name).read_text() for name in _USERS]))
    package = next(HERE.glob("*.deb"))
    done = subprocess.run(("dpkg", "--install", package), capture_output=True, text=True)
    _found("the package installs", done.returncode == 0, done.stderr)
    for unit in UNITS:
        _found(f"{unit} is enabled", _run("systemctl", "is-enabled", unit) == "enabled")
        _found(
            f"{unit} waits for the terminal to be set up",
            _show(unit, "ConditionResult") == "no" and _show(unit, "ActiveState") == "inactive",
        )
    for unit in MORE_UNITS:
        _found(f"{unit} is enabled", _run("systemctl", "is-enabled", unit) == "enabled")
    told = _run("kiosk-provision", "--help")
    _found("the technician's command is there", "sign-off" in told, told)
    refused = _run("kiosk-provision", "terminal", "list")
    _found("and has no back office", "this is a terminal" in refused, refused)
    rules = "70-sscard-terminal.rules"
    said = subprocess.run(
        ("udevadm", "test", "/sys/class/mem/null"), capture_output=True, text=True
    ).stderr
    wrong = [line for line in said.splitlines() if rules in line and "Reading" not in line]
    _found("udev reads its rules without complaint", rules in said and not wrong, "\n".join(wrong))
    _set_up()


def _set_up() -> None:
    """What setting a terminal up writes, by hand."""
    settings = SETTINGS / "1"
    settings.mkdir(parents=True)
    for folder in (SETTINGS, settings):
        folder.chmod(0o711)
    for name, group in (("kiosk.toml", "kiosk"), ("queue.toml", "kiosk-queue")):
        shutil.copy(HERE / "settings" / name, settings / name)
        shutil.chown(settings / name, "root", group)
        (settings / name).chmod(0o640)
    (SETTINGS / "current").symlink_to("1")
    keys = Path("/var/lib/kiosk-queue/keys")
    shutil.copytree(HERE / "settings" / "keys", keys)
    for path in (keys.parent, keys, *keys.iterdir()):
        shutil.chown(path, "kiosk-queue", "kiosk-queue")
        path.chmod(0o700 if path.is_dir() else 0o600)
    environment = HERE / "settings" / "kiosk.env"
    if environment.exists():
        shutil.copy(environment, "/etc/sscard-terminal")


# --- the second boot -----------------------------------------------------------------------


def _live_and_go() -> None:
    for unit in UNITS:
        came = _until(partial(_is_active, unit), _START_LIMIT_S)
        _found(f"{unit} comes up by itself at boot", came, _run("systemctl", "status", unit))
    _look_at_the_queue()
    _look_at_the_kiosk()
    _take_the_picture("idle")
    _hang()
    _take_the_picture("after-the-hang")
    _kill_the_queue()
    _ask_for_a_sign_off()
    _remove()
    _purge()


def _look_at_the_queue() -> None:
    socket = Path("/run/sscard-terminal/queue.sock")
    admin = Path("/run/sscard-terminal/queue.sock.admin")
    _found(
        "the queue's socket is for its owner and the screen's group",
        _until(lambda: socket.exists() and _mode(socket) == "kiosk-queue:kiosk 660", 30.0),
        _mode(socket),
    )
    _found(
        "the technician's socket is its owner's alone", _mode(admin).endswith(" 600"), _mode(admin)
    )
    status = _run("kiosk-queue", "status", "--settings", str(SETTINGS / "current/queue.toml"))
    _found("a technician asks the queue how it is", "waiting" in status or "rows" in status, status)


def _look_at_the_kiosk() -> None:
    pid = _show("kiosk.service", "MainPID")
    lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    names = [line.split(":")[0].strip() for line in lines]
    _found("the screen process has no network but its own loop", names == ["lo"], str(names))
    status = Path(f"/proc/{pid}/status").read_text()
    _found("it has no capability", "CapEff:\t0000000000000000" in status)
    _found("it is filtered by seccomp", "Seccomp:\t2" in status)
    holds = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    _found("it has no database open", not any("queue.db" in held for held in holds))


def _take_the_picture(name: str) -> None:
    """What is on the glass, once it has stood still for a second; judged outside."""
    glass = HERE / "glass" / "Xvfb_screen0"
    if not glass.exists():
        _ask_for_a_picture(name)
        return
    seen: list[bytes] = [b""]

    def stands_still() -> bool:
        seen.append(glass.read_bytes())
        return len(seen) > 5 and len(set(seen[-5:])) == 1 and len(set(seen[-1][4096:])) > 8

    came = _until(stands_still, _GLASS_LIMIT_S, every_s=0.5)
    _found(f"a picture stands on the glass ({name})", came)
    (HERE / f"{name}.xwd").write_bytes(glass.read_bytes())


def _ask_for_a_picture(name: str) -> None:
    """The display is emulated hardware: whoever emulates it takes the picture and says so."""
    line = Path("/dev/ttyS1")
    _run("stty", "-F", str(line), "raw", "-echo")
    with line.open("r+b", buffering=0) as talk:
        talk.write(f"picture {name}\n".encode())
        said = b""
        while not said.endswith(b"\n"):
            said += talk.read(1)
    _found(f"a picture was taken ({name})", said == b"taken\n", repr(said))


def _hang() -> None:
    """The process is stopped as if it hung for ever: the watchdog must end and restart it."""
    before = _show("kiosk.service", "MainPID")
    os.kill(int(before), signal.SIGSTOP)
    began_s = time.monotonic()
    restarted = _until(
        lambda: (
            _show("kiosk.service", "MainPID") not in ("0", before) and _is_active("kiosk.service")
        ),
        _HANG_LIMIT_S,
    )
    took_s = time.monotonic() - began_s
    after = _show("kiosk.service", "MainPID")
    said = f"process {before} became {after} in {took_s:.1f} s"
    _found("the watchdog restarts a screen process that hangs", restarted, said)
    log = _run("journalctl", "--unit=kiosk.service", "--output=cat", "--no-pager")
    told = [line for line in log.splitlines() if "atchdog" in line]
    _found(
        "its end is told as the watchdog's", any("'watchdog'" in line for line in told), str(told)
    )
    _found("there is no core", not list(Path("/var/lib/systemd").glob("coredump/*")))


def _kill_the_queue() -> None:
    before = _show("kiosk-queue.service", "MainPID")
    os.kill(int(before), signal.SIGKILL)
    back = _until(
        lambda: (
            _show("kiosk-queue.service", "MainPID") not in ("0", before)
            and _is_active("kiosk-queue.service")
        ),
        _START_LIMIT_S,
    )
    _found("a queue that was killed is back", back)
    socket = Path("/run/sscard-terminal/queue.sock")
    _found(
        "and its socket is the group's again", _mode(socket).endswith("kiosk 660"), _mode(socket)
    )


def _ask_for_a_sign_off() -> None:
    """As the screen process asks. This machine has no office, so nothing comes of it but an end."""
    before = _show("kiosk.service", "MainPID")
    request = Path("/var/lib/kiosk/sign_off_request")
    partial = request.with_suffix(".new")
    partial.write_text(json.dumps({"technician": "1001", "second": "1002"}))
    partial.rename(request)
    _found("a sign-off that is asked for is answered", _until(lambda: not request.exists(), 60.0))
    back = _until(
        lambda: (
            _show("kiosk.service", "MainPID") not in ("0", before) and _is_active("kiosk.service")
        ),
        _START_LIMIT_S,
    )
    _found("and the screen process comes back after it", back)
    log = _run("journalctl", "--unit=kiosk-sign-off.service", "--output=cat", "--no-pager")
    _found("which says why nothing came of it", "next:" in log, log)


def _remove() -> None:
    done = subprocess.run(("dpkg", "--remove", PACKAGE), capture_output=True, text=True)
    _found("the package is removed", done.returncode == 0, done.stderr)
    before = set(json.loads((HERE / "before.json").read_text()))
    left = [name for name in _files() if name not in before]
    others = [name for name in left if not name.startswith(MAY_STAY)]
    _found("removal leaves settings, keys and data", all(name in left for name in DATA))
    _found("and nothing else", not others, str(others[:20]))
    _found("no process of it is left", not _run("pgrep", "-u", "kiosk,kiosk-queue"))
    known = _run("systemctl", "list-unit-files", "--no-legend", *UNITS)
    _found("no unit of it is left", not known, known)


def _purge() -> None:
    subprocess.run(("dpkg", "--purge", PACKAGE), check=True, capture_output=True)
    before = set(json.loads((HERE / "before.json").read_text()))
    left = [name for name in _files() if name not in before]
    _found("a purge leaves nothing at all", not left, str(left[:20]))
    gone = [name for name in before if not os.path.lexists(name)]
    _found("and takes nothing that was there before", not gone, str(gone[:20]))
    users = [Path(name).read_text() for name in _USERS]
    was = json.loads((HERE / "users-before.json").read_text())
    _found("the lists of users are as before", users == was)


# --- tools ---------------------------------------------------------------------------------


def _files() -> list[str]:
    """Every path of the machine that a package could have left behind."""
    found, folders = [], [Path("/")]
    while folders:
        for path in folders.pop().iterdir():
            if str(path) in _PASSED_BY:
                continue
            found.append(str(path))
            if path.is_dir() and not path.is_symlink():
                folders.append(path)
    return sorted([*found, *map(str, Path("/run").glob("sscard*"))])


def _mode(path: Path) -> str:
    if not path.exists():
        return "missing"
    return f"{path.owner()}:{path.group()} {stat.S_IMODE(path.stat().st_mode):o}"


def _is_active(unit: str) -> bool:
    return _show(unit, "ActiveState") == "active"


def _show(unit: str, name: str) -> str:
    return _run("systemctl", "show", "--value", f"--property={name}", unit)


def _run(*command: str) -> str:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.strip()


def _until(true: Callable[[], bool], limit_s: float, every_s: float = 0.2) -> bool:
    end_s = time.monotonic() + limit_s
    pause = threading.Event()
    while not true():
        if time.monotonic() > end_s:
            return False
        pause.wait(every_s)
    return True


def _found(check: str, holds: bool, detail: str = "") -> None:
    with (HERE / "findings.jsonl").open("a") as file:
        file.write(json.dumps({"check": check, "holds": bool(holds), "detail": detail}) + "\n")


if __name__ == "__main__":
    main()
