"""Reading one case together in several browsers: who is there, who leads, and what passes between them.

Only navigation passes: which series and image, how it is windowed and placed, and where the pointer is in the patient.
Messages are built anew from the few values that they may have (`viewer.navigation`), so nothing else can travel; who
may not see a series yet is not told of it. Whoever moves leads, until they have been still for `HOLD_S`. All of it
lives in the memory of one process. Who may begin a shared reading, and who may join, is for the pages to ask.
"""

import asyncio
import json
import math
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from viewer.navigation import read_view
from viewer.routes import Signer, cookie_session

__all__ = ["HOLD_S", "SharedReadings", "together_route"]

HOLD_S = 1.0
"""So long after the last movement nobody else moves the images."""
MOST_READINGS = 200
MOST_SEATS = 16
"""People of one reading, whether connected or not."""
MOST_AT_ONCE = 12
"""Connections of one reading."""
MOST_BYTES = 2048
"""Of one message."""
LIFE_S = 12 * 3600.0
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ENDED = 4404
ASK_S = 10.0
"""After so long a connection asks again whether its browser is still signed in."""


@dataclass(slots=True)
class Seat:
    """Somebody who reads along, in one browser."""

    id: str
    """Cannot be guessed; part of the address of the connection."""
    name: str
    """As shown to the others; any text, never markup."""
    series: frozenset[str]
    """Ids of the series that they may see by now."""


@dataclass(slots=True)
class _Line:
    """One connection: a tab of somebody who has a seat."""

    number: int
    seat: Seat
    waiting: dict[str, object] = field(default_factory=dict)
    """What is to be sent, by kind: who reads slowly is told the newest of each, and nothing piles up."""
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, kind: str, what: object) -> None:
        """Send soon."""
        self.waiting[kind] = what
        self.called.set()

    async def next(self) -> str:
        """Give what is to be sent, as one message, as soon as there is something."""
        await self.called.wait()
        self.called.clear()
        message, self.waiting = self.waiting, {}
        return json.dumps(message)

    def show(self, view: Mapping[str, Any], leader: int) -> None:
        """Tell what is shown, and by whom; without the view when it is of a series that is not open yet here."""
        content = view["content"]
        seen = {content["series"], content.get("over", content["series"])} <= self.seat.series
        self.tell("shown", {"by": leader, "view": view if seen else None})


@dataclass(slots=True)
class SharedReading:
    """One case that is read together."""

    code: str
    """What people tell one another."""
    case: str
    """Slug of the case."""
    used_at: float
    """When somebody last came, went or moved, by the readings' clock."""
    seats: dict[str, Seat] = field(default_factory=dict)
    """By person and browser."""
    lines: dict[int, _Line] = field(default_factory=dict)
    view: dict[str, Any] | None = None
    """What is shown, as `read_view` gives it."""
    leader: int = 0
    """Number of the connection that moved last."""
    led_at: float = -math.inf
    """When, by the readings' clock."""

    def name_for(self, name: str) -> str:
        """Give a name that tells somebody from the others: of two readers the second is "Reader (2)"."""
        taken = {seat.name for seat in self.seats.values()}
        more = (f"{name} ({number})" for number in range(2, MOST_SEATS + 2))
        return next(one for one in (name, *more) if one not in taken)

    def join(self, line: _Line) -> None:
        """Take a connection in: it is told what is shown, and all are told who is there."""
        self.lines[line.number] = line
        self._tell_presence()
        if self.view:
            line.show(self.view, self.leader)

    def leave(self, line: _Line) -> None:
        """Let a connection go, and tell the others."""
        self.lines.pop(line.number, None)
        self._tell_presence()

    def move(self, line: _Line, view: dict[str, Any], now: float) -> bool:
        """Pass on what somebody shows, unless another leads still: then they are told what is shown instead."""
        if self.leader != line.number and now - self.led_at < HOLD_S and self.leader in self.lines:
            if self.view:
                line.show(self.view, self.leader)
            return False
        self.leader, self.led_at, self.view = line.number, now, view
        for other in self.lines.values():
            if other is not line:
                other.show(view, line.number)
        return True

    def _tell_presence(self) -> None:
        who = [{"id": one.number, "name": one.seat.name} for one in self.lines.values()]
        for one in self.lines.values():
            one.tell("there", {"who": who, "you": one.number})


