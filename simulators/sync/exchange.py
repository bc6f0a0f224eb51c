"""What one fault makes of one exchange: which bytes reach the bank, and which the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from offline_queue.formats.batch import read_reply
from offline_queue.formats.envelope import canonical, sign
from simulators.sync.bank import BankDied, SimBank, foreign_key
from simulators.sync.steps import Fault

OK = 200
_DIES_BEFORE = {
    Fault.BANK_DIES_AT_ONCE: 1,
    Fault.DATABASE_AWAY: -2,
    Fault.BANK_DIES_IN_BATCH: 3,  # one commit is the batch's own, so an operation has come through
}
_REQUEST_GONE = (Fault.REQUEST_LOST, Fault.REQUEST_LATE, Fault.BUSY)
_REPLY_GONE = (Fault.REPLY_LOST, Fault.BANK_DIES_AFTER, Fault.KILLED_UNDER_WAY)
Ask = Callable[[bytes, str, datetime, int | None], tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Came:
    """What the terminal got: a reply's body, or None and the rest a `Retry-After` asks for."""

    body: bytes | None
    hold_s: float = 0.0


def exchange(
    bank: SimBank,
    ask: Ask,
    request: tuple[bytes, str],
    now: datetime,
    fault: Fault,
    others: tuple[bytes | None, bytes | None],
) -> tuple[Came, bytes | None]:
    """Carry one request with its fault. Returns what came, and what the bank had answered.

    `others`: an earlier reply to the same terminal, and one to another terminal.
    """
    body, signature = request
    if fault in _REQUEST_GONE:
        return Came(None, 7.0 if fault is Fault.BUSY else 0.0), None
    if fault is Fault.REQUEST_CUT:
        status, _ = ask(body[: len(body) // 2], signature, now, None)
        assert status != OK, "half a request was taken for a whole one"
        return Came(None), None
    try:
        if fault is Fault.REQUEST_TWICE:
            ask(body, signature, now, None)
        status, answer = ask(body, signature, now, _DIES_BEFORE.get(fault))
    except BankDied:
        return Came(None), None
    if status != OK:
        return Came(None), None
    if fault is Fault.BANK_DIES_AFTER:
        bank.restart()
    return _reply(answer, fault, others), answer


def _reply(answer: bytes, fault: Fault, others: tuple[bytes | None, bytes | None]) -> Came:
    if fault in _REPLY_GONE:
        return Came(None)
    match fault:
        case Fault.REPLY_CUT:
            return Came(answer[: len(answer) // 2])
        case Fault.REPLY_OLD:
            return Came(others[0])
        case Fault.REPLY_OTHERS:
            return Came(others[1])
        case Fault.NONSENSE:
            return Came(b'{"verdicts":"all is well","at":7}')
        case Fault.FOREIGN:
            return Came(_forged(answer))
        case Fault.VERDICTS_MISSING:
            reply = read_reply(answer)
            return Came(replace(reply, verdicts=reply.verdicts[1::2]).to_bytes())
        case Fault.VERDICTS_SWAPPED:
            reply = read_reply(answer)
            neighbours = (*reply.verdicts[1:], *reply.verdicts[:1])
            swapped = tuple(
                replace(mine, op_id=neighbour.op_id, request_hash=neighbour.request_hash)
                for mine, neighbour in zip(reply.verdicts, neighbours, strict=True)
            )
            return Came(replace(reply, verdicts=swapped).to_bytes())
    return Came(answer)


def _forged(answer: bytes) -> bytes:
    """The same reply, signed by somebody else."""
    fields = json.loads(answer)
    if "verdicts" not in fields:
        fields.pop("signature")
        return canonical({**fields, "signature": sign(canonical(fields), foreign_key())})
    reply = read_reply(answer)
    forged = tuple(
        replace(verdict, signature=sign(verdict.signed_bytes(), foreign_key()))
        for verdict in reply.verdicts
    )
    return replace(reply, verdicts=forged).to_bytes()
