"""The HTML document that every page starts from: Streamlit's own, with the viewer on its way from the first byte.

Three things are added to its head: the viewer's module, which loads while Streamlit connects (on other pages it is
fetched when the browser is idle); where the server is, so that Streamlit does not first try the page's
own path; and our title. Its answer also gives the browser its name, which addresses of pixels are signed for.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.file_util import get_static_dir

from pages.sign_in import session_cookie
from viewer.routes import SESSION_COOKIE, bundle_version, new_session

_LASTS = timedelta(days=30)
# Without a graphics processor, moving placeholders take a core that the first image needs; the viewer removes this.
_STILL = """<style id="readout-still">
*, *::before, *::after { animation: none !important; transition: none !important; }
</style>"""
_BACKEND = '<script>window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href };</script>'


_AROUND = (
    *("/", "/practice", "/assignments", "/progress", "/rotation", "/logbook"),
    *("/teaching", "/review", "/import", "/people", "/account", "/pacs"),
)


def document_routes() -> list[Route]:
    """Serve the pages with a viewer, and the pages around them."""
    return [
        *(Route(path, _around) for path in _AROUND),
        *(Route(path, _read) for path in ("/read", "/desk")),
        Route("/library", _library),
    ]


async def _library(request: Request) -> Response:
    """Lead on to the first page, which has no path of its own."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"./{query}")


async def _around(request: Request) -> Response:
    return _respond(request, f'<link rel="prefetch" href="{_viewer()}" as="script" crossorigin>')


async def _read(request: Request) -> Response:
    return _respond(request, f'<link rel="modulepreload" href="{_viewer()}">{_STILL}')


def _viewer() -> str:
    return f"./viewer/{bundle_version()}/viewer.js"


def _respond(request: Request, head: str) -> Response:
    response = HTMLResponse(_document(head), headers={"Cache-Control": "no-cache"})
    if SESSION_COOKIE not in request.cookies:
        response.headers.append("set-cookie", session_cookie(new_session(), request, _LASTS))
    return response


@cache
def _document(head: str) -> str:
    html = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    return html.replace("<title>Streamlit</title>", f"<title>Readout</title>{_BACKEND}{head}", 1)
