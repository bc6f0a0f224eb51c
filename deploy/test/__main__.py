"""Tries the package on a bare Debian 12 under a real systemd: `make package-test`.

python -m deploy.test --package FILE --work DIR

As root. Two boots: the first installs and sets up, the second lives, hangs, is removed and purged
(`inside.py`). Both in a container, or with `--display` the second in an emulated machine that has
a display adapter. Pictures, findings and the machine's journals stay in DIR.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from deploy.test.bare_root import bare_root, fresh_copy
from deploy.test.container import DidNotEnd, boot
from deploy.test.glass import not_idle, read_xwd
from deploy.test.stage import GLASS_PX, lay_stage
from deploy.test.virtual_machine import boot_with_display, file_of

_SOURCE = Path(__file__).parent.parent.parent
_BOOTS = 2
_PICTURES = ("idle", "after-the-hang")
_LEAST_FINDINGS = 25
_KERNEL = ("linux-image-amd64", "initramfs-tools")

Finding = dict[str, Any]


def main() -> int:
    """Run; exit code 0 if every check held."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--display", action="store_true", help="on an emulated display adapter")
    chosen = parser.parse_args()
    work: Path = chosen.work.resolve()
    tried = _on_a_display if chosen.display else _in_a_container
    results = work / ("display" if chosen.display else "container")
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    try:
        findings = tried(chosen.package, work, results)
    except DidNotEnd as late:
        findings = [{"check": "the machine ends by itself", "holds": False, "detail": str(late)}]
    findings += [_judged(results, name) for name in _PICTURES]
    return _show(findings)


def _in_a_container(package: Path, work: Path, results: Path) -> list[Finding]:
    """Both boots in a container, drawing on Xvfb."""
    root = fresh_copy(bare_root(package, work), work / "machine")
    inside = lay_stage(root, package, _SOURCE, work / "scratch", has_display=False)
    for number in range(_BOOTS):
        boot(root, results / f"boot-{number}.log")
        shutil.copy(inside / f"journal-{number}.txt", results)
    for name in _PICTURES:
        read_xwd(inside / f"{name}.xwd").save(results / f"{name}.png")
    return _told(inside / "findings.jsonl")


def _on_a_display(package: Path, work: Path, results: Path) -> list[Finding]:
    """The first boot in a container, the second in a machine of its own, drawing on its display."""
    root = fresh_copy(bare_root(package, work, _KERNEL), work / "machine")
    inside = lay_stage(root, package, _SOURCE, work / "scratch", has_display=True)
    boot(root, results / "boot-0.log")
    shutil.copy(inside / "journal-0.txt", results)
    disk = boot_with_display(root, results, GLASS_PX)
    file_of(disk, "/package-test/journal-1.txt", results / "journal-1.txt")
    told = _told(file_of(disk, "/package-test/findings.jsonl", results / "findings.jsonl"))
    disk.unlink()
    return told


def _told(file: Path) -> list[Finding]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _judged(results: Path, name: str) -> Finding:
    check, picture = f"the idle page is on the glass ({name})", results / f"{name}.png"
    missing = not_idle(Image.open(picture)) if picture.exists() else "no picture"
    return {"check": check, "holds": not missing, "detail": missing}


def _show(findings: list[Finding]) -> int:
    wrong = [finding for finding in findings if not finding["holds"]]
    for finding in findings:
        print("ok   " if finding["holds"] else "WRONG", finding["check"])
        if not finding["holds"]:
            print(f"      {finding['detail']}")
    held = len(findings) - len(wrong)
    print(f"{held} checks of the package held, {len(wrong)} did not")
    return 1 if wrong or len(findings) < _LEAST_FINDINGS else 0


if __name__ == "__main__":
    sys.exit(main())
