"""The review page without a browser: what is drawn of an attempt, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from pages.room import Room, people
from quizzes.people import tables
from quizzes.people.person import Person, Role
from quizzes.people.reviews import Reviews
from quizzes.scoring import Part, Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempt

pytestmark = pytest.mark.usefixtures("room")

SLUG = "msk-cr-01"
SCRIPT = (
    "import streamlit as st\n"
    "from pages.review import review\n"
    "from pages.read import read\n"
    "pages = {'library': st.Page(read, url_path='library'), 'read': st.Page(read, url_path='read'),\n"
    "         'practice': st.Page(read, url_path='practice'),\n"
    "         'review': st.Page(review, url_path='review', default=True)}\n"
    "st.session_state['pages'] = pages\n"
    "st.navigation(list(pages.values()), position='hidden').run()\n"
)
READ = SCRIPT.replace("'review', default=True", "'review'").replace(
    "url_path='read')", "url_path='read', default=True)"
)


@pytest.fixture
def student(room: Room, now: datetime) -> Person:
    assert room.catalogue.case(SLUG)
    return people().add("Ada **Byron**", Role.STUDENT, now=now)


@pytest.fixture
def begun(room: Room, student: Person, now: datetime) -> Attempt:
    """Give an attempt in which one question of several is answered."""
    case = room.catalogue.case(SLUG)
    ids = room_questions(room)
    attempt = room.attempts.start(student.id, SLUG, case.version, now=now, question_ids=ids)
    answer = {"marks": [], "no_finding": True}
    score = Score(0.0, (Part("mark", 0.0, "there is a finding"),), hit=False)
    room.attempts.commit(attempt.id, ids[0], answer, 0.9, score, now)
    return attempt


def room_questions(room: Room) -> list[str]:
    from quizzes.quizfile import read_quiz

    return [one.id for one in read_quiz(room.catalogue.case(SLUG).quiz_file, room.vocabulary).questions]


def opened(**query: str) -> AppTest:
    page = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception[0].stack_trace
    return page


def texts(page: AppTest) -> str:
    html = [element.proto.body for element in page.get("html")]
    parts = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error]
    return "\n".join([*html, *(str(part.value) for part in parts)])


def test_without_students_the_page_says_what_will_stand_there() -> None:
    text = texts(opened())
    assert "Nobody has answered anything yet" in text
    assert "Nothing is waiting" in text


def test_a_student_sees_nothing_of_it(begun: Attempt, now: datetime) -> None:
    reader = people().local_reader(now=now)
    people().change(replace(reader, role=Role.STUDENT), now=now)
    text = texts(opened(student=begun.learner, attempt=begun.id))
    assert "for residents" in text
    assert "Ada" not in text


def test_an_attempt_that_goes_on_stays_behind_a_curtain_until_the_resident_asks(begun: Attempt) -> None:
    page = opened(student=begun.learner, attempt=begun.id)
    assert "goes on: 1 of" in texts(page)
    assert "Student:" not in texts(page)
    page.button(key=next(one.key for one in page.button if one.label == "Show it to me alone")).click().run()
    assert not page.exception, page.exception[0].stack_trace
    assert "Student: no finding" in texts(page)
    assert "Right: **the green outline**" in texts(page)
    page.button(key="review-question-next").click().run()
    assert "Not answered." in texts(page)


def test_an_attempt_of_somebody_else_is_not_found_under_a_student(begun: Attempt, now: datetime) -> None:
    other = people().add("Eve", Role.STUDENT, now=now)
    assert "no answer of this student" in texts(opened(student=other.id, attempt=begun.id))


def test_a_name_is_text_and_a_comment_that_cannot_be_kept_stays_in_the_field(room: Room, begun: Attempt) -> None:
    page = opened(student=begun.learner)
    assert "Ada **Byron**</h1>" in texts(page)
    assert "90% sure of an answer that was wrong" in texts(page)
    page = opened(student=begun.learner, attempt=begun.id)
    page.button(key=next(one.key for one in page.button if one.label == "Show it to me alone")).click().run()
    [keep] = [one for one in page.button if one.label == "Keep the comment"]
    keep.click().run()
    assert "comment: found 0 characters" in texts(page)
    page.text_area[0].input("Look <b>twice</b>.")
    [keep] = [one for one in page.button if one.label == "Keep the comment"]
    keep.click().run()
    assert "Look &lt;b&gt;twice&lt;/b&gt;." in texts(page)
    [comment] = Reviews(room.attempts.engine).comments([begun.id])[begun.id]
    assert (comment.text, comment.question_id) == ("Look <b>twice</b>.", room_questions(room)[0])
    assert comment.written_at.tzinfo == UTC


def test_only_the_attempts_of_an_assignment_stand_in_its_debrief(room: Room, begun: Attempt, now: datetime) -> None:
    engine = room.attempts.engine
    session = Sessions(engine).start(begun.learner, Plan((SLUG,), "study"), now=now)
    again = Sessions(engine).open(session, 0, "v2", now=now)
    score = Score(1.0, (Part("mark", 1.0, "hit"),), hit=True)
    room.attempts.commit(again.id, room_questions(room)[0], {"marks": []}, 0.6, score, now)
    author = people().local_reader(now=now).id
    about = {"author_id": author, "title": "", "note": "", "plan": {}, "reserved": False, "created_at": now}
    asked = {"assignment_id": "asked", "student_id": begun.learner, "session_id": session.id}
    with engine.begin() as connection:
        connection.execute(tables.assignment.insert().values(id="asked", **about))
        connection.execute(tables.assignment_student.insert().values(asked))
    assert "<b>2</b> attempts" in texts(opened(student=begun.learner))
    assert "<b>1</b> attempts" in texts(opened(student=begun.learner, assignment="asked"))


@pytest.mark.parametrize(("role", "begins"), [(Role.STUDENT, False), (Role.RESIDENT, True)])
def test_who_reviews_begins_a_shared_reading_and_students_join_by_its_code(
    now: datetime, role: Role, begins: bool
) -> None:
    reader = people().local_reader(now=now)
    people().change(replace(reader, role=role), now=now)
    page = AppTest.from_string(READ, default_timeout=60)
    page.query_params["case"] = SLUG
    page.run()
    page.button(key="together").click().run()
    assert not page.exception, page.exception[0].stack_trace
    labels = [one.label for one in page.button]
    assert ("Begin a shared reading" in labels) is begins
    assert "Join" in labels


def test_a_test_is_read_alone(room: Room, now: datetime) -> None:
    person = people().local_reader(now=now)
    ids = room_questions(room)
    session = Sessions(room.attempts.engine).start(person.id, Plan((SLUG,), "test"), now=now)
    Sessions(room.attempts.engine).open(
        session, 0, room.catalogue.case(SLUG).version, asked=dict.fromkeys(ids, 1.0), now=now
    )
    page = AppTest.from_string(READ, default_timeout=60)
    for name, value in {"case": SLUG, "session": session.id, "together": room.together.open(SLUG)}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception[0].stack_trace
    assert "together" not in [one.key for one in page.button]
