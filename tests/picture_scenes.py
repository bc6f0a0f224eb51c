"""What the pictures show: each service's visit as it is told in `stories.visits`, filmed from the
welcome to the receipt in both languages, and what besides it a terminal can show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from kiosk.drivers.events import CardTrouble, Device, IdTrouble, PinStop
from kiosk.drivers.orders import PrintReceipt
from kiosk.drivers.receipt_printer.layout import job
from kiosk.fsm.plan import MENU
from kiosk.fsm.plan import STAFF as STAFF_PAGES
from kiosk.fsm.staff.words import Fitness, StandingIs
from kiosk.fsm.visit import SessionTrouble, Trouble
from kiosk.receipts import receipt_of
from kiosk.screens.view import Dots, View
from simulators.models.paper import draw
from simulators.models.receipt_printer import ReceiptPrinter
from simulators.models.retain_bin import RetainBin
from simulators.world.world import World
from sscard.requests import RefusalCode
from sscard.rules import Rule
from tests.stories.acts import opens
from tests.stories.visits import SERVICE_VISITS
from tests.stories.ways import WAYS, goes_to
from tests.stories.ways_staff import SECOND, TECHNICIAN, enters, opens_device

LANGUAGES = ("zh", "en")
TERMINAL = "terminal"  # what belongs to no service
STAFF = "staff"  # technician mode
NOT_TROUBLES = (PinStop.CANCELLED, PinStop.TIMED_OUT, PinStop.TOO_SHORT, RefusalCode.MALFORMED)
ON_THE_SAME_SCREEN = (
    IdTrouble.MOVED,
    IdTrouble.NOT_ACCEPTED,
    SessionTrouble.NOT_OLD_CARD,
    SessionTrouble.NOT_ALIKE,
    SessionTrouble.SAME_ID_CARD,
)
OLD_NAMES = {"loss-result": "loss-in-force-oral"}
SIDES = {"copy_front": "front", "copy_back": "back"}
HANDING_IN = {"take_card": "out", "reading": "reading"}
ALIKE = (
    "asking", "asking_form", "batch", "begin", "giving_up", "latest", "listing", "looking",
    "printing", "reading", "standing", "terms",
)  # fmt: skip
"""Steps that wait and look the same in every service: drawn for the first one that has them."""

WHOLLY_DRAWN = ("loss", "balance", "receipt_check")
SAID = {"electronic.result": "what", "guidance.result": "topic"}
"""Results of more than one kind: the step whose answer tells them apart."""

PRINTED_S = 600.0  # any receipt is out by then


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: the service it belongs to, its name, and the view in each language."""

    service: str
    name: str
    views: dict[str, View]


@dataclass(slots=True)
class Film:
    """Everything that was seen, each name once. `strips` are the scenes of each service's visit
    in the order in which they came."""

    scenes: dict[str, Scene] = field(default_factory=dict)
    strips: dict[str, list[str]] = field(default_factory=dict)
    papers: dict[str, Image.Image] = field(default_factory=dict)
    troubles: dict[str, list[View]] = field(default_factory=dict)

    def add(self, name: str, views: dict[str, View]) -> None:
        """Keep a scene; a name that is there already stays what it is."""
        if name not in self.scenes:
            service = views["zh"].state.partition(".")[0]
            known = service if service in SERVICE_VISITS else TERMINAL
            known = STAFF if views["zh"].state in STAFF_PAGES else known
            self.scenes[name] = Scene(known, name, views)


def shoot() -> Film:
    """Play everything once."""
    film = Film()
    for service, visit in SERVICE_VISITS.items():
        with World() as world:
            with_camera = _Camera(world, film, service)
            visit(world)
            with_camera.stop()
    for name, views in _sidelights():
        film.add(name, views)
    for state in WAYS:
        if state != "trouble" and not _is_drawn(state, film):
            with World() as world:
                with_camera = _Camera(world, film)
                goes_to(world, state)
                with_camera.stop()
    film.troubles = {language: list(_troubles(language)) for language in LANGUAGES}
    return film


def _is_drawn(state: str, film: Film) -> bool:
    """Whether there is a picture of the state, or of one that looks the same."""
    drawn = {scene.views["zh"].state for scene in film.scenes.values()}
    return state in drawn or is_alike(state, film)


def is_alike(state: str, film: Film) -> bool:
    """Whether this is a wait that looks the same in a service that was filmed before."""
    service, _, step = state.rpartition(".")
    if step not in ALIKE or service in WHOLLY_DRAWN:
        return False
    others = (scene.views["zh"].state for scene in film.scenes.values())
    return any(other.endswith(f".{step}") and other != state for other in others)


