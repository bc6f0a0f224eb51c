"""The files that are shipped beside the console: each is read by who will use it, or by its format."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from msgspec.structs import fields
from prometheus_client.exposition import generate_latest

from monitoring.server.ingest import Ingest
from monitoring.server.metrics import Metrics
from monitoring.server.series import lines
from monitoring.wire.messages import Health, Mode

SHIPPED = Path(__file__).parents[3] / "deploy" / "monitoring"
BOARDS = sorted((SHIPPED / "grafana").glob("*.json"))
_FIGURE = re.compile(r"\b(?:collector|kiosk)_[a-z_]+")


def _told() -> set[str]:
    """The figures that a collector has: its own, and those it writes for terminals."""
    known: dict[str, Any] = {one.name: 1 for one in fields(Health) if one.default is None}
    full = Health("s", 1, 1, Mode.IDLE, **known)
    samples = {line.partition("{")[0] for line in lines([("T-1", full, 1)]).splitlines()}
    ingest = Ingest({})
    ingest.take("nobody/at/all", b"", 1, False)
    own = generate_latest(Metrics(ingest).registry).decode()
    return samples | {re.split(r"[{ ]", line)[0] for line in own.splitlines() if line[:1] != "#"}


def _asked(expressions: list[str]) -> set[str]:
    return {figure for text in expressions for figure in _FIGURE.findall(text)}


def test_every_rule_asks_for_figures_that_there_are_and_begins_with_the_remedy() -> None:
    groups = yaml.safe_load((SHIPPED / "prometheus-rules.yml").read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 5
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].partition(":")[0] in (
            "reset",
            "maintenance",
            "software",
            "suspend",
        )
    asked = _asked([rule["expr"] for rule in rules])
    assert asked
    assert asked <= _told()


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_every_panel_asks_for_figures_that_there_are(board: Path) -> None:
    panels = json.loads(board.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 0
    for panel in panels:
        asked = _asked([target["expr"] for target in panel["targets"]])
        assert asked
        assert asked <= _told()


def test_the_drop_in_takes_from_debians_unit_what_the_broker_does_not_need(tmp_path: Path) -> None:
    unit = Path("/lib/systemd/system/mosquitto.service").read_text("utf-8")
    drop_in = (SHIPPED / "mosquitto.service.d" / "hardening.conf").read_text("utf-8")
    (tmp_path / "mosquitto.service").write_text(f"{unit}\n{drop_in}", "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "mosquitto.service"],
        cwd=tmp_path,
        env={"SYSTEMD_UNIT_PATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    found = re.search(r"exposure level for mosquitto.service: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= 2.5


def test_the_drop_in_is_one_section_of_settings() -> None:
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.read(SHIPPED / "mosquitto.service.d" / "hardening.conf", "utf-8")
    assert parser.sections() == ["Service"]
    assert int(parser["Service"]["LimitNOFILE"]) >= 100_000


def test_nats_finds_no_fault_in_its_settings_and_finds_one_that_is_there(tmp_path: Path) -> None:
    for name in ("nats.conf", "routes.conf"):
        shutil.copy(SHIPPED / name, tmp_path)
    (tmp_path / "mqtt_tls.conf").write_text("", "utf-8")
    program = shutil.which("nats-server", path="/usr/sbin:/usr/bin")
    assert program is not None
    words = {"LISTEN": ":4222", "HTTP": ":8222", "CLUSTER": ":6222", "MQTT": ":1883"}
    places = {f"NODE_{name}": f"127.0.0.1{port}" for name, port in words.items()}
    environment = {"NODE_NAME": "n1", "NODE_STORE": str(tmp_path), **places}

    def is_taken() -> bool:
        asked = [program, "-t", "-c", str(tmp_path / "nats.conf")]
        return subprocess.run(asked, env=environment, capture_output=True).returncode == 0

    assert is_taken()
    text = (tmp_path / "nats.conf").read_text("utf-8")
    (tmp_path / "nats.conf").write_text(text.replace("ack_wait", "ack_weight"), "utf-8")
    assert not is_taken()
