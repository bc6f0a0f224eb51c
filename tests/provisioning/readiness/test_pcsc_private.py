"""The card reader on a real pcscd of the test's own, which comes and goes: nobody else's is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.drivers.links.own_pcscd import SOCKET_VARIABLE, OwnPcscd

# Tells what it sees, each time it is told whether there should be readers by now.
LOOK = """
import json, sys
from threading import Event
from provisioning.devices.card_readers import reader_names, readers
from provisioning.readiness.card_reader import card_reader

for line in sys.stdin:
    for _ in range(400):
        if bool(reader_names()) is (line == "there\\n"):
            break
        Event().wait(0.05)
    found = [[each.name, each.device.model] for each in readers(reader_names() or ())]
    finding = card_reader()
    print(json.dumps({"names": reader_names(), "found": found, "outcome": finding.outcome,
                      "remedy": finding.remedy}), flush=True)
"""


@contextmanager
def looking(service: OwnPcscd) -> Iterator[Callable[[str], dict[str, Any]]]:
    """A program that looks through this service alone."""
    with subprocess.Popen(
        [sys.executable, "-c", LOOK],
        env=os.environ | {SOCKET_VARIABLE: str(service.socket)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        words, answers = program.stdin, program.stdout

        def look(word: str) -> dict[str, Any]:
            print(word, file=words, flush=True)
            told: dict[str, Any] = json.loads(answers.readline())
            return told

        yield look
        words.close()


def test_readers_are_found_while_their_service_runs_and_only_then() -> None:
    with tempfile.TemporaryDirectory(prefix="pcscd-") as folder:
        service = OwnPcscd(Path(folder))
        with looking(service) as look:
            before = look("not there")
            service.start()
            try:
                during = look("there")
            finally:
                service.stop()
            after = look("not there")
    assert before["names"] is None
    assert before["outcome"] == "failed"
    assert "systemctl start pcscd" in before["remedy"]
    assert during["found"] == [["Virtual PCD 00 00", "Virtual PCD"]]
    assert during["outcome"] == "passed"
    assert after["outcome"] == "failed"
