"""Which cases are served, and when a concept comes back: as FSRS itself says."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from quizzes.practice import Candidate, Review, Wish, blueprint, choose, due, rating, schedule, serve
from quizzes.scoring import Score

START = datetime(2026, 3, 4, 8, tzinfo=UTC)
SECTIONS = ("abdominal", "breast", "neuro", "thoracic")
LIBRARY = tuple(
    Candidate(f"{section}-{number:02}", (section,), number % 3 + 1, (f"{section}-{number % 5}", "CT"), number % 4 == 0)
    for section in SECTIONS
    for number in range(12)
)
BY_SLUG = {one.slug: one for one in LIBRARY}


def picked(chosen):
    return [BY_SLUG[slug] for slug in chosen.slugs]


@given(st.integers(1, 60), st.sampled_from([0.0, 0.1, 0.3, 0.5]), st.integers(0, 2**31 - 1))
def test_a_set_has_its_length_its_normals_and_no_case_twice(length, share, seed):
    chosen = choose(LIBRARY, Wish(length, normal_share=share), {}, seed)
    size = min(length, len(LIBRARY))
    assert len(set(chosen.slugs)) == len(chosen.slugs) == size
    assert chosen.wanted_normals == round(size * share)
    assert chosen.normals == sum(one.normal for one in picked(chosen))
    # As many as were asked for, unless there are not enough of the others.
    if size <= 24:
        assert chosen.normals == min(chosen.wanted_normals, 12)


def test_the_same_seed_gives_the_same_set_and_another_another():
    wish = Wish(10)
    assert choose(LIBRARY, wish, {}, 1) == choose(LIBRARY, wish, {}, 1)
    assert len({choose(LIBRARY, wish, {}, seed).slugs for seed in range(20)}) > 15


@pytest.mark.parametrize("seed", range(10))
def test_a_mixed_set_takes_from_every_section_and_never_two_of_one_in_a_row(seed):
    cases = picked(choose(LIBRARY, Wish(12), {}, seed))
    assert {one.sections[0] for one in cases} == set(SECTIONS)
    assert all(before.sections != after.sections for before, after in pairwise(cases))


def test_sections_and_levels_are_kept_to():
    chosen = picked(choose(LIBRARY, Wish(40, frozenset({"neuro", "breast"}), frozenset({2})), {}, 5))
    assert {one.sections[0] for one in chosen} == {"neuro", "breast"}
    assert {one.level for one in chosen} == {2}
    assert len(chosen) == 8


def test_unread_cases_come_before_those_read_and_those_read_long_ago_before_others():
    read = {
        one.slug: START + timedelta(days=number) for number, one in enumerate(LIBRARY) if one.sections == ("neuro",)
    }
    fresh = f"neuro-{11:02}"
    del read[fresh]
    wish = Wish(3, frozenset({"neuro"}))
    chosen = set(choose(LIBRARY, wish, read, 0).slugs)
    oldest = sorted((slug for slug in read if not BY_SLUG[slug].normal), key=read.get)[:2]
    assert chosen == {fresh, *oldest}


@pytest.mark.parametrize("length", [4, 8, 20, 48])
def test_an_exam_gives_every_section_an_equal_share(length):
    cases = picked(blueprint(LIBRARY, length, {}, 3))
    assert len(cases) == length
    counts = [sum(one.sections == (section,) for one in cases if not one.normal) for section in SECTIONS]
    assert max(counts) - min(counts) <= 1


def test_when_a_section_has_few_cases_the_others_make_up_for_it():
    few = [one for one in LIBRARY if one.sections != ("breast",) or one.slug == "breast-01"]
    cases = picked(blueprint(few, 16, {}, 3))
    assert len(cases) == 16
    assert sum(one.sections == ("breast",) for one in cases) == 1


# Ratings


def differential(*, top1, top3, value):
    return Score(value, (), top1=top1, top3=top3)


HIT, MISS = Score(1.0, (), hit=True), Score(0.0, (), hit=False)


@pytest.mark.parametrize(
    ("scores", "confidence", "expected"),
    [
        ([HIT, differential(top1=True, top3=True, value=1.0)], 0.8, Rating.Good),
        ([HIT, differential(top1=True, top3=True, value=1.0)], 0.95, Rating.Easy),
        # A cap for what must not be missed leaves the first diagnosis right.
        ([HIT, differential(top1=True, top3=True, value=0.7)], 0.8, Rating.Good),
        ([MISS, differential(top1=True, top3=True, value=1.0)], 1.0, Rating.Hard),
        ([HIT, differential(top1=False, top3=True, value=0.5)], 1.0, Rating.Hard),
        ([HIT, differential(top1=False, top3=False, value=0.25)], 0.5, Rating.Again),
        ([differential(top1=True, top3=True, value=1.0)], 0.6, Rating.Good),
        ([Score(1.0, ()), Score(1.0, ())], 0.7, Rating.Good),
        ([Score(1.0, ()), Score(0.0, ())], 0.7, Rating.Hard),
        ([Score(0.0, ()), Score(0.0, ())], 0.7, Rating.Again),
    ],
)
def test_first_and_hit_is_good_sure_is_easy_among_three_is_hard(scores, confidence, expected):
    assert rating(scores, [confidence] * len(scores)) is expected


# Intervals

ratings = st.lists(st.tuples(st.sampled_from(list(Rating)), st.integers(1, 90)), min_size=1, max_size=12)


@given(ratings)
def test_intervals_are_those_of_the_fsrs_library(history):
    """The library itself is run over the same history."""
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, at, reviews = Card(card_id=1), START, []
    for rated, days in history:
        at += timedelta(days=days)
        card, _ = scheduler.review_card(card, rated, at)
        reviews.append(Review(("gout", "CR"), "case", at, rated))
    kept = schedule(reversed(reviews))["gout", "CR"]
    assert (kept.due, kept.stability, kept.difficulty) == (card.due, card.stability, card.difficulty)


def test_a_first_good_reading_comes_back_after_the_days_that_fsrs_gives_it():
    """FSRS-6: the first interval at 90 % retention is the first stability, parameter w[rating − 1], in whole days."""
    weights = Scheduler().parameters
    for rated in Rating:
        card = schedule([Review(("gout", "CR"), "case", START, rated)])["gout", "CR"]
        assert card.due - START == timedelta(days=max(round(weights[rated - 1]), 1))


def test_concepts_are_apart_by_modality_and_the_longest_due_comes_first():
    reviews = [
        Review(("gout", "CR"), "a", START, Rating.Good),
        Review(("gout", "CT"), "b", START, Rating.Again),
        Review(("gout", "MR"), "c", START + timedelta(days=300), Rating.Again),
    ]
    cards = schedule(reviews)
    assert len(cards) == 3
    assert due(cards, START) == []
    assert due(cards, START + timedelta(days=30)) == [("gout", "CT"), ("gout", "CR")]


def test_a_sibling_that_was_never_read_is_served_before_the_same_case_again():
    cases = [Candidate(slug, ("msk",), 1, ("gout", "CR"), normal=False) for slug in ("a", "b", "c")]
    read = {"a": START, "b": START + timedelta(days=1)}
    assert serve([("gout", "CR")], cases, read) == ["c"]
    assert serve([("gout", "CR")], cases[:2], read) == ["a"]
    assert serve([("gout", "CT")], cases, read) == []
