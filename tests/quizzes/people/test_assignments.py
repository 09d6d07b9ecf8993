"""Assignments: where a student stands and what is kept back; the same on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from quizzes import StoreError
from quizzes.people.accounts import People
from quizzes.people.assignment_store import Assignments
from quizzes.people.assignments import Kept, Wanted, kept_back, pick, place_of
from quizzes.people.person import Role
from quizzes.practice import Candidate
from quizzes.scoring import Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan, sealed, standing
from quizzes.store import Attempts

WEIGHTS = {"chest": {"mark": 2.0, "next": 1.0}, "knee": {"which": 1.0}}
DAY = timedelta(days=1)


class Ward:
    """A resident, two students and their assignments."""

    def __init__(self, attempts, now):
        self.attempts, self.now = attempts, now
        self.store, self.sessions = Assignments(attempts.engine), Sessions(attempts.engine)
        people = People(attempts.engine)
        self.resident = people.add("Rhea", Role.RESIDENT, now=now).id
        self.ada, self.bo = (people.add(name, Role.STUDENT, now=now).id for name in ("Ada", "Bo"))

    def assign(self, *students, feedback="study", due=None, **more):
        plan = Plan(("chest", "knee"), feedback, title="Week one", limit_s=more.pop("limit_s", None))
        due_at = None if due is None else self.now + due
        return self.store.create(
            self.resident, plan, students or (self.ada, self.bo), due_at=due_at, now=self.now, **more
        )

    def answer(self, session, place, *questions, at, right=True):
        slug = session.plan.cases[place]
        attempt = self.sessions.open(session, place, "v1", asked=WEIGHTS[slug], now=at)
        for question in questions:
            score = Score(float(right), (), weight=WEIGHTS[slug][question])
            self.attempts.commit(attempt.id, question, {"choice": "a"}, 0.8, score, at)
        return self.sessions.session(session.id, session.learner)

    def place(self, assignment, student, *, now, weights=WEIGHTS):
        found = self.store.assignment(assignment.id)
        asked = found.student(student)
        session = self.store.sessions([found]).get(asked.session_id)
        commits = self.attempts.commits_of(session.attempts.values()) if session else {}
        return place_of(found, asked, session, commits, weights, now)


@pytest.fixture
def ward(url, now):
    with Attempts(url) as attempts:
        yield Ward(attempts, now)


def test_what_is_assigned_is_read_back_by_whom_it_concerns(ward, now):
    first = ward.assign(ward.ada, due=DAY, note="<b>Before Friday</b>")
    both = ward.store.create(
        ward.resident, Plan(("knee",), "test", 600, "Knees"), [ward.bo, ward.ada], now=now + timedelta(minutes=1)
    )
    assert ward.store.everything() == (both, first)
    assert ward.store.of_student(ward.ada) == (both, first)
    assert ward.store.of_student(ward.bo) == (both,)
    assert ward.store.of_student("nobody") == ()
    assert (first.note, first.plan.cases, first.due_at) == ("<b>Before Friday</b>", ("chest", "knee"), now + DAY)
    assert both.plan == Plan(("knee",), "test", 600, "Knees")


@pytest.mark.parametrize(
    ("plan", "students", "more", "fault"),
    [
        (Plan(("a",), "study", title=" "), ["x"], {}, "title: expected 1 to 200 characters"),
        (Plan(("a",), "study", title="t"), [], {}, "students: expected one or more"),
        (Plan(("a", "a"), "study", title="t"), ["x"], {}, "each once"),
        (Plan(("a",), "study", title="t"), ["x"], {"reserved": True}, "an exam is a test"),
        (Plan(("a",), "study", title="t"), ["x"], {"note": "n" * 4001}, "at most 4000"),
    ],
)
def test_what_cannot_be_assigned_is_refused_by_what_is_wrong(ward, now, plan, students, more, fault):
    with pytest.raises(StoreError, match=fault):
        ward.store.create(ward.resident, plan, students, now=now, **more)
    assert ward.store.everything() == ()


def test_two_tabs_that_begin_at_once_begin_one_session(ward, now):
    assignment = ward.assign(ward.ada)
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: ward.store.begin(assignment.id, ward.ada, now=now), range(4)))
    assert len({session.id for session in begun}) == 1
    assert ward.sessions.of_learner(ward.ada) == (begun[0],)
    assert begun[0].assignment == assignment.id
    assert begun[0].plan == assignment.plan


def test_only_who_is_asked_begins_it(ward, now):
    assignment = ward.assign(ward.ada)
    with pytest.raises(StoreError, match="not there, or not yours"):
        ward.store.begin(assignment.id, ward.bo, now=now)
    ward.store.ask(assignment.id, [ward.ada, ward.bo])
    assert ward.store.begin(assignment.id, ward.bo, now=now).learner == ward.bo


def test_a_student_stands_where_the_answers_say(ward, now):
    assignment = ward.assign(due=DAY)
    assert ward.place(assignment, ward.ada, now=now).cases == ("not begun", "not begun")
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    session = ward.answer(session, 0, "mark", at=now)
    place = ward.place(assignment, ward.ada, now=now)
    assert (place.cases, place.shares, place.left) == (("reading", "not begun"), (None, None), 2)
    session = ward.answer(session, 0, "next", at=now, right=False)
    place = ward.place(assignment, ward.ada, now=now)
    assert (place.cases, place.score) == (("done", "not begun"), None)
    assert place.shares == (pytest.approx(2 / 3), None)
    session = ward.answer(session, 1, "which", at=now)
    ward.sessions.add(session, "ended", now=now)
    place = ward.place(assignment, ward.ada, now=now + 9 * DAY)
    assert (place.score, place.late, place.overdue) == (pytest.approx(5 / 6), False, False)
    assert not ward.place(assignment, ward.bo, now=now).begun


def test_a_test_says_who_is_done_and_no_score_before_its_end(ward, now):
    assignment = ward.assign(feedback="test")
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    session = ward.answer(session, 1, "which", at=now)
    place = ward.place(assignment, ward.ada, now=now)
    assert (place.cases, place.shares, place.sealed) == (("not begun", "done"), (None, None), True)
    ward.sessions.add(session, "ended", now=now)
    place = ward.place(assignment, ward.ada, now=now)
    assert (place.shares, place.score, place.sealed) == ((0.0, 1.0), 0.5, False)


def test_late_is_late_and_more_time_is_more_time(ward, now):
    assignment = ward.assign(due=DAY)
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    assert ward.place(assignment, ward.ada, now=now + 2 * DAY).overdue
    ward.store.extend(assignment.id, now + 3 * DAY, student_id=ward.ada)
    assert not ward.place(assignment, ward.ada, now=now + 2 * DAY).overdue
    assert ward.place(assignment, ward.bo, now=now + 2 * DAY).overdue
    ward.store.extend(assignment.id, now + 5 * DAY)
    assert ward.place(assignment, ward.ada, now=now).due_at == now + 5 * DAY
    ward.sessions.add(session, "ended", now=now + 6 * DAY)
    assert ward.place(assignment, ward.ada, now=now + 7 * DAY).late
    ward.store.remind(assignment.id, [ward.bo], now=now + DAY)
    found = ward.store.assignment(assignment.id)
    assert [found.student(one).reminded_at for one in (ward.ada, ward.bo)] == [None, now + DAY]


def test_closing_ends_what_goes_on_and_opening_again_goes_on_with_the_time_that_was_left(ward, now):
    assignment = ward.assign(feedback="test", limit_s=3600)
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    session = ward.answer(session, 1, "which", at=now + timedelta(minutes=10))
    ward.store.close(assignment.id, now=now + timedelta(minutes=20))
    ward.store.close(assignment.id, now=now + DAY)
    closed = ward.sessions.session(session.id, ward.ada)
    assert standing(closed, now + DAY).ended_at == now + timedelta(minutes=20)
    assert not sealed(closed, now + DAY)
    assert ward.sessions.sealed_attempts(ward.ada, now=now + DAY) == frozenset()
    assert ward.place(assignment, ward.ada, now=now + DAY).score == 0.5
    with pytest.raises(StoreError, match="it is closed"):
        ward.store.begin(assignment.id, ward.bo, now=now)
    assert not ward.place(assignment, ward.bo, now=now + DAY).begun
    ward.store.reopen(assignment.id, now=now + DAY)
    again = standing(ward.sessions.session(session.id, ward.ada), now + DAY + timedelta(minutes=5))
    assert (again.state, again.left_s) == ("running", 35 * 60)
    assert len(ward.sessions.sealed_attempts(ward.ada, now=now + DAY)) == 1
    assert ward.store.begin(assignment.id, ward.bo, now=now).learner == ward.bo


def test_what_a_student_had_ended_or_paused_stays_so_when_it_is_opened_again(ward, now):
    assignment = ward.assign()
    ended = ward.store.begin(assignment.id, ward.ada, now=now)
    ward.sessions.add(ended, "ended", now=now)
    paused = ward.store.begin(assignment.id, ward.bo, now=now)
    ward.sessions.add(paused, "paused", now=now)
    ward.store.close(assignment.id, now=now + DAY)
    ward.store.reopen(assignment.id, now=now + DAY)
    assert standing(ward.sessions.session(ended.id, ward.ada), now + DAY).ended_at == now
    assert standing(ward.sessions.session(paused.id, ward.bo), now + DAY).state == "paused"


def test_a_case_that_changes_changes_no_score_of_those_who_began_it(ward, now):
    assignment = ward.assign(ward.ada)
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    session = ward.answer(session, 0, "mark", at=now)
    session = ward.answer(session, 0, "next", at=now, right=False)
    before = ward.place(assignment, ward.ada, now=now)
    # A question more, another weight, one question gone.
    for changed in ({"mark": 2.0, "next": 1.0, "new": 9.0}, {"mark": 1.0, "next": 9.0}, {"mark": 2.0}):
        after = ward.place(assignment, ward.ada, now=now, weights={**WEIGHTS, "chest": changed})
        assert after == before
    # A question that is gone cannot be waited for.
    session = ward.answer(session, 1, at=now)
    gone = {**WEIGHTS, "knee": {"other": 1.0}}
    assert ward.place(assignment, ward.ada, now=now, weights=gone).cases == ("done", "reading")


def test_a_case_that_leaves_the_library_is_not_waited_for(ward, now):
    assignment = ward.assign(ward.ada)
    without = {"chest": WEIGHTS["chest"]}
    assert ward.place(assignment, ward.ada, now=now, weights=without).cases == ("not begun", "gone")
    session = ward.store.begin(assignment.id, ward.ada, now=now)
    session = ward.answer(session, 0, "mark", at=now)
    session = ward.answer(session, 0, "next", at=now)
    ward.sessions.add(session, "ended", now=now)
    place = ward.place(assignment, ward.ada, now=now, weights=without)
    assert (place.cases, place.left, place.score) == (("done", "gone"), 0, 1.0)


def test_the_cases_of_an_exam_are_kept_from_who_is_not_asked_until_it_is_closed(ward, now):
    exam = ward.assign(ward.ada, feedback="test", due=DAY, reserved=True)
    ward.assign(ward.bo)  # of the same cases, to study: it does not open them
    kept = ward.store.everything(open_only=True)
    until = now + DAY
    assert kept_back(kept, {}, ward.bo, now) == {"chest": Kept(until), "knee": Kept(until)}
    own = Kept(until, frozenset({exam.id}))
    assert kept_back(kept, {}, ward.ada, now) == {"chest": own, "knee": own}
    session = ward.store.begin(exam.id, ward.ada, now=now)
    going_on = ward.store.everything(open_only=True)
    assert set(kept_back(going_on, ward.store.sessions(going_on), ward.ada, now)) == {"chest", "knee"}
    ward.sessions.add(session, "ended", now=now)
    assert kept_back(going_on, ward.store.sessions(going_on), ward.ada, now) == {}
    assert set(kept_back(going_on, ward.store.sessions(going_on, ward.bo), ward.bo, now)) == {"chest", "knee"}
    ward.store.close(exam.id, now=now)
    assert kept_back(ward.store.everything(open_only=True), {}, ward.bo, now) == {}


def test_five_thoracic_of_the_first_levels_with_one_normal_that_were_not_read():
    candidates = [
        Candidate(f"{section}-{number}", (section,), number % 3 + 1, (f"d{number}", "CT"), normal=number % 4 == 0)
        for section in ("thoracic", "neuro")
        for number in range(24)
    ]
    wanted = Wanted(5, frozenset({"thoracic"}), frozenset({1, 2}), frozenset({"CT"}), normals=1)
    read = {f"thoracic-{number}" for number in range(0, 24, 6)}
    by_slug = {one.slug: one for one in candidates}
    for seed in range(5):
        picked = pick(candidates, wanted, read, seed)
        chosen = [by_slug[slug] for slug in picked.slugs]
        assert len(set(picked.slugs)) == 5
        assert {one.sections for one in chosen} == {("thoracic",)}
        assert {one.level for one in chosen} <= {1, 2}
        assert sum(one.normal for one in chosen) == 1
        assert read.isdisjoint(picked.slugs)
        assert picked.missing == ()


def test_what_a_wish_cannot_have_is_said():
    candidates = [Candidate("a", ("neuro",), 1, ("d", "CT"), normal=False)]
    assert pick(candidates, Wanted(3, normals=1), set(), 1).missing == (
        "1 of 3 cases fit",
        "0 instead of 1 without a finding",
    )
    assert pick(candidates, Wanted(1), {"a"}, 1).missing == ("no case fits that none of them has read",)
    assert pick(candidates, Wanted(1, unread=False), {"a"}, 1).slugs == ("a",)
    assert pick(candidates, Wanted(1, modalities=frozenset({"MR"})), set(), 1).slugs == ()
