"""The same on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from quizzes import StoreError
from quizzes.people import tables
from quizzes.people.accounts import People
from quizzes.people.person import Role
from quizzes.people.reviews import LONGEST_COMMENT, Discussion, Reviews
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts


@pytest.fixture
def attempts(url):
    with Attempts(url) as attempts:
        yield attempts


@pytest.fixture
def reviews(attempts):
    return Reviews(attempts.engine)


@pytest.fixture
def people(attempts, now):
    people = People(attempts.engine)
    return {name: people.add(name, role, now=now) for name, role in (("ada", Role.STUDENT), ("bert", Role.RESIDENT))}


@pytest.fixture
def attempt(attempts, people, now):
    return attempts.start(people["ada"].id, "case 1", "v1", now=now)


def test_comments_are_about_a_case_an_answer_or_a_finding_and_come_back_oldest_first(
    attempts, reviews, people, attempt, now
):
    other = attempts.start(people["ada"].id, "case 2", "v1", now=now)
    bert = people["bert"].id
    reviews.say(attempt.id, bert, "Look at the apex first.", question_id="place", finding="nodule", now=now)
    reviews.say(attempt.id, bert, " Well\nread. ", now=now + timedelta(seconds=1))
    found = reviews.comments([attempt.id, other.id])
    assert found[other.id] == ()
    assert [(one.question_id, one.finding, one.text, one.author) for one in found[attempt.id]] == [
        ("place", "nodule", "Look at the apex first.", "bert"),
        ("", "", "Well\nread.", "bert"),
    ]
    assert found[attempt.id][0].written_at == now
    assert reviews.comments([]) == {}


def test_only_its_author_withdraws_a_comment_and_it_is_kept_out_of_sight(reviews, people, attempt, now):
    reviews.say(attempt.id, people["bert"].id, "Wrong case.", now=now)
    [comment] = reviews.comments([attempt.id])[attempt.id]
    with pytest.raises(StoreError, match="there is none of this author"):
        reviews.withdraw(comment.id, people["ada"].id, now=now)
    assert reviews.comments([attempt.id])[attempt.id] == (comment,)
    reviews.withdraw(comment.id, people["bert"].id, now=now)
    reviews.withdraw(comment.id, people["bert"].id, now=now)
    assert reviews.comments([attempt.id])[attempt.id] == ()


def test_markup_and_statements_in_a_comment_are_text(reviews, people, attempt, now):
    text = "<script>alert(1)</script>'; DROP TABLE comment; -- \x00\x07"
    reviews.say(attempt.id, people["bert"].id, text, now=now)
    assert reviews.comments([attempt.id])[attempt.id][0].text == text[:-2].rstrip()


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (LONGEST_COMMENT + 1)])
def test_a_comment_is_neither_empty_nor_endless(reviews, people, attempt, now, text):
    with pytest.raises(StoreError, match="comment: found"):
        reviews.say(attempt.id, people["bert"].id, text, now=now)


def test_a_comment_on_an_attempt_that_is_not_there_is_refused(reviews, people, now):
    with pytest.raises(StoreError, match="comment on attempt nowhere"):
        reviews.say("nowhere", people["bert"].id, "text", now=now)


def test_an_answer_is_on_the_discuss_list_once_until_it_is_settled_and_again_when_asked(reviews, people, attempt, now):
    bert, later = people["bert"].id, now + timedelta(hours=1)
    reviews.flag(attempt.id, "place", bert, now=now)
    reviews.flag(attempt.id, "place", bert, now=later)
    entry = Discussion(attempt.id, "place", people["ada"].id, "case 1", "bert", now, None)
    assert reviews.discussions() == (entry,)
    reviews.settle(attempt.id, "place", now=later)
    reviews.settle(attempt.id, "place", now=later + timedelta(hours=1))
    assert [one.settled_at for one in reviews.discussions()] == [later]
    reviews.flag(attempt.id, "place", bert, now=later)
    assert [(one.flagged_at, one.settled_at) for one in reviews.discussions()] == [(later, None)]


def test_the_discuss_list_has_open_entries_first_across_students_then_the_newest(attempts, reviews, people, now):
    made = {}
    for number, who in enumerate(("ada", "bert", "ada", "bert")):
        made[number] = attempts.start(people[who].id, f"case {number}", "v1", now=now).id
        reviews.flag(made[number], "", people["bert"].id, now=now + timedelta(minutes=number))
    reviews.settle(made[3], "", now=now)
    assert [one.attempt_id for one in reviews.discussions()] == [made[2], made[1], made[0], made[3]]
    assert [one.attempt_id for one in reviews.discussions(learner=people["ada"].id)] == [made[2], made[0]]
    assert len(reviews.discussions(most=1)) == 1


def test_an_entry_made_by_mistake_is_taken_off_and_a_settled_one_stays(reviews, people, attempt, now):
    for question in ("one", "two"):
        reviews.flag(attempt.id, question, people["bert"].id, now=now)
    reviews.settle(attempt.id, "two", now=now)
    for question in ("one", "two", "three"):
        reviews.unflag(attempt.id, question)
    assert [one.question_id for one in reviews.discussions()] == ["two"]


def test_a_flag_on_an_attempt_that_is_not_there_is_refused(reviews, people, now):
    with pytest.raises(StoreError, match="attempt nowhere, discuss list"):
        reviews.flag("nowhere", "", people["bert"].id, now=now)


def test_the_attempts_of_an_assignment_are_those_of_its_student_in_their_order(attempts, reviews, people, now):
    sessions, ada, bert = Sessions(attempts.engine), people["ada"].id, people["bert"].id
    session = sessions.start(ada, Plan(("case 1", "case 2"), "study"), now=now)
    second = sessions.open(session, 1, "v1", now=now)
    first = sessions.open(session, 0, "v1", now=now)
    about = {"author_id": bert, "title": "", "note": "", "plan": {}, "reserved": False, "created_at": now}
    with attempts.engine.begin() as connection:
        connection.execute(tables.assignment.insert().values(id="asked", **about))
        for student, session_id in ((ada, session.id), (bert, None)):
            row = {"assignment_id": "asked", "student_id": student, "session_id": session_id}
            connection.execute(tables.assignment_student.insert().values(row))
    assert reviews.assigned("asked", ada) == (first.id, second.id)
    assert reviews.assigned("asked", bert) == reviews.assigned("other", ada) == ()
