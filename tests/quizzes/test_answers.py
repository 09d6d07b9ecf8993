import json
import math

import pytest

from quizzes import AnswerError
from quizzes.answers import (
    DifferentialAnswer,
    MarkAnswer,
    SingleAnswer,
    checked_confidence,
    read_answer,
)
from quizzes.questions import DifferentialQuestion, Entry, MarkQuestion, SingleQuestion

MARK = MarkQuestion(id="lesion", prompt="?", explanation="!", regions=("nodule",), series="ct")
SINGLE = SingleQuestion(id="feature", prompt="?", explanation="!", options=("a", "b"), answer="b")
RANKING = DifferentialQuestion(
    id="ranking", prompt="?", explanation="!", entries=(Entry("hamartoma", "answer", "x", ""),)
)

PATIENT = {"space": "patient", "point": [-61.5, 12.0, -142.25], "series": "ct"}
IMAGE = {"space": "image", "frame": 52, "point": [211.5, 300.0]}


@pytest.mark.parametrize(
    ("question", "value", "answer"),
    [
        (MARK, {"marks": [PATIENT]}, MarkAnswer((PATIENT,))),
        (MARK, {"marks": [IMAGE, IMAGE]}, MarkAnswer((IMAGE, IMAGE))),
        (MARK, {"marks": [], "no_finding": True}, MarkAnswer(())),
        (SINGLE, {"choice": "a"}, SingleAnswer("a")),
        (RANKING, {"ranked": ["hamartoma"]}, DifferentialAnswer(("hamartoma",))),
        (
            RANKING,
            {"ranked": ["carcinoid", "hamartoma", "pneumonia", "sarcoidosis", "lung-abscess"]},
            DifferentialAnswer(("carcinoid", "hamartoma", "pneumonia", "sarcoidosis", "lung-abscess")),
        ),
    ],
)
def test_an_answer_is_read_and_written_back_as_the_same_json(vocabulary, question, value, answer):
    assert read_answer(question, json.loads(json.dumps(value)), vocabulary) == answer
    assert answer.as_json() == value


def test_what_the_viewer_adds_to_a_mark_is_left_out(vocabulary):
    answer = read_answer(MARK, {"marks": [{**PATIENT, "frame": 88, "colour": "red"}]}, vocabulary)
    assert answer == MarkAnswer((PATIENT,))


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [
        (MARK, None, "lesion: found no answer"),
        (MARK, [], "found no answer"),
        (MARK, {}, "found no list of marks"),
        (MARK, {"marks": []}, 'found no mark. Mark the finding in the image, or choose "no finding"'),
        (MARK, {"marks": [], "no_finding": 1}, "found no mark"),
        (MARK, {"marks": [PATIENT], "no_finding": True}, 'found marks and "no finding"'),
        (MARK, {"marks": [PATIENT] * 21}, "found 21 marks, expected at most 20"),
        (MARK, {"marks": [PATIENT, 3]}, "mark 2: found no space"),
        (MARK, {"marks": [{**PATIENT, "space": "world"}]}, "found no space, expected patient or image"),
        (MARK, {"marks": [{**PATIENT, "point": [1, 2]}]}, "expected 3 numbers"),
        (MARK, {"marks": [{**PATIENT, "point": [1, 2, math.nan]}]}, "expected 3 numbers"),
        (MARK, {"marks": [{**PATIENT, "point": [1, 2, math.inf]}]}, "expected 3 numbers"),
        (MARK, {"marks": [{**PATIENT, "point": [1, 2, True]}]}, "expected 3 numbers"),
        (MARK, {"marks": [{**PATIENT, "point": "123"}]}, "expected 3 numbers"),
        (MARK, {"marks": [{**IMAGE, "point": [1, 2, 3]}]}, "expected 2 numbers"),
        (MARK, {"marks": [{**IMAGE, "frame": -1}]}, "found frame -1, expected 0 or more"),
        (MARK, {"marks": [{**IMAGE, "frame": 1.5}]}, "found frame 1.5"),
        (MARK, {"marks": [{**IMAGE, "series": 3}]}, "found a series that is no text"),
        (SINGLE, {}, "feature: found no choice among the options"),
        (SINGLE, {"choice": "c"}, "found no choice among the options"),
        (SINGLE, {"choice": ["a"]}, "found no choice among the options"),
        (RANKING, {}, "ranking: found no ranked diagnoses, expected 1 to 5"),
        (RANKING, {"ranked": []}, "expected 1 to 5"),
        (RANKING, {"ranked": ["pneumonia"] * 6}, "expected 1 to 5"),
        (RANKING, {"ranked": ["Hamartoma"]}, "'Hamartoma' is not in the vocabulary"),
        (RANKING, {"ranked": [["hamartoma"]]}, "is not in the vocabulary"),
        (RANKING, {"ranked": ["hamartoma", "hamartoma"]}, "found a diagnosis twice"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_what_to_do(vocabulary, question, value, told):
    with pytest.raises(AnswerError) as caught:
        read_answer(question, value, vocabulary)
    assert told in str(caught.value)


@pytest.mark.parametrize("value", [0.5, 0.75, 1, 1.0])
def test_a_confidence_is_kept(value):
    assert checked_confidence(value) == value


@pytest.mark.parametrize("value", [0.49, 1.01, math.nan, True, "0.7", None])
def test_what_is_no_confidence_is_refused(value):
    with pytest.raises(AnswerError, match=r"expected 0\.5 to 1"):
        checked_confidence(value)
