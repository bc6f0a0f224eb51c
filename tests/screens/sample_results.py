"""Sample views of what came of a service. All data is invented."""

from __future__ import annotations

from dataclasses import replace

from kiosk.screens.view import (
    Advice,
    Amount,
    Button,
    Chain,
    ChainStep,
    Ends,
    Facts,
    Hotlines,
    Layout,
    Note,
    Role,
    StepState,
    Tone,
    View,
)
from tests.screens.sample_kit import (
    LEFT,
    back_button,
    main_button,
    pick,
    receipt_button,
    title_of,
    tools_of,
)
from tests.screens.sample_steps import banks, choice


def balances(lang: str) -> View:
    """Two balances."""
    return View(
        state="balance.result",
        layout=Layout.RESULT,
        language=lang,
        **title_of(lang, "您的余额", "Your balances"),
        service=pick(lang, "查余额 · 第 4 步，共 4 步", "Balances · step 4 of 4"),
        step=4,
        steps=4,
        step_done=True,
        blocks=(
            Amount(
                pick(lang, "医保个人账户", "Medical account"),
                "¥ 3,286.40",
                pick(lang, "可用于本市定点医院、药店", "For listed hospitals and pharmacies"),
                main=True,
            ),
            Amount(
                pick(lang, "金融账户 · 东莞银行", "Financial account · Bank of Dongguan"),
                "¥ 812.05",
                pick(lang, "免年费、免小额账户管理费", "No annual fee, no small-account fee"),
            ),
            Ends(
                pick(lang, "本人　卡号尾号 2735", "Card ending in 2735"),
                pick(lang, "银行答复于 10:34:07", "Bank's answer at 10:34:07"),
            ),
        ),
        options=(
            Button(
                "cover",
                pick(lang, "身后有人？点这里遮住金额", "Someone behind you? Touch to hide"),
                Role.OPTION,
                icon="eye",
            ),
        ),
        bar=(receipt_button(lang), main_button(lang, "完成，取卡", "Finish, take card")),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def queued(lang: str) -> View:
    """A loss report that waits."""
    return View(
        state="loss.queued",
        layout=Layout.RESULT,
        language=lang,
        **title_of(lang, "挂失已登记，但还没有生效", "Taken, but not in force yet"),
        service=pick(lang, "挂失 · 最后一步", "Loss report · last step"),
        step=4,
        steps=4,
        blocks=(
            Chain(
                (
                    ChainStep(
                        pick(lang, "本机已保存", "Saved on this terminal"),
                        pick(
                            lang,
                            "今天 10:32，受理号 7K4 · 2MX · 9QD",
                            "Today 10:32, number 7K4 · 2MX · 9QD",
                        ),
                        StepState.DONE,
                    ),
                    ChainStep(
                        pick(lang, "等待送达银行", "On its way to the bank"),
                        pick(
                            lang,
                            "线路暂时中断，恢复后第一个发送",
                            "The line is down; it goes first when it is back",
                        ),
                        StepState.NOW,
                    ),
                    ChainStep(
                        pick(lang, "银行冻结卡片", "The bank freezes the card"),
                        pick(lang, "冻结前，卡仍可能被使用", "Until then it may still be used"),
                        StepState.LATER,
                    ),
                )
            ),
            Note(
                pick(lang, "着急？现在就打电话，立即冻结：", "In a hurry? Call and freeze it now:"),
                Tone.AMBER,
                "95×××",
                pick(
                    lang,
                    "电话挂失与本次登记不冲突，不用重复办理。",
                    "A call does not conflict with this report.",
                ),
            ),
        ),
        lead=pick(
            lang,
            "口头挂失自银行受理起 5 天内有效；请在 5 天内带身份证到网点办理书面挂失。",
            "An oral report lapses 5 days after the bank takes it; bring your ID card to a branch.",
        ),
        options=(Button("why", pick(lang, "为什么？", "Why?"), Role.LINK),),
        bar=(receipt_button(lang), main_button(lang, "知道了，结束", "Understood, finish")),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def queued_for_all(lang: str) -> View:
    """A loss report that waits, for cards of banks nobody knows yet; the receipt did not print."""
    view = queued(lang)
    chain, _ = view.blocks
    names = [option.text for option in banks(lang).options]
    return replace(
        view,
        blocks=(
            chain,
            Hotlines(
                pick(lang, "着急？现在就打发卡银行电话：", "Urgent? Call the issuing bank now:"),
                tuple((name, f"9500{number}") for number, name in enumerate(names, 1)),
                pick(lang, "电话挂失与本次登记不冲突。", "A call does not clash with this report."),
            ),
            Note(pick(lang, "凭条没有打出来：纸用完了。", "The receipt did not print: no paper.")),
        ),
        lead=pick(lang, "口头挂失自银行受理起 5 天内有效。", "Once accepted it holds for 5 days."),
    )


def confirm(lang: str) -> View:
    """Three buttons in the bar."""
    return replace(
        lost(lang),
        layout=Layout.RESULT,
        options=(),
        bar=(
            back_button(lang),
            Button("leave", pick(lang, "退出", "Stop")),
            main_button(lang, "确认挂失", "Report it lost"),
        ),
    )


def done(lang: str) -> View:
    """A short success with its picture."""
    return View(
        state="activate.done",
        layout=Layout.RESULT,
        language=lang,
        **title_of(lang, "新卡已激活", "Your new card is active"),
        service=pick(lang, "激活新卡 · 完成", "Activation · done"),
        step=6,
        steps=6,
        step_done=True,
        tone=Tone.JADE,
        picture="done",
        blocks=(
            Facts(
                (
                    (pick(lang, "医保账户", "Medical account"), pick(lang, "可用", "ready")),
                    (pick(lang, "金融账户", "Financial account"), pick(lang, "可用", "ready")),
                    (pick(lang, "卡号尾号", "Card ends in"), "2735"),
                )
            ),
        ),
        lead=pick(lang, "两个账户同时启用，密码已分别设好。", "Both accounts opened together."),
        bar=(receipt_button(lang), main_button(lang, "完成，取卡", "Finish, take card")),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def refused(lang: str) -> View:
    """A refusal."""
    return View(
        state="replace.refused",
        layout=Layout.NOTICE,
        language=lang,
        **title_of(lang, "现在还不能补卡", "A replacement is not possible yet"),
        service=pick(lang, "补卡、换卡", "Replacement"),
        tone=Tone.RED,
        picture="refused",
        caption=pick(lang, "要先办书面挂失", "A written loss report comes first"),
        blocks=(
            Advice(
                pick(lang, "现在怎么办", "What to do now"),
                pick(
                    lang,
                    "带身份证原件和复印件，现在就可以在这里办书面挂失，办完马上能补卡。",
                    "With your ID card and a copy of it you can make a written report here now.",
                ),
                pick(lang, "问大厅 3 号柜台，或拨打 12333。", "Ask at counter 3, or call 12333."),
            ),
        ),
        why=Note(
            pick(lang, "办了书面挂失才能补卡。", "Only after a written loss report."),
            Tone.CALM,
            after="REPLACE.NEEDS_WRITTEN_LOSS",
        ),
        options=(
            Button("written", pick(lang, "去办书面挂失", "Make a written report"), Role.PLAIN),
            Button("why", pick(lang, "为什么？", "Why?"), Role.LINK),
        ),
        lead=pick(lang, "这不收费。", "It costs nothing."),
        bar=(back_button(lang), main_button(lang, "知道了，结束", "Understood, finish")),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def printer_out(lang: str) -> View:
    """A trouble that does not stop the service."""
    return View(
        state="notice.paper_out",
        layout=Layout.NOTICE,
        language=lang,
        **title_of(lang, "没有凭条纸了", "There is no receipt paper"),
        tone=Tone.AMBER,
        picture="printer",
        blocks=(
            Note(
                pick(
                    lang,
                    "业务照常办理，只是不能打印。请记下受理号，或者用手机拍下屏幕。",
                    "Everything else works. Write down the number, or take a photo.",
                ),
                Tone.AMBER,
                "7K4 · 2MX · 9QD",
            ),
        ),
        bar=(main_button(lang, "知道了", "Understood"),),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def lost(lang: str) -> View:
    """Who lost what: a choice with a picture."""
    return replace(
        choice(lang),
        state="loss.confirm",
        **title_of(lang, "确认要挂失这张卡吗？", "Report this card as lost?"),
        service=pick(lang, "挂失 · 第 3 步，共 4 步", "Loss report · step 3 of 4"),
        step=3,
        steps=4,
        picture="lost",
        tone=Tone.RED,
        blocks=(
            Facts(
                (
                    (pick(lang, "持卡人", "Holder"), "*小明"),
                    (pick(lang, "卡号尾号", "Card ends in"), "2735"),
                )
            ),
        ),
        options=(
            Button("yes", pick(lang, "确认，立即挂失", "Yes, report it now"), Role.PRIMARY),
            Button("no", pick(lang, "不是这张卡", "Not this card"), Role.PLAIN),
        ),
        lead=pick(lang, "挂失不收费。", "Reporting a loss is free."),
    )
