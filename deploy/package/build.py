"""Builds the Debian package of the terminal: `make package`.

python -m deploy.package.build --fonts DIR --out DIR

The first build of a lock file makes its environment, which takes a minute; the next ones take it
from there.
`SOURCE_DATE_EPOCH` (or the commit) gives files and version their time, so the same source makes the same package.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from deploy.package.contents import lay_out, named_here, settle
from deploy.package.environment import BuildFailed, environment, run
from deploy.package.lock import runtime_lock, runtime_names
from kiosk.software import PACKAGE

_HERE = Path(__file__).parent
_SOURCE = _HERE.parent.parent
_SCRIPTS = ("postinst", "prerm", "postrm")


def main() -> int:
    """Build; its exit code. The last line is the package's path."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--fonts", type=Path, required=True, help="the faces made by `make setup`")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        print(build(chosen.fonts, chosen.out))
    except BuildFailed as failure:
        print(f"no package: {failure}", file=sys.stderr)
        return 1
    return 0


def build(fonts: Path, out: Path) -> Path:
    """Build the package into `out`, which also keeps the environment. Raises `BuildFailed`."""
    out.mkdir(parents=True, exist_ok=True)
    names = runtime_names((_HERE / "runtime.txt").read_text("utf-8"))
    lock = runtime_lock((_SOURCE / "requirements.lock").read_text("utf-8"), names)
    root = out / "root"
    shutil.rmtree(root, ignore_errors=True)
    made_s = _made_s()
    version = _version(made_s)
    lay_out(_SOURCE, environment(lock, out), fonts, root, version)
    named = named_here(root, _this_machine())
    if named:
        raise BuildFailed(f"folders of this machine stand in {', '.join(named[:5])}")
    return _pack(root, out, version, made_s)


def _this_machine() -> list[bytes]:
    """What would give away where it was built: the checkout, its Python, pip's scratch folders."""
    words = [bytes(_SOURCE), b"/pip-install-", b"/pip-req-build-"]
    if not sys.base_prefix.startswith("/usr"):
        words.append(os.fsencode(sys.base_prefix))
    return words


def _pack(root: Path, out: Path, version: str, made_s: int) -> Path:
    control = root / "DEBIAN"
    architecture = run("dpkg", "--print-architecture").strip()
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    control.mkdir()
    text = (_HERE / "debian" / "control").read_text("utf-8")
    size_kib = sum(path.stat().st_size for path in files) // 1024
    head = f"Version: {version}\nArchitecture: {architecture}\nInstalled-Size: {size_kib}\n"
    (control / "control").write_text(f"Package: {PACKAGE}\n{head}{text}", "utf-8")
    sums = (f"{_md5(path)}  {path.relative_to(root)}\n" for path in files)
    (control / "md5sums").write_text("".join(sums), "utf-8")
    for script in _SCRIPTS:
        shutil.copy(_HERE / "debian" / script, control / script)
        (control / script).chmod(0o755)
    settle(root, made_s)
    package = out / f"{PACKAGE}_{version}_{architecture}.deb"
    for old in out.glob(f"{PACKAGE}_*.deb"):
        old.unlink()
    os.environ["SOURCE_DATE_EPOCH"] = str(made_s)
    run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z3", "--build", root, package)
    return package


def _version(made_s: int) -> str:
    """The project's version and, so that a later one is a newer one, its time."""
    project = tomllib.loads((_SOURCE / "pyproject.toml").read_text("utf-8"))["project"]
    return f"{project['version']}+{datetime.fromtimestamp(made_s, UTC):%Y%m%d%H%M}"


def _made_s() -> int:
    """The time of the source: as told, or of the last commit, or of the lock file."""
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if told.isdecimal():
        return int(told)
    log = subprocess.run(
        ("git", "-C", _SOURCE, "log", "-1", "--format=%ct"), text=True, capture_output=True
    )
    said = log.stdout.strip()
    return int(said) if said else int((_SOURCE / "requirements.lock").stat().st_mtime)


def _md5(path: Path) -> str:
    """As dpkg wants it (deb-md5sums(5)); it finds damage, it does not prove an origin."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
