"""The board: memory, temperature, its power supply, and the clock that runs while it is off."""

from __future__ import annotations

import re
from typing import Final

from provisioning.readiness.machine import Machine
from provisioning.readiness.verdicts import Limits, concern, failed, measured, passed, unknown
from provisioning.wire import Finding

FREE_MEMORY_MIB: Final = Limits(concern=300, failed=120, low_is_bad=True)
WARM_C: Final = Limits(concern=70, failed=80)  # from 80 °C on a Raspberry Pi slows itself down
_DEGREES_C: Final = range(-40, 151)  # a sensor that says else is broken

_POWER_REMEDY = (
    "Use the supply that belongs to the board, on its own cable; nothing else draws from its USB."
)
_UNDER_VOLTAGE_NOW, _SLOWED_NOW = 1 << 0, 1 << 1 | 1 << 2
_UNDER_VOLTAGE_SINCE, _SLOWED_SINCE = 1 << 16, 1 << 17 | 1 << 18


def memory(machine: Machine) -> tuple[Finding, ...]:
    """What programs could still get, and whether the kernel had to end one since the start."""
    check = "memory.free"
    words = dict(re.findall(r"^(\w+):\s+(\d+) kB$", machine.text("proc/meminfo") or "", re.M))
    if not {"MemTotal", "MemAvailable"} <= words.keys():
        return (unknown(check, "Unknown: the system does not say how much memory there is."),)
    free_mib, whole_mib = (int(words[word]) / 1024 for word in ("MemAvailable", "MemTotal"))
    said = f"{free_mib:,.0f} of {whole_mib:,.0f} MiB are free."
    remedy = "Restart the terminal; if it comes again, the board has too little memory."
    found = [measured(check, free_mib, "MiB", FREE_MEMORY_MIB, said, remedy)]
    ended = re.search(r"^oom_kill (\d+)$", machine.text("proc/vmstat") or "", re.M)
    if ended and int(ended[1]):
        text = f"The system ended {ended[1]} programs since its start, for want of memory."
        found.append(concern("memory.ended_programs", text, remedy))
    elif ended:
        found.append(passed("memory.ended_programs", "No program was ended for want of memory."))
    return tuple(found)


def temperature(machine: Machine) -> Finding:
    """The warmest of the board's own sensors."""
    check = "board.temperature"
    told = [
        machine.number(place) for place in machine.matching("sys/class/thermal/thermal_zone*/temp")
    ]
    degrees = [each / 1000 for each in told if each is not None and each // 1000 in _DEGREES_C]
    if not degrees:
        return unknown(check, "Unknown: this board has no sensor of its temperature.")
    warmest = max(degrees)
    remedy = "Free the air slots, look whether the fan turns, keep the sun off the housing."
    said = f"The board is at {warmest:.0f} °C."
    return measured(check, warmest, "°C", WARM_C, said, remedy)


def power(machine: Machine) -> Finding:
    """Whether the board's supply was too weak, as a Raspberry Pi's firmware or its sensor says."""
    check = "board.power"
    flags = re.fullmatch(
        r"throttled=0x([0-9a-fA-F]+)", machine.said_by("usr/bin/vcgencmd", "get_throttled") or ""
    )
    if flags:
        return _throttled(check, int(flags[1], 16))
    for place in machine.matching("sys/class/hwmon/hwmon*/name"):
        if machine.text(place) == "rpi_volt":
            alarm = machine.number(place.removesuffix("name") + "in0_lcrit_alarm")
            if alarm is not None:
                return _throttled(check, _UNDER_VOLTAGE_SINCE if alarm else 0)
    return unknown(check, "Unknown: this board does not watch its supply voltage.")


def _throttled(check: str, flags: int) -> Finding:
    """The bits of vcgencmd get_throttled: 0 to 3 of now, 16 to 19 of since the start."""
    if flags & _UNDER_VOLTAGE_NOW:
        return failed(check, "The supply voltage is too low now.", _POWER_REMEDY)
    if flags & _UNDER_VOLTAGE_SINCE:
        return concern(check, "The supply voltage was too low since the start.", _POWER_REMEDY)
    if flags & (_SLOWED_NOW | _SLOWED_SINCE):
        return concern(
            *(check, "The voltage held, but the board slowed itself down."),
            "It was too warm: free the air slots, look whether the fan turns.",
        )
    return passed(check, "The supply voltage has held since the start.")


def battery_clock(machine: Machine) -> Finding:
    """Whether a clock runs on while the board is off."""
    check = "clock.battery"
    name = machine.text("sys/class/rtc/rtc0/name")
    if name is None:
        return concern(
            *(check, "The board has no clock that runs while it is off."),
            "It works, and asks the office for the time. Better: add the battery clock (DS3231).",
        )
    if machine.number("sys/class/rtc/rtc0/since_epoch") is None:
        return concern(
            *(check, f"The battery clock ({name}) does not tell a time."),
            "Change its battery, a CR2032 as a rule.",
        )
    return passed(check, f"The battery clock ({name}) runs.")


def sound(machine: Machine) -> Finding:
    """Whether there is a sound card; whether it is heard, a person says."""
    check = "sound.card"
    cards = re.findall(r"^\s*\d+ \[\S+\s*\]: (.+)$", machine.text("proc/asound/cards") or "", re.M)
    if not cards:
        return failed(
            *(check, "There is no sound card."),
            "Plug the loudspeaker's adapter in; on a Raspberry Pi: dtparam=audio=on in config.txt.",
        )
    return passed(check, f"There is a sound card: {cards[0].split(' - ')[-1]}.")
