"""The view of a session: state and visit in, texts, buttons and blocks out. No Kivy here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kiosk.drivers.events import Device
from kiosk.fsm import leftover
from kiosk.fsm import plan as states
from kiosk.fsm.library.choosing import Choose, Confirm
from kiosk.fsm.library.ending import ShowResult
from kiosk.fsm.library.typing import TypeNumber
from kiosk.fsm.session import Session
from kiosk.fsm.steps import Face, Service, Step
from kiosk.fsm.telling import Code, Say
from kiosk.fsm.visit import SlotUse, Visit
from kiosk.messages.catalogue import messages
from kiosk.place import Place, bank_name
from kiosk.screens import asked, told
from kiosk.screens.naming import DeviceName
from kiosk.screens.offer import ready, tiles
from kiosk.screens.staff import staff_view
from kiosk.screens.view import (
    Advice,
    Block,
    Button,
    Dots,
    Hotlines,
    Layout,
    Note,
    Role,
    TimeLeft,
    Tone,
    View,
)
from kiosk.wording import clock_line
from kiosk.writer import Writer
from sscard.codes import spaced

PIN_DIGITS = 6
_LAYOUTS = {
    Face.INSTRUCT: Layout.INSTRUCT,
    Face.PIN: Layout.PIN,
    Face.WAIT: Layout.WAIT,
    Face.TYPE: Layout.TYPE,
}
_AT_REST = (states.IDLE, states.OUT_OF_SERVICE)  # time that runs there is nobody's


class Presenter:
    """Makes views; holds nothing of a person."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def view(self, session: Session, wall: datetime, time_left: TimeLeft | None) -> View:
        """The view of the session as it is now."""
        return _Draft(self.place, session, wall).view(time_left)


