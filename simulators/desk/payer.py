"""Somebody pays the code on the screen: the payment network's notice to the desk's bank.

It goes past the terminal's line, which may be cut: money has its own ways.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bank.payment_notices import PAYMENTS_PATH
from bank.payments import read_pay_code
from offline_queue.formats.batch import SIGNATURE_HEADER
from offline_queue.formats.envelope import canonical, sign
from simulators.desk.hands import CannotDo
from simulators.desk.state import DeskState

_PATIENCE_S = 5.0


def shown_code(view: dict[str, Any] | None) -> str:
    """The payment code on the screen. Raises `CannotDo` when there is none."""
    blocks = [] if view is None else view.get("blocks", [])
    for block in blocks:
        text = block.get("text") if isinstance(block, dict) else None
        if isinstance(text, str) and read_pay_code(text) is not None:
            return text
    raise CannotDo("no payment code is on the screen")


def pay(state: DeskState, code: str) -> None:
    """Pay it, in full and at once. Raises `CannotDo` when the bank does not take the notice."""
    read = read_pay_code(code)
    assert read is not None, "`shown_code` gives nothing else"
    payment_no, amount_fen = read
    body = canonical(
        {
            "arrival_no": secrets.token_hex(16),
            "payment_no": payment_no,
            "amount_fen": amount_fen,
        }
    )
    keys = state.folder / "keys"
    network = load_pem_private_key((keys / "payment_network.pem").read_bytes(), None)
    assert isinstance(network, Ed25519PrivateKey), "made with the desk's other keys"
    trust = ssl.create_default_context(cafile=str(keys / "root.pem"))
    trust.load_cert_chain(str(keys / "terminal.pem"), str(keys / "terminal.key"))
    bank = http.client.HTTPSConnection(
        "127.0.0.1", state.bank_port, timeout=_PATIENCE_S, context=trust
    )
    try:
        headers = {SIGNATURE_HEADER: sign(body, network), "Content-Type": "application/json"}
        bank.request("POST", PAYMENTS_PATH, body, headers)
        answer = bank.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CannotDo("the bank does not answer the payment network") from error
    finally:
        bank.close()
    if answer.status != http.client.OK:
        raise CannotDo(f"the bank does not take it: {said.get('error', answer.status)}")
