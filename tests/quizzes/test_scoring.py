import json
import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quizzes import AnswerError, QuizError, QuizFileError
from quizzes.answers import DifferentialAnswer, MarkAnswer, SingleAnswer
from quizzes.questions import DifferentialQuestion, Entry, MarkQuestion, SingleQuestion
from quizzes.scoring import Score, brier, case_score, score, tolerance
from quizzes.vocabulary import bundled_vocabulary

VOCABULARY = bundled_vocabulary()

MARK = MarkQuestion(id="lesion", prompt="?", explanation="!", regions=("ball",), series="ct")
SINGLE = SingleQuestion(id="feature", prompt="?", explanation="!", options=("a", "b"), answer="b", weight=3.0)
RANKING = DifferentialQuestion(
    id="ranking",
    prompt="?",
    explanation="!",
    entries=(
        Entry("lung-adenocarcinoma", "answer", "x", ""),
        Entry("pulmonary-tuberculosis", "must-not-miss", "x", ""),
        Entry("organising-pneumonia", "plausible", "x", ""),
        Entry("small-cell-lung-carcinoma", "unlikely", "", "x"),
    ),
)
EASY = replace(RANKING, entries=RANKING.entries[:1])


@dataclass(frozen=True)
class Ball:
    """A sphere at a known place: its distances are arithmetic."""

    radius: float = 10.0
    step: float = 1.25
    unit: str = "mm"
    name: str = "ball"
    centre: tuple[float, float, float] = (-61.0, 40.0, -120.0)
    series: str = "ct"

    def distance(self, mark):
        if mark.get("series", self.series) != self.series:
            return math.inf
        return max(0.0, math.dist(self.centre, mark["point"]) - self.radius)

    def contains(self, mark):
        return self.distance(mark) == 0


class Lost(Ball):
    """A sphere that cannot tell its distances."""

    def distance(self, mark):  # noqa: ARG002
        return math.nan


def at(distance: float, ball: Ball = Ball()) -> dict[str, object]:
    """Make a mark at a distance from the outline of the ball."""
    x, y, z = ball.centre
    return {"space": "patient", "point": [x, y + ball.radius + distance, z], "series": "ct"}


def ranked(*concepts: str, question: DifferentialQuestion = RANKING) -> Score:
    return score(question, DifferentialAnswer(concepts), vocabulary=VOCABULARY)


def marked(*distances: float, ball: Ball = Ball(), question: MarkQuestion = MARK) -> Score:
    answer = MarkAnswer(tuple(at(distance, ball) for distance in distances))
    return score(question, answer, vocabulary=VOCABULARY, regions={"ball": ball})


OTHERS = ["sarcoidosis", "hamartoma", "pneumothorax", "carcinoid"]


@pytest.mark.parametrize(("rank", "value"), [(1, 1.0), (2, 0.7), (3, 0.5), (4, 0.35), (5, 0.25)])
def test_the_answer_earns_by_its_rank(rank, value):
    concepts = OTHERS.copy()
    concepts.insert(rank - 1, "lung-adenocarcinoma")
    result = ranked(*concepts, question=EASY)
    assert result.value == value
    assert result.parts[0].text == f"answer at rank {rank}: {value:.2f} (Adenocarcinoma of the lung)"
    assert (result.top1, result.top3) == (rank == 1, rank <= 3)
    assert result.correct is (rank == 1)


@pytest.mark.parametrize("kin", ["lung-carcinoma", "lung-squamous-carcinoma", "lepidic-adenocarcinoma"])
def test_parent_sibling_and_child_earn_half(kin):
    result = ranked("sarcoidosis", kin, question=EASY)
    assert result.value == 0.35
    assert "close to the answer at rank 2: half of 0.70" in result.parts[0].text
    assert result.top1 is result.top3 is False


def test_a_sibling_that_the_author_calls_unlikely_earns_nothing():
    assert ranked("small-cell-lung-carcinoma", "pulmonary-tuberculosis").value == 0.0