class _Camera:
    """Watches a world: keeps the last look of every screen before the next one comes."""

    def __init__(self, world: World, film: Film, service: str = "") -> None:
        self._world = world
        self._film = film
        self._service = service
        self._printing = False
        self._seen: tuple[str, dict[str, View]] = (_name(world), in_both(world))
        world.on_view = self._look

    def stop(self) -> None:
        """The last screen is kept too."""
        self._world.on_view = lambda: None
        self._keep()

    def _look(self) -> None:
        name = _name(self._world)
        if name != self._seen[0]:
            self._keep()
        elif any(
            isinstance(each, Dots) and each.filled == each.total for each in self._world.view.blocks
        ):
            return  # a password that has been typed to its end looks as if nothing were to be done
        self._seen = (name, in_both(self._world))
        printing = self._world.state.endswith(".printing")
        if printing and not self._printing and self._world.state.startswith(f"{self._service}."):
            for language in LANGUAGES:
                self._film.papers[f"{self._service}-{language}"] = on_paper(
                    _receipt(self._world, language)
                )
        self._printing = printing

    def _keep(self) -> None:
        name, views = self._seen
        if views["zh"].state == "trouble" or is_alike(views["zh"].state, self._film):
            return
        state = views["zh"].state
        if self._service and "." in state and not state.startswith(f"{self._service}."):
            return  # on the way to this visit: it is filmed in its own
        self._film.add(name, views)
        if not self._service:
            return
        strip = self._film.strips.setdefault(self._service, [])
        if self._film.scenes[name].service in (self._service, TERMINAL) and name not in strip:
            strip.append(name)


def in_both(world: World) -> dict[str, View]:
    """The screen as it is, in each language."""
    wishes = world.terminal.session.situation.wishes
    chosen = wishes.language
    views = {}
    for language in LANGUAGES:
        wishes.language = language
        views[language] = world.view
    wishes.language = chosen
    return views


def _receipt(world: World, language: str) -> PrintReceipt:
    wishes = world.terminal.session.situation.wishes
    chosen, wishes.language = wishes.language, language
    receipt = receipt_of(world.terminal.session, world.terminal.place, world.agenda.wall())
    wishes.language = chosen
    return receipt


def on_paper(receipt: PrintReceipt) -> Image.Image:
    """A receipt as the printer gives it out."""
    printer = ReceiptPrinter()
    for unit in job(receipt.blocks):
        printer.hear(unit, 0.0)
    printer.hear(b"", PRINTED_S)
    return draw(printer.receipts[-1])


def _name(world: World) -> str:
    """State and what tells its looks apart: the menu's group, the side of a card."""
    state, picture = world.state, world.view.picture
    base = state.replace(".", "-").replace("_", "-")
    if state == MENU:
        group = world.terminal.session.situation.menu
        return f"{base}-{group}"
    if state in SAID:
        return f"{base}-{world.terminal.session.situation.person.said[SAID[state]]}"
    word = SIDES.get(picture, HANDING_IN.get(picture, "") if state.endswith(".hand_in") else "")
    name = f"{base}-{word}" if word else base
    return OLD_NAMES.get(name, name)


# --- what no happy visit comes to ----------------------------------------------------------------


def _sidelights() -> Iterator[tuple[str, dict[str, View]]]:
    for story in (_balance, _loss, _without_line, _technician, _not_ready):
        with World() as world:
            for name in story(world):
                yield name, in_both(world)


def _balance(world: World) -> Iterator[str]:
    """A document laid down badly, a wrong password, and what can be opened beside a result."""
    world.presses("balance")
    world.lays("chen", wrong=True)
    world.waits(8.0)
    yield "balance-id-card-again"
    world.lifts()
    world.waits(1.0)
    world.lays("chen")
    world.sees("balance.card")
    world.inserts("chen")
    world.sees("balance.password")
    yield "balance-password-opening"
    world.waits(1.0)
    world.types("111111e")
    world.sees("balance.asking")
    world.sees("balance.password")
    world.waits(1.0)
    yield "balance-password-wrong"
    world.types("246810e")
    world.sees("balance.result")
    world.presses("shield")
    yield "balance-shielded"
    world.presses("shield")
    world.presses("why")
    yield "balance-why"
    world.presses("print")
    world.reads("凭条已打印")
    yield "balance-printed"


def _loss(world: World) -> Iterator[str]:
    """A written report, and a card that was reported in writing before."""
    world.presses("loss")
    world.lays("chen")
    world.sees("loss.choose_kind")
    world.presses("written")
    world.sees("loss.confirm")
    world.presses("confirm")
    world.sees("loss.result")
    yield "loss-in-force-written"
    world.presses("done")
    world.lifts()
    world.sees("idle")
    world.waits(4.0)
    world.presses("loss")
    world.lays("huang")
    world.sees("loss.choose_card")
    yield "loss-choose-card-not"


