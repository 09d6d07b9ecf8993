"""A month in a department, by everybody who works in it, each in a browser of their own; on both databases."""

import io
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong
from pypdf import PdfReader

from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage, rest
from tests.browser.serving import READOUT, Server
from tests.browser.test_reading import answer
from tests.browser.truth import case_file, quiz_file
from tests.quizzes.postgres import cluster

CASE = "msk-cr-01"
PASSWORD = "correct horse battery"
STUDENTS = ("Ada Byron", "Łukasz Żak", "Zoë <b>Ünal</b>")
COMMENT = "Follow the cortex once around, <i>then</i> name it."


class Department:
    """A server with accounts, and a browser for each person who comes in."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self.server = server
        self._browser = browser

    def comes_in(self, name: str, password: str = PASSWORD, *, once: bool = False) -> Page:
        """Sign in, and with a password for one time choose one of one's own."""
        page = self._browser.new_context(viewport=WINDOW, accept_downloads=True).new_page()
        page.goto(f"{self.server.url}/sign-in")
        page.locator("input[name=login]").fill(name)
        page.locator("input[name=password]").fill(password)
        page.get_by_role("button", name="Sign in").click()
        if once:
            expect(page.get_by_text("That password was for one time.", exact=False)).to_be_visible()
            page.locator("input[name=login]").fill(name)
            page.locator("input[name=password]").fill(password)
            for field in ("new", "again"):
                page.locator(f"input[name={field}]").fill(PASSWORD)
            page.get_by_role("button", name="Choose a password").click()
        expect(page.locator(".st-key-whoami")).to_be_visible()
        rest(page)
        return page

    def goes_to(self, page: Page, name: str) -> None:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        rest(page)


def choose(page: Page, label: str, text: str) -> None:
    """Type into a select box, and take what fits."""
    box = page.get_by_role("combobox", name=re.compile(re.escape(label)))
    option = page.get_by_role("option").filter(has_text=text).first
    # Streamlit folds its list away when the page around it still moves.
    for _ in range(5):
        box.click()
        box.fill(text)
        try:
            option.click(timeout=5_000)
        except TookTooLong:
            continue
        break
    rest(page)


@pytest.fixture(params=["sqlite", "postgresql"])
def department(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Department]:
    data = tmp_path_factory.mktemp("month")
    with cluster() if request.param == "postgresql" else nullcontext() as host:
        environment = {"READOUT_ACCOUNTS": "passwords"}
        if host:
            environment["READOUT_DATABASE_URL"] = f"{host}/postgres"
        command = [READOUT, "user", "add", "Vera Amt", "--role", "administrator", "--password-stdin"]
        told = {**os.environ, "READOUT_DATA": str(data), **environment}
        subprocess.run(command, env=told, input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
        server = Server(data, environment).start()
        yield Department(server, browser)
        for context in browser.contexts:
            if any(page.url.startswith(server.url) for page in context.pages):
                context.close()
        server.stop()
    assert "Traceback" not in server.log, server.log


def test_a_month_from_the_first_account_to_the_printed_logbook(department: Department) -> None:
    vera = department.comes_in("Vera Amt")
    department.goes_to(vera, "People")
    passwords = {"Bert Osler": adds(vera, "Bert Osler", "Resident")}
    passwords |= {name: adds(vera, name, "Student", group="November") for name in STUDENTS}
    vera.context.close()
    bert = department.comes_in("Bert Osler", passwords["Bert Osler"], once=True)
    plans(department, bert, STUDENTS[0])
    assigns(department, bert)
    for name in STUDENTS:
        reads(department, name, passwords[name], planned=name == STUDENTS[0])
    reviews(department, bert, STUDENTS[0])
    prints(department, bert, STUDENTS[0])
    bert.context.close()
    finds_the_comment(department, STUDENTS[0])


def adds(page: Page, name: str, role: str, group: str = "") -> str:
    """Add somebody on the page of people, and give the password for one time."""
    # Anew each time: a form that folds itself away may still be seen for a moment.
    page.reload()
    expect(page.locator(".st-key-whoami")).to_be_visible()
    rest(page)
    form = page.get_by_test_id("stExpander").filter(has_text="Add somebody").locator("details")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    field = page.get_by_role("textbox", name="Name", exact=True)
    field.fill(name)
    page.get_by_role("textbox", name="Group").fill(group)
    choose(page, "Role", role)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"{name} is added.")).to_be_visible()
    password = page.get_by_test_id("stCode").inner_text().strip()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text(f"{name} is added.")).to_have_count(0)
    rest(page)
    return password


