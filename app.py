"""The ASGI entry: settings, clock, wiring and routes. ``streamlit run app.py`` finds ``app`` in here."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path

import platformdirs
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.catalogue import Catalogue
from pages.room import Room, furnish
from quizzes.store import Attempts
from quizzes.vocabulary import Vocabulary, bundled_vocabulary
from viewer.routes import SESSION_COOKIE, Signer, asset_route, bundle_version, new_session, pixel_route
from viewer.shelf import Shelf

ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides."""

    library: Path
    """Folder of the cases."""
    data: Path
    """Folder of what Readout keeps: attempts and its signing key."""
    database_url: str
    """SQLAlchemy address of the attempts."""
    cache_bytes: int
    """Most bytes of decoded frames in memory."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Take READOUT_LIBRARY, READOUT_DATA, READOUT_DATABASE_URL and READOUT_CACHE_MB, or their defaults."""
        data = Path(environment.get("READOUT_DATA") or platformdirs.user_data_path("readout"))
        database = environment.get("READOUT_DATABASE_URL") or f"sqlite:///{data / 'readout.sqlite3'}"
        cache = int(environment.get("READOUT_CACHE_MB") or 512) << 20
        return cls(Path(environment.get("READOUT_LIBRARY") or ROOT / "cases" / "library"), data, database, cache)


def signing_key(folder: Path) -> bytes:
    """Give this installation's secret, made at the first start, readable by its user alone."""
    file = folder / "signing.key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_bytes()
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key := secrets.token_bytes(32))
    return key


class PageHeaders:
    """Adds to a page's headers: the browser's own name, and the viewer's address so that it loads at once.

    Addresses of pixels are signed for the name in the cookie. The viewer is fetched while Streamlit starts; on
    pages without one, the browser fetches it when it has nothing else to do.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers if the answer is a page."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    relation = "modulepreload" if request.url.path.endswith("/read") else "prefetch"
                    headers.append("link", f"<viewer/{bundle_version()}/viewer.js>; rel={relation}")
                    if SESSION_COOKIE not in request.cookies:
                        headers.append("set-cookie", session_cookie())
            await send(message)

        return await self._app(scope, receive, send_with_headers)


def session_cookie() -> str:
    """Make the cookie that tells one browser from another."""
    cookie = SimpleCookie({SESSION_COOKIE: new_session()})
    for attribute, value in {"httponly": True, "samesite": "Lax", "path": "/", "max-age": 30 * 24 * 3600}.items():
        cookie[SESSION_COOKIE][attribute] = value
    return cookie[SESSION_COOKIE].OutputString()


def vocabulary_route(vocabulary: Vocabulary) -> Route:
    """Serve ``/vocabulary?q=…``: the few concepts that a typed text may mean, never the whole list."""

    async def search(request: Request) -> Response:
        found = vocabulary.search(request.query_params.get("q", "")[:100])
        return JSONResponse([{"id": match.id, "name": match.name} for match in found])

    return Route("/vocabulary", search)


def open_room(settings: Settings) -> Room:
    """Put the catalogue, the images, the vocabulary and the attempts together."""
    signer = Signer(signing_key(settings.data), now=lambda: datetime.now(UTC))
    return Room(
        catalogue=Catalogue(settings.library),
        shelf=Shelf(settings.cache_bytes),
        signer=signer,
        vocabulary=bundled_vocabulary(),
        attempts=Attempts(settings.database_url),
        now=signer.now,
    )


room = furnish(open_room(Settings.read(os.environ)))
app = st.App(
    ROOT / "pages" / "shell.py",
    routes=[pixel_route(room.shelf, room.signer), asset_route(), vocabulary_route(room.vocabulary)],
    middleware=[Middleware(PageHeaders)],
)
