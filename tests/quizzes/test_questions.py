import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import QuizFileError
from quizzes.questions import (
    DifferentialQuestion,
    Entry,
    MarkQuestion,
    SingleQuestion,
    learner_view,
)
from quizzes.quizfile import read_quiz

GOOD = """
[[question]]
id = "lesion"
kind = "mark"
prompt = "Mark the most suspicious lesion."
explanation = "It lies posteriorly."
region = "nodule"
series = "ct"
frame = 53
tolerance_px = 12.5
weight = 2

[[question]]
id = "feature"
kind = "single"
prompt = "Which feature argues most?"
explanation = "Spiculation does."
options = ["Position", "Spiculated margin", "Enhancement"]
answer = "Spiculated margin"

[[question]]
id = "ranking"
kind = "differential"
prompt = "Rank the differential."
explanation = "Size and margin."
[[question.entry]]
concept = "lung-carcinoma"
tier = "answer"
for = "Spiculated."
[[question.entry]]
concept = "granulomatous-infection"
tier = "must-not-miss"
for = "Site."
against = "No satellite nodules."
[[question.entry]]
concept = "hamartoma"
tier = "unlikely"
against = "No fat."
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "quiz.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, vocabulary) -> list[str]:
    with pytest.raises(QuizFileError) as caught:
        read_quiz(written(folder, text), vocabulary)
    assert str(caught.value) == "\n".join(map(str, caught.value.faults))
    return [str(fault) for fault in caught.value.faults]


def test_a_quiz_is_read_with_its_three_kinds(tmp_path, vocabulary):
    quiz = read_quiz(written(tmp_path, GOOD), vocabulary)
    assert quiz.questions == (
        MarkQuestion(
            id="lesion",
            prompt="Mark the most suspicious lesion.",
            explanation="It lies posteriorly.",
            weight=2.0,
            regions=("nodule",),
            series="ct",
            frame=53,
            tolerance_px=12.5,
        ),
        SingleQuestion(
            id="feature",
            prompt="Which feature argues most?",
            explanation="Spiculation does.",
            options=("Position", "Spiculated margin", "Enhancement"),
            answer="Spiculated margin",
        ),
        DifferentialQuestion(
            id="ranking",
            prompt="Rank the differential.",
            explanation="Size and margin.",
            entries=(
                Entry("lung-carcinoma", "answer", "Spiculated.", ""),
                Entry("granulomatous-infection", "must-not-miss", "Site.", "No satellite nodules."),
                Entry("hamartoma", "unlikely", "", "No fat."),
            ),
        ),
    )
    assert quiz.question("feature") is quiz.questions[1]
    assert quiz.question("other") is None


def test_a_normal_case_asks_for_a_mark_where_there_is_nothing_to_mark(tmp_path, vocabulary):
    text = GOOD.replace('region = "nodule"', "no_finding = true")
    question = read_quiz(written(tmp_path, text), vocabulary).questions[0]
    assert isinstance(question, MarkQuestion)
    assert question.regions == ()


@pytest.mark.parametrize(
    ("found", "put", "told"),
    [
        ('kind = "mark"', 'kind = "marc"', "[question.lesion.kind]: found 'marc', expected one of mark, single"),
        ('explanation = "It lies posteriorly."', "", "[question.lesion.explanation]: found nothing, expected text"),
        ('explanation = "Spiculation does."', 'explanation = "  "', "[question.feature.explanation]: found '  '"),
        ('answer = "Spiculated margin"', 'answer = "Spiculation"', "is not among the options"),
        ('id = "feature"', 'id = "lesion"', "[question.lesion]: the id is there more than once"),
        ('id = "feature"', 'id = "Feature 1"', '[question[2].id]: found "Feature 1"'),
        ('id = "feature"', "", "[question[2].id]: found nothing"),
        ('"Enhancement"]', '"position"]', '"position" is there more than once'),
        ('["Position", "Spiculated margin", "Enhancement"]', '["Spiculated margin"]', "found 1, expected two"),
        ('["Position", "Spiculated margin", "Enhancement"]', "[1, 2]", "expected a list of texts"),
        ('tier = "answer"', 'tier = "plausible"', '[question.ranking.entry]: none has the tier "answer"'),
        ('tier = "unlikely"', 'tier = "wrong"', "[question.ranking.entry[3].tier]: found 'wrong'"),
        ('"hamartoma"', '"hamartome"', "is not in the vocabulary. Did you mean hamartoma?"),
        ('"hamartoma"', '"xqzv"', "is not in the vocabulary. Add it to vocabulary.toml."),
        ('"hamartoma"', '"lung-carcinoma"', "lung-carcinoma is there more than once"),
        ('against = "No fat."', "", "nothing speaks for or against it"),
        ("weight = 2", "weight = 0", "[question.lesion.weight]: found 0, expected a number above 0"),
        ("weight = 2", "weight = true", "[question.lesion.weight]: found True"),
        ("weight = 2", "weight = inf", "[question.lesion.weight]: found inf"),
        ("weight = 2", "wieght = 2", "[question.lesion.wieght]: found an unknown key"),
        ("weight = 2", "wieght = 2", "Did you mean weight?"),
        ("frame = 53", "frame = 0", "[question.lesion.frame]: found 0, expected a whole number counted from 1"),
        ("frame = 53", "no_finding = true", '[question.lesion.no_finding]: true, and region is "nodule"'),
        ("frame = 53", 'no_finding = "yes"', "[question.lesion.no_finding]: found 'yes', expected true or false"),
        ('series = "ct"', "", "[question.lesion.series]: found nothing"),
        ('region = "nodule"', "", "[question.lesion.region]: found nothing"),
        ("tolerance_px = 12.5", "tolerance_px = -1", "[question.lesion.tolerance_px]: found -1"),
    ],
)
def test_a_fault_is_told_with_its_key(tmp_path, vocabulary, found, put, told):
    assert GOOD.count(found) >= 1
    assert [fault for fault in faults(tmp_path, GOOD.replace(found, put, 1), vocabulary) if told in fault]


def test_every_fault_of_a_file_is_told_at_once(tmp_path, vocabulary):
    text = (
        GOOD.replace('explanation = "It lies posteriorly."', "")
        .replace('answer = "Spiculated margin"', 'answer = "x"')
        .replace('"hamartoma"', '"hamartome"')
        + '\n[[question]]\nkind = "essay"\n[other]\n'
    )
    told = faults(tmp_path, text, vocabulary)
    assert len(told) == 8
    assert sum("question[4]" in fault for fault in told) == 4
    assert "quiz.toml [other]: found an unknown key, expected one of question. Correct or remove it." in told


def test_more_must_not_miss_than_can_be_named_is_a_fault(tmp_path, vocabulary):
    more = "".join(
        f'[[question.entry]]\nconcept = "{concept}"\ntier = "must-not-miss"\nfor = "x"\n'
        for concept in ("osteosarcoma", "adamantinoma", "brodie-abscess", "ewing-sarcoma")
    )
    assert "5 must not be missed, but 5 may be named" in "".join(faults(tmp_path, GOOD + more, vocabulary))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "quiz.toml [question]: found nothing, expected one [[question]] or more"),
        (b"question = 3", "quiz.toml [question]: found 3"),
        (b"question = [1]", "quiz.toml [question]: found [1]"),
        (b"[[question", "quiz.toml: not TOML"),
        (b"a = '\xff'", "quiz.toml: byte 5 is not UTF-8"),
        (b"[[question]]\nid = 3", "quiz.toml [question[1].id]: found 3"),
    ],
)
def test_a_file_that_holds_no_questions_is_told_so(tmp_path, vocabulary, content, told):
    (tmp_path / "quiz.toml").write_bytes(content)
    with pytest.raises(QuizFileError) as caught:
        read_quiz(tmp_path / "quiz.toml", vocabulary)
    assert told in str(caught.value)


def test_a_missing_file_is_a_fault_of_the_family(tmp_path, vocabulary):
    with pytest.raises(QuizFileError, match="cannot be read"):
        read_quiz(tmp_path / "quiz.toml", vocabulary)


def test_a_view_is_the_same_whatever_the_answer_is(tmp_path, vocabulary):
    """Nothing that differs between answers can be read from a view, whatever form it takes there."""
    mark, single, ranking = read_quiz(written(tmp_path, GOOD), vocabulary).questions
    for seed in range(20):
        other = replace(mark, regions=(), explanation="Other.", tolerance_px=None, weight=9.0)
        assert learner_view(mark, seed) == learner_view(other, seed)
        for option in single.options:
            other = replace(single, answer=option, explanation="Other.", weight=9.0)
            assert learner_view(single, seed) == learner_view(other, seed)
        other = replace(ranking, entries=ranking.entries[::-1][:1], explanation="Other.", weight=9.0)
        assert learner_view(ranking, seed) == learner_view(other, seed)


def test_a_view_holds_no_word_of_the_answer(tmp_path, vocabulary):
    views = {}
    for question in read_quiz(written(tmp_path, GOOD), vocabulary).questions:
        views[question.id] = view = learner_view(question, seed=7)
        text = json.dumps(view)
        hidden = [question.explanation, "explanation", "answer", "tier", "region", "nodule", "weight", "tolerance"]
        if isinstance(question, DifferentialQuestion):
            hidden += [word for e in question.entries for word in (e.concept, e.tier, e.pros, e.cons) if word]
        assert [word for word in hidden if word in text] == []
    assert views == {
        "lesion": {
            "id": "lesion",
            "kind": "mark",
            "prompt": "Mark the most suspicious lesion.",
            "series": "ct",
            "frame": 53,
            "most": 1,
        },
        "feature": views["feature"],
        "ranking": {
            "id": "ranking",
            "kind": "differential",
            "prompt": "Rank the differential.",
            "ranks": 5,
            "again": "",
        },
    }
    assert set(views["feature"]) == {"id", "kind", "prompt", "options"}


OPTIONS = st.lists(st.text(min_size=1), min_size=2, max_size=6, unique=True)


@given(OPTIONS, st.integers(0, 2**31 - 1), st.randoms())
def test_the_options_of_an_attempt_keep_their_order_and_hide_the_files(options, seed, random):
    shuffled = random.sample(options, len(options))
    views = [
        learner_view(SingleQuestion(id="q", prompt="?", explanation="!", options=tuple(order), answer=order[0]), seed)
        for order in (options, options, shuffled)
    ]
    assert views[0] == views[1] == views[2]
    assert sorted(views[0]["options"]) == sorted(options)


def test_the_right_option_comes_at_every_place_equally_often():
    question = SingleQuestion(id="q", prompt="?", explanation="!", options=("a", "b", "c", "d"), answer="a")
    places = [learner_view(question, seed)["options"].index("a") for seed in range(2000)]
    # 500 expected at each place; six standard deviations of the binomial are 116.
    assert all(384 < places.count(place) < 616 for place in range(4))
