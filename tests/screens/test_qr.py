"""A code on the glass is read by what reads codes: a telephone, at every size of screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from pyzbar.pyzbar import decode

ROOT = Path(__file__).parents[2]
CODE = "SSC-PAY:K681R13N9:2000"


@pytest.mark.parametrize("size", ["1080x1920", "1280x800", "800x480"])
def test_the_payment_code_is_read_from_the_screen(
    display: str, run_dir: Path, tmp_path: Path, size: str
) -> None:
    out = tmp_path / "screen.png"
    words = [str(run_dir / "fonts"), size, CODE, str(out)]
    subprocess.run(
        [sys.executable, "-m", "tests.screens.qr_glass", *words],
        cwd=ROOT,
        env={**os.environ, "DISPLAY": display, "HOME": str(run_dir / "home")},
        check=True,
        capture_output=True,
        timeout=60,
    )
    picture = Image.open(out)
    for part in (1, 2):  # from near, and from farther away
        seen = picture.resize((picture.width // part, picture.height // part))
        assert [found.data.decode() for found in decode(seen)] == [CODE]
