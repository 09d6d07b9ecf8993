"""The review page without a browser: what is drawn of an attempt, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from pages.room import Room, people
from quizzes.people.person import Person, Role
from quizzes.people.reviews import Reviews
from quizzes.scoring import Part, Score
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
