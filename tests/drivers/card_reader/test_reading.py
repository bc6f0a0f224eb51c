"""What the driver makes of a card's files, and of cards that break the rules."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.drivers.card_reader.protocol import check_character
from kiosk.drivers.events import CardFacts, CardNotRead, CardTrouble, PinState
from tests.drivers.card_reader.card import Card, holder_records, issuer_records
from tests.drivers.card_reader.reading import facts, read, trouble

SELECT_SSSE = bytes.fromhex("00A404000F737831")
VERIFY = bytes.fromhex("0020")


def with_record(file_id: int, tag: int, value: bytes | None) -> Card:
    card = Card()
    if value is None:
        del card.files[file_id][tag]
    else:
        card.files[file_id][tag] = value
    return card


def test_a_version_2_card_gives_all_its_facts() -> None:
    assert facts(Card()) == CardFacts(
        version="2.00",
        card_number="A12345674",
        identification_code="990000D1560000050000000100000000",
        area_code="990000",
        expires=date(2035, 12, 31),
        social_security_number="99000019900307001X",
        name="欧阳测试",
        pan="6200001234567890128",
        pin_state=PinState.READY,
        pin_tries_left=6,
    )


def test_a_version_3_card_is_known_by_its_number_alone() -> None:
    card = Card({0xEF05: issuer_records("3.00"), 0xEF06: holder_records()})
    card.refused = {0x06, 0x08, 0x09, 0x4E}
    got = facts(card)
    assert (got.version, got.card_number, got.area_code) == ("3.00", "A12345674", "990000")
    assert (got.expires, got.social_security_number, got.name) == (None, None, None)
    assert (got.pan, got.pin_state) == ("6200001234567890128", PinState.READY)


def test_a_version_3_card_that_refuses_the_whole_file_is_read_too() -> None:
    card = Card({0xEF05: issuer_records("3.00"), 0xEF06: holder_records()})
    card.answers[bytes.fromhex("00A4020002EF06")] = bytes.fromhex("6982")
    assert facts(card).name is None


def test_a_version_1_card_is_not_asked_for_the_continued_name() -> None:
    card = Card({0xEF05: issuer_records("1.00"), 0xEF06: holder_records()})
    assert facts(card).name == "欧阳测试"
    assert bytes.fromhex("00B24E0016") not in card.heard


def test_a_character_cut_between_the_two_name_items_is_joined() -> None:
    name = ("A" + "测" * 20).encode("gbk")
    assert name[29:31].decode("gbk") == "测"
    card = Card({0xEF05: issuer_records(), 0xEF06: holder_records(name)})
    assert facts(card).name == "A" + "测" * 20


def test_half_a_character_at_the_end_of_an_old_card_s_name_is_left_out() -> None:
    name = ("A" + "测" * 20).encode("gbk")
    card = Card({0xEF05: issuer_records("1.00"), 0xEF06: holder_records(name)})
    assert facts(card).name == "A" + "测" * 14


def test_a_name_outside_gbk_is_read() -> None:
    card = Card({0xEF05: issuer_records(), 0xEF06: holder_records("测𠮷".encode("gb18030"))})
    assert facts(card).name == "测𠮷"


def test_a_card_that_only_knows_the_short_form_of_selecting_files_is_read() -> None:
    card = Card()
    card.answers[bytes.fromhex("00A402")] = bytes.fromhex("6A86")
    assert facts(card).card_number == "A12345674"


@pytest.mark.parametrize(
    ("word", "state", "tries_left"),
    [
        ("9000", PinState.NONE, None),
        ("63C1", PinState.READY, 1),
        ("63C0", PinState.BLOCKED, 0),
        ("6983", PinState.BLOCKED, 0),
        ("6D00", PinState.UNKNOWN, None),
    ],
)
def test_the_password_s_state_is_asked_without_spending_a_try(
    word: str, state: PinState, tries_left: int | None
) -> None:
    card = Card(pin=bytes.fromhex(word))
    got = facts(card)
    assert (got.pin_state, got.pin_tries_left) == (state, tries_left)
    assert [apdu for apdu in card.heard if apdu.startswith(VERIFY)] == [bytes.fromhex("0020000000")]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("6A82", CardTrouble.FOREIGN),
        ("6E00", CardTrouble.FOREIGN),
        ("9303", CardTrouble.BLOCKED),
        ("6A81", CardTrouble.BLOCKED),
        ("6581", CardTrouble.MALFORMED),
    ],
)
def test_a_card_without_a_usable_environment_says_why(word: str, expected: CardTrouble) -> None:
    card = Card()
    card.answers[SELECT_SSSE] = bytes.fromhex(word)
    assert trouble(card) is expected
    assert len(card.heard) == 1


def test_a_locked_application_is_blocked_at_any_record() -> None:
    card = Card()
    card.answers[bytes.fromhex("00B207")] = bytes.fromhex("9303")
    assert read(card) == CardNotRead(CardTrouble.BLOCKED, raw="record 07: 9303")


@pytest.mark.parametrize("version", [b"4.00", b"2.0\x00", b"\xff\xff\xff\xff"])
def test_another_version_is_unknown(version: bytes) -> None:
    assert trouble(with_record(0xEF05, 0x03, version)) is CardTrouble.UNKNOWN_VERSION


@pytest.mark.parametrize(
    ("file_id", "tag", "value"),
    [
        (0xEF05, 0x01, bytes.fromhex("990000D1560000060000000100000000")),
        (0xEF05, 0x01, bytes.fromhex("99000AD1560000050000000100000000")),
        (0xEF05, 0x01, bytes.fromhex("990000D15600000500")),
        (0xEF05, 0x07, b"A12345675"),
        (0xEF05, 0x07, b"a12345674"),
        (0xEF05, 0x07, b"A1234567\x00"),
        (0xEF05, 0x07, None),
        (0xEF05, 0x06, bytes.fromhex("20351301")),
        (0xEF05, 0x06, bytes.fromhex("2035ABCD")),
        (0xEF06, 0x08, bytes(18)),
        (0xEF06, 0x08, "测".encode("gbk") * 9),
        (0xEF06, 0x09, b"\xff" * 30),
        (0xEF06, 0x09, b"A\x07B".ljust(30, b"\x00")),
        (0xEF06, 0x09, bytes(30)),
    ],
)
def test_records_against_the_specification_are_malformed(
    file_id: int, tag: int, value: bytes | None
) -> None:
    assert trouble(with_record(file_id, tag, value)) is CardTrouble.MALFORMED


@pytest.mark.parametrize("blank", [bytes(4), b"\xff" * 4, None])
def test_a_card_without_a_date_of_expiry_is_read(blank: bytes | None) -> None:
    assert facts(with_record(0xEF05, 0x06, blank)).expires is None


@pytest.mark.parametrize("answer", ["", "90", "07099000", "070A413132333435363734009000"])
def test_a_card_number_of_the_wrong_form_is_malformed(answer: str) -> None:
    card = Card()
    card.answers[bytes.fromhex("00B207")] = bytes.fromhex(answer)
    assert trouble(card) is CardTrouble.MALFORMED


def test_a_card_that_always_has_more_to_fetch_ends() -> None:
    card = Card()
    card.answers[bytes.fromhex("00C0")] = bytes(4) + bytes.fromhex("6104")
    assert read(card) == CardNotRead(CardTrouble.MALFORMED, raw="endless GET RESPONSE")


def test_a_card_that_never_likes_the_length_ends() -> None:
    card = Card()
    card.answers[bytes.fromhex("00B203")] = bytes.fromhex("6C05")
    assert trouble(card) is CardTrouble.MALFORMED
    assert len(card.heard) < 10


def test_a_reader_that_hides_the_t0_manner_gives_the_same_facts() -> None:
    class Smooth(Card):
        def apdu(self, apdu: bytes) -> bytes:
            answer = super().apdu(apdu)
            if answer[-2] == 0x61:
                return super().apdu(b"\x00\xc0\x00\x00" + answer[-1:])
            if answer[-2] == 0x6C:
                return super().apdu(apdu[:-1] + answer[-1:])
            return answer

    assert facts(Smooth()) == facts(Card())


def test_a_card_too_slow_to_end_is_mute_for_the_terminal() -> None:
    answer = read(Card(), read_limit_s=0.1)
    assert answer == CardNotRead(CardTrouble.MUTE, raw="no end within the bounds")


def test_a_card_that_is_slow_on_the_bank_s_side_is_read_without_it() -> None:
    got = read(Card(), read_limit_s=0.6)  # 0.4 s go to the one side, as much to the other
    assert isinstance(got, CardFacts)
    assert (got.name, got.pan) == ("欧阳测试", None)


def test_the_trace_shows_commands_and_never_data() -> None:
    lines: list[str] = []
    read(Card(), trace=lines.append)
    assert "00 b2 07 00 -> 9000 done, 11 bytes" in lines
    assert "00 20 00 00 -> 63C6 6 tries left, 0 bytes" in lines
    everything = "\n".join(lines).replace(" ", "").lower()
    for secret in (b"A12345674".hex(), "6200001234", b"99000019900307001X".hex()):
        assert secret not in everything


@pytest.mark.parametrize(("body", "check"), [("D2143569", "X"), ("A1234567", "4")])
def test_the_check_character_of_a_card_number(body: str, check: str) -> None:
    assert check_character(body) == check


@pytest.mark.parametrize("body", ["D214356", "D21435699", "D214356_"])
def test_what_cannot_begin_a_card_number_has_no_check_character(body: str) -> None:
    with pytest.raises(ValueError, match=r"zip|literal"):
        check_character(body)
