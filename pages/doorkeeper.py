"""What every request passes before a page, a route or Streamlit itself sees it.

Where people sign in, nothing but the way in and the program's own files is given to who has not. Changes that another
site sends for a browser are refused everywhere. A page that stays open is held by Streamlit over one connection, whose
cookies are those of its first moment: each message on it is looked at again, and when its sign-in has ended, or
its browser has become somebody else, all that it asks is to be drawn anew. So no button of an old page does anything.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.accounts import Mode
from pages.door import Door
from quizzes import StoreError

__all__ = ["Doorkeeper", "same_site"]

# What it takes to sign in, and files of the program that hold nothing of anybody.
_OPEN = {"/sign-in", "/sign-out", "/password", "/oauth2callback", "/favicon.ico", "/favicon.png", "/robots.txt"}
_OPEN_BELOW = ("/static/", "/viewer/", "/auth/", "/_stcore/health", "/_stcore/host-config")
_PAGE = "/_stcore/stream"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}


class Doorkeeper:
    """Middleware in front of everything.

    Parameters
    ----------
    app : ASGIApp
        What it stands before.
    door : Door
        Tells who is there.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if self._too_far(request):
            await _answer(PlainTextResponse(_TOO_FAR, 403), scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(request, scope, receive, send)
        else:
            refusal = await self._refusal(scope["method"], request)
            await (refusal or self._app)(scope, receive, _with_headers(send))

    async def _connect(self, request: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a connection through: a page of Streamlit's is watched, another is for who is signed in."""
        if request.url.path.endswith(_PAGE):
            await self._app(scope, _Watched(self._door, request.cookies, receive).receive, send)
        elif refusal := await self._refusal("GET", request):
            await _answer(refusal, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _too_far(self, request: HTTPConnection) -> bool:
        """Tell whether a server without accounts is asked from another machine, or by a name that is not its own.

        A page of another site can let its own name lead to this machine, and would then count as one of ours.
        """
        accounts = self._door.accounts
        if accounts.mode != Mode.LOCAL or accounts.open_to_others:
            return False
        return (request.client is not None and _far(request.client.host)) or _strange(request.headers.get("host", ""))

    async def _refusal(self, method: str, request: HTTPConnection) -> Response | None:
        if method not in ("GET", "HEAD", "OPTIONS") and not same_site(request.headers):
            return PlainTextResponse("This came from another site. Open Readout itself, and do it there.", 403)
        path = request.url.path
        if self._door.mode == Mode.LOCAL or path in _OPEN or path.startswith(_OPEN_BELOW):
            return None
        try:
            found = await asyncio.to_thread(self._door.visit, request.cookies)
        except StoreError as error:
            return PlainTextResponse(str(error), 503)
        if found is not None:
            return None
        if method == "GET" and "text/html" in request.headers.get("accept", ""):
            address = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(address, safe='')}", 303)
        return PlainTextResponse("You are signed out. Sign in again, then reload the page.", 401)


_TOO_FAR = (
    "Readout has no accounts here and serves its own machine only, as 127.0.0.1 or localhost. "
    "READOUT_ACCOUNTS=passwords lets others in; READOUT_OPEN_TO_OTHERS=yes lets everybody in as one person."
)


def _far(host: str) -> bool:
    """Tell whether an address is another machine's; what is no address is a socket of this one."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _strange(host: str) -> bool:
    """Tell whether a Host header names anything but this machine for itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return True
    if name in ("", "localhost") or name.endswith(".localhost"):
        return False
    try:
        return not ip_address(name).is_loopback
    except ValueError:
        return True


def same_site(headers: Headers) -> bool:
    """Tell whether a change was sent by a page of this server, as far as the browser says where it comes from."""
    origin = headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2] == headers.get("host", "")
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


class _Watched:
    """One page's connection: who was there at its last message, and who is now."""

    def __init__(self, door: Door, cookies: Mapping[str, str], receive: Receive) -> None:
        self._door = door
        self._cookies = cookies
        self._receive = receive
        self._last: tuple[str, str] | None = None
        self._first = True

    async def receive(self) -> Message:
        """Give the next message, without what only somebody else might have asked."""
        message = await self._receive()
        data = message.get("bytes")
        if message["type"] != "websocket.receive" or data is None:
            return message
        try:
            found = await asyncio.to_thread(self._door.visit, self._cookies)
            person = (found.person.id, found.person.role) if found else None
        except StoreError:
            # The page says what is wrong with the database.
            person = None
        changed = not self._first and person != self._last
        self._first, self._last = False, person
        return {**message, "bytes": _only_drawn(data)} if changed or person is None else message


def _only_drawn(data: bytes) -> bytes:
    """Take out of a message whatever was pressed, typed or uploaded; what remains asks for the page."""
    asked = BackMsg()
    try:
        asked.ParseFromString(data)
    except Exception:  # whatever it is, Streamlit refuses it
        return data
    if asked.WhichOneof("type") != "rerun_script":
        return bytes(BackMsg(app_heartbeat=True).SerializeToString())
    asked.rerun_script.ClearField("widget_states")
    asked.rerun_script.ClearField("fragment_id")
    return bytes(asked.SerializeToString())


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await response(scope, receive, send)
