"""`kiosk-queue`: the queue's process, and what a technician asks of it.

The calls go to the running process. When none runs, those that read look at the database's files
without touching them, and `retry` and `bury` open the database themselves.

exit codes:
  0  done
  1  run: the database failed, start again; verify: something is wrong
  2  the command, the settings or the keys cannot be used
  3  there is no database, or no such operation
  4  another process has the database and does not answer
  5  the disk is full
  6  the database is damaged: the next start of `run` sets it aside and salvages it
  7  the database was made by a newer program
  8  refused: not in this state, or a person must decide first
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.envelope import sign
from offline_queue.memory import forget_what_is_freed
from offline_queue.settings import BadSettings, Settings, load_keys, load_settings
from offline_queue.storage.rows import State
from offline_queue.storage.schema import NewerDatabase
from offline_queue.storage.snapshot import NoSnapshot, read_snapshot
from offline_queue.technician.admin import REASONS, Code, Refused, ask, connect_admin, look
from offline_queue.technician.alone import change_alone
from offline_queue.technician.lookups import LIST_MAX
from offline_queue.technician.verify import BadHead, Report, read_head, read_heads, verify

Answer = dict[str, Any]
_CHANGES = ("retry", "bury")
_DAMAGED = "the database is damaged; the next start of the queue salvages it"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.act(arguments))
    except Refused as refused:
        return _say(str(refused), refused.code)
    except BadSettings as error:
        return _say(str(error), Code.USAGE)
    except BadHead as error:
        return _say(str(error), Code.USAGE)
    except NoSnapshot as error:
        return _say(str(error), Code.MISSING if error.is_missing else Code.DAMAGED)
    except NewerDatabase as error:
        return _say(str(error), Code.NEWER)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return _say(_DAMAGED, Code.DAMAGED)
    except BrokenPipeError:  # whoever read it has seen enough
        sys.stderr.close()
        return Code.DONE


def _say(text: str, code: Code) -> int:
    print(f"kiosk-queue: {text}", file=sys.stderr)
    return code


# --- commands ------------------------------------------------------------------------------


def _run(arguments: argparse.Namespace) -> int:
    if not __debug__:
        return _say("it does not run without its assertions (python -O)", Code.USAGE)
    forget_what_is_freed()
    from offline_queue.process import run  # the other commands do without its network

    return run(arguments.settings)


def _call(arguments: argparse.Namespace) -> int:
    """Any command that the running process answers too."""
    settings = load_settings(arguments.settings)
    call = arguments.call(arguments)
    end = connect_admin(settings.admin_socket)
    if end is not None:
        arguments.show(ask(end, call), arguments)
    elif call["do"] in _CHANGES:
        arguments.show(change_alone(settings, call), arguments)
    else:
        with closing(read_snapshot(settings.database)) as conn:
            arguments.show(look(conn, call, _signer(settings)), arguments)
    return Code.DONE


def _verify(arguments: argparse.Namespace) -> int:
    settings = None if arguments.settings is None else load_settings(arguments.settings)
    database, key, bank_key = arguments.database, arguments.terminal_key, None
    if settings is not None:
        database = database or settings.database
        key = key or load_keys(settings).signing.public_key()
        bank_key = settings.verdict_key
    if database is None:
        raise Refused("verify needs --settings or --database", Code.USAGE)
    heads = [read_head(text) for text in arguments.head]
    report = verify(database, key, heads)
    if arguments.heads is not None:
        try:
            heads += read_heads(arguments.heads, report.terminal, bank_key)
        except OSError as error:
            raise Refused(f"{arguments.heads.name} cannot be read", Code.USAGE) from error
        report = verify(database, key, heads)
    if arguments.json:
        print(json.dumps(report.to_wire(), ensure_ascii=False))
    else:
        _show_report(report)
    return Code.DONE if report.is_sound else Code.WRONG


def _signer(settings: Settings) -> Callable[[bytes], str] | None:
    try:
        key = load_keys(settings).signing
    except BadSettings:
        return None
    return lambda message: sign(message, key)


# --- what is shown -------------------------------------------------------------------------


def _show_lines(answers: Iterable[Answer], arguments: argparse.Namespace) -> None:
    for row in answers:
        if arguments.json:
            print(json.dumps(row, ensure_ascii=False))
        else:
            outcome = row["outcome"] or "-"
            print(
                f"{row['op_id']}  {row['code']}  {row['kind']:<15} {row['state']:<10} {outcome:<11}"
                f" {row['epoch']}:{row['n']:<6} {row['accepted']}"
            )


def _show_row(answers: Iterable[Answer], arguments: argparse.Namespace) -> None:
    for row in answers:
        if arguments.json:
            print(json.dumps(row, ensure_ascii=False))
            continue
        for name, value in row.items():
            if name != "events":
                print(f"{name:<13} {value}")
        for entry in row["events"]:
            where = f"{entry['epoch']}:{entry['n']}"
            print(f"  {where:<10} {entry['wall']}  {entry['event']:<11} {entry['detail']}".rstrip())


def _show_status(answers: Iterable[Answer], arguments: argparse.Namespace) -> None:
    for status in answers:
        if arguments.json:
            print(json.dumps(status, ensure_ascii=False))
            continue
        for name, value in status.items():
            print(f"{name:<17} {json.dumps(value, ensure_ascii=False)}")


def _show_json(answers: Iterable[Answer], arguments: argparse.Namespace) -> None:
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False))


def _show_report(report: Report) -> None:
    if not report.is_key_known:
        print("the terminal's key is not given: signatures are not checked")
    for epoch in report.epochs:
        line = f"epoch {epoch.epoch}: entries {epoch.first} to {epoch.last}"
        finding = epoch.finding
        if finding is None:
            print(f"{line} in order, vouched for up to {epoch.vouched_to}, head {epoch.head}")
            continue
        where = f"entry {finding.n}"
        if finding.n != finding.seen_at:
            where = f"one of the entries {finding.n} to {finding.seen_at}"
        print(f"{line}: WRONG: {where} {finding.how}: {finding.because} {finding.op_id}".rstrip())
    for text in report.rows:
        print(f"WRONG: {text}")
    print("sound" if report.is_sound else "NOT SOUND")


# --- arguments -----------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    description, _, codes = (__doc__ or "").partition("exit codes:")
    parser = argparse.ArgumentParser(
        prog="kiosk-queue",
        description=description,
        epilog=f"exit codes:{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str, act: Callable[..., int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument(
            *("--settings",), type=Path, required=name != "verify", help="the TOML settings file"
        )
        if name not in ("run", "export"):
            added.add_argument("--json", action="store_true", help="JSON, one object a line")
        added.set_defaults(act=act)
        return added

    command("run", "run the queue's process until SIGTERM", _run)
    status = command("status", "how the queue is", _call)
    status.set_defaults(call=lambda _: {"do": "status"}, show=_show_status)

    listing = command("list", "the rows of the queue, in order of acceptance", _call)
    listing.add_argument(
        *("--state",), action="append", default=[], choices=list(State), help="only in this state"
    )
    listing.add_argument("--kind", help="only of this kind, such as loss_report")
    listing.add_argument(
        *("--limit",), type=_limit, default=100, help=f"the newest so many, at most {LIST_MAX}"
    )
    listing.set_defaults(
        call=lambda a: {"do": "list", "states": a.state, "kind": a.kind, "limit": a.limit},
        show=_show_lines,
    )

    show = command("show", "one row and its life as the journal has it", _call)
    _add_op(show)
    show.set_defaults(call=lambda a: {"do": "show", "op": a.op}, show=_show_row)

    retry = command("retry", "let a dead row wait again", _call)
    _add_op(retry)
    retry.set_defaults(call=lambda a: {"do": "retry", "op": a.op}, show=_show_row)

    bury = command("bury", "end a waiting or dead row for good", _call)
    _add_op(bury)
    bury.add_argument(
        *("--reason",),
        required=True,
        choices=list(REASONS),
        help="; ".join(f"{name}: {text}" for name, text in REASONS.items()),
    )
    bury.add_argument(
        "--yes-a-person-decided",
        action="store_true",
        help="needed for a loss report: it is the holder's card that stays open",
    )
    bury.set_defaults(
        call=lambda a: {
            "do": "bury",
            "op": a.op,
            "reason": a.reason,
            "decided": a.yes_a_person_decided,
        },
        show=_show_row,
    )

    export = command("export", "the journal and its signed head, as JSON lines", _call)
    export.set_defaults(call=lambda _: {"do": "export"}, show=_show_json)

    check = command("verify", "check the journal of a database or of a copy of it", _verify)
    check.add_argument("--database", type=Path, help="a copied file, its -wal beside it")
    check.add_argument("--terminal-key", type=_public_key, help="the terminal's public key, hex")
    check.add_argument(
        *("--head",),
        action="append",
        default=[],
        metavar="[EPOCH:]N:HEX",
        help="a head that the bank knows; without EPOCH of the newest",
    )
    check.add_argument("--heads", type=Path, help="the bank's signed heads, one JSON object a line")
    return parser


def _add_op(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("op", help="the operation's id, its first 4 or more digits, or its code")


def _limit(text: str) -> int:
    value = int(text)
    if not 1 <= value <= LIST_MAX:
        raise argparse.ArgumentTypeError(f"1 to {LIST_MAX}")
    return value


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError("64 hex digits") from error
