"""The simulated receipt printer: what it prints, when, and what it says meanwhile."""

from __future__ import annotations

import pytest

from simulators.models.paper import (
    CENTRE,
    Blank,
    PrintedImage,
    PrintedLine,
    PrintedReceipt,
    Segment,
    Style,
)
from simulators.models.receipt_printer import BUFFER_BYTES, NEAR_END_LINES, ReceiptPrinter
from simulators.models.receipt_printer_head import HEAD_TO_CUTTER_DOTS

RESET, CHINESE, CUT = b"\x1b@", b"\x1c&", b"\x1dV\x42\x00"
START = RESET + CHINESE
IN_SEQUENCE = b"\x1dr\x01"
PAPER_STATUS = b"\x10\x04\x04"


def gb(text: str) -> bytes:
    return text.encode("gb18030")


def qr(text: bytes, module: int = 6, level: int = 0x31) -> bytes:
    store = (len(text) + 3).to_bytes(2, "little")
    return (
        b"\x1d(k\x04\x00\x31\x41\x32\x00"
        + b"\x1d(k\x03\x00\x31\x43" + bytes([module])
        + b"\x1d(k\x03\x00\x31\x45" + bytes([level])
        + b"\x1d(k" + store + b"\x31\x50\x30" + text
        + b"\x1d(k\x03\x00\x31\x51\x30"
    )  # fmt: skip


def printed(job: bytes) -> PrintedReceipt:
    """The one receipt that `job` makes, understood in every byte."""
    printer = ReceiptPrinter()
    printer.hear(job, 0.0)
    printer.speak(600.0)
    assert printer.complaints == []
    assert len(printer.receipts) == 1
    return printer.receipts[0]


def status(printer: ReceiptPrinter, now_s: float = 1000.0) -> tuple[bytes, ...]:
    """The answers to DLE EOT 1 to 4, asked at `now_s`."""
    answers = []
    for n in range(1, 5):
        printer.hear(bytes([0x10, 0x04, n]), now_s)
        answers.append(printer.speak(now_s + 0.01))
    return tuple(answers)


def bits(hexadecimal: str) -> tuple[bytes, ...]:
    return tuple(bytes([value]) for value in bytes.fromhex(hexadecimal))


# --- what stands on the paper ------------------------------------------------------------


def test_chinese_and_latin_text_is_printed_line_by_line() -> None:
    receipt = printed(START + gb("社会保障卡 12333\nsecond line\n") + CUT)
    assert receipt.text == "社会保障卡 12333\nsecond line"


def test_a_character_of_four_bytes_is_one_character() -> None:
    assert len(gb("𠮷")) == 4
    assert printed(START + gb("𠮷A\n") + CUT).text == "𠮷A"


def test_text_wraps_at_48_columns_of_which_a_chinese_character_takes_two() -> None:
    assert printed(START + b"x" * 50 + b"\n" + CUT).text == "x" * 48 + "\n" + "x" * 2
    assert printed(START + gb("x" + "社" * 24) + b"\n" + CUT).text == "x" + "社" * 23 + "\n社"


def test_styles_are_kept_with_the_characters_they_were_set_for() -> None:
    line = printed(START + b"\x1bE\x01" + gb("粗") + b"\x1bE\x00\x1d!\x11" + gb("大A\n") + CUT)
    assert line.lines[0].segments == (
        Segment("粗", Style(bold=True)),
        Segment("大A", Style(width=2, height=2)),
    )


def test_narrow_and_chinese_characters_have_sizes_of_their_own() -> None:
    receipt = printed(START + b"\x1b!\x30" + gb("A社") + b"\x1b!\x00\x1c!\x0c" + gb("A社\n") + CUT)
    assert [segment.style.width for segment in receipt.lines[0].segments] == [2, 1, 2]


def test_initialising_takes_styles_back() -> None:
    receipt = printed(b"\x1d!\x11\x1bE\x01\x1ba\x01" + RESET + b"A\n" + CUT)
    assert receipt.lines == (PrintedLine((Segment("A"),)),)


def test_lines_stand_where_they_were_aligned_to() -> None:
    assert printed(START + b"\x1ba\x01A\n" + CUT).lines[0].align == CENTRE


