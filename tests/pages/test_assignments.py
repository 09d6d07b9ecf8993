"""Assignments and one's own data, run by Streamlit's own test harness over the real library."""

import asyncio
import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from pages.account import export_route
from pages.assigned import results_csv
from pages.due import assignments, due_for_me, open_repertoire, places
from pages.repertoire import repertoire
from pages.room import Room, people
from quizzes.people.assignments import Assignment
from quizzes.people.person import LOCAL, Person, Role
from quizzes.people.rotation import Block
from quizzes.people.rotation import Plan as Rotation
from quizzes.people.rotation_store import Rotations
from quizzes.people.settings import Erasing, Settings
from quizzes.scoring import Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan, Session
from tests.browser.truth import case_file
from tests.pages.test_practice import answer_all, button, said

pytestmark = pytest.mark.usefixtures("room")

KNEE, CHEST = "msk-cr-01", "thoracic-ct-01"
SCRIPT = """
import streamlit as st
from pages.account import account
from pages.assignments import assignments_page
from pages.library import library
from pages.practice import practice
from pages.read import read
def rotation(): pass
drawn = dict(
    rotation=rotation, library=library, practice=practice, assignments=assignments_page, read=read, account=account
)
pages = {n: st.Page(p, url_path=n, default=n == {0!r}) for n, p in drawn.items()}
st.session_state['pages'] = pages
st.navigation(list(pages.values()), position='hidden').run()
"""


def page_of(name: str, **address: str) -> AppTest:
    page = AppTest.from_string(SCRIPT.replace("{0!r}", repr(name)), default_timeout=120)
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception, page.exception[0].stack_trace
    return page


@pytest.fixture
def student(room: Room, now: datetime) -> Person:
    """Let whoever sits here be a student."""
    return room.door.people.change(replace(room.door.people.local_reader(now=now), role=Role.STUDENT), now=now)


@pytest.fixture
def other(room: Room, now: datetime) -> Person:
    return room.door.people.add("=Bo", Role.STUDENT, cohort="October", now=now)


@pytest.fixture
def resident(room: Room, now: datetime) -> Person:
    return room.door.people.add("Rhea", Role.RESIDENT, now=now)


def assign(resident: Person, now: datetime, *whom: str, slugs=(KNEE,), feedback="study", **more) -> Assignment:
    plan = Plan(tuple(slugs), feedback, title="Week one")
    return assignments().create(resident.id, plan, whom, due_at=now + timedelta(days=2), now=now, **more)


def texts(page: AppTest) -> str:
    return "\n".join([said(page), *(one.proto.label for one in page.get("page_link")), str(page.get("button"))])


def answered(room: Room, session: Session, now: datetime) -> None:
    """Answer the first case of a session rightly."""
    slug = session.plan.cases[0]
    weights = repertoire().weights(slug, None)
    attempt = Sessions(room.attempts.engine).open(session, 0, room.catalogue.case(slug).version, asked=weights, now=now)
    answer_all(room, slug, now - timedelta(minutes=5), right=True, attempt_id=attempt.id)


@pytest.mark.usefixtures("student")
def test_a_student_sees_what_is_due_and_nothing_of_others(room, other, resident, now):
    assert "Nothing is assigned to you" in texts(page_of("assignments"))
    mine = assign(resident, now, LOCAL, note="<script>alert(1)</script> *soon*")
    theirs = assignments().create(resident.id, Plan((CHEST,), "study", title="For Bo"), [other.id], now=now)
    page = page_of("assignments")
    text = texts(page)
    assert "Week one" in text
    assert "due Friday, 6 March" in text
    assert "&lt;script&gt;" in text
    assert "<script>" not in text
    assert "For Bo" not in text
    for address in (theirs.id, mine.id):
        by_address = texts(page_of("assignments", assignment=address))
        assert "For Bo" not in by_address
        assert "=Bo" not in by_address
        assert "Rhea" not in by_address
    [due] = due_for_me()
    assert (due.title, due.cases_left, due.overdue) == ("Week one", 1, False)
    assignments().remind(mine.id, [LOCAL], now=now)
    assert r"Week one · 1 case left · due Friday, 6 March · reminded 4 March" in texts(page_of("library"))
    button(page, "Begin").click().run()
    [session] = Sessions(room.attempts.engine).of_learner(LOCAL)
    assert session.assignment == mine.id
    answered(room, session, now)
    assert due_for_me()[0].cases_left == 0
    # It is no practice of the student's own.
    assert "Week one" not in texts(page_of("practice"))
    button(page_of("assignments"), "Finish").click().run()
    assert due_for_me() == []
    assert "**100%**" in texts(page_of("assignments"))


