"""Telling people of alerts that nobody has taken up: by webhook and by e-mail, level by level."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import httpx
from sqlalchemy import Engine, update

from monitoring.server import reading
from monitoring.server.changes import bump
from monitoring.server.facts import Alert, AlertFilters, Severity
from monitoring.server.schema import alerts

_PATIENCE_S = 5.0
_AT_ONCE = 20  # alerts in one pass: the rest have the next
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Level:
    """Whom to tell, of what at least, and how long after the alert was raised."""

    after_s: int
    least: Severity
    webhook: str = ""
    email_to: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes the e-mails."""

    host: str = ""
    port: int = 25
    sender: str = ""


def due(alert: Alert, levels: Sequence[Level], now: int) -> Level | None:
    """The next level that is to hear of the alert now.

    None when it was acknowledged, is silenced, is over, or the time has not come.
    """
    is_silenced = alert.silenced_until is not None and now < alert.silenced_until
    if alert.acknowledged_by or alert.cleared is not None or is_silenced:
        return None
    if alert.escalated >= len(levels):
        return None
    level = levels[alert.escalated]
    rank = list(Severity)
    is_grave = rank.index(alert.severity) <= rank.index(level.least)
    return level if is_grave and now - alert.raised >= level.after_s else None


def tell_due(engine: Engine, levels: Sequence[Level], mail: Mail, now: int) -> int:
    """Tell of all that is due; one that could not be told is due again. How many were told."""
    if not levels:
        return 0
    told = 0
    for alert in _open_alerts(engine):
        level = due(alert, levels, now)
        if level is None:
            continue
        if told >= _AT_ONCE or not _tell(alert, level, mail):
            break
        told += 1
        with engine.begin() as connection:
            one = update(alerts).where(alerts.c.id == alert.id)
            connection.execute(one.values(escalated=alert.escalated + 1))
            bump(connection)
    return told


def _open_alerts(engine: Engine) -> Iterable[Alert]:
    before: int | None = None
    while True:
        page = reading.alerts_page(engine, AlertFilters(), before, reading.PAGE_MAX)
        yield from page.alerts
        before = page.next_before
        if before is None:
            return


def _tell(alert: Alert, level: Level, mail: Mail) -> bool:
    text = f"{alert.remedy}: {alert.cause} {alert.part}".strip()
    where = alert.name_en or alert.site or alert.terminal
    try:
        if level.webhook:
            content = {
                "alert": alert.id,
                "remedy": alert.remedy,
                "cause": alert.cause,
                "part": alert.part,
                "severity": alert.severity,
                "site": alert.site,
                "terminals": alert.terminals,
                "lost": alert.lost,
                "raised": alert.raised,
            }
            httpx.post(level.webhook, json=content, timeout=_PATIENCE_S).raise_for_status()
        if level.email_to:
            message = EmailMessage()
            message["From"], message["To"] = mail.sender, level.email_to
            message["Subject"] = " ".join(f"[{alert.severity}] {text} - {where}".split())
            message.set_content(f"{text}\n{where}\n{', '.join(alert.terminals)}\n")
            with smtplib.SMTP(mail.host, mail.port, timeout=_PATIENCE_S) as server:
                server.send_message(message)
    except (httpx.HTTPError, smtplib.SMTPException, OSError) as error:
        _log.warning("an alert could not be told: %s", type(error).__name__)
        return False
    return True
