"""From a signed address to pixel values and the viewer's own files, as routes of the same server.

An address of pixels holds the digest of its series, an expiry and a signature over both and the session that
it was made for. So it is worth nothing in another browser, and can be cached for as long as it lives. It tells
nothing about the case. Addresses are the same all day, so that a second visit transfers nothing.
"""

import asyncio
import gzip
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from viewer import SeriesError
from viewer.packing import can_pack
from viewer.series import Series
from viewer.shelf import Shelf

SESSION_COOKIE = "readout_session"
"""Name of the cookie that tells one browser from another."""

_LIFE = timedelta(hours=12)
_DIST = Path(__file__).parent / "frontend" / "dist"
_CACHE_FOREVER = "max-age=31536000, immutable"
_MOST_FRAMES_AT_ONCE = 512
_MOST_BYTES_AT_ONCE = 64 << 20
_FRAMES = re.compile(r"([0-9a-f]{64})/([0-9]{1,9})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs addresses of pixels for one session, for 12 to 24 hours."""

    key: bytes
    """Secret of this installation."""
    now: Callable[[], datetime]
    """The clock, timezone-aware."""

    def address(self, digest: str, session: str) -> str:
        """Give the address of a series' frames, with ``{a}`` and ``{b}`` for the first and the one after the last."""
        return f"pixels/{digest}/{{a}}-{{b}}?{self.query(digest, session)}"

    def query(self, subject: str, session: str) -> str:
        """Give the query of an address that lets one session at what it names."""
        life = int(_LIFE.total_seconds())
        until = (int(self.now().timestamp()) // life + 2) * life
        return f"until={until}&key={self._signature(subject, session, until)}"

    def allows(self, digest: str, session: str, query: Mapping[str, str]) -> bool:
        """Tell whether a request for a series, or for what `query` named, was signed for this session, in time."""
        until = query.get("until", "")
        if not (until.isascii() and until.isdigit() and len(until) < 12) or not session:
            return False
        expected = self._signature(digest, session, int(until))
        # Compared as bytes: text with other than ASCII characters would raise.
        genuine = hmac.compare_digest(query.get("key", "").encode(), expected.encode())
        return genuine and int(until) > self.now().timestamp()

    def _signature(self, digest: str, session: str, until: int) -> str:
        text = f"{digest} {session} {until}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:32]


def new_session() -> str:
    """Make a name for a browser that cannot be guessed."""
    return secrets.token_urlsafe(24)


def cookie_session(cookies: Mapping[str, str]) -> str:
    """Give the name of the browser that shows these cookies, where every browser may look."""
    return cookies.get(SESSION_COOKIE, "")


def pixel_route(shelf: Shelf, signer: Signer, session_of: Callable[[Mapping[str, str]], str] = cookie_session) -> Route:
    """Serve ``/pixels/{digest}/{a}-{b}``: frames a to b (excluded) as little-endian modality values.

    With ``packed=1`` frames come packed (``Shelf.packed``), for slow links.

    Parameters
    ----------
    session_of : callable
        From the cookies of a request to what its address must be signed for; empty for whoever may see nothing. It is
        asked for every block of images, so it should know the answer without a look at a database.
    """

    async def pixels(request: Request) -> Response:
        address = _FRAMES.fullmatch(request.path_params["frames"])
        if address is None:
            return PlainTextResponse("There are no such images.", 404)
        digest, first, last = address[1], int(address[2]), int(address[3])
        if not signer.allows(digest, session_of(request.cookies), request.query_params):
            return PlainTextResponse("This address has expired or belongs to another session. Reload the page.", 403)
        # In a thread: a series that had to make room for others is read from disk again.
        series = await asyncio.to_thread(shelf.find, digest)
        if series is None or not _answerable(series, first, last):
            return PlainTextResponse("There are no such images.", 404)
        packed = request.query_params.get("packed") == "1"
        if packed and not can_pack(series.dtype, series.samples):
            return PlainTextResponse("These images are not packed.", 404)
        try:
            data = await asyncio.to_thread(shelf.packed if packed else shelf.frames, series, first, last)
        except SeriesError as error:
            return PlainTextResponse(str(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        return Response(data, media_type="application/octet-stream", headers=_PIXEL_HEADERS)

    # Everything below is ours: what Streamlit does not know, it answers with its page and 200.
    return Route("/pixels/{frames:path}", pixels)


def _answerable(series: Series, first: int, last: int) -> bool:
    """Tell whether these frames exist, and are few enough for one answer."""
    size = series.rows * series.columns * series.samples * np.dtype(series.dtype).itemsize
    most = min(_MOST_FRAMES_AT_ONCE, max(1, _MOST_BYTES_AT_ONCE // size))
    return 0 <= first < last <= len(series.frames) and last - first <= most


# Identity keeps the server from compressing noise on every request.
_PIXEL_HEADERS = {
    "Cache-Control": f"private, {_CACHE_FOREVER}",
    "Content-Encoding": "identity",
    "X-Content-Type-Options": "nosniff",
}


def asset_route() -> Route:
    """Serve ``/viewer/{version}/{name}``: the browser half, compressed once, cached for good."""

    async def asset(request: Request) -> Response:
        data = _compressed(request.path_params["name"])
        if data is None:
            return PlainTextResponse("There is no such file.", 404)
        headers = {"Cache-Control": f"public, {_CACHE_FOREVER}", "Content-Encoding": "gzip"}
        return Response(data, media_type="text/javascript", headers=headers)

    return Route("/viewer/{version:str}/{name:path}", asset)


@cache
def bundle_version() -> str:
    """Give the hash of the built browser half, which is part of its address.

    Raises
    ------
    FileNotFoundError
        When the frontend has not been built.
    """
    files = sorted(_DIST.glob("*.js"))
    if not files:
        raise FileNotFoundError(f"{_DIST} has no built viewer. Run `make run`, or `pip install -e .`.")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@cache
def _compressed(name: str) -> bytes | None:
    """Compress a built file, looked up among the names that exist, so that no path is ever formed."""
    file = next((file for file in _DIST.glob("*.js") if file.name == name), None)
    return gzip.compress(file.read_bytes(), 9) if file else None
