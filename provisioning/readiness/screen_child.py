"""The program that fills the screen and says what stands there, in a process of its own.

`python -m provisioning.readiness.screen_child`

A line of text in ("fill 255 0 0" or "page"), a picture out: its width and height as a line of text, then three
bytes a pixel. It draws with SDL 2, as the terminal's own pages are drawn, on X or straight on the
display; the picture is what SDL gives to the panel (SDL_RenderReadPixels).
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from pathlib import Path

_VIDEO = 0x20
_FULLSCREEN_SHOWN = 0x1001 | 0x4
_CENTRED = 0x2FFF0000
_RGB24 = 0x17101803
_NO_GLASS = (b"dummy", b"offscreen", b"evdev")
_BARS = (
    *((255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0)),
    *((255, 0, 255), (255, 0, 0), (0, 0, 255), (64, 64, 64)),
)


class _Rect(ctypes.Structure):
    _fields_ = (
        *(("x", ctypes.c_int), ("y", ctypes.c_int)),
        *(("w", ctypes.c_int), ("h", ctypes.c_int)),
    )


def _library() -> ctypes.CDLL:
    """The SDL that came with the window's library; else the system's."""
    found = importlib.util.find_spec("kivy")
    if found is not None and found.origin is not None:
        beside = Path(found.origin).parent.parent / "Kivy.libs"
        for path in sorted(beside.glob("libSDL2-2*.so*")):
            return ctypes.CDLL(str(path))
    return ctypes.CDLL("libSDL2-2.0.so.0")


class _Glass:
    def __init__(self) -> None:
        sdl = self._sdl = _library()
        for name in ("SDL_CreateWindow", "SDL_CreateRenderer"):
            getattr(sdl, name).restype = ctypes.c_void_p
        sdl.SDL_GetCurrentVideoDriver.restype = ctypes.c_char_p
        whole = _Rect()
        if sdl.SDL_Init(_VIDEO) != 0 or sdl.SDL_GetDisplayBounds(0, ctypes.byref(whole)) != 0:
            sys.exit("there is no display")
        if sdl.SDL_GetCurrentVideoDriver() in _NO_GLASS:
            sys.exit("there is no display, only a place in memory")
        size = (whole.w, whole.h)
        window = sdl.SDL_CreateWindow(b"", _CENTRED, _CENTRED, *size, _FULLSCREEN_SHOWN)
        self._renderer = ctypes.c_void_p(
            sdl.SDL_CreateRenderer(ctypes.c_void_p(window), -1, 0) if window else None
        )
        wide, high = ctypes.c_int(), ctypes.c_int()
        if (
            not self._renderer
            or sdl.SDL_GetRendererOutputSize(self._renderer, ctypes.byref(wide), ctypes.byref(high))
            != 0
        ):
            sys.exit("nothing can be drawn")
        sdl.SDL_ShowCursor(0)
        self.width, self.height = wide.value, high.value

    def shows(self, *fields: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> bytes:
        """Fields of a colour, each with its place; what then stands on the screen."""
        sdl = self._sdl
        sdl.SDL_PumpEvents()
        sdl.SDL_RenderSetViewport(self._renderer, None)  # all of it, whatever came in between
        for (red, green, blue), place in fields:
            sdl.SDL_SetRenderDrawColor(self._renderer, red, green, blue, 255)
            sdl.SDL_RenderFillRect(self._renderer, ctypes.byref(_Rect(*place)))
        seen = ctypes.create_string_buffer(3 * self.width * self.height)
        pitch = 3 * self.width
        if sdl.SDL_RenderReadPixels(self._renderer, None, _RGB24, seen, pitch) != 0:
            sys.exit("the screen cannot be read back")
        sdl.SDL_RenderPresent(self._renderer)
        return seen.raw


def main() -> None:
    """Draw what is asked for until standard input closes."""
    glass = _Glass()
    wide, high = glass.width, glass.height
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "fill":
            red, green, blue = map(int, rest)
            seen = glass.shows(((red, green, blue), (0, 0, wide, high)))
        else:
            bar = wide // len(_BARS) + 1
            fields = [(colour, (n * bar, 0, bar, high)) for n, colour in enumerate(_BARS)]
            seen = glass.shows(*fields)
        sys.stdout.buffer.write(f"{wide} {high}\n".encode("ascii") + seen)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
