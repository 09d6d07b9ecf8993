"""A test session in the real browser: sealed until its end, kept through everything, and then explained."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from quizzes.people import rotation
from quizzes.people.accounts import People
from quizzes.people.person import LOCAL
from quizzes.people.rotation_store import Rotations
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts
from tests.browser.axe import violations
from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage, rest
from tests.browser.serving import Server
from tests.browser.test_layout import _OVERFLOW
from tests.browser.test_reading import answer
from tests.browser.traffic import Spoken, Traffic, answers, outline_points
from tests.browser.truth import case_file, quiz_file

FIRST, SECOND = "msk-cr-01", "interventional-xa-01"


def begin(server: Server, plan: Plan) -> str:
    """Begin a session in the server's own database, as the practice page does, with cases that are known here."""
    with Attempts(f"sqlite:///{server.data / 'readout.sqlite3'}") as attempts:
        return Sessions(attempts.engine).start(LOCAL, plan, now=datetime.now(UTC)).id


def plan_rotation(server: Server) -> None:
    """Give whoever sits at the machine two weeks among bones, from today on: home then begins with their section."""
    with Attempts(f"sqlite:///{server.data / 'readout.sqlite3'}") as attempts:
        People(attempts.engine).local_reader(now=datetime.now(UTC))
        today = datetime.now(UTC).date()
        # The browser's day may be the one before or after.
        first, last = today - timedelta(days=2), today + timedelta(days=12)
        plan = rotation.Plan(first, last, (rotation.Block("musculoskeletal", first, last, LOCAL),))
        Rotations(attempts.engine).add(LOCAL, plan, author_id=LOCAL, now=datetime.now(UTC))


@dataclass
class Exam:
    """A test session whose first case was answered wholly and whose second was opened."""

    server: Server
    reader: ReadPage
    session: str
    spoken: Spoken
    elsewhere: Spoken


@pytest.fixture(scope="module")
def exam(browser: Browser, serve: Callable[..., Server]) -> Iterator[Exam]:
    """Answer the first case of a test rightly, and look for its answers wherever one might."""
    server = serve()
    session = begin(server, Plan((FIRST, SECOND), "test", limit_s=3600, title="Two cases"))
    plan_rotation(server)
    context = browser.new_context(viewport=WINDOW)
    reader = ReadPage(context.new_page(), server)
    traffic = Traffic.of(reader.page)
    reader.page.goto(f"{server.url}/practice")
    reader.page.get_by_role("button", name="Go on").click()
    expect(reader.page).to_have_url(re.compile(rf"/read\?case={FIRST}&session={session}"))
    reader.ready()
    traffic.take(FIRST)
    for question in quiz_file(FIRST):
        answer(reader, FIRST, question)
    expect(reader.page.get_by_text("Your answers are kept.")).to_be_visible()
    reader.page.reload()
    reader.ready()
    expect(reader.page.get_by_text("Your answers are kept.")).to_be_visible()
    spoken = traffic.take(FIRST)
    # By the library's address, and on the pages that count what was answered.
    reader.open(FIRST)
    expect(reader.page.get_by_text("Your answers are kept.")).to_be_visible()
    for path in ("practice", "assignments", "account", "progress", "rotation", "logbook", "teaching", ""):
        reader.page.goto(f"{server.url}/{path}")
        rest(reader.page)
    expect(reader.page.locator(".st-key-today")).to_contain_text("This week: Musculoskeletal")
    elsewhere = traffic.take(FIRST)
    # From here on the browser fetches by itself.
    reader.page.unroute_all(behavior="wait")
    yield Exam(server, reader, session, spoken, elsewhere)
    context.close()


def test_nothing_of_the_answers_is_said_while_the_test_goes_on(exam: Exam) -> None:
    for spoken in (exam.spoken, exam.elsewhere):
        assert len(spoken.texts) > 5
        assert spoken.having(answers(FIRST)) == []
        assert spoken.having_numbers(outline_points(FIRST), within=0.5) == []


def test_progress_does_not_count_what_is_sealed(exam: Exam) -> None:
    exam.reader.page.goto(f"{exam.server.url}/progress")
    expect(exam.reader.page.get_by_text("Nothing is answered yet.", exact=False)).to_be_visible()


def test_another_device_goes_on_where_this_one_was_even_after_a_crash(exam: Exam, browser: Browser) -> None:
    exam.reader.page.goto("about:blank")
    exam.server.kill()
    exam.server.start()
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{exam.server.url}/practice")
    expect(page.get_by_text("1 of 2 cases read", exact=False)).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(rf"case={SECOND}"))
    reader = ReadPage(page, exam.server).ready()
    expect(page.get_by_text("Case 2 of 2")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^\d?\d:\d\d left$"))
    assert page.evaluate(_OVERFLOW)["width"] <= 0
    # Paused: the case is put away, the clock with it.
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("This session is paused.", exact=False)).to_be_visible()
    expect(reader.viewer).to_have_count(0)
    page.reload()
    expect(page.get_by_text("This session is paused.", exact=False)).to_be_visible()
    # Nor do the images open before the page has said so.
    assert "readout-opening" not in page.request.get(f"{exam.server.url}/read?case={SECOND}").text()
    page.goto(f"{exam.server.url}/read?case={SECOND}")
    expect(page.get_by_text("This session is paused.", exact=False)).to_be_visible()
    expect(reader.viewer).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    reader.ready()
    assert "readout-opening" in page.request.get(f"{exam.server.url}/read?case={SECOND}").text()
    context.close()


