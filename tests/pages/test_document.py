"""The addresses of pages."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.document import document_routes


def test_the_library_is_found_by_its_name_too() -> None:
    visitor = TestClient(Starlette(routes=document_routes()), follow_redirects=False)
    for typed, wanted in (("/library", "./"), ("/library?section=neuro", "./?section=neuro")):
        answer = visitor.get(typed)
        assert (answer.status_code, answer.headers["location"]) == (307, wanted)
    found = visitor.get("/library", follow_redirects=True)
    assert (found.status_code, found.url.path) == (200, "/")
