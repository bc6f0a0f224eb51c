"""Files that provisioning writes for the processes that serve: whole or not at all, for one user or group."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from provisioning.terminal.keys.folder import sync_folder

KIOSK, QUEUE = "kiosk", "kiosk-queue"
"""The users of the screen process and of the queue's; each has a group of its name."""


def hand(path: Path, content: bytes, mode: int, owner: str = "root", group: str = "root") -> None:
    """Put a file in its place, unless just that is there. Raises `OSError`.

    Users that this machine does not have, and all of them where we are not root, leave it ours.
    """
    if _is_there(path, content, mode):
        return
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o711)  # whatever the umask: each file guards itself
    partial = path.with_name(f".{path.name}.new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    give(partial, mode, owner, group)
    partial.rename(path)
    sync_folder(path.parent)


def give(path: Path, mode: int, owner: str = "root", group: str = "root") -> None:
    """Owner, group and mode of what is there. The mode first: afterwards it may be another's."""
    now = path.stat()
    if now.st_mode & 0o7777 != mode:
        path.chmod(mode)
    user, its_group = _user(owner, now.st_uid), _group(group, now.st_gid)
    if os.geteuid() == 0 and (user, its_group) != (now.st_uid, now.st_gid):
        os.chown(path, user, its_group)


def _is_there(path: Path, content: bytes, mode: int) -> bool:
    try:
        return path.read_bytes() == content and path.stat().st_mode & 0o777 == mode
    except OSError:
        return False


def _user(name: str, now: int) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return now  # this machine does not have it


def _group(name: str, now: int) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return now
