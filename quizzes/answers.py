"""A learner's answer, from the plain JSON that the browser sends to a value that fits its question, and back.

::

    mark          {"marks": [mark, …]}, or {"marks": [], "no_finding": true}
    single        {"choice": "text of the option"}
    multiple      {"choices": ["text of an option", …]}
    menu          {"named": "concept-id"}
    differential  {"ranked": ["concept-id", …]}     one to five, the likeliest first
    measure       {"value": 27.4, "unit": "mm"}, with "annotation": id of the one that it was measured with
    examination   {"chosen": {"modality": "text of the option", "contrast": …}}
    report        {"text": "…"}

A mark is ``{"space": "patient", "point": [x, y, z]}`` in LPS mm, or ``{"space": "image", "frame": 52,
"point": [column, row]}`` with a zero-based frame and pixel centres at whole numbers; either may name its
``series``. Whatever else came with a mark is left out. Nothing is scored here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from quizzes import AnswerError
from quizzes.questions import (
    ASPECTS,
    RANKS,
    DifferentialQuestion,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    ReportQuestion,
    SingleQuestion,
)
from quizzes.vocabulary import Vocabulary

__all__ = [
    "LONGEST_REPORT",
    "MOST_MARKS",
    "Answer",
    "DifferentialAnswer",
    "ExaminationAnswer",
    "Mark",
    "MarkAnswer",
    "MeasureAnswer",
    "MenuAnswer",
    "MultipleAnswer",
    "ReportAnswer",
    "SingleAnswer",
    "checked_confidence",
    "read_answer",
    "read_mark",
]

MOST_MARKS = 20
"""Marks that an answer may have: more are a slip of the hand."""

LONGEST_REPORT = 8000
"""Characters of a report: a short one has a few hundred."""

Mark: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """Points in the image, or the statement that there is no finding."""

    marks: tuple[Mark, ...]
    """Checked marks as plain JSON; empty exactly when there is no finding."""

    @property
    def no_finding(self) -> bool:
        """Whether the learner says that there is nothing to mark."""
        return not self.marks

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        marks = [dict(mark) for mark in self.marks]
        return {"marks": marks, "no_finding": True} if self.no_finding else {"marks": marks}


@dataclass(frozen=True, slots=True)
class SingleAnswer:
    """One chosen option."""

    choice: str
    """Text of the option."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"choice": self.choice}


@dataclass(frozen=True, slots=True)
class DifferentialAnswer:
    """A ranked differential."""

    ranked: tuple[str, ...]
    """One to five different concept ids, the likeliest first."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"ranked": list(self.ranked)}


@dataclass(frozen=True, slots=True)
class MultipleAnswer:
    """Several chosen options."""

    choices: tuple[str, ...]
    """Texts of different options, at least one."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"choices": list(self.choices)}


@dataclass(frozen=True, slots=True)
class MenuAnswer:
    """One concept named."""

    named: str
    """Its id."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"named": self.named}


@dataclass(frozen=True, slots=True)
class MeasureAnswer:
    """A measured or typed number."""

    value: float
    """In the question's unit."""
    unit: str
    """The question's."""
    annotation: str = ""
    """Id of the annotation that it was measured with; empty where it was typed."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        measured = {"annotation": self.annotation} if self.annotation else {}
        return {"value": self.value, "unit": self.unit, **measured}


@dataclass(frozen=True, slots=True)
class ExaminationAnswer:
    """What was chosen of an examination."""

    chosen: Mapping[str, str]
    """Text of the option by aspect; every aspect that was asked."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"chosen": dict(self.chosen)}


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """A written report."""

    text: str
    """Not empty."""

    def as_json(self) -> dict[str, object]:
        """Return the answer as `read_answer` takes it."""
        return {"text": self.text}


Answer: TypeAlias = (
    MarkAnswer
    | SingleAnswer
    | MultipleAnswer
    | MenuAnswer
    | DifferentialAnswer
    | MeasureAnswer
    | ExaminationAnswer
    | ReportAnswer
)


def read_answer(question: Question, value: object, vocabulary: Vocabulary) -> Answer:
    """Read what the browser, or the store, says is the answer to a question.

    Parameters
    ----------
    question : Question
        The question that was asked.
    value : object
        Decoded JSON, not to be trusted.
    vocabulary : Vocabulary
        The concepts that a differential may name.

    Raises
    ------
    AnswerError
        Saying what does not fit, and what the learner can do.
    """
    if not isinstance(value, Mapping):
        raise AnswerError(f"{question.id}: found no answer. Answer the question, then commit.")
    match question:
        case MarkQuestion():
            return _mark_answer(question.id, value)
        case SingleQuestion():
            return _single_answer(question, value)
        case MultipleQuestion():
            return _multiple_answer(question, value)
        case MenuQuestion():
            return MenuAnswer(_concept(question.id, value.get("named"), vocabulary))
        case DifferentialQuestion():
            return _differential_answer(question.id, value, vocabulary)
        case MeasureQuestion():
            return _measure_answer(question, value)
        case ExaminationQuestion():
            return _examination_answer(question, value)
        case ReportQuestion():
            return _report_answer(question.id, value)
        case _:
            assert_never(question)


