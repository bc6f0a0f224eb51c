"""A bare Debian 12 as a folder: what a terminal's image holds before our package comes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

_MACHINE = ("init", "systemd-sysv", "python3-minimal", "procps")
_STAND_INS = ("xvfb", "vsmartcard-vpcd")  # a screen and a card reader without hardware


def bare_root(package: Path, cache: Path, extra: tuple[str, ...] = ()) -> Path:
    """A Debian 12 with what `package` depends on and the stand-ins, made once and kept in `cache`."""
    names = sorted({*_MACHINE, *_STAND_INS, *extra, *depends(package)})
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]
    made = cache / f"debian-{key}"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = cache / f"debian-{key}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run(
            (
                "mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
                f"--include={','.join(names)}", "bookworm", partial,
            ),
            check=True,
        )  # fmt: skip
        partial.rename(made)
    return made


def depends(package: Path) -> list[str]:
    """The names that the package depends on, without their versions."""
    shown = subprocess.run(
        ("dpkg-deb", "--field", package, "Depends"), check=True, text=True, capture_output=True
    ).stdout
    return sorted({part.split()[0] for part in shown.replace("\n", " ").split(",") if part.strip()})


def fresh_copy(made: Path, target: Path) -> Path:
    """A copy to be used up."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(("cp", "-a", "--reflink=auto", made, target), check=True)
    return target