def test_in_the_strip_of_a_session_everything_fits(exam: Exam, browser: Browser) -> None:
    for width, height in ((1440, 900), (1024, 768)):
        context = browser.new_context(viewport={"width": width, "height": height})
        reader = ReadPage(context.new_page(), exam.server)
        reader.page.goto(f"{exam.server.url}/read?case={SECOND}&session={exam.session}")
        reader.ready()
        expect(reader.page.get_by_role("timer")).to_be_visible()
        found = reader.page.evaluate(_OVERFLOW)
        assert (found["width"] <= 0, found["height"] <= 0, found["clipped"]) == (True, True, [])
        context.close()


def test_at_the_end_comes_the_result_and_then_the_reveal(exam: Exam) -> None:
    page = exam.reader.page
    page.goto(f"{exam.server.url}/practice")
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.locator(".ro-result b")).to_have_text("50%")
    expect(page.locator(".ro-result")).to_contain_text("2 cases, 2 begun")
    assert violations(page) == []
    # The first is the one of the navigation bar.
    page.get_by_role("link", name="Review", exact=True).nth(1).click()
    exam.reader.ready()
    expect(page.locator(".ro-score b")).to_have_text("100%")
    expect(page.locator(".ro-score")).to_contain_text(case_file(FIRST)["diagnosis"])
    expect(page.get_by_role("link", name="Result")).to_be_visible()


def test_time_that_is_up_ends_the_test_while_one_reads(browser: Browser, serve: Callable[..., Server]) -> None:
    server = serve()
    session = begin(server, Plan((FIRST,), "test", limit_s=8, title="In a hurry"))
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.goto(f"{server.url}/read?case={FIRST}&session={session}")
    # The page says so by itself, without a reload.
    expect(page.get_by_text("The session has ended.", exact=False)).to_be_visible()
    page.get_by_role("link", name="Result").click()
    expect(page.locator(".ro-result b")).to_have_text("0%")
    expect(page.locator(".ro-result")).to_contain_text("time was up")
    context.close()


def test_a_study_session_is_begun_on_the_page_and_shows_reasons_after_each_case(
    browser: Browser, fresh_server: Server
) -> None:
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.goto(f"{fresh_server.url}/practice")
    expect(page.get_by_text("Nothing yet.", exact=False)).to_be_visible()
    page.get_by_text("Paediatric", exact=True).click()
    # The library has this one.
    page.get_by_role("button", name=re.compile(r"^Start 1 case$")).click()
    reader = ReadPage(page, fresh_server).ready()
    expect(page.get_by_text("Case 1 of 1")).to_be_visible()
    slug = re.findall(r"case=([\w-]+)", page.url)[0]
    for question in quiz_file(slug):
        answer(reader, slug, question)
    expect(page.locator(".ro-score")).to_contain_text(case_file(slug)["diagnosis"])
    page.get_by_role("button", name="Finish").click()
    expect(page.locator(".ro-result b")).to_have_text("100%")
    page.get_by_role("link", name="To practice").click()
    # It comes back later, and does not say as what.
    expect(page.get_by_text("The next case comes back on", exact=False)).to_be_visible()
    context.close()


@pytest.mark.parametrize(
    ("path", "width"),
    [
        ("", 1440),
        ("", 390),
        ("rotation", 1440),
        ("rotation", 390),
        ("logbook", 1440),
        ("logbook", 390),
        ("practice", 1440),
        ("progress", 1440),
        ("teaching", 1440),
        ("progress", 390),
        ("teaching", 390),
        ("assignments", 390),
        ("account", 1440),
    ],
)
def test_no_page_around_the_reading_room_breaks_wcag(exam: Exam, browser: Browser, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{exam.server.url}/{path}")
    expect(page.get_by_role("link", name="Practice", exact=True)).to_be_visible()
    rest(page)
    assert violations(page) == []
    assert page.evaluate(_OVERFLOW)["width"] <= 0
    if path == "practice":
        page.get_by_role("tab", name="Self-assessment exam").click()
        expect(page.get_by_role("button", name=re.compile("Start the exam"))).to_be_visible()
        assert violations(page) == []
    if path == "progress":
        expect(page.get_by_role("heading", name="Calibration")).to_be_visible()
        for caption in page.get_by_text("As a table").all():
            caption.click()
        expect(page.get_by_role("table").first).to_be_visible()
        assert violations(page) == []
    if path == "teaching":
        assert page.get_by_role("table").count() == 0
        page.get_by_role("button", name="Show the answers").click()
        expect(page.get_by_role("table").first).to_be_visible()
        for name in ("Items", "One case", "Export"):
            page.get_by_role("tab", name=name).click()
            rest(page)
            assert violations(page) == []
    context.close()


def test_axe_does_find_what_is_wrong(exam: Exam, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{exam.server.url}/practice")
    rest(page)
    page.evaluate("document.body.append(document.createElement('button'))")
    assert any(one.startswith("button-name") for one in violations(page))
    context.close()
