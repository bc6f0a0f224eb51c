"""The pages of technician mode as views. Nothing of a cardholder can be on them: none is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.drivers.events import Device
from kiosk.drivers.health import HealthWord
from kiosk.fsm.library.typing import DIGITS, DONE, ERASE, key_of
from kiosk.fsm.session import Session
from kiosk.fsm.staff import pages, room
from kiosk.fsm.staff.duty import CODE_DIGITS, COUNT_DIGITS, NUMBER_DIGITS, Duty, Paper, Test
from kiosk.fsm.staff.words import Act, ActFailed, BinEmptied, JournalExported
from kiosk.messages.catalogue import Messages, messages
from kiosk.place import Place
from kiosk.screens.staff_facts import StaffFacts
from kiosk.screens.view import (
    Advice,
    Block,
    Button,
    Dots,
    Facts,
    Layout,
    Note,
    Role,
    Tone,
    Typed,
    View,
)

_ICONS = {
    Device.CARD_READER: "card",
    Device.ID_SCANNER: "id",
    Device.PIN_PAD: "keypad",
    Device.RECEIPT_PRINTER: "printer",
    Device.CAMERA: "eye",
}
_TEST_PICTURES = {
    Device.CARD_READER: "insert_card",
    Device.ID_SCANNER: "lay_id",
    Device.PIN_PAD: "pin_pad",
    Device.RECEIPT_PRINTER: "printer",
    Device.CAMERA: "hold_code",
}
_TASK_ICONS = {
    "paper": "printer",
    "cards": "card",
    "queue": "list",
    Act.EXPORT: "page",
    Act.CLOSE: "cross",
    Act.OPEN: "tick",
    Act.RESTART: "swap",
    Act.SIGN_OFF: "check",
}
_PAPER_PICTURES = {Paper.SHARP: "done", Paper.LOOK: "take_receipt"}
_TEST_DIGITS = 6
_HEAD_SHOWN = 16  # of the journal's digest: enough to compare by eye


def staff_view(session: Session, place: Place, wall: datetime, words: Messages) -> View:
    """The view of a page of technician mode."""
    other = messages("en" if words.language == "zh" else "zh")
    return _Page(session, StaffFacts(session, place, wall, words), words, other).view()


@dataclass(frozen=True, slots=True)
class _Page:
    """One view in the making."""

    session: Session
    facts: StaffFacts
    words: Messages
    other: Messages

    @property
    def duty(self) -> Duty:
        return self.session.situation.worker

    def view(self) -> View:
        """The page, with what stands on every one: who works here, and a card that came meanwhile."""
        made = self._made()
        duty, words = self.duty, self.words
        who = words("staff.who_new")
        if duty.technician:
            people = f"{duty.technician} + {duty.second}" if duty.second else duty.technician
            who = words("staff.who", technician=people)
        blocks = made.blocks
        if duty.card_came:
            blocks = (Note(words("staff.card_came")), *blocks)
        return replace(made, service=who, blocks=blocks)

    def _made(self) -> View:
        makers: dict[str, Callable[[], View]] = {
            pages.NUMBER: self._number,
            pages.CODE: lambda: self._typing("staff.code", CODE_DIGITS),
            pages.COUNT: lambda: self._typing("staff.count", COUNT_DIGITS, shortest=1),
            pages.REFUSED: self._refused,
            pages.OVERVIEW: self._overview,
            pages.DEVICE: self._device,
            pages.TEST: self._test,
            pages.TASKS: self._tasks,
            pages.PAPER: self._paper,
            pages.CARDS: self._cards,
            pages.QUEUE: self._queue,
            pages.CONFIRM: self._confirm,
            pages.DOING: self._doing,
            pages.DONE: self._done,
        }
        return makers[self.session.state]()

    def _titled(self, layout: Layout, key: str, lead: str = "", **values: object) -> View:
        """A view with its title in both languages, and its line of explanation if it has one."""
        words = self.words
        other_values = dict(values)
        if "device" in values:
            other_values["device"] = self.other(f"device.{self.duty.device}")
        return View(
            state=self.session.state,
            layout=layout,
            language=words.language,
            title=words(key, **values),
            second=self.other(key, **other_values),
            lead=words(lead) if lead else "",
        )

    def _can(self) -> tuple[str, ...]:
        """The buttons that do something now."""
        return room.buttons(self.session.state, self.session.situation)

    def _bar(self, *main: tuple[str, str]) -> tuple[Button, ...]:
        """Back, out, and the main action where it does something: (button, key of its text)."""
        can, words = self._can(), self.words
        bar = (Button("back", words("button.back"), Role.QUIET),) if "back" in can else ()
        out = "staff.sign_out" if self.duty.technician else "button.leave"
        bar = (*bar, Button("leave", words(out))) if "leave" in can else bar
        return (
            *bar,
            *(Button(name, words(key), Role.PRIMARY) for name, key in main if name in can),
        )

    # --- coming in -----------------------------------------------------------------------

    def _number(self) -> View:
        second = "_second" if self.duty.technician else ""
        return self._typing(f"staff.number{second}", NUMBER_DIGITS)

    def _typing(self, key: str, longest: int, shortest: int | None = None) -> View:
        can, words, typed = self._can(), self.words, self.duty.typed
        keys = tuple(
            Button(key_of(each), each, Role.KEY, enabled=key_of(each) in can)
            for each in f"{DIGITS}0"
        )
        least = longest if shortest is None else shortest
        note = words("typed.note", n=len(typed), shortest=least, longest=longest)
        if least == longest:
            note = words("staff.typed", n=len(typed), longest=longest)
        shown = " ".join(typed[n : n + NUMBER_DIGITS] for n in range(0, len(typed), NUMBER_DIGITS))
        done = Button(DONE, words("button.typed"), Role.PRIMARY, enabled=DONE in can)
        return replace(
            self._titled(Layout.TYPE, f"{key}.title", f"{key}.lead"),
            blocks=(Typed(shown, note),),
            options=(
                *keys,
                Button(ERASE, words("button.erase"), Role.KEY, enabled=ERASE in can),
            ),
            bar=(*self._bar(), done),
        )

    def _refused(self) -> View:
        refused, words = self.duty.refused, self.words
        assert refused is not None
        key, minutes = f"staff.refused.{refused.reason}", -(-refused.locked_for_s // 60)
        text = words(f"{key}.do", tries_left=refused.tries_left, minutes=minutes)
        return replace(
            self._titled(Layout.NOTICE, "staff.refused.title"),
            caption=words(f"{key}.what"),
            picture="refused",
            tone=Tone.RED,
            blocks=(Advice(words("common.do"), text),),
            bar=self._bar(("again", "button.again")),
        )

    # --- looking -------------------------------------------------------------------------

    def _overview(self) -> View:
        # A card that came is gone in a moment; until then its word takes the room.
        notes = () if self.duty.card_came else self.facts.standing_notes()
        return replace(
            self._titled(Layout.DESK, "staff.overview.title"),
            blocks=(*notes, Facts(self.facts.terminal())),
            options=tuple(
                Button(
                    f"{room.DEVICE_MARK}{device}",
                    self.words(f"device.{device}"),
                    Role.OPTION,
                    self.facts.device_line(device),
                    _ICONS[device] if self.facts.health(device) is HealthWord.GOOD else "alert",
                )
                for device in Device
            ),
            bar=self._bar(("tasks", "staff.overview.tasks")),
        )

    def _device(self) -> View:
        device, words = self.duty.device, self.words
        assert device is not None
        paper: tuple[Button, ...] = ()
        if "paper" in self._can():
            paper = (Button("paper", words("staff.device.paper"), Role.OPTION, icon="printer"),)
        return replace(
            self._titled(Layout.RESULT, "staff.device.title", device=words(f"device.{device}")),
            blocks=(self.facts.remedy(device), Facts(self.facts.device(device))),
            options=paper,
            bar=self._bar(("test", "staff.device.test")),
        )

    def _test(self) -> View:
        duty, words, device = self.duty, self.words, self.duty.device
        assert device is not None
        made = replace(
            self._titled(
                Layout.INSTRUCT,
                "staff.test.title",
                "staff.test.lead",
                device=words(f"device.{device}"),
            ),
            picture=_TEST_PICTURES[device],
            caption=words(f"staff.test.asked_{device}"),
            bar=self._bar(("again", "staff.test.again")),
        )
        match duty.test:
            case Test.ASKED if device is Device.PIN_PAD:
                return replace(made, blocks=(Dots(duty.digits, _TEST_DIGITS),))
            case Test.HALF:
                caption = words(f"staff.test.half_{device}")
                return replace(made, picture="take_card", caption=caption)
            case Test.PASSED:
                note = Note(words("staff.test.passed"), Tone.JADE)
                caption = words(f"staff.test.passed_{device}")
                return replace(
                    made, picture="done", caption=caption, tone=Tone.JADE, blocks=(note,)
                )
            case Test.FAILED:
                note = Note(words("staff.test.failed", word=duty.word), Tone.RED)
                return replace(made, blocks=(note,))
        return made

    def _cards(self) -> View:
        return replace(
            self._titled(Layout.RESULT, "staff.cards.title", "staff.cards.lead"),
            blocks=self.facts.cards(),
            bar=self._bar(("count", "staff.cards.count")),
        )

    def _queue(self) -> View:
        return replace(
            self._titled(Layout.RESULT, "staff.queue.title", "staff.queue.lead"),
            blocks=self.facts.queue(),
            bar=self._bar(("look", "staff.queue.look")),
        )

    # --- doing ---------------------------------------------------------------------------

    def _tasks(self) -> View:
        names = [each for each in self._can() if each not in ("back", "leave")]
        return replace(
            self._titled(Layout.IDLE, "staff.tasks.title"),
            options=tuple(self._task(each) for each in names),
            bar=self._bar(),
        )

    def _task(self, name: str) -> Button:
        act = name.removeprefix(room.ACT_MARK)
        key = f"staff.tasks.{name}" if act == name else f"staff.act.{act}.name"
        return Button(name, self.words(key), Role.TILE, self.other(key), _TASK_ICONS[act])

    def _paper(self) -> View:
        words, stage = self.words, self.duty.paper
        answers = tuple(
            Button(name, words(f"staff.paper.{key}"), Role.OPTION, icon=icon)
            for name, key, icon in (("sharp", "yes", "tick"), ("blurred", "no", "cross"))
            if name in self._can()
        )
        return replace(
            self._titled(Layout.INSTRUCT, "staff.paper.title"),
            picture=_PAPER_PICTURES.get(stage, "printer"),
            caption=words(f"staff.paper.{stage}", word=self.duty.word),
            tone=Tone.JADE if stage is Paper.SHARP else Tone.CALM,
            options=answers,
            bar=self._bar(("print", "staff.paper.print")),
        )

    def _confirm(self) -> View:
        act, words = self.duty.act, self.words
        assert act is not None
        two = pages.takes_two(act, self.session.situation)
        key = f"staff.act.{act}"
        return replace(
            self._titled(Layout.NOTICE, f"{key}.title", found=self.duty.found),
            blocks=(
                Advice(
                    words(f"{key}.go"), words(f"{key}.text"), words("staff.act.two") if two else ""
                ),
            ),
            bar=self._bar(("confirm", f"{key}.go")),
        )

    def _doing(self) -> View:
        act, words = self.duty.act, self.words
        ends = act in (Act.RESTART, Act.SIGN_OFF)
        caption = f"staff.act.{act}.doing" if ends else "staff.doing.caption"
        return replace(
            self._titled(Layout.WAIT, "staff.doing.title"),
            picture="closed",
            caption=words(caption),
        )

    def _done(self) -> View:
        result, words, act = self.duty.result, self.words, self.duty.act
        blocks: tuple[Block, ...]
        key = f"staff.act.{act}"
        match result:
            case ActFailed(_, trouble):
                blocks = (Note(words(f"staff.trouble.{trouble}"), Tone.RED),)
            case BinEmptied(found, booked, moving):
                how = "agrees" if result.agrees else "differs"
                text = words(f"{key}.{how}", found=found, booked=booked, moving=moving)
                blocks = (Note(text, Tone.JADE if result.agrees else Tone.AMBER),)
            case JournalExported(name, size, head):
                rows = (
                    (words(f"{key}.size"), f"{size / 1000:,.1f} kB"),
                    (words(f"{key}.head"), f"{head[:_HEAD_SHOWN]}…"),
                )
                blocks = (Note(words(f"{key}.done", name=name), Tone.JADE), Facts(rows))
            case _:
                blocks = (Note(words(f"{key}.done"), Tone.JADE),)
        failed = isinstance(result, ActFailed)
        return replace(
            self._titled(Layout.RESULT, "staff.done.not_title" if failed else "staff.done.title"),
            picture="refused" if failed else "done",
            tone=Tone.RED if failed else Tone.JADE,
            blocks=blocks,
            bar=(
                Button("leave", words("staff.sign_out")),
                Button("back", words("staff.done.back"), Role.PRIMARY),
            ),
        )
