"""The claim number of a kept card: fit for the telephone, and a slip of the tongue shows."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from sscard.claims import claim_from_text, claim_number

CLAIMS = [claim_number(Random(seed).getrandbits(64)) for seed in range(50)]
LETTERS = "123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_claim_number_has_six_characters_none_of_which_is_taken_for_another() -> None:
    for claim in CLAIMS:
        assert len(claim) == 6
        assert not set(claim) & set("0OIL U".replace(" ", ""))
        assert claim_from_text(claim) == claim


@pytest.mark.parametrize("form", ["{0}{1}", "{0} · {1}", " {0}-{1} "])
def test_it_is_read_however_it_is_written(form: str) -> None:
    claim = CLAIMS[0]
    assert claim_from_text(form.format(claim[:3], claim[3:]).lower()) == claim


def test_one_wrong_character_always_shows() -> None:
    for claim in CLAIMS:
        for place, right in enumerate(claim):
            for wrong in LETTERS.replace(right, ""):
                assert claim_from_text(claim[:place] + wrong + claim[place + 1 :]) is None


def test_two_neighbours_that_changed_places_always_show() -> None:
    for claim in CLAIMS:
        for place, (left, right) in enumerate(pairwise(claim)):
            if left != right:
                swapped = claim[:place] + right + left + claim[place + 2 :]
                assert claim_from_text(swapped) is None


@pytest.mark.parametrize("text", ["", "K7M4Q", "K7M4QXX", "00000O", "K7M4Q0", "领取号码一二"])
def test_anything_else_is_no_claim_number(text: str) -> None:
    assert claim_from_text(text) is None
