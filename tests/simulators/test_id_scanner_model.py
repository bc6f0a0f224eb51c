"""The simulated ID-card reader, byte by byte as GA 467-2013 has it."""

from __future__ import annotations

import pytest

from simulators.models.id_scanner import IdScanner, LaidDocument, Layout

FIND = bytes.fromhex("AAAAAA96690003200122")
SELECT = bytes.fromhex("AAAAAA96690003200221")
READ = bytes.fromhex("AAAAAA96690003300132")
READ_WITH_FINGER = bytes.fromhex("AAAAAA96690003301023")
READ_ADDRESS = bytes.fromhex("AAAAAA96690003300330")
STATUS = bytes.fromhex("AAAAAA9669000311FFED")
SAM_NUMBER = bytes.fromhex("AAAAAA9669000312FFEE")
SET_9600 = bytes.fromhex("AAAAAA966900036004") + b"\x67"

FOUND = bytes.fromhex("AAAAAA9669000800009F0000000097")
SELECTED = bytes.fromhex("AAAAAA9669000C00009000000000000000009C")
NO_CARD = bytes.fromhex("AAAAAA9669000400008084")
SELECT_FAILED = bytes.fromhex("AAAAAA9669000400008185")
READ_FAILED = bytes.fromhex("AAAAAA9669000400004145")


class Asker:
    """Asks the module one thing after another in a time of its own."""

    def __init__(self, scanner: IdScanner) -> None:
        self.scanner = scanner
        self.now_s = 100.0

    def ask(self, request: bytes) -> bytes:
        self.scanner.hear(request, self.now_s)
        return self.wait()

    def wait(self) -> bytes:
        due_s = self.scanner.next_s()
        if due_s is None:
            return b""
        self.now_s = max(self.now_s, due_s)
        return self.scanner.speak(self.now_s)


@pytest.fixture
def scanner() -> IdScanner:
    return IdScanner()


@pytest.fixture
def asker(scanner: IdScanner) -> Asker:
    return Asker(scanner)


def test_an_empty_window_has_no_card(asker: Asker) -> None:
    assert asker.ask(FIND) == NO_CARD


def test_a_document_is_found_selected_and_read_whole(scanner: IdScanner, asker: Asker) -> None:
    document = LaidDocument()
    scanner.lay(document)
    assert asker.ask(FIND) == FOUND
    assert asker.ask(SELECT) == SELECTED
    answer = asker.ask(READ)
    assert len(answer) == 1295
    assert answer[:10] == bytes.fromhex("AAAAAA96690508000090")
    assert answer[10:14] == bytes.fromhex("01000400")
    assert answer[14 : 14 + 256] == document.record()
    assert answer[270:-1] == document.photo


def test_a_read_with_fingerprints_carries_a_third_part(scanner: IdScanner, asker: Asker) -> None:
    scanner.lay(LaidDocument(fingerprint=bytes(1024)))
    asker.ask(FIND)
    asker.ask(SELECT)
    answer = asker.ask(READ_WITH_FINGER)
    assert len(answer) == 2321
    assert answer[10:16] == bytes.fromhex("010004000400")


def test_the_number_stands_at_its_place_in_each_layout() -> None:
    places = {
        Layout.RESIDENT: (122, 36, " "),
        Layout.HMT_PERMIT: (122, 36, "J"),
        Layout.FOREIGNER_2017: (122, 30, "I"),
        Layout.FOREIGNER_2023: (122, 36, "Y"),
    }
    for layout, (place, size, flag) in places.items():
        record = LaidDocument(layout=layout, number="123456789012345").record()
        assert record[place : place + size].decode("utf-16-le").strip() == "123456789012345"
        assert record[248:250].decode("utf-16-le") == flag


def test_a_type_flag_of_no_layout_can_be_laid() -> None:
    assert LaidDocument(type_flag="Q").record()[248:250] == b"Q\x00"


def test_a_document_laid_wrong_is_found_and_cannot_be_selected(
    scanner: IdScanner, asker: Asker
) -> None:
    scanner.lay(LaidDocument(), wrong=True)
    assert asker.ask(FIND) == FOUND
    assert asker.ask(SELECT) == SELECT_FAILED


def test_a_document_lifted_during_the_read_fails_it(scanner: IdScanner, asker: Asker) -> None:
    scanner.lay(LaidDocument())
    asker.ask(FIND)
    asker.ask(SELECT)
    scanner.hear(READ, asker.now_s)
    scanner.lift()
    assert asker.wait() == READ_FAILED


