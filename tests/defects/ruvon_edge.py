"""What ruvon-edge got wrong, but for its signatures."""

from __future__ import annotations

from tests.defects.defect import TERMINAL, Defect, Edit

_SEEN_IN = "ruvon-edge"
_DUPLICATE = "a duplicate is never taken as success, so the row is resent for ever"
_NOT_NOW = "a 503 to everything is reported as completed"
_NO_KEY = "the idempotency key is not sent"
_MISSING = "an operation missing from the reply counts as done"
_AHEAD = "a lock stamped ahead of a clock that stepped back stops sync"
_POISON = "one 4xx poisons a batch"
_HEX = "the encrypted column is hex"

DEFECTS = (
    Defect(
        _DUPLICATE,
        _SEEN_IN,
        "a duplicate is as good as no word",
        (
            Edit(
                "offline_queue/sending/settling.py",
                "        case Outcome.APPLIED | Outcome.DUPLICATE:\n",
                "        case Outcome.DUPLICATE:\n"
                "            return Judgement(entry, None, Event.UNKNOWN)\n"
                "        case Outcome.APPLIED:\n",
            ),
        ),
        "tests/offline_queue/test_settling.py"
        "::test_a_lost_reply_is_sent_again_under_the_same_id_and_a_duplicate_is_success",
    ),
    Defect(
        _NOT_NOW,
        _SEEN_IN,
        "a batch that got no answer is done",
        (
            Edit(
                "offline_queue/core.py",
                "        judged = [judge(entry, None) for entry in entries]\n",
                "        from offline_queue.sending.settling import Event, Judgement\n\n"
                "        judged = [Judgement(e, State.DONE, Event.VERDICT) for e in entries]\n",
            ),
        ),
        f"{TERMINAL}::test_a_503_to_everything_completes_nothing_whether_it_names_a_rest_or_not",
    ),
    Defect(
        _NOT_NOW,
        _SEEN_IN,
        "a batch that the bank turned away is done",
        (
            Edit(
                "offline_queue/core.py",
                "            self._settler.turned_away(entries, now)\n",
                "            from offline_queue.sending.settling import Event, Judgement\n\n"
                "            judged = [Judgement(e, State.DONE, Event.VERDICT) for e in entries]\n"
                "            self._settler.write(judged, now)\n"
                "            self._settler.move(judged, now)\n",
            ),
        ),
        f"{TERMINAL}::test_a_503_to_everything_completes_nothing_whether_it_names_a_rest_or_not",
    ),
    Defect(
        _NO_KEY,
        _SEEN_IN,
        "a header travels without the operation's id",
        (Edit("offline_queue/formats/envelope.py", '            "op_id": self.op_id,\n', ""),),
        f"{TERMINAL}::test_the_idempotency_key_is_on_the_wire_and_is_the_same_when_it_comes_again",
    ),
    Defect(
        _MISSING,
        _SEEN_IN,
        "silence is consent",
        (
            Edit(
                "offline_queue/sending/settling.py",
                "        return Judgement(entry, None, Event.UNKNOWN)\n",
                "        return Judgement(entry, State.DONE, Event.VERDICT)\n",
            ),
        ),
        "tests/offline_queue/test_settling.py"
        "::test_an_operation_missing_from_the_reply_is_unknown_not_done",
    ),
    Defect(
        _AHEAD,
        _SEEN_IN,
        "a rest ends at a time of the wall clock",
        (
            Edit(
                "offline_queue/core.py",
                "        changed = self._line.failed(now.mono_s)\n",
                "        changed = self._line.failed(now.wall.timestamp())\n",
            ),
            Edit(
                "offline_queue/core.py",
                "        below = self._may_send(now.mono_s)\n",
                "        below = self._may_send(now.wall.timestamp())\n",
            ),
            Edit(
                "offline_queue/core.py",
                "        return None if first_s is None else max(0.0, first_s - now.mono_s)\n",
                "        return 0.0\n",
            ),
        ),
        f"{TERMINAL}::test_a_wall_clock_that_steps_back_stops_nothing",
    ),
    Defect(
        _AHEAD,
        _SEEN_IN,
        "time is measured by the wall clock",
        (
            Edit(
                "offline_queue/process.py",
                "time.clock_gettime(time.CLOCK_BOOTTIME)",
                "time.time()",
            ),
        ),
        f"{TERMINAL}::test_what_is_measured_is_measured_by_the_clock_that_never_steps",
    ),
    Defect(
        _POISON,
        _SEEN_IN,
        "a row that spoils its company goes on travelling in it",
        (
            Edit(
                "offline_queue/sending/schedule.py",
                "TOGETHER_MAX = 3  #",
                "TOGETHER_MAX = 10**9  #",
            ),
        ),
        f"{TERMINAL}::test_a_4xx_to_every_batch_with_one_row_in_it_holds_no_other_for_long",
    ),
    Defect(
        _POISON,
        _SEEN_IN,
        "a refusal of one is a refusal of all",
        (
            Edit(
                "offline_queue/core.py",
                "        self._settler.write(judged, now)\n        changed = self._line.worked(\n",
                "        if any(each.state is State.REJECTED for each in judged):\n"
                "            from dataclasses import replace\n\n"
                "            judged = [replace(each, state=State.REJECTED) for each in judged]\n"
                "        self._settler.write(judged, now)\n        changed = self._line.worked(\n",
            ),
        ),
        "tests/offline_queue/test_settling.py"
        "::test_an_operation_the_bank_refuses_does_not_poison_its_batch",
    ),
    Defect(
        _POISON,
        _SEEN_IN,
        "the bank answers a batch with one bad operation by a 400",
        (
            Edit(
                "bank/gateway.py",
                "        return 200, Reply(verdicts,",
                "        if any(verdict.outcome is Outcome.REJECTED for verdict in verdicts):\n"
                '            return 400, _error("not a batch")\n'
                "        return 200, Reply(verdicts,",
            ),
        ),
        "tests/bank/test_gateway.py::test_one_bad_operation_does_not_hold_up_the_others[sqlite]",
    ),
    Defect(
        _HEX,
        _SEEN_IN,
        "sealed is hexadecimal",
        (
            Edit(
                "offline_queue/formats/envelope.py",
                "    sealed = _seal(plain, one, bound)\n",
                "    sealed = plain.hex().encode() * 4\n",
            ),
        ),
        f"{TERMINAL}::test_the_sealed_text_is_no_encoding_of_the_request",
    ),
    Defect(
        _HEX,
        _SEEN_IN,
        "sealed is a fixed pad over what was compressed",
        (
            Edit(
                "offline_queue/formats/envelope.py",
                "    sealed = _seal(plain, one, bound)\n",
                "    import random\n    import zlib\n\n"
                "    clear = zlib.compress(plain).ljust(1_400)\n"
                "    pad = random.Random(1).randbytes(1_400)\n"
                "    sealed = bytes(a ^ b for a, b in zip(clear, pad, strict=False))\n",
            ),
        ),
        f"{TERMINAL}::test_the_sealed_text_is_no_encoding_of_the_request",
    ),
)
