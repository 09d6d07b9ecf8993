"""Streamlit's own program, compressed: served as it is, it is three megabytes, most of what a slow link carries."""

import asyncio
import gzip
import mimetypes
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

_LEVEL = 6
# The names hold a hash of what is in the files.
_HEADERS = {
    "Cache-Control": "public, immutable, max-age=31536000",
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
}


class CompressedProgram:
    """Answers for ``/static/js/…`` and ``/static/css/…``, each file compressed once; everything else goes its way.

    As middleware, since Streamlit keeps these addresses from routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        file = _files().get(scope["path"]) if scope["type"] == "http" else None
        if file is None or b"gzip" not in dict(scope["headers"]).get(b"accept-encoding", b""):
            await self._app(scope, receive, send)
            return
        data = await asyncio.to_thread(_compressed, file)
        response = Response(data, media_type=mimetypes.guess_type(file)[0], headers=_HEADERS)
        await response(scope, receive, send)


@cache
def _files() -> dict[str, Path]:
    """List the files by address, so that no path is ever formed from one."""
    folder = Path(get_static_dir(), "static")
    return {f"/static/{file.relative_to(folder)}": file for kind in ("js", "css") for file in folder.glob(f"{kind}/*")}


@cache
def _compressed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), _LEVEL)
