"""The reader's driver at work on a slot in virtual time, with any model of a card."""

from __future__ import annotations

from typing import Any

from kiosk.drivers.card_reader.driver import CardReader, CardReaderConfig
from kiosk.drivers.events import CardFacts, CardNotRead, CardRead, CardTrouble
from kiosk.drivers.orders import ReadCard
from simulators.models.card import Card
from simulators.world.links import WorldSlot
from tests.drivers.talking import Bench


def bench_with(
    card: Card | None = None, config: CardReaderConfig | None = None
) -> tuple[Bench[WorldSlot], CardReader]:
    """The driver on a slot, with `card` in it or none."""
    driver = CardReader(config)
    bench = Bench(driver.serve(), WorldSlot)
    if card is not None:
        bench.link.insert(card)
    return bench, driver


def read(card: Card, **config: Any) -> CardFacts | CardNotRead:
    """Insert `card`, order one reading, and give its one answer."""
    bench, _ = bench_with(config=CardReaderConfig(**config))
    bench.at(1.0, lambda: bench.link.insert(card))
    bench.order(2.0, ReadCard())
    bench.run_until(60.0)
    answers = [event for event in bench.said() if isinstance(event, CardRead | CardNotRead)]
    assert len(answers) == 1
    assert not bench.link.connected
    return answers[0].card if isinstance(answers[0], CardRead) else answers[0]


def facts(card: Card) -> CardFacts:
    """What a reading that succeeds finds on `card`."""
    answer = read(card)
    assert isinstance(answer, CardFacts), answer
    return answer


def trouble(card: Card) -> CardTrouble:
    """Why `card` cannot be read."""
    answer = read(card)
    assert isinstance(answer, CardNotRead)
    return answer.trouble
