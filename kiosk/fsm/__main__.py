"""python -m kiosk.fsm: write the session's page, check the chart, walk through every state.

With names of services (or `shared`) only these are walked.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk.fsm.check import check_chart
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.sheet import sheet
from kiosk.fsm.walk import walks

PAGE = Path(__file__).parents[2] / "docs" / "session.md"


def main() -> int:
    """Answer 0 when everything holds, 1 with the findings on standard output when not."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.fsm", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write the page")
    every = walks()
    parser.add_argument("names", nargs="*", metavar="service", help="walk through these only")
    asked = parser.parse_args()
    if unknown := {*asked.names} - {*every}:
        parser.error(f"no such service: {', '.join(sorted(unknown))}")
    plan, page, states = Plan(SERVICES), asked.page, set[str]()
    page.write_text(sheet(plan), encoding="utf-8")
    wrong = check_chart(plan)
    for name in asked.names or every:
        walk = every[name]
        wrong += map(str, walk.run())
        states |= walk.states
        print(f"{name}: {walk.places} situations, {walk.events} events")
    for finding in wrong:
        print(finding)
    print(f"{page.name} written; {len(states)} states: {len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