def test_the_better_of_answer_and_kin_counts():
    assert ranked("lung-carcinoma", "lung-adenocarcinoma", question=EASY).value == 0.7
    assert ranked("lung-carcinoma", *OTHERS[:3], "lung-adenocarcinoma", question=EASY).value == 0.5


def test_the_answer_not_named_earns_nothing():
    result = ranked("sarcoidosis", "pulmonary-tuberculosis")
    assert result.value == 0.0
    assert [part.text for part in result.parts] == ["answer not named: 0.00", "must-not-miss named: no cap"]


def test_a_must_not_miss_left_out_caps_the_score():
    result = ranked("lung-adenocarcinoma")
    assert result.value == 0.7
    assert [part.text for part in result.parts] == [
        "answer at rank 1: 1.00 (Adenocarcinoma of the lung)",
        "must-not-miss left out: capped at 0.70 (Pulmonary tuberculosis)",
    ]
    assert result.top1
    below = ranked("sarcoidosis", "hamartoma", "lung-adenocarcinoma")
    assert below.value == 0.5
    assert below.parts[1].text == "must-not-miss left out: at most 0.70 (Pulmonary tuberculosis)"


@pytest.mark.parametrize("named", ["pulmonary-tuberculosis", "granulomatous-infection", "miliary-tuberculosis"])
def test_a_wider_or_narrower_name_counts_as_naming_a_must_not_miss(named):
    assert ranked("lung-adenocarcinoma", named).value == 1.0


def test_a_mere_sibling_does_not_count_as_naming_a_must_not_miss():
    assert ranked("lung-adenocarcinoma", "pulmonary-cryptococcosis").value == 0.7


def test_any_of_several_answers_counts():
    both = replace(EASY, entries=(*EASY.entries, Entry("sarcoidosis", "answer", "x", "")))
    assert ranked("sarcoidosis", "lung-adenocarcinoma", question=both).value == 1.0


CONCEPTS = sorted(
    {concept.id for concept in VOCABULARY if concept.section == "thorax"} | {entry.concept for entry in RANKING.entries}
)
LISTS = st.lists(st.sampled_from(CONCEPTS), min_size=1, max_size=5, unique=True)


@given(LISTS)
def test_a_differential_scores_between_zero_and_one_in_plain_json(concepts):
    result = ranked(*concepts)
    assert 0.0 <= result.value <= 1.0
    assert json.loads(json.dumps(result.as_json()))["value"] == result.value
    assert all(0.0 <= part.value <= 1.0 and part.text for part in result.parts)


@given(LISTS, st.integers(1, 4))
def test_the_answer_one_rank_higher_never_scores_less(concepts, place):
    assume("lung-adenocarcinoma" not in concepts)
    lower = [*concepts[:place], "lung-adenocarcinoma", *concepts[place:]][:5]
    place = lower.index("lung-adenocarcinoma")
    higher = lower.copy()
    higher[place - 1], higher[place] = higher[place], higher[place - 1]
    assert ranked(*higher).value >= ranked(*lower).value


@given(LISTS, st.sampled_from(CONCEPTS))
def test_naming_one_more_at_the_end_never_scores_less(concepts, more):
    assume(len(concepts) < 5 and more not in concepts)
    assert ranked(*concepts, more).value >= ranked(*concepts).value


@given(LISTS, st.integers(0, 4))
def test_the_answer_in_the_place_of_another_never_scores_less_while_nothing_must_be_named(concepts, place):
    assume("lung-adenocarcinoma" not in concepts and place < len(concepts))
    better = [*concepts[:place], "lung-adenocarcinoma", *concepts[place + 1 :]]
    assert ranked(*better, question=EASY).value >= ranked(*concepts, question=EASY).value


