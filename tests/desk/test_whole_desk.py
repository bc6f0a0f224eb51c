"""The whole desk: every real process, a virtual screen, devices on their wires."""

from __future__ import annotations

import io
import socket
import stat
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from simulators.desk.mirror_client import MirrorClient, NoKiosk
from simulators.desk.state import DeskBusy, open_state
from simulators.desk.tour import HOLDER, LOSER, PASSWORD
from simulators.desk.visitor import Unexpected
from tests.desk.desks import SIZE, RunningDesk, running_desk
from tests.stories.acts import opens, sees_tile

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(autouse=True)
def idle(desk: RunningDesk) -> None:
    """Each test finds the hall empty, the line up and the terminal idle."""
    visitor = desk.visitor
    visitor.repairs_line()
    visitor.pulls()
    visitor.lifts()
    visitor.takes_code_away()
    view = visitor.view()
    for button in ("leave", "done"):
        if any(each["id"] == button for each in view["buttons"]):
            visitor.presses(button)
    visitor.sees("idle")
    sees_tile(visitor, "receipt_check")


def _bench(desk: RunningDesk, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=desk.bench.url, headers=headers, timeout=30, trust_env=False)


# --- the mirror ----------------------------------------------------------------------------


def test_the_view_comes_as_data_with_its_buttons(desk: RunningDesk) -> None:
    view = desk.visitor.view()
    assert view["state"] == "idle"
    assert {"loss", "balance", "more"} <= {button["id"] for button in view["buttons"]}
    assert view["title"] in view["texts"]


def test_the_picture_has_the_size_of_the_panel_and_more_than_one_colour(desk: RunningDesk) -> None:
    picture = Image.open(io.BytesIO(desk.visitor.screen_png()))
    assert picture.size == SIZE
    assert len(picture.getcolors(1 << 20) or ()) > 20


def test_a_picture_can_be_had_smaller_and_never_larger(desk: RunningDesk) -> None:
    with _bench(desk) as bench:
        small = Image.open(io.BytesIO(bench.get("/screen.png", params={"width": 270}).content))
        large = Image.open(io.BytesIO(bench.get("/screen.png", params={"width": 4000}).content))
    assert small.size == (270, 480)
    assert large.size == SIZE


def test_a_touch_on_a_tile_is_a_press_of_it(desk: RunningDesk) -> None:
    with _bench(desk) as bench:
        box = bench.get("/boxes").json()["balance"]
    desk.visitor.touches(box["x"] + box["w"] / 2, box["y"] + box["h"] / 2)
    desk.visitor.sees("balance.id_card")


def test_a_button_that_is_not_there_cannot_be_pressed(desk: RunningDesk) -> None:
    with _bench(desk) as bench:
        refused = bench.post("/press", json={"button": "confirm"})
    assert refused.status_code == 409
    assert desk.visitor.view()["state"] == "idle"


