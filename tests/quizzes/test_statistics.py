"""Item statistics against a cohort whose truth is known, and against numbers worked out by numpy."""

import math
from datetime import timedelta

import numpy as np
import pytest

from quizzes.questions import (
    Choice,
    Criterion,
    DifferentialQuestion,
    Entry,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    ReportQuestion,
    SingleQuestion,
)
from quizzes.records import ItemSums, Records
from quizzes.scoring import Score
from quizzes.statistics import bands, distractors, item_statistics, verdicts
from quizzes.store import Attempts
from quizzes.tally import judged_right
from tests.browser.truth import LIBRARY, SLUGS, quiz_file
from tests.quizzes.cohort import simulate


@pytest.fixture
def attempts(url):
    with Attempts(url) as opened:
        yield opened


@pytest.fixture
def records(attempts):
    return Records(attempts.engine)


def ranks(values):
    return np.argsort(np.argsort(values))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_cohort_of_200_gives_back_the_difficulty_of_every_item(attempts, records, now):
    """Every question of the library, 200 learners with known ability: ranks of P against the true difficulty."""
    assert LIBRARY.is_dir()
    items = {slug: [question["id"] for question in quiz_file(slug)] for slug in SLUGS}
    truth = simulate(attempts, items, 200, seed=20260304, now=now)
    found = {(sums.case_slug, sums.question_id): item_statistics(sums) for sums in records.items()}
    assert found.keys() == truth.keys()
    assert {item.n for item in found.values()} == {200}
    order = list(truth)
    recovered = ranks([-found[key].difficulty.mean for key in order])
    assert np.corrcoef(recovered, ranks([truth[key] for key in order]))[0, 1] >= 0.95
    # Ability is common to all items, so each goes with its rest.
    assert np.mean([item.item_rest for item in found.values()]) > 0.1
    assert not any("check the key" in one for item in found.values() for one in verdicts(item) or [])


def test_statistics_are_those_that_numpy_works_out(attempts, records, now):
    chance = np.random.default_rng(7)
    scores = chance.choice([0.0, 0.25, 0.5, 0.7, 1.0], (40, 3))
    seconds = chance.integers(5, 400, (40, 3))
    for learner, (own, took) in enumerate(zip(scores, seconds, strict=True)):
        attempt = attempts.start(f"learner {learner}", "a", f"v{learner % 2}", now=now)
        at = now
        for question, (value, spent) in enumerate(zip(own, took, strict=True)):
            at += timedelta(seconds=int(spent))
            attempts.commit(attempt.id, f"q{question}", {"choice": "a"}, 0.8, Score(float(value), ()), at)
    for question, item in enumerate(map(item_statistics, records.items())):
        rest = np.delete(scores, question, axis=1).mean(axis=1)
        assert (item.question_id, item.n) == (f"q{question}", 40)
        assert item.difficulty.mean == pytest.approx(scores[:, question].mean())
        assert item.item_rest == pytest.approx(np.corrcoef(scores[:, question], rest)[0, 1])
        assert item.typical_s == pytest.approx(np.exp(np.log(seconds[:, question]).mean()))
        assert item.right_share == pytest.approx((scores[:, question] == 1).mean())


def test_only_a_first_attempt_counts(attempts, records, now):
    for value in (0.0, 1.0, 1.0):
        attempt = attempts.start("ada", "a", "v1", now=now)
        attempts.commit(attempt.id, "q", {"choice": "a"}, 0.8, Score(value, ()), now)
    [item] = map(item_statistics, records.items())
    assert (item.n, item.difficulty.mean) == (1, 0.0)


def sums(n, share, *, correlation=0.0):
    """Give the tally of an item with this difficulty and correlation, whose rest has mean ½ and variance ¼."""
    variance = share * (1 - share)
    together = n * (share / 2 + correlation * math.sqrt(variance / 4))
    x = n * share
    return ItemSums("a", "q", n, x, x, x, n, x, x, n / 2, n / 2, together, n * math.log(60))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.97, 1.0])
def test_nothing_is_judged_below_thirty(share):
    assert verdicts(item_statistics(sums(29, share, correlation=-0.9))) is None
    assert verdicts(item_statistics(sums(30, share, correlation=-0.9))) is not None


def test_what_stands_out_is_named_and_what_may_be_chance_is_not():
    assert verdicts(item_statistics(sums(100, 0.6, correlation=0.4))) == []
    assert "easy" in verdicts(item_statistics(sums(100, 0.95, correlation=0.2)))[0]
    assert "hard" in verdicts(item_statistics(sums(100, 0.2, correlation=0.2)))[0]
    assert "check the key" in verdicts(item_statistics(sums(100, 0.6, correlation=-0.3)))[0]
    assert verdicts(item_statistics(sums(100, 0.6, correlation=-0.05))) == []
    assert "says little" in verdicts(item_statistics(sums(1000, 0.6, correlation=0.01)))[0]


def test_without_spread_there_is_no_correlation():
    item = item_statistics(sums(50, 1.0))
    assert (item.item_rest, item.item_rest_high) == (None, None)


@pytest.mark.parametrize(
    ("top1", "hit", "value"),
    [
        (True, None, 0.7),
        (False, None, 1.0),
        (None, False, 0.6),
        (None, True, 0.4),
        (None, None, 1.0),
        (None, None, 0.9),
    ],
)
def test_right_means_the_same_as_for_a_score(top1, hit, value):
    assert judged_right(value, top1, hit) == Score(value, (), top1=top1, hit=hit).correct


