"""A question, an answer and the truth become a score between 0 and 1 with the parts that explain it.

Marks
    In the region, or within the tolerance of its outline, is a hit and earns 1; beyond, the value falls in a
    straight line to 0 at three times the tolerance. The best mark counts. Every further mark takes a quarter
    of the score, less as far as it earns something itself, so that marking everywhere does not pay.
Differential
    The answer at rank 1 to 5 earns 1.0, 0.7, 0.5, 0.35, 0.25; its parent, child or sibling in the vocabulary
    half of that, unless the author lists it as unlikely. A must-not-miss left out caps the score at 0.7; its
    parent or child counts as naming it.
Single best answer
    1 or 0.

All is pure. Distances are in the region's unit, mm or px. Regions come from elsewhere, through a protocol.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol, assert_never

from quizzes import AnswerError, Fault, QuizError, QuizFileError
from quizzes.answers import Answer, DifferentialAnswer, Mark, MarkAnswer, SingleAnswer, checked_confidence
from quizzes.questions import DifferentialQuestion, MarkQuestion, Question, SingleQuestion
from quizzes.vocabulary import Vocabulary

__all__ = ["Part", "Region", "Score", "brier", "case_score", "score", "tolerance"]

RANK_VALUES = (1.0, 0.7, 0.5, 0.35, 0.25)
KIN_SHARE = 0.5
MISSED_CAP = 0.7
NEAREST_MM = 5.0
FADE = 3.0
FURTHER_MARK_COST = 0.25


class Region(Protocol):
    """Where the finding is: what a mark is measured against."""

    @property
    def name(self) -> str:
        """Name in the case file."""

    @property
    def unit(self) -> str:
        """``"mm"`` or ``"px"``."""

    @property
    def radius(self) -> float:
        """Radius of the sphere or circle of the same size, in `unit`."""

    @property
    def step(self) -> float:
        """Slice thickness in mm; 0 where there is none."""

    def contains(self, mark: Mark) -> bool:
        """Say whether a mark lies inside."""

    def distance(self, mark: Mark) -> float:
        """Return the distance from the outline: 0 inside, infinite on another image or series."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the explanation of a score."""

    label: str
    """What it is about: ``answer``, ``must-not-miss``, ``choice``, ``mark`` or ``further marks``."""
    value: float
    """What it earned, or the cap or factor that it set; 0 to 1."""
    text: str
    """For the learner, such as "4.2 mm from the outline: hit"."""


@dataclass(frozen=True, slots=True)
class Score:
    """What an answer is worth, and why."""

    value: float
    """0 to 1."""
    parts: tuple[Part, ...]
    """In the order in which they explain the value."""
    weight: float = 1.0
    """Of the question when it was scored, above 0."""
    top1: bool | None = None
    """Whether the answer is at rank 1; None outside differentials."""
    top3: bool | None = None
    """Whether the answer is among the first three ranks; None outside differentials."""
    hit: bool | None = None
    """Whether the best mark is in the region or within its tolerance; None outside marks."""
    distance: float | None = None
    """From the best mark to the outline, 0 inside; None where it cannot be measured."""
    unit: str = ""
    """Of the distance: ``mm``, ``px``, or empty."""

    @property
    def correct(self) -> bool:
        """Whether the answer was right outright: what a confidence is compared with."""
        judged = next((verdict for verdict in (self.top1, self.hit) if verdict is not None), None)
        return self.value == 1.0 if judged is None else judged

    def as_json(self) -> dict[str, object]:
        """Return the score as plain JSON."""
        return asdict(self) | {"parts": [asdict(part) for part in self.parts]}


def score(question: Question, answer: Answer, *, vocabulary: Vocabulary, region: Region | None = None) -> Score:
    """Score an answer.

    Parameters
    ----------
    question : Question
        What was asked.
    answer : Answer
        Of the question's kind, from `read_answer`.
    vocabulary : Vocabulary
        Says which concepts are kin.
    region : Region, optional
        The one that a mark question names.

    Raises
    ------
    AnswerError
        The answer is to another kind of question.
    QuizFileError
        The question does not fit its region (see `tolerance`).
    """
    match question, answer:
        case MarkQuestion(), MarkAnswer():
            return _score_marks(question, answer, region)
        case SingleQuestion(), SingleAnswer():
            return _score_choice(question, answer)
        case DifferentialQuestion(), DifferentialAnswer():
            return _score_ranks(question, answer, vocabulary)
        case ((MarkQuestion() | SingleQuestion() | DifferentialQuestion()), _):
            found = type(answer).__name__
            raise AnswerError(f"{question.id}: found a {found} to a {question.kind} question. Answer it again.")
        case _:
            assert_never(question)


def tolerance(question: MarkQuestion, region: Region) -> float:
    """Return how far from the outline still hits, in the region's unit.

    Raises
    ------
    QuizFileError
        A region in px without the question's `tolerance_px`, or one in mm with it.
    """
    key = f"question.{question.id}.tolerance_px"
    if region.unit == "mm":
        if question.tolerance_px is not None:
            message = f"region {region.name} is in mm, which set the tolerance. Remove the key."
            raise QuizFileError([Fault("quiz.toml", key, message)])
        return max(NEAREST_MM, region.radius / 2, 1.5 * region.step)
    if question.tolerance_px is None:
        message = f"region {region.name} is in px, found no tolerance. Say how many pixels beside it still hit."
        raise QuizFileError([Fault("quiz.toml", key, message)])
    return question.tolerance_px


def case_score(scores: Iterable[Score]) -> float | None:
    """Return the weighted mean of the committed questions, 0 to 1, or None when there is none."""
    scores = tuple(scores)
    total = math.fsum(each.weight for each in scores)
    return math.fsum(each.weight * each.value for each in scores) / total if scores else None