def test_a_choice_is_right_or_wrong():
    right = score(SINGLE, SingleAnswer("b"), vocabulary=VOCABULARY)
    wrong = score(SINGLE, SingleAnswer("a"), vocabulary=VOCABULARY)
    assert (right.value, right.correct, right.weight) == (1.0, True, 3.0)
    assert (wrong.value, wrong.correct) == (0.0, False)
    assert wrong.parts[0].text == "the best answer is: b"


@pytest.mark.parametrize(
    ("ball", "reach"),
    [
        (Ball(radius=4.0, step=1.0), 5.0),  # 5 mm at least
        (Ball(radius=30.0, step=5.0), 15.0),  # half the radius
        (Ball(radius=4.0, step=6.0), 9.0),  # one and a half slices
    ],
)
def test_the_tolerance_is_the_greatest_of_three(ball, reach):
    assert tolerance(MARK, ball) == reach
    assert marked(reach * 0.999, ball=ball).value == 1.0
    assert marked(reach * 2, ball=ball).value == pytest.approx(0.5)
    assert marked(reach * 3, ball=ball).value == pytest.approx(0.0)
    assert marked(reach * 30, ball=ball).value == 0.0


@pytest.mark.parametrize(
    ("distance", "value", "text"),
    [
        (-3.0, 1.0, "inside the outline: hit"),
        (4.2, 1.0, "4.2 mm from the outline: hit"),
        (9.0, 0.6, "9.0 mm from the outline: near, 0.60"),
        (62.0, 0.0, "62.0 mm from the outline: missed, as from 15.0 mm"),
    ],
)
def test_a_mark_is_told_its_distance(distance, value, text):
    result = marked(distance)
    assert result.value == pytest.approx(value)
    assert result.parts[0].text == text
    assert result.hit is result.correct is (value == 1.0)
    assert result.distance == pytest.approx(max(distance, 0.0))
    assert result.unit == "mm"


def test_a_mark_on_another_image_earns_nothing_and_says_so():
    mark = {"space": "image", "frame": 3, "point": [1.0, 2.0], "series": "localiser"}
    result = score(MARK, MarkAnswer((mark,)), vocabulary=VOCABULARY, regions={"ball": Ball()})
    assert (result.value, result.hit, result.distance) == (0.0, False, None)
    assert result.parts[0].text == "on another image than the finding: 0.00"
    json.dumps(result.as_json(), allow_nan=False)


def test_the_best_mark_counts_and_others_cost_as_far_as_they_are_off():
    assert marked(99.0, 0.0).value == 0.75
    assert marked(0.0, 99.0, 99.0).value == 0.5
    assert marked(0.0, 99.0, 99.0).parts[1].text == "2 further marks off the finding: × 0.50"
    assert marked(*[99.0] * 4, 0.0).value == 0.0
    assert marked(0.0, 1.0, 4.9).value == 1.0
    assert len(marked(0.0, 1.0).parts) == 1
    # Ten millimetres away is worth a half, and so costs half a quarter.
    assert marked(0.0, 10.0).value == pytest.approx(0.875)


def test_saying_that_there_is_no_finding_earns_nothing_where_there_is_one():
    result = score(MARK, MarkAnswer(()), vocabulary=VOCABULARY, regions={"ball": Ball()})
    assert (result.value, result.hit) == (0.0, False)


def test_saying_that_there_is_no_finding_is_right_in_a_normal_case():
    normal = replace(MARK, regions=())
    assert score(normal, MarkAnswer(()), vocabulary=VOCABULARY).value == 1.0
    wrong = score(normal, MarkAnswer((at(0),)), vocabulary=VOCABULARY)
    assert (wrong.value, wrong.hit) == (0.0, False)


def test_a_region_in_pixels_takes_the_tolerance_of_its_question():
    ball = Ball(radius=40.0, step=0.0, unit="px")
    question = replace(MARK, tolerance_px=8.0)
    result = marked(16.0, ball=ball, question=question)
    assert result.value == pytest.approx(0.5)
    assert result.parts[0].text == "16.0 px from the outline: near, 0.50"
    assert marked(7.9, ball=ball, question=question).hit


