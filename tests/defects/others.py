"""What litequeue, persist-queue, a Greengrass sample, IoT Edge, NATS and huey got wrong."""

from __future__ import annotations

from tests.defects.defect import BANK, TERMINAL, Defect, Edit

_WALL = "order by wall clock inverts when the clock steps back"
_COST = "a take costs 100 times more with 20,000 finished rows"
_OVERWRITTEN = "the oldest data is silently overwritten when full"
_MEMORY = "falls back to memory when the store fails"
_WINDOW = "the de-duplication window is two minutes"
_REMOVED = "removed before done"

DEFECTS = (
    Defect(
        _WALL,
        "litequeue",
        "what is ready goes by the time of day it was accepted",
        (
            Edit(
                "offline_queue/sending/schedule.py",
                "heapq.heappush(self._ready, (float(entry.priority), entry.seq, entry))",
                "from datetime import datetime\n\n"
                "            at = datetime.fromisoformat(entry.accepted.wall).timestamp()\n"
                "            heapq.heappush(self._ready, (float(entry.priority), int(at), entry))",
            ),
        ),
        "tests/offline_queue/test_sending.py"
        "::test_order_is_by_arrival_even_when_the_wall_clock_steps_back",
    ),
    Defect(
        _COST,
        "persist-queue",
        "a row is looked for among all",
        (
            Edit(
                "offline_queue/storage/store.py",
                'FROM ops WHERE seq = ?"  # noqa: S608\n        return',
                'FROM ops WHERE +seq = ?"  # noqa: S608\n        return',
            ),
        ),
        f"{TERMINAL}::test_a_request_costs_no_more_with_20_000_finished_rows_than_with_200",
    ),
    Defect(
        _OVERWRITTEN,
        "Greengrass sample",
        "a full queue makes room by forgetting what has waited longest",
        (
            Edit(
                "offline_queue/core.py",
                "        if policy.is_full_for(kind_policy, self._share(now)):\n"
                "            return NotTakenReason.FULL\n",
                "        oldest = self._schedule.oldest()\n"
                "        if oldest and policy.is_full_for(kind_policy, self._share(now)):\n"
                "            with self._store.transaction():\n"
                '                self._store.conn.execute("DELETE FROM ops WHERE seq = ?", (oldest.seq,))\n'
                "            self._schedule.remove(oldest)\n",
            ),
        ),
        "tests/offline_queue/test_accepting.py"
        "::test_when_full_nothing_that_waits_is_dropped_or_overwritten",
    ),
    Defect(
        _OVERWRITTEN,
        "Greengrass sample",
        "a full rescue file begins again at its start",
        (
            Edit(
                "offline_queue/storage/rescue.py",
                '                _log.error("maintenance: the rescue file has no room")\n'
                "                return False\n",
                "                self._end = RECORDS_AT\n",
            ),
        ),
        "tests/offline_queue/safety/test_rescue.py"
        "::test_full_says_so_writes_nothing_and_goes_on_when_what_waited_is_done",
    ),
    Defect(
        _MEMORY,
        "IoT Edge",
        "a request that the disk refused is taken all the same",
        (
            Edit(
                "offline_queue/intake.py",
                "            if not in_rescue:\n                raise\n",
                "            if not in_rescue:\n                return\n",
            ),
        ),
        "tests/offline_queue/test_accepting.py"
        "::test_a_database_that_fails_is_told_and_nothing_counts",
    ),
    Defect(
        _MEMORY,
        "IoT Edge",
        "a database that cannot be opened is replaced by one in memory",
        (
            Edit(
                "offline_queue/storage/files.py",
                "    except BaseException:\n        rescue.close()\n        raise\n",
                "    except (StoreFailed, OSError):\n"
                '        store = Store(":memory:", boot_id, settings.terminal, at)\n',
            ),
        ),
        f"{TERMINAL}::test_a_queue_whose_database_cannot_be_opened_does_not_start_without_it",
    ),
    Defect(
        _WINDOW,
        "NATS",
        "the bank forgets an operation two minutes after it",
        (
            Edit(
                "bank/ledger.py",
                "    claimed = connection.execute(_NEW_OPERATION",
                "    connection.exec_driver_sql(\n"
                '        "DELETE FROM operations WHERE julianday(at) < julianday(?) - 120 / 86400.0",\n'
                '        (row["at"],),\n'
                "    )\n"
                "    claimed = connection.execute(_NEW_OPERATION",
            ),
        ),
        f"{BANK}"
        "::test_a_copy_after_179_days_is_a_duplicate_though_the_bank_cleaned_up_every_day[sqlite]",
    ),
    Defect(
        _WINDOW,
        "NATS",
        "the bank cleans up what is older than a day",
        (Edit("bank/retention.py", "KEPT_DAYS = 180\n", "KEPT_DAYS = 1\n"),),
        f"{BANK}"
        "::test_a_copy_after_179_days_is_a_duplicate_though_the_bank_cleaned_up_every_day[sqlite]",
    ),
    Defect(
        _REMOVED,
        "huey",
        "what is taken out to be sent is taken out of the database",
        (
            Edit(
                "offline_queue/sending/outgoing.py",
                "        epoch = self._store.journal.flushed.epoch\n",
                "        with self._store.transaction():\n"
                "            for entry in self._flying:\n"
                "                self._store.conn.execute(\n"
                '                    "DELETE FROM ops WHERE seq = ?", (entry.seq,)\n'
                "                )\n"
                "        epoch = self._store.journal.flushed.epoch\n",
            ),
        ),
        "tests/offline_queue/test_store.py"
        "::test_what_was_in_flight_is_sent_again_under_its_id_after_a_restart[next boot]",
    ),
)
