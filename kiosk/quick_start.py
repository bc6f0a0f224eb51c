"""Imported first by the screen process: the garbage collector rests until the first frame.

Starting makes a hundred thousand objects that all stay; looking through them again and again takes
a tenth of the start.
"""

from __future__ import annotations

import gc

gc.disable()


def over() -> None:
    """The first frame is on the glass: collect as usual, what is there now apart."""
    gc.freeze()
    gc.enable()
