"""A session with everything at hand, and the words of a test for what happens to it."""

from __future__ import annotations

from kiosk.drivers.events import (
    CardInserted,
    CardRead,
    CardRemoved,
    Device,
    DeviceChanged,
    DeviceStatus,
    IdRead,
)
from kiosk.fsm.effects import Effect, StartClock, Submit
from kiosk.fsm.events import (
    DayIs,
    Event,
    LineChanged,
    Pressed,
    QueueChanged,
    RequestTaken,
    TimeUp,
)
from kiosk.fsm.happenings import AT, BY_DEVICE, CODE, TODAY
from kiosk.fsm.session import Session


def ready(*, line_up: bool = True) -> Session:
    """An idle session: every device is online, and the slot is empty."""
    session = Session()
    events: list[Event] = [DayIs(TODAY), CardRemoved(), QueueChanged(True), LineChanged(line_up)]
    events += [DeviceChanged(device, DeviceStatus.ONLINE) for device in Device]
    for event in events:
        session.handle(event)
    assert session.state == "idle"
    return session


def happen(session: Session, *events: Event) -> list[Effect]:
    """Hand over the events; answer all effects."""
    return [effect for event in events for effect in session.handle(event)]


def press(session: Session, *buttons: str) -> list[Effect]:
    """Press buttons one after the other."""
    return happen(session, *(Pressed(button) for button in buttons))


def time_up(session: Session) -> list[Effect]:
    """The limit that runs now is over."""
    return happen(session, TimeUp(session.clock_number))


def clocks(effects: list[Effect]) -> list[StartClock]:
    """The clocks that were started."""
    return [effect for effect in effects if isinstance(effect, StartClock)]


def submitted(effects: list[Effect]) -> Submit:
    """The one request that was handed over."""
    (submit,) = [effect for effect in effects if isinstance(effect, Submit)]
    return submit


def id_read() -> IdRead:
    """An ID card that is valid."""
    event = BY_DEVICE[Device.ID_SCANNER]["ID read"]
    assert isinstance(event, IdRead)
    return event


def card_read(which: str = "card read") -> CardRead:
    """A card, by what `happenings` calls it."""
    event = BY_DEVICE[Device.CARD_READER][which]
    assert isinstance(event, CardRead)
    return event


def at_password() -> Session:
    """A balance check as far as the password."""
    session = ready()
    press(session, "balance")
    happen(session, id_read(), CardInserted(), card_read())
    assert session.state == "balance.password"
    return session


def reports_orally(session: Session) -> list[Effect]:
    """From the question how, over the still, to the confirmation; its effects."""
    press(session, "oral")
    happen(session, BY_DEVICE[Device.CAMERA]["still taken"])
    return press(session, "confirm")


def loss_waits() -> Session:
    """A loss report that was taken with no line."""
    session = ready(line_up=False)
    press(session, "loss")
    happen(session, id_read())
    ticket = submitted(reports_orally(session)).ticket
    happen(session, RequestTaken(ticket, CODE, AT))
    assert session.state == "loss.result"
    return session
