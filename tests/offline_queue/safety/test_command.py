"""`kiosk-queue` as a technician types it: real settings, real files, a real process and socket."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import canonical, is_signed
from offline_queue.storage.leaf_pages import log_path
from offline_queue.storage.rows import State
from offline_queue.storage.store import Store
from offline_queue.storage.wiping import wipe_log
from offline_queue.technician import cli
from offline_queue.technician.admin import CALL_BYTES_MAX, REASONS, Code
from sscard.codes import receipt_code
from tests.offline_queue.safety.kiosk import Kiosk
from tests.offline_queue.safety.ledger import PUBLIC, TERMINAL, Ledger, at, op, sealed

WAITING, LOSS, DEAD, DONE, DEAD_LOSS = range(5)
READING = ("status", "list", "show", "export", "verify")


def made(folder: Path) -> Kiosk:
    """A row that waits, a loss report, a dead row, a done one, and a dead loss report."""
    kiosk = Kiosk(folder)
    ledger = Ledger(folder)
    for number in range(5):
        ledger.accept(number, "loss_report" if number in (LOSS, DEAD_LOSS) else "balance_check")
    ledger.settle(DEAD, State.DEAD, "conflict")
    ledger.settle(DEAD_LOSS, State.DEAD, "unknown_key")
    ledger.settle(DONE)
    wipe_log(ledger.store)
    ledger.close()
    return kiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = made(tmp_path)
    yield kiosk
    kiosk.stop()


@pytest.fixture(scope="module", params=["stopped", "running"])
def looked_at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kiosk]:
    """One for all tests that leave it as it was, with and without its process."""
    kiosk = made(tmp_path_factory.mktemp("kiosk"))
    if request.param == "running":
        kiosk.start()
    yield kiosk
    kiosk.stop()


class Said:
    """What a command in this process printed."""

    def __init__(self, kiosk: Kiosk, capsys: pytest.CaptureFixture[str]) -> None:
        self._kiosk = kiosk
        self._capsys = capsys
        self.error = ""

    def __call__(self, *arguments: str, code: Code = Code.DONE) -> str:
        name, *rest = arguments
        assert cli.main([name, "--settings", str(self._kiosk.settings), *rest]) == code
        out, self.error = self._capsys.readouterr()
        if code not in (Code.DONE, Code.WRONG):
            assert self.error.startswith("kiosk-queue: ")
            assert self.error.count("\n") == 1, "one line, no trace"
        return out

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        extra = () if arguments[0] == "export" else ("--json",)
        return [json.loads(line) for line in self(*arguments, *extra).splitlines()]


@pytest.fixture
def said(kiosk: Kiosk, capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(kiosk, capsys)


@pytest.fixture
def look(looked_at: Kiosk, capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(looked_at, capsys)


@pytest.fixture(params=["stopped", "running"])
def either(request: pytest.FixtureRequest, kiosk: Kiosk, said: Said) -> Said:
    """The same commands, with and without the process."""
    if request.param == "running":
        kiosk.start()
    return said


def test_list_shows_every_row_in_order(look: Said) -> None:
    rows = look.json("list")
    assert [row["op_id"] for row in rows] == [op(number) for number in range(5)]
    assert [row["state"] for row in rows] == ["ready", "ready", "dead", "done", "dead"]
    text = look("list")
    assert all(op(number) in text for number in range(5))


def test_list_keeps_to_a_state_a_kind_and_a_limit(look: Said) -> None:
    assert [row["op_id"] for row in look.json("list", "--state", "dead")] == [
        op(DEAD),
        op(DEAD_LOSS),
    ]
    losses = look.json("list", "--kind", "loss_report", "--state", "ready", "--state", "dead")
    assert [row["op_id"] for row in losses] == [op(LOSS), op(DEAD_LOSS)]
    assert [row["op_id"] for row in look.json("list", "--limit", "2")] == [
        op(DONE),
        op(DEAD_LOSS),
    ]


def test_show_tells_a_rows_life(look: Said) -> None:
    code = receipt_code(bytes.fromhex(op(DONE)))
    for name in (op(DONE), op(DONE)[:8], code, code.lower()):
        (row,) = look.json("show", name)
        assert row["op_id"] == op(DONE)
        assert [event["event"] for event in row["events"]] == ["accepted", "verdict"]
        assert row["events"][1]["detail"] == "applied"
    assert "verdict" in look("show", op(DONE))


def test_status_says_whether_it_runs_and_what_there_is(look: Said) -> None:
    (status,) = look.json("status")
    assert status["rows"]["ready"] == {"balance_check": 1, "loss_report": 1}
    assert status["rows"]["dead"] == {"balance_check": 1, "loss_report": 1}
    if status["running"]:
        assert status["dead"] == 2
        assert status["line_up"] is False
    assert "rows" in look("status")


def test_export_ends_with_the_head_signed_by_the_terminal(look: Said) -> None:
    *entries, head = look.json("export")
    assert [entry["n"] for entry in entries] == list(range(1, len(entries) + 1))
    assert head["head"] == entries[-1]["digest"]
    signature = head.pop("signature")
    assert is_signed(canonical(head), signature, PUBLIC)


def test_nothing_sealed_and_nothing_secret_is_ever_printed(look: Said) -> None:
    out = look("list") + look("status") + look("export") + look("show", op(WAITING))
    out += look("list", "--json") + look("show", op(DEAD), "--json") + look("verify")
    for number in range(5):
        for form in (sealed(number).hex(), b64encode(sealed(number)).decode()):
            assert form[:24] not in out
    assert b"mac".hex() not in out.split()


def test_verify_is_content_with_what_the_terminal_wrote(look: Said) -> None:
    (report,) = look.json("verify")
    assert report["is_sound"]
    assert report["is_key_known"]
    assert "sound" in look("verify")


def test_retry_lets_a_dead_row_wait_again_and_only_a_dead_one(either: Said) -> None:
    (row,) = either.json("retry", op(DEAD))
    assert row["state"] == "ready"
    assert row["events"][-1]["event"] == "revived"
    either("retry", op(DONE), code=Code.REFUSED)
    either("retry", "ffff0000", code=Code.MISSING)
    assert either.json("list", "--state", "ready")[-1]["op_id"] == op(DEAD)
    assert either.json("verify")[0]["is_sound"]


def test_bury_ends_a_row_for_a_reason_that_is_kept(either: Said) -> None:
    (row,) = either.json("bury", op(DEAD), "--reason", "came-again")
    assert (row["state"], row["sealed_bytes"]) == ("buried", 0)
    assert (row["events"][-1]["event"], row["events"][-1]["detail"]) == ("buried", "came-again")
    either("bury", op(DEAD), "--reason", "test", code=Code.REFUSED)
    assert either.json("verify")[0]["is_sound"]


def test_a_loss_report_is_not_buried_unless_a_person_decided(either: Said) -> None:
    for name in (op(LOSS), op(DEAD_LOSS)):
        either("bury", name, "--reason", "done-elsewhere", code=Code.REFUSED)
        assert "--yes-a-person-decided" in either.error
        (row,) = either.json("bury", name, "--reason", "done-elsewhere", "--yes-a-person-decided")
        assert row["state"] == "buried"


def test_a_reason_is_one_of_the_list(said: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        said("bury", op(DEAD), "--reason", "because")
    assert ended.value.code == Code.USAGE
    with pytest.raises(SystemExit):
        said("bury", op(DEAD))


def test_what_was_buried_is_gone_from_the_rescue_file_too(said: Said, tmp_path: Path) -> None:
    said("bury", op(LOSS), "--reason", "test", "--yes-a-person-decided")
    ledger = Ledger(tmp_path, second=1_000)
    assert op(LOSS) not in ledger.rescue.op_ids
    row = ledger.store.find(op(LOSS))
    assert row is not None
    assert row.state is State.BURIED
    ledger.close()


def test_the_admin_socket_is_its_owners_alone(kiosk: Kiosk) -> None:
    kiosk.start()
    assert stat.S_IMODE(kiosk.admin.stat().st_mode) == 0o600


def test_nonsense_on_the_admin_socket_is_refused_and_the_process_goes_on(
    kiosk: Kiosk, said: Said
) -> None:
    kiosk.start()
    calls = (
        b"\n", b"[]\n", b'{"do": "drop"}\n', b"\xff\xfe\n", b'{"do": "show", "op": 5}\n',
        b'{"do": "list", "states": ["x"], "kind": 1, "limit": 1}\n',
        b'{"do": "list", "states": ["\' OR 1 --"], "kind": null, "limit": 5}\n',
        b'{"do": "bury", "op": "%b", "reason": "none", "decided": true}\n' % op(0).encode(),
        b"x" * (CALL_BYTES_MAX + 10) + b"\n",
    )  # fmt: skip
    for call in calls:
        with socket.socket(socket.AF_UNIX) as end, end.makefile("rb") as answers:
            end.settimeout(15)
            end.connect(str(kiosk.admin))
            end.sendall(call)
            last = json.loads(answers.readlines()[-1])
        assert "error" in last or last == {"end": True}
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(str(kiosk.admin))
    assert said.json("list")


def test_a_missing_database_is_told(kiosk: Kiosk, said: Said) -> None:
    kiosk.database.unlink()
    log_path(kiosk.database).unlink(missing_ok=True)
    for command in READING:
        said(command, *(("abcd",) if command == "show" else ()), code=Code.MISSING)
    said("retry", op(DEAD), code=Code.MISSING)
    assert not kiosk.database.exists(), "looking makes nothing"


def test_a_damaged_database_is_told(kiosk: Kiosk, said: Said) -> None:
    data = bytearray(kiosk.database.read_bytes())
    data[:100] = b"\xff" * 100
    kiosk.database.write_bytes(data)
    for command in READING:
        said(command, *(("abcd",) if command == "show" else ()), code=Code.DAMAGED)
    said("retry", op(DEAD), code=Code.DAMAGED)
    assert not list(kiosk.folder.glob("*.damaged-*")), "that is for the next start"


@pytest.mark.parametrize("page", range(2, 9))
def test_a_damaged_page_never_shows_as_a_trace(kiosk: Kiosk, said: Said, page: int) -> None:
    with kiosk.database.open("r+b") as file:
        file.seek((page - 1) * 1_024)
        file.write(b"\xa5" * 1_024)
    for command in READING:
        arguments = [command, "--settings", str(kiosk.settings)]
        code = cli.main([*arguments, *((op(0),) if command == "show" else ())])
        assert code in (Code.DONE, Code.WRONG, Code.DAMAGED, Code.MISSING)


def test_a_newer_database_is_told(kiosk: Kiosk, said: Said, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.store.conn.execute("PRAGMA user_version = 99")
    ledger.close()
    for command in READING:
        said(command, *(("abcd",) if command == "show" else ()), code=Code.NEWER)
    said("retry", op(DEAD), code=Code.NEWER)


def test_a_locked_database_is_told_to_who_would_change_it_and_read_all_the_same(
    said: Said, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    said("retry", op(DEAD), code=Code.LOCKED)
    assert len(said.json("list")) == 5
    ledger.rescue.close()
    said("retry", op(DEAD), code=Code.LOCKED)
    ledger.store.close()


def test_settings_that_cannot_be_used_are_told(said: Said, kiosk: Kiosk) -> None:
    kiosk.settings.write_text("nonsense")
    said("status", code=Code.USAGE)
    done = kiosk.call("run")
    assert (done.returncode, done.stdout) == (Code.USAGE, "")
    assert done.stderr.count("\n") == 1


def test_without_the_terminals_key_the_head_is_exported_unsigned(kiosk: Kiosk, said: Said) -> None:
    (kiosk.folder / "signing.pem").unlink()
    assert "signature" not in said.json("export")[-1]


def test_verify_names_the_first_wrong_entry_and_ends_with_1(
    kiosk: Kiosk, said: Said, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(kiosk.database, copy)
    store = Store(str(copy), "other boot", TERMINAL, at(2_000))
    store.conn.execute("DELETE FROM journal WHERE event = ?", (Event.VERDICT,))
    store.close()
    out = said("verify", "--database", str(copy), code=Code.WRONG)
    assert "deleted" in out
    assert "NOT SOUND" in out


def test_verify_holds_the_journal_against_heads(kiosk: Kiosk, said: Said) -> None:
    head = said.json("export")[-1]
    said("verify", "--head", f"{head['n']}:{head['head']}")
    said("verify", "--head", f"1:{head['n']}:{head['head']}")
    said("verify", "--head", f"{head['n'] + 3}:{head['head']}", code=Code.WRONG)
    said("verify", "--head", "nonsense", code=Code.USAGE)
    said("verify", "--heads", "/nonexistent", code=Code.USAGE)


def test_verify_needs_no_settings_for_a_copied_file(
    kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    key = PUBLIC.public_bytes_raw().hex()
    arguments = ["verify", "--database", str(kiosk.database), "--terminal-key", key]
    assert cli.main(arguments) == Code.DONE
    assert cli.main(["verify"]) == Code.USAGE
    assert "vouched for" in capsys.readouterr().out


def test_help_says_commands_reasons_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for word in ("run", "status", "list", "show", "retry", "bury", "export", "verify"):
        assert word in out
    for code in Code:
        assert f"\n  {code.value}  " in out
    with pytest.raises(SystemExit):
        cli.main(["bury", "--help"])
    out = capsys.readouterr().out
    assert all(reason in out for reason in REASONS)


def test_the_real_command_works_as_a_program(kiosk: Kiosk) -> None:
    done = kiosk.call("list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 5
    wrong = kiosk.call("show", "ffffffff")
    assert (wrong.returncode, wrong.stdout) == (3, "")
    assert wrong.stderr == "kiosk-queue: there is no operation ffffffff\n"
