"""python -m kiosk.fsm: write the session's page, check the chart, walk through every state."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk.fsm.check import check_chart
from kiosk.fsm.plan import Plan
from kiosk.fsm.services import SERVICES
from kiosk.fsm.sheet import sheet
from kiosk.fsm.walk import Walk

PAGE = Path(__file__).parents[2] / "docs" / "session.md"


def main() -> int:
    """Answer 0 when everything holds, 1 with the findings on standard output when not."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.fsm", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write the page")
    page: Path = parser.parse_args().page
    plan = Plan(SERVICES)
    page.write_text(sheet(plan), encoding="utf-8")
    wrong = check_chart(plan)
    walk = Walk()
    wrong += map(str, walk.run())
    for finding in wrong:
        print(finding)
    print(
        f"{page.name} written; {len(walk.states)} states, {walk.places} situations,"
        f" {walk.events} events: {len(wrong)} findings"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
