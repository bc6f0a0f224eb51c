"""The bank's keys file and the list it publishes."""

import json
import stat
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bank.keys import (
    BadKeys,
    BankKeys,
    key_list,
    keys_from_toml,
    new_keys_toml,
    read_unsealing_key,
    write_new_keys,
)
from offline_queue.envelope import canonical, is_signed, new_unsealing_key, sealing_bytes

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def with_keys(keys: BankKeys, *days: int) -> tuple[BankKeys, dict[str, bytes]]:
    raw = {f"in-{day}": new_unsealing_key() for day in days}
    unsealing = {
        key_id: read_unsealing_key(key_id, raw[key_id], NOW + timedelta(days=day))
        for key_id, day in zip(raw, days, strict=True)
    }
    return BankKeys(unsealing, keys.verdict, keys.pin_keys, keys.pepper), raw


def test_the_list_is_signed_names_the_soonest_to_end_first_and_leaves_out_the_ended(
    keys: BankKeys,
) -> None:
    several, raw = with_keys(keys, 90, -1, 30, 0)
    listed = json.loads(key_list(several, NOW))
    signature = listed.pop("signature")
    assert is_signed(canonical(listed), signature, keys.verdict_public)
    assert [key["id"] for key in listed["keys"]] == ["in-30", "in-90"]
    assert b64decode(listed["keys"][0]["public"]) == sealing_bytes(raw["in-30"])
    assert listed["keys"][0]["not_after"] == "2026-04-01T00:00:00+00:00"


def test_new_keys_are_for_their_owner_alone_and_never_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    write_new_keys(path, ["T0001"], NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(keys_from_toml(path.read_text()).pin_keys) == ["T0001"]
    with pytest.raises(FileExistsError):
        write_new_keys(path, ["T0001"], NOW)


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
