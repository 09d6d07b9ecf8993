"""An exam that others are asked to take, seen from the browser of a student who is not: nothing of it comes through."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, expect

from quizzes.people.accounts import People
from quizzes.people.assignment_store import Assignments
from quizzes.people.person import Role
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts
from tests.browser.conftest import WINDOW
from tests.browser.reading import rest
from tests.browser.serving import Server
from tests.browser.traffic import Traffic, answers, outline_points

SLUG = "msk-cr-01"


def test_who_is_not_asked_gets_neither_images_nor_answers_by_any_address(
    browser: Browser, serve: Callable[..., Server]
) -> None:
    server, now = serve(), datetime.now(UTC)
    with Attempts(f"sqlite:///{server.data / 'readout.sqlite3'}") as attempts:
        people = People(attempts.engine)
        resident, asked = (people.add(role.title(), role, now=now) for role in (Role.RESIDENT, Role.STUDENT))
        here = people.change(replace(people.local_reader(now=now), role=Role.STUDENT), now=now)
        plan = Plan((SLUG,), "test", title="Mid-term")
        due = now + timedelta(days=9)
        exam = Assignments(attempts.engine).create(resident.id, plan, [asked.id], reserved=True, due_at=due, now=now)
        own = Sessions(attempts.engine).start(here.id, Plan((SLUG,), "study"), now=now)
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    traffic = Traffic.of(page)
    addresses = [f"read?case={SLUG}{more}" for more in ("", f"&session={own.id}", f"&assignment={exam.id}")]
    for address in addresses:
        page.goto(f"{server.url}/{address}")
        expect(page.get_by_text("Kept for an exam until", exact=False)).to_be_visible()
    around = ("", f"practice?session={own.id}", f"assignments?assignment={exam.id}", "teaching", "review", "account")
    for address in around:
        page.goto(f"{server.url}/{address}")
        rest(page)
    urls = [url for url, _ in traffic.answers]
    assert not any("/pixels/" in url for url in urls)
    spoken = traffic.take(SLUG, asked=0)
    assert len(spoken.texts) > 5
    assert spoken.having(answers(SLUG)) == []
    assert spoken.having_numbers(outline_points(SLUG), within=0.5) == []
    assert spoken.having(["Mid-term"]) == []
    context.close()
