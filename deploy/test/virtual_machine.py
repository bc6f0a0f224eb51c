"""Boots a folder as a machine of its own with a display adapter: kernel, KMS, no desktop.

An emulated processor, so slow; whether the host could do better is not asked. The machine asks for
a picture over its second serial line and waits until it was taken.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TextIO

from PIL import Image

from deploy.test.container import DidNotEnd
from deploy.test.glass import not_idle

BOOT_LIMIT_S = 900.0
IMAGE_BYTES = 4 * 1024**3
PICTURE_LIMIT_S = 60.0
_PAUSE_S = 2.0
_APPEND = "root=/dev/vda rw console=ttyS0 systemd.mask=serial-getty@ttyS0.service quiet"


def boot_with_display(root: Path, work: Path, size: tuple[int, int]) -> Path:
    """Boot `root` until it powers itself off; its disk afterwards. Raises `DidNotEnd`.

    Pictures that it asks for are put into `work`, as PNG.
    """
    disk = work / "disk.ext4"
    disk.unlink(missing_ok=True)
    with disk.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(("mkfs.ext4", "-q", "-d", root, disk), check=True)
    kernel, initrd = (max((root / "boot").glob(f"{name}*")) for name in ("vmlinuz", "initrd.img"))
    control, talk = work / "qmp.sock", work / "talk.sock"
    for path in (control, talk):
        path.unlink(missing_ok=True)
    machine = subprocess.Popen(
        (
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", "2048", "-nodefaults", "-no-reboot", "-nic", "none", "-display", "none",
            "-kernel", kernel, "-initrd", initrd, "-append", _APPEND,
            "-drive", f"file={disk},format=raw,if=virtio",
            "-vga", "none", "-device", f"virtio-gpu-pci,xres={size[0]},yres={size[1]}",
            "-device", "virtio-tablet-pci",
            "-serial", f"file:{work / 'console.log'}", "-serial", f"unix:{talk},server=on,wait=off",
            "-qmp", f"unix:{control},server=on,wait=off",
        ),
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        photographer = threading.Thread(
            target=_take_pictures, args=(machine, control, talk, work), daemon=True
        )
        photographer.start()
        machine.wait(BOOT_LIMIT_S)
        photographer.join(PICTURE_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise DidNotEnd("the machine with a display was too slow; see console.log") from error
    finally:
        machine.kill()
        machine.wait()
    return disk


def file_of(disk: Path, path: str, target: Path) -> Path:
    """Copy a file out of an ext4 disk that nobody has mounted."""
    subprocess.run(
        ("debugfs", "-R", f"dump {path} {target}", disk), check=True, capture_output=True
    )
    return target


def _take_pictures(machine: subprocess.Popen[bytes], control: Path, talk: Path, work: Path) -> None:
    with _connected(machine, talk) as line, _connected(machine, control) as qmp:
        orders, answers = qmp.makefile("w"), qmp.makefile("r")
        print(json.dumps({"execute": "qmp_capabilities"}), file=orders, flush=True)
        for asked in line.makefile("r", encoding="ascii", errors="replace"):
            word, _, name = asked.strip().partition(" ")
            if word == "picture":
                end_s = time.monotonic() + PICTURE_LIMIT_S
                while not _picture(orders, answers, work / f"{name}.png"):
                    if time.monotonic() > end_s:
                        break
                    threading.Event().wait(_PAUSE_S)
                line.sendall(b"taken\n")


def _picture(orders: TextIO, answers: TextIO, target: Path) -> bool:
    """Take one; whether it is of the idle page."""
    dump = target.with_suffix(".ppm")
    order = {"execute": "screendump", "arguments": {"filename": str(dump)}, "id": "picture"}
    print(json.dumps(order), file=orders, flush=True)
    for answer in answers:
        if json.loads(answer).get("id") == "picture":
            break
    picture = Image.open(dump).convert("RGB")
    picture.save(target)
    dump.unlink()
    return not not_idle(picture)


def _connected(machine: subprocess.Popen[bytes], path: Path) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    while True:
        try:
            end.connect(str(path))
            return end
        except (FileNotFoundError, ConnectionRefusedError):
            assert machine.poll() is None, "the machine did not start"
            threading.Event().wait(0.1)
