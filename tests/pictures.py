"""Draws every screen, in both languages and three sizes, into `docs/screens/`.

    python -m tests.pictures [--out DIR] [--size 1080x1920 ...] [--language zh ...]

What is shown comes from `tests.picture_scenes`; Kivy draws it as on a terminal. One process draws
one size, since Kivy has one window a process.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from kiosk.screens.fonts import prepare_fonts
from kiosk.screens.view import View
from kiosk.screens.window import Screens
from tests.picture_page import RECEIPTS, page
from tests.picture_scenes import LANGUAGES, Film, shoot

SIZES = ((1080, 1920), (1280, 800), (800, 480))
FONTS = Path(".run/fonts")
COLOURS = 96
PAPER_COLOURS = 16
LEFT = 0.72  # of each limit, on the ring of every picture
SHEET_COLUMNS = 6


def main() -> None:
    """Draw what is asked for, each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--size", action="append", help="only this size, such as 800x480")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only this one")
    parser.add_argument("--film", type=Path, help="draw this film in this process, one size")
    asked = parser.parse_args()
    sizes = asked.size or [f"{width}x{height}" for width, height in SIZES]
    languages = asked.language or list(LANGUAGES)
    if asked.film is not None:
        film = pickle.loads(asked.film.read_bytes())  # noqa: S301  # written just now, below
        width, height = (int(part) for part in sizes[0].split("x"))
        draw(film, (width, height), languages, asked.out)
        return
    film = shoot()
    with tempfile.TemporaryDirectory() as folder, virtual_screen() as environment:
        reel = Path(folder, "film")
        reel.write_bytes(pickle.dumps(film))
        for size in sizes:
            command = [sys.executable, "-m", "tests.pictures", "--film", str(reel), "--size", size]
            for language in languages:
                command += ["--language", language]
            subprocess.run([*command, "--out", str(asked.out)], check=True, env=environment)
    papers = emptied(asked.out / RECEIPTS)
    for name, paper in film.papers.items():
        paper.reduce(2).quantize(PAPER_COLOURS).save(papers / f"{name}.png", optimize=True)
    (asked.out / "README.md").write_text(page(film), encoding="utf-8")


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


def draw(film: Film, size: tuple[int, int], languages: list[str], out: Path) -> None:
    """Every screen in one size, and a sheet of all troubles."""
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

    for language in languages:
        folder = emptied(out / f"{size[0]}x{size[1]}-{language}")
        for name, scene in film.scenes.items():
            save(picture(scene.views[language]), folder / f"{name}.png")
        troubles = [picture(view) for view in film.troubles[language]]
        save(sheet(troubles), folder / "troubles.png")


def emptied(folder: Path) -> Path:
    """The folder, with no pictures in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    return folder


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
