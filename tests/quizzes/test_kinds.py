"""The kinds that have no file of their own here: how they are read, answered and scored, and what must hold of all."""

from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import AnswerError, QuizError, QuizFileError
from quizzes.answers import (
    ExaminationAnswer,
    MarkAnswer,
    MeasureAnswer,
    MenuAnswer,
    MultipleAnswer,
    ReportAnswer,
    read_answer,
)
from quizzes.questions import (
    Choice,
    Criterion,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    ReportQuestion,
    learner_view,
)
from quizzes.quizfile import read_quiz
from quizzes.scoring import case_score, score, score_report
from quizzes.vocabulary import bundled_vocabulary

VOCABULARY = bundled_vocabulary()
COMMON = {"id": "q", "prompt": "?", "explanation": "!"}
MULTIPLE = MultipleQuestion(**COMMON, options=("a", "b", "c", "d", "e"), answers=("a", "b"))
MENU = MenuQuestion(**COMMON, answers=("lung-adenocarcinoma",))
MEASURE = MeasureQuestion(**COMMON, unit="mm", value=30.0, tolerance=4.0, source="the region")
EXAMINATION = ExaminationQuestion(
    **COMMON,
    choices=(
        Choice("modality", ("CT", "MR"), ("CT",)),
        Choice("contrast", ("with", "without", "both"), ("with", "both")),
        Choice("why", ("fast", "cheap"), ("fast",)),
    ),
)
REPORT = ReportQuestion(
    **COMMON, weight=2.0, model="m", criteria=(Criterion("size", "x", "y", "z"), Criterion("place", "x", "y", "z"))
)
TWO = MarkQuestion(**COMMON, regions=("left", "right"), series="ct", most=10)
FULL = Path(__file__).parents[1] / "browser" / "kinds.toml"


@dataclass(frozen=True)
class Interval:
    """A region on a line, so that distances are arithmetic."""

    name: str
    middle: float
    unit: str = "mm"
    radius: float = 4.0
    step: float = 1.0

    def distance(self, mark):
        return max(0.0, abs(mark["point"][0] - self.middle) - self.radius)

    def contains(self, mark):
        return self.distance(mark) == 0


REGIONS = {"left": Interval("left", -50.0), "right": Interval("right", 50.0)}


def marked(*places):
    marks = tuple({"space": "patient", "point": [place, 0.0, 0.0]} for place in places)
    return score(TWO, MarkAnswer(marks), vocabulary=VOCABULARY, regions=REGIONS)


def chosen(*choices):
    return score(MULTIPLE, MultipleAnswer(choices), vocabulary=VOCABULARY)


def measured(value):
    return score(MEASURE, MeasureAnswer(value, "mm"), vocabulary=VOCABULARY).value


def examined(modality, contrast, why):
    answer = ExaminationAnswer({"modality": modality, "contrast": contrast, "why": why})
    return score(EXAMINATION, answer, vocabulary=VOCABULARY)


def test_each_right_choice_earns_its_share_and_each_wrong_one_takes_one():
    assert chosen("a", "b").value == 1.0
    assert chosen("a").value == chosen("a", "b", "c").value == 0.5
    assert chosen("a", "c").value == chosen("c").value == 0.0
    assert [part.text for part in chosen("a", "c").parts] == [
        "right: + 0.50 (a)",
        "wrong: − 0.50 (c)",
        "left out: b",
    ]


def test_choosing_everything_or_at_random_earns_no_more_than_chance():
    assert chosen(*MULTIPLE.options).value == 0.0
    sets = [some for size in range(1, 6) for some in combinations(MULTIPLE.options, size)]
    assert sum(chosen(*some).value for some in sets) / len(sets) < 0.25


@given(st.sets(st.sampled_from(MULTIPLE.options), min_size=1))
def test_a_better_set_of_choices_never_scores_less(choices):
    value = chosen(*choices).value
    assert 0 <= value <= 1
    for option in MULTIPLE.options:
        better = choices | {option} if option in MULTIPLE.answers else choices - {option}
        if better:
            assert chosen(*better).value >= value


@given(st.permutations(MULTIPLE.options), st.integers(1, 5))
def test_the_order_of_choices_does_not_matter(order, size):
    assert chosen(*order[:size]).value == chosen(*sorted(order[:size])).value