COMMON = {"id": "q", "prompt": "?", "explanation": "!"}


def test_every_option_is_in_the_distractor_table_also_when_nobody_chose_it(vocabulary):
    question = SingleQuestion(**COMMON, options=("a", "b", "c"), answer="b")
    rows = distractors(question, {"b": 6, "a": 2}, vocabulary)
    assert [(row.answer, row.n, row.share, row.right) for row in rows] == [
        ("b", 6, 0.75, True),
        ("a", 2, 0.25, False),
        ("c", 0, 0.0, False),
    ]


def test_diagnoses_are_named_and_marks_told_as_hit_or_missed(vocabulary):
    entries = (Entry("lung-carcinoma", "answer", "x", ""), Entry("hamartoma", "unlikely", "x", ""))
    ranked = DifferentialQuestion(**COMMON, entries=entries)
    rows = distractors(ranked, {"hamartoma": 3, "carcinoid": 1}, vocabulary)
    assert [(row.answer, row.n, row.right) for row in rows] == [
        (vocabulary["hamartoma"].name, 3, False),
        (vocabulary["carcinoid"].name, 1, False),
        (vocabulary["lung-carcinoma"].name, 0, True),
    ]
    mark = MarkQuestion(**COMMON, regions=("r",), series="s")
    assert [row.right for row in distractors(mark, {"hit": 2, "missed": 1}, vocabulary)] == [True, False, False]
    normal = MarkQuestion(**COMMON, regions=(), series="s")
    assert {row.answer: row.right for row in distractors(normal, {}, vocabulary)} == {
        "hit": False,
        "missed": False,
        "no finding": True,
    }


def test_marks_come_back_with_whether_they_hit(attempts, records, now):
    for learner, hit in (("ada", True), ("ben", False)):
        attempt = attempts.start(learner, "a", "v1", now=now + timedelta(hours=hit))
        marks = [{"space": "image", "frame": 0, "point": [float(hit), 2.0], "series": "s"}]
        attempts.commit(attempt.id, "mark", {"marks": marks}, 0.8, Score(float(hit), (), hit=hit), now)
        attempts.commit(attempt.id, "other", {"choice": "x"}, 0.8, Score(1.0, ()), now)
    assert {(mark["point"][0], mark["hit"]) for mark in records.marks("a", "mark")} == {(1.0, True), (0.0, False)}
    assert [mark["hit"] for mark in records.marks("a", "mark", most=1)] == [True]
    assert records.marks("b", "mark") == []
    assert records.answers("a") == {"mark": {"hit": 1, "missed": 1}, "other": {"x": 2}}


def test_measurements_are_told_in_bins_as_wide_as_the_tolerance(attempts, records, now, vocabulary):
    question = MeasureQuestion(**COMMON, unit="mm", value=30.0, tolerance=4.0, source="x")
    for learner, value in enumerate((29.5, 34.0, 34.01, 26.0, 25.99, 18.0, 17.9, 900.0)):
        attempt = attempts.start(f"learner {learner}", "a", "v1", now=now)
        given = {"value": value, "unit": "mm"}
        attempts.commit(attempt.id, "q", given, 0.8, Score(0.5, ()), now)
    was_single = {"Beta": 3}
    rows = distractors(question, records.answers("a")["q"] | was_single, vocabulary, n=8)
    assert [(row.answer, row.n, row.right) for row in rows] == [
        ("below 18 mm", 1, False),
        ("18 to 22 mm", 1, False),
        ("22 to 26 mm", 1, False),
        ("26 to 34 mm", 3, True),
        ("34 to 38 mm", 1, False),
        ("38 to 42 mm", 0, False),
        ("above 42 mm", 1, False),
    ]
    assert sum(row.share for row in rows) == pytest.approx(1)


def test_an_examination_is_told_part_by_part(attempts, records, now, vocabulary):
    choices = (Choice("modality", ("CT", "MR"), ("CT",)), Choice("contrast", ("with", "without"), ("without",)))
    question = ExaminationQuestion(**COMMON, choices=choices)
    for learner, (modality, contrast) in enumerate((("CT", "with"), ("MR", "with"), ("CT", "without"))):
        attempt = attempts.start(f"learner {learner}", "a", "v1", now=now)
        given = {"chosen": {"modality": modality, "contrast": contrast}}
        attempts.commit(attempt.id, "q", given, 0.8, Score(0.5, ()), now)
    rows = distractors(question, records.answers("a")["q"], vocabulary, n=3)
    assert [(row.answer, row.n, row.right) for row in rows] == [
        ("Examination: CT", 2, True),
        ("Examination: MR", 1, False),
        ("Contrast medium: with", 2, False),
        ("Contrast medium: without", 1, True),
    ]
    assert rows[0].share == pytest.approx(2 / 3)


def test_a_report_is_told_by_the_bands_of_its_rubric_as_it_is_now():
    question = ReportQuestion(**COMMON, model="x", criteria=(Criterion("Words", "f", "p", "n"),))
    assert bands(question, {"Words": {"part": 2}, "Gone": {"full": 1}}) == [
        ("Words", {"none": 0, "part": 2, "full": 0})
    ]
