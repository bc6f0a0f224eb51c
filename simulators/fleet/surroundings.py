"""The real brokers on loopback, from the configuration files that are shipped.

Each runs in a folder of its own on free ports, is asked until it answers, and is gone at the end.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulators.fleet.certificates import FleetAuthority

_DEPLOY = Path(__file__).parents[2] / "deploy" / "monitoring"
_READY_WITHIN_S = 40.0
_ASK_EVERY_S = 0.05
_END_WITHIN_S = 10.0
_HOST = "127.0.0.1"


class NotReady(RuntimeError):
    """A program did not come up; the text is the end of what it said."""


@dataclass(slots=True)
class Mosquitto:
    """A mosquitto with TLS and an ACL."""

    port: int
    authority: FleetAuthority
    folder: Path
    _process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """After `kill`: the same settings, port and store."""
        self._process = _started_mosquitto(self.folder, self.port)

    def end(self) -> None:
        """End it in order."""
        _end(self._process)


@dataclass(slots=True)
class Nats:
    """One node of a cluster; `port` is where it speaks MQTT."""

    port: int
    http: int
    _process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it in order."""
        _end(self._process)


@contextmanager
def mosquitto(folder: Path, authority: FleetAuthority) -> Iterator[Mosquitto]:
    """Run mosquitto as in production but for its port and paths. Raises `NotReady`."""
    folder.mkdir(parents=True)
    server = authority.server()
    port = free_port()
    own = {
        "listener": f"{port} {_HOST}",
        "cafile": authority.root,
        "crlfile": authority.crl,
        "certfile": server.certificate,
        "keyfile": server.key,
        "acl_file": folder / "terminals.acl",
        "persistence_location": f"{folder}/",
        "log_dest": "stderr",
    }
    lines = (_DEPLOY / "mosquitto.conf").read_text("utf-8").splitlines()
    told = [
        f"{word} {own[word]}" if (word := line.split(" ")[0]) in own else line for line in lines
    ]
    # As root mosquitto becomes another user, who may not see the folder; on loopback it stays.
    told.append(f"user {pwd.getpwuid(os.geteuid()).pw_name}")
    (folder / "mosquitto.conf").write_text("\n".join(told) + "\n", "utf-8")
    shutil.copy(_DEPLOY / "terminals.acl", folder)
    (folder / "terminals.acl").chmod(0o600)
    broker = Mosquitto(port, authority, folder, _started_mosquitto(folder, port))
    try:
        yield broker
    finally:
        broker.end()


@contextmanager
def nats_cluster(folder: Path, nodes: int = 3) -> Iterator[list[Nats]]:
    """Run a NATS cluster as in production but for ports, paths and TLS. Raises `NotReady`."""
    folder.mkdir(parents=True)
    shutil.copy(_DEPLOY / "nats.conf", folder)
    (folder / "mqtt_tls.conf").write_text("", "utf-8")
    routes = [free_port() for _ in range(nodes)]
    urls = ", ".join(f'"nats://{_HOST}:{port}"' for port in routes)
    (folder / "routes.conf").write_text(f"routes: [ {urls} ]\n", "utf-8")
    with ExitStack() as stack:
        made = []
        for number, route in enumerate(routes, 1):
            node = _started_nats(folder, f"n{number}", route)
            stack.callback(node.end)
            made.append(node)
        for number, node in enumerate(made, 1):
            _wait(partial(_has_leader, node, nodes), node._process, folder / f"n{number}.log")
        yield made


def free_port() -> int:
    """A TCP port on loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _started_mosquitto(folder: Path, port: int) -> subprocess.Popen[bytes]:
    log = folder / "mosquitto.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [_program("mosquitto"), "-c", folder / "mosquitto.conf"], stdout=out, stderr=out
        )
    _wait(lambda: _answers(port), process, log)
    return process


def _started_nats(folder: Path, name: str, route: int) -> Nats:
    port, http = free_port(), free_port()
    environment = {
        **os.environ,
        "NODE_NAME": name,
        "NODE_LISTEN": f"{_HOST}:{free_port()}",
        "NODE_HTTP": f"{_HOST}:{http}",
        "NODE_STORE": str(folder / name),
        "NODE_CLUSTER": f"{_HOST}:{route}",
        "NODE_MQTT": f"{_HOST}:{port}",
    }
    with (folder / f"{name}.log").open("ab") as out:
        process = subprocess.Popen(
            [_program("nats-server"), "-c", folder / "nats.conf"],
            env=environment,
            stdout=out,
            stderr=out,
        )
    return Nats(port, http, process)


def _program(name: str) -> str:
    # Debian keeps servers where not every user looks.
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or name


def _answers(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _has_leader(node: Nats, nodes: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{_HOST}:{node.http}/jsz", timeout=1.0) as answer:
            cluster = json.load(answer).get("meta_cluster", {})
    except (OSError, urllib.error.URLError):
        return False
    return (
        bool(cluster.get("leader")) and cluster.get("cluster_size") == nodes and _answers(node.port)
    )


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    never = threading.Event()
    until = time.monotonic() + _READY_WITHIN_S
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            _end(process)
            raise NotReady(log.read_text("utf-8", "replace")[-2_000:])
        never.wait(_ASK_EVERY_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