@pytest.mark.usefixtures("student")
def test_whoever_is_not_asked_reaches_neither_the_case_of_an_exam_nor_its_answers(room, other, resident, now):
    # Once begun for practice, and once read to its end: neither is a way in.
    sessions = Sessions(room.attempts.engine)
    before = sessions.start(LOCAL, Plan((KNEE, CHEST), "study"), now=now)
    answered(room, before, now - timedelta(days=3))
    exam = assign(resident, now, other.id, feedback="test", reserved=True)
    diagnosis = case_file(KNEE)["diagnosis"]
    for address in ({}, {"session": before.id}, {"session": "none"}, {"assignment": exam.id}):
        page = page_of("read", case=KNEE, **address)
        text = texts(page)
        assert "Kept for an exam until 6 March." in text
        assert diagnosis.lower() not in text.lower()
        assert not page.get("bidi_component")
        assert "Week one" not in text
    assert KNEE not in {one.slug for one in open_repertoire().candidates}
    library = page_of("library")
    assert "Kept for an exam until 6 March." in texts(library)
    assert not any(f"case={KNEE}" in one.proto.query_string for one in library.get("page_link"))
    assert any(f"case={CHEST}" in one.proto.query_string for one in library.get("page_link"))
    # Nor is it among the cases of this week, where what waits stands as well.
    day = now.date()
    week = Block("musculoskeletal", day, day + timedelta(days=6))
    plan = Rotation(day, week.ends_on, (week,))
    Rotations(room.attempts.engine).add(LOCAL, plan, author_id=resident.id, now=now)
    assign(resident, now, LOCAL, slugs=(CHEST,))
    home = page_of("library")
    assert "This week" in texts(home)
    assert "Week one · 1 case left · due Friday, 6 March" in texts(home)
    assert not any(f"case={KNEE}" in one.proto.query_string for one in home.get("page_link"))
    assignments().close(exam.id, now=now)
    assert diagnosis in texts(page_of("read", case=KNEE, session=before.id))


@pytest.mark.usefixtures("student")
def test_whoever_takes_an_exam_reaches_no_answer_before_its_end(room, other, resident, now):
    exam = assign(resident, now, LOCAL, other.id, feedback="test", reserved=True)
    diagnosis = case_file(KNEE)["diagnosis"]
    assert "Part of a test that you are asked to take" in texts(page_of("read", case=KNEE))
    session = assignments().begin(exam.id, LOCAL, now=now)
    answered(room, session, now)
    assert "Part of a test that you are asked to take" in texts(page_of("read", case=KNEE))
    inside = texts(page_of("read", case=KNEE, session=session.id))
    assert "You see them with the reasons when the session ends" in inside
    result = texts(page_of("practice", session=session.id))
    for text in (inside, result, texts(page_of("assignments")), texts(page_of("library"))):
        assert diagnosis.lower() not in text.lower()
        assert "100%" not in text
    [row, *_] = exported()["answers.json"]
    assert (row["sealed"], row["score"], row["parts"]) == (True, None, None)
    Sessions(room.attempts.engine).add(session, "ended", now=now)
    assert diagnosis in texts(page_of("read", case=KNEE, session=session.id))
    assert exported()["answers.json"][0]["score"] == 1.0
    # For the other student it goes on.
    assert [place.sealed for *_, place in places([assignments().assignment(exam.id)])].count(False) == 2


