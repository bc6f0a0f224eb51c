"""Measures of the kiosk's window against a bare Kivy window: start, memory, idling."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, paired
from benchmarks.kiosk_window import SHOWN
from benchmarks.surroundings import Surroundings, surroundings
from benchmarks.visits import views_of_visit
from benchmarks.window_process import WindowProcess, bare_window, kiosk_window

BARE = "a bare Kivy window with one label, same font, size and screen"
SETTLED_S = 6.0  # by then every device has answered and nothing starts any more
VISITS = 20


def cold_start(pairs: int = 7) -> list[Figure]:
    """Process start to the first idle frame on the glass; the bare window's first frame."""
    taken = []
    with surroundings() as around:
        _warm(around)
        for _ in range(pairs):
            taken.append(
                (_first_frame_s(kiosk_window(around)), _first_frame_s(bare_window(around.screen)))
            )
    note = (
        "process start to the return of the flip that shows the idle screen, devices awake; files in "
        "the page cache"
    )
    return [paired("cold start", BARE, "s", taken, 1.6, notes=(note,))]


def memory(pairs: int = 3, settled_s: float = SETTLED_S, visits: int = VISITS) -> list[Figure]:
    """Resident memory: idle, and after visits; both windows are up when either is weighed."""
    idle: list[tuple[float, float]] = []
    used: list[tuple[float, float]] = []
    idle_pss: list[tuple[float, float]] = []
    with surroundings() as around:
        path = around.screen.folder / "views"
        path.write_bytes(pickle.dumps(views_of_visit() * visits))
        for _ in range(pairs):
            with _both(around, path) as (kiosk, bare):
                _let_pass(settled_s)
                (rss, pss), (bare_rss, bare_pss) = kiosk.memory_mib(), bare.memory_mib()
                idle.append((rss, bare_rss))
                idle_pss.append((pss, bare_pss))
                kiosk.say("show")
                while kiosk.line() != SHOWN:
                    pass
                _let_pass(settled_s / 3)
                used.append((kiosk.memory_mib()[0], bare_rss))
    shared = paired("PSS", BARE, "MiB", idle_pss, 1.25)
    assert shared.peer is not None
    assert shared.ratio is not None
    note = (
        f"PSS, where what the two share counts half: {shared.ours.text(0)} MiB against "
        f"{shared.peer.text(0)} MiB, {shared.ratio.text(2)} ×"
    )
    return [
        paired("memory, idle", BARE, "MiB RSS", idle, 1.25, 0, notes=(note,)),
        paired(f"memory after {visits} visits", BARE, "MiB RSS", used, 1.25, 0),
    ]


def idling(pairs: int = 3, settled_s: float = SETTLED_S, idle_s: float = 20.0) -> list[Figure]:
    """Processor time of a window in which nothing happens."""
    taken = []
    with surroundings() as around:
        for _ in range(pairs):
            taken.append(
                (
                    _idle_share(kiosk_window(around), settled_s, idle_s),
                    _idle_share(bare_window(around.screen), settled_s, idle_s),
                )
            )
    note = (
        f"share of one core over {idle_s:g} s, user and system, all threads; the kiosk polls its "
        "devices meanwhile, the bare window has none"
    )
    return [paired("idle CPU", BARE, "%", taken, 1.5, notes=(note,))]


@contextmanager
def _both(around: Surroundings, views: Path) -> Iterator[tuple[WindowProcess, WindowProcess]]:
    with (
        kiosk_window(around, "--views", str(views)) as kiosk,
        bare_window(around.screen) as bare,
    ):
        kiosk.first_frame_s()
        bare.first_frame_s()
        yield kiosk, bare


def _warm(around: Surroundings) -> None:
    """Bring both programs' files into the page cache."""
    _first_frame_s(kiosk_window(around))
    _first_frame_s(bare_window(around.screen))


def _first_frame_s(window: WindowProcess) -> float:
    with window:
        return window.first_frame_s()


def _idle_share(window: WindowProcess, settled_s: float, idle_s: float) -> float:
    with window:
        window.first_frame_s()
        _let_pass(settled_s)
        before_s = window.cpu_s()
        _let_pass(idle_s)
        return 100 * (window.cpu_s() - before_s) / idle_s


def _let_pass(seconds: float) -> None:
    threading.Event().wait(seconds)
