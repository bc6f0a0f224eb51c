"""Draws a payment code on a real window: `python -m tests.screens.qr_glass FONTS SIZE TEXT OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk.screens.fonts import prepare_fonts
from kiosk.screens.view import Button, Layout, Qr, Role, View
from kiosk.screens.window import Screens
from tests.screens.gallery import png
from tests.screens.sample_kit import NOW_S


def main() -> None:
    fonts, size, text, out = sys.argv[1:]
    width, height = (int(part) for part in size.split("x"))
    view = View(
        state="replace.pay",
        layout=Layout.RESULT,
        language="zh",
        title="请扫码付费 ¥ 20.00",
        blocks=(Qr(text, "用手机扫一扫付款。"),),
        bar=(Button("confirm", "我已付款", Role.PRIMARY),),
    )
    screens = Screens(
        size=(width, height),
        fonts=prepare_fonts(Path(fonts)),
        on_press=lambda _button: None,
        now_s=lambda: NOW_S,
    )
    screens.show(view)
    Path(out).write_bytes(png(*screens.capture()))


if __name__ == "__main__":
    main()
