import gzip
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette

from tests.viewer.conftest import Phantom, write
from viewer.routes import SESSION_COOKIE, Signer, asset_route, bundle_version, new_session, pixel_route
from viewer.series import Series
from viewer.shelf import Shelf

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
KEY = bytes(range(32))
ROWS, COLUMNS = 64, 72


@dataclass
class Site:
    """The routes behind a real HTTP server, and one open series."""

    port: int
    signer: Signer
    series: Series

    def address(self, session: str = "ada", first: object = 0, last: object = 1, **clock: datetime) -> str:
        signer = Signer(KEY, now=lambda: clock.get("at", NOON))
        address = signer.address(self.series.digest, session)
        return "/" + address.replace("{a}", str(first)).replace("{b}", str(last))

    def get(self, path: str, session: str = "ada") -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest("GET", path, skip_accept_encoding=True)
            connection.putheader("Accept-Encoding", "gzip")
            if session:
                connection.putheader("Cookie", f"{SESSION_COOKIE}={session}")
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("series")
    phantom = Phantom()
    paths = [write(phantom.slice(number), folder / f"{number}.dcm") for number in range(phantom.count)]
    shelf, signer = Shelf(), Signer(KEY, now=lambda: NOON)
    series = shelf.open(paths)
    app = Starlette(routes=[pixel_route(shelf, signer), asset_route()])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    yield Site(server.servers[0].sockets[0].getsockname()[1], signer, series)
    server.should_exit = True
    thread.join()


def test_a_signed_address_gives_the_values_uncompressed_and_cachable_for_good(site: Site) -> None:
    status, headers, body = site.get(site.address(first=8, last=10))
    assert status == 200
    values = np.frombuffer(body, "<i2").reshape(2, ROWS, COLUMNS)
    assert np.array_equal(values, [Phantom().values(8), Phantom().values(9)])
    assert headers["content-encoding"] == "identity"
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "application/octet-stream"
    assert site.get(site.address(first=8, last=10))[2] == body


def altered(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return parts.path + "?" + "&".join(f"{name}={value}" for name, value in query.items() if value)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "0" * 32},
        {"key": ""},
        {"key": "%C3%A9%00"},
        {"until": ""},
        {"until": "99999999999"},
        {"until": "-1"},
        {"until": "1e9"},
        {"until": "%EF%BC%91%EF%BC%92"},
        {"until": "9" * 400},
    ],
)
def test_an_address_that_was_not_signed_so_is_refused(site: Site, change: dict[str, str]) -> None:
    status, _, body = site.get(altered(site.address(), **change))
    assert status == 403
    assert body == b"This address has expired or belongs to another session. Reload the page."


def test_no_query_at_all_is_refused(site: Site) -> None:
    assert site.get(site.address().partition("?")[0])[0] == 403


@pytest.mark.parametrize("session", ["bob", "", "ada2", "Ada", "ada%20"])
def test_another_sessions_address_is_refused(site: Site, session: str) -> None:
    assert site.get(site.address("ada"), session=session)[0] == 403


def test_an_address_lives_for_twelve_hours_at_least_and_a_day_at_most(site: Site) -> None:
    for hours, status in ((-11.9, 200), (-24, 403), (-1000, 403)):
        assert site.get(site.address(at=NOON + timedelta(hours=hours)))[0] == status


def test_an_address_is_the_same_all_day_so_that_a_second_visit_finds_it_cached(site: Site) -> None:
    assert site.address(at=NOON) == site.address(at=NOON + timedelta(hours=8))
    assert site.address(at=NOON) != site.address(at=NOON + timedelta(hours=12))
    assert site.address("ada") != site.address("bob")


def test_the_key_of_another_installation_signs_nothing_here(site: Site) -> None:
    other = Signer(bytes(32), now=lambda: NOON).address(site.series.digest, "ada")
    assert site.get("/" + other.replace("{a}", "0").replace("{b}", "1"))[0] == 403


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 0),
        (3, 2),
        (-1, 2),
        (19, 21),
        (20, 21),
        (0, 10**9),
        (0, 10**40),
        ("0x0", 1),
        ("1.0", 2),
        ("..", 1),
        ("%2e%2e", 1),
        ("%2e%2e%2f0", 1),
        ("0%2f..%2f..", 1),
        ("", ""),
    ],
)
def test_frames_that_do_not_exist_are_not_found(site: Site, first: object, last: object) -> None:
    status, _, body = site.get(site.address(first=first, last=last))
    assert status == 404
    assert b"Traceback" not in body


def test_a_digest_that_is_not_open_is_not_found_even_when_signed(site: Site) -> None:
    address = site.signer.address("f" * 64, "ada").replace("{a}", "0").replace("{b}", "1")
    assert site.get("/" + address)[0] == 404


@pytest.mark.parametrize("path", ["..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "a%00b", "%5c..%5c"])
def test_a_path_in_place_of_the_digest_leads_nowhere(site: Site, path: str) -> None:
    for address in (f"/pixels/{path}/0-1", f"/pixels/{path}/0-1?until=9999999999&key=0"):
        assert site.get(address)[0] in (403, 404)


def test_the_browser_half_is_sent_compressed_once_and_kept_for_good(site: Site) -> None:
    status, headers, body = site.get(f"/viewer/{bundle_version()}/viewer.js")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("text/javascript")
    built = Path(__file__).parents[2] / "viewer" / "frontend" / "dist" / "viewer.js"
    assert gzip.decompress(body) == built.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "other.js",
        "..%2f..%2froutes.py",
        "%2e%2e/routes.py",
        "../../routes.py",
        ".source-hash",
        "viewer.js%00",
        "*.js",
        "",
    ],
)
def test_only_built_files_are_served(site: Site, name: str) -> None:
    assert site.get(f"/viewer/{bundle_version()}/{name}")[0] == 404


def test_sessions_cannot_be_guessed() -> None:
    names = {new_session() for _ in range(1000)}
    assert len(names) == 1000
    assert min(map(len, names)) >= 32


def test_values_that_cannot_be_decoded_are_said_in_a_sentence(site: Site) -> None:
    site.series.frames[19].path.write_bytes(b"no longer DICOM")
    status, headers, body = site.get(site.address(first=19, last=20))
    assert status == 422
    assert headers["content-type"].startswith("text/plain")
    assert len(body.decode().splitlines()) == 1
