"""What a code's content and the end of the child process mean to the terminal."""

from __future__ import annotations

from kiosk.drivers.events import CodeSeen, CodeUnreadable, DeviceStatus

SHORTEST_CODE, LONGEST_CODE = 8, 512

NO_CAMERA = "no camera"
OVER_MEMORY = "over its memory ceiling"


def code_event(content: bytes) -> CodeSeen | CodeUnreadable:
    """`CodeSeen` for 8 to 512 printable ASCII characters after trimming, else unreadable.

    The codes of the electronic social security card are opaque; their length is not published
    and the bounds are assumed. No prefix is asked for: sorting them is the session's task.
    """
    text = content.strip(b" \t\r\n")
    printable = all(0x20 <= byte <= 0x7E for byte in text)
    if printable and SHORTEST_CODE <= len(text) <= LONGEST_CODE:
        return CodeSeen(text.decode("ascii"))
    return CodeUnreadable()


def lost_status(raw: str) -> DeviceStatus:
    """The device's status after its child ended with the words `raw`."""
    return DeviceStatus.NO_DEVICE if raw == NO_CAMERA else DeviceStatus.OFFLINE