def test_a_code_keeps_its_text_level_and_size() -> None:
    receipt = printed(START + b"\x1ba\x01" + qr(b"https://example.invalid/12345678") + CUT)
    (code,) = receipt.codes
    assert (code.text, code.level, code.module_dots, code.align) == (
        "https://example.invalid/12345678",
        "M",
        6,
        CENTRE,
    )


def test_a_raster_image_is_kept_with_its_stretch() -> None:
    data = bytes(range(20))
    receipt = printed(START + b"\x1dv0\x03\x02\x00\x0a\x00" + data + CUT)
    assert PrintedImage(2, data, 2, 2) in receipt.items


def test_feeds_are_blank_paper() -> None:
    receipt = printed(START + b"\x1bd\x02\x1bJ\x18A\n" + CUT)
    assert receipt.items[1:4] == (PrintedLine(), Blank(30), Blank(24))


def test_a_cut_without_a_feed_leaves_the_last_lines_on_the_next_piece() -> None:
    printer = ReceiptPrinter()
    printer.hear(START + b"1\n2\n3\n4\n5\n6\n\x1dV\x00", 0.0)
    printer.hear(b"7\n\x1bd\x06\x1dV\x01", 0.0)
    printer.speak(60.0)
    assert [receipt.text.split() for receipt in printer.receipts] == [
        ["1", "2"],
        list("34567"),
    ]


def test_after_a_cut_with_feed_nothing_but_blank_paper_is_left_inside() -> None:
    printer = ReceiptPrinter()
    printer.hear(START + b"1\n" + CUT + b"2\n" + CUT, 0.0)
    printer.speak(60.0)
    assert [receipt.text for receipt in printer.receipts] == ["1", "2"]
    assert all(receipt.items[0] == Blank(HEAD_TO_CUTTER_DOTS) for receipt in printer.receipts)


@pytest.mark.parametrize(
    "job",
    [
        b"\x1bt\x00",  # code page
        b"\x1dZ\x00",
        b"\x1ba\x07",
        b"A\x1ba\x01",  # in the middle of a line
        b"\x00",
        "社".encode("gb18030"),  # without FS &
        CHINESE + b"\x81\x20",
        CHINESE + b"\xff",
        b"\x1dV\x05",
        b"\x1d(k\x03\x00\x31\x51\x30",  # no code stored
        b"\x1d(k\x03\x00\x31\x43\x00",
        b"\x1dv0\x07\x01\x00\x01\x00",
        b"\x1da\x0f",
        b"\x1dr\x09",
        qr(b"x" * 900, module=16),
        b"\x1dv0\x00\x49\x00\x01\x00" + bytes(0x49),
    ],
)
def test_what_the_printer_does_not_know_or_cannot_do_is_a_complaint(job: bytes) -> None:
    printer = ReceiptPrinter()
    printer.hear(RESET + job, 0.0)
    printer.speak(60.0)
    assert printer.complaints


def test_the_rest_of_a_job_is_printed_after_a_command_it_did_not_know() -> None:
    printer = ReceiptPrinter()
    printer.hear(START + b"A\n\x1bt" + b"B\n" + CUT, 0.0)
    printer.speak(60.0)
    assert printer.receipts[0].text == "A\nB"


def test_a_job_may_arrive_split_anywhere() -> None:
    job = START + gb("社会保障卡\n") + qr(b"ABC") + b"\x1dv0\x00\x01\x00\x02\x00\x10\x10" + CUT
    whole = printed(job)
    for at in range(1, len(job)):
        printer = ReceiptPrinter()
        printer.hear(job[:at], 0.0)
        printer.hear(job[at:], 0.1)
        printer.speak(60.0)
        assert printer.complaints == []
        assert printer.receipts == [whole]


# --- time and status ---------------------------------------------------------------------


def test_a_line_takes_its_time_and_the_answer_in_sequence_comes_after_the_last() -> None:
    printer = ReceiptPrinter(lines_per_s=10.0)
    printer.hear(START + b"A\n" * 50 + IN_SEQUENCE, 0.0)
    assert printer.speak(4.9) == b""
    assert printer.waiting_bytes > 0
    assert printer.speak(5.1) == b"\x00"
    assert printer.waiting_bytes == 0


