"""Proves that the queue loses no acknowledged request in a power cut, or finds where it does.

    python -m tests.powerloss [--images N] [--cuts N] [--write FILE]

Crash images of recorded runs, images of disks that lie about flushes, one fault at every call of
a run, real power cuts of an ext4 file system (as root), and a control for each kind of cut: the same queue
without its flushes must fail in more than half, or the proof is void. Exit code 1 if the
gate fails.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.powerloss.campaign import Tally, forget, look, look_at_lies, new_job, recorded
from tests.powerloss.children import Children, fast_directory
from tests.powerloss.cuts import NotHere, cut_disk, one_cut
from tests.powerloss.faults import FAULTS, broken, fault_calls
from tests.powerloss.site import RESCUE, small_log_room

_IMAGES_A_RUN = 130


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `is_control`: it has to fail in more than half."""

    name: str
    tally: Tally
    is_control: bool = False
    is_information: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        tally = self.tally
        if self.is_information:
            return True
        if self.is_control:
            return tally.images > 0 and tally.with_loss * 2 > tally.images
        return not tally.with_loss and not tally.wrong

    def row(self) -> str:
        """As a row of the table."""
        tally = self.tally
        verdict = "information" if self.is_information else "holds" if self.holds else "**fails**"
        wrong = "; ".join(f"{what} ({count})" for what, count in sorted(tally.wrong.items()))
        words = "; ".join(word for word in (self.note, wrong) if word)
        return (
            f"| {self.name} | {tally.images:,} | {tally.acknowledged:,} | {tally.with_loss:,} |"
            f" {tally.lost_rows:,} | {tally.salvaged:,} | {verdict} | {words} |"
        )


_HEAD = (
    "| | cuts | acknowledged | cuts with a loss | lost | salvaged | | |\n"
    "|---|---:|---:|---:|---:|---:|---|---|"
)


def _images(children: Children, name: str, count: int, weak: str = "") -> Tally:
    tally = Tally()
    for number in range(-(-count // _IMAGES_A_RUN)):
        steps = Random(number).choice((40, 80, 160))
        job = new_job(children, f"{name}-{number}", seed=number, steps=steps, weak=weak)
        code, calls = recorded(children, job)
        assert code == 0
        look(children, job, calls, min(_IMAGES_A_RUN, count - tally.images), tally)
        forget(job)
    return tally


def _lies(children: Children, count: int, honest: str) -> Tally:
    tally = Tally()
    for number in range(-(-count // _IMAGES_A_RUN)):
        job = new_job(children, f"lies-{honest}-{number}", seed=1_000 + number, steps=60)
        _, calls = recorded(children, job)
        look_at_lies(children, job, calls, min(_IMAGES_A_RUN, count - tally.images), tally, honest)
        forget(job)
    return tally


def _faults(children: Children) -> Iterator[Line]:
    for kind, error, power_cuts, _ in FAULTS:
        tally = Tally()
        codes: dict[int, int] = {}
        calls = fault_calls(children, kind)
        for number in range(1, calls + 1):
            name = f"{kind}-{error}-{number}"
            found = broken(children, name, f"{kind}:{number}:{error}:*", power_cuts)
            codes[found.code] = codes.get(found.code, 0) + 1
            tally.merge(found.after)
            tally.merge(found.cut)
            if not found.ended_as_defined:
                tally.wrong[f"ended with {found.code}, then {found.next_code}"] += 1
        ends = ", ".join(f"{count} x exit {code}" for code, count in sorted(codes.items()))
        yield Line(f"{error} at the n-th {kind}, n = 1 … {calls}", tally, note=ends)


def _cuts(children: Children, count: int, controls: int) -> Iterator[Line]:
    with cut_disk(children.directory) as disk:
        for name, how_many, weak in (
            ("real cuts of ext4", count, ""),
            ("control: real cuts, synchronous=NORMAL", controls, "NORMAL"),
        ):
            tally, rng = Tally(), Random(name)
            for _ in range(how_many):
                one_cut(disk, children, rng, tally, weak)
            yield Line(name, tally, is_control=bool(weak))


def _lines(children: Children, images: int, cuts: int) -> Iterator[Line]:
    yield Line("crash images", _images(children, "full", images))
    control = _images(children, "normal", max(60, images // 10), "NORMAL")
    yield Line("control: images, synchronous=NORMAL", control, is_control=True)
    plain = _images(children, "delete", max(60, images // 25), "DELETE")
    yield Line("images, journal_mode=DELETE", plain, is_information=True)
    for honest, name in (("nothing", "all files"), (RESCUE, "all but the rescue file")):
        yield Line(f"flushes of {name} lie", _lies(children, max(60, images // 10), honest))
    yield from _faults(children)
    try:
        yield from _cuts(children, cuts, max(10, cuts // 5))
    except NotHere as reason:
        note = f"not possible here: {reason}; the crash images stand in"
        yield Line("real cuts of ext4", Tally(), is_information=True, note=note)


def main() -> int:
    """Prove it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.powerloss")
    parser.add_argument("--images", type=int, default=5_200, help="crash images")
    parser.add_argument("--cuts", type=int, default=210, help="real power cuts")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # each salvage would say so
    began_s = time.monotonic()
    print(_HEAD, flush=True)
    lines: list[Line] = []
    with (
        tempfile.TemporaryDirectory(dir=fast_directory()) as name,
        Children(Path(name)) as children,
        small_log_room(),
    ):
        for line in _lines(children, chosen.images, chosen.cuts):
            print(line.row(), flush=True)
            lines.append(line)
    holds = all(line.holds for line in lines)
    end = "The gate holds." if holds else "**The gate fails.**"
    print(f"{end} {time.monotonic() - began_s:.0f} s")
    if chosen.write is not None:
        _write(chosen.write, lines, end)
    return 0 if holds else 1


_PAGE = """# Power cuts

Written by `make powerloss`. {end}

Each line counts power cuts: what had been acknowledged until then, and what the next start of the queue
had lost of it. Crash images are built from a recording of every write, resize, flush and
rename of the process: what no flush covers is dropped, kept or torn at 512 bytes. A real cut is the
shutdown of an ext4 file system without a flush of its journal. A control is the same queue with
weaker settings; it must lose requests in more than half of its cuts, or the proof is void. Where flushes
lie, only loss reports count that the bank has not settled: those acknowledged before the lies began
or, with an honest rescue file, all.

{head}
{rows}
"""


def _write(path: Path, lines: list[Line], end: str) -> None:
    rows = "\n".join(line.row() for line in lines)
    path.write_text(_PAGE.format(end=end, head=_HEAD, rows=rows), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
