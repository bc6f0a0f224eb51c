"""The names of the rules that code, tests, screens and receipts share.

Only the rules that something in the house decides by stand here; each new service brings
its own. The wording a person reads lives in the terminal's messages under the same name.
"""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """A rule of the social security card, by its name."""

    CARD_NEED_TO_KNOW = "CARD.NEED_TO_KNOW"
    CARD_TWO_ACCOUNTS = "CARD.TWO_ACCOUNTS"
    CARD_STATES = "CARD.STATES"
    ACTIVATE_ORIGINALS = "ACTIVATE.ORIGINALS"
    ACTIVATE_BEFORE_USE = "ACTIVATE.BEFORE_USE"
    FEE_LOSS_REPORT_FREE = "FEE.LOSS_REPORT_FREE"
    FEE_NO_ANNUAL = "FEE.NO_ANNUAL"
    PIN_UNLOCK = "PIN.UNLOCK"
    PIN_LOCK = "PIN.LOCK"
    LOSS_FREEZE_ON_RECEIPT = "LOSS.FREEZE_ON_RECEIPT"
    LOSS_ORAL_LAPSE = "LOSS.ORAL_LAPSE"
    LOSS_WRITTEN_NOW = "LOSS.WRITTEN_NOW"
    LOSS_WRITTEN_UPGRADES_ORAL = "LOSS.WRITTEN_UPGRADES_ORAL"
    LOSS_IN_PERSON = "LOSS.IN_PERSON"
    REPLACE_SUSPENDED = "REPLACE.SUSPENDED"
    REPLACE_OLD_IS_DEAD = "REPLACE.OLD_IS_DEAD"
    OFFLINE_THREE = "OFFLINE.THREE"
    OFFLINE_HONEST = "OFFLINE.HONEST"
    OFFLINE_NO_PIN = "OFFLINE.NO_PIN"
    OFFLINE_ANSWER = "OFFLINE.ANSWER"
    OFFLINE_ONCE = "OFFLINE.ONCE"
    PRIVACY_NOTHING_STAYS = "PRIVACY.NOTHING_STAYS"
