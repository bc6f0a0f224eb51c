"""Which place is taken for the key, and what is said about the better ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioning.terminal.keys.choice import Chosen, choose
from provisioning.terminal.keys.file import FileProvider
from provisioning.terminal.keys.key import KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.sealed import SealedProvider
from provisioning.terminal.keys.software import SoftwareKey
from provisioning.terminal.keys.tpm import TpmProvider

NO_TPM = TpmProvider("device:/dev/no-tpm-here")
OFFERED = (NO_TPM, SealedProvider(with_key="host"), FileProvider())


@pytest.fixture(autouse=True)
def _secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", str(tmp_path / "secret"))


@dataclass(frozen=True)
class BadPlace:
    """A place whose keys come back without working: its chip, say, signs rubbish."""

    kind: Kind = Kind.TPM

    def make(self, folder: Path) -> SoftwareKey | KeyTrouble:
        return FileProvider().make(folder)

    def open(self, folder: Path) -> SoftwareKey | KeyTrouble:
        made = FileProvider().open(folder)
        return Rubbish(made.provider, made.private) if isinstance(made, SoftwareKey) else made


@dataclass(frozen=True)
class OneWayPlace(BadPlace):
    """A place that takes keys and does not give them back."""

    def open(self, folder: Path) -> SoftwareKey | KeyTrouble:
        return KeyTrouble(KeyReason.OTHER_MACHINE, "It does not open again.")


class Rubbish(SoftwareKey):
    def sign(self, message: bytes) -> bytes:
        return super().sign(message + b"rubbish")


def chosen(found: Chosen | KeyTrouble) -> Chosen:
    """It must have been one."""
    assert isinstance(found, Chosen), found
    return found


def test_without_a_tpm_the_key_is_sealed_and_the_reason_is_said(tmp_path: Path) -> None:
    key, said = chosen(choose(tmp_path / "keys" / "1", offered=OFFERED))
    assert key.kind is Kind.SEALED
    assert said == (
        "The identity key is sealed to this machine by systemd-creds; "
        "not a TPM (There is no TPM at /dev/no-tpm-here)."
    )


def test_where_nothing_seals_the_key_is_a_file_and_both_reasons_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    key, said = chosen(choose(tmp_path / "keys" / "1", offered=OFFERED))
    assert key.kind is Kind.FILE
    assert "There is no TPM at /dev/no-tpm-here" in said
    assert "systemd-creds cannot seal here: the program is not installed" in said
    assert said.count(".") == 1


def test_this_machine_itself_has_a_place_for_the_key(tmp_path: Path) -> None:
    key, said = chosen(choose(tmp_path / "1"))
    again, said_again = chosen(choose(tmp_path / "1"))
    assert again.public_key == key.public_key
    assert again.kind is key.kind
    assert said.startswith("The identity key is")
    assert said_again.startswith("The identity key that was already there is")


def test_a_place_whose_keys_do_not_work_is_passed_over_and_leaves_nothing(tmp_path: Path) -> None:
    key, said = chosen(choose(tmp_path / "keys" / "1", offered=(BadPlace(), FileProvider())))
    assert key.kind is Kind.FILE
    assert "not a TPM (The key does not work: its signature is not valid)" in said
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["1"]


def test_a_place_that_does_not_give_a_key_back_is_passed_over_as_well(tmp_path: Path) -> None:
    key, said = chosen(choose(tmp_path / "keys" / "1", offered=(OneWayPlace(), FileProvider())))
    assert key.kind is Kind.FILE
    assert "not a TPM (It does not open again)" in said
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["1"]


def test_what_is_wanted_is_taken_though_there_is_better(tmp_path: Path) -> None:
    key, said = chosen(choose(tmp_path / "1", Kind.FILE, OFFERED))
    assert key.kind is Kind.FILE
    assert said == "The identity key is in a file that only this user can read."


def test_what_is_wanted_and_not_there_is_refused_with_its_reason(tmp_path: Path) -> None:
    found = choose(tmp_path / "1", Kind.TPM, OFFERED)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.NOT_AVAILABLE
    assert "There is no TPM at /dev/no-tpm-here" in found.said
    assert not (tmp_path / "1").exists()


def test_a_key_of_another_kind_than_wanted_is_left_alone(tmp_path: Path) -> None:
    key, _ = chosen(choose(tmp_path / "1", Kind.FILE, OFFERED))
    found = choose(tmp_path / "1", Kind.SEALED, OFFERED)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.OTHER_KIND
    assert chosen(choose(tmp_path / "1", offered=OFFERED)).key.public_key == key.public_key


def test_a_damaged_key_is_told_and_never_replaced(tmp_path: Path) -> None:
    chosen(choose(tmp_path / "1", Kind.FILE, OFFERED))
    (tmp_path / "1" / "key.pem").write_bytes(b"")
    found = choose(tmp_path / "1", offered=OFFERED)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.DAMAGED
    assert (tmp_path / "1" / "key.pem").read_bytes() == b""


def test_what_a_start_cut_short_left_behind_is_cleared_away(tmp_path: Path) -> None:
    for left in (".1.trial", "..1.trial.half"):
        (tmp_path / "keys" / left).mkdir(parents=True)
        (tmp_path / "keys" / left / "key.pem").write_bytes(b"half a k")
    chosen(choose(tmp_path / "keys" / "1", Kind.FILE, OFFERED))
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["1"]


def test_where_a_file_is_in_the_way_nothing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"a file in the way")
    found = choose(tmp_path / "keys" / "1", offered=OFFERED)
    assert isinstance(found, KeyTrouble)
    assert found.reason is KeyReason.FOLDER_TAKEN
