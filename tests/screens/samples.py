"""Sample views in both languages, covering every layout and every block."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.messages.catalogue import messages
from kiosk.screens.view import View
from tests.screens.sample_lists import pages, typing
from tests.screens.sample_results import (
    balances,
    confirm,
    done,
    lost,
    printer_out,
    queued,
    queued_for_all,
    refused,
)
from tests.screens.sample_steps import (
    banks,
    card_in,
    choice,
    hold_code,
    idle,
    idle_few,
    insert_card,
    lay_id,
    pin,
    take_card,
    take_receipt,
    wait,
)

SAMPLES: Final = (
    idle,
    idle_few,
    card_in,
    insert_card,
    lay_id,
    take_card,
    take_receipt,
    hold_code,
    pin,
    wait,
    choice,
    banks,
    pages,
    typing,
    lost,
    balances,
    queued,
    queued_for_all,
    confirm,
    done,
    refused,
    printer_out,
)


def sample_views(lang: str, *, large_text: bool = False) -> dict[str, View]:
    """Every sample by its name, in one language."""
    from tests.screens.sample_staff import STAFF_SAMPLES  # loads the session, `SAMPLES` do not

    brand = messages(lang)("common.brand")
    return {
        make.__name__: replace(make(lang), large_text=large_text, brand=brand)
        for make in (*SAMPLES, *STAFF_SAMPLES)
    }
