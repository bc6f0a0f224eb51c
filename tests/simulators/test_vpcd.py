"""The card's side of vpcd's protocol, with a real socket in vpcd's place."""

import socket
from collections.abc import Iterator

import pytest

from simulators.models.social_security_card import SocialSecurityCard
from simulators.wires.vpcd import VpcdSlot

OFF, ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SELECT_SSSE = bytes.fromhex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF")
LIMIT_S = 15.0


class Reader:
    """vpcd's side of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(LIMIT_S)

    def send(self, payload: bytes) -> None:
        self.connection.sendall(len(payload).to_bytes(2, "big") + payload)

    def ask(self, payload: bytes) -> bytes:
        self.send(payload)
        return self._exactly(int.from_bytes(self._exactly(2), "big"))

    def sees_the_end(self) -> bool:
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:  # the card had not read all it was sent
            return True

    def close(self) -> None:
        self.connection.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            assert part, "the card left in the middle of an answer"
            data += part
        return data


class Vpcd:
    """A listening socket, and the readers made from it."""

    def __init__(self, port: int = 0) -> None:
        self.server = socket.create_server(("127.0.0.1", port))
        self.server.settimeout(LIMIT_S)
        self.port: int = self.server.getsockname()[1]
        self.readers: list[Reader] = []

    def accept(self) -> Reader:
        reader = Reader(self.server.accept()[0])
        self.readers.append(reader)
        return reader

    def close(self) -> None:
        self.server.close()
        for reader in self.readers:
            reader.close()


@pytest.fixture
def vpcd() -> Iterator[Vpcd]:
    made = Vpcd()
    yield made
    made.close()


@pytest.fixture
def slot(vpcd: Vpcd) -> Iterator[VpcdSlot]:
    made = VpcdSlot(vpcd.port, retry_every_s=0.01, absent_s=0.01)
    made.start()
    yield made
    made.close()


def test_a_card_inserted_answers_its_atr_and_commands(slot: VpcdSlot, vpcd: Vpcd) -> None:
    card = SocialSecurityCard()
    slot.insert(card)
    reader = vpcd.accept()
    assert reader.ask(GET_ATR) == card.atr()
    reader.send(ON)
    assert reader.ask(SELECT_SSSE) == b"\x61\x1e"
    assert len(reader.ask(bytes.fromhex("00C000001E"))) == 32


def test_reset_and_power_begin_the_card_anew(slot: VpcdSlot, vpcd: Vpcd) -> None:
    slot.insert(SocialSecurityCard())
    reader = vpcd.accept()
    for control in (ON, RESET):
        reader.send(control)
        assert reader.ask(bytes.fromhex("00A4020002EF05")) == b"\x6a\x82"
        reader.ask(SELECT_SSSE)
        assert reader.ask(bytes.fromhex("00A4020002EF05")) == b"\x90\x00"


def test_power_off_is_not_answered(slot: VpcdSlot, vpcd: Vpcd) -> None:
    card = SocialSecurityCard()
    slot.insert(card)
    reader = vpcd.accept()
    reader.send(ON)
    reader.send(OFF)
    assert reader.ask(GET_ATR) == card.atr()
    assert not card.powered


def test_a_message_in_single_bytes_is_put_together(slot: VpcdSlot, vpcd: Vpcd) -> None:
    slot.insert(SocialSecurityCard())
    reader = vpcd.accept()
    reader.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader.send(ON)
    for byte in len(SELECT_SSSE).to_bytes(2, "big") + SELECT_SSSE[:-1]:
        reader.connection.sendall(bytes([byte]))
    reader.connection.sendall(SELECT_SSSE[-1:])
    assert reader.connection.recv(4, socket.MSG_WAITALL) == b"\x00\x02\x61\x1e"


def test_pulling_ends_the_connection_and_inserting_makes_another(
    slot: VpcdSlot, vpcd: Vpcd
) -> None:
    slot.insert(SocialSecurityCard())
    reader = vpcd.accept()
    slot.pull()
    assert reader.sees_the_end()
    slot.insert(SocialSecurityCard())
    assert vpcd.accept().ask(GET_ATR)[:1] == b"\x3b"


def test_another_card_replaces_the_first(slot: VpcdSlot, vpcd: Vpcd) -> None:
    slot.insert(SocialSecurityCard())
    reader = vpcd.accept()
    other = SocialSecurityCard()
    slot.insert(other)
    assert reader.sees_the_end()
    vpcd.accept().ask(GET_ATR)
    assert slot.card is other


def test_a_card_that_pulls_itself_leaves_in_the_middle_of_the_command(
    slot: VpcdSlot, vpcd: Vpcd
) -> None:
    card = SocialSecurityCard()
    card.faults.pulled_at_apdu = 2
    slot.insert(card)
    reader = vpcd.accept()
    reader.send(ON)
    reader.ask(SELECT_SSSE)
    reader.send(bytes.fromhex("00C000001E"))
    assert reader.sees_the_end()
    slot.close()
    assert slot.card is None
    assert not card.powered


def test_a_mute_card_answers_more_than_an_atr_can_hold(slot: VpcdSlot, vpcd: Vpcd) -> None:
    card = SocialSecurityCard()
    card.faults.mute = True
    slot.insert(card)
    assert len(vpcd.accept().ask(GET_ATR)) > 33


def test_pulling_ends_a_slow_answer(slot: VpcdSlot, vpcd: Vpcd) -> None:
    card = SocialSecurityCard()
    card.faults.slow_s = 1000
    slot.insert(card)
    reader = vpcd.accept()
    reader.send(ON)
    reader.send(SELECT_SSSE)
    slot.pull()
    assert reader.sees_the_end()


def test_the_card_stays_in_while_vpcd_goes_and_comes_back(slot: VpcdSlot, vpcd: Vpcd) -> None:
    card = SocialSecurityCard()
    slot.insert(card)
    assert vpcd.accept().ask(GET_ATR) == card.atr()
    vpcd.close()
    back = Vpcd(vpcd.port)
    try:
        assert back.accept().ask(GET_ATR) == card.atr()
    finally:
        back.close()


def test_a_card_inserted_before_vpcd_listens_is_presented_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    slot = VpcdSlot(port, retry_every_s=0.01, absent_s=0.01)
    slot.start()
    slot.insert(SocialSecurityCard())
    late = Vpcd(port)
    try:
        assert late.accept().ask(GET_ATR)[:1] == b"\x3b"
    finally:
        slot.close()
        late.close()


def test_close_may_be_called_twice_and_without_a_start() -> None:
    slot = VpcdSlot(1)
    slot.close()
    slot.close()
    assert repr(slot) == "VpcdSlot(1, empty)"
