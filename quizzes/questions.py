"""What is asked of a case: questions of eight kinds, stages that lock, and what a learner may see of each.

A question is one of a closed union, told apart by type. Frame numbers are 1-based, as in a file. How a file
becomes questions is in `quizfile`; answers are read in `answers`, and scored in `scoring`.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias, assert_never

__all__ = [
    "ASPECTS",
    "RANKS",
    "TIERS",
    "UNITS",
    "Aspect",
    "Choice",
    "Criterion",
    "DifferentialQuestion",
    "Entry",
    "ExaminationQuestion",
    "MarkQuestion",
    "MeasureQuestion",
    "MenuQuestion",
    "MultipleQuestion",
    "Question",
    "Quiz",
    "ReportQuestion",
    "SingleQuestion",
    "Stage",
    "Tier",
    "Unit",
    "learner_view",
]

RANKS = 5
"""Entries that a ranked differential may have."""

Tier = Literal["answer", "plausible", "must-not-miss", "unlikely"]
TIERS: tuple[Tier, ...] = ("answer", "plausible", "must-not-miss", "unlikely")

Unit = Literal["mm", "deg", "HU", "SUV", "SUVmax", "px"]
UNITS: tuple[Unit, ...] = ("mm", "deg", "HU", "SUV", "SUVmax", "px")
"""What a measurement may be in; SUV is the mean SUVbw of a region, SUVmax the SUVbw of its hottest voxel."""

Aspect = Literal["modality", "contrast", "phase", "radiopharmaceutical", "why"]
ASPECTS: dict[Aspect, str] = {
    "modality": "Examination",
    "contrast": "Contrast medium",
    "phase": "Phase or timing",
    "radiopharmaceutical": "Radiopharmaceutical",
    "why": "Why",
}
"""What has to be chosen of an examination, in the order of choosing, and what people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    id: str
    """Unique in its quiz: lower-case letters, digits and hyphens."""
    prompt: str
    """What is asked; shown before committing."""
    explanation: str
    """Markdown, shown after committing; never empty."""
    weight: float = 1.0
    """Share in the score of the case, above 0."""
    stage: str = ""
    """Id of the stage it belongs to; empty in a quiz without stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkQuestion(_Asked):
    """Mark every finding that is asked for in the image, or say that there is none."""

    kind: ClassVar[Literal["mark"]] = "mark"
    regions: tuple[str, ...]
    """Names of the case's regions to be marked, each once; empty where the truth is that there is no finding."""
    series: str
    """Id of the series to mark in."""
    frame: int | None = None
    """Image to jump to when the question is asked, 1-based; None leaves the view as it is."""
    tolerance_px: float | None = None
    """Distance from the outline that still hits; for regions measured in pixels, and only for those."""
    most: int = 1
    """Marks that may be placed, at least one for each region; learners see it, so it tells no number of findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleQuestion(_Asked):
    """Choose the single best answer."""

    kind: ClassVar[Literal["single"]] = "single"
    options: tuple[str, ...]
    """At least two different texts, in the file's order, which learners do not see."""
    answer: str
    """The right one of the options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleQuestion(_Asked):
    """Choose all that are right."""

    kind: ClassVar[Literal["multiple"]] = "multiple"
    options: tuple[str, ...]
    """Different texts, in the file's order, which learners do not see."""
    answers: tuple[str, ...]
    """The right ones, at most half of the options: then choosing all of them earns nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuQuestion(_Asked):
    """Name one thing, found by typing in the whole vocabulary: no list gives it away."""

    kind: ClassVar[Literal["menu"]] = "menu"
    answers: tuple[str, ...]
    """Ids in the vocabulary that are right; at least one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the author thinks of one diagnosis."""

    concept: str
    """Id in the vocabulary."""
    tier: Tier
    """What naming it, or leaving it out, is worth; ``unlikely`` is listed and wrong."""
    pros: str
    """What speaks for it (``for`` in the file); may be empty when `cons` is not."""
    cons: str
    """What speaks against it (``against`` in the file)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferentialQuestion(_Asked):
    """Rank up to five diagnoses."""

    kind: ClassVar[Literal["differential"]] = "differential"
    entries: tuple[Entry, ...]
    """In the order of likelihood; at least one is the answer."""
    again: str = ""
    """Id of an earlier differential that is ranked again in the light of something new; empty for a first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureQuestion(_Asked):
    """Measure something, in the image or typed as a number."""

    kind: ClassVar[Literal["measure"]] = "measure"
    unit: Unit
    """Of the value."""
    value: float
    """The truth."""
    tolerance: float
    """Difference that still earns everything, above 0; at three times it nothing is left."""
    source: str
    """Where the truth comes from: documented, or derived from which region; shown after committing."""
    series: str = ""
    """Id of the series to measure in; empty for any."""
    frame: int | None = None
    """Image to jump to, 1-based."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice about an examination."""

    aspect: Aspect
    """What is chosen."""
    options: tuple[str, ...]
    """At least two different texts."""
    answers: tuple[str, ...]
    """Those that are right; any of them is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminationQuestion(_Asked):
    """Choose the examination that answers an indication: modality, contrast, phase, radiopharmaceutical, and why."""

    kind: ClassVar[Literal["examination"]] = "examination"
    choices: tuple[Choice, ...]
    """Different ones; the first is the modality."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a rubric with three bands."""

    name: str
    """What is judged."""
    full: str
    """What a report says that earns all of it."""
    part: str
    """What it says that earns half."""
    none: str
    """What it says, or leaves out, that earns nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuestion(_Asked):
    """Write a short report; people score it by a rubric, never a program."""

    kind: ClassVar[Literal["report"]] = "report"
    model: str
    """The model report, Markdown, shown after committing."""
    criteria: tuple[Criterion, ...]
    """The rubric; at least one line, with different names."""


Question: TypeAlias = (
    MarkQuestion
    | SingleQuestion
    | MultipleQuestion
    | MenuQuestion
    | DifferentialQuestion
    | MeasureQuestion
    | ExaminationQuestion
    | ReportQuestion
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a staged reading: it opens when everything before it is committed, and stays."""

    id: str
    """Unique in its quiz."""
    title: str
    """Short name, shown when it opens."""
    information: str
    """Markdown that is news when the stage opens; may be empty."""
    series: tuple[str, ...] | None = None
    """Ids of the series that come into view with it; None for all of the case."""


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions of one case."""

    questions: tuple[Question, ...]
    """In the order in which they are asked; at least one."""
    stages: tuple[Stage, ...] = ()
    """In the order in which they open; none in a quiz that is asked in one go."""

    def question(self, question_id: str) -> Question | None:
        """Return the question of this id, or None."""
        return next((question for question in self.questions if question.id == question_id), None)

    def only(self, question_ids: Collection[str] | None) -> "Quiz":
        """Return the quiz with these questions alone, as an attempt had it; whole when it has none of them."""
        kept = tuple(one for one in self.questions if question_ids is None or one.id in question_ids)
        return replace(self, questions=kept or self.questions)

    def opened(self, committed: Collection[str]) -> tuple[Stage, ...]:
        """Return the stages that are open once these questions are committed, the newest last."""
        left = next((question.stage for question in self.questions if question.id not in committed), None)
        names = [stage.id for stage in self.stages]
        return self.stages[: names.index(left) + 1] if left in names else self.stages

    def series_in_view(self, committed: Collection[str]) -> frozenset[str] | None:
        """Return the ids of the series that may be seen by now; None for all of the case."""
        shown: frozenset[str] = frozenset()
        for stage in self.opened(committed):
            if stage.series is None:
                return None
            shown |= frozenset(stage.series)
        return shown if self.stages else None


def learner_view(question: Question, seed: int) -> dict[str, object]:
    """Return all that may reach the browser before the question is committed, as plain JSON.

    Parameters
    ----------
    question : Question
        The question; the view is the same whatever its answer is.
    seed : int
        The attempt's; it alone decides the order of the options, so a reload does not change it.
    """
    view: dict[str, object] = {"id": question.id, "kind": question.kind, "prompt": question.prompt}
    match question:
        case MarkQuestion():
            return view | {"series": question.series, "frame": question.frame, "most": question.most}
        case SingleQuestion() | MultipleQuestion():
            return view | {"options": _shuffled(question.options, f"{seed}/{question.id}")}
        case DifferentialQuestion():
            return view | {"ranks": RANKS, "again": question.again}
        case MenuQuestion():
            return view | {"ranks": 1}
        case MeasureQuestion():
            return view | {"unit": question.unit, "series": question.series, "frame": question.frame}
        case ExaminationQuestion():
            name = f"{seed}/{question.id}"
            return view | {"choices": {x.aspect: _shuffled(x.options, f"{name}/{x.aspect}") for x in question.choices}}
        case ReportQuestion():
            return view
        case _:
            assert_never(question)


def _shuffled(options: Iterable[str], seed: str) -> list[str]:
    # By digest, not by random: the order is the same in every Python version, and hides the file's order.
    return sorted(options, key=lambda option: hashlib.sha256(f"{seed}/{option}".encode()).digest())
