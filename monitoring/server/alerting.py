"""From what is wrong at terminals to few alerts: grouped, deduplicated, damped. Pure, in virtual time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kiosk.drivers.health import Remedy
from monitoring.server.causes import RULES, Cause, Trouble
from monitoring.server.facts import Severity

_LINE_LEAST = 2  # silent terminals of a site that are a line down, if they are half of it
_CITY_LEAST = 3  # sites of a city, likewise
_FLEET_LEAST = 2  # cities
_ROLLED = (Cause.LINE, Cause.BANK)
FLEET = "*"
_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal stands."""

    terminal: str
    site: str
    city: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many stand where: what "most of it" is measured by."""

    terminals: Mapping[str, int]  # of a site
    sites: Mapping[str, int]  # of a city


@dataclass(frozen=True, slots=True)
class Group:
    """One cause at one place: what an alert is made from. `site` "" is a city's or the fleet's."""

    key: str
    cause: Cause
    part: str
    site: str
    remedy: Remedy
    severity: Severity
    terminals: tuple[str, ...]
    lost: tuple[str, ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: alerts to raise, open ones that go on, and keys that are over."""

    raised: tuple[Group, ...]
    going_on: tuple[Group, ...]
    cleared: tuple[str, ...]


@dataclass(slots=True)
class Damper:
    """Since when each key stands that is not told, and since when each told one is gone."""

    standing: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)

    def step(self, groups: Iterable[Group], open_keys: Mapping[str, Cause], now: int) -> Changes:
        """What changes, given what is wrong now and which alerts are open."""
        by_key = {group.key: group for group in groups}
        self.standing = {key: self.standing.get(key, now) for key in by_key if key not in open_keys}
        self.gone = {key: self.gone.get(key, now) for key in open_keys if key not in by_key}
        return Changes(
            tuple(
                by_key[key]
                for key, since in self.standing.items()
                if now - since >= RULES[by_key[key].cause].raise_after_s
            ),
            tuple(by_key[key] for key in open_keys if key in by_key),
            tuple(
                key
                for key, since in self.gone.items()
                if now - since >= RULES[open_keys[key]].clear_after_s
            ),
        )


def group(found: Iterable[tuple[Place, Trouble]], fleet: Fleet) -> list[Group]:
    """One group for each cause and part at each site; a line or a bank that is down is told once."""
    at_sites: dict[tuple[str, Cause, str], list[tuple[Place, Trouble]]] = defaultdict(list)
    for place, trouble in found:
        where = place.site or place.terminal
        at_sites[(where, trouble.cause, trouble.part)].append((place, trouble))
    for where in [site for site, cause, _ in at_sites if cause is Cause.SILENT]:
        silent = at_sites[(where, Cause.SILENT, "")]
        if len(silent) >= _LINE_LEAST and 2 * len(silent) >= fleet.terminals.get(where, 0):
            at_sites[(where, Cause.LINE, "")] = at_sites.pop((where, Cause.SILENT, ""))
    groups: list[Group] = []
    for cause in _ROLLED:
        groups += _rolled(cause, at_sites, fleet)
    groups += [_group(*key, members) for key, members in at_sites.items()]
    return groups


def _rolled(
    cause: Cause,
    at_sites: dict[tuple[str, Cause, str], list[tuple[Place, Trouble]]],
    fleet: Fleet,
) -> list[Group]:
    """Cities most of whose sites have the cause; they are taken out of `at_sites`."""
    by_city: dict[str, list[str]] = defaultdict(list)
    for where, of, _ in at_sites:
        if of is cause and at_sites[(where, of, "")][0][0].city:
            by_city[at_sites[(where, of, "")][0][0].city].append(where)
    whole = {
        city: [each for where in places for each in at_sites[(where, cause, "")]]
        for city, places in by_city.items()
        if len(places) >= _CITY_LEAST and 2 * len(places) >= fleet.sites.get(city, 0)
    }
    for city in whole:
        for where in by_city[city]:
            del at_sites[(where, cause, "")]
    if len(whole) >= _FLEET_LEAST and 2 * len(whole) >= len(fleet.sites):
        return [_group(FLEET, cause, "", [each for one in whole.values() for each in one])]
    return [_group(f"city/{city}", cause, "", members) for city, members in whole.items()]


def _group(where: str, cause: Cause, part: str, members: list[tuple[Place, Trouble]]) -> Group:
    worst = min((each for _, each in members), key=lambda each: _SEVERITIES.index(each.severity))
    is_one_site = len({place.site for place, _ in members}) == 1
    raw = where.removeprefix("city/") if not is_one_site else worst.raw
    return Group(
        key=f"{where}:{cause}:{part}",
        cause=cause,
        part=part,
        site=members[0][0].site if is_one_site else "",
        remedy=RULES[cause].remedy if cause is Cause.LINE else worst.remedy,
        severity=worst.severity,
        terminals=tuple(sorted(place.terminal for place, _ in members)),
        lost=tuple(sorted({name for _, each in members for name in each.lost})),
        raw=raw,
    )
