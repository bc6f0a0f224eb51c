"""A camera model behind a real address: motion JPEG over HTTP, for a program that looks."""

from __future__ import annotations

import select
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulators.models.camera import Camera

_FRAMES_PER_S = 8
_BOUNDARY = "frame"
_PATH = "/camera.mjpg"
_STALLED_S = 5.0  # a looker that takes no bytes for so long is let go


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    camera: Camera
    closing: threading.Event

    def handle_error(self, request: object, client_address: object) -> None:
        """A looker that went away in the middle of a frame is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _STALLED_S

    def do_GET(self) -> None:
        """Send frames until the looker leaves or the feed closes."""
        if self.path != _PATH:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        while not self.server.closing.wait(1 / _FRAMES_PER_S) and not self._alone():
            if not self.server.camera.frozen:
                self._send_frame(self.server.camera.frame_jpeg())

    def _alone(self) -> bool:
        """Whether the looker has hung up; a frozen camera would not find out by sending."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1024)

    def _send_frame(self, jpeg: bytes) -> None:
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        self.wfile.write(head.encode("ascii") + jpeg + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Frames are not worth a line each."""


class CameraFeed:
    """Serves `camera`'s frames on 127.0.0.1, about eight a second, until closed."""

    def __init__(self, camera: Camera, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.camera = camera
        self._server.closing = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="camera-feed", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        return f"CameraFeed({self.url}, closed: {self._server.closing.is_set()})"

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PATH}"

    def close(self) -> None:
        """End every stream and the server. May be called twice."""
        if self._server.closing.is_set():
            return
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
