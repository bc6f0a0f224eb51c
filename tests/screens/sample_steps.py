"""Sample views of the steps of a service. All data is invented."""

from __future__ import annotations

from dataclasses import replace

from kiosk.screens.view import (
    Button,
    Dots,
    Layout,
    Note,
    Ready,
    ReadyRow,
    Role,
    TimeLeft,
    Tone,
    View,
)
from tests.screens.sample_kit import (
    LEFT,
    NOW_S,
    back_button,
    leave_button,
    pick,
    title_of,
    tools_of,
)


def idle(lang: str) -> View:
    """The nine services."""
    services = (
        ("lost", "卡丢了，马上挂失", "My card is lost: report it now", "alert"),
        ("balance", "查余额", "Balances", "card"),
        ("unlock", "密码解锁、重置", "Unlock, reset a password", "lock"),
        ("activate", "激活新卡", "Activate a new card", "check"),
        ("replace", "补卡、换卡", "Replace or change a card", "swap"),
        ("where", "我的卡到哪了", "Where is my card?", "search"),
        ("records", "参保缴费记录", "Payment records", "page"),
        ("ecard", "电子社保卡", "Electronic card", "phone"),
        ("more", "其他服务、网点", "More, branches, help", "list"),
    )
    options = tuple(
        Button(
            name,
            pick(lang, zh, en),
            Role.URGENT if name == "lost" else Role.TILE,
            pick(lang, en, zh),
            icon,
        )
        for name, zh, en, icon in services
    )
    return View(
        state="idle",
        layout=Layout.IDLE,
        language=lang,
        **title_of(lang, "您好，要办什么？", "Hello. What can we do for you?"),
        options=options,
        tools=tools_of(lang),
        footer=(
            pick(lang, "示例医院 · 1 号机", "Sample Hospital · No. 1"),
            pick(lang, "10:32　11 月 23 日 周一", "10:32　Mon 23 Nov"),
            pick(lang, "帮助 12333", "Help 12333"),
        ),
        corner=Button("staff", pick(lang, "工作人员", "Staff"), Role.CORNER),
    )


def idle_few(lang: str) -> View:
    """Three services with no line, and what to have ready."""
    view = idle(lang)
    things = (
        ("id", pick(lang, "身份证原件", "ID card, original")),
        ("card", pick(lang, "社会保障卡", "Social security card")),
        ("keypad", pick(lang, "金融账户密码", "Account password")),
    )
    rows = (
        ReadyRow(pick(lang, "办挂失", "To report a loss"), things[:1]),
        ReadyRow(pick(lang, "查两个账户余额", "To see balances"), things),
    )
    return replace(
        view,
        options=view.options[:3],
        blocks=(
            Note(
                pick(lang, "到银行的线路暂时中断。", "The line to the bank is down."),
                after=pick(lang, "着急请打电话。", "If it cannot wait, call."),
            ),
        ),
        ready=Ready(pick(lang, "请准备好", "Please have ready"), rows),
        lead=pick(lang, "需要帮忙？拨打 12333。", "Need help? Call 12333."),
    )


def card_in(lang: str) -> View:
    """A card before a service: tiles, and the way out with it."""
    return replace(
        idle_few(lang),
        state="card_first",
        ready=None,
        corner=None,
        footer=(),
        bar=(Button("leave", pick(lang, "取卡退出", "Stop, take card")),),
        time_left=LEFT,
    )


