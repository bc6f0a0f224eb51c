"""From a bare board to a signed-off terminal, with all devices and no person's time.

The technician's commands one after the other, each a process of its own as when it is typed; simulated
devices on their real wires, the real office over TLS, the real queue and bank. What the commands use
of the processor is ours; what they wait for is the devices' and the disk's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.figures import Figure, spread
from tests.provisioning.story.hall import KEYS, Hall, hall

WHOLE_S, CPU_S = 60.0, 10.0


def setting_up(rounds: int = 3) -> list[Figure]:
    """Whole setups, each of another board."""
    whole_s, cpu_s = [], []
    for _ in range(rounds):
        with hall() as here:
            took_s, used_s = _set_up(here)
            whole_s.append(took_s)
            cpu_s.append(used_s)
    against = f"what was promised ({rounds} boards, five devices)"
    return [
        Figure(
            name="bare board to signed off",
            against=against,
            unit="s",
            ours=spread(whole_s),
            target=WHOLE_S,
            digits=1,
        ),
        Figure(
            name="of it on the processor, with every start of Python",
            against=against,
            unit="s",
            ours=spread(cpu_s),
            target=CPU_S,
            digits=1,
        ),
    ]


def _set_up(here: Hall) -> tuple[float, float]:
    """Seconds from the first command to the last, and those of the processor. The bank's opening, which is
    its own time, does not count."""
    here.camera.hold_up(here.token())
    before = [("enrol",), ("devices", "find")]
    loads = [(("keys", "load", "--key", key), here.papers(key)) for key in KEYS]
    after = [("self-test", "--technician", "1001", "--answers", str(here.answers)), ("sign-off",)]
    first = [_typed(here, words) for words in before]
    here.camera.take_away()
    first += [_typed(here, words, papers) for words, papers in loads]
    here.bank_opens()
    here.queue_starts()
    first += [_typed(here, words) for words in after]
    readiness = here.readiness()
    assert readiness is not None and readiness["state"] == "passed"
    return sum(took_s for took_s, _ in first), sum(used_s for _, used_s in first)


def _typed(here: Hall, words: tuple[str, ...], typed: str = "") -> tuple[float, float]:
    command = [sys.executable, "-m", "provisioning.cli", "--image", str(here.image), *words]
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | here.environment,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(typed)
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return time.perf_counter() - begun_s, used.ru_utime + used.ru_stime
