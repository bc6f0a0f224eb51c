"""The payment network tells the bank of money; nobody else can."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from bank import payments
from bank.gateway import Gateway, GatewaySettings
from bank.keys import BankKeys
from offline_queue.formats.envelope import canonical, sign
from sscard.requests import PaymentState
from tests.bank.reissuing import Counter, books
from tests.bank.terminal import NOW, TERMINAL, Terminal

NETWORK = Ed25519PrivateKey.generate()


@pytest.fixture
def gateway(engine: Engine, keys: BankKeys, signing: Ed25519PrivateKey) -> Gateway:
    settings = GatewaySettings(payment_network=NETWORK.public_key())
    return Gateway(engine, keys, {TERMINAL: signing.public_key()}, settings)


def notice(pay_code: str, arrival_no: str = "a-1") -> bytes:
    read = payments.read_pay_code(pay_code)
    assert read is not None
    payment_no, fen = read
    return canonical({"arrival_no": arrival_no, "payment_no": payment_no, "amount_fen": fen})


def test_what_the_network_tells_pays_the_application(terminal: Terminal, engine: Engine) -> None:
    counter = Counter(terminal, engine)
    due = counter.begins()
    body = notice(due.pay_code)
    for _ in range(2):  # told twice under one number
        assert terminal.gateway.take_money(body, sign(body, NETWORK), NOW)[0] == 200
    assert counter.looks(due).state is PaymentState.PAID
    assert books(engine) == (2_000, 2_000, 0)


def test_late_money_is_answered_and_goes_back(terminal: Terminal, engine: Engine) -> None:
    due = Counter(terminal, engine).begins()
    body = notice(due.pay_code)
    status, answer = terminal.gateway.take_money(body, sign(body, NETWORK), NOW + timedelta(days=2))
    assert (status, answer) == (200, b'{"kept":false}')
    assert books(engine) == (2_000, 0, 2_000)


def test_a_terminal_cannot_say_that_money_came(terminal: Terminal, engine: Engine) -> None:
    counter = Counter(terminal, engine)
    due = counter.begins()
    body = notice(due.pay_code)
    for signature in (sign(body, terminal.signing), "", "00" * 64):
        assert terminal.gateway.take_money(body, signature, NOW)[0] == 401
    assert counter.looks(due).state is PaymentState.OPEN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"arrival_no": "a", "payment_no": "b"}',
        b'{"arrival_no": "a", "payment_no": "b", "amount_fen": 0}',
        b'{"arrival_no": "a", "payment_no": "b", "amount_fen": 2000, "who": "x"}',
        b'{"arrival_no": "\\u0000", "payment_no": "b", "amount_fen": 2000}',
        b"[" * 1_000,
    ],
)
def test_what_is_no_notice_is_refused(terminal: Terminal, body: bytes) -> None:
    assert terminal.gateway.take_money(body, sign(body, NETWORK), NOW)[0] == 400
