"""The files of a site, opened as the process opens them; and what a client hears of it."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from offline_queue import process
from offline_queue.core import Outgoing, OutgoingHello, Queue
from offline_queue.formats.keys import TerminalKeys
from offline_queue.settings import Settings, load_keys, load_settings
from offline_queue.storage.files import Files, open_files
from offline_queue.storage.rescue import read_rescue
from offline_queue.storage.tidying import Tidying
from offline_queue.wire import Submit, call_line
from sscard.requests import Request
from tests.offline_queue.bankside import BankSide, at
from tests.offline_queue.tlsbank import QueueSite, Talk


def submit(op_id: str, request: Request) -> bytes:
    return call_line(Submit(op_id, request, None)).rstrip()


def said_of(talk: Talk, op_id: str, request: Request) -> str:
    """What becomes of a request: taken, or why not."""
    talk.say(submit(op_id, request))
    said = talk.hear_until(lambda heard: heard.get("op_id") == op_id and "answer" not in heard)
    return str(said.get("not_taken", "taken"))


def status_of(talk: Talk) -> dict[str, Any]:
    talk.say({"do": "status"})
    status: dict[str, Any] = talk.hear_until(lambda said: "status" in said)["status"]
    return status


def configured(site: QueueSite) -> tuple[Settings, TerminalKeys]:
    settings = load_settings(site.settings)
    return settings, load_keys(settings)


def set_up(site: QueueSite, **values: int) -> None:
    """Change numbers of the settings file."""
    lines = site.settings.read_text().splitlines()
    kept = [line for line in lines if line.split("=")[0].strip() not in values]
    at_queue = next(n for n, line in enumerate(kept) if "[queue]" in line) + 1
    kept[at_queue:at_queue] = [f"{name} = {value}" for name, value in values.items()]
    site.settings.write_text("\n".join(kept))


class Room:
    """The files of a site opened as the process opens them, and a queue on them."""

    def __init__(self, site: QueueSite, seconds: float = -1) -> None:
        self.settings, self.keys = configured(site)
        self.files: Files = open_files(self.settings, self.keys, "boot", at(seconds))
        self.queue = Queue(self.files.store, self.keys, Random(1).random, self.files.rescue)
        mend = lambda: self.files.rescue.mend(self.files.store)  # noqa: E731
        self.tidying = Tidying(self.files.store, self.files.rescue, self.files.ballast, mend)

    def close(self) -> None:
        self.files.store.close()
        self.files.rescue.close()

    def rescued(self) -> set[str]:
        return {record.op_id for record in read_rescue(self.settings.rescue).records}


@contextmanager
def files_at_most(size_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("queue.db*")}


class Line:
    """The bank in the same room, as the process reaches it."""

    def __init__(self, bank: BankSide) -> None:
        self.bank = bank
        self.met = asyncio.Semaphore(0)

    async def send(self, outgoing: Outgoing) -> bytes:
        body = self.bank.receive(outgoing.body, outgoing.signature)
        self.met.release()
        return body

    async def hello(self, said: OutgoingHello) -> bytes:
        return self.bank.greet(said.body, said.signature, process.read_moment().wall.isoformat())
