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
    TYPE = (60, "a slow finger takes five seconds a digit; every key begins the time anew")
    RESULT = (90, "copying two balances by hand")
    PRINTING = (30, "the longest receipt takes 6 s; the printer's own retries the rest")
    HOLD_CODE = (60, "unfolding a receipt and finding the lens")
    STILL = (40, "standing before the camera; a good picture takes 2 s")
    COPY = (60, "finding the ID card again and holding one side up; anew for the other side")
    HAND_IN = (90, "finding the old card, and taking the other one out first")
    PAY = (180, "finding the telephone, opening the right app, paying; a press begins it anew")
    KEEPING = (20, "the motor takes 2 s; 20 s is a reader that hangs")
    TAKE_CARD = (40, "then the terminal stops saying anything personal and only asks for the card")
    LAST_CALL = (30, "the last warning before the terminal takes a card in, with its seconds shown")
    CARD_KEPT = (90, "coming back for the card, and copying down its claim number")
    TROUBLE = (60, "reading what is the matter and what to do")
    MENU = (60, "reading ten names of services")
    CARD_FIRST = (60, "a card put in before a service was chosen")
    WISHES = (60, "somebody chose a language and went away; the next one finds the usual screen")
    STAFF_CODE = (90, "reading a code from a telephone and typing its eight digits")
    STAFF = (300, "hands in the cabinet; after five minutes without a touch nobody is there")
    STAFF_ACT = (60, "copying the journal to a slow stick takes 20 s")
    GOODBYE = (6, "a reminder of ID card and receipt; the next person may press it away")

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        self.reason = reason
