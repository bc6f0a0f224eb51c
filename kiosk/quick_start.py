"""Imported first by the screen process, for the sake of its first frame.

The garbage collector rests until then: starting makes a hundred thousand objects that all stay, and
looking through them again and again takes a tenth of the start. And the graphics driver, a hundred
megabytes of compiled code, comes into memory on the second core while Python imports.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading

_GLX_RGBA = 4  # glXChooseVisual, GLX 1.4, 3.3.10


def over() -> None:
    """The first frame is on the glass: collect as usual, what is there now apart."""
    gc.freeze()
    gc.enable()


def _load_graphics_driver() -> None:
    """Ask for any visual, which has the driver loaded. The window asks again, with its own wish."""
    try:
        x11, gl = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libGL.so.1")
    except OSError:
        return  # a glass without X: the window brings its own driver
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    gl.glXChooseVisual.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if display:
        gl.glXChooseVisual(display, 0, (ctypes.c_int * 2)(_GLX_RGBA, 0))
        x11.XCloseDisplay(display)


gc.disable()
if "DISPLAY" in os.environ:
    threading.Thread(target=_load_graphics_driver, daemon=True).start()
