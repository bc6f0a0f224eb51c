"""What comes into the package, without building its environment."""

from __future__ import annotations

import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest

from deploy.package.contents import ROOMS, lay_out, named_here, settle
from deploy.package.environment import SITE_PACKAGES
from deploy.package.lock import runtime_lock, runtime_names
from kiosk.software import PACKAGE

_ROOT = Path(__file__).parents[2]
_DEBIAN = _ROOT / "deploy" / "package" / "debian"
_LOCK = """\
# a comment
app==1.0 \\
    --hash=sha256:aa
    # via -r requirements.in
needed[extra]==2.0 \\
    --hash=sha256:bb
    # via app
deep==3.0 \\
    --hash=sha256:cc
    # via
    #   needed
    #   tester
tester==4.0 \\
    --hash=sha256:dd
    # via -r requirements.in
only-for-tests==5.0 \\
    --hash=sha256:ee
    # via tester
"""


def test_the_terminals_part_of_the_lock_is_what_it_names_and_what_that_needs() -> None:
    part = runtime_lock(_LOCK, frozenset({"app"}))
    assert "app==1.0" in part
    assert "needed[extra]==2.0" in part
    assert "sha256:cc" in part
    assert "tester==" not in part
    assert "only-for-tests" not in part


def test_a_name_that_is_not_locked_is_refused() -> None:
    with pytest.raises(ValueError, match="unheard-of"):
        runtime_lock(_LOCK, frozenset({"app", "unheard-of"}))


def test_no_program_for_tests_or_for_the_bank_comes_into_the_terminal() -> None:
    names = runtime_names((_ROOT / "deploy" / "package" / "runtime.txt").read_text("utf-8"))
    part = runtime_lock((_ROOT / "requirements.lock").read_text("utf-8"), names)
    locked = {line.split("==")[0] for line in part.splitlines() if "==" in line}
    assert names <= locked
    assert not locked & {
        "pytest",
        "hypothesis",
        "mypy",
        "ruff",
        "selenium",
        "fastapi",
        "sqlalchemy",
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package unpacked, with an empty environment and one face."""
    made = tmp_path_factory.mktemp("package")
    (made / "environment" / SITE_PACKAGES).mkdir(parents=True)
    (made / "fonts").mkdir()
    (made / "fonts" / "our-texts-Regular.otf").write_bytes(b"a face")
    lay_out(_ROOT, made / "environment", made / "fonts", made / "root", "1.2+3")
    settle(made / "root", 1_700_000_000)
    return made / "root"


def test_the_rooms_of_the_terminal_come_in_compiled_and_no_others(root: Path) -> None:
    site = root / SITE_PACKAGES
    program = "sscard_terminal-1.2+3.dist-info"
    assert {path.name for path in site.iterdir()} == {*ROOMS, program}
    (found,) = distributions(name=PACKAGE, path=[str(site)])
    assert found.version == "1.2+3", "what a report says of the program"
    for module in site.rglob("*.py"):
        assert (module.parent / "__pycache__" / f"{module.stem}.cpython-311.pyc").exists(), module
    assert (site / "kiosk" / "messages" / "zh").is_dir()


def test_nothing_in_the_package_names_a_folder_of_the_machine_that_built_it(root: Path) -> None:
    assert named_here(root, [str(_ROOT).encode(), str(root).encode()]) == []


def test_a_slip_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "slip").write_bytes(b"\0built in " + bytes(_ROOT))
    (tmp_path / "sound").write_bytes(b"\0")
    assert named_here(tmp_path, [bytes(_ROOT)]) == ["slip"]


def test_modes_and_times_do_not_depend_on_who_built_it(root: Path) -> None:
    for path in root.rglob("*"):
        found = path.stat()
        assert found.st_mtime == 1_700_000_000
        expected = 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644
        assert found.st_mode & 0o7777 == expected, path


def test_everything_that_the_units_start_is_in_the_package_or_in_debian(root: Path) -> None:
    for unit in (root / "usr" / "lib" / "systemd" / "system").iterdir():
        for line in unit.read_text("utf-8").splitlines():
            name, _, command = line.partition("=")
            if name.startswith("Exec") and "-m" in command.split():
                module = command.split()[command.split().index("-m") + 1].replace(".", "/")
                site = root / SITE_PACKAGES
                assert (site / f"{module}.py").exists() or (site / module / "__main__.py").exists()


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_the_packages_scripts_are_sound_shell_and_stop_at_trouble(script: str) -> None:
    subprocess.run(["sh", "-n", _DEBIAN / script], check=True)
    assert (_DEBIAN / script).read_text("utf-8").startswith("#!/bin/sh\nset -e\n")
