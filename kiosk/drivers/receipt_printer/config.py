"""The receipt printer's times and sizes."""

from __future__ import annotations

from msgspec import Struct


class ReceiptPrinterConfig(Struct, frozen=True):
    """How long the printer may take, and how much a receipt may hold."""

    idle_every_s: float = 3.0  # between two looks at the status
    unclean_every_s: float = 0.5  # the same while an old receipt may be in the buffer
    answer_limit_s: float = 0.5  # for one status byte
    in_turn_limit_s: float = 20.0  # for GS r 1 after the last byte of a receipt
    stopped_grace_s: float = 3.0  # for GS r 1 after the printer said that it has stopped
    look_every_s: float = 1.0  # status, while waiting for GS r 1
    recover_every_s: float = 5.0  # DLE ENQ 2 while the cutter or the transport is stuck
    clear_limit_s: float = 3.0  # for GS r 1 after the buffers were cleared
    job_limit_s: float = 60.0  # for all of it
    piece_bytes: int = 256
    longest_job_bytes: int = 16_384
    back_off_first_s: float = 0.5
    back_off_longest_s: float = 5.0