def test_the_printer_says_when_it_goes_on() -> None:
    printer = ReceiptPrinter(lines_per_s=10.0)
    assert printer.next_s() is None
    printer.hear(START + b"A\nA\n" + IN_SEQUENCE, 0.0)
    times = []
    while (at_s := printer.next_s()) is not None:
        times.append(round(at_s, 3))
        printer.speak(at_s)
    assert times == [0.1, 0.2, 0.202]


def test_real_time_status_answers_in_the_middle_of_a_job() -> None:
    printer = ReceiptPrinter(lines_per_s=1.0)
    printer.hear(START + b"A\n" * 20 + PAPER_STATUS + b"B\n" + CUT, 0.0)
    assert printer.speak(0.1) == b"\x12"
    printer.speak(60.0)
    assert printer.receipts[0].text.endswith("A\nB")
    assert printer.complaints == []


def test_real_time_status_answers_in_the_middle_of_a_command_and_of_image_data() -> None:
    printer = ReceiptPrinter()
    printer.hear(START + b"\x1dv0\x00\x01\x00", 0.0)
    printer.hear(PAPER_STATUS + b"\x05\x00" + b"\xaa" + PAPER_STATUS + b"\xaa" + CUT, 0.0)
    assert printer.speak(60.0) == b"\x12\x12"
    # In data the bytes count as data too, so the image is whole.
    assert printer.receipts[0].items[1] == PrintedImage(1, b"\xaa" + PAPER_STATUS + b"\xaa")


def test_all_is_well() -> None:
    assert status(ReceiptPrinter()) == bits("12121212")


def test_paper_near_its_end_is_told_and_printing_goes_on() -> None:
    printer = ReceiptPrinter(paper_lines=NEAR_END_LINES)
    assert status(printer) == bits("1212121E")
    printer.hear(START + b"A\n" + CUT + IN_SEQUENCE, 1001.0)
    assert printer.speak(1010.0) == b"\x03"
    assert len(printer.receipts) == 1


def test_a_printer_without_near_end_sensor_never_says_near() -> None:
    printer = ReceiptPrinter(paper_lines=5, near_end_sensor=False)
    assert status(printer) == bits("12121212")
    printer.paper_lines = 0
    assert status(printer) == bits("1A321272")


def test_without_paper_it_is_offline_and_answers_nothing_in_sequence() -> None:
    printer = ReceiptPrinter(paper_lines=0)
    printer.hear(IN_SEQUENCE, 0.0)
    assert printer.speak(60.0) == b""
    assert printer.next_s() is None
    assert status(printer) == bits("1A32127E")


def test_paper_that_ends_in_a_job_keeps_the_rest_and_prints_it_on_the_new_roll() -> None:
    printer = ReceiptPrinter(paper_lines=3)
    printer.hear(START + b"1\n2\n3\n4\n5\n" + CUT + IN_SEQUENCE, 0.0)
    assert printer.speak(60.0) == b""
    assert printer.waiting_bytes > 0
    printer.load_paper()
    printer.speak(61.0)
    assert printer.speak(70.0) == b"\x00"
    assert [scrap.text for scrap in printer.scraps] == ["1\n2\n3"]
    assert [receipt.text for receipt in printer.receipts] == ["4\n5"]


def test_new_paper_does_not_print_in_the_past() -> None:
    printer = ReceiptPrinter(paper_lines=1, lines_per_s=1.0)
    printer.hear(START + b"1\n2\n3\n" + IN_SEQUENCE, 0.0)
    printer.speak(60.0)
    printer.load_paper()
    printer.speak(60.0)
    assert printer.speak(61.9) == b""
    assert printer.speak(62.1) == b"\x00"


def test_what_was_cleared_is_never_printed() -> None:
    printer = ReceiptPrinter(paper_lines=3)
    printer.hear(START + b"1\n2\n3\n4\n5\n" + CUT, 0.0)
    printer.speak(60.0)
    printer.hear(b"\x10\x05\x02", 61.0)
    assert printer.waiting_bytes == 0
    printer.load_paper()
    printer.hear(START + b"next\n" + CUT, 70.0)
    printer.speak(90.0)
    assert [receipt.text for receipt in printer.receipts] == ["next"]


