"""The paper: what a service has to say, as blocks for the receipt printer.

A receipt names the rule it follows, says what is in force and what is not, and carries no
name and no number beyond a card's last four characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kiosk.drivers.orders import Align, Block, Line, Pair, PrintReceipt, QrCode, Rule
from kiosk.fsm.leftover import tell
from kiosk.fsm.session import Session
from kiosk.fsm.telling import ByRule, Call, Code, Fact, OnPaper, Say
from kiosk.messages.catalogue import messages
from kiosk.place import Place
from kiosk.writer import Writer


def receipt_of(session: Session, place: Place, wall: datetime) -> PrintReceipt:
    """The receipt of the visit as it stands."""
    now = session.situation
    if now.leftover is not None:
        name, told = "card_kept", tell(now.leftover)
    else:
        name, told = session.service.name, session.service.tell(now)
    words = messages(now.wishes.language)
    write = Writer(words, place, wall, on_paper=True)
    head: list[Block] = [
        Line(words("receipt.heading"), bold=True, align=Align.CENTRE),
        Line(words(f"service.{name}.receipt"), big=True, align=Align.CENTRE),
        Line(place.site[words.language], align=Align.CENTRE),
        Rule(),
    ]
    body = [block for part in told.paper for block in _blocks(part, write)]
    foot: list[Block] = [
        Rule(),
        Pair(words("receipt.terminal"), place.terminal_id),
        Pair(words("receipt.printed_at"), f"{wall:%Y-%m-%d %H:%M:%S}"),
        Line(words("common.help", helpline=place.helpline)),
    ]
    return PrintReceipt((*head, *body, *foot))


def trial_page(place: Place, language: str, wall: datetime) -> PrintReceipt:
    """What a technician prints to see that the print is sharp: letters, a fine pattern, a code."""
    words = messages(language)
    return PrintReceipt(
        (
            Line(words("staff.page.heading"), big=True, align=Align.CENTRE),
            Line(place.site[language], align=Align.CENTRE),
            Rule(),
            Line(words("staff.page.letters")),
            Line(words("staff.page.letters"), bold=True),
            Line("|" * 32),
            Line("0123456789 0123456789 012345678"),
            QrCode(f"SSC-TEST:{place.terminal_id}", words("staff.page.code")),
            Rule(),
            Pair(words("receipt.terminal"), place.terminal_id),
            Pair(words("receipt.printed_at"), f"{wall:%Y-%m-%d %H:%M:%S}"),
        )
    )


def _blocks(part: OnPaper, write: Writer) -> Iterator[Block]:
    match part:
        case Fact(label, value, bold):
            yield Pair(write(label), write(value), bold)
        case Say():
            yield Line(write(part))
        case Code(text, caption):
            yield QrCode(text, write(caption))
        case ByRule(rules):
            yield Pair(write.words("receipt.rule"), " ".join(rules))
        case Call():
            for bank in write.banks(part):
                name = bank.name_zh if write.words.language == "zh" else bank.name_en
                yield Pair(name, bank.hotline, bold=True)
