"""The disk: how long a flush takes, how much is free, how worn it is."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from pathlib import Path
from typing import Final

from provisioning.readiness.machine import Machine
from provisioning.readiness.verdicts import Limits, concern, failed, measured, passed, unknown
from provisioning.wire import Finding

FLUSHES: Final = 100
FLUSH_BYTES: Final = 4096  # a page: what the queue's journal adds for one request
FLUSHING_LIMIT_S: Final = 8.0  # a slow card does fewer
FLUSHES_LEAST: Final = 10

# A visit waits for two or three flushes; a person takes a second for no answer at all.
MEDIAN_MS: Final = Limits(concern=50, failed=250)
P99_MS: Final = Limits(concern=250, failed=1_500)
FREE_MIB: Final = Limits(concern=2_048, failed=512, low_is_bad=True)
WORN_PERCENT: Final = Limits(concern=70, failed=100)

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SLOW_REMEDY = (
    "Use an industrial card or an SSD; see that nothing else writes meanwhile, and test again."
)
_FULL_REMEDY = "Make room: old journals and packages first (`journalctl --vacuum-size=32M`)."


def flushes(folder: Path, count: int = FLUSHES) -> tuple[Finding, ...]:
    """Time real flushes (fdatasync) of a page each in `folder`. What was written is removed."""
    partial = folder / ".kiosk-flush-test"
    took_ms: list[float] = []
    try:
        with partial.open("wb", buffering=0) as file:
            end_s = time.monotonic() + FLUSHING_LIMIT_S
            while len(took_ms) < count and time.monotonic() < end_s:
                file.write(os.urandom(FLUSH_BYTES))
                began_s = time.monotonic()
                os.fdatasync(file.fileno())
                took_ms.append((time.monotonic() - began_s) * 1000)
    except OSError as error:
        return (_unwritable(error),)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    writes = passed("disk.writes", f"{len(took_ms)} pages were written and flushed.")
    if len(took_ms) < min(count, FLUSHES_LEAST):
        remedy = "Change the disk: it hangs in the middle of its work."
        return (
            writes,
            failed("disk.flush_median", f"Only {len(took_ms)} flushes in 8 s.", remedy),
        )
    took_ms.sort()
    median_ms = took_ms[len(took_ms) // 2]
    p99_ms = took_ms[(len(took_ms) * 99 + 99) // 100 - 1]
    return (
        writes,
        measured(
            *("disk.flush_median", median_ms, "ms", MEDIAN_MS),
            *(f"Half of the flushes took {median_ms:.1f} ms or less.", _SLOW_REMEDY),
        ),
        measured(
            *("disk.flush_p99", p99_ms, "ms", P99_MS),
            *(f"99 of 100 flushes took {p99_ms:.1f} ms or less.", _SLOW_REMEDY),
        ),
    )


def space(folder: Path) -> Finding:
    """What a program that is not root can still write where `folder` is."""
    try:
        figures = os.statvfs(folder)
    except OSError as error:
        return failed("disk.space", f"The disk cannot be asked: {error.strerror}.", _FULL_REMEDY)
    free_mib = figures.f_bavail * figures.f_frsize / 1_048_576
    said = f"{free_mib:,.0f} MiB are free."
    return measured("disk.space", free_mib, "MiB", FREE_MIB, said, _FULL_REMEDY)


def wear(machine: Machine) -> Finding:
    """What an eMMC says of its own life (JEDEC JESD84-B51, EXT_CSD 267 to 269); others tell nothing.

    Its two estimates come in tenths: 0x01 is up to 10 % used, 0x0B is beyond its life.
    """
    check = "disk.wear"
    for place in machine.matching("sys/block/mmcblk*/device/life_time"):
        tenths = [
            int(word, 16) for word in re.findall(r"0x[0-9a-fA-F]{2}", machine.text(place) or "")
        ]
        told = [tenth for tenth in tenths if 1 <= tenth <= 0x0B]
        if not told:
            continue
        reserve = machine.number(str(Path(place).with_name("pre_eol_info")))
        if reserve in (2, 3):
            said = "The disk has used most of its spare blocks."
            return concern(check, said, "Change the disk at the next visit.")
        used = min(max(told) * 10, 100) if max(told) < 0x0B else 100
        said = f"Up to {used} % of the disk's life is used."
        remedy = "Change the disk before it stops taking what is written."
        return measured(check, used, "%", WORN_PERCENT, said, remedy)
    return unknown(check, "Unknown: this disk does not tell how worn it is, as SD cards do not.")


def _unwritable(error: OSError) -> Finding:
    if error.errno in _FULL:
        return failed("disk.writes", "The disk is full: nothing can be written.", _FULL_REMEDY)
    if error.errno == errno.EROFS:
        return failed(
            *("disk.writes", "The disk can only be read."),
            "It turned read-only after an error, or is mounted so: look at `dmesg`, then at /etc/fstab.",
        )
    return failed(
        *("disk.writes", f"Nothing can be written: {error.strerror}."),
        "Look at the folder's owner and at `dmesg`; a disk that gives errors is changed.",
    )
