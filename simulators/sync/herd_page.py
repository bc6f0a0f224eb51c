"""The herd on paper: a table in docs/performance.md and a picture beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulators.sync.herd import CAPACITY_PER_S, LIMIT_S, LOSS_SHARE, OPS_MAX, Drained, Strategy

DOCS = Path(__file__).parents[2] / "docs"
PICTURE = "herd.svg"
BEGIN, END = "<!-- herd -->", "<!-- end of herd -->"
COMMAND = "python -m simulators.sync.herd --write"
_NAMES = {
    Strategy.NAIVE: "every 5 s again",
    Strategy.JITTER: "exponential, full jitter",
    Strategy.PACED: "paced by the bank",
}
_COLOURS = {Strategy.NAIVE: "#b3261e", Strategy.JITTER: "#b26a00", Strategy.PACED: "#006b5b"}
_IDEAL_COLOUR = "#777777"
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 360, 64, 24, 190, 44


def table(all_of: Sequence[Drained]) -> str:
    """The strategies as rows of a Markdown table."""
    lines = [
        "| strategy | drained after | against the ideal | target | loss reports' p99 | target"
        " | batches/s at the bank, peak | hellos/s, peak |  |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in all_of:
        ours = each.strategy == Strategy.PACED
        drain = f"not within {LIMIT_S:,.0f} s" if each.drain_s is None else f"{each.drain_s:,.0f} s"
        ratio = "" if each.ratio is None else f"{each.ratio:.2f} ×"
        loss = each.loss_p99_s
        told = f"not within {LIMIT_S:,.0f} s" if loss is None else f"{loss:,.1f} s"
        lines.append(
            f"| {_NAMES[each.strategy]} | {drain} | {ratio} | {'≤ 1.2 ×' if ours else ''} | {told}"
            f" | {'≤ 30 s' if ours else ''} | {max(each.asked_per_s):,} |"
            f" {max(each.hellos_per_s):,} | {_verdict(each) if ours else ''} |"
        )
    return "\n".join(lines) + "\n"


def write(all_of: Sequence[Drained], docs: Path = DOCS) -> None:
    """Put the table between its marks, and the picture beside the page.

    A page without the marks gets them at its end. Raises `ValueError` if only one is there.
    """
    page = docs / "performance.md"
    text = page.read_text("utf-8")
    if BEGIN not in text and END not in text:
        text = f"{text.rstrip()}\n\n## The herd\n\n{BEGIN}\n{END}\n"
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has only one of the herd's marks")
    first = all_of[0]
    words = (
        f"By `{COMMAND}`, in virtual time: {first.terminals:,} terminals find the line again within"
        f" seconds of each other, each with 1 to {OPS_MAX} requests waiting, {LOSS_SHARE:.0%} of"
        f" them with a loss report. The bank serves {CAPACITY_PER_S:g} batches a second, so that"
        f" the ideal is {first.ideal_s:,.0f} s. A client gives up after 8 s, and what the bank"
        " does for it then is done for nothing."
    )
    picture = f"![Terminals drained over time, by strategy]({PICTURE})"
    page.write_text(
        f"{before}{BEGIN}\n\n{words}\n\n{table(all_of)}\n{picture}\n\n{END}{after}", "utf-8"
    )
    (docs / PICTURE).write_text(svg(all_of), "utf-8")


def svg(all_of: Sequence[Drained]) -> str:
    """Terminals that are home over time, a line a strategy, and the ideal. An SVG 1.1 document."""
    drains = [each.drain_s for each in all_of if each.drain_s is not None]
    ends_s = max([each.ideal_s for each in all_of] + drains) * 1.05
    most = max(each.terminals for each in all_of)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(at_s: float, home: float) -> str:
        return f"{_LEFT + wide * at_s / ends_s:.1f},{_TOP + high * (1 - home / most):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12" fill="#333333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    step_s = _step(ends_s)
    for number in range(int(ends_s / step_s) + 1):
        x, y = place(number * step_s, 0).split(",")
        parts += [
            f'<path d="M{x},{_TOP} V{y}" stroke="#e4e4e4"/>',
            f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle">{number * step_s:g}</text>',
        ]
    for quarter in range(5):
        home = most * quarter / 4
        x, y = place(0, home).split(",")
        parts += [
            f'<path d="M{x},{y} h{wide}" stroke="#e4e4e4"/>',
            f'<text x="{_LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{home:,.0f}</text>',
        ]
    parts.append(
        f'<text x="{_LEFT + wide / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "seconds since the line came back; terminals with nothing left waiting</text>"
    )
    ideal_s = all_of[0].ideal_s
    ideal = f"M{place(0, 0)} L{place(ideal_s, most)} L{place(ends_s, most)}"
    lines = [("the ideal", _IDEAL_COLOUR, ideal, ' stroke-dasharray="5 4"')]
    for each in all_of:
        lines.append(
            (_NAMES[each.strategy], _COLOURS[each.strategy], _curve(each, ends_s, place), "")
        )
    for number, (name, colour, path, dashes) in enumerate(lines):
        key_x, key_y = _LEFT + wide + 12, _TOP + 14 + 20 * number
        parts += [
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
            f'<path d="M{key_x},{key_y - 4} h18" stroke="{colour}" stroke-width="2"{dashes}/>',
            f'<text x="{key_x + 24}" y="{key_y}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curve(each: Drained, ends_s: float, place: object) -> str:
    assert callable(place)
    home = sorted(at_s for at_s in each.home_s if at_s <= ends_s)
    every = max(1, len(home) // 200)
    points = [place(0, 0)]
    points += [place(home[i], i + 1) for i in range(every - 1, len(home), every)]
    points.append(place(ends_s, len(home)))
    return "M" + " L".join(points)


def _step(ends_s: float) -> float:
    return next(step for step in (50, 100, 200, 250, 500, 1_000) if ends_s / step <= 10)


def _verdict(each: Drained) -> str:
    ratio, loss = each.ratio, each.loss_p99_s
    met = ratio is not None and ratio <= 1.2 and loss is not None and loss <= 30.0
    return "met" if met else "**not met**"