class SharedReadings:
    """All shared readings of this process.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._readings: dict[str, SharedReading] = {}
        self._numbers = 0
        # Pages run in threads of their own.
        self._lock = threading.Lock()

    def open(self, case: str) -> str:
        """Begin one of a case, and give its code; of too many the one that was left longest ago ends."""
        with self._lock:
            self._sweep()
            code = "".join(secrets.choice(_LETTERS) for _ in range(6))
            self._readings[code] = SharedReading(code, case, self.clock())
            return code

    def case(self, code: str) -> str | None:
        """Give the case of a reading, however its code was typed; None when there is no such reading."""
        shared = self._readings.get(_typed(code))
        return shared.case if shared else None

    def admit(self, code: str, who: tuple[str, str], name: str, series: Collection[str]) -> str | None:
        """Give somebody a seat, the same each time, and note what they may see by now.

        Parameters
        ----------
        who : (str, str)
            Ids of the person and of the browser.
        name : str
            As shown to the others.
        series : collection of str
            Ids of the series that they may see.

        Returns
        -------
        str or None
            Id of the seat; None when there is no such reading, or it is full.
        """
        with self._lock:
            shared = self._readings.get(_typed(code))
            if shared is None:
                return None
            key = "\n".join(who)
            if key not in shared.seats:
                if len(shared.seats) >= MOST_SEATS:
                    return None
                shared.seats[key] = Seat(secrets.token_hex(12), shared.name_for(name), frozenset())
            shared.seats[key].series = frozenset(series)
            return shared.seats[key].id

    def take(self, seat_id: str) -> tuple[SharedReading, _Line] | None:
        """Give the reading of a seat and a new connection to it; None when it is gone, or too many are connected."""
        with self._lock:
            for shared in self._readings.values():
                seat = next((one for one in shared.seats.values() if one.id == seat_id), None)
                if seat and len(shared.lines) < MOST_AT_ONCE:
                    self._numbers += 1
                    shared.used_at = self.clock()
                    return shared, _Line(self._numbers, seat)
        return None

    def _sweep(self) -> None:
        """Close what is old, and the longest unused of too many; those in which somebody is go last."""
        now = self.clock()
        for code, shared in list(self._readings.items()):
            if not shared.lines and now - shared.used_at > LIFE_S:
                del self._readings[code]
        if len(self._readings) >= MOST_READINGS:
            last = min(self._readings.values(), key=lambda one: (bool(one.lines), one.used_at))
            del self._readings[last.code]


def _typed(code: str) -> str:
    return "".join(code.split()).upper()[:16]


def together_route(
    readings: SharedReadings,
    signer: Signer,
    session_of: Callable[[Mapping[str, str]], str] = cookie_session,
    *,
    ask_s: float = ASK_S,
) -> WebSocketRoute:
    """Serve ``/together/{seat}``: the connection of one tab to its reading, signed for its browser.

    Parameters
    ----------
    session_of : callable
        From the cookies of a request to what its address must be signed for; asked again every `ask_s` seconds, in a
        thread, so that a connection does not outlive a sign-in.
    """

    async def meet(socket: WebSocket) -> None:
        seat = socket.path_params["seat"]
        session = await asyncio.to_thread(session_of, socket.cookies)
        if not _same_origin(socket) or not signer.allows(f"together/{seat}", session, socket.query_params):
            await socket.close()
            return
        await socket.accept()
        taken = readings.take(seat)
        if taken is None:
            await socket.close(_ENDED)
            return
        shared, line = taken
        shared.join(line)

        async def watch() -> None:
            while await asyncio.to_thread(session_of, socket.cookies) == session:
                await asyncio.sleep(ask_s)
            await socket.close(_ENDED)

        parts = (_listen(socket, shared, line, readings), _tell(socket, line), watch())
        talk = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(talk, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in talk:
                task.cancel()
            await asyncio.gather(*talk, return_exceptions=True)
            shared.leave(line)
            shared.used_at = readings.clock()

    return WebSocketRoute("/together/{seat:str}", meet)


async def _listen(socket: WebSocket, shared: SharedReading, line: _Line, readings: SharedReadings) -> None:
    """Take what a tab shows until it goes, or says something that no viewer says."""
    while True:
        try:
            text = await socket.receive_text()
            if len(text) > MOST_BYTES:
                raise ValueError("too long")
            view = read_view(json.loads(text))
        except (WebSocketDisconnect, KeyError):
            return  # KeyError is what Starlette raises for a binary message
        except (ValueError, RecursionError):
            await socket.close(1008)
            return
        shared.move(line, view, readings.clock())


async def _tell(socket: WebSocket, line: _Line) -> None:
    try:
        while True:
            await socket.send_text(await line.next())
    except (WebSocketDisconnect, RuntimeError):
        return  # it has gone


def _same_origin(socket: WebSocket) -> bool:
    """Tell whether a page of this server asks; what is no browser sends no origin, and has no cookie of one."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