def test_the_mirror_is_for_its_owner_alone(desk: RunningDesk) -> None:
    path = desk.desk.mirror_socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_client_sees_the_same_view_and_rubbish_ends_only_its_own_link(
    desk: RunningDesk,
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as rude:
        rude.settimeout(20)
        rude.connect(str(desk.desk.mirror_socket))
        assert b'"view"' in rude.makefile("rb").readline()
        rude.sendall(b"x" * 5000)
        while rude.recv(65536):
            pass  # until it is dropped
    assert desk.visitor.view()["state"] == "idle"


def test_without_a_kiosk_the_mirror_says_so(desk: RunningDesk) -> None:
    client = MirrorClient(desk.desk.folder / "nobody.sock", lambda _: None)
    assert not client.is_showing()
    with pytest.raises(NoKiosk):
        client.press("balance")


# --- services ------------------------------------------------------------------------------


def test_a_balance_visit_ends_with_a_receipt_and_the_card_back(desk: RunningDesk) -> None:
    visitor = desk.visitor
    printed = len(visitor.papers())
    visitor.presses("balance")
    visitor.sees("balance.id_card")
    visitor.lays(HOLDER)
    visitor.sees("balance.card")
    visitor.inserts(HOLDER)
    visitor.sees("balance.password")
    visitor.types(f"{PASSWORD}e")
    view = visitor.sees("balance.result")
    assert any("1,234.56" in text for text in view["texts"])
    visitor.presses("print")
    receipt = visitor.gets_receipt(printed + 1)
    assert receipt["whole"]
    assert visitor.receipt_png(receipt["number"]).startswith(b"\x89PNG")
    visitor.sees_that("that it is printed", lambda view: view["state"] == "balance.result")
    visitor.presses("done")
    visitor.sees("take_card")
    visitor.pulls()
    visitor.sees("goodbye")


def test_a_loss_taken_before_a_power_cut_reaches_the_bank_after_it(desk: RunningDesk) -> None:
    visitor = desk.visitor
    printed = len(visitor.papers())
    visitor.cuts_line()
    sees_tile(visitor, "receipt_check", enabled=False)
    visitor.presses("loss")
    visitor.sees("loss.id_card")
    visitor.lays(LOSER)
    visitor.sees("loss.choose_kind")
    visitor.presses("written")
    visitor.sees("loss.confirm")
    visitor.presses("confirm")
    visitor.sees("loss.result")
    visitor.sees_waiting(1)
    visitor.presses("print")
    assert visitor.gets_receipt(printed + 1)["codes"]
    visitor.cuts_power()
    with pytest.raises(Unexpected):
        visitor.view()
    visitor.lifts()
    visitor.repairs_line()
    visitor.gives_power()
    visitor.sees("idle")
    visitor.sees_all_delivered()
    opens(visitor, "receipt_check")
    visitor.sees("receipt_check.code")
    visitor.holds_up_receipt()
    view = visitor.sees("receipt_check.result")
    assert view["tone"] != "red"


def test_every_person_of_the_bench_can_lay_a_document_down(desk: RunningDesk) -> None:
    visitor = desk.visitor
    with _bench(desk) as bench:
        people = bench.get("/people").json()
    assert len(people) > 10
    for person in people:
        visitor.lays(person["id"])
        for number, _ in enumerate(person["cards"], 1):
            visitor.inserts(person["id"], number)
    visitor.pulls()
    visitor.lifts()


def test_an_open_cover_is_seen_by_the_terminal(desk: RunningDesk) -> None:
    visitor = desk.visitor
    visitor.does("receipt_printer", "open_cover")
    try:
        opens(visitor, "receipt_check")
        visitor.sees("receipt_check.code")
        visitor.presses("leave")
    finally:
        visitor.does("receipt_printer", "close_cover")
    with _bench(desk) as bench:
        assert bench.get("/state").json()["devices"]["receipt_printer"]["cover_open"] is False


def test_an_unplugged_scanner_takes_the_balance_check_away_and_gives_it_back(
    desk: RunningDesk,
) -> None:
    visitor = desk.visitor
    visitor.does("id_scanner", "fault", {"name": "unplugged", "on": True})
    visitor.sees_button("balance", enabled=False)
    visitor.does("id_scanner", "fault", {"name": "unplugged", "on": False})
    visitor.sees_button("balance")


# --- who may ask ---------------------------------------------------------------------------


def test_another_host_name_is_turned_away(desk: RunningDesk) -> None:
    with _bench(desk, host="evil.example") as bench:
        assert bench.get("/view").status_code == 403


def test_another_page_is_turned_away(desk: RunningDesk) -> None:
    with _bench(desk, origin="http://evil.example") as bench:
        assert bench.post("/line", json={"up": False}).status_code == 403
    assert desk.desk.line.state == "up"


def test_a_form_of_another_page_is_turned_away(desk: RunningDesk) -> None:
    with _bench(desk) as bench:
        refused = bench.post("/power", content="on=false", headers={"content-type": "text/plain"})
    assert refused.status_code == 403
    assert desk.desk.has_power


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/devices/card_reader/insert", {"person": "nobody"}),
        ("/devices/card_reader/insert", {"person": "chen", "card": "li:1"}),
        ("/devices/pin_pad/press", {"key": "x"}),
        ("/devices/receipt_printer/paper", {"state": "golden"}),
        ("/devices/camera/hold_up", {"text": ""}),
        ("/devices/id_scanner/fault", {"name": "nonsense", "on": True}),
        ("/devices/toaster/toast", {}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    desk: RunningDesk, path: str, body: dict[str, str]
) -> None:
    with _bench(desk) as bench:
        refused = bench.post(path, json=body)
    assert refused.status_code == 409
    assert refused.json()["detail"]


def test_events_tell_what_happened_and_no_key_of_the_pad(desk: RunningDesk) -> None:
    desk.visitor.does("pin_pad", "press", {"key": "7"})
    desk.visitor.lays(HOLDER)
    kept = desk.desk.happenings.kept()
    assert any("laid down" in happening.text for happening in kept)
    assert not any("7" in happening.text for happening in kept if "PIN" in happening.text)


def test_a_folder_has_one_desk(desk: RunningDesk) -> None:
    with pytest.raises(DeskBusy):
        open_state(desk.desk.folder)


def test_secrets_of_the_desk_are_for_its_owner_alone(desk: RunningDesk) -> None:
    folder = desk.desk.folder
    keys = [path for path in (folder / "keys").iterdir() if path.suffix in (".key", ".toml")]
    assert keys
    for path in keys:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
