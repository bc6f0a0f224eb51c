"""The bank's keys file and the list it publishes."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bank.keys import (
    BadKeys,
    BankKeys,
    add_next_key,
    keys_from_toml,
    new_keys_toml,
    published,
    read_unsealing_key,
    write_new_keys,
)
from offline_queue.formats.envelope import new_unsealing_key, sealing_bytes
from sscard.cards import Account

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def with_keys(keys: BankKeys, *days: int) -> tuple[BankKeys, dict[str, bytes]]:
    raw = {f"in-{day}": new_unsealing_key() for day in days}
    unsealing = {
        key_id: read_unsealing_key(key_id, raw[key_id], NOW + timedelta(days=day))
        for key_id, day in zip(raw, days, strict=True)
    }
    return BankKeys(unsealing, keys.verdict, keys.bank, keys.social_security), raw


def test_the_list_names_the_soonest_to_end_first_and_leaves_out_the_ended(keys: BankKeys) -> None:
    several, raw = with_keys(keys, 90, -1, 30, 0)
    listed = published(several, NOW)
    assert [key.key_id for key in listed.keys] == ["in-30", "in-90"]
    assert listed.keys[0].public == sealing_bytes(raw["in-30"])
    assert listed.keys[0].not_after == NOW + timedelta(days=30)
    assert listed.version == 1


def test_the_list_is_never_empty_and_names_the_last_to_end(keys: BankKeys) -> None:
    ended, _ = with_keys(keys, -30, -1, -2)
    assert [key.key_id for key in published(ended, NOW).keys] == ["in--1"]


def test_the_next_key_overlaps_with_the_one_before_and_the_version_grows(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    write_new_keys(path, ["T0001"], NOW)
    before = keys_from_toml(path.read_text())
    add_next_key(path, NOW + timedelta(days=300))
    after = keys_from_toml(path.read_text())
    assert (before.version, after.version) == (1, 2)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (current,) = before.unsealing
    first, following = published(after, NOW + timedelta(days=301)).keys
    assert first.key_id == current
    assert following.not_after == NOW + timedelta(days=730)
    ended = published(after, NOW + timedelta(days=366)).keys
    assert [key.key_id for key in ended] == [following.key_id]
    assert set(after.unsealing) == {current, following.key_id}, "the ended key still opens"
    assert (after.bank, after.social_security) == (before.bank, before.social_security)


def test_new_keys_are_for_their_owner_alone_and_never_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    write_new_keys(path, ["T0001"], NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = keys_from_toml(path.read_text())
    for world in (keys.bank, keys.social_security):
        assert list(world.pin_keys) == ["T0001"]
    with pytest.raises(FileExistsError):
        write_new_keys(path, ["T0001"], NOW)


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_no_key_is_in_both_worlds() -> None:
    text = new_keys_toml(["T0001"], NOW)
    keys = keys_from_toml(text)
    banks, other = (world.pin_keys["T0001"] for world in (keys.bank, keys.social_security))
    assert banks != other
    # DES does not look at the lowest bit of a byte: a key with other ones is the same key.
    same = bytes([banks[0] ^ 1, *banks[1:]])
    with pytest.raises(BadKeys, match="both worlds"):
        keys_from_toml(text.replace(other.hex(), same.hex()))
    with pytest.raises(BadKeys, match="both worlds"):
        keys_from_toml(text.replace(keys.bank.pepper.hex(), keys.social_security.pepper.hex()))


@pytest.mark.rule("CARD.TWO_ENVIRONMENTS")
def test_each_account_has_the_vault_of_its_world(keys: BankKeys) -> None:
    medical, financial = (keys.vault(each, "T0001") for each in Account)
    assert (medical.pin_key, medical.pepper) == (
        keys.social_security.pin_keys["T0001"],
        keys.social_security.pepper,
    )
    assert (financial.pin_key, financial.pepper) == (
        keys.bank.pin_keys["T0001"],
        keys.bank.pepper,
    )
    assert medical.hashed("246810", "salt") != financial.hashed("246810", "salt")
    assert keys.vault(Account.MEDICAL, "T9999").pin_key is None


def test_keys_do_not_show_in_a_repr() -> None:
    text = new_keys_toml(["T0001"], NOW)
    shown = repr(keys_from_toml(text))
    assert "pepper" not in shown
    assert "pin_keys" not in shown
    assert "private" not in shown


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("verdict_key", "other"),
        ("version = 1", "version = 0"),
        ("version = 1", "version = true"),
        ("version = 1", ""),
        ("pepper = ", "pepper = 5 #"),
        ('pepper = "', 'pepper = "" #'),
        ('private = "', 'private = "00'),
        ("+00:00", ""),
        ('T0001" = "', 'T0001" = "00'),
        ("[[unsealing]]", "[unsealing]"),
    ],
)
def test_a_malformed_keys_file_is_refused_without_quoting_it(old: str, new: str) -> None:
    text = new_keys_toml(["T0001"], NOW)
    assert old in text
    with pytest.raises(BadKeys) as refused:
        keys_from_toml(text.replace(old, new))
    assert refused.value.__cause__ is None
