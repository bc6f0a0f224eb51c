"""Every time-out of the terminal's screens, in one table, each with its reason.

The devices' own limits (bytes, retries) stand in their drivers' configuration; the queue's in
its policy. Seconds.
"""

from __future__ import annotations

from enum import Enum


class Limit(Enum):
    """How long a state of the session may last before time moves it on."""

    LAY_ID = (60, "finding the ID card in a bag takes most people under 40 s")
    INSERT_CARD = (60, "the same for the card, and turning it round once")
    READ_CARD = (20, "a read takes 1 s; 20 s is a reader that hangs")
    PASSWORD = (60, "slow fingers: ten seconds a digit")
    ASK_BANK = (8, "after 8 s of silence the request waits in the queue, and the person is told")
    CHOOSE = (60, "reading two answers aloud to oneself, twice")
    RESULT = (90, "copying two balances by hand")
    PRINTING = (30, "the longest receipt takes 6 s; the printer's own retries the rest")
    HOLD_CODE = (60, "unfolding a receipt and finding the lens")
    TAKE_CARD = (40, "then the terminal stops saying anything personal and only asks for the card")
    TROUBLE = (60, "reading what is the matter and what to do")
    MENU = (60, "reading ten names of services")
    CARD_FIRST = (60, "a card put in before a service was chosen")
    WISHES = (60, "somebody chose a language and went away; the next one finds the usual screen")
    GOODBYE = (6, "a reminder of ID card and receipt; the next person may press it away")

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        self.reason = reason
