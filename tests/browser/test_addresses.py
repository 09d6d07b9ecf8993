"""Addresses of pixels in the running application: worth something in one browser only, and for a while."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from viewer.routes import SESSION_COOKIE, Signer


class Visit:
    """A browser that has opened a case: its cookie, and an address of pixels that it was given."""

    def __init__(self, browser: Browser, server: Server) -> None:
        context = browser.new_context()
        reader = ReadPage(context.new_page(), server)
        asked: list[str] = []
        reader.page.on("request", lambda request: asked.append(request.url) if "/pixels/" in request.url else None)
        reader.open("interventional-xa-01")
        [cookie] = [one for one in context.cookies() if one["name"] == SESSION_COOKIE]
        self.attributes = cookie
        self.cookie = f"{SESSION_COOKIE}={cookie['value']}"
        self.session = cookie["value"]
        parts = urlsplit(asked[0])
        self.path, self.query = parts.path, parts.query
        self.digest = parts.path.split("/")[2]
        context.close()


@pytest.fixture(scope="module")
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    return Visit(browser, server)


def test_the_same_address_gives_the_same_bytes_uncompressed_and_cachable(server: Server, visit: Visit) -> None:
    address = f"/pixels/{visit.digest}/3-5?{visit.query}"
    status, headers, body = server.request(address, visit.cookie)
    assert (status, len(body)) == (200, 2 * 512 * 512)
    # Streamlit would compress it again at each request.
    assert headers["content-encoding"] == "identity"
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert server.request(address, visit.cookie)[2] == body


def test_without_the_cookie_it_was_made_for_an_address_is_refused(server: Server, visit: Visit) -> None:
    address = f"{visit.path}?{visit.query}"
    for cookie in ("", f"{SESSION_COOKIE}=", f"{SESSION_COOKIE}=someone-else", f"other={visit.session}"):
        assert server.request(address, cookie)[0] == 403
    for query in (
        "",
        visit.query[:-1] + ("0" if visit.query[-1] != "0" else "1"),
        visit.query.replace("key=", "key=0"),
    ):
        assert server.request(f"{visit.path}?{query}", visit.cookie)[0] == 403


def test_another_browser_gets_another_address(browser: Browser, server: Server, visit: Visit) -> None:
    other = Visit(browser, server)
    assert other.digest == visit.digest
    assert other.session != visit.session
    assert other.query != visit.query
    assert server.request(f"{visit.path}?{visit.query}", other.cookie)[0] == 403
    assert server.request(f"{other.path}?{other.query}", other.cookie)[0] == 200


def test_an_expired_address_is_refused_though_its_signature_is_right(server: Server, visit: Visit) -> None:
    key = (server.data / "signing.key").read_bytes()
    for ago, status in ((timedelta(), 200), (timedelta(days=2), 403)):
        moment = datetime.now(UTC) - ago
        address = Signer(key, now=lambda moment=moment: moment).address(visit.digest, visit.session)
        path = "/" + address.replace("{a}", "0").replace("{b}", "1")
        assert server.request(path, visit.cookie)[0] == status


def test_the_key_is_for_its_owner_alone(server: Server) -> None:
    file = server.data / "signing.key"
    assert len(file.read_bytes()) == 32
    assert file.stat().st_mode & 0o077 == 0


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit) -> None:
    assert visit.attributes["httpOnly"]
    assert visit.attributes["sameSite"] == "Lax"


@pytest.mark.parametrize(
    "frames",
    [
        "0-0",
        "5-2",
        "-1-3",
        "95-97",
        "0-9999999",
        "0-" + "9" * 60,
        "0x1-2",
        "..",
        "%2e%2e",
        "0-1/..",
        "0-1%2f..%2f..",
        "a-b",
    ],
)
def test_frames_that_do_not_exist_are_not_found(server: Server, visit: Visit, frames: str) -> None:
    status, _, body = server.request(f"/pixels/{visit.digest}/{frames}?{visit.query}", visit.cookie)
    # 400: Streamlit refuses dots that climb before any route sees them.
    assert status == (400 if ".." in unquote(frames) else 404)
    assert b"Traceback" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/pixels/../app.py",
        "/pixels/%2e%2e/%2e%2e/etc/passwd",
        "/pixels/..%2f..%2fapp.py/0-1",
        "/pixels/%5c..%5capp.py/0-1",
        "/viewer/../../app.py",
        "/viewer/x/..%2f..%2froutes.py",
        "/viewer/x/%2e%2e/%2e%2e/routes.py",
        "/viewer/x/.source-hash",
        "/cases/library/thoracic-ct-01/quiz.toml",
        "/app/static/quiz.toml",
        "/static/../../../app.py",
        "/static/%2e%2e/%2e%2e/%2e%2e/app.py",
        "/media/..%2f..%2fapp.py",
        "/component/readout_viewer/..%2f..%2fapp.py",
        "//etc/passwd",
    ],
)
def test_path_tricks_lead_nowhere(server: Server, visit: Visit, path: str) -> None:
    status, headers, body = server.request(path, visit.cookie)
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    if status == 200:
        # Streamlit answers any path that it does not know with its page, whose script then says "no such page".
        assert headers["content-type"].startswith("text/html")
        assert not path.startswith(("/pixels", "/viewer"))
    else:
        # 400: Streamlit refuses some tricks before any route sees them.
        assert status in (400, 404)
    for secret in (b"Traceback", b"def ", b"[[question]]", b"root:"):
        assert secret not in body


def test_the_vocabulary_is_never_given_away_whole(server: Server) -> None:
    for text in ("", "a", "%25", "*", "_", ".*"):
        assert json.loads(server.request(f"/vocabulary?q={text}")[2]) == []
    found = json.loads(server.request("/vocabulary?q=lung")[2])
    assert 0 < len(found) <= 12
    assert all(set(match) == {"id", "name"} for match in found)
    assert server.request("/vocabulary?q=" + "lung%20" * 2000)[0] == 200
