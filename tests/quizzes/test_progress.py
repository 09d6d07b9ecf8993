"""A learner's pictures, from answers whose truth is known."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.interval import wilson
from quizzes.practice import Candidate
from quizzes.progress import (
    brier_score,
    calibration,
    cases_read,
    coverage,
    due_load,
    last_read,
    learning_curve,
    report_scores,
    reviews,
    streak,
)
from quizzes.records import Answered, Records
from quizzes.scoring import Score
from quizzes.store import Attempts
from quizzes.viewing_store import Viewings

START = datetime(2026, 3, 4, 12, tzinfo=UTC)


def answered(
    slug="a", question="q", *, at=START, number=1, confidence=0.8, score=1.0, weight=1.0, asked=(), **verdicts
):
    verdicts = {"top1": None, "top3": None, "hit": None} | verdicts
    known = {"committed_at": at, "asked": frozenset(asked)}
    return Answered(f"{slug}/{number}", slug, number, at, question, confidence, score, weight, **known, **verdicts)


def test_a_perfectly_calibrated_learner_has_the_brier_score_that_theory_gives():
    """With confidence c right at rate c, the expected score is the mean of c (1 − c)."""
    chance = np.random.default_rng(5)
    sure = chance.choice([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 5000)
    right = chance.random(5000) < sure
    answers = [answered(confidence=c, score=float(r)) for c, r in zip(sure, right, strict=True)]
    found = brier_score(answers)
    assert found.n == 5000
    assert found.score == pytest.approx(np.mean(sure * (1 - sure)), abs=3 * found.error)
    assert found.error == pytest.approx(np.std((sure - right) ** 2, ddof=1) / math.sqrt(5000))
    for stated, share in calibration(answers):
        assert share.low <= stated <= share.high


def test_who_is_always_too_sure_is_far_from_it():
    answers = [answered(confidence=1.0, score=float(n % 2)) for n in range(200)]
    assert brier_score(answers).score == pytest.approx(0.5)
    [(stated, share)] = calibration(answers)
    assert (stated, share.mean) == (1.0, 0.5)
    assert share.high < stated
    assert brier_score([]) is None


def test_an_answer_is_right_by_its_first_diagnosis_or_its_mark():
    assert answered(score=0.7, top1=True).right
    assert not answered(score=0.25, top1=False).right
    assert answered(score=0.9, hit=True).right
    assert not answered(score=0.9).right


def test_a_case_counts_when_every_question_is_answered():
    both = {"mark", "single"}
    answers = [
        answered("a", "mark", score=0.5, weight=3.0, asked=both),
        answered("a", "single", score=1.0, at=START + timedelta(minutes=4), asked=both),
        answered("b", "other", asked={"mark"}),
        answered("gone", "q", score=0.2),
    ]
    read = cases_read(answers)
    assert {(one.slug, one.score) for one in read} == {("a", 0.625), ("gone", 0.2)}
    assert next(one for one in read if one.slug == "a").at == START + timedelta(minutes=4)


def test_no_curve_is_drawn_before_twenty_cases():
    answers = [answered(f"case {n}", at=START + timedelta(days=n), score=float(n >= 10)) for n in range(25)]
    assert learning_curve(cases_read(answers[:19])) == []
    points = learning_curve(cases_read(answers[:20]))
    assert [point.case for point in points] == list(range(10, 21))
    assert (points[0].score.mean, points[-1].score.mean) == (0.0, 1.0)
    assert points[5].score.mean == pytest.approx(0.5)


def test_reading_a_case_again_is_no_learning_curve():
    answers = [answered("a", number=n, at=START + timedelta(days=n)) for n in range(1, 40)]
    assert learning_curve(cases_read(answers)) == []


def test_coverage_counts_a_case_in_each_of_its_sections():
    cases = [
        Candidate("a", ("msk", "paediatric"), 1, ("x", "CR"), normal=False),
        Candidate("b", ("msk",), 1, ("y", "CR"), normal=False),
        Candidate("c", ("msk",), 1, ("z", "MR"), normal=False),
    ]
    rows = coverage(cases, {"a": "CR", "b": "CR", "c": "MR"}, {"a"})
    assert rows == [("msk", "CR", 1, 2), ("paediatric", "CR", 1, 1), ("msk", "MR", 0, 1)]


def test_a_review_is_made_of_each_attempt_answered_to_its_end():
    both = {"mark", "rank"}
    whole = [answered("a", "mark", hit=True, asked=both), answered("a", "rank", top1=True, top3=True, asked=both)]
    again = [answered("a", "mark", number=2, hit=True, at=START + timedelta(days=1), asked=both)]
    [review] = reviews([*whole, *again], {"a": ("gout", "CR")})
    assert (review.concept, review.slug, review.rating.name) == (("gout", "CR"), "a", "Good")
    assert reviews([answered("gone")], {}) == []
    assert last_read([*whole, *again]) == {"a": START + timedelta(days=1)}


def test_days_in_a_row_are_the_learners_own_days():
    zone = ZoneInfo("America/New_York")
    # 03:00 UTC is still the evening before in New York.
    days = [answered(at=datetime(2026, 3, day, 3, tzinfo=UTC)) for day in (2, 3, 4)]
    now = datetime(2026, 3, 4, 20, tzinfo=UTC)
    assert streak(days, now, UTC) == 3
    assert streak(days, now, zone) == 3, "yesterday counts while today is young"
    assert streak(days, now + timedelta(days=1), zone) == 0
    assert streak(days[:2], now, UTC) == 2
    assert streak([], now, UTC) == 0


def test_what_is_overdue_is_due_today():
    due = [START - timedelta(days=9), START + timedelta(hours=1), START + timedelta(days=2), START + timedelta(days=90)]
    days = due_load(due, START, UTC)
    assert len(days) == 28
    assert days[0] == (date(2026, 3, 4), 2)
    assert dict(days)[date(2026, 3, 6)] == 1
    assert sum(count for _, count in days) == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_an_interval_holds_its_mean_and_stays_between_0_and_1(values):
    found = wilson(values)
    assert 0 <= found.low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.high <= 1


def test_intervals_are_wilsons():
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson([1.0] * right + [0.0] * (n - right))
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert wilson([]) is None


def test_intervals_hold_the_truth_as_often_as_they_say():
    chance = np.random.default_rng(11)
    for truth in (0.3, 0.8):
        inside = 0
        for _ in range(1000):
            found = wilson(chance.beta(4 * truth, 4 * (1 - truth), 15))
            inside += found.low <= truth <= found.high
        assert inside >= 940


@pytest.fixture
def attempts(url):
    with Attempts(url) as opened:
        yield opened


def test_answers_come_back_oldest_first_and_without_what_is_sealed(attempts, now):
    ids = {}
    for slug in ("a", "b"):
        ids[slug] = attempts.start("ada", slug, "v1", now=now).id
        score = Score(0.7, (), 2.0, top1=True, top3=True)
        attempts.commit(ids[slug], "rank", {"ranked": ["x"]}, 0.9, score, now + timedelta(hours=slug == "a"))
    other = attempts.start("ben", "a", "v1", now=now)
    attempts.commit(other.id, "rank", {"ranked": ["x"]}, 0.9, score, now)
    found = Records(attempts.engine).answered("ada")
    assert [one.case_slug for one in found] == ["b", "a"]
    assert (found[0].score, found[0].weight, found[0].top1, found[0].hit) == (0.7, 2.0, True, None)
    assert found[0].committed_at == now
    assert [one.case_slug for one in Records(attempts.engine).answered("ada", without={ids["a"]})] == ["b"]


def answer(attempts, attempt, questions, at, *, score=1.0):
    for question in questions:
        attempts.commit(attempt.id, question, {"choice": "x"}, 0.8, Score(score, ()), at)


def test_a_case_that_was_read_stays_read_when_its_quiz_gains_a_question(attempts, now):
    """Ada reads version 1 to its end; Ben stops half-way. Then the case asks for one thing more."""
    first = attempts.start("ada", "a", "v1", now=now, question_ids=("mark", "rank"))
    answer(attempts, first, ("mark", "rank"), now, score=0.5)
    half = attempts.start("ben", "a", "v1", now=now, question_ids=("mark", "rank"))
    answer(attempts, half, ("mark",), now)
    later, concepts = now + timedelta(days=9), {"a": ("gout", "CR")}
    current = {("a", "v2"): {"mark", "rank", "plan"}}
    records = Records(attempts.engine)
    own = records.answered("ada", current=current)
    assert [(one.slug, one.score) for one in cases_read(own)] == [("a", 0.5)]
    assert len(reviews(own, concepts)) == 1
    assert cases_read(records.answered("ben", current=current)) == []
    # The new version is a new attempt, and has to be answered whole.
    again = attempts.start("ada", "a", "v2", now=later, question_ids=("mark", "rank", "plan"))
    answer(attempts, again, ("mark", "rank"), later)
    assert [one.number for one in cases_read(records.answered("ada", current=current))] == [1]
    answer(attempts, again, ("plan",), later)
    assert [one.number for one in cases_read(records.answered("ada", current=current))] == [1, 2]


def test_what_cannot_be_verified_any_more_is_not_asked_of_an_attempt(attempts, now):
    attempt = attempts.start("ada", "a", "v1", now=now, question_ids=("mark", "rank"))
    answer(attempts, attempt, ("rank",), now)
    records = Records(attempts.engine)
    assert cases_read(records.answered("ada", current={("a", "v1"): {"mark", "rank"}})) == []
    assert len(cases_read(records.answered("ada", current={("a", "v1"): {"rank"}}))) == 1


def test_attempts_of_an_earlier_readout_count_by_what_their_version_asked(attempts, now):
    """Without ids: the version of today is known; of one that has gone, what anybody answered in it is taken."""
    for learner, questions in (("ada", ("mark", "rank")), ("ben", ("mark",))):
        answer(attempts, attempts.start(learner, "a", "v1", now=now), questions, now)
    records = Records(attempts.engine)
    assert len(cases_read(records.answered("ada", current={("a", "v1"): {"mark", "rank"}}))) == 1
    assert cases_read(records.answered("ada", current={("a", "v1"): {"mark", "rank", "more"}})) == []
    gone = {("a", "v2"): {"mark", "rank", "more"}}
    assert len(cases_read(records.answered("ada", current=gone))) == 1
    assert cases_read(records.answered("ben", current=gone)) == []


def test_reports_count_by_their_newest_judgement_and_apart(attempts, now):
    attempt = attempts.start("ada", "a", "v1", now=now, question_ids=("report", "q"))
    answer(attempts, attempt, ("q",), now, score=0.25)
    attempts.commit(attempt.id, "report", {"text": "Normal."}, 0.8, Score(0.0, (), weight=0.0), now)
    records, viewings = Records(attempts.engine), Viewings(attempts.engine)
    assert (report_scores(records.judged("ada")), records.bands("a", "report")) == ([], (1, 0, {}))
    viewings.judge(attempt.id, "report", "ben", {"Finding": "none", "Words": "none"}, now=now)
    viewings.judge(attempt.id, "report", "cem", {"Finding": "full", "Words": "part"}, now=now)
    assert report_scores(records.judged("ada")) == [0.75]
    assert records.judged("ada", without={attempt.id}) == records.judged("ben") == []
    assert records.bands("a", "report") == (1, 1, {"Finding": {"full": 1}, "Words": {"part": 1}})
    [read] = cases_read(records.answered("ada"))
    assert read.score == 0.25
