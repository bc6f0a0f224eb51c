"""The electronic social security card: activated at the terminal, or shown to say who one is."""

from __future__ import annotations

from typing import Annotated

import msgspec

from sscard.cards import CardState
from sscard.requests.base import Ask, Evidence, Presence, Reply, Text


class ElectronicLook(Ask, frozen=True):
    """Whose electronic card shows this code. The code is opaque, used once, and kept nowhere."""

    code: Annotated[str, msgspec.Meta(min_length=8, max_length=512)]


class ElectronicHolder(Reply, frozen=True):
    """The holder as a stranger may see it, and the state of the physical card behind it."""

    masked_name: Text
    card_tail: Text
    state: CardState
    at: Text


class ElectronicActivate(Ask, frozen=True):
    """Activate the electronic card of the person's active card."""

    evidence: Evidence
    presence: Presence


class ElectronicActivated(Reply, frozen=True):
    """The electronic card is active; its password is set in the app, never here."""

    card_tail: Text
    at: Text
