"""The table of permissions, cell by cell, against a running server: every page by its address, and every route."""

import http.client
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cases.catalogue import Catalogue
from pages.directory import PAGES, Entry
from quizzes.people.accounts import People
from quizzes.people.passwords import Passwords
from quizzes.people.permissions import Act, allowed
from quizzes.people.person import Role
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts
from tests.browser.serving import Server
from tests.browser.streamlit_client import tab
from viewer.routes import SESSION_COOKIE, Signer

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
# What each page says of itself to whoever may see it: its title as a heading, but for two.
MARKS = {entry.name: f"<h1>{entry.title}</h1>" for entry in PAGES}
MARKS |= {"library": "Real studies, read as at a workstation", "read": "History."}


class Department:
    """A server with one person of each role, signed in, and a second student."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.attempts = Attempts(f"sqlite:///{server.data / 'readout.sqlite3'}")
        self.people = People(self.attempts.engine)
        self.cookies = {}
        for name, role in (*((role.value, role) for role in Role), ("another", Role.STUDENT)):
            person = self.people.add(name, role, now=datetime.now(UTC))
            Passwords(self.attempts.engine).set(person, PASSWORD)
            self.cookies[name] = f"{SESSION_COOKIE}={self.sign_in(name)}"
        self.cookies["nobody"] = f"{SESSION_COOKIE}=planted"

    def sign_in(self, name: str) -> str:
        body = urlencode({"login": name, "password": PASSWORD})
        headers = {"Origin": self.server.url, "Content-Type": "application/x-www-form-urlencoded"}
        status, sent, _ = self.send("POST", "/sign-in", headers, body)
        assert status == 303
        return re.match(rf"{SESSION_COOKIE}=([^;]+)", sent["set-cookie"])[1]

    def send(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        try:
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def department(serve: Callable[..., Server]) -> Iterator[Department]:
    server = serve(READOUT_ACCOUNTS="passwords")
    department = Department(server)
    yield department
    department.attempts.close()
    server.stop()


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("role", Role)
def test_each_page_is_drawn_for_those_who_may_and_for_nobody_else(
    department: Department, role: Role, entry: Entry
) -> None:
    with tab(department.server, department.cookies[role]) as page:
        shown = page.open(entry.name, "case=thoracic-ct-01" if entry.name == "read" else "")
    may = allowed(role, entry.act)
    # Protobuf writes what is not ASCII, and quotes, with backslashes.
    assert (MARKS[entry.name] in shown) is may
    assert (":material/lock:" in shown) is not may
    assert may or "You are here as" in shown
    for other in PAGES:
        linked = f'page: "{"" if other is PAGES[0] else other.name}"' in shown
        assert allowed(role, other.act) or not linked, other.name


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("cookie", ["", f"{SESSION_COOKIE}=planted"])
def test_no_page_says_anything_to_who_is_not_signed_in(department: Department, entry: Entry, cookie: str) -> None:
    with tab(department.server, cookie) as page:
        shown = page.open(entry.name, "case=thoracic-ct-01" if entry.name == "read" else "")
    assert "You are signed out here." in shown
    assert "/sign-in" in shown
    assert not any(mark in shown for mark in MARKS.values())
    # The page's own title is in its navigation; what is in it is not.
    assert "thoracic" not in shown.replace("case=thoracic-ct-01", "")


def test_a_page_that_stays_open_ends_with_its_sign_in_and_its_buttons_do_nothing(department: Department) -> None:
    person = department.people.by_login("resident")
    cookie = f"{SESSION_COOKIE}={department.sign_in('resident')}"
    with tab(department.server, cookie) as page:
        shown = page.open("practice")
        [start] = re.findall(r'id: "([^"]*start-set[^"]*)"', shown)
        page.open("practice", press=start)
        assert len(Sessions(department.attempts.engine).of_learner(person.id)) == 1
        page.open("practice")
        department.send("POST", "/sign-out", {"Cookie": cookie, "Origin": department.server.url})
        assert "You are signed out here." in page.open("practice", press=start)
        assert MARKS["practice"] not in page.open("practice")
    assert len(Sessions(department.attempts.engine).of_learner(person.id)) == 1
    # The very same cookie in a new connection: nothing either.
    with tab(department.server, cookie) as page:
        assert "You are signed out here." in page.open("library")


def test_a_student_never_reaches_a_session_of_another(department: Department) -> None:
    student = department.people.by_login("student")
    plan = Plan(cases=("thoracic-ct-01", "msk-cr-01"), feedback="test")
    session = Sessions(department.attempts.engine).start(student.id, plan, now=datetime.now(UTC))
    with tab(department.server, department.cookies["student"]) as page:
        assert "Case 1 of 2" in page.open("read", f"case=thoracic-ct-01&session={session.id}")
    begun = department.attempts.latest(student.id)["thoracic-ct-01"].attempt
    with tab(department.server, department.cookies["another"]) as page:
        shown = page.open("read", f"case=thoracic-ct-01&session={session.id}")
        assert "Case 1 of 2" not in shown
        assert begun.id not in shown
        assert session.id not in page.open("practice", f"session={session.id}").replace(f"session={session.id}", "")
        assert begun.id not in page.open("progress")


def test_a_student_sees_no_title_that_gives_a_case_away(department: Department) -> None:
    catalogue = Catalogue(ROOT / "cases" / "library")
    with tab(department.server, department.cookies["another"]) as page:
        shown = "\n".join(page.open(entry.name) for entry in PAGES)
    titles = {case.title_teacher for case in catalogue.cases} - {case.title for case in catalogue.cases}
    assert len(titles) > 10
    assert not [title for title in titles if title in shown]


@pytest.mark.parametrize("who", [*Role, "nobody"])
def test_each_route_answers_those_who_may(department: Department, who: str) -> None:
    signed_in, cookie = who != "nobody", department.cookies[who]
    headers = {"Cookie": cookie, "Origin": department.server.url}
    assert department.send("GET", "/vocabulary?q=lung", headers)[0] == (200 if signed_in else 401)
    assert department.send("GET", "/media/abc.csv", headers)[0] == (404 if signed_in else 401)
    writes = signed_in and allowed(Role(who), Act.WRITE_CASES)
    status, _, body = department.send("PUT", "/upload/unknown/1.zip", headers, "x")
    assert status == (403 if signed_in else 401)
    assert (b"You may not import" in body) is (signed_in and not writes)
    # Signed by the right key, for the very cookie: worth something for who is signed in only.
    signer = Signer((department.server.data / "signing.key").read_bytes(), now=lambda: datetime.now(UTC))
    token = cookie.partition("=")[2]
    address = f"/viewing/no-such-attempt?{signer.query('viewing/no-such-attempt', token)}"
    assert department.send("POST", address, headers, "{}")[0] == (400 if signed_in else 401)
    pixels = "/" + signer.address("f" * 64, token).replace("{a}", "0").replace("{b}", "1")
    assert department.send("GET", pixels, headers)[0] == (404 if signed_in else 401)
    others = department.cookies["another"]
    assert department.send("GET", pixels, {**headers, "Cookie": others})[0] == 403