@pytest.mark.parametrize(
    ("named", "value"), [("lung-adenocarcinoma", 1.0), ("lung-carcinoma", 0.5), ("pneumothorax", 0.0)]
)
def test_a_name_earns_all_its_kin_a_half(named, value):
    assert score(MENU, MenuAnswer(named), vocabulary=VOCABULARY).value == value


@pytest.mark.parametrize(
    ("value", "worth"), [(30.0, 1), (34.0, 1), (26.0, 1), (38.0, 0.5), (22.0, 0.5), (42.0, 0), (0.0, 0), (900.0, 0)]
)
def test_a_measure_is_full_within_the_tolerance_and_falls_to_nothing_at_three_times(value, worth):
    assert measured(value) == pytest.approx(worth)


@given(st.floats(-1e6, 1e6), st.floats(0, 1))
def test_a_measure_nearer_to_the_truth_never_scores_less(value, share):
    nearer = 30.0 + (value - 30.0) * share
    assert 0 <= measured(value) <= measured(nearer) + 1e-9 <= 1 + 1e-9


def test_a_measure_is_told_how_far_it_is_off():
    result = score(MEASURE, MeasureAnswer(38.0, "mm"), vocabulary=VOCABULARY)
    assert result.parts[0].text == "38 mm, 8 from 30 mm: near, 0.50"


def test_an_examination_earns_by_its_parts_and_nothing_without_the_right_one():
    assert examined("CT", "both", "fast").value == 1.0
    assert examined("CT", "without", "fast").value == pytest.approx(2 / 3)
    wrong = examined("MR", "with", "fast")
    assert wrong.value == 0.0
    assert wrong.parts[-1].text == "without the right examination the rest earns nothing: 0.00"


def test_an_examination_with_one_more_part_right_never_scores_less_and_chance_earns_little():
    every = list(product(*(choice.options for choice in EXAMINATION.choices)))
    values = {way: examined(*way).value for way in every}
    for way, (place, choice) in product(every, enumerate(EXAMINATION.choices)):
        for right in choice.answers:
            assert values[(*way[:place], right, *way[place + 1 :])] >= values[way] or way[place] in choice.answers
    assert sum(values.values()) / len(values) < 0.5


def test_a_report_weighs_nothing_until_a_person_has_scored_it():
    waiting = score(REPORT, ReportAnswer("text"), vocabulary=VOCABULARY)
    assert (waiting.value, waiting.weight, case_score([waiting])) == (0.0, 0.0, None)
    judged = score_report(REPORT, {"size": "full", "place": "part"})
    assert (judged.value, judged.weight) == (0.75, 2.0)
    for bands in ({"size": "full"}, {"size": "full", "place": "half"}):
        with pytest.raises(QuizError, match="expected none, part, full"):
            score_report(REPORT, bands)


def test_every_finding_takes_its_own_mark_and_the_mean_counts():
    assert marked(-50, 50).value == 1.0
    assert marked(-50, 50).hit
    assert marked(-50).value == 0.5
    assert not marked(-50).hit
    # Two marks on one finding: one of them serves no other.
    assert marked(-50, -49).value == 0.5
    assert marked(-50, 50, 500).value == 0.75
    assert [part.text for part in marked(-50, 63).parts] == [
        "finding 1: inside the outline: hit",
        "finding 2: 9.0 mm from the outline: near, 0.60",
    ]


PLACES = st.lists(st.floats(-120, 120), min_size=1, max_size=6)


@given(PLACES, st.data())
def test_a_mark_nearer_to_its_finding_never_scores_less(places, data):
    number = data.draw(st.integers(0, len(places) - 1))
    target = -50.0 if places[number] < 0 else 50.0
    share = data.draw(st.floats(0, 1))
    better = [*places]
    better[number] = target + (places[number] - target) * share
    assert 0 <= marked(*places).value <= marked(*better).value + 1e-9


@given(PLACES, st.randoms())
def test_the_order_of_marks_on_several_findings_does_not_matter(places, random):
    assert marked(*places).value == pytest.approx(marked(*random.sample(places, len(places))).value)


