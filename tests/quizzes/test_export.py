"""Exports as the other programs read them, and word of what does not fit."""

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from quizzes.export import FORMATS, Source, export
from quizzes.questions import DifferentialQuestion, Entry, MarkQuestion, MultipleQuestion, Quiz, SingleQuestion
from quizzes.quizfile import read_quiz

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
SINGLE = SingleQuestion(
    id="step",
    prompt="What is {next} at 5 = 5?",
    explanation="Because <b>a: b</b>\nand #3 ~ 4.",
    options=("PET/CT: now", "100 % = wait", "~ nothing"),
    answer="PET/CT: now",
    weight=2.0,
)
RANKED = DifferentialQuestion(
    id="rank",
    prompt="Rank them.",
    explanation="Size matters.",
    entries=(
        Entry("lung-carcinoma", "answer", "Spiculated.", "No tissue."),
        Entry("hamartoma", "unlikely", "", "No fat."),
    ),
)
MARK = MarkQuestion(id="mark", prompt="Mark it.", explanation="There.", regions=("r",), series="s")
SOURCE = Source("thoracic-ct-01", "Adult", "Seen on a radiograph.", Quiz((MARK, SINGLE, RANKED)))


@pytest.mark.parametrize("form", list(FORMATS))
def test_what_does_not_fit_is_said(form, vocabulary):
    made = export([SOURCE], form, vocabulary)
    lost = {one.question_id: one.reason for one in made.unfit}
    assert made.count == 2
    assert "to mark needs the images" in lost["mark"]
    assert ("the ranking is lost" in lost.get("rank", "")) == (form != "anki")
    assert "step" not in lost
    assert str(made.unfit[0]).startswith("thoracic-ct-01, mark: ")


def test_moodle_gets_one_right_answer_with_explanation_and_weight(vocabulary):
    root = ET.fromstring(export([SOURCE], "moodle", vocabulary).text.encode())
    assert root.tag == "quiz"
    step, rank = root.findall("question")
    assert {one.get("type") for one in (step, rank)} == {"multichoice"}
    assert step.findtext("name/text") == "thoracic-ct-01: step"
    assert step.findtext("idnumber") == "readout-thoracic-ct-01-step"
    assert SINGLE.prompt in step.findtext("questiontext/text")
    assert step.findtext("generalfeedback/text") == SINGLE.explanation
    assert (step.findtext("defaultgrade"), step.findtext("single")) == ("2", "true")
    answers = {answer.findtext("text"): answer.get("fraction") for answer in step.findall("answer")}
    assert answers == {"PET/CT: now": "100", "100 % = wait": "0", "~ nothing": "0"}
    named = {answer.findtext("text"): answer.get("fraction") for answer in rank.findall("answer")}
    assert named == {vocabulary["lung-carcinoma"].name: "100", vocabulary["hamartoma"].name: "0"}


def read_gift(text):
    """Read the choices of a GIFT file: name, question text, right and wrong answers, feedback."""
    found = []
    for block in re.split(r"\n\n+", text.strip()):
        name, body = re.fullmatch(r"::(.*?)(?<!\\)::\[markdown\](.*)", block, re.DOTALL).groups()
        question, rest = re.split(r"(?<!\\)\{", body, maxsplit=1)
        inside = re.split(r"(?<!\\)\}", rest)[0]
        answers, feedback = inside.split("####")
        parts = re.findall(r"(?m)^\t(=|~%100%|~)(.*)$", answers)
        plain = [(sign, unescape(part)) for sign, part in parts]
        right = [part for sign, part in plain if sign != "~"]
        wrong = [part for sign, part in plain if sign == "~"]
        found.append((unescape(name), unescape(question).strip(), right, wrong, unescape(feedback).strip()))
    return found


def unescape(text):
    return re.sub(r"\\([~=#{}:\\])", r"\1", text.replace(r"\n", "\n"))


def test_gift_escapes_what_means_something_to_it(vocabulary):
    step, rank = read_gift(export([SOURCE], "gift", vocabulary).text)
    assert step[0] == "thoracic-ct-01: step"
    assert step[1].endswith(SINGLE.prompt)
    assert step[2:] == (["PET/CT: now"], ["100 % = wait", "~ nothing"], SINGLE.explanation)
    assert rank[2] == [vocabulary["lung-carcinoma"].name]


def test_gift_takes_several_right_answers_as_a_choice_still(vocabulary):
    two = DifferentialQuestion(
        id="two", prompt="?", explanation="!", entries=(*RANKED.entries, Entry("carcinoid", "answer", "x", ""))
    )
    [found] = read_gift(export([Source("s", "t", "h", Quiz((two,)))], "gift", vocabulary).text)
    assert found[2] == [vocabulary["lung-carcinoma"].name, vocabulary["carcinoid"].name]


def test_anki_gets_a_note_for_each_with_an_id_that_stays(vocabulary):
    text = export([SOURCE], "anki", vocabulary).text
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert "#separator:tab" in head
    assert "#guid column:1" in head
    rows = list(
        csv.reader(io.StringIO("\n".join(line for line in text.splitlines() if line not in head)), delimiter="\t")
    )
    assert [row[0] for row in rows] == ["readout-thoracic-ct-01-step", "readout-thoracic-ct-01-rank"]
    assert all(len(row) == 4 for row in rows)
    assert "&lt;b&gt;a: b&lt;/b&gt;<br>and #3" in rows[0][2]
    assert "PET/CT: now" in rows[0][1]
    assert "No tissue." in rows[1][2]
    assert rows[0][3].split() == ["readout", "thoracic-ct-01"]


@pytest.mark.parametrize("form", list(FORMATS))
def test_the_whole_library_is_exported(form, vocabulary):
    sources = [
        Source(folder.name, "t", "h", read_quiz(folder / "quiz.toml", vocabulary))
        for folder in sorted(LIBRARY.iterdir())
    ]
    made = export(sources, form, vocabulary)
    asked = sum(len(source.quiz.questions) for source in sources)
    left_out = sum(one.reason.startswith("left out") for one in made.unfit)
    assert made.count == asked - left_out
    if form == "moodle":
        assert len(ET.fromstring(made.text.encode()).findall("question")) == made.count
    elif form == "gift":
        assert len(read_gift(made.text)) == made.count


def test_of_several_right_answers_each_counts_a_share_and_a_wrong_one_costs_as_much(vocabulary):
    several = MultipleQuestion(
        id="all", prompt="Which?", explanation="!", options=("a", "b", "c", "d"), answers=("a", "b", "c")
    )
    source = Source("s", "t", "h", Quiz((several,)))
    [item] = ET.fromstring(export([source], "moodle", vocabulary).text.encode())
    assert item.findtext("single") == "false"
    fractions = {answer.findtext("text"): answer.get("fraction") for answer in item.findall("answer")}
    assert fractions == {"a": "33.33333", "b": "33.33333", "c": "33.33333", "d": "-33.33333"}
    gift = export([source], "gift", vocabulary).text
    assert "~%33.33333%a" in gift
    assert "~%-33.33333%d" in gift