def insert_card(lang: str) -> View:
    """The card into its slot."""
    return View(
        state="balance.insert_card",
        layout=Layout.INSTRUCT,
        language=lang,
        **title_of(lang, "请插入社会保障卡", "Insert your social security card"),
        service=pick(lang, "查余额 · 第 2 步，共 4 步", "Balances · step 2 of 4"),
        step=2,
        steps=4,
        picture="insert_card",
        caption=pick(lang, "芯片朝上、朝前，插到底", "Chip up and first, all the way in"),
        lead=pick(
            lang,
            "卡在机器里时请不要拔出，办完会提醒您取卡。",
            "Leave the card in while we work. We will remind you to take it.",
        ),
        bar=(back_button(lang), leave_button(lang)),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def _instruct(
    lang: str, picture: str, title: tuple[str, str], caption: tuple[str, str], lead: tuple[str, str]
) -> View:
    return replace(
        insert_card(lang),
        state=f"sample.{picture}",
        **title_of(lang, *title),
        picture=picture,
        caption=pick(lang, *caption),
        lead=pick(lang, *lead),
        step=1,
        service=pick(lang, "挂失 · 第 1 步，共 4 步", "Loss report · step 1 of 4"),
    )


def lay_id(lang: str) -> View:
    """The identity card onto its reader."""
    return _instruct(
        lang,
        "lay_id",
        ("请放身份证", "Lay your ID card on the reader"),
        ("人像朝上，平放在亮灯处", "Photo side up, flat on the lit area"),
        ("只用来确认是您本人，办完不留存。", "Only to confirm that it is you. Nothing is kept."),
    )


def take_card(lang: str) -> View:
    """The card out of its slot."""
    view = _instruct(
        lang,
        "take_card",
        ("请取回您的卡", "Take your card"),
        ("30 秒内未取，卡会被收回保管", "After 30 seconds the card is taken in for safety"),
        ("别忘了身份证。", "Do not forget your ID card."),
    )
    return replace(
        view, tone=Tone.JADE, bar=(), time_left=TimeLeft(30, NOW_S + 9), step=4, step_done=True
    )


def take_receipt(lang: str) -> View:
    """The receipt."""
    return _instruct(
        lang,
        "take_receipt",
        ("请取凭条", "Take your receipt"),
        ("凭条上有受理号，请收好", "It has your reference number; keep it"),
        ("凭条不印姓名和完整卡号。", "It shows no name and no whole card number."),
    )


def hold_code(lang: str) -> View:
    """The electronic card's code."""
    return _instruct(
        lang,
        "hold_code",
        ("请出示电子社保卡二维码", "Show the code of your electronic card"),
        ("屏幕朝上，离窗口 10 厘米", "Screen up, 10 cm from the window"),
        ("二维码每分钟更新，请勿截屏。", "The code changes every minute; no screenshots."),
    )


def pin(lang: str) -> View:
    """Four of six digits."""
    return View(
        state="balance.enter_pin",
        layout=Layout.PIN,
        language=lang,
        **title_of(lang, "请在密码键盘上输入密码", "Enter your password on the keypad"),
        service=pick(lang, "查余额 · 第 3 步，共 4 步", "Balances · step 3 of 4"),
        step=3,
        steps=4,
        blocks=(Dots(4, 6),),
        picture="pin_pad",
        caption=pick(lang, "6 位数字，按绿键确认", "Six digits, then the green key"),
        lead=pick(
            lang,
            "请用手挡住键盘。工作人员不会问您的密码。",
            "Shield the keypad with your hand. Staff never ask for your password.",
        ),
        bar=(back_button(lang), leave_button(lang)),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def wait(lang: str) -> View:
    """Waiting for the bank."""
    return View(
        state="balance.ask_bank",
        layout=Layout.WAIT,
        language=lang,
        **title_of(lang, "正在向银行查询", "Asking your bank"),
        service=pick(lang, "查余额 · 第 4 步，共 4 步", "Balances · step 4 of 4"),
        step=4,
        steps=4,
        picture="bank",
        caption=pick(lang, "一般几秒钟就好", "This takes a few seconds"),
        lead=pick(lang, "请不要拔卡。", "Please leave the card in."),
        bar=(leave_button(lang),),
        tools=tools_of(lang),
        time_left=TimeLeft(20, NOW_S + 17),
    )


def choice(lang: str) -> View:
    """Which password."""
    return View(
        state="unlock.which_account",
        layout=Layout.CHOICE,
        language=lang,
        **title_of(lang, "要重置哪个密码？", "Which password?"),
        service=pick(lang, "密码解锁、重置 · 第 1 步，共 5 步", "Password · step 1 of 5"),
        step=1,
        steps=5,
        options=(
            Button(
                "medical",
                pick(lang, "医保账户密码", "Medical account"),
                Role.OPTION,
                pick(lang, "看病、买药时用", "For hospitals and pharmacies"),
                "card",
            ),
            Button(
                "financial",
                pick(lang, "金融账户密码", "Financial account"),
                Role.OPTION,
                pick(lang, "取款、转账、消费时用", "For cash, transfers and shops"),
                "bank",
            ),
            Button(
                "both",
                pick(lang, "两个都要", "Both"),
                Role.OPTION,
                pick(lang, "线路中断，现在不能办", "No line to the bank just now"),
                "lock",
                enabled=False,
            ),
        ),
        lead=pick(
            lang,
            "两个密码各管各的账户，互不影响。",
            "Each password opens its own account and no other.",
        ),
        bar=(back_button(lang), leave_button(lang)),
        tools=tools_of(lang),
        time_left=LEFT,
    )


def banks(lang: str) -> View:
    """Six answers with long names."""
    names = (
        ("东莞银行", "Bank of Dongguan"),
        ("广发银行东莞分行", "China Guangfa Bank Dongguan Branch"),
        ("中国银行东莞分行", "Bank of China Dongguan Branch"),
        ("中国建设银行东莞分行", "China Construction Bank Dongguan Branch"),
        ("中国工商银行东莞分行", "Industrial and Commercial Bank of China Dongguan Branch"),
        ("中国农业银行东莞分行", "Agricultural Bank of China Dongguan Branch"),
    )
    return replace(
        choice(lang),
        state="apply.choose_bank",
        **title_of(lang, "请选择发卡银行", "Choose the issuing bank"),
        service=pick(lang, "申领 · 第 2 步，共 6 步", "Application · step 2 of 6"),
        options=tuple(
            Button(f"bank_{i}", pick(lang, zh, en), Role.OPTION, icon="bank")
            for i, (zh, en) in enumerate(names)
        ),
        lead="",
    )
