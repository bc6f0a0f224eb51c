"""The issuing banks are a list in configuration (BANK.SIX)."""

from pathlib import Path

import pytest

from sscard.banks import BadBankList, Bank, load_banks

LIST = Path(__file__).parents[2] / "deploy" / "banks.toml"

ONE = """
[[bank]]
bank_id = "one"
name_zh = "甲"
name_en = "One"
hotline = "95001"
"""


def test_the_delivered_list_has_the_six_banks() -> None:
    banks = load_banks(LIST)
    assert [bank.name_en for bank in banks.values()] == [
        "Bank of Dongguan",
        "China Guangfa Bank Dongguan Branch",
        "Bank of China Dongguan Branch",
        "China Construction Bank Dongguan Branch",
        "Industrial and Commercial Bank of China Dongguan Branch",
        "Agricultural Bank of China Dongguan Branch",
    ]
    assert all(bank.bank_id == bank_id for bank_id, bank in banks.items())
    assert len({bank.hotline for bank in banks.values()}) == 6


def test_a_site_may_have_its_own_list(tmp_path: Path) -> None:
    path = tmp_path / "banks.toml"
    path.write_text(ONE, encoding="utf-8")
    assert load_banks(path) == {"one": Bank("one", "甲", "One", "95001")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bank = 1",
        "bank = [1]",
        "[[bank]",
        ONE + ONE,
        ONE * 51,
        ONE.replace("hotline", "telephone"),
        ONE.replace('hotline = "95001"', ""),
        ONE.replace('"95001"', "95001"),
        ONE.replace('"95001"', '"call us"'),
        ONE.replace('"甲"', '"  "'),
        ONE + 'fax = "95001"',
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "banks.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadBankList):
        load_banks(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "banks.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadBankList):
        load_banks(path)
