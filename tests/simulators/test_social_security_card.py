"""The simulated card against the published APDUs of LD/T 32 and PBOC 3.0."""

import pytest

from simulators.models.bank_application import BankData
from simulators.models.social_security_card import (
    CardData,
    CardPulled,
    Malformation,
    SocialSecurityCard,
    with_pin,
)

SELECT_SSSE = bytes.fromhex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF")
SELECT_PSE = bytes.fromhex("00A404000E315041592E5359532E444446303100")
SELECT_DEBIT = bytes.fromhex("00A4040008A00000033301010100")
LONG_NAME = "测试" * 8  # 32 bytes of GBK: one character more than tag 09 holds


def powered(data: CardData | None = None) -> SocialSecurityCard:
    card = SocialSecurityCard(data)
    card.power_on()
    return card


def opened(data: CardData | None = None) -> SocialSecurityCard:
    card = powered(data)
    assert send(card, SELECT_SSSE.hex()) == "611e"
    return card


def send(card: SocialSecurityCard, command: str) -> str:
    return card.apdu(bytes.fromhex(command)).hex()


def read(card: SocialSecurityCard, ef: str, tag: str) -> bytes:
    """A record by its tag, the right Le learned from the card."""
    assert send(card, f"00A4020002{ef}") == "9000"
    wrong = send(card, f"00B2{tag}0000")
    assert wrong.startswith("6c")
    answer = card.apdu(bytes.fromhex(f"00B2{tag}00{wrong[2:]}"))
    assert answer[-2:] == b"\x90\x00"
    assert answer[:2] == bytes.fromhex(tag) + bytes([len(answer) - 4])
    return answer[2:-2]


def test_the_atr_is_that_of_the_national_card() -> None:
    atr = SocialSecurityCard().atr()
    assert atr[:4] == bytes.fromhex("3B6D0000")
    assert len(atr) == 17
    assert atr[11:13] == bytes.fromhex("9900")  # the area


def test_a_mute_card_has_no_atr() -> None:
    card = SocialSecurityCard()
    card.faults.mute = True
    assert card.atr() == b""


def test_selecting_the_environment_leaves_the_published_fci_to_get_response() -> None:
    card = opened()
    fci = send(card, "00C000001E")
    assert fci == "6f1c840f7378312e73682ec9e7bbe1b1a3d5cfa509880101" + "9f0c03860101" + "9000"


def test_a_version_3_card_names_its_cipher() -> None:
    card = opened(CardData(version="3.00"))
    assert send(card, "00C000001E").endswith("9f0c038601039000")


def test_get_response_corrects_a_wrong_length_and_gives_parts() -> None:
    card = opened()
    assert send(card, "00C0000000") == "6c1e"
    assert send(card, "00C0000010").endswith("610e")
    assert send(card, "00C000000E").endswith("9000")
    assert send(card, "00C0000001") == "6985"


def test_another_command_forgets_what_waited() -> None:
    card = opened()
    send(card, "00A4020002EF05")
    assert send(card, "00C000001E") == "6985"


@pytest.mark.parametrize("version", ["1.00", "2.00", "3.00", "9.00"])
def test_version_number_and_code_are_free_to_read(version: str) -> None:
    card = opened(CardData(version=version))
    assert read(card, "EF05", "03") == version.encode()
    assert read(card, "EF05", "07") == b"A12345674"
    assert read(card, "EF05", "01").hex() == "990000d1560000050000000100000000"


def test_the_holder_of_a_version_2_card_is_free_to_read() -> None:
    card = opened()
    assert read(card, "EF06", "08") == b"990000199001010017"
    assert read(card, "EF06", "09") == "测试甲".encode("gbk").ljust(30, b"\0")
    assert read(card, "EF06", "0D").hex() == "19900101"
    assert read(card, "EF05", "06").hex() == "20300101"


def test_a_long_name_is_cut_in_the_middle_of_a_character() -> None:
    card = opened(CardData(name="A" + LONG_NAME))
    first, rest = read(card, "EF06", "09"), read(card, "EF06", "4E").rstrip(b"\0")
    assert len(first) == 30
    with pytest.raises(UnicodeDecodeError):
        first.decode("gbk")
    assert (first + rest).decode("gbk") == "A" + LONG_NAME


