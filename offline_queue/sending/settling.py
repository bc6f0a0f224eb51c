"""What the bank's word, or its silence, means for a row."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offline_queue.formats.batch import Reply, read_reply
from offline_queue.formats.entries import Event
from offline_queue.formats.envelope import BadEnvelope, Outcome, Verdict, is_signed
from offline_queue.messages import Answered, Notice
from offline_queue.policy import FIRST_IN_LINE, POISON_MAX
from offline_queue.sealing import Visits
from offline_queue.sending.outgoing import Outgoing
from offline_queue.sending.schedule import Entry
from offline_queue.storage.rows import State
from sscard.requests import MalformedMessage, answer_from_wire

POISON = "poison"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a row that was sent. `state` is None if it goes on waiting."""

    entry: Entry
    state: State | None
    event: Event
    outcome: str = ""
    verdict: Verdict | None = None


def believed(
    outgoing: Outgoing, reply_body: bytes, key: Ed25519PublicKey
) -> tuple[Reply | None, dict[str, Verdict]]:
    """The reply, and by operation the verdicts that the bank signed over what was sent.

    What is missing from it, or badly signed, or about something else, says nothing.
    """
    try:
        reply = read_reply(reply_body)
    except BadEnvelope:
        return None, {}
    hashes = {op.header.op_id: op.request_hash for op in outgoing.batch.ops}
    return reply, {
        verdict.op_id: verdict
        for verdict in reply.verdicts
        if verdict.request_hash == hashes.get(verdict.op_id) and _is_signed(verdict, key)
    }


def _is_signed(verdict: Verdict, key: Ed25519PublicKey) -> bool:
    try:
        return is_signed(verdict.signed_bytes(), verdict.signature, key)
    except ValueError:  # a number or a text that has no canonical form
        return False


def judge(entry: Entry, verdict: Verdict | None) -> Judgement:
    """What a verdict means; None is silence: neither failed nor done."""
    if verdict is None:
        # A row that fails alone again and again, while the line works, blocks nobody; but a loss
        # report is never given up by itself.
        if entry.blame >= POISON_MAX and entry.priority != FIRST_IN_LINE:
            return Judgement(entry, State.DEAD, Event.DEAD, POISON)
        return Judgement(entry, None, Event.UNKNOWN)
    outcome = verdict.outcome
    state: State
    match outcome:
        case Outcome.RETRY:
            return Judgement(entry, None, Event.RETRY, outcome, verdict)
        case Outcome.APPLIED | Outcome.DUPLICATE:
            state = _success(entry, verdict)
        case Outcome.SUPERSEDED:
            state = State.SUPERSEDED
        case Outcome.REJECTED:
            state = State.REJECTED
        case Outcome.UNKNOWN_KEY | Outcome.CONFLICT:
            state = State.DEAD
    return Judgement(entry, state, Event.VERDICT, outcome, verdict)


def _success(entry: Entry, verdict: Verdict) -> State:
    """What the bank did, now or when a reply was lost. A late reply may be to the row as it was
    before its time was over: only one without an answer says that it was told of the end.
    """
    if verdict.answer is None:
        return State.EXPIRED if entry.expiring else State.DONE
    return State.REJECTED if verdict.answer.get("kind") == "refusal" else State.DONE


def answer_to_visit(judged: Judgement, visits: Visits) -> list[Notice]:
    """The answer, to a visit that waits for it. It is kept nowhere."""
    verdict = judged.verdict
    if verdict is None or judged.state is None:
        return []
    live = verdict.op_id in visits
    visits.forget(verdict.op_id)
    if not live or verdict.answer is None:
        return []
    try:
        return [Answered(verdict.op_id, answer_from_wire(verdict.answer))]
    except MalformedMessage:
        return []
