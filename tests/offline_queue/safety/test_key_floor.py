"""An older list of the bank's keys is refused even when the database that knew the newer is gone."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from offline_queue.storage.rescue import Rescue
from offline_queue.storage.rescue_records import RECORDS_AT, SLOT_BYTES, Slot, read_slot
from tests.offline_queue.tlsbank import PATIENCE_S, QueueSite, Talk, TlsBank

WENT_BACK = "configuration: the bank's key list went back and was not believed"


def alerts_when(site: QueueSite, talks: list[Talk], *, up: bool) -> list[str]:
    """The alerts of a started process once its first hello was answered, or refused."""
    talk = Talk(site.socket)
    talks.append(talk)
    while True:
        talk.say({"do": "status"})
        status = talk.hear_until(lambda said: "status" in said)["status"]
        alerts: list[str] = status["alerts"]
        if status["line_up"] is up and (up or WENT_BACK in alerts):
            return alerts


def test_the_floor_is_in_the_header_and_outlives_epochs(tmp_path: Path) -> None:
    rescue = Rescue.open(tmp_path / "rescue", 65_536)
    rescue.set_key_floor(7)
    rescue.set_epoch(3)
    rescue.close()
    rescue = Rescue.open(tmp_path / "rescue", 65_536)
    assert (rescue.epoch, rescue.key_floor) == (3, 7)
    rescue.close()
    data = (tmp_path / "rescue").read_bytes()
    slots = [read_slot(data[n : n + SLOT_BYTES]) for n in range(0, RECORDS_AT, SLOT_BYTES)]
    assert max(slot for slot in slots if slot is not None) == Slot(4, 3, 7)


@pytest.mark.parametrize("is_gone", [True, False], ids=["missing", "damaged"])
def test_after_a_salvage_an_older_key_list_is_still_refused(
    site: QueueSite, bank: TlsBank, talks: list[Talk], *, is_gone: bool
) -> None:
    bank.bank.key_version = 7
    child = site.start()
    assert alerts_when(site, talks, up=True) == []
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=PATIENCE_S)
    if is_gone:
        site.database.unlink()
    else:
        data = site.database.read_bytes()
        site.database.write_bytes(bytes(2_048) + data[2_048:])
    bank.bank.key_version = 6
    child = site.start()
    assert WENT_BACK in alerts_when(site, talks, up=False)
    assert list(site.folder.glob("queue.db.*.json")), "it was salvaged"
    child.kill()
    child.wait(PATIENCE_S)
    bank.bank.key_version = 7
    site.start()
    assert alerts_when(site, talks, up=True) == []
