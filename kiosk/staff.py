"""Who is let into technician mode: one-time codes, each taken once, and few tries.

It works without a line. What must outlive a restart (wrong tries, locks, codes that were used)
lies in one small file; a try that could not be written down lets nobody in.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.fsm.staff.words import Refused, StaffAdmitted, StaffRefused
from kiosk.shelf import Shelf
from sscard.staff_codes import SECRET_BYTES, Admission, role_of

TRIES: Final = 5
FIRST_LOCK: Final = timedelta(minutes=15)
LONGEST_LOCK: Final = timedelta(days=1)
USED_MAX: Final = 200  # people whose last code is remembered: many times a site's staff


@dataclass(slots=True)
class _Kept:
    """What the file holds."""

    wrong: int = 0  # tries since the last one that was right, or the last lock
    locks: int = 0  # in a row; each is twice as long
    locked_at: str = ""  # ISO 8601
    used: dict[str, int] = field(default_factory=dict)  # number and role: the last window used


class StaffGate:
    """Judges numbers and codes. `secret` is None on a terminal that has none yet."""

    def __init__(self, secret: bytes | None, shelf: Shelf) -> None:
        self._secret = secret
        self._shelf = shelf

    @property
    def has_codes(self) -> bool:
        """Whether anybody can be let in."""
        return self._secret is not None

    def check(self, technician: str, code: str, wall: datetime) -> StaffAdmitted | StaffRefused:
        """Judge one try. Every try, right or wrong, is on the disk when this returns."""
        if self._secret is None:
            return StaffRefused(Refused.NO_CODES)
        try:
            with self._shelf.held():
                return self._judge(self._secret, technician, code, wall)
        except OSError:
            return StaffRefused(Refused.NOT_KEPT)

    def _judge(
        self, secret: bytes, technician: str, code: str, wall: datetime
    ) -> StaffAdmitted | StaffRefused:
        kept = self._read(wall)
        left_s = _locked_for_s(kept, wall)
        if left_s > 0:
            return StaffRefused(Refused.LOCKED, locked_for_s=left_s)
        admission = role_of(secret, technician, code, wall)
        if admission is None or not self._is_new(kept, technician, admission):
            return self._wrong(kept, wall, is_used=admission is not None)
        kept.used[f"{technician} {admission.role}"] = admission.window
        while len(kept.used) > USED_MAX:
            del kept.used[min(kept.used, key=lambda each: kept.used[each])]
        kept.wrong, kept.locks, kept.locked_at = 0, 0, ""
        self._write(kept)
        return StaffAdmitted(technician, admission.role)

    def _is_new(self, kept: _Kept, technician: str, admission: Admission) -> bool:
        """Whether the code is newer than the last of this person; older ones are spent too."""
        return admission.window > kept.used.get(f"{technician} {admission.role}", -1)

    def _wrong(self, kept: _Kept, wall: datetime, *, is_used: bool) -> StaffRefused:
        kept.wrong += 1
        if kept.wrong >= TRIES:
            kept.wrong, kept.locks, kept.locked_at = 0, kept.locks + 1, wall.isoformat()
        self._write(kept)
        left_s = _locked_for_s(kept, wall)
        if left_s > 0:
            return StaffRefused(Refused.LOCKED, locked_for_s=left_s)
        return StaffRefused(Refused.USED if is_used else Refused.WRONG, TRIES - kept.wrong)

    def _read(self, wall: datetime) -> _Kept:
        """What is kept. A file that cannot be understood counts as a lock that begins now."""
        stored = self._shelf.read()
        if not stored:
            return _Kept()
        try:
            kept = _Kept(**json.loads(stored))
            _locked_for_s(kept, wall)
            used = all(isinstance(window, int) for window in kept.used.values())
            if used and 0 <= kept.wrong < TRIES and kept.locks >= 0:
                return kept
        except (ValueError, TypeError, AttributeError):
            pass
        kept = _Kept(locks=1, locked_at=wall.isoformat())
        self._write(kept)
        return kept

    def _write(self, kept: _Kept) -> None:
        self._shelf.begin(json.dumps(asdict(kept)).encode() + b"\n")


def read_secret(path: Path | None) -> bytes | None:
    """The terminal's secret; None where there is none, or not one of the right length."""
    try:
        secret = path.read_bytes() if path is not None else b""
    except OSError:
        return None
    return secret if len(secret) == SECRET_BYTES else None


def _locked_for_s(kept: _Kept, wall: datetime) -> int:
    """Whole seconds of the lock that are left. A clock that was set back makes none longer."""
    if not kept.locked_at:
        return 0
    length = min(FIRST_LOCK * 2 ** min(kept.locks - 1, 10), LONGEST_LOCK)
    left = datetime.fromisoformat(kept.locked_at) + length - wall
    return max(0, int(min(left, length).total_seconds() + 0.999))
