"""The package's own Python environment: made once for a lock file, then taken from the cache.

It is made with Debian's Python, whichever one the checkout's own environment uses: a terminal
has no other. Nothing in it names a folder of the machine that built it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = Path("/usr/bin/python3.11")
INSTALLED_ROOT = "opt/sscard-terminal"
SITE_PACKAGES = f"{INSTALLED_ROOT}/lib/python3.11/site-packages"
_LAYOUT = 5  # one more when this file makes something else of the same lock file
_PYTHONS = frozenset({"python", "python3", "python3.11"})
_LEFT_OUT = ("kivy/tools", "kivy_install", "numpy/f2py/tests")
_TEST_FOLDERS = frozenset({"tests", "test"})


class BuildFailed(RuntimeError):
    """The package cannot be built; the text says why."""


def environment(lock: str, cache: Path) -> Path:
    """A root that has the environment of `lock` and nothing else, in `cache`.

    Raises `BuildFailed`.
    """
    key = hashlib.sha256(f"{_LAYOUT} {_python_version()}\n{lock}".encode()).hexdigest()[:16]
    made = cache / f"environment-{key}"
    if not made.exists():
        partial = cache / f"environment-{key}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        _make(lock, partial, cache / "pip")
        for old in cache.glob("environment-*[0-9a-f]"):
            shutil.rmtree(old)
        partial.rename(made)
    return made


def compile_folder(root: Path, folder: Path) -> None:
    """Compile what is in `folder`, under the names that it will have once installed.

    The code is bound to no time stamp: the package's files change with the package alone, and two
    builds of the same source are the same.
    """
    run(
        PYTHON, "-m", "compileall", "-q", "-j", "0", "-s", root, "-p", "/",
        "--invalidation-mode", "unchecked-hash", folder,
    )  # fmt: skip


def run(*command: str | Path) -> str:
    """What the command prints. Raises `BuildFailed`."""
    try:
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildFailed(f"{Path(command[0]).name} failed: {error}") from error
    return done.stdout


def _python_version() -> str:
    version = run(PYTHON, "-c", "import sys, platform; print(sys.version, platform.machine())")
    if not re.match(r"3\.11\.", version):
        raise BuildFailed(f"{PYTHON} is not Python 3.11")
    return version


def _make(lock: str, root: Path, pip_cache: Path) -> None:
    """What pip builds from source is bound to the Python it was built for, though its cache does not
    know: so the package has a cache of its own.
    """
    home = root / INSTALLED_ROOT
    home.parent.mkdir(parents=True)
    requirements = root / "runtime.lock"
    requirements.write_text(lock, "utf-8")
    run(PYTHON, "-m", "venv", "--without-pip", home)
    run(
        sys.executable, "-m", "pip", "--python", home / "bin" / "python3.11", "install", "-q",
        "--disable-pip-version-check", "--no-compile", "--no-warn-script-location",
        "--cache-dir", pip_cache.resolve(), "--require-hashes", "-r", requirements,
    )  # fmt: skip
    requirements.unlink()
    _leave_out(home)
    (home / "pyvenv.cfg").write_text(
        f"home = {PYTHON.parent}\ninclude-system-site-packages = false\nversion = 3.11\n", "utf-8"
    )
    for library in (home / "lib").rglob("smartcard/**/*.so"):
        # Built here, so it names folders of this machine, and its build id is made of their names.
        run("strip", "--strip-unneeded", "--remove-section=.note.gnu.build-id", library)
    compile_folder(root, home)


def _leave_out(home: Path) -> None:
    """Everything that only a developer needs: commands, headers, examples, tests of the packages."""
    for command in (home / "bin").iterdir():
        if command.name not in _PYTHONS:
            command.unlink()
    for name in ("include", "share", "lib64"):
        folder = home / name
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
    site = home / "lib" / "python3.11" / "site-packages"
    for left_out in _LEFT_OUT:
        shutil.rmtree(site / left_out, ignore_errors=True)
    for folder in [path for path in site.rglob("*") if path.name in _TEST_FOLDERS]:
        if folder.is_dir():
            shutil.rmtree(folder)
    for record in site.glob("*.dist-info/RECORD"):
        record.unlink()  # it lists what was just left out, and hashes of paths of this machine