def test_4e_shifts_the_record_numbers_of_version_2() -> None:
    old, new = opened(CardData(version="1.00")), opened()
    sex = "0a0131" + "9000"
    assert send(old, "00B2033403") == sex
    assert send(new, "00B2043403") == sex
    assert send(new, "00B2033416").startswith("4e14")
    assert send(old, "00A4020002EF06") == "9000"
    assert send(old, "00B24E0016") == "6a83"


def test_a_name_too_long_for_the_card_is_refused_by_the_one_who_invents_it() -> None:
    card = opened(CardData(version="1.00", name=LONG_NAME))
    with pytest.raises(ValueError, match="32 bytes"):
        send(card, "00B2093020")


def test_a_version_3_card_keeps_dates_and_holder_behind_its_key() -> None:
    card = opened(CardData(version="3.00"))
    assert send(card, "00A4020002EF05") == "9000"
    assert send(card, "00B2050006") == "6982"
    assert send(card, "00B2060006") == "6982"
    assert send(card, "00B2013414") == "6982"
    assert send(card, "00A4020002EF06") == "9000"
    assert send(card, "00B2080014") == "6982"


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("00B2070009", "6986"),  # no file selected
        ("00B20A2C00", "6a83"),  # no such record number
        ("00B2013C00", "6a82"),  # no such file
        ("00B2012D00", "6a86"),  # several records at once
        ("00A4020002EF09", "6a82"),
        ("00A4040006D15600000505", "6a82"),
        ("00A4020003EF05", "6700"),
        ("00A40900", "6a86"),
        ("00FF000000", "6d00"),
        ("A0A40000", "6e00"),
        ("00B2", "6700"),
    ],
)
def test_errors_have_the_published_status_words(command: str, word: str) -> None:
    assert send(opened(), command) == word


def test_nothing_is_readable_before_the_environment_is_selected() -> None:
    card = powered()
    assert send(card, "00A4020002EF05") == "6a82"
    assert send(card, "00B2072C0B") == "6986"
    assert send(card, "0020000000") == "6985"
    assert send(card, "00A40000023F00") == "9000"


# --- password ---------------------------------------------------------------------------------


def test_an_empty_verify_asks_without_spending_a_try() -> None:
    card = opened()
    assert [send(card, "0020000000") for _ in range(3)] == ["63c6"] * 3


def test_a_card_without_a_password_says_so() -> None:
    assert send(opened(CardData(pin=None)), "0020000000") == "9000"


def test_wrong_passwords_block_the_card_and_power_does_not_help() -> None:
    card = opened(CardData(pin_tries=3))
    assert send(card, "0020000003111111") == "63c2"
    assert send(card, "0020000003111111") == "63c1"
    card.power_off()
    card.power_on()
    send(card, SELECT_SSSE.hex())
    assert send(card, "0020000000") == "63c1"
    assert send(card, "0020000003111111") == "63c0"
    assert send(card, "0020000003135790") == "6983"
    assert send(card, "0020000000") == "6983"


def test_the_right_password_fills_the_counter_and_holds_until_power_off() -> None:
    card = opened()
    send(card, "0020000003111111")
    assert send(card, "0020000003135790") == "9000"
    assert (card.verified, card.tries_left) == (True, 6)
    card.power_on()
    assert not card.verified


def test_a_password_of_odd_length_is_padded_with_f() -> None:
    assert send(opened(CardData(pin="24681")), "002000000324681F") == "9000"


def test_a_password_of_impossible_length_spends_no_try() -> None:
    card = opened()
    assert send(card, "002000000113") == "6700"
    assert card.tries_left == 6


def test_an_office_can_give_a_new_password() -> None:
    card = opened(CardData(pin_tries=1))
    send(card, "0020000003111111")
    with_pin(card, "246802")
    assert send(card, "0020000003246802") == "9000"


# --- the bank ---------------------------------------------------------------------------------


def fetch(card: SocialSecurityCard, command: bytes) -> bytes:
    """A command's data, fetched in the manner of T=0."""
    answer = card.apdu(command)
    if answer[0] == 0x6C:
        answer = card.apdu(command[:4] + answer[1:])
    if answer[0] == 0x61:
        answer = card.apdu(b"\x00\xc0\x00\x00" + answer[1:])
    assert answer[-2:] == b"\x90\x00"
    return answer[:-2]


