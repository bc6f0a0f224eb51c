"""The view of a session: state and visit in, texts, buttons and blocks out. No Kivy here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.drivers.events import Device
from kiosk.fsm import plan as states
from kiosk.fsm.services.loss import reportable, why_not
from kiosk.fsm.session import Session
from kiosk.fsm.steps import Service, Step
from kiosk.fsm.visit import SlotUse, Visit
from kiosk.messages.catalogue import Messages, messages
from kiosk.place import Place, bank_name
from kiosk.screens import results
from kiosk.screens.offer import ready, tiles
from kiosk.screens.view import (
    Advice,
    Block,
    Button,
    Dots,
    Facts,
    Hotlines,
    Layout,
    Note,
    Role,
    TimeLeft,
    Tone,
    View,
)
from kiosk.wording import clock_line
from sscard.cards import CardState, LossKind
from sscard.requests import ListedCard

PIN_DIGITS = 6
_PICTURES = {
    "id_card": "lay_id",
    "card": "insert_card",
    "reading": "reading",
    "password": "pin_pad",
    "asking": "bank",
    "listing": "bank",
    "printing": "printer",
    "code": "hold_code",
}
_NOT_REPORTABLE = {
    CardState.INACTIVE: "inactive",
    CardState.SUSPENDED: "suspended",
    CardState.LOST_WRITTEN: "written",
}
_AT_REST = (states.IDLE, states.OUT_OF_SERVICE)  # time that runs there is nobody's
_WAITING = ("reading", "asking", "listing", "printing")


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

    def view(self, time_left: TimeLeft | None) -> View:
        here = self.session.plan.step_of(self.session.state)
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

    def _out_of_service(self) -> View:
        words, key = self.words, "state.out_of_service"
        ask = words(f"{key}.ask", helpline=self.place.helpline)
        return replace(
            self._titled(Layout.NOTICE, key),
            picture="closed",
            tone=Tone.AMBER,
            blocks=(Advice(words("common.do"), words(f"{key}.do"), ask),),
            footer=self._footer(),
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
        )

    def _tiles(self) -> tuple[Button, ...]:
        plan, helpline = self.session.plan, self.place.helpline
        return tiles(plan, self.now, self.words, self.other, helpline)

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

    def _trouble(self) -> View:
        visit = self.now.person
        trouble = visit.trouble
        assert trouble is not None
        values: dict[str, object] = {}
        if trouble.device is not None:
            values["device"] = DeviceName(self.words, trouble.device)
        if trouble.tries_left is not None:
            values["tries_left"] = trouble.tries_left
        key = f"trouble.{trouble.code}"
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
            ),
            why=self._why(trouble.rule),
            options=self._why_button(trouble.rule is not None),
            bar=tuple(bar),
        )

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
        match step.name:
            case "choose_card":
                made = self._choose_card(visit)
            case "choose_kind":
                made = self._choose_kind()
            case "confirm":
                made = self._confirm(visit)
            case "result":
                made = self._result(visit)
            case _:
                made = self._plain(step, visit)
        n, m = service.part(step)
        name = self.words(f"service.{service.name}.name")
        line = "common.last_step" if n == m else "common.step"
        return replace(
            made,
            service=self.words(line, service=name, n=n, m=m),
            step=n,
            steps=m,
            step_done=step.name == "result",
            bar=made.bar if step.name == "result" else self._bar(step, made.bar),
        )

    def _bar(self, step: Step, main: tuple[Button, ...]) -> tuple[Button, ...]:
        if step.name in _WAITING:
            return main
        leave = Button("leave", self.words("button.leave_short") if main else self._leave_text())
        back = Button("back", self.words("button.back"), Role.QUIET)
        return ((back,) if self.session.can_go_back() else ()) + (leave, *main)

    def _plain(self, step: Step, visit: Visit) -> View:
        layout, key = Layout.WAIT if step.name in _WAITING else Layout.INSTRUCT, step.name
        if step.name == "password":
            # A key that is pressed before the pad is open is lost, so nobody is asked for one.
            layout, key = (
                (Layout.PIN, step.name) if visit.pin_ready else (Layout.WAIT, "password_opening")
            )
        made = replace(self._titled(layout, f"step.{key}"), picture=_PICTURES[step.name])
        if step.name == "asking" and visit.taken is None:
            made = replace(made, lead="")  # "saved" is said of nothing that is not
        blocks: list[Block] = []
        if layout is Layout.PIN:
            blocks.append(Dots(visit.pin_digits, PIN_DIGITS))
        if visit.hint is not None and step.name not in _WAITING:
            blocks.append(Note(self.words(f"hint.{visit.hint}", tries_left=visit.tries_left)))
        return replace(made, blocks=tuple(blocks))

    def _choose_card(self, visit: Visit) -> View:
        words, key = self.words, "state.loss.choose_card"
        assert visit.cards is not None
        options = [self._card_tile(n, card) for n, card in enumerate(visit.cards.cards, 1)]
        can = len(reportable(visit))
        if can > 1:
            second = words(f"{key}.all_second", n=can)
            options.append(
                Button("card:all", words(f"{key}.all"), Role.OPTION, second, "list"),
            )
        # A question that no answer fits is none: then the page says how things stand.
        titles = key if can else "state.loss.choose_none"
        return replace(self._titled(Layout.CHOICE, titles), options=tuple(options))

    def _card_tile(self, number: int, card: ListedCard) -> Button:
        """A listed card; one that cannot be reported says why, and by which rule."""
        words, key, rule = self.words, "state.loss.choose_card", why_not(card.state)
        second = words(f"{key}.tail", tail=card.card_tail)
        if rule is not None:
            reason = words(f"{key}.{_NOT_REPORTABLE.get(card.state, 'void')}")
            second = words(f"{key}.not", tail=card.card_tail, reason=reason, rule=rule)
        bank = self._bank(card.bank_id)
        return Button(f"card:{number}", bank, Role.OPTION, second, "card", enabled=rule is None)

    def _choose_kind(self) -> View:
        key, days = "state.loss.choose_kind", self.place.oral_days
        options = tuple(
            Button(
                kind,
                self.words(f"{key}.{kind}"),
                Role.OPTION,
                self.words(f"{key}.{kind}_second", days=days),
                icon,
            )
            for kind, icon in ((LossKind.ORAL, "phone"), (LossKind.WRITTEN, "page"))
        )
        return replace(self._titled(Layout.CHOICE, key), options=options)

    def _confirm(self, visit: Visit) -> View:
        words, key = self.words, "state.loss.confirm"
        assert visit.loss is not None
        card, listed = visit.chosen, reportable(visit)
        if card is None and len(listed) == 1:
            (card,) = listed
        which = words(f"{key}.all")
        if card is not None:
            bank = self._bank(card.bank_id)
            which = words(f"{key}.one", bank=bank, tail=card.card_tail)
        rows = (
            (words(f"{key}.card"), which),
            (words(f"{key}.kind"), words(f"loss_kind.{visit.loss}")),
            (words(f"{key}.fee"), words(f"{key}.free")),
        )
        up = self.now.line_up
        warning = () if up else (Note(words(f"{key}.lead_no_line")),)
        return replace(
            self._titled(Layout.RESULT, key),
            picture="lost",
            lead=words(f"{key}.lead") if up else "",
            blocks=(Facts(rows), *warning),
            bar=(Button("confirm", words("button.confirm"), Role.PRIMARY),),
        )

    def _bank(self, bank_id: str) -> str:
        return bank_name(self.place, bank_id, self.words)

    # --- results -----------------------------------------------------------------------

    def _result(self, visit: Visit) -> View:
        told = results.tell(visit, self.now, self.place, self.wall, self.words)
        made = self._titled(Layout.RESULT, told.key)
        if told.title:
            made = replace(made, title=self.words(told.title), second=self.other(told.title))
        blocks = told.blocks
        options = told.options + self._why_button(True)
        finish = "button.done_card" if self.now.slot_used else "button.done"
        bar: tuple[Button, ...] = (Button("done", self.words(finish), Role.PRIMARY),)
        if told.printable and visit.printed is not True:
            if self.now.usable(Device.RECEIPT_PRINTER):
                again = "print" if visit.printed is None else "print_again"
                bar = (Button("print", self.words(f"button.{again}")), *bar)
            elif visit.printed is None:
                blocks = (*blocks, Note(self.words("result.printed.unavailable")))
        return replace(
            made,
            blocks=blocks,
            options=options,
            bar=bar,
            lead=told.lead,
            tone=told.tone,
            picture=told.picture,
            why=self._why(told.rule),
        )


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device's name that can be said in either language."""

    words: Messages
    device: Device

    def __format__(self, spec: str) -> str:
        return self.words(f"device.{self.device}")
