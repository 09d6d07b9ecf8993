"""The way in and out, over real HTTP semantics: what is set, what is refused, and what is worth nothing afterwards."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.accounts import Accounts, Mode
from pages.door import Door
from pages.doorkeeper import Doorkeeper
from pages.sign_in import way_in
from quizzes.people.passwords import Passwords
from quizzes.people.person import LOCAL, Person, Role
from quizzes.people.sign_ins import TRIES, WINDOW
from quizzes.store import Attempts
from viewer.routes import SESSION_COOKIE, Signer

SITE = "http://readout.example"
HERE = {"Origin": SITE}
LOCAL_SITE = "http://127.0.0.1:8501"
PASSWORD = "correct horse battery"
# As cheap as Argon2 can be: how strong it is, is the library's business.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class House:
    """A server of one kind, with a clock of its own and a page that tells who is there."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self.time = datetime(2026, 3, 4, 12, tzinfo=UTC)
        self.attempts = Attempts(f"sqlite:///{folder / 'people.db'}")
        self.passwords = Passwords(self.attempts.engine, HASHER)
        self.door = Door(Accounts(mode), self.attempts, bytes(32), lambda: self.time)
        self.signer = Signer(bytes(32), lambda: self.time)

    def add(self, name: str, role: Role = Role.STUDENT, *, once: bool = False) -> Person:
        person = self.door.people.add(name, role, now=self.time)
        self.passwords.set(person, PASSWORD, once=once)
        return person

    def browser(self, address: str = "10.0.0.1", site: str = SITE) -> TestClient:
        async def whoami(request: Request) -> Response:
            found = self.door.visit(request.cookies)
            return PlainTextResponse(found.person.name if found else "nobody")

        async def signed(request: Request) -> Response:
            session = self.door.session(request.cookies)
            allowed = self.signer.allows("thing", session, request.query_params)
            return PlainTextResponse("yes" if allowed else "no", 200 if allowed else 403)

        async def talk(socket: WebSocket) -> None:
            await socket.accept()
            await socket.send_text("hello")
            await socket.close()

        routes = [
            WebSocketRoute("/talk", talk),
            *way_in(self.door, self.passwords),
            Route("/", whoami, methods=["GET", "POST"]),
            Route("/read", whoami),
            Route("/signed", signed),
        ]
        house = Starlette(routes=routes, middleware=[Middleware(Doorkeeper, door=self.door)])
        return TestClient(house, base_url=site, follow_redirects=False, client=(address, 50000))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database with its tables, made once."""
    folder = tmp_path_factory.mktemp("empty")
    Attempts(f"sqlite:///{folder / 'people.db'}").close()
    return folder


@pytest.fixture
def house(tmp_path: Path, empty: Path) -> Iterator[House]:
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    house = House(tmp_path, Mode.PASSWORDS)
    yield house
    house.attempts.close()


@pytest.fixture
def local(tmp_path: Path, empty: Path) -> Iterator[House]:
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    house = House(tmp_path, Mode.LOCAL)
    yield house
    house.attempts.close()


def sign_in(browser: TestClient, login: str, password: str = PASSWORD, **more: str) -> "Response":
    return browser.post("/sign-in", data={"login": login, "password": password, **more}, headers=HERE)


def test_a_name_and_a_password_let_one_in_and_on_to_where_one_wanted(house: House) -> None:
    house.add("Ada Byron")
    browser = house.browser()
    refused = browser.get("/read?case=chest", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in?next=%2Fread%3Fcase%3Dchest")
    page = browser.get(refused.headers["location"]).text
    assert 'name="next" value="/read?case=chest"' in page
    answer = sign_in(browser, " ADA byron ", next="/read?case=chest")
    assert (answer.status_code, answer.headers["location"]) == (303, "/read?case=chest")
    assert browser.get("/read").text == "Ada Byron"


def test_the_cookie_is_for_this_site_and_no_script_and_ends_by_itself(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    header = sign_in(browser, "ada").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= set(header.split("; "))
    assert "Secure" not in header
    secure = house.browser().post(
        "/sign-in", data={"login": "ada", "password": PASSWORD}, headers={**HERE, "X-Forwarded-Proto": "https"}
    )
    assert "Secure" in secure.headers["set-cookie"].split("; ")
    house.time += timedelta(hours=11, minutes=59)
    assert browser.get("/").text == "Ada"
    house.time += timedelta(minutes=2)
    assert browser.get("/").status_code == 401


def test_a_cookie_that_was_planted_before_signing_in_is_worth_nothing_after(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    browser.cookies.set(SESSION_COOKIE, "planted")
    assert browser.get("/").status_code == 401
    browser.cookies.clear()
    answer = browser.post(
        "/sign-in", data={"login": "ada", "password": PASSWORD}, headers={**HERE, "Cookie": f"{SESSION_COOKIE}=planted"}
    )
    assert answer.status_code == 303
    assert "planted" not in answer.headers["set-cookie"]
    thief = house.browser()
    assert thief.get("/", headers={"Cookie": f"{SESSION_COOKIE}=planted"}).status_code == 401


def test_signing_in_again_ends_the_sign_in_before(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    sign_in(browser, "ada")
    old = browser.cookies[SESSION_COOKIE]
    sign_in(browser, "ada")
    assert browser.cookies[SESSION_COOKIE] != old
    assert house.browser().get("/", headers={"Cookie": f"{SESSION_COOKIE}={old}"}).status_code == 401


def test_after_signing_out_the_old_cookie_and_the_addresses_signed_for_it_are_refused(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    sign_in(browser, "ada")
    old = browser.cookies[SESSION_COOKIE]
    address = f"/signed?{house.signer.query('thing', old)}"
    assert browser.get(address).status_code == 200
    left = browser.post("/sign-out", headers=HERE)
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in left.headers["set-cookie"]
    replay = {"Cookie": f"{SESSION_COOKIE}={old}"}
    assert house.browser().get("/", headers=replay).status_code == 401
    assert house.browser().get(address, headers=replay).status_code == 401
    assert house.door.session({SESSION_COOKIE: old}) == ""


def test_an_address_signed_for_one_is_worth_nothing_to_another_who_is_signed_in(house: House) -> None:
    house.add("Ada")
    house.add("Bert")
    ada, bert = house.browser(), house.browser()
    sign_in(ada, "ada")
    sign_in(bert, "bert")
    query = house.signer.query("thing", ada.cookies[SESSION_COOKIE])
    assert ada.get(f"/signed?{query}").status_code == 200
    assert bert.get(f"/signed?{query}").status_code == 403
    for forged in (query.replace("key=", "key=0"), query.replace("until=", "until=9"), ""):
        assert ada.get(f"/signed?{forged}").status_code == 403
    # Another key, as somebody else's installation has.
    other = Signer(b"other" * 8, lambda: house.time).query("thing", ada.cookies[SESSION_COOKIE])
    assert ada.get(f"/signed?{other}").status_code == 403


def test_signing_out_everywhere_ends_every_sign_in_of_this_person_and_no_other(house: House) -> None:
    house.add("Ada")
    house.add("Bert")
    here, there, bert = house.browser(), house.browser(), house.browser()
    sign_in(here, "ada")
    sign_in(there, "ada")
    sign_in(bert, "bert")
    house.time += timedelta(seconds=1)
    here.post("/sign-out", data={"everywhere": "1"}, headers=HERE)
    assert there.get("/").status_code == 401
    assert bert.get("/").text == "Bert"
    assert sign_in(there, "ada").status_code == 303
    assert there.get("/").text == "Ada"


def test_a_closed_account_is_out_at_once_and_cannot_come_in(house: House) -> None:
    ada = house.add("Ada")
    browser = house.browser()
    sign_in(browser, "ada")
    house.door.people.change(replace(ada, closed_at=house.time), now=house.time)
    assert browser.get("/").status_code == 401
    assert sign_in(browser, "ada").status_code == 401


def test_a_wrong_name_and_a_wrong_password_look_the_same(house: House) -> None:
    house.add("Ada")
    pages = [
        re.sub(r'value="[^"]*"', "", sign_in(house.browser(), login, "wrong password").text)
        for login in ("ada", "nobody")
    ]
    assert pages[0] == pages[1]
    assert "Name or password is wrong." in pages[0]


def test_too_many_tries_for_a_name_must_wait_wherever_they_come_from(house: House) -> None:
    house.add("Ada")
    for number in range(TRIES["name"]):
        assert sign_in(house.browser(f"10.0.0.{number}"), "ada", f"wrong password {number}").status_code == 401
    answer = sign_in(house.browser("10.0.1.1"), "ada")
    assert answer.status_code == 429
    assert "Too many tries. Wait 5 minutes, then try again." in answer.text
    assert answer.headers["retry-after"] == "300"
    # A name that nobody has waits as long: it tells nothing.
    for number in range(TRIES["name"] + 1):
        status = sign_in(house.browser(f"10.0.2.{number}"), "nobody", "wrong password").status_code
    assert status == 429
    house.time += WINDOW + timedelta(seconds=1)
    assert sign_in(house.browser("10.0.1.1"), "ada").status_code == 303


def test_too_many_tries_from_one_address_must_wait_whatever_the_name(house: House) -> None:
    house.add("Ada")
    browser = house.browser("10.0.0.9")
    for number in range(TRIES["address"]):
        assert sign_in(browser, f"name {number}", "wrong password").status_code == 401
    assert sign_in(browser, "ada").status_code == 429
    assert sign_in(house.browser("10.0.0.8"), "ada").status_code == 303


def test_a_right_password_forgets_the_wrong_ones(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    for _ in range(4):
        for _ in range(TRIES["name"] - 1):
            sign_in(browser, "ada", "wrong password")
        assert sign_in(browser, "ada").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{SITE}.evil.example"},
        {"Origin": f"{SITE}:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/password", "/"])
def test_what_another_site_sends_is_refused(house: House, path: str, headers: dict[str, str]) -> None:
    house.add("Ada")
    browser = house.browser()
    sign_in(browser, "ada")
    answer = browser.post(path, data={"login": "ada", "password": PASSWORD, "everywhere": "1"}, headers=headers)
    assert answer.status_code == 403
    assert browser.get("/").text == "Ada"


def test_a_browser_that_does_not_say_where_a_form_comes_from_needs_the_forms_token(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    sent = {"login": "ada", "password": PASSWORD}
    assert browser.post("/sign-in", data=sent).status_code == 403
    [token] = re.findall(r'name="token" value="(\w+)"', browser.get("/sign-in").text)
    assert browser.post("/sign-in", data={**sent, "token": token[:-1]}).status_code == 403
    # The token of another browser is of no use in this one.
    [other] = re.findall(r'name="token" value="(\w+)"', house.browser().get("/sign-in").text)
    assert browser.post("/sign-in", data={**sent, "token": other}).status_code == 403
    assert browser.post("/sign-in", data={**sent, "token": token}).status_code == 303
    assert browser.post("/sign-out").status_code == 403
    assert browser.get("/").text == "Ada"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\nSet-Cookie: a=b", ""],
)
def test_the_way_on_never_leads_to_another_site(house: House, address: str) -> None:
    house.add("Ada")
    assert sign_in(house.browser(), "ada", next=address).headers["location"] == "/"


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; DROP TABLE person; --", "ada' OR '1'='1"],
)
def test_markup_and_statements_in_the_fields_are_text(house: House, text: str) -> None:
    house.add("Ada")
    answer = sign_in(house.browser(), text, text, next=text)
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert sign_in(house.browser(), "ada").status_code == 303


def test_a_password_for_one_time_lets_one_only_choose_ones_own(house: House) -> None:
    house.add("Ada", once=True)
    browser = house.browser()
    page = sign_in(browser, "ada")
    assert (page.status_code, "Choose your own now." in page.text) == (200, True)
    assert browser.get("/").status_code == 401
    sent = {"login": "ada", "password": PASSWORD, "new": "a password of my own", "again": "a password of my own"}
    assert browser.post("/password", data=sent, headers=HERE).status_code == 303
    assert browser.get("/").text == "Ada"
    assert sign_in(house.browser(), "ada").status_code == 401
    assert sign_in(house.browser(), "ada", "a password of my own").status_code == 303


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"new": "short", "again": "short"}, "found 5 characters, expected 10 to 200"),
        ({"new": "a password of my own", "again": "another password"}, "The two new passwords differ."),
        ({"new": PASSWORD, "again": PASSWORD}, "The new password is the present one."),
        ({"password": "wrong", "new": "a password of my own", "again": "a password of my own"}, "is wrong."),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(house: House, sent: dict[str, str], said: str) -> None:
    house.add("Ada")
    answer = house.browser().post("/password", data={"login": "ada", "password": PASSWORD, **sent}, headers=HERE)
    assert answer.status_code == 400
    assert said in answer.text
    assert sign_in(house.browser(), "ada").status_code == 303


def test_where_nobody_has_an_account_the_page_says_how_to_make_one(house: House) -> None:
    assert "readout user add NAME --role administrator" in house.browser().get("/sign-in").text
    house.add("Ada")
    assert "readout user add" not in house.browser().get("/sign-in").text


def test_every_answer_says_how_it_may_be_used(house: House) -> None:
    for path in ("/", "/sign-in", "/read"):
        headers = house.browser().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors" in headers["content-security-policy"]


def test_nothing_but_the_way_in_is_open(house: House) -> None:
    browser = house.browser()
    for path in ("/", "/read", "/signed", "/media/x", "/_stcore/upload_file/a/b", "/component/x", "/vocabulary?q=lung"):
        assert browser.get(path).status_code == 401, path
    for path in ("/sign-in", "/password"):
        assert browser.get(path).status_code == 200, path


def test_a_connection_that_stays_is_for_who_is_signed_in(house: House) -> None:
    house.add("Ada")
    browser = house.browser()
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/talk") as socket:
        socket.receive_text()
    sign_in(browser, "ada")
    shown = {"Cookie": f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"}
    with browser.websocket_connect("/talk", headers=shown) as socket:
        assert socket.receive_text() == "hello"


def test_without_accounts_a_profile_is_chosen_and_kept_by_the_browsers_own_cookie(local: House) -> None:
    ada = local.door.people.add("Ada", Role.STUDENT, now=local.time)
    browser, other = local.browser("127.0.0.1", LOCAL_SITE), local.browser("127.0.0.1", LOCAL_SITE)
    browser.cookies.set(SESSION_COOKIE, "this browser")
    assert browser.get("/").text == "Reader"
    answer = browser.post("/profile", data={"profile": ada.id}, headers={"Origin": LOCAL_SITE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").text == "Ada"
    assert other.get("/").text == "Reader"
    browser.post("/profile", data={"profile": LOCAL}, headers={"Origin": LOCAL_SITE})
    assert browser.get("/").text == "Reader"
    assert browser.post("/profile", data={"profile": "nobody"}, headers={"Origin": LOCAL_SITE}).status_code == 404
    assert browser.post("/profile", data={"profile": ada.id}, headers={"Origin": "http://evil"}).status_code == 403
    assert browser.get("/").text == "Reader"


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.7", "2001:db8::1", "::ffff:10.0.0.1"])
def test_without_accounts_another_machine_is_refused_whatever_serves(local: House, address: str) -> None:
    answer = local.browser(address, LOCAL_SITE).get("/")
    assert answer.status_code == 403
    assert "READOUT_ACCOUNTS=passwords" in answer.text
    for own in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert local.browser(own, LOCAL_SITE).get("/").status_code == 200


@pytest.mark.parametrize("site", ["http://evil.example:8501", "http://127.0.0.1.evil.example", "http://10.0.0.1"])
def test_without_accounts_a_name_that_is_not_its_own_is_refused(local: House, site: str) -> None:
    """Another site may let its name lead to this machine (DNS rebinding)."""
    assert local.browser("127.0.0.1", site).get("/").status_code == 403
    assert local.browser("127.0.0.1", LOCAL_SITE).get("/", headers={"Host": "["}).status_code == 403
    for own in ("http://localhost:8501", "http://[::1]:8501", LOCAL_SITE):
        assert local.browser("127.0.0.1", own).get("/").status_code == 200
