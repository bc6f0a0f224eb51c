"""The card reader on a real pcscd, in a network and a /run/pcscd of its own: nobody else's is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

# First without pcscd, then with it, then with it gone again.
LOOK = """
import json, subprocess
from threading import Event
from provisioning.devices.card_readers import reader_names, readers
from provisioning.readiness.card_reader import card_reader

def until(wanted):
    for _ in range(200):
        if bool(reader_names()) is wanted:
            return
        Event().wait(0.05)

def told():
    found = [[each.name, each.device.model] for each in readers(reader_names() or ())]
    finding = card_reader()
    return {"names": reader_names(), "found": found, "outcome": finding.outcome,
            "remedy": finding.remedy}

before = told()
service = subprocess.Popen(["pcscd", "--foreground"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
until(True)
during = told()
service.terminate()
service.wait(20)
until(False)
print(json.dumps([before, during, told()]))
"""


def looked() -> list[dict[str, Any]]:
    alone = ["unshare", "--mount", "--net", "sh", "-c"]
    script = 'mount -t tmpfs none /run/pcscd && exec "$0" -c "$1"'
    done = subprocess.run(
        [*alone, script, sys.executable, LOOK],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a pcscd of its own")
def test_readers_are_found_while_their_service_runs_and_only_then() -> None:
    before, during, after = looked()
    assert before["names"] is None
    assert before["outcome"] == "failed"
    assert "systemctl start pcscd" in before["remedy"]
    assert during["found"] == [["Virtual PCD 00 00", "Virtual PCD"]]
    assert during["outcome"] == "passed"
    assert after["outcome"] == "failed"
