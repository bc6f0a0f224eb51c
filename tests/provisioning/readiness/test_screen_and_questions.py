"""The screen by its pictures, and the rest by a person."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device
from provisioning.readiness.questions import QUESTIONS, Answer, answered, questions
from provisioning.readiness.screen import COLOURS, Colour, Picture, colours, page
from provisioning.wire import Outcome

SIZE = 64, 40


def filled(colour: Colour) -> Picture:
    return Picture(*SIZE, bytes(colour) * (SIZE[0] * SIZE[1]))


def test_a_screen_that_shows_what_it_is_told_passes() -> None:
    assert colours(filled).outcome is Outcome.PASSED


def test_a_program_that_runs_before_a_black_screen_is_found_out() -> None:
    found = colours(lambda _colour: filled((0, 0, 0)))
    assert found.outcome is Outcome.FAILED
    assert "red" in found.said


def test_colours_that_changed_places_are_found_out() -> None:
    found = colours(lambda colour: filled((colour[2], colour[1], colour[0])))
    assert found.outcome is Outcome.FAILED


def test_a_stripe_that_stays_dark_is_found_out() -> None:
    def striped(colour: Colour) -> Picture:
        whole = filled(colour).rgb
        return Picture(*SIZE, bytes(3 * SIZE[0] * 4) + whole[3 * SIZE[0] * 4 :])

    assert colours(striped).outcome is Outcome.FAILED


def test_a_column_that_stays_dark_on_a_large_screen_is_found_out() -> None:
    wide, high = 1280, 800
    row = bytes((255, 255, 255)) * (wide - 40) + bytes(3 * 40)

    def look(colour: Colour) -> Picture:
        white = colour == COLOURS["white"]
        return Picture(wide, high, row * high if white else bytes(colour) * (wide * high))

    assert "white" in colours(look).said


def test_a_little_dithering_is_no_fault() -> None:
    def dithered(colour: Colour) -> Picture:
        return filled((min(255, colour[0] + 8), max(0, colour[1] - 8), colour[2]))

    assert colours(dithered).outcome is Outcome.PASSED


@pytest.mark.parametrize("picture", [None, Picture(0, 0, b""), Picture(64, 40, b"short")])
def test_without_a_whole_picture_nothing_is_believed(picture: Picture | None) -> None:
    assert colours(lambda _colour: picture).outcome is Outcome.FAILED
    assert page(picture).outcome is Outcome.FAILED


def test_a_page_is_told_from_a_black_and_from_an_empty_screen() -> None:
    count = SIZE[0] * SIZE[1] // 8
    tones = [(250, 249, 244), (20, 60, 120), (200, 30, 30), (0, 0, 0)] * 2
    shown = page(Picture(*SIZE, b"".join(bytes(tone) * count for tone in tones)))
    assert shown.outcome is Outcome.PASSED
    assert "black" in page(filled((0, 0, 0))).said
    assert "no page" in page(filled((255, 255, 255))).said


def test_a_terminal_is_asked_about_the_devices_it_has() -> None:
    asked = questions([Device.CAMERA])
    assert "camera.clear" in {each.check for each in asked}
    assert "receipt_printer.print_sharp" not in {each.check for each in asked}
    assert questions(list(Device)) == QUESTIONS


def test_answers_become_findings_and_no_answer_is_not_done() -> None:
    asked = questions([])
    answers = {asked[0].check: Answer.YES, asked[1].check: Answer.NO}
    outcomes = [each.outcome for each in answered(asked, answers)]
    assert outcomes[:3] == [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_DONE]
    assert answered(asked, answers)[1].remedy == asked[1].remedy


def test_each_question_is_of_one_check() -> None:
    assert len({each.check for each in QUESTIONS}) == len(QUESTIONS)
