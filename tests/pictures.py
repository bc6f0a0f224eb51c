"""Draws every screen, in both languages and three sizes, into `docs/screens/`.

    python -m tests.pictures [--out DIR] [--size 1080x1920 ...]

The screens come from visits in the simulated world, the troubles one by one; Kivy draws them as
on a terminal. One process draws one size, since Kivy has one window a process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from kiosk.drivers.events import (
    CardTrouble,
    Device,
    DeviceChanged,
    DeviceStatus,
    IdTrouble,
    PinStop,
)
from kiosk.fsm.visit import SessionTrouble, Trouble
from kiosk.screens.fonts import prepare_fonts
from kiosk.screens.view import View
from kiosk.screens.window import Screens
from simulators.world.world import World
from sscard.requests import RefusalCode
from sscard.rules import Rule

SIZES = ((1080, 1920), (1280, 800), (800, 480))
FONTS = Path(".run/fonts")
COLOURS = 96
LEFT = 0.72  # of each limit, on the ring of every picture
SHEET_COLUMNS = 6
NOT_TROUBLES = (PinStop.CANCELLED, PinStop.TIMED_OUT, PinStop.TOO_SHORT, RefusalCode.MALFORMED)
ON_THE_SAME_SCREEN = (IdTrouble.MOVED, IdTrouble.NOT_ACCEPTED)

Shown = tuple[str, View]


def balance_visit(world: World) -> Iterator[Shown]:
    """A balance check that works, with every screen on its way."""
    yield "idle", world.view
    world.presses("balance")
    yield "balance-id-card", world.view
    world.lays("chen", wrong=True)
    world.waits(8.0)
    yield "balance-id-card-again", world.view
    world.lifts()
    world.waits(1.0)
    world.lays("chen")
    world.sees("balance.card")
    yield "balance-card", world.view
    world.inserts("chen")
    world.sees("balance.reading")
    yield "balance-reading", world.view
    world.sees("balance.password")
    yield "balance-password-opening", world.view
    world.waits(1.0)
    world.types("111111e")
    world.sees("balance.asking")
    yield "balance-asking", world.view
    world.sees("balance.password")
    world.waits(1.0)
    yield "balance-password-wrong", world.view
    world.types("246")
    yield "balance-password", world.view
    world.types("810e")
    world.sees("balance.result")
    yield "balance-result", world.view
    world.presses("shield")
    yield "balance-shielded", world.view
    world.presses("shield")
    world.presses("why")
    yield "balance-why", world.view
    world.presses("print")
    yield "balance-printing", world.view
    world.sees("balance.result")
    yield "balance-printed", world.view
    world.presses("done")
    world.sees("take_card")
    yield "take-card", world.view
    world.pulls()
    world.lifts()
    world.sees("goodbye")
    yield "goodbye", world.view


def loss_visit(world: World) -> Iterator[Shown]:
    """An oral report for one of two cards, in force at once."""
    world.sees("idle")
    world.presses("loss")
    yield "loss-id-card", world.view
    world.lays("li")
    world.sees("loss.listing")
    yield "loss-listing", world.view
    world.sees("loss.choose_card")
    yield "loss-choose-card", world.view
    world.presses("card:1")
    yield "loss-choose-kind", world.view
    world.presses("oral")
    yield "loss-confirm", world.view
    world.presses("confirm")
    yield "loss-asking", world.view
    world.sees("loss.result")
    yield "loss-in-force-oral", world.view
    world.presses("done")
    world.lifts()
    world.sees("idle")
    world.waits(4.0)
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.presses("confirm")
    world.sees("loss.result")
    yield "loss-in-force-written", world.view
    world.presses("print")
    yield "loss-printing", world.view
    world.sees("loss.result")
    world.presses("done")
    world.lifts()
    world.sees("idle")


def loss_refused(world: World) -> Iterator[Shown]:
    """A card that was reported in writing before."""
    world.presses("loss")
    world.lays("huang")
    world.sees("loss.choose_card")
    yield "loss-choose-card-not", world.view
    world.presses("leave")
    world.lifts()
    world.sees("idle")


def without_line(world: World) -> Iterator[Shown]:
    """The same with no line to the bank."""
    world.cuts_line()
    world.waits(20.0)
    yield "idle-no-line", world.view
    world.kills_queue()
    world.waits(5.0)
    yield "idle-no-queue", world.view
    world.starts_queue()
    world.waits(20.0)
    world.presses("loss")
    world.lays("wu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    yield "loss-confirm-no-line", world.view
    world.presses("confirm")
    world.sees("loss.result")
    yield "loss-waits", world.view
    world.printer.paper_lines = 3
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    yield "loss-waits-no-paper", world.view
    world.printer.load_paper()
    world.presses("done")
    world.lifts()
    world.sees("idle")
    world.waits(4.0)
    world.presses("balance")
    world.lays("ho")
    world.sees("balance.card")
    world.inserts("ho")
    world.sees("balance.result")
    yield "balance-waits", world.view
    world.repairs_line()
    world.waits(20.0)
    yield "balance-own-channel", world.view
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")


def receipt_visit(world: World) -> Iterator[Shown]:
    """The receipt of the report that waited."""
    code = next(line for line in world.receipts()[-1].splitlines() if line.startswith("SSC-LOSS"))
    world.presses("more")
    world.presses("receipt_check")
    yield "receipt-check-code", world.view
    world.holds_up("https://example.com/another-code")
    world.waits(1.0)
    yield "receipt-check-not-ours", world.view
    world.holds_up(code)
    world.sees("receipt_check.asking")
    yield "receipt-check-asking", world.view
    world.sees("receipt_check.result")
    yield "receipt-check-result", world.view
    world.takes_code_away()
    world.presses("done")
    world.sees("idle")


def cards_left(world: World) -> Iterator[Shown]:
    """A card before a service, a card left behind, and a terminal that cannot serve."""
    world.inserts("chen")
    world.sees("card_first")
    yield "card-first", world.view
    world.sees("card_left")
    yield "card-left", world.view
    world.pulls()
    world.sees("idle")
    for device in Device:
        world.terminal.post(DeviceChanged(device, DeviceStatus.OFFLINE))
    world.sees("out_of_service")
    yield "out-of-service", world.view


def screens(language: str) -> Iterator[Shown]:
    """Every screen, by name."""
    with World() as world:
        for visit in (
            balance_visit,
            loss_visit,
            loss_refused,
            without_line,
            receipt_visit,
            cards_left,
        ):
            speak(world, language)
            for name, view in visit(world):
                if view.language != language:
                    speak(world, language)
                    view = world.view
                yield name, view


def speak(world: World, language: str) -> None:
    """Switch the screen to the language."""
    if world.view.language != language:
        world.presses("language")


def troubles(language: str) -> Iterator[Shown]:
    """Every trouble and refusal the terminal can show."""
    codes = [*SessionTrouble, *CardTrouble, *IdTrouble, *PinStop, *RefusalCode]
    with World() as world:
        world.presses("balance")
        world.lays("sun")
        world.sees("trouble")
        speak(world, language)
        world.presses("why")
        for code in codes:
            if code in NOT_TROUBLES or code in ON_THE_SAME_SCREEN:
                continue
            device = Device.PIN_PAD if code is SessionTrouble.DEVICE_GONE else None
            world.terminal.session.situation.person.trouble = Trouble(
                code, Rule.CARD_STATES, "id_card", 3, device
            )
            yield code, world.view


def main() -> None:
    """Draw what is asked for, each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--size", action="append", help="only this size, such as 800x480")
    parser.add_argument("--here", action="store_true", help="draw in this process, one size")
    asked = parser.parse_args()
    sizes = asked.size or [f"{width}x{height}" for width, height in SIZES]
    if asked.here:
        draw(tuple(int(part) for part in sizes[0].split("x")), asked.out)  # type: ignore[arg-type]
        return
    with virtual_screen() as environment:
        for size in sizes:
            command = [sys.executable, "-m", "tests.pictures", "--here", "--size", size]
            subprocess.run([*command, "--out", str(asked.out)], check=True, env=environment)
    (asked.out / "README.md").write_text(page(asked.out), encoding="utf-8")