def test_an_open_cover_stops_it_and_a_closed_one_lets_it_go_on() -> None:
    printer = ReceiptPrinter()
    printer.cover_open = True
    printer.hear(START + b"A\n" + CUT, 0.0)
    printer.speak(60.0)
    assert status(printer) == bits("1A161212")
    printer.cover_open = False
    printer.speak(1001.0)
    printer.speak(1010.0)
    assert [receipt.text for receipt in printer.receipts] == ["A"]


def test_a_jammed_cutter_waits_for_recovery_and_cuts_then() -> None:
    printer = ReceiptPrinter()
    printer.faults.cutter = True
    printer.hear(START + b"A\n" + CUT + IN_SEQUENCE, 0.0)
    assert printer.speak(60.0) == b""
    assert status(printer) == bits("3A521A12")
    printer.hear(b"\x10\x05\x01", 1001.0)
    printer.speak(1002.0)
    assert status(printer, 1003.0) == bits("3A521A12"), "still jammed"
    printer.faults.cutter = False
    printer.hear(b"\x10\x05\x01", 1004.0)
    assert printer.speak(1010.0) == b"\x00"
    assert [receipt.text for receipt in printer.receipts] == ["A"]


def test_after_clearing_a_jammed_cutter_the_old_lines_still_hang_in_the_outlet() -> None:
    printer = ReceiptPrinter()
    printer.faults.cutter = True
    printer.hear(START + b"old\n" + CUT, 0.0)
    printer.speak(60.0)
    printer.faults.cutter = False
    printer.hear(b"\x10\x05\x02", 61.0)
    printer.hear(START + b"new\n" + CUT, 62.0)
    printer.speak(90.0)
    assert [receipt.text for receipt in printer.receipts] == ["old\nnew"]


def test_a_paper_jam_is_mechanical() -> None:
    printer = ReceiptPrinter()
    printer.faults.jammed = True
    printer.hear(START + b"A\n", 0.0)
    assert status(printer) == bits("3A521612")


def test_a_hot_head_goes_on_by_itself_when_it_is_cool() -> None:
    printer = ReceiptPrinter()
    printer.faults.head_hot = True
    printer.hear(START + b"A\n" + CUT, 0.0)
    assert status(printer) == bits("1A525212")
    printer.faults.head_hot = False
    printer.speak(1001.0)
    printer.speak(1010.0)
    assert len(printer.receipts) == 1


def test_an_unrecoverable_fault_stays() -> None:
    printer = ReceiptPrinter()
    printer.faults.unrecoverable = True
    printer.hear(b"\x10\x05\x02", 0.0)
    assert status(printer) == bits("1A523212")


def test_a_silent_line_prints_and_answers_nothing() -> None:
    printer = ReceiptPrinter()
    printer.faults.silent = True
    printer.hear(START + b"A\n" + CUT + IN_SEQUENCE, 0.0)
    assert printer.speak(60.0) == b""
    assert status(printer) == (b"",) * 4
    assert len(printer.receipts) == 1


def test_garbage_breaks_the_pattern_of_a_status_byte() -> None:
    printer = ReceiptPrinter()
    printer.faults.garbage = True
    assert all(answer[0] & 0x93 != 0x12 for answer in status(printer))


def test_without_power_it_hears_nothing_and_forgets_its_buffer() -> None:
    printer = ReceiptPrinter(lines_per_s=1.0)
    printer.hear(START + b"A\n" * 20 + CUT, 0.0)
    printer.speak(5.0)
    printer.switch_off()
    assert status(printer) == (b"",) * 4
    printer.switch_on()
    assert status(printer) == bits("12121212")
    printer.speak(2000.0)
    assert printer.receipts == []
    printer.tear_off()
    assert printer.scraps[0].text.split() == ["A"] * 6


def test_a_full_buffer_loses_what_comes_beyond_it() -> None:
    printer = ReceiptPrinter(paper_lines=0)
    printer.hear(START + b"x" * (BUFFER_BYTES + 100), 0.0)
    assert printer.waiting_bytes == BUFFER_BYTES
    assert printer.lost_bytes == 100 + len(START)
