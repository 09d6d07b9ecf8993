"""Where a practice session stands follows from its events and the clock; and it is kept on both databases."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import StoreError
from quizzes.scoring import Score
from quizzes.session_store import Sessions
from quizzes.sessions import Event, Plan, Session, case_share, following, sealed, standing
from quizzes.store import Attempts, Commit

PLAN = Plan(("a", "b", "c"), "test", limit_s=600, title="Exam", exam=True)


def seconds(count):
    return timedelta(seconds=count)


def session(now, *events, plan=PLAN):
    return Session("id", "ada", plan, now, tuple(Event(kind, now + seconds(at)) for kind, at in events), {})


def test_paused_time_does_not_count(now):
    one = session(now, ("paused", 100), ("resumed", 5000), ("paused", 5050))
    stands = standing(one, now + seconds(9000))
    assert (stands.state, stands.active_s, stands.left_s) == ("paused", 150, 450)


def test_a_running_session_counts_to_this_moment(now):
    stands = standing(session(now, ("paused", 100), ("resumed", 200)), now + seconds(250))
    assert (stands.state, stands.active_s, stands.left_s, stands.ended_at) == ("running", 150, 450, None)


def test_time_is_up_at_the_very_moment_the_limit_is_reached(now):
    one = session(now, ("paused", 100), ("resumed", 1000))
    assert standing(one, now + seconds(1499)).state == "running"
    stands = standing(one, now + seconds(99999))
    assert (stands.state, stands.ended_at, stands.timed_out) == ("ended", now + seconds(1500), True)
    assert (stands.active_s, stands.left_s) == (600, 0)


def test_an_end_after_time_was_up_changes_nothing(now):
    stands = standing(session(now, ("ended", 5000)), now + seconds(9000))
    assert (stands.ended_at, stands.timed_out) == (now + seconds(600), True)


def test_a_learner_may_end_early_and_from_a_pause(now):
    running = standing(session(now, ("ended", 50)), now + seconds(9000))
    assert (running.state, running.active_s, running.ended_at) == ("ended", 50, now + seconds(50))
    paused = standing(session(now, ("paused", 40), ("ended", 900)), now + seconds(9000))
    assert (paused.state, paused.active_s, paused.ended_at) == ("ended", 40, now + seconds(900))


def test_without_a_limit_time_is_never_up(now):
    plan = Plan(("a",), "study")
    stands = standing(session(now, plan=plan), now + timedelta(days=400))
    assert (stands.state, stands.left_s) == ("running", None)


events = st.lists(st.tuples(st.sampled_from(["paused", "resumed"]), st.integers(0, 2000)), max_size=8)


@given(events)
def test_whatever_happens_time_goes_forward_and_stays_within_the_limit(happened):
    start = datetime(2026, 3, 4, tzinfo=UTC)
    one = session(start, *sorted(happened, key=lambda event: event[1]))
    spent = [standing(one, start + seconds(at)) for at in range(2000, 4000, 100)]
    assert all(0 <= stands.active_s <= 600 for stands in spent)
    assert all(before.active_s <= after.active_s for before, after in pairwise(spent))
    assert all(stands.left_s == pytest.approx(600 - stands.active_s) for stands in spent)


def test_only_a_test_that_goes_on_is_sealed(now):
    assert sealed(session(now), now)
    assert sealed(session(now, ("paused", 10)), now + timedelta(days=30))
    assert not sealed(session(now, ("ended", 10)), now + seconds(10))
    assert not sealed(session(now), now + seconds(600))
    assert not sealed(session(now, plan=Plan(("a",), "study")), now)


def test_what_was_skipped_comes_again_after_the_last(now):
    one = session(now)
    assert following(one, set()) == 0
    assert following(one, set(), 0) == 1
    assert following(one, {1}, 0) == 2
    assert following(one, {1, 2}, 2) == 0
    assert following(one, {0, 1, 2}, 2) is None


def test_what_comes_after_the_end_earns_nothing_and_what_is_missing_neither(now):
    weights = {"mark": 2.0, "single": 1.0, "ranking": 1.0}

    def commit(question, value, at):
        return Commit("x", question, {}, 0.8, Score(value, (), weights[question]), now + seconds(at))

    commits = [commit("mark", 0.5, 10), commit("single", 1.0, 20), commit("ranking", 1.0, 700)]
    assert case_share(commits, weights, None) == pytest.approx((2 * 0.5 + 1 + 1) / 4)
    assert case_share(commits, weights, now + seconds(600)) == pytest.approx((2 * 0.5 + 1) / 4)
    assert case_share([], weights, None) == 0


# Kept


@pytest.fixture
def attempts(url):
    with Attempts(url) as opened:
        yield opened


@pytest.fixture
def sessions(attempts):
    return Sessions(attempts.engine)


def test_a_session_is_the_same_on_another_device(url, sessions, now):
    begun = sessions.start("ada", PLAN, now=now)
    attempt = sessions.open(begun, 0, "v1", now=now)
    sessions.add(sessions.session(begun.id, "ada"), "paused", now=now + seconds(30))
    with Attempts(url) as elsewhere:
        found = Sessions(elsewhere.engine).session(begun.id, "ada")
    assert (found.plan, found.started_at, found.attempts) == (PLAN, now, {0: attempt.id})
    assert found.events == (Event("paused", now + seconds(30)),)
    assert sessions.of_learner("ada") == (found,)
    assert sessions.of_attempt(attempt.id) == found


def test_a_session_is_its_learners_alone(sessions, now):
    begun = sessions.start("ada", PLAN, now=now)
    assert sessions.session(begun.id, "ben") is None
    assert sessions.session("none", "ada") is None
    assert sessions.of_learner("ben") == ()


def test_a_case_is_begun_once_in_a_session_and_anew_in_each(attempts, sessions, now):
    earlier = attempts.start("ada", "a", "v1", now=now)
    one, two = (sessions.start("ada", PLAN, now=now) for _ in range(2))
    opened = sessions.open(one, 0, "v1", now=now)
    assert sessions.open(one, 0, "v1", now=now) == opened
    assert (earlier.number, opened.number, sessions.open(two, 0, "v1", now=now).number) == (1, 2, 3)
    assert sessions.of_attempt(earlier.id) is None


def test_the_latest_attempt_at_a_case_tells_its_session(attempts, sessions, now):
    begun = sessions.start("ada", PLAN, now=now)
    sessions.open(begun, 0, "v1", now=now)
    assert sessions.of_latest("ada", "a").id == begun.id
    assert sessions.of_latest("ada", "b") is None
    assert sessions.of_latest("ben", "a") is None
    attempts.start("ada", "a", "v1", now=now)
    assert sessions.of_latest("ada", "a") is None


def test_of_two_tabs_that_do_the_same_one_does(sessions, now):
    begun = sessions.start("ada", PLAN, now=now)
    first = sessions.add(begun, "paused", now=now + seconds(1))
    second = sessions.add(begun, "ended", now=now + seconds(2))
    assert first == second
    assert [event.kind for event in second.events] == ["paused"]


def test_an_ended_session_opens_no_further_case(sessions, now):
    begun = sessions.start("ada", PLAN, now=now)
    opened = sessions.open(begun, 1, "v1", now=now)
    ended = sessions.add(sessions.session(begun.id, "ada"), "ended", now=now)
    assert sessions.open(ended, 1, "v1", now=now) == opened
    with pytest.raises(StoreError, match="it has ended"):
        sessions.open(ended, 0, "v1", now=now)
    with pytest.raises(StoreError, match="expected one of its plan"):
        sessions.open(ended, 7, "v1", now=now)


def test_attempts_are_sealed_until_their_test_ends(sessions, now):
    test, study = sessions.start("ada", PLAN, now=now), sessions.start("ada", Plan(("a",), "study"), now=now)
    attempt = sessions.open(test, 0, "v1", now=now)
    sessions.open(study, 0, "v1", now=now)
    assert sessions.sealed_attempts("ada", now=now) == {attempt.id}
    assert sessions.sealed_attempts("ada", now=now + seconds(600)) == frozenset()
    assert sessions.sealed_attempts("ben", now=now) == frozenset()


def test_a_plan_of_a_newer_readout_is_still_read():
    kept = PLAN.as_json() | {"colour": "green"}
    assert Plan.read(kept) == PLAN
    with pytest.raises(StoreError, match="found no cases"):
        Plan.read({"feedback": "test"})
