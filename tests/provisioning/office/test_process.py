"""The office as a process of its own: killed, stopped, started again, with nothing secret left behind."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from provisioning import wire
from provisioning.office import desk, founding
from provisioning.office.clock import utc_now
from provisioning.office.looking import audit_broken_at, audit_entries, one_terminal
from provisioning.office.office import DATABASE, Office, open_office
from provisioning.token_text import read_token
from provisioning.wire import Reason
from tests.provisioning.office.board import (
    BOARD,
    ROOT_PASSPHRASE,
    SETTINGS,
    TERMINAL,
    WHO,
    Board,
    furnish,
    new_key,
    request,
    token,
)

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30
PASSPHRASE = b"the issuing keys' own"
LINES = 50


@pytest.fixture(scope="module")
def founded_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Founded by the machine's clock, as the process has no other."""
    folder = tmp_path_factory.mktemp("now")
    said = founding.set_up(
        folder / "office", SETTINGS, folder / "safe", ROOT_PASSPHRASE, WHO, passphrase=PASSPHRASE
    )
    assert isinstance(said, dict), said
    (folder / "passphrase").write_bytes(PASSPHRASE + b"\n")
    return folder


@pytest.fixture
def real(founded_now: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(founded_now, tmp_path, dirs_exist_ok=True)
    with open_office(tmp_path / "office", PASSPHRASE) as office:
        furnish(office)
        yield office


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """The server as people start it; its port and what it wrote."""
    command = [
        *(sys.executable, "-m", "provisioning.office", "--folder", str(folder / "office")),
        *("--port", "0", "--passphrase-file", str(folder / "passphrase")),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        written: list[str] = []
        try:
            for _ in range(LINES):
                written.append(server.stderr.readline())
                found = re.search(r"running on https://127\.0\.0\.1:(\d+)", written[-1])
                if found:
                    yield server, int(found[1]), written
                    break
            else:
                raise AssertionError("".join(written))
        finally:
            server.terminate()
            written.append(server.communicate(timeout=PATIENCE_S)[1])


def test_killed_after_issuing_and_before_the_answer_arrived_it_gives_the_answer_again(
    real: Office, tmp_path: Path
) -> None:
    given_token, key = token(real), new_key()
    body = request(key)
    with process(tmp_path) as (server, port, _), _raw(real, port) as line:
        basic = b64encode(f"{BOARD}:{given_token}".encode())
        head = f"POST {wire.ENROLL_PATH} HTTP/1.1\r\nHost: localhost\r\n".encode()
        head += b"Content-Length: %d\r\nAuthorization: Basic %s\r\n\r\n" % (len(body), basic)
        line.sendall(head + body)
        assert line.recv(1) == b"H"  # the answer has begun; nobody reads on
        server.send_signal(signal.SIGKILL)
        server.wait(PATIENCE_S)
    seen = one_terminal(real, TERMINAL)
    assert seen is not None and len(seen["certificates"]) == 1
    with process(tmp_path) as (server, port, _):
        board = Board(tmp_path, real.root, port, key=key)
        assert board.enrols(given_token, body) is None
        assert board.leaf is not None
        assert f"{board.leaf.serial_number:x}" == seen["certificates"][0]["certificate"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE_S) in (0, -signal.SIGTERM)


def test_the_desk_revokes_while_the_server_runs(real: Office, tmp_path: Path) -> None:
    with process(tmp_path) as (_, port, _):
        board = Board(tmp_path, real.root, port)
        assert board.enrols(token(real)) is None
        assert isinstance(board.assignment(), wire.Assignment)
        desk.revoke(real, WHO, TERMINAL)
        assert board.assignment() is Reason.TERMINAL_REVOKED


def test_a_client_that_checks_everything_takes_the_servers_certificate(
    real: Office, tmp_path: Path
) -> None:
    with process(tmp_path) as (_, port, _), _raw(real, port, checks_time=True) as line:
        assert line.selected_alpn_protocol() == "http/1.1"


def test_no_token_and_no_key_is_in_database_log_or_audit(real: Office, tmp_path: Path) -> None:
    used, open_token = token(real), ""
    with process(tmp_path) as (_, port, written):
        board = Board(tmp_path, real.root, port)
        assert board.enrols(used) is None
        board.serial_number, board.leaf = used, None  # typed into the wrong field
        assert board.enrols(used) is not None
        board.serial_number = BOARD
        assert board.enrols(used[:-1] + "Z") is not None
        open_token = token(real)
    stored = (real.folder / DATABASE).read_bytes()
    told = "".join(written) + repr(audit_entries(real))
    for text in (used, open_token):
        secret = read_token(text)
        assert isinstance(secret, bytes)
        for form in (secret, secret.hex().encode(), text.encode(), text[5:].encode()):
            assert form not in stored
        assert text not in told and secret.hex() not in told
        assert b64encode(f"{BOARD}:{text}".encode()).decode() not in told
    keys = [board.key, *(each.key for each in real.issuers)]
    for key in keys:
        number = key.private_numbers().private_value
        assert number.to_bytes(32, "big") not in stored
        assert f"{number:x}" not in told
    der = board.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert der not in stored
    assert repr(real.issuers).count("PrivateKey") == 0


def test_every_act_is_in_the_audit_and_a_changed_entry_shows(real: Office, tmp_path: Path) -> None:
    with process(tmp_path) as (_, port, _):
        board = Board(tmp_path, real.root, port)
        assert board.enrols(token(real)) is None
        board.assignment()
        board.serial_number = "BRD-9999"
        assert board.enrols(token(real)) is Reason.TOKEN_FOREIGN
    did = [entry["did"] for entry in audit_entries(real)]
    assert did == [
        *("set up", "put site", "added terminal", "put technician"),
        *("made token", "enrolled", "came with", "made staff secret", "made token", "refused"),
    ]
    assert audit_broken_at(real) is None
    with real.engine.begin() as connection:
        connection.exec_driver_sql("update audit set content = '{}' where number = 5")
    assert audit_broken_at(real) == 5


def test_an_office_that_does_not_open_says_why(founded_now: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "provisioning.office", "--port", "0", "--folder"]
    for folder, word in ((tmp_path / "none", "office.toml"), (founded_now / "office", ".key")):
        said = subprocess.run(
            [*command, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert said.returncode == 1
        assert said.stderr.startswith("the office does not open") and word in said.stderr


def test_founding_again_changes_nothing_and_half_a_founding_is_finished(
    founded_now: Path, tmp_path: Path
) -> None:
    shutil.copytree(founded_now, tmp_path, dirs_exist_ok=True)
    folder, safe = tmp_path / "office", tmp_path / "safe"
    again = founding.set_up(folder, SETTINGS, safe, ROOT_PASSPHRASE, WHO, passphrase=PASSPHRASE)
    assert isinstance(again, dict) and not again["changed"]
    (folder / "authorities" / "code-1.pem").unlink()
    (folder / "office.toml").unlink()
    done = founding.set_up(folder, SETTINGS, safe, ROOT_PASSPHRASE, WHO, passphrase=PASSPHRASE)
    assert isinstance(done, dict) and done["made"] == ["code-1"]
    with open_office(folder, PASSPHRASE) as office:
        assert office.clock().tzinfo is not None and office.clock() <= utc_now()


@contextmanager
def _raw(office: Office, port: int, *, checks_time: bool = False) -> Iterator[ssl.SSLSocket]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2", "http/1.1"])
    pem = office.root.public_bytes(serialization.Encoding.PEM).decode()
    context.load_verify_locations(cadata=pem)
    if not checks_time:
        context.verify_flags |= ssl.VerifyFlags(0x200000)
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        yield line
