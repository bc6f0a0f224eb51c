"""Guidance needs nobody: not the bank, not the queue, not a device."""

from __future__ import annotations

import pytest

from kiosk.drivers.events import Device, DeviceChanged, DeviceStatus
from simulators.world.world import World
from sscard.rules import Rule

THEMES = {
    "CARD": "card",
    "BANK": "bank",
    "APPLY": "apply",
    "COLLECT": "collect",
    "ACTIVATE": "activate",
    "FEE": "fee",
    "PIN": "pin",
    "LOSS": "loss",
    "REPLACE": "replace",
    "CHANGE": "replace",
    "RIGHTS": "rights",
    "OFFLINE": "rights",
    "PRIVACY": "rights",
}


def opens(world: World, topic: str) -> None:
    world.presses("more")
    world.presses("guidance")
    world.presses(topic)


@pytest.mark.rule("BANK.SIX")
def test_the_six_banks_are_named_with_their_telephones(world: World) -> None:
    opens(world, "banks")
    world.sees("guidance.result")
    world.reads("东莞银行", "95001", "中国农业银行东莞分行", "95006")
    world.presses("back")
    world.presses("outlets")
    world.reads("东莞市")


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_can_be_read_in_words(world: World, rule: Rule) -> None:
    opens(world, "rules")
    world.presses(THEMES[rule.partition(".")[0]])
    world.presses(rule)
    world.sees("guidance.result")
    world.reads(rule.value)


@pytest.mark.rule("APPLY.AGENT")
def test_what_to_bring_is_said_for_every_errand(world: World) -> None:
    opens(world, "bring")
    for errand in [option.id for option in world.view.options]:
        world.presses(errand)
        world.sees("guidance.result")
        world.reads("身份证")
        world.presses("back")


@pytest.mark.rule("OFFLINE.THREE")
def test_it_works_with_no_line_no_queue_and_hardly_a_device(world: World) -> None:
    world.cuts_line()
    world.kills_queue()
    world.waits(60.0)
    for device in (Device.CARD_READER, Device.PIN_PAD):
        world.terminal.post(DeviceChanged(device, DeviceStatus.OFFLINE))
    opens(world, "banks")
    world.sees("guidance.result")
    world.reads("95001")


def test_whoever_reads_too_long_is_let_go(world: World) -> None:
    opens(world, "rules")
    world.sees("idle", within_s=600.0)