def test_a_tolerance_missing_or_too_much_is_a_fault_of_the_quiz():
    with pytest.raises(QuizFileError, match=r"question.lesion.tolerance_px\]: region ball is in px"):
        tolerance(MARK, Ball(unit="px"))
    with pytest.raises(QuizFileError, match=r"question.lesion.tolerance_px\]: region ball is in mm"):
        tolerance(replace(MARK, tolerance_px=8.0), Ball())


def test_a_wrong_or_broken_region_is_refused():
    for regions in (None, {"other": Ball(name="other")}, {"ball": Ball(name="other")}):
        with pytest.raises(QuizError, match=r"expected \('ball',\)"):
            score(MARK, MarkAnswer((at(0),)), vocabulary=VOCABULARY, regions=regions)
    with pytest.raises(QuizError, match="found a distance of nan, expected 0 or more"):
        marked(9.0, ball=Lost())


def test_an_answer_to_another_kind_of_question_is_refused():
    with pytest.raises(AnswerError, match="found a SingleAnswer to a mark question"):
        score(MARK, SingleAnswer("b"), vocabulary=VOCABULARY, regions={"ball": Ball()})


DISTANCES = st.lists(st.floats(0, 60), min_size=1, max_size=6)


@given(DISTANCES)
def test_marks_score_between_zero_and_one(distances):
    assert 0.0 <= marked(*distances).value <= 1.0


@given(DISTANCES, st.data())
def test_a_mark_nearer_never_scores_less(distances, data):
    place = data.draw(st.integers(0, len(distances) - 1))
    nearer = data.draw(st.floats(0, distances[place]))
    better = [*distances[:place], nearer, *distances[place + 1 :]]
    assert marked(*better).value >= marked(*distances).value - 1e-9


@given(DISTANCES, st.floats(15.0, 1000.0))
def test_a_false_mark_more_never_scores_more(distances, false):
    assert marked(*distances, false).value <= marked(*distances).value + 1e-9


@given(DISTANCES, st.randoms())
def test_the_order_of_marks_does_not_matter(distances, random):
    assert marked(*distances).value == marked(*random.sample(distances, len(distances))).value


def test_a_case_scores_the_weighted_mean_of_what_was_committed():
    assert case_score([]) is None
    assert case_score([Score(1.0, (), weight=3.0), Score(0.5, (), weight=1.0)]) == 0.875


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 100)), min_size=1))
def test_a_case_scores_between_its_questions(pairs):
    value = case_score(Score(value, (), weight=weight) for value, weight in pairs)
    assert value is not None
    assert min(pairs)[0] - 1e-9 <= value <= max(pairs)[0] + 1e-9


@pytest.mark.parametrize(
    ("confidence", "correct", "value"), [(1.0, True, 0.0), (1.0, False, 1.0), (0.5, True, 0.25), (0.5, False, 0.25)]
)
def test_the_brier_score_of_certainty_and_of_a_guess(confidence, correct, value):
    assert brier(confidence, correct=correct) == value


@given(st.floats(0.5, 1), st.floats(0.5, 1))
def test_the_brier_score_rewards_confidence_only_when_right(one, other):
    low, high = sorted((one, other))
    assert brier(high, correct=True) <= brier(low, correct=True)
    assert brier(high, correct=False) >= brier(low, correct=False)


@given(st.floats(0.5, 1))
def test_the_brier_score_is_proper(truth):
    """Nobody does better on average than by saying what is so: the mean is least at the true frequency."""

    def mean(said):
        return truth * brier(said, correct=True) + (1 - truth) * brier(said, correct=False)

    assert all(mean(truth) <= mean(said / 100) + 1e-12 for said in range(50, 101))


def test_a_confidence_below_a_guess_has_no_brier_score():
    with pytest.raises(AnswerError):
        brier(0.4, correct=True)
