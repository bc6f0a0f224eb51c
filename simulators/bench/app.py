"""The bench's API and page, on 127.0.0.1, in the desk's process.

Every caller that is not this machine's own page is turned away: the Host header must name
the bench itself (against DNS rebinding), an Origin must be the bench's, and what changes
something must be JSON, which no form of another page can send unasked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel

from simulators.bench.pictures import ScreenPictures
from simulators.desk.desk import Desk
from simulators.desk.hands import CannotDo, a_person
from simulators.desk.happenings import Happening
from simulators.desk.line import LineState
from simulators.desk.mirror_client import NoKiosk

_HERE = Path(__file__).parent
_PAGE_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/bench.css": ("bench.css", "text/css; charset=utf-8"),
    "/bench.js": ("bench.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STREAM_WAITING_MAX = 500
_KEEP_ALIVE_S = 10.0


class Press(BaseModel):
    """`POST /press`."""

    button: str


class Touch(BaseModel):
    """`POST /touch`: pixels of the panel from the top left."""

    x: float
    y: float


class LineWish(BaseModel):
    """`POST /line`: `up`, or one of the four states."""

    up: bool | None = None
    state: LineState | None = None


class AppCodeWish(BaseModel):
    """`POST /app_code`."""

    person: str


class PowerWish(BaseModel):
    """`POST /power`."""

    on: bool


def build_bench(desk: Desk, port: int) -> FastAPI:
    """The application for `desk`, to be served on 127.0.0.1:`port`."""
    app = FastAPI(title="The bench", docs_url=None, redoc_url=None)
    pictures = ScreenPictures(desk.mirror)
    _guard(app, port)
    _add_page(app)
    _add_kiosk(app, desk, pictures)
    _add_desk(app, desk)
    return app


# --- who may come in ---------------------------------------------------------------------


def _guard(app: FastAPI, port: int) -> None:
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    origins = {f"http://{host}" for host in hosts}

    @app.middleware("http")
    async def admit(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        trouble = None
        if request.headers.get("host") not in hosts:
            trouble = "this is not the address of the bench"
        elif request.headers.get("origin", f"http://127.0.0.1:{port}") not in origins:
            trouble = "the bench answers its own page only"
        elif request.method == "POST" and not request.headers.get("content-type", "").startswith(
            "application/json"
        ):
            trouble = "send JSON"
        if trouble is not None:
            return JSONResponse({"detail": trouble}, status_code=403)
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(CannotDo)
    async def cannot(_: Request, error: CannotDo) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=409)

    @app.exception_handler(NoKiosk)
    async def no_kiosk(_: Request, error: NoKiosk) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=503)


# --- the routes --------------------------------------------------------------------------
# Plain functions run in the server's worker threads, so a slow kiosk holds up nobody else.


def _add_page(app: FastAPI) -> None:
    for path, (name, media_type) in _PAGE_FILES.items():

        def file(name: str = name, media_type: str = media_type) -> FileResponse:
            return FileResponse(_HERE / name, media_type=media_type)

        app.add_api_route(path, _without_arguments(file), include_in_schema=False)


def _without_arguments(make: Callable[[], FileResponse]) -> Callable[[], FileResponse]:
    def route() -> FileResponse:
        return make()

    return route


def _add_kiosk(app: FastAPI, desk: Desk, pictures: ScreenPictures) -> None:
    @app.get("/view")
    def view() -> dict[str, Any]:
        """The current view as data."""
        if (now := desk.mirror.view) is None:
            raise NoKiosk(desk.summary())
        return now

    @app.get("/screen.png")
    def screen(width: Annotated[int | None, Query(ge=64, le=4096)] = None) -> Response:
        """The glass as it is now; `width` makes it smaller, never larger."""
        return Response(pictures.png(width), media_type="image/png")

    @app.get("/boxes")
    def boxes() -> dict[str, dict[str, int]]:
        """Where each button of the view is on the glass."""
        return desk.mirror.boxes()

    @app.post("/press")
    def press(wish: Press) -> dict[str, str]:
        """Press a button by its id."""
        if not desk.mirror.press(wish.button):
            raise HTTPException(409, "the screen shows no such button now")
        return {"pressed": wish.button}

    @app.post("/touch")
    def touch(wish: Touch) -> dict[str, float]:
        """A finger on the glass."""
        desk.mirror.touch(wish.x, wish.y)
        return {"x": wish.x, "y": wish.y}


def _add_desk(app: FastAPI, desk: Desk) -> None:
    @app.get("/people")
    def people() -> list[dict[str, Any]]:
        """The invented people, their cards and passwords."""
        return desk.devices.people()

    @app.get("/state")
    def state() -> dict[str, Any]:
        """Everything the page shows, in one answer."""
        return desk.state()

    @app.post("/devices/{name}/{action}")
    def device(
        name: str, action: str, details: Annotated[dict[str, Any] | None, Body()] = None
    ) -> dict[str, Any]:
        """Do something at a device; the answer is the device's state afterwards."""
        return desk.devices.perform(name, action, details or {})

    @app.get("/devices/camera/frame.jpg")
    def frame() -> Response:
        """What the camera sees."""
        return Response(desk.devices.camera_jpeg(), media_type="image/jpeg")

    @app.get("/receipts")
    def receipts() -> list[dict[str, Any]]:
        """What was printed, oldest first: texts, codes, whether it was torn off."""
        return desk.devices.receipts()

    @app.get("/receipts/{number}.png")
    def receipt(number: int) -> Response:
        """One receipt as it looks on paper."""
        return Response(desk.devices.receipt_png(number), media_type="image/png")

    @app.post("/line")
    def line(wish: LineWish) -> dict[str, str]:
        """Cut the line to the bank, mend it, or make it poor."""
        wanted = wish.state
        if wanted is None:
            if wish.up is None:
                raise HTTPException(422, "say up or state")
            wanted = LineState.UP if wish.up else LineState.DOWN
        desk.set_line(wanted)
        return {"state": wanted}

    @app.post("/pay")
    def pay() -> dict[str, bool]:
        """Pay the payment code on the screen, as a telephone does."""
        desk.pay_shown_code()
        return {"paid": True}

    @app.post("/app_code")
    def app_code(wish: AppCodeWish) -> dict[str, bool]:
        """Hold up a telephone that shows a new code of the person's electronic card."""
        desk.show_app_code(a_person({"person": wish.person}))
        return {"shown": True}

    @app.post("/power")
    def power(wish: PowerWish) -> dict[str, bool]:
        """Cut the terminal's power at once, or give it back and wait until it shows something."""
        if wish.on:
            desk.power_on()
        else:
            desk.power_cut()
        return {"on": desk.has_power}

    @app.get("/events")
    async def events(request: Request) -> StreamingResponse:
        """What happened so far and what happens, as server-sent events."""
        return StreamingResponse(_stream(desk, request), media_type="text/event-stream")


async def _stream(desk: Desk, request: Request) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[Happening] = asyncio.Queue(_STREAM_WAITING_MAX)

    def put(happening: Happening) -> None:
        if not waiting.full():  # a page that does not read reads `/state` when it does
            waiting.put_nowait(happening)

    def hear(happening: Happening) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(put, happening)

    end = desk.happenings.listen(hear)
    try:
        last = 0
        for happening in desk.happenings.kept():
            last = happening.number
            yield _message(happening)
        while not (desk.ending.is_set() or await request.is_disconnected()):
            try:
                happening = await asyncio.wait_for(waiting.get(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if happening.number > last:
                yield _message(happening)
    finally:
        end()


def _message(happening: Happening) -> str:
    return f"id: {happening.number}\ndata: {json.dumps(asdict(happening), ensure_ascii=False)}\n\n"
