"""The desk's side of the mirror: what the kiosk shows, and a finger to press it with."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

_ANSWER_S = 20.0
_LINE_BYTES_MAX = 1 << 20
_PICTURE_BYTES_MAX = 64 << 20


class NoKiosk(Exception):
    """The kiosk's process is not there, or does not answer."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is on the glass: RGB rows from the top."""

    width: int
    height: int
    rgb: bytes = field(repr=False)


class MirrorClient:
    """Follows one kiosk over its mirror's socket. Connect again after the kiosk came back."""

    def __init__(self, path: Path, on_view: Callable[[dict[str, Any]], None]) -> None:
        self._path = path
        self._on_view = on_view
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._open: dict[int, Future[Any]] = {}
        self._view: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"MirrorClient({self._path.name}, connected: {self._end is not None})"

    @property
    def view(self) -> dict[str, Any] | None:
        """The view shown now (see `mirror.view_data`); None while there is no kiosk."""
        return self._view

    def is_showing(self) -> bool:
        """Connect if need be; whether a first view has come."""
        with self._lock:
            if self._end is None:
                end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    end.connect(str(self._path))
                except OSError:
                    end.close()
                    return False
                self._end = end
                threading.Thread(target=self._hear, args=(end,), name="mirror", daemon=True).start()
        return self._view is not None

    def press(self, button_id: str) -> bool:
        """Press a button; False when the view shown has no such button. Raises `NoKiosk`."""
        return bool(self._ask({"do": "press", "button": button_id}))

    def touch(self, x: float, y: float) -> None:
        """Touch the glass at x, y, pixels from the top left. Raises `NoKiosk`."""
        self._ask({"do": "touch", "x": x, "y": y})

    def boxes(self) -> dict[str, dict[str, int]]:
        """Where each button is: x, y, w, h in pixels from the top left. Raises `NoKiosk`."""
        boxes: dict[str, dict[str, int]] = self._ask({"do": "boxes"})
        return boxes

    def capture(self) -> Picture:
        """A picture of the glass. Raises `NoKiosk`."""
        picture = self._ask({"do": "capture"})
        if not isinstance(picture, Picture):
            raise NoKiosk("the kiosk gave no picture")
        return picture

    def close(self) -> None:
        """Let go of the kiosk. May be called twice."""
        with self._lock:
            end = self._end
        if end is not None:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    # --- inside -------------------------------------------------------------------------

    def _ask(self, message: dict[str, Any]) -> Any:
        answer: Future[Any] = Future()
        with self._lock:
            if self._end is None:
                raise NoKiosk("the kiosk is not running")
            number = next(self._numbers)
            self._open[number] = answer
            try:
                self._end.sendall(json.dumps({"id": number, **message}).encode() + b"\n")
            except OSError as error:
                del self._open[number]
                raise NoKiosk("the kiosk is gone") from error
        try:
            return answer.result(_ANSWER_S)
        except FutureTimeout as error:
            raise NoKiosk("the kiosk does not answer") from error
        finally:
            with self._lock:
                self._open.pop(number, None)

    def _hear(self, end: socket.socket) -> None:
        with end, end.makefile("rb") as stream, contextlib.suppress(OSError, ValueError, EOFError):
            while line := stream.readline(_LINE_BYTES_MAX):
                self._take(json.loads(line), stream)
        with self._lock:
            self._end = None
            self._view = None
            waiting = list(self._open.values())
            self._open.clear()
        for answer in waiting:
            answer.set_exception(NoKiosk("the kiosk is gone"))

    def _take(self, message: dict[str, Any], stream: BinaryIO) -> None:
        if "view" in message:
            self._view = message["view"]
            self._on_view(message["view"])
            return
        said = message.get("boxes", message.get("done"))
        if "capture" in message:
            head = message["capture"]
            if not 0 <= head["bytes"] <= _PICTURE_BYTES_MAX:
                raise ValueError("a picture of an impossible size")
            rgb = stream.read(head["bytes"])
            if len(rgb) != head["bytes"]:
                raise EOFError
            said = Picture(head["width"], head["height"], rgb)
        with self._lock:
            answer = self._open.pop(message["id"], None)
        if answer is not None:
            answer.set_result(said)
