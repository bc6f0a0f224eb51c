"""Signatures that skip a field, as the MAC of ruvon-edge does."""

from __future__ import annotations

from tests.defects.defect import EVERY_FIELD, Defect, Edit

_SEEN_IN = "ruvon-edge"
_MAC = "the MAC skips fields"

DEFECTS = (
    Defect(
        _MAC,
        _SEEN_IN,
        "a header is bound without its place in the journal",
        (
            Edit(
                "offline_queue/formats/envelope.py",
                '        return canonical({"purpose": purpose, **self.to_wire()})\n',
                '        return canonical({"purpose": purpose, **self.to_wire(), "lane_seq": 0})\n',
            ),
        ),
        f"{EVERY_FIELD}::test_a_changed_field_of_a_header_is_refused[lane_seq]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a row is signed without what is sealed in it",
        (
            Edit(
                "offline_queue/formats/entries.py",
                "            *(at.boot_id, at.boot_ms, at.wall, request_hash),\n",
                '            *(at.boot_id, at.boot_ms, at.wall, ""),\n',
            ),
        ),
        f"{EVERY_FIELD}::test_a_changed_field_of_a_row_is_refused[sealed]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a batch is signed for its operations alone",
        (
            Edit(
                "offline_queue/sending/outgoing.py",
                "sign(body, self._keys.signing)",
                "sign(canonical([op.to_wire() for op in ops]), self._keys.signing)",
            ),
            Edit(
                "bank/gateway.py",
                "self._is_from(batch.terminal, body, signature)",
                "self._is_from(\n"
                "            batch.terminal, canonical([op.to_wire() for op in batch.ops]), signature\n"
                "        )",
            ),
        ),
        f"{EVERY_FIELD}::test_a_changed_field_of_a_batch_is_refused[journal.head]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a hello is signed for its nonce alone",
        (
            Edit(
                "offline_queue/sending/greeter.py",
                "sign(body, self._keys.signing)",
                "sign(hello.nonce.encode(), self._keys.signing)",
            ),
            Edit(
                "bank/gateway.py",
                "self._is_from(hello.terminal, body, signature)",
                "self._is_from(hello.terminal, hello.nonce.encode(), signature)",
            ),
        ),
        f"{EVERY_FIELD}::test_a_changed_field_of_a_hello_is_refused[epoch]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a verdict is signed without the rest it names",
        (
            Edit(
                "offline_queue/formats/envelope.py",
                '        del fields["signature"]\n',
                '        del fields["signature"], fields["retry_after_s"]\n',
            ),
        ),
        f"{EVERY_FIELD}::test_a_changed_field_of_a_verdict_is_refused[retry_after_s]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a greeting is signed without its next slot",
        (
            Edit(
                "offline_queue/formats/hello.py",
                "sign(canonical(fields), key)",
                'sign(canonical({**fields, "next_slot_ms": 0}), key)',
            ),
            Edit(
                "offline_queue/formats/hello.py",
                "is_signed(canonical(fields), signature, verdict)",
                'is_signed(canonical({**fields, "next_slot_ms": 0}), signature, verdict)',
            ),
        ),
        f"{EVERY_FIELD}"
        "::test_a_changed_field_of_a_greeting_or_of_its_key_list_is_refused[next_slot_ms]",
    ),
    Defect(
        _MAC,
        _SEEN_IN,
        "a key list is signed by its version alone",
        (
            Edit(
                "offline_queue/formats/hello.py",
                "sign(canonical(fields), key)",
                'sign(canonical({**fields, "keys": self.keys.version}), key)',
            ),
            Edit(
                "offline_queue/formats/hello.py",
                "is_signed(canonical(fields), signature, verdict)",
                'is_signed(canonical({**fields, "keys": fields["keys"]["version"]}), signature, verdict)',
            ),
        ),
        f"{EVERY_FIELD}"
        "::test_a_changed_field_of_a_greeting_or_of_its_key_list_is_refused[keys.keys.public]",
    ),
)
