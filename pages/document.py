"""The HTML document that every page starts from: Streamlit's own, with the viewer on its way from the first byte.

Added to it are our title, colours and styles; where the server is and how it is set, so that Streamlit does not ask
before it connects; and the viewer's module. On the read page that runs at once and opens what ``pages.opening`` says, a
second before Streamlit is there; the component then takes it over. Other pages fetch it when the browser is idle.
The answer also gives the browser its name, which addresses of pixels are signed for.
"""

import json
import re
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.config import get_option
from streamlit.file_util import get_static_dir

from pages.opening import opening
from pages.sign_in import session_cookie
from viewer.routes import SESSION_COOKIE, bundle_version, new_session

_LASTS = timedelta(days=30)
# Without a graphics processor, moving placeholders take a core that the first image needs; the viewer removes this.
_STILL = """<style id="readout-still">
*, *::before, *::after { animation: none !important; transition: none !important; }
</style>"""
# With the first two known, Streamlit connects at once and asks for its host's settings beside: no other site holds this
# page. Without the colours it is white until it has connected, where the reader's system is.
_STREAMLIT = """<script>
window.__streamlit = {
  BACKEND_BASE_URL: new URL(".", location.href).href,
  HOST_CONFIG: { allowedOrigins: [location.origin], useExternalAuthToken: false },
  LIGHT_THEME: %s,
};
window.__streamlit.DARK_THEME = window.__streamlit.LIGHT_THEME;
</script>
<style>html { background: %s; }</style>"""
_COLOURS = ("primaryColor", "backgroundColor", "secondaryBackgroundColor", "textColor", "borderColor")


_AROUND = (
    *("/", "/practice", "/assignments", "/progress", "/rotation", "/logbook"),
    *("/teaching", "/review", "/import", "/people", "/account", "/pacs"),
)


def document_routes() -> list[Route]:
    """Serve the pages with a viewer, and the pages around them."""
    return [
        *(Route(path, _around) for path in _AROUND),
        Route("/desk", _desk),
        Route("/read", _read),
        Route("/library", _library),
    ]


async def _library(request: Request) -> Response:
    """Lead on to the first page, which has no path of its own."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"./{query}")


async def _around(request: Request) -> Response:
    return _respond(f'<link rel="prefetch" href="{_viewer()}" as="script" crossorigin>', _name(request), request)


async def _desk(request: Request) -> Response:
    return _respond(f'<link rel="modulepreload" href="{_viewer()}">{_STILL}', _name(request), request)


async def _read(request: Request) -> Response:
    session = _name(request)
    module = f'<script type="module" async fetchpriority="high" src="{_viewer()}"></script>'
    return _respond(f"{_first(await opening(request, session))}{module}{_STILL}", session, request)


def _viewer() -> str:
    return f"./viewer/{bundle_version()}/viewer.js"


def _first(images: dict[str, Any] | None) -> str:
    if images is None:
        return ""
    text = json.dumps(images, separators=(",", ":")).replace("<", "\\u003c")
    one = images["series"][0]
    address = one["url"].format(a=one["startFrame"], b=one["startFrame"] + 1)
    address = escape(f"{address}&packed=1" if one["packed"] else address)
    # Asked for before Streamlit's program, which would keep every connection busy.
    image = f'<link rel="preload" as="fetch" crossorigin fetchpriority="high" href="./{address}">'
    style = f"<style>{_file('early.css')}</style>"
    return f'{image}{style}<script id="readout-opening" type="application/json">{text}</script>'


def _name(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE) or new_session()


def _respond(head: str, session: str, request: Request) -> Response:
    before, after = _document()
    response = HTMLResponse(f"{before}{head}{after}", headers={"Cache-Control": "private, no-cache"})
    if SESSION_COOKIE not in request.cookies:
        response.headers.append("set-cookie", session_cookie(session, request, _LASTS))
    return response


@cache
def _document() -> tuple[str, str]:
    """Give Streamlit's document with our title, before and after what a page adds to the head."""
    html = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    # A typeface that our theme does not use.
    html = re.sub(r'<link\s+rel="preload"[^>]*as="font"[^>]*>', "", html)
    # Behind the styles that Streamlit adds to the head, so that ours hold from the first thing that it draws.
    html = html.replace("</body>", f"<style>{_file('style.css')}</style></body>")
    before, after = html.split("<title>Streamlit</title>", 1)
    colours = {name: get_option(f"theme.{name}") for name in _COLOURS}
    start = _STREAMLIT % (json.dumps(colours), colours["backgroundColor"])
    return f"{before}<title>Readout</title>{start}", after


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text()
