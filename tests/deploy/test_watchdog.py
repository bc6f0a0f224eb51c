"""The sign of life: given while it is true, to a real notification socket."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from kiosk.watchdog import DRAWN_MAX_AGE_S, Watchdog
from offline_queue.service_manager import TELLS_A_TERM, ServiceManager, service_manager
from tests.deploy.manager import Manager

WATCHDOG_S = 8.0
EVERY_S = WATCHDOG_S / TELLS_A_TERM


@pytest.fixture
def device_thread() -> Iterator[threading.Event]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="device-test", daemon=True)
    thread.start()
    yield over
    over.set()
    thread.join()


def _watchdog(manager: Manager, threads: tuple[str, ...] = ()) -> Watchdog:
    return Watchdog(ServiceManager(manager.address, WATCHDOG_S), threads)


def test_the_start_is_over_with_the_first_frame_and_only_once(manager: Manager) -> None:
    watchdog = _watchdog(manager)
    watchdog.turn(99.0)
    assert manager.waiting() == []
    watchdog.drawn(100.0)
    watchdog.drawn(100.1)
    assert manager.waiting() == ["READY=1"]


def test_signs_of_life_come_four_times_a_term_however_often_the_loop_turns(
    manager: Manager,
) -> None:
    watchdog = _watchdog(manager)
    watchdog.drawn(100.0)
    manager.waiting()
    for quarter in range(40):
        now_s = 100.0 + quarter * EVERY_S / 4
        watchdog.drawn(now_s)
        watchdog.turn(now_s)
    assert manager.waiting() == ["WATCHDOG=1"] * 10


def test_no_sign_is_given_once_the_drawing_stands_still_and_again_when_it_goes_on(
    manager: Manager,
) -> None:
    watchdog = _watchdog(manager)
    watchdog.drawn(100.0)
    watchdog.turn(100.0 + DRAWN_MAX_AGE_S)
    assert manager.waiting() == ["READY=1", "WATCHDOG=1"]
    late_s = 100.0 + DRAWN_MAX_AGE_S + EVERY_S
    watchdog.turn(late_s)
    watchdog.turn(late_s + EVERY_S)
    assert manager.waiting() == ["STATUS=the screen stands still"]
    watchdog.drawn(late_s + 2 * EVERY_S)
    watchdog.turn(late_s + 2 * EVERY_S)
    assert manager.waiting() == ["WATCHDOG=1", "STATUS="]


def test_no_sign_is_given_once_a_device_thread_has_ended(
    manager: Manager, device_thread: threading.Event
) -> None:
    watchdog = _watchdog(manager, ("device-test",))
    watchdog.drawn(100.0)
    watchdog.turn(100.0)
    assert manager.waiting() == ["READY=1", "WATCHDOG=1"]
    device_thread.set()
    next(thread for thread in threading.enumerate() if thread.name == "device-test").join()
    watchdog.drawn(101.0 + EVERY_S)
    watchdog.turn(101.0 + EVERY_S)
    assert manager.waiting() == ["STATUS=threads have ended: device-test"]


def test_without_a_manager_nothing_is_said_and_nothing_fails() -> None:
    watchdog = Watchdog(service_manager({}), ())
    watchdog.drawn(100.0)
    watchdog.turn(100.0)
    watchdog.stopping()


def test_a_manager_that_is_gone_or_does_not_read_stops_nobody(manager: Manager) -> None:
    told = ServiceManager(manager.address, WATCHDOG_S)
    for _ in range(5_000):  # more than any socket holds
        told.alive()
    manager.close()
    told.alive()


def test_the_environment_names_the_manager_and_children_do_not_inherit_it() -> None:
    environ = {
        "NOTIFY_SOCKET": "/nowhere/notify",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }
    assert service_manager(environ).watchdog_s == 30.0
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    ("usec", "pid"),
    [("30000000", "1"), ("0", str(os.getpid())), ("soon", str(os.getpid()))],
    ids=["another process", "no time", "no number"],
)
def test_a_watchdog_for_another_process_or_without_a_time_is_none(usec: str, pid: str) -> None:
    environ = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}
    assert service_manager(environ).watchdog_s is None


def test_a_manager_may_listen_in_the_abstract_namespace() -> None:
    name = f"sscard-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(f"\0{name}")
        ServiceManager(f"@{name}").ready()
        assert end.recv(100) == b"READY=1"
