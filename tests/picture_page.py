"""The page that shows every picture, grouped by service (`docs/screens/README.md`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kiosk.messages.catalogue import messages
from tests.picture_scenes import STAFF, TERMINAL, Film

STRIP, STRIP_WIDTH = "1080x1920-zh", 58
COLUMNS = {
    "1080x1920-zh": 150, "1080x1920-en": 150, "1280x800-zh": 200, "1280x800-en": 200,
    "800x480-zh": 200, "800x480-en": 200,
}  # fmt: skip
RECEIPTS = "receipts"
TITLES = {STAFF: "Technician mode", TERMINAL: "The terminal itself"}


def page(film: Film) -> str:
    """The whole page."""
    return "\n".join([*_head(), *_strips(film), *_everything(film)]) + "\n"


def _head() -> Iterator[str]:
    yield "# Every screen"
    yield ""
    yield "Drawn by `make pictures` from the visits of `tests/stories/visits.py`, which also pass as"
    yield "tests, in the simulated world and on the desk. A row is a service from the welcome to the"
    yield "receipt; below, every screen on three panels, in both languages."
    yield ""


def _strips(film: Film) -> Iterator[str]:
    yield "| service | a visit |"
    yield "| --- | --- |"
    for service, names in film.strips.items():
        own = [name for name in names if film.scenes[name].service == service]
        pictures = [_picture(STRIP, name, STRIP_WIDTH) for name in ["idle", *own]]
        if f"{service}-zh" in film.papers:
            pictures.append(_picture(RECEIPTS, f"{service}-zh", STRIP_WIDTH))
        yield f"| [{_called(service)}](#{service}) | {' '.join(pictures)} |"
    yield ""


def _everything(film: Film) -> Iterator[str]:
    for service in (*film.strips, STAFF, TERMINAL):
        names = [name for name, scene in film.scenes.items() if scene.service == service]
        title = TITLES[service] if service in TITLES else _called(service)
        yield f'## <a id="{service}"></a>{title}'
        yield ""
        yield from _table(names)
        if service == TERMINAL:
            yield "Every trouble and refusal; its ring, its retry and its rule are samples:"
            yield ""
            yield from _table(["troubles"])
        papers = [f"{service}-{language}" for language in ("zh", "en")]
        if papers[0] in film.papers:
            yield "The receipt: " + " ".join(_picture(RECEIPTS, name, 260) for name in papers)
            yield ""


def _table(names: list[str]) -> Iterator[str]:
    yield "| screen | " + " | ".join(COLUMNS) + " |"
    yield "| --- |" + " --- |" * len(COLUMNS)
    for name in names:
        cells = [_picture(folder, name, width) for folder, width in COLUMNS.items()]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _picture(folder: str, name: str, width: int) -> str:
    path = Path(folder, f"{name}.png").as_posix()
    return f'<a href="{path}"><img src="{path}" alt="{name}" width="{width}"></a>'


def _called(service: str) -> str:
    names: Mapping[str, str] = {
        language: messages(language)(f"service.{service}.name") for language in ("zh", "en")
    }
    return f"{names['zh']} {names['en']}"
