"""Who may apply, and what makes an application whole."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscard import applying
from sscard.applying import PHOTO_RECEIPT_DAYS, PhotoReceipt
from sscard.requests import RefusalCode, Stage
from sscard.rules import Rule

TODAY = date(2028, 2, 29)
WHO, OTHER = "990000198506170118", "990000199209250247"
days = st.dates(date(2020, 1, 1), date(2060, 12, 31))


# --- the notice ----------------------------------------------------------------------------


@pytest.mark.rule("APPLY.IN_STAGES")
@given(days, st.integers(-400, 400))
def test_an_application_is_open_from_the_day_of_the_notice_on(notice: date, later: int) -> None:
    decision = applying.may_apply(notice, (), notice + timedelta(days=later))
    assert decision.allowed is (later >= 0)
    assert decision.rule is Rule.APPLY_IN_STAGES
    if later < 0:
        assert decision.refusal is RefusalCode.NO_NOTICE


@pytest.mark.rule("APPLY.IN_STAGES")
def test_without_a_notice_no_application_is_open() -> None:
    assert applying.may_apply(None, (), TODAY).refusal is RefusalCode.NO_NOTICE


@pytest.mark.rule("APPLY.UNIQUE_FORM")
@pytest.mark.parametrize("stage", Stage)
def test_one_notice_is_good_for_one_card_unless_it_was_destroyed(stage: Stage) -> None:
    decision = applying.may_apply(TODAY, (stage,), TODAY)
    if stage is Stage.DESTROYED:
        assert decision.allowed
    else:
        assert decision.refusal is RefusalCode.HAS_CARD


# --- the photo -----------------------------------------------------------------------------


def photo_of(receipt: PhotoReceipt | None, today: date = TODAY) -> RefusalCode | None:
    return applying.photo(False, True, receipt, WHO, today).refusal


@pytest.mark.rule("APPLY.PHOTO")
def test_no_photo_no_application() -> None:
    assert applying.photo(False, False, None, WHO, TODAY).refusal is RefusalCode.NEEDS_PHOTO
    assert applying.photo(True, False, None, WHO, TODAY).allowed


@pytest.mark.rule("APPLY.PHOTO")
def test_a_receipt_must_be_known_ones_own_and_unused() -> None:
    assert photo_of(PhotoReceipt(WHO, TODAY, is_used=False)) is None
    assert photo_of(None) is RefusalCode.PHOTO_UNKNOWN
    assert photo_of(PhotoReceipt(OTHER, TODAY, is_used=False)) is RefusalCode.PHOTO_UNKNOWN
    assert photo_of(PhotoReceipt(WHO, TODAY, is_used=True)) is RefusalCode.PHOTO_UNKNOWN


@pytest.mark.rule("APPLY.PHOTO")
@given(days, st.integers(-3, PHOTO_RECEIPT_DAYS + 3))
def test_a_receipt_is_good_for_ninety_days(taken_on: date, later: int) -> None:
    refusal = photo_of(PhotoReceipt(WHO, taken_on, False), taken_on + timedelta(days=later))
    assert (refusal is None) is (0 <= later <= PHOTO_RECEIPT_DAYS)


@pytest.mark.rule("APPLY.PHOTO")
def test_a_receipt_that_is_given_must_hold_though_there_is_another_photo() -> None:
    assert applying.photo(True, True, None, WHO, TODAY).refusal is RefusalCode.PHOTO_UNKNOWN


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("GD990000000000000501", "GD990000000000000501"),
        (" gd99000000000501 ", "GD99000000000501"),
        ("123456789", None),
        ("1" * 33, None),
        ("SSC-LOSS:7K42MX9QD", None),
        ("https://example.cn/a", None),
        ("１２３４５６７８９０１", None),
    ],
)
def test_a_photo_receipts_number_is_ten_to_thirty_two_letters_and_digits(
    text: str, number: str | None
) -> None:
    assert applying.photo_receipt_from_text(text) == number


# --- the form ------------------------------------------------------------------------------


@pytest.mark.rule("APPLY.UNIQUE_FORM")
def test_a_form_is_one_persons_alone_and_serves_once() -> None:
    assert applying.own_form(WHO, WHO, Stage.AT_BANK).allowed
    assert applying.own_form(None, WHO, None).refusal is RefusalCode.FORM_UNKNOWN
    for stage in Stage:  # whose it is comes first: a stranger learns nothing of the card
        assert applying.own_form(OTHER, WHO, stage).refusal is RefusalCode.FORM_NOT_YOURS
    for stage in (Stage.COLLECTED, Stage.DESTROYED):
        assert applying.own_form(WHO, WHO, stage).refusal is RefusalCode.FORM_USED


@pytest.mark.rule("APPLY.BOTH_SIGN")
def test_what_is_not_signed_is_not_taken() -> None:
    assert applying.signed(True).allowed
    assert applying.signed(False).refusal is RefusalCode.NOT_SIGNED


@pytest.mark.rule("APPLY.AGENT")
def test_an_agent_brings_the_applicants_id_card_copied() -> None:
    assert applying.agent(is_agent=False, has_copy=False).allowed
    assert applying.agent(is_agent=True, has_copy=True).allowed
    assert applying.agent(is_agent=True, has_copy=False).refusal is RefusalCode.NO_COPY


# --- the details ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("13800006666", True),
        ("1380000666", False),
        ("138000066660", False),
        ("076900006666", True),
        ("0100000666", True),
        ("076900006", False),
        ("0769000066667", False),
        ("23800006666", False),
        ("1380000666a", False),
        ("１３８００００６６６６", False),
        ("", False),
    ],
)
def test_a_telephone_number_is_a_mobile_or_a_land_line_with_its_area_code(
    text: str, is_one: bool
) -> None:
    assert applying.is_telephone(text) is is_one


@pytest.mark.rule("APPLY.CHECK_DETAILS")
def test_a_corrected_number_must_be_one_and_a_confirmed_one_stands() -> None:
    assert applying.details("13800006666", "88881234").allowed
    assert applying.details("88881234", "88881234").allowed
    assert applying.details("88884321", "88881234").refusal is RefusalCode.MALFORMED


@given(st.from_regex(r"1[0-9]{10}", fullmatch=True))
def test_a_masked_number_hides_the_middle(number: str) -> None:
    masked = applying.masked_telephone(number)
    assert masked.startswith(number[:3])
    assert masked.endswith(number[-4:])
    assert sum(letter.isdigit() for letter in masked) == 7


def test_a_short_number_is_hidden_whole() -> None:
    assert not any(letter.isdigit() for letter in applying.masked_telephone("1234567"))


@given(st.text("东莞市示例区样板路0123456789号室", min_size=1, max_size=60))
def test_a_masked_address_never_is_the_whole_one(address: str) -> None:
    masked = applying.masked_address(address)
    shown = masked.replace("＊", "")
    assert len(shown) < len(address)
    assert len(shown) <= 8


@pytest.mark.parametrize(
    ("name", "masked"),
    [("叶倩", "叶＊"), ("莫丽芳", "莫＊＊"), ("欧阳伟明", "欧＊＊"), ("王", "王＊")],
)
def test_a_masked_name_keeps_its_first_letter(name: str, masked: str) -> None:
    assert applying.masked_name(name) == masked