def brier(confidence: float, *, correct: bool) -> float:
    """Return the Brier score of one answer: the squared distance of confidence from the truth.

    0 is certain and right, 0.25 a guess at 50 %, 1 certain and wrong.

    Parameters
    ----------
    confidence : float
        0.5 to 1.
    correct : bool
        Whether the answer was right.
    """
    return (checked_confidence(confidence) - float(correct)) ** 2


def _score_choice(question: SingleQuestion, answer: SingleAnswer) -> Score:
    right = answer.choice == question.answer
    text = "the best answer" if right else f"the best answer is: {question.answer}"
    return Score(float(right), (Part("choice", float(right), text),), question.weight)


def _score_ranks(question: DifferentialQuestion, answer: DifferentialAnswer, vocabulary: Vocabulary) -> Score:
    answers = {entry.concept for entry in question.entries if entry.tier == "answer"}
    unlikely = {entry.concept for entry in question.entries if entry.tier == "unlikely"}
    kin = frozenset().union(*(_family(own, vocabulary) | vocabulary.siblings(own) for own in answers))
    earned = Part("answer", 0.0, "answer not named: 0.00")
    for rank, (named, worth) in enumerate(zip(answer.ranked, RANK_VALUES, strict=False), 1):
        name = vocabulary[named].name
        if named in answers and worth > earned.value:
            earned = Part("answer", worth, f"answer at rank {rank}: {worth:.2f} ({name})")
        elif named in kin - unlikely and worth * KIN_SHARE > earned.value:
            half = worth * KIN_SHARE
            earned = Part("answer", half, f"close to the answer at rank {rank}: half of {worth:.2f} ({name})")
    cap = _cap(question, answer, vocabulary, earned.value)
    return Score(
        min(earned.value, *(part.value for part in cap), 1.0),
        (earned, *cap),
        question.weight,
        top1=answer.ranked[0] in answers,
        top3=not answers.isdisjoint(answer.ranked[:3]),
    )


def _cap(
    question: DifferentialQuestion, answer: DifferentialAnswer, vocabulary: Vocabulary, earned: float
) -> tuple[Part, ...]:
    missable = [entry.concept for entry in question.entries if entry.tier == "must-not-miss"]
    missed = [own for own in missable if not (_family(own, vocabulary) | {own}) & set(answer.ranked)]
    if not missable:
        return ()
    if not missed:
        return (Part("must-not-miss", 1.0, "must-not-miss named: no cap"),)
    names = ", ".join(vocabulary[own].name for own in missed)
    effect = f"capped at {MISSED_CAP:.2f}" if earned > MISSED_CAP else f"at most {MISSED_CAP:.2f}"
    return (Part("must-not-miss", MISSED_CAP, f"must-not-miss left out: {effect} ({names})"),)


def _family(concept: str, vocabulary: Vocabulary) -> frozenset[str]:
    return vocabulary.parents(concept) | vocabulary.children(concept)


def _score_marks(question: MarkQuestion, answer: MarkAnswer, region: Region | None) -> Score:
    if question.region is None:
        right = answer.no_finding
        text = "no finding: right" if right else "there is no finding here: nothing was to be marked"
        return Score(float(right), (Part("mark", float(right), text),), question.weight, hit=right)
    if region is None or region.name != question.region:
        found = region.name if region else None
        raise QuizError(f"{question.id}: found region {found!r}, expected {question.region!r}. Pass that region.")
    reach = tolerance(question, region)
    if answer.no_finding:
        part = Part("mark", 0.0, "there is a finding: it was not marked")
        return Score(0.0, (part,), question.weight, hit=False, unit=region.unit)
    distances = sorted(_distance(region, mark) for mark in answer.marks)
    values = [_mark_value(distance, reach) for distance in distances]
    parts = (_nearest_part(distances[0], reach, region.unit), *_further_part(values[1:]))
    return Score(
        math.prod(part.value for part in parts),
        parts,
        question.weight,
        hit=distances[0] <= reach,
        distance=distances[0] if math.isfinite(distances[0]) else None,
        unit=region.unit,
    )


def _distance(region: Region, mark: Mark) -> float:
    distance = 0.0 if region.contains(mark) else region.distance(mark)
    if not distance >= 0:
        raise QuizError(f"region {region.name}: found a distance of {distance}, expected 0 or more. Report this.")
    return distance


def _mark_value(distance: float, reach: float) -> float:
    # A worked one: 5 mm reach, 9 mm away: (15 − 9) / (15 − 5) = 0.6.
    return min(1.0, max(0.0, (FADE * reach - distance) / (FADE * reach - reach)))


def _nearest_part(distance: float, reach: float, unit: str) -> Part:
    value = _mark_value(distance, reach)
    if math.isinf(distance):
        return Part("mark", 0.0, "on another image than the finding: 0.00")
    if distance == 0:
        return Part("mark", 1.0, "inside the outline: hit")
    if distance <= reach:
        return Part("mark", value, f"{distance:.1f} {unit} from the outline: hit")
    verdict = f"near, {value:.2f}" if value else f"missed, as from {FADE * reach:.1f} {unit}"
    return Part("mark", value, f"{distance:.1f} {unit} from the outline: {verdict}")


def _further_part(values: list[float]) -> tuple[Part, ...]:
    cost = math.fsum(FURTHER_MARK_COST * (1 - value) for value in values)
    if not cost:
        return ()
    away = sum(value < 1 for value in values)
    factor = max(0.0, 1 - cost)
    marks = "1 further mark" if away == 1 else f"{away} further marks"
    return (Part("further marks", factor, f"{marks} off the finding: × {factor:.2f}"),)
