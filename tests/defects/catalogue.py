"""What other queues got wrong: every item of the list, and the defects that stand for it."""

from __future__ import annotations

from tests.defects import mqlite, others, ruvon_edge, signatures

ITEMS = (
    "the back-off of the head of a lane lets its successors overtake",
    "an expired lease still settles",
    "a sequence number that is reused lets a stale cancel hit a later message",
    "a write whose acknowledgement was lost is blindly retried",
    "closing releases the lock while a writer runs",
    "a typo in the sync setting silently means NORMAL",
    "a duplicate is never taken as success, so the row is resent for ever",
    "a 503 to everything is reported as completed",
    "the idempotency key is not sent",
    "an operation missing from the reply counts as done",
    "a lock stamped ahead of a clock that stepped back stops sync",
    "one 4xx poisons a batch",
    "the encrypted column is hex",
    "the MAC skips fields",
    "order by wall clock inverts when the clock steps back",
    "a take costs 100 times more with 20,000 finished rows",
    "the oldest data is silently overwritten when full",
    "falls back to memory when the store fails",
    "the de-duplication window is two minutes",
    "removed before done",
)

DEFECTS = (*mqlite.DEFECTS, *ruvon_edge.DEFECTS, *signatures.DEFECTS, *others.DEFECTS)
