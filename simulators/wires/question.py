"""One question and one answer over a Unix socket: a line of JSON each way, between the desk and the
processes it started.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Words = dict[str, Any]

_LINE_BYTES_MAX = 4096
_ANSWER_S = 5.0


class AnswerSocket:
    """Answers at `path`, one after the other, until closed. For this user alone."""

    def __init__(self, path: Path, answer: Callable[[Words], Words]) -> None:
        self._path = path
        self._answer = answer
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, name=path.stem, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"AnswerSocket({self._path.name})"

    def close(self) -> None:
        """End it. May be called twice."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                end, _ = self._listener.accept()
            except OSError:  # closed
                return
            # Whoever asks badly, or goes away in the middle, gets no answer and harms nobody.
            with end, contextlib.suppress(OSError, ValueError, KeyError):
                end.settimeout(_ANSWER_S)
                asked = end.makefile("rb").readline(_LINE_BYTES_MAX)
                end.sendall(json.dumps(self._answer(json.loads(asked))).encode() + b"\n")


def ask(path: Path, question: Words) -> Words:
    """Ask whoever answers at `path`. Raises `OSError` and `ValueError` when nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(_ANSWER_S)
        end.connect(str(path))
        end.sendall(json.dumps(question).encode() + b"\n")
        answer: Words = json.loads(end.makefile("rb").readline(_LINE_BYTES_MAX))
    return answer