def plans(department: Department, page: Page, student: str) -> None:
    """Have a rotation proposed, take a section out, undo that, and save."""
    department.goes_to(page, "Rotation")
    choose(page, "Student", student)
    page.get_by_role("button", name="Propose a plan").click()
    expect(page.get_by_text("Complete:", exact=False)).to_be_visible()
    rest(page)
    page.locator(".st-key-block-2").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The student sees nothing of Thoracic and lung.", exact=False)).to_be_visible()
    rest(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Complete:", exact=False)).to_be_visible()
    rest(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    row = page.get_by_role("region", name="Student, This week, Next week")
    expect(row).to_contain_text(f"{student}")


def assigns(department: Department, page: Page) -> None:
    """Assign one case to the group."""
    department.goes_to(page, "Assignments")
    page.get_by_role("tab", name="New assignment").click()
    page.get_by_test_id("stButtonGroup").get_by_text("November", exact=True).click()
    rest(page)
    choose(page, "Cases, in the order", CASE)
    page.keyboard.press("Escape")
    title = page.get_by_role("textbox", name="Title")
    title.fill("Bones, week one")
    title.press("Tab")
    rest(page)
    page.get_by_role("button", name="Assign to 3 students").click()
    expect(page.get_by_text("Bones, week one").first).to_be_visible()
    rest(page)


def reads(department: Department, name: str, password: str, *, planned: bool) -> None:
    """Come in for the first time, see what waits, and read it to the end."""
    page = department.comes_in(name, password, once=True)
    if planned:
        expect(page.locator(".st-key-today")).to_contain_text(re.compile("(This week|Next): Abdominal"))
    page.get_by_role("link", name=re.compile("Bones, week one")).first.click()
    expect(page.get_by_role("heading", name="Assignments")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    reader = ReadPage(page, department.server).ready()
    for question in quiz_file(CASE):
        answer(reader, CASE, question)
    expect(page.locator(".ro-score b")).to_have_text("100%")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator(".ro-result b")).to_have_text("100%")
    page.context.close()


def reviews(department: Department, page: Page, student: str) -> None:
    """Open the student's answers, and comment on one."""
    department.goes_to(page, "Review")
    page.get_by_role("table", name="Students").get_by_role("button", name=student).click()
    page.get_by_role("table", name="Attempts").locator("tbody tr").first.get_by_role("button").click()
    ReadPage(page, department.server).ready()
    page.locator(".st-key-review-comment textarea").fill(COMMENT)
    page.locator(".st-key-review-comment").get_by_role("button").last.click()
    expect(page.locator(".st-key-panel .ro-comment")).to_contain_text(COMMENT)


def prints(department: Department, page: Page, student: str) -> None:
    """Print the student's logbook, and find on the paper what was read and said."""
    page.goto(f"{department.server.url}/logbook")
    choose(page, "Logbook of", student)
    with page.expect_download() as started:
        page.get_by_role("button", name="Print (PDF)").click()
    paper = PdfReader(io.BytesIO(started.value.path().read_bytes()))
    text = " ".join(" ".join(sheet.extract_text() for sheet in paper.pages).split())
    case = case_file(CASE)
    for part in (
        f"Logbook {student} ",
        "1 reading of 1 case",
        f"{case['title']} ",
        "CR 100%",
        f"Bert Osler, {_day(text)}: {COMMENT}",
        "Student: name, date, signature",
        f"{student} · Readout logbook · page 1 of 1",
    ):
        assert part in text, text
    assert case["title_teacher"] not in text


def _day(text: str) -> str:
    found = re.search(r"\d{4}-\d\d-\d\d", text)
    assert found
    return found[0]


def finds_the_comment(department: Department, name: str) -> None:
    """Come in again with the password of one's own, and read what the resident said."""
    page = department.comes_in(name)
    department.goes_to(page, "Logbook")
    expect(page.get_by_role("region", name=re.compile("Date, Case"))).to_contain_text(f"Bert Osler: {COMMENT}")
    assert page.get_by_role("combobox", name="Logbook of").count() == 0
    page.context.close()