def test_marking_everywhere_does_not_pay():
    assert marked(*range(-120, 121, 15)).value == 0.0


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [
        (MULTIPLE, {"choices": []}, "found no choices"),
        (MULTIPLE, {"choices": ["z"]}, "'z' is not among the options"),
        (MULTIPLE, {"choices": ["a", "a"]}, "found a choice twice"),
        (MENU, {"named": "nonsense"}, "is not in the vocabulary"),
        (MEASURE, {"value": "30", "unit": "mm"}, "found no number"),
        (MEASURE, {"value": float("nan"), "unit": "mm"}, "found no number"),
        (MEASURE, {"value": 30, "unit": "cm"}, "expected mm"),
        (EXAMINATION, {"chosen": {"modality": "CT"}}, "found no contrast medium among the options"),
        (EXAMINATION, {}, "found nothing chosen"),
        (REPORT, {"text": "  "}, "found no text"),
        (REPORT, {"text": "x" * 9000}, "expected at most 8000"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(question, value, told):
    with pytest.raises(AnswerError, match=told):
        read_answer(question, value, VOCABULARY)


def test_every_answer_is_written_back_as_it_was_read():
    for question, value in (
        (MULTIPLE, {"choices": ["b", "a"]}),
        (MENU, {"named": "sarcoidosis"}),
        (MEASURE, {"value": 27.4, "unit": "mm", "annotation": "a1"}),
        (EXAMINATION, {"chosen": {"modality": "CT", "contrast": "with", "why": "fast"}}),
        (REPORT, {"text": "A nodule."}),
    ):
        assert read_answer(question, value, VOCABULARY).as_json() == value


def test_a_staged_quiz_is_read_and_opens_one_stage_after_the_other():
    quiz = read_quiz(FULL, VOCABULARY)
    assert [question.kind for question in quiz.questions] == [
        *("examination", "single", "multiple", "menu", "mark", "measure", "differential", "differential", "report")
    ]
    names = [question.id for question in quiz.questions]
    assert [stage.id for stage in quiz.opened([])] == ["history"]
    assert quiz.series_in_view([]) == frozenset()
    assert [stage.id for stage in quiz.opened(names[:1])] == ["history", "images"]
    assert quiz.series_in_view(names[:1]) is None
    assert [stage.id for stage in quiz.opened(names)] == ["history", "images", "news"]
    for question in quiz.questions:
        view = str(learner_view(question, 1))
        assert not [word for word in ("xq-", "27.125", "lymphangioleiomyomatosis", "Criterion") if word in view]


@pytest.mark.parametrize(
    ("found", "put", "told"),
    [
        ('stage = "history"', 'stage = "later"', "stage]: found later"),
        ('stage = "history"', "", "stage]: found nothing"),
        ('stage = "images"\nprompt = "Rank them."', 'stage = "news"\nprompt = "Rank them."', ""),
        ('stage = "images"\nprompt = "What', 'stage = "news"\nprompt = "What', "not in the order of their stages"),
        ('again = "rank"', 'again = "best"', 'there is no differential "best" before it'),
        ('answers = ["Sign two", "Sign three"]', 'answers = ["Sign two", "Sign one", "Sign four"]', "at most half"),
        ("tolerance = 3\n", "tolerance = 30\n", "else a guess earns something"),
        ("tolerance = 3\n", "", "Say which difference still is right"),
        ('unit = "mm"', 'unit = "cm"', "expected one of mm, deg, HU, SUV, SUVmax, px"),
        ('source = "xq-source"', "", "source]: found nothing"),
        ('aspect = "modality"', 'aspect = "phase"', "the first is phase, expected modality"),
        ('answers = ["CT"]', 'answers = ["CT", "Radiograph"]', "every option is right"),
        ('answers = ["CT"]', 'answers = ["MR"]', "not among the options"),
        ('answers = ["lymphangioleiomyomatosis"]', 'answers = ["lymphangioleiomyomatose"]', "is not in the vocabulary"),
        ('region = "nodule"', 'regions = ["a", "a"]', '"a" is there more than once'),
        ('region = "nodule"', 'region = "a"\nregions = ["b"]\nmost = 1', "most]: found 1, expected 2 to 20"),
        ('none = "xq-none"', "", "none]: found nothing"),
        ('model = "xq-model"', "", "model]: found nothing"),
    ],
)
def test_a_fault_of_a_kind_or_stage_is_told_with_its_key(tmp_path, found, put, told):
    text = FULL.read_text()
    assert found in text
    path = tmp_path / "quiz.toml"
    path.write_text(text.replace(found, put, 1), encoding="utf-8")
    if not told:
        assert read_quiz(path, VOCABULARY)
        return
    with pytest.raises(QuizFileError) as caught:
        read_quiz(path, VOCABULARY)
    assert told in str(caught.value)
