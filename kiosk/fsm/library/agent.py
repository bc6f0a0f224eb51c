"""Steps where somebody may stand here for another: the agent's ID card first, then the holder's."""

from __future__ import annotations

from kiosk.drivers.events import Device, IdRead
from kiosk.drivers.orders import ReadIdDocument
from kiosk.fsm.effects import Effect, OrderDevice
from kiosk.fsm.events import Event
from kiosk.fsm.library.identity import LayIdCard
from kiosk.fsm.steps import Next, Outcome, Stay, When
from kiosk.fsm.visit import SessionTrouble, Situation, Visit
from sscard.requests import Evidence


class LayAgentIdCard(LayIdCard, frozen=True, kw_only=True):
    """The ID card of who stands here for somebody else; kept apart from the holder's."""

    name: str = "agent_card"
    retries_at: tuple[str, ...] = ("agent_card",)

    def enter(self, situation: Situation) -> tuple[Effect, ...]:
        situation.person.agent = None
        return LayIdCard.enter(self, situation)

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        outcome, visit = LayIdCard.on(self, event, situation), situation.person
        if isinstance(outcome, Next):
            visit.agent, visit.document = visit.document, None
        return outcome


class LayHolderIdCard(LayIdCard, frozen=True, kw_only=True):
    """The ID card of the holder. `by_agent`: then the agent's own, read again, is not taken."""

    by_agent: When

    def looks(self, situation: Situation) -> tuple[str, str]:
        return ("holder_card" if self.by_agent.holds(situation) else self.name), self.picture

    def on(self, event: Event, situation: Situation) -> Outcome | None:
        visit = situation.person
        if isinstance(event, IdRead) and self.by_agent.holds(situation):
            assert visit.agent is not None
            if event.document.number == visit.agent.number:
                visit.hint = SessionTrouble.SAME_ID_CARD
                # The scanner tells of a card that still lies there once, not again and again.
                return Stay((OrderDevice(Device.ID_SCANNER, ReadIdDocument()),))
        return LayIdCard.on(self, event, situation)


def agent_evidence(visit: Visit) -> Evidence:
    """Who stands here for the holder, as their identity document says."""
    assert visit.agent is not None
    return Evidence(visit.agent.kind, visit.agent.number, visit.agent.name)
