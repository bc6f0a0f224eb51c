"""The simulated camera: its pictures are real ones, read back with the real decoder."""

from __future__ import annotations

import contextlib
import io
import urllib.error
import urllib.request
from typing import Any

import pytest
from PIL import Image
from pyzbar import pyzbar

from simulators.models.camera import HEIGHT_PX, WIDTH_PX, Camera
from simulators.wires.camera_feed import CameraFeed

CODE = "ESSC-990000-TEST-0001"


def seen(jpeg: bytes) -> list[bytes]:
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.size == (WIDTH_PX, HEIGHT_PX)
    return [found.data for found in pyzbar.decode(picture, [pyzbar.ZBarSymbol.QRCODE])]


def opened(url: str) -> Any:
    assert url.startswith("http://127.0.0.1:")
    return urllib.request.urlopen(url, timeout=10)  # noqa: S310  # our own feed


@pytest.mark.parametrize("content", [CODE, "A", "7" * 28, "x" * 512, "https://example.org/?a=1"])
def test_a_code_held_up_can_be_read_from_the_picture(content: str) -> None:
    camera = Camera()
    camera.hold_up(content)
    assert seen(camera.frame_jpeg()) == [content.encode()]
    assert camera.in_view == content.encode()


def test_an_empty_hall_shows_no_code() -> None:
    camera = Camera()
    assert seen(camera.frame_jpeg()) == []
    camera.hold_up(CODE)
    camera.take_away()
    assert seen(camera.frame_jpeg()) == []
    assert camera.in_view is None


@pytest.mark.parametrize("size", [0, 2001])
def test_what_no_symbol_shows_cannot_be_held_up(size: int) -> None:
    camera = Camera()
    with pytest.raises(ValueError, match="cannot be shown"):
        camera.hold_up("x" * size)
    assert camera.in_view is None


def test_the_content_is_not_in_its_words() -> None:
    camera = Camera()
    camera.hold_up(CODE)
    assert CODE not in repr(camera)


def test_the_feed_streams_the_pictures_and_ends_when_closed() -> None:
    camera = Camera()
    camera.hold_up(CODE)
    feed = CameraFeed(camera)
    with contextlib.closing(feed), opened(feed.url) as stream:
        assert stream.readline() == b"--frame\r\n"
        stream.readline()
        size = int(stream.readline().split(b":")[1])
        stream.readline()
        assert seen(stream.read(size)) == [CODE.encode()]
        feed.close()
    feed.close()


def test_the_feed_has_no_other_page() -> None:
    with (
        contextlib.closing(CameraFeed(Camera())) as feed,
        pytest.raises(urllib.error.HTTPError) as refused,
    ):
        opened(feed.url + "/else")
    refused.value.close()
    assert refused.value.code == 404