def page(out: Path) -> str:
    """The page that shows every picture: a row a screen, a column a size and language."""
    folders = sorted((f for f in out.iterdir() if f.is_dir()), key=lambda f: (-len(f.name), f.name))
    names = sorted({picture.stem for folder in folders for picture in folder.glob("*.png")})
    lines = [
        "# Every screen",
        "",
        "Drawn by `make pictures` from visits in the simulated world: three panels, two languages.",
        "The last row has every trouble and refusal; its ring, its retry and its rule are samples.",
        "",
        "| screen | " + " | ".join(folder.name for folder in folders) + " |",
        "| --- |" + " --- |" * len(folders),
    ]
    for name in [*(name for name in names if name != "troubles"), "troubles"]:
        cells = [f"![{name}]({folder.name}/{name}.png)" for folder in folders]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


class virtual_screen:  # noqa: N801  # a context manager reads like a function
    """An Xvfb large enough for every size, where there is no display."""

    def __enter__(self) -> dict[str, str]:
        self._server: subprocess.Popen[str] | None = None
        if os.environ.get("DISPLAY"):
            return dict(os.environ)
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", "1920x1920x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stdout is not None
        return {**os.environ, "DISPLAY": f":{self._server.stdout.readline().strip()}"}

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait()


def draw(size: tuple[int, int], out: Path) -> None:
    """Every screen in one size and both languages, and a sheet of all troubles."""
    now_s = 0.0
    glass = Screens(
        size=size, fonts=prepare_fonts(FONTS), on_press=lambda _: None, now_s=lambda: now_s
    )

    def picture(view: View) -> Image.Image:
        nonlocal now_s
        if view.time_left is not None:
            now_s = view.time_left.ends_s - LEFT * view.time_left.total_s
        glass.show(view)
        width, height, rgb = glass.capture()
        drawn = Image.frombytes("RGB", (width, height), rgb)
        return drawn.reduce(2) if width * height > 500_000 else drawn

    for language in ("zh", "en"):
        folder = out / f"{size[0]}x{size[1]}-{language}"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        for name, view in screens(language):
            save(picture(view), folder / f"{name}.png")
        save(sheet([picture(view) for _, view in troubles(language)]), folder / "troubles.png")


def save(drawn: Image.Image, path: Path) -> None:
    """A small PNG: screens are flat colours."""
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def sheet(pictures: list[Image.Image]) -> Image.Image:
    """Pictures side by side, at half their size."""
    small = [each.reduce(2) if each.width > 450 else each for each in pictures]
    width, height = small[0].width + 8, small[0].height + 8
    rows = -(-len(small) // SHEET_COLUMNS)
    whole = Image.new("RGB", (width * SHEET_COLUMNS, height * rows), "#8A8F8C")
    for index, each in enumerate(small):
        whole.paste(each, (index % SHEET_COLUMNS * width + 4, index // SHEET_COLUMNS * height + 4))
    return whole


if __name__ == "__main__":
    main()
