"""Each defect of the catalogue is put into a copy of our code, and its test has to see it there.

A test that never failed proves nothing; here every one named fails for the one reason it is there
for. That all of them pass without a defect is checked in such a copy too, in one run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.defects import warm
from tests.defects.catalogue import DEFECTS, ITEMS
from tests.defects.defect import Defect, Edit

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "bank",
    "deploy",
    "kiosk",
    "offline_queue",
    "provisioning",
    "simulators",
    "sscard",
    "tests",
)
SETTINGS = """
[pytest]
pythonpath = .
addopts = --strict-markers --import-mode=importlib
filterwarnings = error
"""
# The last line of a failure says where it was and what: in a test, and what a test says.
_BY_A_TEST = re.compile(r"(^|/)tests/[\w/]+\.py:\d+: (AssertionError|Failed)$")

Run = Callable[[Path, Sequence[str]], int]


@pytest.fixture
def copy() -> Iterator[Path]:
    """A folder with all that the tests need: links to our files. Its name is short, for sockets."""
    with tempfile.TemporaryDirectory(prefix="defect-") as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text(SETTINGS, "utf-8")
        for package in PACKAGES:
            (folder / package).symlink_to(ROOT / package)
        yield folder


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs tests in a copy, in a process of their own; gives pytest's exit code."""
    clean = {name: its for name, its in os.environ.items() if not name.startswith("PYTEST_")}
    clean |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    clean |= {"PYTHONDONTWRITEBYTECODE": "1"}  # the links lead to our own
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(Path(warm.__file__))], env=clean, stdin=pipe, stdout=pipe, text=True
    ) as python:
        assert python.stdin is not None
        assert python.stdout is not None
        asking, answers = python.stdin, python.stdout

        def run_in(folder: Path, tests: Sequence[str]) -> int:
            arguments = ["-x", "-q", "-p", "no:cacheprovider", "--basetemp", str(folder / "t")]
            arguments += ["--junit-xml", str(folder / "report.xml"), *tests]
            asking.write(json.dumps({"folder": str(folder), "arguments": arguments}) + "\n")
            asking.flush()
            return int(answers.readline())

        yield run_in
        asking.close()


def apply(edits: Sequence[Edit], folder: Path) -> None:
    """Put edits into the copy. A text that is not there once is a fault of the catalogue."""
    for edit in edits:
        for parent in reversed(Path(edit.file).parents[:-1]):
            _unlink(folder / parent)
        file = folder / edit.file
        text = file.read_text("utf-8")
        found = text.count(edit.old)
        assert found == 1, f"{edit.file} has this {found} times, and not once:\n{edit.old}"
        file.unlink()
        file.write_text(text.replace(edit.old, edit.new), "utf-8")


def _unlink(package: Path) -> None:
    """Instead of a link to a folder of ours one of its own, in which all files are still links."""
    if package.is_symlink():
        ours = package.readlink()
        package.unlink()
        package.mkdir()
        for file in ours.iterdir():
            (package / file.name).symlink_to(file)


def said_in(folder: Path) -> str:
    return (folder / "said.txt").read_text("utf-8")


def test_every_item_has_its_defect_and_no_defect_is_there_twice() -> None:
    assert {defect.item for defect in DEFECTS} == set(ITEMS)
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_seen_elsewhere_is_caught_by_its_test(
    defect: Defect, copy: Path, run: Run
) -> None:
    apply(defect.edits, copy)
    code = run(copy, [defect.caught_by])
    said = said_in(copy)
    assert code == 1, f"{defect.item} ({defect.seen_in}) is not caught:\n{said}"
    failed = list(ElementTree.parse(copy / "report.xml").iter("failure"))  # noqa: S314
    assert failed, f"not a failure of the test:\n{said}"
    for each in failed:
        last_line = (each.text or "").strip().splitlines()[-1]
        assert _BY_A_TEST.search(last_line), f"not an assertion of the test:\n{said}"


def test_without_a_defect_the_tests_that_catch_them_pass_in_the_same_copy(
    copy: Path, run: Run
) -> None:
    code = run(copy, sorted({defect.caught_by for defect in DEFECTS}))
    assert code == 0, said_in(copy)
