"""A Python that has loaded what every run needs, and makes a process of itself for each one.

Started by its path, so that nothing of ours is loaded: a run finds it in the folder it is given.
Reads a line of JSON a run from standard input (folder, arguments for pytest) and answers with a
line, pytest's exit code; what the run said is in the folder's `said.txt`. A run that takes longer
than `PATIENCE_S` is ended by a signal, and its code is below zero.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module

PATIENCE_S = 100
LOADED = (
    "pytest",
    "cryptography.hazmat.primitives.hpke",
    "cryptography.x509",
    "http.server",
    "httpx",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlite_utils",
)


def main() -> None:
    """Run what is asked for, until standard input ends."""
    del sys.path[0]  # this folder
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(asked["folder"], asked["arguments"]))
        _, status = os.waitpid(child, 0)
        with suppress(ProcessLookupError):  # whatever it started and left behind
            os.killpg(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(folder: str, arguments: list[str]) -> int:
    os.setsid()
    signal.alarm(PATIENCE_S)
    os.chdir(folder)
    os.environ["PYTHONPATH"] = folder
    sys.path.insert(0, folder)
    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(descriptor, number)
    try:
        return int(import_module("pytest").main(arguments))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main()
