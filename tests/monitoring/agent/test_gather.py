"""A look round a terminal whose screen process is a real door."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from kiosk.telling import Telling
from monitoring.agent.gather import ask_queue, gather
from offline_queue.messages import LineChanged, QueueStatus
from offline_queue.wire import notice_line


def test_processes_that_are_gone_are_none_and_the_board_is_told(tmp_path: Path) -> None:
    found = gather(tmp_path / "nobody", tmp_path / "no_queue", tmp_path)
    assert found.told is None
    assert found.queue is None
    assert found.machine.disk_free_mb is not None
    assert found.machine.memory_free_mb is not None


def test_the_screen_process_is_asked(tmp_path: Path) -> None:
    telling = Telling(tmp_path / "door", lambda: 0.0)
    telling.is_now("visit", {})
    found = gather(tmp_path / "door", tmp_path / "no_queue", tmp_path)
    telling.close()
    assert found.told is not None
    assert found.told.mode == "visit"


def test_the_queues_status_is_found_behind_its_word_about_the_line(tmp_path: Path) -> None:
    status = QueueStatus(True, {"loss": 2}, 5.0, None)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "queue"))
        door.listen()

        def answer() -> None:
            asker, _ = door.accept()
            with asker:
                asker.recv(100)
                asker.sendall(notice_line(LineChanged(up=True)) + notice_line(status))

        thread = threading.Thread(target=answer)
        thread.start()
        assert ask_queue(tmp_path / "queue") == status
        thread.join()
