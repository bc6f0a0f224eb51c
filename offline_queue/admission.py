"""Whether a request is one, before anything is done with it."""

from __future__ import annotations

from offline_queue.messages import NotTaken, NotTakenReason
from offline_queue.policy import request_bytes_max
from offline_queue.sealing import is_op_id, plain_request
from sscard.requests import Evidence, Request
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
    if len(plain) > request_bytes_max(request.kind):
        return NotTaken(op_id, NotTakenReason.TOO_LARGE)
    return plain


def broken_rule(request: Request) -> Rule | None:
    """The rule that a request breaks by its form alone; None: it is one.

    What is personal is only looked at, never quoted.
    """
    evidence = getattr(request, "evidence", None)
    if isinstance(evidence, Evidence) and not _is_evidence(evidence):
        return Rule.ACTIVATE_ORIGINALS
    card_number = getattr(request, "card_number", None)
    if isinstance(card_number, str) and not _is_card_number(card_number):
        return Rule.CARD_STATES
    return None


def _is_evidence(evidence: Evidence) -> bool:
    return bool(evidence.document.strip() and evidence.id_number.strip() and evidence.name.strip())


def _is_card_number(text: str) -> bool:
    """Digits and capital letters: a bank card's number, or a social security card's."""
    return (
        _CARD_DIGITS_MIN <= len(text) <= _CARD_DIGITS_MAX
        and text.isascii()
        and text.isalnum()
        and text == text.upper()
    )
