"""The desk's ear and finger inside the kiosk process: a Unix socket, on a desk only.

JSON lines, UTF-8, at most 4 KiB each towards the kiosk:

    ← {"view": {…}}                                    at once, and whenever the view changes
    → {"id": 1, "do": "press", "button": "balance"}    ← {"id": 1, "done": true}
    → {"id": 2, "do": "touch", "x": 540, "y": 960}     ← {"id": 2, "done": true}
    → {"id": 3, "do": "boxes"}
    ← {"id": 3, "boxes": {"balance": {"x": 56, "y": 640, "w": 470, "h": 244}, …}}
    → {"id": 4, "do": "capture"}
    ← {"id": 4, "capture": {"width": 1080, "height": 1920, "bytes": 6220800}}, then as many raw bytes

The raw bytes are RGB, rows from the top. Whatever touches the kiosk happens on its screen's
thread; the socket's threads only carry.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec import to_builtins

from kiosk.screens.view import View

_LINE_BYTES_MAX = 4096
_UNSENT_MAX = 64  # a client that does not read is dropped
_CLIENTS_MAX = 4


class Screen(Protocol):
    """What the mirror needs of the kiosk's screens."""

    def post(self, work: Callable[[], None]) -> None:
        """Do `work` soon on the screen's thread. May be called from any thread."""

    def capture(self) -> tuple[int, int, bytes]:
        """Width, height and RGB rows from the top. On the screen's thread only."""

    def button_boxes(self) -> Mapping[str, Any]:
        """Where every button is: data classes of x, y, w, h, pixels from the top left. On the
        screen's thread only."""

    def touch(self, x: float, y: float) -> None:
        """A finger at x, y, pixels from the top left. On the screen's thread only."""


class Mirrored(Protocol):
    """What the mirror needs of the kiosk."""

    on_view: list[Callable[[View], None]]

    @property
    def screens(self) -> Screen:
        """The kiosk's glass."""

    @property
    def view(self) -> View:
        """What is shown now. On the screen's thread only."""

    def press(self, button_id: str) -> None:
        """Press a button of the view. On the screen's thread only."""


class Mirror:
    """Serves the socket until closed."""

    def __init__(self, kiosk: Mirrored, path: Path) -> None:
        self._kiosk = kiosk
        self._path = path
        self._lock = threading.Lock()
        self._clients: list[_Client] = []
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(_CLIENTS_MAX)
        kiosk.on_view.append(self._show)
        self._thread = threading.Thread(target=self._accept, name="mirror", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Mirror({self._path.name}, clients: {len(self._clients)})"

    def close(self) -> None:
        """Drop every client and the socket. May be called twice."""
        self._kiosk.on_view[:] = [each for each in self._kiosk.on_view if each != self._show]
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.drop()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                end, _ = self._listener.accept()
            except OSError:  # closed
                return
            client = _Client(self, end)
            with self._lock:
                full = len(self._clients) >= _CLIENTS_MAX
                if not full:
                    self._clients.append(client)
            if full:
                end.close()
            else:
                client.start()

    # --- on the screen's thread ---------------------------------------------------------

    def _show(self, view: View) -> None:
        line = _line({"view": view_data(view)})
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.say(line)

    def _greet(self, client: _Client) -> None:
        client.say(_line({"view": view_data(self._kiosk.view)}))

    def _obey(self, client: _Client, message: dict[str, Any]) -> None:
        number = message.get("id")
        match message:
            case {"do": "press", "button": str(button_id)}:
                offered = {button.id for button in self._kiosk.view.buttons()}
                if button_id in offered:
                    self._kiosk.press(button_id)
                client.say(_line({"id": number, "done": button_id in offered}))
            case {"do": "touch", "x": int() | float() as x, "y": int() | float() as y}:
                self._kiosk.screens.touch(x, y)
                client.say(_line({"id": number, "done": True}))
            case {"do": "boxes"}:
                boxes = self._kiosk.screens.button_boxes()
                placed = {name: to_builtins(box) for name, box in boxes.items()}
                client.say(_line({"id": number, "boxes": placed}))
            case {"do": "capture"}:
                width, height, rgb = self._kiosk.screens.capture()
                head = {"width": width, "height": height, "bytes": len(rgb)}
                client.say(_line({"id": number, "capture": head}) + rgb)
            case _:
                client.say(_line({"id": number, "done": False}))

    # --- for the clients' threads -------------------------------------------------------

    def begin(self, client: _Client) -> None:
        """Send the view that is shown now."""
        self._kiosk.screens.post(lambda: self._greet(client))

    def heard(self, client: _Client, message: dict[str, Any]) -> None:
        """Carry a client's wish to the screen's thread."""
        self._kiosk.screens.post(lambda: self._obey(client, message))

    def ended(self, client: _Client) -> None:
        """Forget a client."""
        with self._lock:
            if client in self._clients:
                self._clients.remove(client)


class _Client:
    """One connection: a thread that hears and one that speaks."""

    def __init__(self, mirror: Mirror, end: socket.socket) -> None:
        self._mirror = mirror
        self._end = end
        self._unsent: queue.Queue[bytes | None] = queue.Queue(_UNSENT_MAX)

    def start(self) -> None:
        threading.Thread(target=self._speak, name="mirror out", daemon=True).start()
        threading.Thread(target=self._hear, name="mirror in", daemon=True).start()

    def say(self, data: bytes) -> None:
        """Queue bytes; a client that does not take them is dropped."""
        try:
            self._unsent.put_nowait(data)
        except queue.Full:
            self.drop()

    def drop(self) -> None:
        """End the connection; both threads follow."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(queue.Full):
            self._unsent.put_nowait(None)

    def _speak(self) -> None:
        while (data := self._unsent.get()) is not None:
            try:
                self._end.sendall(data)
            except OSError:
                return

    def _hear(self) -> None:
        self._mirror.begin(self)
        with self._end, self._end.makefile("rb") as lines:
            while True:
                try:
                    line = lines.readline(_LINE_BYTES_MAX)
                    message = json.loads(line) if line.endswith(b"\n") else None
                except (OSError, ValueError):
                    message = None
                if not isinstance(message, dict):
                    break
                self._mirror.heard(self, message)
        self._mirror.ended(self)
        self.drop()


def view_data(view: View) -> dict[str, Any]:
    """A view as JSON can carry it: its fields, and `texts` and `buttons` gathered.

    Each block has its `kind`; a button has all its fields.
    """
    data: dict[str, Any] = to_builtins(view)
    data["blocks"] = [
        {"kind": type(block).__name__.lower(), **fields}
        for block, fields in zip(view.blocks, data["blocks"], strict=True)
    ]
    data["texts"] = list(view.texts())
    data["buttons"] = [to_builtins(button) for button in view.buttons()]
    return data


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, allow_nan=False).encode() + b"\n"
