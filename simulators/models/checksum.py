"""The checksum that the serial devices of a terminal share."""

from __future__ import annotations


def xor_of(data: bytes) -> int:
    """All bytes of `data` XORed together; 0 for none."""
    result = 0
    for byte in data:
        result ^= byte
    return result
