"""The token's text: every token comes back, and a slip of the finger is found."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from provisioning.token_text import TokenFault, read_token, token_text

SECRETS = st.binary(min_size=16, max_size=16)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(SECRETS)
def test_a_token_comes_back_from_its_text(secret: bytes) -> None:
    text = token_text(secret)
    assert re.fullmatch(r"SSK1(-[0-9A-HJKMNP-TV-Z]{4}){7}", text)
    assert read_token(text) == secret
    assert read_token(" " + text.lower().replace("-", " ") + "\n") == secret


@given(SECRETS, st.data())
def test_one_or_two_wrong_characters_are_always_found(secret: bytes, data: st.DataObject) -> None:
    letters = list(token_text(secret))
    places = [place for place, letter in enumerate(letters) if place > 4 and letter != "-"]
    for place in data.draw(st.sets(st.sampled_from(places), min_size=1, max_size=2)):
        others = [letter for letter in LETTERS if letter != letters[place]]
        letters[place] = data.draw(st.sampled_from(others))
    assert read_token("".join(letters)) is TokenFault.CHECK


@given(SECRETS, st.data())
def test_two_characters_that_changed_places_are_found(secret: bytes, data: st.DataObject) -> None:
    letters = list(token_text(secret).replace("-", ""))
    places = st.integers(4, len(letters) - 1)
    one, other = data.draw(places), data.draw(places)
    before = list(letters)
    letters[one], letters[other] = letters[other], letters[one]
    if letters == before:
        assert read_token("".join(letters)) == secret
    else:
        assert read_token("".join(letters)) is TokenFault.CHECK


@given(st.text(max_size=120))
def test_no_text_breaks_the_reading(text: str) -> None:
    said = read_token(text)
    assert isinstance(said, TokenFault) or token_text(said)


def test_what_is_no_token_says_how() -> None:
    good = token_text(bytes(range(16)))
    assert read_token("https://example.org/SSK1") is TokenFault.OTHER_TEXT
    assert read_token(good[:-1]) is TokenFault.LENGTH
    assert read_token(good + "0") is TokenFault.LENGTH
    assert read_token(good[:-1] + "U") is TokenFault.LETTER
    assert read_token(good.replace("0", "O")) == bytes(range(16))
