"""What technician mode knows of the terminal, in words: rows, notes and lines for its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.drivers import health as judged
from kiosk.drivers.events import Device, DeviceStatus
from kiosk.drivers.health import HealthWord
from kiosk.fsm.session import Session
from kiosk.fsm.staff.words import ClaimSeen, DeviceSeen, Fitness
from kiosk.messages.catalogue import Messages
from kiosk.place import Place
from kiosk.screens.view import Block, Facts, Note, Tone
from kiosk.wording import moment
from sscard.codes import spaced

CLAIMS_SHOWN = 4  # the newest; the rest is said as a number
REMEDIES_SHOWN = 2
KINDS_SHOWN = 4
Rows = tuple[tuple[str, str], ...]
_TONES = {
    HealthWord.GOOD: Tone.JADE,
    HealthWord.FAULT: Tone.RED,
    HealthWord.SUSPECT: Tone.RED,
    HealthWord.ABSENT: Tone.RED,
}


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """Facts in one language, at one moment."""

    session: Session
    place: Place
    wall: datetime
    words: Messages

    def standing_notes(self) -> tuple[Note, ...]:
        """What keeps the terminal from serving, in the self-test's own sentences."""
        standing, words = self.session.situation.standing, self.words
        if standing.fitness in (Fitness.PASSED, Fitness.DECOMMISSIONED):
            return ()
        said = " ".join(standing.remedies[:REMEDIES_SHOWN]) or words("staff.standing.retest")
        return (Note(said),)

    def terminal(self) -> Rows:
        """The terminal as a whole."""
        words, now, duty = self.words, self.session.situation, self.session.situation.worker
        line = words("staff.line.up" if now.line_up else "staff.line.down")
        waiting = words("staff.nothing")
        if now.queue_there and duty.queue is not None:
            waiting = str(sum(duty.queue.waiting.values()))
        urgent = (
            (words("staff.fact.standing"), words(f"staff.standing.{self._standing()}")),
            (words("staff.fact.line"), line),
            (words("staff.fact.waiting"), waiting),
        )
        if self.standing_notes() or duty.card_came:  # these need the room
            return urgent
        version = duty.seen.version if duty.seen is not None else ""
        return (
            *urgent,
            (words("staff.fact.terminal"), self.place.terminal_id),
            (words("staff.fact.version"), version or words("staff.nothing")),
        )

    def _standing(self) -> str:
        now = self.session.situation
        if now.standing.fitness is not Fitness.PASSED:
            return now.standing.fitness
        if now.standing.closed:
            return "suspect" if now.standing.suspect else "closed"
        return "serves" if self.session.plan.offers_anything(now) else "devices"

    # --- one device ----------------------------------------------------------------------

    def _seen(self, device: Device) -> DeviceSeen | None:
        seen = self.session.situation.worker.seen
        return None if seen is None else seen.devices.get(device)

    def device_line(self, device: Device) -> str:
        """How a device is and since when, in one line."""
        seen, words = self._seen(device), self.words
        how = words(f"staff.health.{self.health(device)}")
        if seen is None:
            return how
        at = datetime.fromisoformat(seen.since)
        today = at.date() == self.wall.date()
        return f"{how} · {f'{at:%H:%M}' if today else moment(seen.since, self.wall, words)}"

    def health(self, device: Device) -> HealthWord:
        """How a device is, in one word."""
        seen = self._seen(device)
        return judged.health(None if seen is None else seen.told)

    def remedy(self, device: Device) -> Note:
        """What helps, its first word the remedy."""
        seen = self._seen(device)
        told = None if seen is None else seen.told
        tone = _TONES.get(self.health(device), Tone.AMBER)
        return Note(self.words(f"staff.remedy.{judged.remedy(told)}"), tone)

    def device(self, device: Device) -> Rows:
        """What a device said last, in its own words."""
        seen, words = self._seen(device), self.words
        nothing = words("staff.nothing")
        if seen is None:
            return ((words("staff.fact.status"), f"{DeviceStatus.UNKNOWN}"),)
        told = seen.told
        how = words(f"staff.health.{self.health(device)}")
        rows = [
            (words("staff.fact.status"), f"{told.status} ({how})"),
            (words("staff.fact.raw"), told.raw or nothing),
            (words("staff.fact.since"), moment(seen.since, self.wall, words)),
        ]
        if told.paper is not None:
            rows.append((words("staff.fact.paper"), f"{told.paper}"))
        if told.cover_open is not None:
            key = "staff.cover.open" if told.cover_open else "staff.cover.shut"
            rows.append((words("staff.fact.cover"), words(key)))
        if device is Device.CARD_READER:
            rows.append((words("staff.fact.bin"), self._in_bin()))
        return tuple(rows)

    # --- the cards that are kept -----------------------------------------------------------

    def _in_bin(self) -> str:
        """How many cards the reader counts in its bin."""
        seen = self._seen(Device.CARD_READER)
        if seen is None or seen.told.in_bin is None:
            return self.words("staff.nothing")
        return str(seen.told.in_bin)

    def cards(self) -> tuple[Block, ...]:
        """The bin by the reader's count, and by the book: every claim, never a card."""
        words, seen = self.words, self.session.situation.worker.seen
        claims = seen.claims if seen is not None else ()
        if claims is None:
            return (Note(words("staff.cards.spoilt"), Tone.RED),)
        counts = (
            (words("staff.fact.bin"), self._in_bin()),
            (words("staff.fact.booked"), str(len(claims))),
        )
        blocks: list[Block] = [Facts(counts)]
        if self._bin_differs(claims):
            blocks.append(Note(words("staff.cards.differs")))
        newest = claims[::-1]
        rows = [(spaced(each.number), self._claim(each)) for each in newest[:CLAIMS_SHOWN]]
        if len(claims) > CLAIMS_SHOWN:
            rows.append(("", words("staff.more", n=len(claims) - CLAIMS_SHOWN)))
        blocks.append(Facts(tuple(rows)) if rows else Note(words("staff.cards.empty"), Tone.CALM))
        return tuple(blocks)

    def _bin_differs(self, claims: tuple[ClaimSeen, ...]) -> bool:
        seen = self._seen(Device.CARD_READER)
        if seen is None or seen.told.in_bin is None:
            return False
        sure = sum(each.is_kept for each in claims)
        return not sure <= seen.told.in_bin <= len(claims)

    def _claim(self, claim: ClaimSeen) -> str:
        words = self.words
        why = words(f"staff.why.{claim.why}")
        if not claim.is_kept:
            why = words("staff.cards.moving")
        elif not claim.is_told:
            why = words("staff.cards.untold")
        return words("staff.cards.row", since=moment(claim.since, self.wall, words), why=why)

    # --- the queue -------------------------------------------------------------------------

    def queue(self) -> tuple[Block, ...]:
        """What waits, since when, and whether the bank was heard."""
        words, now, queue = self.words, self.session.situation, self.session.situation.worker.queue
        if not now.queue_there:
            return (Note(words("staff.queue.gone"), Tone.RED),)
        nothing = words("staff.nothing")
        line = words("staff.line.up" if now.line_up else "staff.line.down")
        rows = [(words("staff.fact.line"), line)]
        if queue is None:
            return (Facts((*rows, (words("staff.fact.waiting"), nothing))),)
        kinds = sorted(queue.waiting.items(), key=lambda each: -each[1])
        heard = queue.last_contact_at
        space = queue.space_left_bytes
        rows += [
            (words("staff.fact.contact"), moment(heard, self.wall, words) if heard else nothing),
            (words("staff.fact.waiting"), str(sum(queue.waiting.values()))),
            *((f"· {kind}", str(count)) for kind, count in kinds[:KINDS_SHOWN] if count),
            (words("staff.fact.oldest"), _lasting(queue.oldest_age_s) or nothing),
            (words("staff.fact.dead"), str(queue.dead)),
            (words("staff.fact.space"), f"{space / 1e6:,.0f} MB" if space else nothing),
        ]
        return (Facts(tuple(rows)),)


def _lasting(seconds: float | None) -> str:
    """A span of time as hours, minutes and seconds."""
    return "" if seconds is None else str(timedelta(seconds=round(seconds)))