def test_another_document_laid_during_a_read_is_not_taken_for_the_first(
    scanner: IdScanner, asker: Asker
) -> None:
    scanner.lay(LaidDocument())
    asker.ask(FIND)
    asker.ask(SELECT)
    scanner.hear(READ, asker.now_s)
    scanner.lay(LaidDocument(number="990000198506070029"))
    assert asker.wait() == READ_FAILED


def test_a_card_read_whole_is_not_found_again_until_it_was_lifted(
    scanner: IdScanner, asker: Asker
) -> None:
    scanner.lay(LaidDocument())
    for request in (FIND, SELECT, READ):
        asker.ask(request)
    assert asker.ask(FIND) == NO_CARD
    scanner.lay(LaidDocument())
    assert asker.ask(FIND) == FOUND


@pytest.mark.parametrize(
    ("fault", "request_", "word"),
    [
        ("suspect", READ, 0x33),
        ("unknown_card", SELECT, 0x40),
        ("sam_broken", STATUS, 0x60),
    ],
)
def test_each_fault_has_its_word(
    scanner: IdScanner, asker: Asker, fault: str, request_: bytes, word: int
) -> None:
    scanner.lay(LaidDocument())
    asker.ask(FIND)
    if request_ is READ:
        asker.ask(SELECT)
    setattr(scanner.faults, fault, True)
    assert asker.ask(request_)[9] == word


def test_the_newest_address_comes_only_after_a_read(scanner: IdScanner, asker: Asker) -> None:
    scanner.lay(LaidDocument(appended_address="某市另一路2号"))
    asker.ask(FIND)
    assert asker.ask(READ_ADDRESS)[9] == 0x21
    asker.ask(SELECT)
    asker.ask(READ)
    answer = asker.ask(READ_ADDRESS)
    assert answer[10:-1].decode("utf-16-le").strip() == "某市另一路2号"


def test_a_card_without_a_newer_address_says_that_it_holds_none(
    scanner: IdScanner, asker: Asker
) -> None:
    scanner.lay(LaidDocument())
    for request in (FIND, SELECT, READ):
        asker.ask(request)
    assert asker.ask(READ_ADDRESS)[9] == 0x91


def test_a_request_is_found_behind_noise_and_split_anywhere(asker: Asker) -> None:
    for byte in b"\x00\xff\xaa" + STATUS:
        asker.scanner.hear(bytes([byte]), asker.now_s)
    assert asker.wait()[9] == 0x90


def test_a_wrong_checksum_in_a_request_is_answered_so(asker: Asker) -> None:
    assert asker.ask(FIND[:-1] + b"\x00")[9] == 0x10


def test_the_sam_number_has_sixteen_bytes(asker: Asker) -> None:
    assert len(asker.ask(SAM_NUMBER)) == 11 + 16


def test_the_speed_changes_after_the_answer(scanner: IdScanner, asker: Asker) -> None:
    scanner.hear(SET_9600, asker.now_s)
    assert scanner.baud == 115200
    assert asker.wait()[9] == 0x90
    assert scanner.baud == 9600


def test_line_faults_spoil_answers_and_can_be_taken_back(scanner: IdScanner, asker: Asker) -> None:
    good = asker.ask(FIND)
    scanner.faults.wrong_checksum = True
    assert asker.ask(FIND) != good
    scanner.faults.wrong_checksum = False
    scanner.faults.half_frame = True
    assert good.startswith(answer := asker.ask(FIND))
    assert len(answer) < len(good)
    scanner.faults.half_frame = False
    scanner.faults.silent = True
    assert asker.ask(FIND) == b""
    scanner.faults.silent = False
    scanner.faults.stray_bytes = b"\x00\x01"
    assert asker.ask(FIND) == b"\x00\x01" + good


def test_without_power_nothing_is_heard_and_after_it_comes_the_self_test(
    scanner: IdScanner, asker: Asker
) -> None:
    scanner.power_off()
    assert asker.ask(FIND) == b""
    scanner.power_on(asker.now_s)
    asker.wait()
    assert asker.ask(FIND) == b""
    asker.now_s += 2.0
    assert asker.ask(FIND) == NO_CARD


def test_what_lies_there_is_not_in_its_words(scanner: IdScanner) -> None:
    document = LaidDocument()
    scanner.lay(document)
    for words in (repr(document), repr(scanner)):
        assert document.number not in words
        assert document.name not in words
