"""Whether a request is one, before anything is done with it."""

from __future__ import annotations

from offline_queue.messages import NotTaken, NotTakenReason
from offline_queue.policy import REQUEST_BYTES_MAX
from offline_queue.sealing import is_op_id, plain_request
from sscard.requests import BalanceCheck, PasswordUnlock, ReportStatus, Request
from sscard.rules import Rule

_CARD_DIGITS_MIN = 6
_CARD_DIGITS_MAX = 32


def admitted(op_id: str, request: Request) -> bytes | NotTaken:
    """The canonical form of a request that may be sealed, or why it is not taken."""
    if not is_op_id(op_id):
        return NotTaken(op_id, NotTakenReason.MALFORMED)
    rule = broken_rule(request)
    if rule is not None:
        return NotTaken(op_id, NotTakenReason.MALFORMED, rule)
    try:
        plain = plain_request(request)
    except UnicodeEncodeError:  # a text that is none
        return NotTaken(op_id, NotTakenReason.MALFORMED)
    if len(plain) > REQUEST_BYTES_MAX:
        return NotTaken(op_id, NotTakenReason.TOO_LARGE)
    return plain


def broken_rule(request: Request) -> Rule | None:
    """The rule that a request breaks by its form alone; None: it is one.

    What is personal is only looked at, never quoted.
    """
    if isinstance(request, ReportStatus):
        return None
    evidence = request.evidence
    if not (evidence.document.strip() and evidence.id_number.strip() and evidence.name.strip()):
        return Rule.ACTIVATE_ORIGINALS
    if isinstance(request, BalanceCheck | PasswordUnlock) and not _is_card_number(
        request.card_number
    ):
        return Rule.CARD_STATES
    return None


def _is_card_number(text: str) -> bool:
    """Digits and capital letters: a bank card's number, or a social security card's."""
    return (
        _CARD_DIGITS_MIN <= len(text) <= _CARD_DIGITS_MAX
        and text.isascii()
        and text.isalnum()
        and text == text.upper()
    )
