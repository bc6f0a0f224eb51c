"""python -m monitoring.agent --settings FILE"""

from __future__ import annotations

import argparse
import asyncio
import time
from functools import partial
from pathlib import Path

from kiosk.software import software_version
from monitoring.agent.agent import Agent
from monitoring.agent.gather import gather
from monitoring.agent.process import Process, load_settings
from monitoring.agent.spool import Spool
from offline_queue.service_manager import service_manager


def main() -> None:
    """Run until the process is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.agent", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    settings = load_settings(parser.parse_args().settings)
    spool = Spool(settings.spool)
    manager = service_manager()
    look = partial(gather, settings.status_socket, settings.queue_socket, settings.spool.parent)
    agent = Agent(int(time.time()), software_version(), spool.next_number())
    manager.ready()
    asyncio.run(Process(settings, agent, spool, look, time.time, manager.alive).run())


if __name__ == "__main__":
    main()
