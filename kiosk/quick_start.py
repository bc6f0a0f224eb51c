"""Imported first by the screen process, for the sake of its first frame.

The garbage collector rests until then: starting makes a hundred thousand objects that all stay, and
looking through them again and again takes a tenth of the start.
"""

from __future__ import annotations

import gc


def over() -> None:
    """The first frame is on the glass: collect as usual, what is there now apart."""
    gc.freeze()
    gc.enable()


gc.disable()
