"""Durable queues that others have published, each made to flush every request.

This module runs in the peers' own environment (`benchmarks/peers.lock`), not in the terminal's.
"""

from __future__ import annotations

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path
from time import perf_counter_ns

from benchmarks.queue.contestant import Contestant, OneCall, Settling

_SYNC_FULL = 2


class PersistQueue(OneCall, Settling):
    """persist-queue: `SQLiteQueue` as it comes (WAL; FULL is SQLite's own default)."""

    def __init__(self, folder: Path) -> None:
        from persistqueue import SQLiteQueue  # type: ignore[import-not-found]

        self._queue = SQLiteQueue(str(folder), auto_commit=True)
        _assert_full(self._queue._putter)

    def put(self, body: bytes) -> None:
        """One commit."""
        self._queue.put(body)

    def finish(self) -> None:
        """Taken and gone at once."""
        self._queue.get(block=False)

    def close(self) -> None:
        """Close its connections."""
        self._queue.close()


class LiteQueue(OneCall, Settling):
    """litequeue: NORMAL by default, here forced to FULL."""

    def __init__(self, folder: Path) -> None:
        from litequeue import LiteQueue as Queue  # type: ignore[import-not-found]

        self._queue = Queue(str(folder / "lite.db"))
        self._queue.conn.execute("PRAGMA synchronous = FULL")
        _assert_full(self._queue.conn)

    def put(self, body: bytes) -> None:
        """One commit; it takes text."""
        self._queue.put(body.decode("latin-1"))

    def finish(self) -> None:
        """Locked, then done."""
        self._queue.done(self._queue.pop().message_id)

    def close(self) -> None:
        """Close its connection."""
        self._queue.close()


class Huey(OneCall, Settling):
    """huey: its SQLite storage, as it comes (WAL; FULL is SQLite's own default)."""

    def __init__(self, folder: Path) -> None:
        from huey.storage import SqliteStorage  # type: ignore[import-not-found]

        self._storage = SqliteStorage(filename=str(folder / "huey.db"))
        _assert_full(self._storage.conn)

    def put(self, body: bytes) -> None:
        """One commit."""
        self._storage.enqueue(body)

    def finish(self) -> None:
        """Gone as soon as it is taken."""
        self._storage.dequeue()

    def close(self) -> None:
        """Close its connection."""
        self._storage.close()


class DiskCache(OneCall, Settling):
    """diskcache: `push`; NORMAL by default, here forced to FULL."""

    def __init__(self, folder: Path) -> None:
        from diskcache import Cache  # type: ignore[import-not-found]

        self._cache = Cache(str(folder), sqlite_synchronous=_SYNC_FULL)
        assert self._cache._sql("PRAGMA synchronous").fetchone()[0] == _SYNC_FULL

    def put(self, body: bytes) -> None:
        """One commit."""
        self._cache.push(body)

    def finish(self) -> None:
        """Gone as soon as it is taken."""
        self._cache.pull()

    def close(self) -> None:
        """Close its connection."""
        self._cache.close()


class RuvonEdge(Contestant):
    """ruvon-edge: the store-and-forward queue of an agent for payment devices, as it comes.

    Its "encrypted payload" is whatever bytes it is given, stored as hex digits; nothing is sealed or signed.
    """

    def __init__(self, folder: Path) -> None:
        from ruvon.implementations.persistence.sqlite import (  # type: ignore[import-not-found]
            SQLitePersistenceProvider,
        )
        from ruvon_edge.sync_manager import SyncManager  # type: ignore[import-not-found]

        self._loop = asyncio.new_event_loop()
        self._store = SQLitePersistenceProvider(db_path=str(folder / "edge.db"))
        self._loop.run_until_complete(self._store.initialize())
        self._manager = SyncManager(self._store, "", "T0001", "key")
        self._taken = 0

    def accept(self, count: int) -> list[int]:
        """Queue them one after the other in its event loop."""
        return self._loop.run_until_complete(self._accept(count))

    def close(self) -> None:
        """Close its connection and its thread."""
        self._loop.run_until_complete(self._store.close())
        self._loop.close()

    async def _accept(self, count: int) -> list[int]:
        from ruvon_edge.models import SAFTransaction  # type: ignore[import-not-found]

        taken_ns = []
        for _ in range(count):
            self._taken += 1
            began_ns = perf_counter_ns()
            transaction = SAFTransaction(
                transaction_id=f"{self._taken:032x}",
                idempotency_key=f"T0001:{self._taken:032x}",
                device_id="T0001",
                merchant_id="lobby",
                amount=Decimal(0),
                card_token="",
                card_last_four="0000",
                encrypted_payload=OneCall.body,
            )
            await self._manager.queue_for_sync(transaction)
            taken_ns.append(perf_counter_ns() - began_ns)
        return taken_ns


def _assert_full(conn: sqlite3.Connection) -> None:
    assert conn.execute("PRAGMA synchronous").fetchone()[0] == _SYNC_FULL
    assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
