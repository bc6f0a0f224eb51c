"""The lines: to the queue's process, through it to the bank, and to the office."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from provisioning.readiness.verdicts import concern, failed, passed
from provisioning.wire import Finding

ANSWER_LIMIT_S: Final = 3.0
_LINE_BYTES_MAX: Final = 196_608
_ASK: Final = b'{"do":"status"}\n'


def queue_and_bank(socket_path: Path) -> tuple[Finding, ...]:
    """Ask the queue's process how it is; the line to the bank is its to judge.

    One JSON object a line over its Unix socket; what else it says on connection is passed over.
    """
    words = queue_status(socket_path)
    if words is None:
        return (
            failed(
                *("queue.answers", "The queue's process does not answer."),
                "Start it: `systemctl start kiosk-queue`, then look at `journalctl -u kiosk-queue`.",
            ),
        )
    return (passed("queue.answers", "The queue's process answers."), _bank(words), _rows(words))


def office(reach: Callable[[], str]) -> Finding:
    """`reach` tries the office, bounded in time: '' when it answered as itself, else why not."""
    why = reach()
    if not why:
        return passed("office.line", "The office answers.")
    return failed(
        *("office.line", f"The office does not answer: {why}."),
        "Look at the network plug and the router; then at the office's address in the configuration.",
    )


def _bank(words: dict[str, Any]) -> Finding:
    if words.get("line_up") is True:
        return passed("bank.line", "The bank answers.")
    last = words.get("last_contact_at")
    since = f" It last did at {last}." if isinstance(last, str) else " It never has."
    return failed(
        *("bank.line", f"The bank does not answer.{since}"),
        "Look at the network plug and the router; then at bank.url in the configuration.",
    )


def _rows(words: dict[str, Any]) -> Finding:
    """What waits in the queue, and what a person has to look at."""
    told = words.get("alerts")
    alerts = [str(alert) for alert in told] if isinstance(told, list) else []
    dead = words.get("dead")
    if isinstance(dead, int) and dead > 0:
        alerts.insert(0, f"{dead} requests need a person")
    if alerts:
        text = f"The queue says: {'; '.join(alerts)[:300]}."
        return concern("queue.rows", text, "Look at them: `kiosk-queue status`.")
    waiting = words.get("waiting")
    count = sum(waiting.values()) if isinstance(waiting, dict) else 0
    return passed("queue.rows", f"{count} requests wait for the line, none needs a person.")


def queue_status(socket_path: Path) -> dict[str, Any] | None:
    """The queue's own words; None when none came within `ANSWER_LIMIT_S`."""
    end_s = time.monotonic() + ANSWER_LIMIT_S
    heard = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ANSWER_LIMIT_S)
            line.connect(str(socket_path))
            line.sendall(_ASK)
            while (left_s := end_s - time.monotonic()) > 0 and len(heard) <= _LINE_BYTES_MAX:
                line.settimeout(left_s)
                data = line.recv(16_384)
                if not data:
                    return None
                *whole, heard = (heard + data).split(b"\n")
                for each in whole:
                    words = json.loads(each)
                    if isinstance(words, dict) and isinstance(words.get("status"), dict):
                        return dict(words["status"])
    except (OSError, ValueError, RecursionError):
        return None
    return None