def exported() -> dict[str, object]:
    """Take what the address of the export gives whoever sits here."""
    response = export_route().endpoint(Request({"type": "http", "headers": []}))
    assert (response.status_code, response.media_type) == (200, "application/zip")

    async def read() -> bytes:
        return b"".join([piece async for piece in response.body_iterator])

    with zipfile.ZipFile(io.BytesIO(asyncio.run(read()))) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


@pytest.mark.usefixtures("student")
def test_scores_of_a_case_that_is_not_finished_are_not_exported(room, now):
    case = room.catalogue.case(CHEST)
    ids = [one.id for one in repertoire().quizzes[CHEST].questions]
    attempt = room.attempts.resume_or_start(LOCAL, CHEST, case.version, question_ids=ids, now=now)
    room.attempts.commit(attempt.id, ids[0], {"marks": [], "no_finding": True}, 0.8, Score(0.0, ()), now)
    [row] = exported()["answers.json"]
    assert (row["sealed"], row["score"]) == (True, None)


def test_a_resident_picks_assigns_closes_and_opens_again(other, now):
    page = page_of("assignments")
    assert "Nothing is assigned yet" in texts(page)
    page.multiselect(key="assign-students").set_value([other.id]).run()
    page.number_input(key="assign-length").set_value(2).run()
    button(page, "Pick 2 for me").click().run()
    page.text_input(key="assign-title").set_value("Two cases").run()
    page.radio(key="assign-kind").set_value("exam").run()
    button(page, "Assign to ").click().run()
    assert not page.exception
    [made] = assignments().everything()
    assert (made.plan.title, len(made.plan.cases), made.plan.feedback, made.reserved) == ("Two cases", 2, "test", True)
    assert [one.student_id for one in made.asked] == [other.id]
    page = page_of("assignments", assignment=made.id)
    assert "not begun" in texts(page)
    button(page, "Remind 1").click().run()
    assert assignments().assignment(made.id).asked[0].reminded_at == now
    button(page, "Close it").click().run()
    assert assignments().assignment(made.id).closed_at == now
    button(page, "Undo: open it again").click().run()
    assert assignments().assignment(made.id).closed_at is None


def test_results_leave_as_csv_without_what_is_sealed_and_without_formulas(room, other, resident, now):
    people().local_reader(now=now)
    made = assign(resident, now, other.id, feedback="test")
    session = assignments().begin(made.id, other.id, now=now)
    answered(room, session, now)
    everybody = {one.id: one for one in people().everyone()}

    def rows():
        found = [(asked, place) for _, asked, _, place in places([assignments().assignment(made.id)])]
        return list(csv.DictReader(io.StringIO(results_csv(made, found, everybody))))

    [row] = rows()
    assert (row["student"], row["state"], row["score"]) == ("'=Bo", "done", "")
    Sessions(room.attempts.engine).add(session, "ended", now=now)
    assert rows()[0]["score"] == "1.0000"


def test_the_only_administrator_cannot_go_and_decides_what_becomes_of_answers(room, now):
    people().local_reader(now=now)
    page = page_of("account")
    assert "nobody else is an administrator" in texts(page)
    assert not page.text_input
    page.radio(key="erasing").set_value(Erasing.VANISH).run()
    assert Settings(room.attempts.engine).erasing() is Erasing.VANISH


@pytest.mark.usefixtures("student", "resident")
def test_a_student_deletes_the_account_by_typing_the_name(room, now):
    answer_all(room, KNEE, now, right=True)
    page = page_of("account")
    assert "erasing" not in {one.key for one in page.radio}
    assert button(page, "Delete my account").disabled
    page.text_input(key="delete-name").set_value("reader").run()
    assert button(page, "Delete my account").disabled
    page.text_input(key="delete-name").set_value("Reader").run()
    button(page, "Delete my account").click().run()
    assert "Your account is deleted." in "".join(one.value for one in page.success)
    assert people().person(LOCAL) is None
    assert exported()["attempts.json"] == []
