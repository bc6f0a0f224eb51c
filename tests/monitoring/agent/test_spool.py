"""The spool on a real file."""

from __future__ import annotations

from pathlib import Path

from monitoring.agent.spool import Spool
from monitoring.wire.messages import Event, Happening


def _event(number: int) -> Event:
    return Event(number, 1_795_000_000, Happening.LINE, {"up": True})


def test_what_was_put_comes_out_in_order_after_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for number in (1, 2):
        spool.put(_event(number))
    spool.close()
    again = Spool(tmp_path / "spool")
    assert again.oldest() == _event(1)
    again.over(1)
    assert again.oldest() == _event(2)
    again.close()


def test_numbers_go_on_after_everything_was_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert spool.next_number() == 1
    spool.put(_event(1))
    spool.over(1)
    spool.close()
    again = Spool(tmp_path / "spool")
    assert again.next_number() == 2
    again.close()


def test_a_full_spool_keeps_the_newest(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", rows_max=3)
    for number in range(1, 11):
        spool.put(_event(number))
    first = spool.oldest()
    assert first is not None
    assert first.number == 8
    spool.close()