def checked_confidence(value: float) -> float:
    """Return a confidence as it is, if it is one: 0.5 (a guess) to 1 (certain)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
        raise AnswerError(f"confidence: found {value!r}, expected 0.5 to 1. Choose between 50 and 100 %.")
    return float(value)


def _mark_answer(asked: str, value: Mapping[str, object]) -> MarkAnswer:
    marks = value.get("marks")
    if not isinstance(marks, list):
        raise AnswerError(f"{asked}: found no list of marks. Mark the finding in the image, then commit.")
    if len(marks) > MOST_MARKS:
        raise AnswerError(f"{asked}: found {len(marks)} marks, expected at most {MOST_MARKS}. Remove some.")
    absent = value.get("no_finding") is True
    if absent and marks:
        raise AnswerError(f'{asked}: found marks and "no finding". Remove the marks or take back "no finding".')
    if not absent and not marks:
        raise AnswerError(f'{asked}: found no mark. Mark the finding in the image, or choose "no finding".')
    return MarkAnswer(tuple(read_mark(f"{asked}: mark {number}", mark) for number, mark in enumerate(marks, 1)))


def read_mark(place: str, value: object) -> Mark:
    """Read one mark; `place` begins what an AnswerError says."""
    if not isinstance(value, Mapping) or value.get("space") not in ("patient", "image"):
        raise AnswerError(f"{place}: found no space, expected patient or image. Mark the finding again.")
    size = 3 if value["space"] == "patient" else 2
    point = value.get("point")
    if not isinstance(point, list) or len(point) != size or not all(map(_is_coordinate, point)):
        raise AnswerError(f"{place}: found a point {point!r}, expected {size} numbers. Mark the finding again.")
    mark: dict[str, object] = {"space": value["space"], "point": [float(number) for number in point]}
    if value["space"] == "image":
        frame = value.get("frame")
        if not isinstance(frame, int) or isinstance(frame, bool) or frame < 0:
            raise AnswerError(f"{place}: found frame {frame!r}, expected 0 or more. Mark the finding again.")
        mark["frame"] = frame
    series = value.get("series")
    if series is not None:
        if not isinstance(series, str):
            raise AnswerError(f"{place}: found a series that is no text. Mark the finding again.")
        mark["series"] = series
    return mark


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _single_answer(question: SingleQuestion, value: Mapping[str, object]) -> SingleAnswer:
    choice = value.get("choice")
    if not isinstance(choice, str) or choice not in question.options:
        raise AnswerError(f"{question.id}: found no choice among the options. Choose one, then commit.")
    return SingleAnswer(choice)


def _multiple_answer(question: MultipleQuestion, value: Mapping[str, object]) -> MultipleAnswer:
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices:
        raise AnswerError(f"{question.id}: found no choices, expected one or more. Choose all that are right.")
    for choice in choices:
        if choice not in question.options:
            raise AnswerError(f"{question.id}: {choice!r} is not among the options. Choose from them.")
    if len(set(choices)) < len(choices):
        raise AnswerError(f"{question.id}: found a choice twice, expected different ones. Remove one.")
    return MultipleAnswer(tuple(choices))


def _measure_answer(question: MeasureQuestion, value: Mapping[str, object]) -> MeasureAnswer:
    number, unit, annotation = value.get("value"), value.get("unit"), value.get("annotation", "")
    if not _is_coordinate(number) or not isinstance(number, int | float):
        raise AnswerError(f"{question.id}: found no number ({number!r}). Measure in the image, or type it.")
    if unit != question.unit:
        raise AnswerError(f"{question.id}: found the unit {unit!r}, expected {question.unit}. Measure again.")
    if not isinstance(annotation, str) or len(annotation) > 100:
        raise AnswerError(f"{question.id}: found an annotation without an id. Measure again.")
    return MeasureAnswer(float(number), question.unit, annotation)


def _examination_answer(question: ExaminationQuestion, value: Mapping[str, object]) -> ExaminationAnswer:
    chosen = value.get("chosen")
    if not isinstance(chosen, Mapping):
        raise AnswerError(f"{question.id}: found nothing chosen. Choose the examination, then commit.")
    for choice in question.choices:
        if chosen.get(choice.aspect) not in choice.options:
            what = ASPECTS[choice.aspect].lower()
            raise AnswerError(f"{question.id}: found no {what} among the options. Choose one, then commit.")
    return ExaminationAnswer({choice.aspect: str(chosen[choice.aspect]) for choice in question.choices})


def _report_answer(asked: str, value: Mapping[str, object]) -> ReportAnswer:
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        raise AnswerError(f"{asked}: found no text. Write the report, then commit.")
    if len(text) > LONGEST_REPORT:
        raise AnswerError(f"{asked}: found {len(text)} characters, expected at most {LONGEST_REPORT}. Shorten it.")
    return ReportAnswer(text.strip())


def _differential_answer(asked: str, value: Mapping[str, object], vocabulary: Vocabulary) -> DifferentialAnswer:
    ranked = value.get("ranked")
    if not isinstance(ranked, list) or not 1 <= len(ranked) <= RANKS:
        raise AnswerError(f"{asked}: found no ranked diagnoses, expected 1 to {RANKS}. Name at least one.")
    concepts = tuple(_concept(asked, concept, vocabulary) for concept in ranked)
    if len(set(concepts)) < len(concepts):
        raise AnswerError(f"{asked}: found a diagnosis twice, expected different ones. Remove one.")
    return DifferentialAnswer(concepts)


def _concept(asked: str, value: object, vocabulary: Vocabulary) -> str:
    if not isinstance(value, str) or value not in vocabulary:
        raise AnswerError(f"{asked}: {value!r} is not in the vocabulary. Choose from the suggestions.")
    return value
