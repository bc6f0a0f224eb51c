"""The heads the bank gives out are what the terminal's verifier takes, and nobody else's will do."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from bank.heads import signed_heads
from bank.keys import BankKeys
from offline_queue.technician.verify import BadHead, Head, read_heads
from sscard.requests import CardList
from tests.bank.terminal import TERMINAL, Terminal, evidence


@pytest.fixture
def lines(terminal: Terminal, engine: Engine, keys: BankKeys) -> list[str]:
    terminal.send(terminal.op(CardList(evidence("li"))))
    return list(signed_heads(engine, keys.verdict, None))


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "heads"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_verifier_reads_the_banks_heads(
    tmp_path: Path, lines: list[str], keys: BankKeys
) -> None:
    (head,) = read_heads(written(tmp_path, lines), TERMINAL, keys.verdict_public)
    assert isinstance(head, Head)
    assert (head.epoch, head.n > 0, len(head.digest)) == (1, True, 64)


def test_another_terminals_heads_are_left_out(engine: Engine, lines: list[str]) -> None:
    assert lines
    assert list(signed_heads(engine, Ed25519PrivateKey.generate(), "T9999")) == []


def test_a_head_that_was_edited_or_signed_by_another_is_refused(
    tmp_path: Path, lines: list[str], keys: BankKeys
) -> None:
    edited = [lines[0].replace('"epoch":1', '"epoch":2')]
    with pytest.raises(BadHead, match="not signed by the bank"):
        read_heads(written(tmp_path, edited), TERMINAL, keys.verdict_public)
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(BadHead, match="not signed by the bank"):
        read_heads(written(tmp_path, lines), TERMINAL, other)