class _Draft:
    """One view in the making."""

    def __init__(self, place: Place, session: Session, wall: datetime) -> None:
        self.place = place
        self.session = session
        self.now = session.situation
        self.wall = wall
        self.words = messages(self.now.wishes.language)
        self.other = messages("en" if self.now.wishes.language == "zh" else "zh")
        self.write = Writer(self.words, place, wall, covered=self.now.wishes.shielded)

    def view(self, time_left: TimeLeft | None) -> View:
        here = self.session.plan.step_of(self.session.state)
        if self.session.state in states.STAFF:
            made = staff_view(self.session, self.place, self.wall, self.words)
        else:
            made = self._shared() if here is None else self._step(*here)
        wishes = self.now.wishes
        return replace(
            made,
            brand=self.words("common.brand"),
            tools=(
                Button(
                    "large_text",
                    self.words("common.normal_text" if wishes.large_text else "common.large_text"),
                    Role.TOOL,
                ),
                Button("language", self.words("common.other_language"), Role.TOOL),
            ),
            time_left=None if self.session.state in _AT_REST else time_left,
            large_text=wishes.large_text,
        )

    def _titled(self, layout: Layout, key: str, **values: object) -> View:
        words = self.words
        return View(
            state=self.session.state,
            layout=layout,
            language=words.language,
            title=words(f"{key}.title", **values),
            second=self.other(f"{key}.title", **self._in_other(values)),
            lead=words(f"{key}.lead") if words.has(f"{key}.lead") else "",
            caption=words(f"{key}.caption") if words.has(f"{key}.caption") else "",
        )

    def _in_other(self, values: Mapping[str, object]) -> dict[str, object]:
        """Values that are themselves words, in the other language."""
        device = values.get("device")
        if isinstance(device, DeviceName):
            return {**values, "device": DeviceName(self.other, device.device)}
        return dict(values)

    # --- the states every service shares -----------------------------------------------

    def _shared(self) -> View:
        match self.session.state:
            case states.IDLE:
                return self._idle()
            case states.MENU:
                group = self.now.menu
                return replace(
                    self._titled(Layout.IDLE, f"group.{group}"),
                    options=self._tiles(group),
                    bar=(Button("leave", self.words("button.back"), Role.PLAIN),),
                )
            case states.CARD_FIRST:
                mute = self.now.slot is SlotUse.MUTE
                notes = (Note(self.words("state.card_first.mute")),) if mute else ()
                return replace(
                    self._titled(Layout.IDLE, "state.card_first"),
                    options=self._tiles(),
                    blocks=notes,
                    bar=(Button("leave", self.words("button.leave_card"), Role.PLAIN),),
                )
            case states.TROUBLE:
                return self._trouble()
            case states.TAKE_CARD:
                return replace(
                    self._titled(Layout.INSTRUCT, "state.take_card"), picture="take_card"
                )
            case states.LAST_CALL:
                return replace(
                    self._titled(Layout.INSTRUCT, "state.last_call"),
                    picture="take_card",
                    tone=Tone.RED,
                )
            case states.KEEPING:
                return replace(self._titled(Layout.WAIT, "state.keeping"), picture="reading")
            case states.CARD_KEPT:
                return self._card_kept()
            case states.CARD_LEFT:
                return replace(
                    self._titled(Layout.INSTRUCT, "state.card_left"),
                    picture="take_card",
                    tone=Tone.AMBER,
                )
            case states.GOODBYE:
                return replace(
                    self._titled(Layout.INSTRUCT, "state.goodbye"),
                    picture="done",
                    tone=Tone.JADE,
                    bar=(Button("done", self.words("button.finish"), Role.PRIMARY),),
                )
        return self._out_of_service()

    def _card_kept(self) -> View:
        left, write = self.now.leftover, self.write
        assert left is not None
        came = leftover.tell(left)
        bar: tuple[Button, ...] = (Button("done", self.words("button.finish"), Role.PRIMARY),)
        again = "print" if left.printed is None else "print_again"
        printer = self.now.usable(Device.RECEIPT_PRINTER) and not left.is_printing
        if printer and left.printed is not True:
            bar = (Button("print", self.words(f"button.{again}")), *bar)
        return replace(
            self._said(Layout.RESULT, came.title),
            blocks=told.blocks(came.screen, write) + told.printed(left.printed, True, write),
            bar=bar,
            tone=came.tone,
        )

    def _out_of_service(self) -> View:
        words, key = self.words, "state.out_of_service"
        ask = words(f"{key}.ask", helpline=self.place.helpline)
        return replace(
            self._titled(Layout.NOTICE, key),
            caption=words(f"{key}.caption" if self.now.may_serve else f"{key}.closed"),
            picture="closed",
            tone=Tone.AMBER,
            blocks=(Advice(words("common.do"), words(f"{key}.do"), ask),),
            footer=self._footer(),
            corner=self._staff_button(),
        )

    def _idle(self) -> View:
        words = self.words
        notes: tuple[Block, ...] = ()
        if not self.now.queue_there:
            notes = (self._nothing_taken(),)
        elif not self.now.line_up:
            notes = (
                Note(words("state.idle.line_down"), after=words("state.idle.line_down_after")),
            )
        return replace(
            self._titled(Layout.IDLE, "state.idle"),
            options=self._tiles(),
            blocks=notes,
            ready=ready(self.session.plan, words),
            lead=words("state.idle.guide", helpline=self.place.helpline),
            footer=self._footer(),
            corner=self._staff_button(),
        )

    def _tiles(self, group: str = "") -> tuple[Button, ...]:
        plan, helpline = self.session.plan, self.place.helpline
        return tiles(plan, group, self.now, self.words, self.other, helpline)

    def _nothing_taken(self) -> Block:
        """The queue is gone: what can be done about a lost card without this terminal."""
        words = self.words
        banks = self.place.banks.values()
        rows = tuple((bank_name(self.place, bank.bank_id, words), bank.hotline) for bank in banks)
        return Hotlines(words("state.idle.no_queue"), rows)

    def _footer(self) -> tuple[str, ...]:
        return (
            self.place.site[self.words.language],
            clock_line(self.wall, self.words),
            self.words("common.help", helpline=self.place.helpline),
        )

    def _staff_button(self) -> Button:
        return Button("staff", self.words("staff.button"), Role.CORNER)

    def _trouble(self) -> View:
        visit = self.now.person
        trouble = visit.trouble
        assert trouble is not None
        values: dict[str, object] = {}
        if trouble.device is not None:
            values["device"] = DeviceName(self.words, trouble.device)
        if trouble.tries_left is not None:
            values["tries_left"] = trouble.tries_left
        key = f"trouble.{visit.service}.{trouble.code}"  # where the service has words of its own
        if not self.words.has(f"{key}.title"):
            key = f"trouble.{trouble.code}"
        notes = () if visit.handed_in is None else (self._claim("kept", visit.handed_in.claim),)
        if trouble.claim:
            notes = (self._claim("maybe", trouble.claim),)
        bar = [Button("leave", self._leave_text())]
        if trouble.retry is not None:
            bar.append(Button("again", self.words("button.again"), Role.PRIMARY))
        return replace(
            self._titled(Layout.NOTICE, key, **values),
            service=self.words(f"service.{visit.service}.name"),
            caption=self.words(f"{key}.what", **values),
            picture="refused",
            tone=Tone.RED,
            blocks=(
                Advice(
                    self.words("common.do"),
                    self.words(f"{key}.do"),
                    self.words("common.ask", helpline=self.place.helpline),
                ),
                *notes,
            ),
            why=self._why(trouble.rule),
            options=self._why_button(trouble.rule is not None),
            bar=tuple(bar),
        )

    def _claim(self, how: str, claim: str) -> Note:
        """The number of a card that the terminal keeps, or may keep: whatever else went wrong."""
        words = self.words
        return Note(words(f"custody.{how}"), big=spaced(claim), after=words("custody.after"))

    def _why(self, rule: str | None) -> Note | None:
        """The rule in words, once it is asked for."""
        if rule is None or not self.now.wishes.why_open:
            return None
        after = self.words("common.rule", rule=rule)
        return Note(self.words(f"rule.{rule}"), Tone.CALM, after=after)

    def _why_button(self, wanted: bool) -> tuple[Button, ...]:
        return (Button("why", self.words("button.why"), Role.LINK),) if wanted else ()

    def _leave_text(self) -> str:
        return self.words("button.leave_card" if self.now.slot_used else "button.leave")

    # --- the steps of a service --------------------------------------------------------

    def _step(self, service: Service, step: Step) -> View:
        visit = self.now.person
        match step:
            case Choose():
                made = self._question(step)
            case Confirm():
                made = self._review(step)
            case ShowResult():
                made = self._result(service, visit)
            case _:
                made = self._plain(service, step, visit)
        n, m = service.part(step, visit.said)
        name = self.words(f"service.{service.name}.name")
        line = "common.last_step" if n == m else "common.step"
        done = step.face is Face.RESULT
        return replace(
            made,
            service=self.words(line, service=name, n=n, m=m),
            step=n,
            steps=m,
            step_done=done,
            bar=made.bar if done else self._bar(step, made.bar),
        )

    def _bar(self, step: Step, main: tuple[Button, ...]) -> tuple[Button, ...]:
        if step.face is Face.WAIT:
            return main
        leave = Button("leave", self.words("button.leave_short") if main else self._leave_text())
        back = Button("back", self.words("button.back"), Role.QUIET)
        return ((back,) if self.session.can_go_back() else ()) + (leave, *main)

    def _plain(self, service: Service, step: Step, visit: Visit) -> View:
        layout, (words, picture) = _LAYOUTS[step.face], step.looks(self.now)
        if step.face is Face.PIN and not visit.pin_ready:
            # A key that is pressed before the pad is open is lost, so nobody is asked for one.
            layout, words = Layout.WAIT, "password_opening"
        key = f"step.{service.name}.{words}"
        if not self.words.has(f"{key}.title"):
            key = f"step.{words}"
        made = replace(self._titled(layout, key), picture=picture)
        if step.asks_bank and visit.taken is None:
            made = replace(made, lead="")  # "saved" is said of nothing that is not
        blocks: list[Block] = []
        if layout is Layout.PIN:
            blocks.append(Dots(visit.pin_digits, PIN_DIGITS))
        if isinstance(step, TypeNumber):
            blocks.append(asked.typed(step, self.now, self.write))
            options = asked.keypad(step, self.now, self.write)
            made = replace(made, options=options, bar=(asked.done(step, self.now, self.write),))
        if visit.hint is not None and step.face is not Face.WAIT:
            blocks.append(Note(self.words(f"hint.{visit.hint}", tries_left=visit.tries_left)))
        return replace(made, blocks=tuple(blocks))

    def _question(self, step: Choose) -> View:
        question, write = step.asks(self.now), self.write
        return replace(
            self._said(Layout.CHOICE, question.title),
            options=asked.answers(step, self.now, write),
            blocks=told.blocks(question.screen, write),
        )

    def _review(self, step: Confirm) -> View:
        review, write = step.shows(self.now), self.write
        return replace(
            self._said(Layout.RESULT, review.title),
            picture=review.picture,
            lead=write(review.lead),
            blocks=told.blocks(review.screen, write),
            bar=(Button("confirm", write(review.button), Role.PRIMARY),),
        )

    def _said(self, layout: Layout, title: Say) -> View:
        """A view with a title that a service gave, and its line of reassurance where it has one."""
        lead = Say(f"{title.key}_lead", title.values)
        other = replace(self.write, words=self.other)
        return View(
            state=self.session.state,
            layout=layout,
            language=self.words.language,
            title=self.write(title),
            second=other(title),
            lead=self.write(lead) if self.words.has(lead.key) else "",
        )

    def _result(self, service: Service, visit: Visit) -> View:
        came, write = service.tell(self.now), self.write
        has_code = any(isinstance(each, Code) for each in came.paper) or came.tone is Tone.AMBER
        blocks = told.blocks(came.screen, write) + told.printed(visit.printed, has_code, write)
        options = self._shield() if told.can_be_covered(came.screen) else ()
        finish = "button.done_card" if self.now.slot_used else "button.done"
        bar: tuple[Button, ...] = (Button("done", self.words(finish), Role.PRIMARY),)
        if self.session.can_go_back():
            bar = (Button("back", self.words("button.back"), Role.QUIET), *bar)
        if came.paper and visit.printed is not True:
            if self.now.usable(Device.RECEIPT_PRINTER):
                again = "print" if visit.printed is None else "print_again"
                bar = (Button("print", self.words(f"button.{again}")), *bar)
            elif visit.printed is None:
                blocks = (*blocks, Note(self.words("result.printed.unavailable")))
        return replace(
            self._said(Layout.RESULT, came.title),
            blocks=blocks,
            options=options + self._why_button(True),
            bar=bar,
            lead=write(came.lead),
            tone=came.tone,
            picture=came.picture,
            why=self._why(came.rule),
        )

    def _shield(self) -> tuple[Button, ...]:
        words = self.words("button.unshield" if self.now.wishes.shielded else "button.shield")
        return (Button("shield", words, Role.OPTION, icon="eye"),)
