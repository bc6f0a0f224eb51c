"""The memory of the queue's process: what is freed is overwritten, and nobody is given a copy.

A request passes through the process in clear before it is sealed. Python frees such texts without
touching them, so a core of the process would still show them an hour later. With Python's own
pools and the C library's caches off, glibc overwrites every block that is freed (mallopt(3),
M_PERTURB). It costs less than a tenth of the processor time of an acceptance.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys

_WIPING = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165",
}
_OBJECTS_BETWEEN_LOOKS = 10_000  # a request leaves some ten, which wait with it
_PR_SET_DUMPABLE = 4  # prctl(2)


def forget_what_is_freed() -> None:
    """Begin the program anew with such an allocator, if it has not been; then forbid cores.

    The allocator is chosen before the first line of a program runs, hence the new beginning.
    """
    if any(os.environ.get(name) != value for name, value in _WIPING.items()):
        os.execve(sys.executable, sys.orig_argv, os.environ | _WIPING)  # noqa: S606
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("the kernel does not let the process forbid copies of its memory")


def look_for_cycles_rarely() -> None:
    """What a start has loaded stays, and so does what waits: looking through it takes longer than
    a request, and next to nothing that is dropped needs it.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
