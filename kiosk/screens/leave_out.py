"""What Kivy loads at import and the kiosk has no use for: a fifth of a bare window's start."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_OURS: Final = Path(__file__).parent / "layouts"


def leave_out() -> None:
    """Has Kivy start without its style sheet and without `asyncio`. Before anything of Kivy's.

    The style sheet (`style.kv`, 1,300 lines, parsed and compiled at every start) has rules for Kivy's
    own buttons and labels; every widget here is drawn by itself. `asyncio`, and with it `ssl`, is
    for `async_runTouchApp`, which nothing here calls.
    """
    asyncio: Any = ModuleType("asyncio")
    asyncio.wait_for = None
    asyncio.Event = _NeverAwaited
    held = sys.modules.get("asyncio")
    sys.modules["asyncio"] = held or asyncio
    try:
        import kivy
        import kivy.clock
        import kivy.resources

        whole, kivy.kivy_data_dir = kivy.kivy_data_dir, str(_OURS)
        import kivy.lang.builder

        kivy.kivy_data_dir = whole
    finally:
        if held is None:
            del sys.modules["asyncio"]


class _NeverAwaited:
    """Stands where the clock keeps the event of its asynchronous loop."""

    def set(self) -> None:
        """Nobody waits."""
