"""Balances of both accounts."""

from __future__ import annotations

from sscard.requests.base import Ask, Evidence, Fen, Reply, Text


class BalanceCheck(Ask, frozen=True):
    """Both balances of the card in the reader. Queued without a line; then no password goes along."""

    evidence: Evidence
    card_number: Text


class Balances(Reply, frozen=True):
    """The balances of both accounts as the bank knew them at `at`."""

    medical_fen: Fen
    financial_fen: Fen
    bank_id: Text
    card_tail: Text
    at: Text


class BalanceByOwnChannel(Reply, frozen=True):
    """The check arrived without a password: the bank tells the holder by its own channel (OFFLINE.ANSWER)."""

    at: Text