def test_the_account_number_is_found_by_directory_options_and_records() -> None:
    card = powered()
    assert fetch(card, SELECT_PSE)[:2].hex() == "6f15"
    directory = fetch(card, bytes.fromhex("00B2010C00"))
    assert bytes.fromhex("4F08A000000333010101") in directory
    assert bytes.fromhex("9F38") in fetch(card, SELECT_DEBIT)
    options = fetch(card, bytes.fromhex("80A800000B8309") + bytes(9))
    assert options.hex() == "800a7c000801010010010100"
    assert bytes.fromhex("57136200001234567890128D3012") in fetch(card, bytes.fromhex("00B2010C00"))
    assert bytes.fromhex("5A0A6200001234567890128F") in fetch(card, bytes.fromhex("00B2011400"))


def test_options_that_do_not_fit_the_pdol_are_refused() -> None:
    card = powered()
    fetch(card, SELECT_DEBIT)
    assert send(card, "80A80000028300") == "6985"


def test_a_bank_that_refuses_options_still_lets_records_be_read() -> None:
    card = powered(CardData(bank=BankData(refuses_options=True)))
    fetch(card, SELECT_DEBIT)
    assert card.apdu(bytes.fromhex("80A800000B8309") + bytes(9)).hex() == "6985"
    assert fetch(card, bytes.fromhex("00B2011400"))[0] == 0x70


def test_a_card_without_a_bank_has_no_bank_application() -> None:
    card = powered(CardData(bank=None))
    assert card.apdu(SELECT_PSE).hex() == "6a82"
    assert card.apdu(SELECT_DEBIT).hex() == "6a82"


def test_a_card_without_a_directory_is_selected_by_its_aid() -> None:
    card = powered(CardData(bank=BankData(has_directory=False)))
    assert card.apdu(SELECT_PSE).hex() == "6a82"
    assert fetch(card, SELECT_DEBIT)[0] == 0x6F


def test_the_bank_does_not_see_the_password_of_the_other_application() -> None:
    card = powered()
    fetch(card, SELECT_DEBIT)
    assert send(card, "0020000003111111") == "6985"
    assert card.tries_left == 6
    assert fetch(card, bytes.fromhex("80CA9F1700")).hex() == "9f170103"
    assert send(card, "80CA9F6900") == "6a88"


def test_each_selection_ends_the_other_application() -> None:
    card = opened()
    send(card, "0020000003135790")
    fetch(card, SELECT_DEBIT)
    assert send(card, "00A4020002EF05") == "6a82"
    assert not card.verified


# --- faults -----------------------------------------------------------------------------------


def test_a_foreign_card_does_not_know_the_environment() -> None:
    card = powered()
    card.faults.foreign = True
    assert card.apdu(SELECT_SSSE).hex() == "6a82"


def test_a_blocked_card_is_dead() -> None:
    card = powered()
    card.faults.blocked = True
    assert card.apdu(SELECT_SSSE).hex() == "9303"


@pytest.mark.parametrize("malformed", [Malformation.LENGTH, Malformation.TAG])
def test_a_malformed_card_stores_records_that_do_not_hold(malformed: Malformation) -> None:
    card = opened()
    card.faults.malformed = malformed
    answer = card.apdu(bytes.fromhex("00B207280B"))
    assert answer[:2] != bytes.fromhex("0709")


def test_a_malformed_identification_code_lacks_the_registered_number() -> None:
    card = opened()
    card.faults.malformed = Malformation.IDENTIFICATION
    assert bytes.fromhex("D156000005") not in card.apdu(bytes.fromhex("00B2012812"))


def test_a_malformed_name_is_no_gbk() -> None:
    card = opened()
    card.faults.malformed = Malformation.NAME
    with pytest.raises(UnicodeDecodeError):
        card.apdu(bytes.fromhex("00B2093020"))[2:-2].decode("gbk")


def test_a_card_is_pulled_at_the_apdu_chosen() -> None:
    card = powered()
    card.faults.pulled_at_apdu = 2
    card.apdu(SELECT_SSSE)
    with pytest.raises(CardPulled):
        send(card, "00C000001E")


def test_a_card_without_power_cannot_be_asked() -> None:
    with pytest.raises(AssertionError):
        SocialSecurityCard().apdu(SELECT_SSSE)


def test_nothing_personal_is_shown() -> None:
    shown = repr(SocialSecurityCard()) + repr(CardData())
    for secret in ("990000199", "测试", "A1234567", "135790", "62000012"):
        assert secret not in shown
