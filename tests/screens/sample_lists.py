"""Sample views of a drawn keypad and of a list in pages. All data is invented."""

from __future__ import annotations

from kiosk.screens.view import Button, Layout, Note, Role, Tone, Typed, View
from tests.screens.sample_kit import (
    LEFT,
    back_button,
    leave_button,
    main_button,
    pick,
    title_of,
    tools_of,
)


def typing(lang: str) -> View:
    """A telephone number on drawn keys."""
    keys = tuple(Button(f"digit:{digit}", digit, Role.KEY) for digit in "1234567890")
    return View(
        state="apply.telephone",
        layout=Layout.TYPE,
        language=lang,
        **title_of(lang, "请输入正确的电话号码", "Type the right telephone number"),
        service=pick(lang, "申办、换发社保卡 · 第 4 步，共 7 步", "Card application · step 4 of 7"),
        step=4,
        steps=7,
        blocks=(
            Typed(
                "138 0000 6666",
                pick(lang, "已输入 11 位；要 10 到 12 位", "11 digits so far, of 10 to 12"),
            ),
        ),
        options=(*keys, Button("erase", pick(lang, "删除", "Erase"), Role.KEY)),
        lead=pick(lang, "手机 11 位；座机连区号一起输入。", "A mobile number has 11 digits."),
        bar=(
            back_button(lang),
            leave_button(lang),
            main_button(lang, "对了，继续", "Go on"),
        ),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def pages(lang: str) -> View:
    """A list of more cards than fit, its second page."""
    cards = tuple(
        Button(
            f"card:{n}",
            f"{name}＊＊",
            Role.OPTION,
            pick(lang, f"尾号 41{n}，还在单位", f"Ending 41{n}, with the unit"),
            "card",
        )
        for n, name in enumerate("区司欧简", 12)
    )
    return View(
        state="unit.member",
        layout=Layout.CHOICE,
        language=lang,
        **title_of(lang, "处理哪张卡？", "Which card?"),
        service=pick(lang, "单位经办 · 第 2 步，共 3 步", "Cards of my unit · step 2 of 3"),
        step=2,
        steps=3,
        blocks=(
            Note(
                pick(
                    lang,
                    "已经过期：2026 年 11 月 27 日 周五前应发完，还有 12 张。",
                    "Overdue since Fri 27/11/2026: 12 are left.",
                ),
                Tone.RED,
            ),
        ),
        options=(
            *cards,
            Button(
                "finish", pick(lang, "看结果、打印清单", "See the sum"), Role.OPTION, icon="tick"
            ),
            Button("page_before", pick(lang, "上一页", "Page before"), Role.TURN, icon="back"),
            Button("next_page", pick(lang, "下一页 2／3", "Next page 2/3"), Role.TURN, icon="next"),
        ),
        lead=pick(lang, "本人签收一张，登记一张。", "Mark one for each signature."),
        bar=(back_button(lang), leave_button(lang)),
        tools=tools_of(lang),
        time_left=LEFT,
    )
