"""OpenID Connect with a real provider, in a real browser: who comes in, as what, until when, and not again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, decode_signed_value

from pages.directory import PAGES
from quizzes.people.accounts import People
from quizzes.people.permissions import allowed
from quizzes.people.person import Person, Role
from quizzes.people.sign_ins import SignIns
from quizzes.store import Attempts
from tests.browser.provider import Provider, provider
from tests.browser.reading import rest
from tests.browser.serving import Server, free_port
from tests.browser.streamlit_client import tab
from viewer.routes import SESSION_COOKIE

SECRET = "a secret of these tests, long enough to sign with"
AUTH = "_streamlit_user"


class Hospital:
    """A provider, and a server that takes its word."""

    def __init__(self, provider: Provider, server: Server) -> None:
        self.provider = provider
        self.server = server
        self.attempts = Attempts(f"sqlite:///{server.data / 'readout.sqlite3'}")

    def person(self, subject: str) -> Person | None:
        return next((one for one in People(self.attempts.engine).everyone() if one.name == subject), None)

    def sign_in(self, page: Page, subject: str) -> Page:
        page.goto(f"{self.server.url}/")
        page.get_by_role("link", name="Sign in with your department’s account").click()
        page.locator("input[name=sub]").fill(subject)
        page.get_by_role("button", name="Authorize").click()
        return page

    def cookie(self, context: BrowserContext) -> str:
        found = {one["name"]: one["value"] for one in context.cookies()}
        return f"{AUTH}={found[AUTH]}"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("hospital")
    with provider(folder) as found:
        port = free_port()
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(
            "[auth]\n"
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{SECRET}"\n'
            'client_id = "readout"\nclient_secret = "readout"\n'
            f'server_metadata_url = "{found.url}/.well-known/openid-configuration"\n'
        )
        environment = {
            "HOME": str(folder),
            "READOUT_ACCOUNTS": "oidc",
            "READOUT_ROLE_CLAIM": "realm_access.roles",
            "READOUT_ROLES": "it=administrator, staff=resident, observer=student",
        }
        server = Server(folder / "data", environment, port).start()
        hospital = Hospital(found, server)
        yield hospital
        hospital.attempts.close()
        server.stop()
        assert "Traceback" not in server.log, server.log


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def claims(*roles: str, name: str) -> dict[str, object]:
    return {"name": name, "email": f"{name}@example.org", "realm_access": {"roles": list(roles)}}


def bar(page: Page) -> list[str]:
    expect(page.locator(".st-key-nav")).to_be_visible()
    expect(page.locator(".st-key-whoami")).to_be_visible()
    expect(page.locator(".st-key-nav a").first).to_be_visible()
    rest(page)
    return [text.strip() for text in page.locator(".st-key-nav a").all_inner_texts()]


def test_the_claim_gives_the_role_and_a_new_one_holds_at_the_next_sign_in(
    hospital: Hospital, page: Page, browser: Browser
) -> None:
    hospital.provider.set_user("ada", **claims("observer", "unheard of", name="Ada"))
    hospital.sign_in(page, "ada")
    assert bar(page) == [entry.title for entry in PAGES if entry.listed and allowed(Role.STUDENT, entry.act)]
    first = hospital.person("Ada")
    assert first is not None
    assert first.role == "student"
    hospital.provider.set_user("ada", **claims("observer", "staff", name="Ada"))
    page.reload()
    assert "Teaching" not in bar(page)
    again = browser.new_context().new_page()
    hospital.sign_in(again, "ada")
    assert "Teaching" in bar(again)
    assert "People" not in bar(again)
    again.context.close()
    second = hospital.person("Ada")
    assert second is not None
    assert (second.id, second.role) == (first.id, "resident")


def test_who_has_no_role_is_told_so_and_sees_nothing(hospital: Hospital, page: Page) -> None:
    hospital.provider.set_user("eve", **claims("visitor", name="<script>alert(1)</script>Eve"))
    hospital.sign_in(page, "eve")
    told = page.get_by_role("alert")
    expect(told).to_have_text(
        "<script>alert(1)</script>Eve is signed in, but has no role in Readout. "
        "Ask whoever gives roles in your department."
    )
    assert not [one for one in People(hospital.attempts.engine).everyone() if "Eve" in one.name]
    cookie = hospital.cookie(page.context)
    assert hospital.server.request("/vocabulary?q=lung", cookie)[0] == 401
    with tab(hospital.server, cookie) as connection:
        assert "You are signed out here." in connection.open("library")


def test_after_signing_out_the_old_cookies_let_nobody_in(hospital: Hospital, page: Page) -> None:
    hospital.provider.set_user("bert", **claims("staff", name="Bert"))
    hospital.sign_in(page, "bert")
    bar(page)
    cookie = hospital.cookie(page.context)
    assert hospital.server.request("/vocabulary?q=lung", cookie)[0] == 200
    page.get_by_test_id("stPopover").get_by_role("button").first.click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    # The provider asks, too: it is told.
    page.wait_for_url(f"{hospital.provider.url}/**")
    assert AUTH not in {one["name"] for one in page.context.cookies(hospital.server.url)}
    assert hospital.server.request("/vocabulary?q=lung", cookie)[0] == 401
    with tab(hospital.server, cookie) as connection:
        assert "You are signed out here." in connection.open("library")


def test_signing_out_everywhere_ends_every_browser_of_this_person(hospital: Hospital, browser: Browser) -> None:
    hospital.provider.set_user("cleo", **claims("it", name="Cleo"))
    pages = [hospital.sign_in(browser.new_context().new_page(), "cleo") for _ in range(2)]
    for page in pages:
        assert "People" in bar(page)
    person = hospital.person("Cleo")
    assert person is not None
    SignIns(hospital.attempts.engine).end_all(person, now=datetime.now(UTC) + timedelta(seconds=1))
    for page in pages:
        # Another process has done it: believed within seconds.
        assert _gone(page, hospital)
        assert hospital.server.request("/vocabulary?q=lung", hospital.cookie(page.context))[0] == 401
        page.context.close()


def _gone(page: Page, hospital: Hospital) -> bool:
    for _ in range(20):
        page.goto(f"{hospital.server.url}/people")
        if "/sign-in" in page.url:
            return True
        page.wait_for_timeout(1000)
    return False


def test_a_sign_in_expires_by_the_time_of_its_token_whatever_the_cookie_says(hospital: Hospital, page: Page) -> None:
    hospital.provider.set_user("dora", **claims("observer", name="Dora"))
    hospital.sign_in(page, "dora")
    bar(page)
    signed = hospital.cookie(page.context).partition("=")[2]
    kept = json.loads(decode_signed_value(SECRET, AUTH, signed) or b"")
    now = datetime.now(UTC).timestamp()
    # Signed by the server's own key, as a provider's token of that hour would be.
    for hours_ago, status in ((11, 200), (13, 401), (-1, 401)):
        said = {**kept, "iat": int(now - hours_ago * 3600), "nonce": f"{hours_ago} hours ago"}
        cookie = create_signed_value(SECRET, AUTH, json.dumps(said)).decode()
        assert hospital.server.request("/vocabulary?q=lung", f"{AUTH}={cookie}")[0] == status, hours_ago
    for forged in (
        create_signed_value("another secret", AUTH, json.dumps(kept)).decode(),
        create_signed_value(SECRET, AUTH, json.dumps({**kept, "origin": "https://other.example"})).decode(),
        create_signed_value(SECRET, AUTH, json.dumps({**kept, "iat": None})).decode(),
        signed[:-2],
        json.dumps(kept),
    ):
        assert hospital.server.request("/vocabulary?q=lung", f"{AUTH}={forged}".replace(" ", ""))[0] == 401


def test_a_planted_cookie_of_ours_is_worth_nothing_and_addresses_are_for_the_providers(
    hospital: Hospital, page: Page
) -> None:
    hospital.provider.set_user("finn", **claims("observer", name="Finn"))
    hospital.sign_in(page, "finn")
    bar(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/pixels/" in request.url else None)
    page.goto(f"{hospital.server.url}/read?case=msk-cr-01")
    expect(page.locator(".st-key-viewer")).to_be_visible()
    page.wait_for_event("request", lambda request: "/pixels/" in request.url) if not asked else None
    path = asked[0].removeprefix(hospital.server.url)
    cookies = {one["name"]: one["value"] for one in page.context.cookies(hospital.server.url)}
    own = f"{AUTH}={cookies[AUTH]}"
    assert hospital.server.request(path, own)[0] == 200
    assert hospital.server.request(path, f"{own}; {SESSION_COOKIE}=planted")[0] == 200
    assert hospital.server.request(path, f"{SESSION_COOKIE}={cookies.get(SESSION_COOKIE, 'planted')}")[0] == 401