def _without_line(world: World) -> Iterator[str]:
    """The same with no line to the bank, and with nothing that could keep a request."""
    world.cuts_line()
    world.waits(20.0)
    yield "idle-no-line"
    world.kills_queue()
    world.waits(5.0)
    yield "idle-no-queue"
    world.starts_queue()
    world.waits(20.0)
    world.presses("loss")
    world.lays("wu")
    world.sees("loss.choose_kind")
    world.presses("oral")
    world.sees("loss.confirm")
    yield "loss-confirm-no-line"
    world.presses("confirm")
    world.sees("loss.result")
    yield "loss-waits"
    world.printer.paper_lines = 3
    world.presses("print")
    world.sees("loss.printing")
    world.sees("loss.result")
    yield "loss-waits-no-paper"
    world.printer.load_paper()
    world.presses("done")
    world.lifts()
    world.sees("idle")
    world.waits(4.0)
    world.presses("balance")
    world.lays("ho")
    world.sees("balance.card")
    world.inserts("ho")
    world.sees("balance.result")
    yield "balance-waits"
    world.repairs_line()
    world.waits(20.0)
    yield "balance-own-channel"
    world.presses("done")
    world.pulls()
    world.lifts()
    world.sees("idle")
    opens(world, "receipt_check")
    world.holds_up("https://example.com/another-code")
    world.waits(1.0)
    yield "receipt-check-not-ours"


def _technician(world: World) -> Iterator[str]:
    """Each device tried, the paper changed, a card counted off, and a card that came meanwhile."""
    world.slot.bin = RetainBin()
    world.slot.wake()
    world.inserts("chen")
    world.sees("card_kept", within_s=600)
    world.presses("done")
    world.sees("idle")
    enters(world)
    for device in Device:
        opens_device(world, device)
        if device is Device.RECEIPT_PRINTER:
            world.waits(0.5)
            yield "staff-device"
        world.presses("test")
        world.waits(0.2)
        yield f"staff-test-{device.replace('_', '-')}"
        if device is Device.PIN_PAD:
            world.waits(2.0)
            world.types("246")
            yield "staff-test-pin-pad-keys"
        world.presses("back")
        world.presses("back")
    opens_device(world, Device.RECEIPT_PRINTER)
    world.lines[Device.RECEIPT_PRINTER].unplug()
    world.waits(5.0)
    yield "staff-device-absent"
    world.lines[Device.RECEIPT_PRINTER].plug()
    world.waits(30.0)
    world.presses("back")
    world.presses("tasks")
    world.presses("paper")
    world.printer.cover_open = True
    world.reads("装入新纸卷")
    yield "staff-paper-change"
    world.printer.cover_open = False
    world.reads("盖子已关")
    world.presses("print")
    world.waits(10.0)
    yield "staff-paper-look"
    world.presses("back")
    world.presses("cards")
    world.waits(1.0)
    yield "staff-cards-one"
    world.presses("count")
    world.enters_digits("1")
    yield "staff-confirm-two"
    world.presses("confirm")
    yield "staff-number-second"
    world.signs_in(SECOND)
    world.sees("staff_done")
    yield "staff-done-counted"
    world.inserts("chen")
    world.waits(1.0)
    yield "staff-card-came"


def _not_ready(world: World) -> Iterator[str]:
    """The self-test did not pass: what a cardholder sees, and what a technician."""
    remedies = ("Clean the camera's lens and aim it anew.",)
    failed = StandingIs(Fitness.FAILED, remedies, "2026-11-23T10:00:00+08:00", has_codes=True)
    world.terminal.post(failed)
    world.sees("out_of_service")
    yield "out-of-service-not-ready"
    world.presses("staff")
    world.signs_in(TECHNICIAN)
    world.waits(0.0)
    world.terminal.session.situation.standing = failed
    yield "staff-overview-not-ready"


def _troubles(language: str) -> Iterator[View]:
    """Every trouble and refusal the terminal can show."""
    codes = [*SessionTrouble, *CardTrouble, *IdTrouble, *PinStop, *RefusalCode]
    with World() as world:
        world.presses("balance")
        world.lays("sun")
        world.sees("trouble")
        if language != world.view.language:
            world.presses("language")
        world.presses("why")
        for code in codes:
            if code in NOT_TROUBLES or code in ON_THE_SAME_SCREEN:
                continue
            device = Device.PIN_PAD if code is SessionTrouble.DEVICE_GONE else None
            world.terminal.session.situation.person.trouble = Trouble(
                code, Rule.CARD_STATES, "id_card", 3, device
            )
            yield world.view
