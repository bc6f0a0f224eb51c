"""What mqlite got wrong."""

from __future__ import annotations

from tests.defects.defect import BANK, TERMINAL, Defect, Edit

_SEEN_IN = "mqlite"
_OVERTAKES = "the back-off of the head of a lane lets its successors overtake"
_LEASE = "an expired lease still settles"
_NUMBER = "a sequence number that is reused lets a stale cancel hit a later message"
_BLIND = "a write whose acknowledgement was lost is blindly retried"
_CLOSING = "closing releases the lock while a writer runs"
_TYPO = "a typo in the sync setting silently means NORMAL"

DEFECTS = (
    Defect(
        _OVERTAKES,
        _SEEN_IN,
        "a row that rests goes behind its lane",
        (
            Edit(
                "offline_queue/sending/schedule.py",
                "        heapq.heappush(self._resting, (until_s, entry.seq, entry))\n",
                "        heapq.heappush(self._resting, (until_s, entry.seq, entry))\n"
                "        self._lanes[entry.lane].queues[entry.priority].rotate(-1)\n"
                "        self._release(self._lanes[entry.lane])\n",
            ),
        ),
        "tests/offline_queue/test_sending.py"
        "::test_a_head_that_backs_off_holds_its_lane_and_no_other",
    ),
    Defect(
        _LEASE,
        _SEEN_IN,
        "whatever comes back is settled, in flight or not",
        (
            Edit(
                "offline_queue/sending/outgoing.py",
                '        assert is_in_flight, "not in flight"\n'
                "        entries, self._flying = self._flying, []\n"
                "        return entries\n",
                "        self._flying = []\n"
                "        sent = [op.header.op_id for op in outgoing.batch.ops]\n"
                "        found = [self._schedule.get(op_id) for op_id in sent]\n"
                "        return [entry for entry in found if entry is not None]\n",
            ),
        ),
        f"{TERMINAL}::test_a_reply_to_a_batch_that_was_given_up_settles_nothing",
    ),
    Defect(
        _LEASE,
        _SEEN_IN,
        "a row is settled in whatever state it is",
        (
            Edit(
                "offline_queue/storage/store.py",
                "                f\" WHERE seq = ? AND state IN ({_WAITING_WORDS}, 'dead')\",\n",
                '                " WHERE seq = ?",\n',
            ),
        ),
        "tests/offline_queue/test_store.py::test_a_final_verdict_that_comes_twice_is_a_program_error",
    ),
    Defect(
        _NUMBER,
        _SEEN_IN,
        "SQLite gives the numbers, those of deleted rows again",
        (
            Edit(
                "offline_queue/storage/row_columns.py",
                "        (header.epoch << EPOCH_SHIFT) | header.lane_seq,\n",
                "        None,\n",
            ),
        ),
        f"{TERMINAL}::test_a_stale_cancel_of_a_forgotten_row_hits_no_later_one",
    ),
    Defect(
        _NUMBER,
        _SEEN_IN,
        "an old image goes on in an epoch that the bank has seen",
        (
            Edit(
                "offline_queue/sending/greeter.py",
                "max(seen.epoch, self._store.journal.epoch) + 1, at)",
                "max(seen.epoch, self._store.journal.epoch), at)",
            ),
        ),
        "tests/offline_queue/test_hello.py"
        "::test_a_database_behind_the_bank_s_books_begins_a_new_epoch_and_resends[a later epoch]",
    ),
    Defect(
        _BLIND,
        _SEEN_IN,
        "a commit that failed is done once more, with nothing to tell that it is there",
        (
            Edit(
                "offline_queue/storage/schema.py",
                "    op_id BLOB NOT NULL UNIQUE,\n",
                "    op_id BLOB NOT NULL,\n",
            ),
            Edit(
                "offline_queue/core.py",
                "            full = failure.full\n",
                "            if not failure.full:\n"
                "                return self._taken(\n"
                "                    self._add(op_id, request, plain, now), companion, now\n"
                "                )\n"
                "            full = failure.full\n",
            ),
        ),
        f"{TERMINAL}::test_a_write_whose_acknowledgement_was_lost_is_not_written_again",
    ),
    Defect(
        _BLIND,
        _SEEN_IN,
        "the bank does an operation again that it does not remember to have claimed",
        (
            Edit(
                "bank/settling.py",
                "            return _again(blank, known)\n        if header.key_id",
                "        if header.key_id",
            ),
        ),
        f"{BANK}::test_a_commit_of_the_bank_whose_acknowledgement_was_lost_is_one_effect",
    ),
    Defect(
        _CLOSING,
        _SEEN_IN,
        "the signal to end closes the database at once",
        (
            Edit(
                "offline_queue/process.py",
                "            loop.add_signal_handler(number, self._stopped.set)\n",
                "            loop.add_signal_handler(\n"
                "                number, lambda: (self._store.close(), self._stopped.set())\n"
                "            )\n",
            ),
        ),
        f"{TERMINAL}::test_closing_waits_for_the_writer_and_lets_nobody_in_before",
    ),
    Defect(
        _CLOSING,
        _SEEN_IN,
        "the lock is let go after each transaction",
        (
            Edit(
                "offline_queue/storage/connection.py",
                'conn.execute("PRAGMA locking_mode = EXCLUSIVE")\n        mode =',
                'conn.execute("PRAGMA locking_mode = NORMAL")\n        mode =',
            ),
            Edit(
                "offline_queue/storage/connection.py",
                'PRAGMA locking_mode").fetchone()[0] == "exclusive"',
                'PRAGMA locking_mode").fetchone()[0] == "normal"',
            ),
        ),
        f"{TERMINAL}::test_closing_waits_for_the_writer_and_lets_nobody_in_before",
    ),
    Defect(
        _TYPO,
        _SEEN_IN,
        "a setting is not read back",
        (
            Edit(
                "offline_queue/storage/connection.py",
                '    assert conn.execute("PRAGMA synchronous").fetchone()[0] == level\n',
                "",
            ),
        ),
        f"{TERMINAL}::test_a_misspelt_sync_setting_is_refused_and_not_taken_for_a_weaker_one",
    ),
    Defect(
        _TYPO,
        _SEEN_IN,
        "the setting is misspelt, and not read back",
        (
            Edit(
                "offline_queue/storage/connection.py",
                '    conn.execute(f"PRAGMA synchronous = {level}")\n'
                '    assert conn.execute("PRAGMA synchronous").fetchone()[0] == level\n',
                '    conn.execute("PRAGMA synchronous = FULLL")\n',
            ),
        ),
        "tests/offline_queue/test_store.py"
        "::test_the_settings_that_keep_rows_through_a_power_cut_hold",
    ),
    Defect(
        _TYPO,
        _SEEN_IN,
        "after the first verdict nothing is flushed any more",
        (
            Edit(
                "offline_queue/storage/store.py",
                "                    set_synchronous(self.conn, SYNC_FULL)\n",
                "                    set_synchronous(self.conn, SYNC_NORMAL)\n",
            ),
        ),
        "tests/offline_queue/test_store.py::test_an_acceptance_is_flushed_and_a_verdict_is_not",
    ),
)
