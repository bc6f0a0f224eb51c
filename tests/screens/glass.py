"""Programs that draw on a real window and print what was there as JSON; see `conftest.py`.

`python -m tests.screens.glass FONTS layout 1080x1920` or `... FONTS <name of a scenario>`.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from kiosk.screens.fonts import prepare_fonts
from kiosk.screens.view import Amount, Frame, Note, View
from kiosk.screens.window import Screens
from tests.screens.sample_kit import NOW_S
from tests.screens.sample_results import balances, queued
from tests.screens.sample_steps import choice, idle, insert_card, wait
from tests.screens.samples import SAMPLES, sample_views

_STEP_S = 10.0


class Glass:
    """A running window with a clock that stands still unless it is set."""

    def __init__(self, size: tuple[int, int], fonts_dir: Path) -> None:
        self.now_s = NOW_S
        self.pressed: list[str] = []
        self.frames: list[Frame] = []
        self.screens = Screens(
            size=size,
            fonts=prepare_fonts(fonts_dir),
            on_press=self.pressed.append,
            now_s=lambda: self.now_s,
            on_frame=self.frames.append,
            run_dir=fonts_dir / "kivy",
        )

    def on_ui(self, work: Callable[[], Any]) -> Any:
        """Runs `work` on the UI thread and answers what it answers."""
        done, answers = threading.Event(), []

        def post() -> None:
            answers.append(work())
            done.set()

        self.screens.post(post)
        assert done.wait(_STEP_S), "the UI thread does not answer"
        return answers[0]

    def show(self, view: View) -> None:
        """Shows a view."""
        self.on_ui(lambda: self.screens.show(view))

    def turns(self, count: int = 3) -> None:
        """Lets the loop turn, so that touches are dispatched and frames drawn."""
        for _ in range(count):
            self.on_ui(lambda: None)

    def touch(self, button: str) -> None:
        """Touches the middle of a button."""
        x, y = self.middle(button)
        self.on_ui(lambda: self.screens.touch(x, y))
        self.turns()

    def finger(self, kind: str, x: float, y: float) -> None:
        """A finger goes `down` or `up`, the way the panel reports it."""
        from kivy.core.window import Window

        if kind == "up":
            self.on_ui(lambda: Window.dispatch("on_mouse_move", x, y, []))
        self.on_ui(lambda: Window.dispatch(f"on_mouse_{kind}", x, y, "left", []))
        self.turns()

    def middle(self, button: str) -> tuple[float, float]:
        """The middle of a button that is drawn."""
        box = self.screens.button_boxes()[button]
        return box.x + box.w / 2, box.y + box.h / 2


def layout(glass: Glass) -> Any:
    """Every sample in both languages and text sizes: where its texts and buttons are."""
    seen = []
    for language in ("zh", "en"):
        for large in (False, True):
            for name, view in sample_views(language, large_text=large).items():
                glass.show(view)
                seen.append(
                    {
                        "name": f"{name}-{language}{'-large' if large else ''}",
                        "wanted": [text for text in view.texts() if "/" not in text],
                        "bar": [button.text for button in view.bar],
                        "ready": ready_texts(view),
                        "texts": [to_builtins(text) for text in glass.screens.texts()],
                        "buttons": {
                            button: to_builtins(box)
                            for button, box in glass.screens.button_boxes().items()
                        },
                    }
                )
    return seen


def ready_texts(view: View) -> list[str]:
    """The texts of what to have ready."""
    if view.ready is None:
        return []
    rows = [[row.service, *(text for _, text in row.things)] for row in view.ready.rows]
    return [view.ready.head, *(text for row in rows for text in row)]


def presses(glass: Glass) -> Any:
    """Touches of all kinds; answers what was pressed after each."""
    seen: dict[str, list[str]] = {}

    def note(name: str) -> None:
        seen[name] = list(glass.pressed)
        glass.pressed.clear()
        glass.now_s += 1

    glass.show(choice("zh"))
    glass.touch("medical")
    note("one touch")
    glass.touch("medical")
    glass.now_s += 0.2
    glass.touch("financial")
    note("two touches within 300 ms")
    glass.touch("both")
    note("a grey button, which answers with the reason")
    glass.finger("down", *glass.middle("medical"))
    glass.finger("up", *glass.middle("financial"))
    note("down on one, up on another")
    glass.finger("down", *glass.middle("back"))
    glass.show(insert_card("zh"))
    glass.finger("up", *glass.middle("back"))
    note("down on a view that is gone")
    glass.touch("back")
    note("the new view")
    return seen


def frames(glass: Glass) -> Any:
    """How many frames a still and a moving screen draw, and what they report."""
    glass.show(idle("zh"))
    glass.turns(5)
    first = glass.frames[-1]
    before = len(glass.frames)
    glass.turns(40)
    idle_frames = len(glass.frames) - before
    glass.show(insert_card("zh"))
    glass.turns(5)
    last = glass.frames[-1]
    return {
        "first": to_builtins(first),
        "last": to_builtins(last),
        "idle_frames": idle_frames,
        "numbers": [frame.number for frame in glass.frames],
    }


def ring(glass: Glass) -> Any:
    """The seconds in the ring as the clock goes on."""
    glass.show(wait("zh"))
    seen = []
    for now_s in (NOW_S, NOW_S + 0.4, NOW_S + 1, NOW_S + 16.5, NOW_S + 60):
        glass.now_s = now_s
        ticked = threading.Event()

        def look(ticked: threading.Event = ticked) -> None:
            from kivy.clock import Clock

            Clock.schedule_once(lambda _dt: ticked.set(), 0.45)

        glass.on_ui(look)
        ticked.wait(_STEP_S)
        seen.append([text.text for text in glass.screens.texts() if text.text.isdigit()])
    return seen


def picture(glass: Glass) -> Any:
    """Colours of a captured frame at telling places."""
    glass.show(insert_card("zh"))
    shot: tuple[int, int, bytes] = glass.on_ui(glass.screens.capture)
    width, height, rgb = shot
    card = glass.screens.button_boxes()["back"]

    def at(x: int, y: int) -> str:
        start = 3 * (y * width + x)
        return "#" + bytes(rgb[start : start + 3]).hex().upper()

    return {
        "size": [width, height, len(rgb)],
        "paper": at(5, 200),
        "button": at(card.x + card.w // 2, card.y + 12),
        "bar": at(5, height - 5),
    }


def soak(glass: Glass) -> Any:
    """Memory after many changes of view, in pages, and what was imported."""
    resident = []
    for round_ in range(24):
        for make in SAMPLES:
            view = make("zh" if round_ % 2 else "en")
            glass.show(view)
        if round_ in (7, 23):
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]))
    unwanted = ("PIL", "numpy", "fontTools", "cv2", "requests", "asyncio", "ssl")
    return {"resident": resident, "imported": [name for name in unwanted if name in sys.modules]}


def forget(glass: Glass) -> Any:
    """How many amounts are still in memory while they are shown and after idle has come back."""

    def amounts() -> int:
        gc.collect()
        reached: dict[int, object] = {}
        todo: list[object] = gc.get_objects()  # not all: what holds only text is not tracked
        while todo:
            each = todo.pop()
            if id(each) not in reached:
                reached[id(each)] = each
                todo += gc.get_referents(each)
        return sum(type(each) is Amount for each in reached.values())

    glass.show(balances("zh"))
    shown = amounts()
    glass.show(idle("zh"))
    return {"shown": shown, "after": amounts()}


def endless(glass: Glass) -> Any:
    """A view with far too much text: the box of each of its texts."""
    long = "很长的说明，" * 400
    view = replace(queued("zh"), title=long, lead=long, service=long, blocks=(Note(long),) * 3)
    glass.show(view)
    return [to_builtins(text.ink) for text in glass.screens.texts()]


SCENARIOS = {
    each.__name__: each for each in (layout, presses, frames, ring, picture, soak, forget, endless)
}


def main() -> None:
    """Runs one scenario beside the window's loop and prints what it saw."""
    fonts_dir, scenario, *size = sys.argv[1:]
    width, height = (int(part) for part in (size[0] if size else "480x800").split("x"))
    glass = Glass((width, height), Path(fonts_dir))
    seen: list[Any] = []

    def play() -> None:
        try:
            seen.append(SCENARIOS[scenario](glass))
        finally:
            glass.screens.stop()

    player = threading.Thread(target=play)
    player.start()
    glass.screens.run()
    player.join()
    print(json.dumps(seen[0]))


if __name__ == "__main__":
    main()
