"""A case's ``quiz.toml`` becomes questions, and a question what a learner may see of it before committing.

A question is one of three kinds, a closed union told apart by type. Frame numbers are 1-based, as in a file.
Whether a region or series of that name exists is for whoever has the case; answers are read in `answers`, and
scored in `scoring`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias, TypedDict, assert_never, cast

from quizzes import Fault, QuizFileError
from quizzes.table import Table, read_table
from quizzes.vocabulary import Vocabulary

__all__ = [
    "RANKS",
    "DifferentialQuestion",
    "Entry",
    "MarkQuestion",
    "Question",
    "Quiz",
    "SingleQuestion",
    "Tier",
    "learner_view",
    "read_quiz",
]

RANKS = 5
"""Entries that a ranked differential may have."""

Tier = Literal["answer", "plausible", "must-not-miss", "unlikely"]
TIERS: tuple[Tier, ...] = ("answer", "plausible", "must-not-miss", "unlikely")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkQuestion(_Asked):
    """Mark the finding in the image, or say that there is none."""

    kind: ClassVar[Literal["mark"]] = "mark"
    region: str | None
    """Name of the case's region to be marked; None where the truth is that there is no finding."""
    series: str
    """Id of the series to mark in."""
    frame: int | None = None
    """Image to jump to when the question is asked, 1-based; None leaves the view as it is."""
    tolerance_px: float | None = None
    """Distance from the outline that still hits; for regions measured in pixels, and only for those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleQuestion(_Asked):
    """Choose the single best answer."""

    kind: ClassVar[Literal["single"]] = "single"
    options: tuple[str, ...]
    """At least two different texts, in the file's order, which learners do not see."""
    answer: str
    """The right one of the options."""


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


Question: TypeAlias = MarkQuestion | SingleQuestion | DifferentialQuestion


class _Common(TypedDict):
    id: str
    prompt: str
    explanation: str
    weight: float


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions of one case."""

    questions: tuple[Question, ...]
    """In the order in which they are asked; at least one."""

    def question(self, question_id: str) -> Question | None:
        """Return the question of this id, or None."""
        return next((question for question in self.questions if question.id == question_id), None)


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
            return view | {"series": question.series, "frame": question.frame}
        case SingleQuestion():
            return view | {"options": _shuffled(question.options, f"{seed}/{question.id}")}
        case DifferentialQuestion():
            return view | {"ranks": RANKS}
        case _:
            assert_never(question)


def read_quiz(path: Path, vocabulary: Vocabulary) -> Quiz:
    """Read a case's questions.

    Parameters
    ----------
    path : Path
        The ``quiz.toml``.
    vocabulary : Vocabulary
        The concepts that a differential may name.

    Raises
    ------
    QuizFileError
        Naming every fault of the file.
    """
    faults: list[Fault] = []
    root = read_table(path, faults)
    if faults:
        raise QuizFileError(faults)
    tables = root.tables("question")
    root.close()
    questions = [question for table in tables if (question := _question(table, vocabulary))]
    for repeated in _repeated(question.id for question in questions if question.id):
        root.note(f"question.{repeated}", "the id is there more than once. Give each question its own.")
    if faults:
        raise QuizFileError(faults)
    return Quiz(tuple(questions))


def _question(table: Table, vocabulary: Vocabulary) -> Question | None:
    name = table.text("id")
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        table.note("id", f'found "{name}", expected lower-case letters, digits and hyphens. Correct it.')
    elif name:
        table.place = f"question.{name}"  # an author finds a question by its id before its number
    asked = _Common(
        id=name,
        prompt=table.text("prompt"),
        explanation=table.text("explanation"),
        weight=table.positive("weight", default=1.0),
    )
    kind = table.choice("kind", ("mark", "single", "differential"))
    question: Question
    if kind == "mark":
        question = _mark(table, asked)
    elif kind == "single":
        question = _single(table, asked)
    elif kind == "differential":
        question = _differential(table, asked, vocabulary)
    else:
        return None  # which other keys it should have is not known
    table.close()
    return question


def _mark(table: Table, asked: _Common) -> MarkQuestion:
    absent = table.flag("no_finding")
    region = table.text("region", required=not absent)
    if absent and region:
        table.note("no_finding", f'true, and region is "{region}": expected one of the two. Remove the other.')
    return MarkQuestion(
        **asked,
        region=region or None,
        series=table.text("series"),
        frame=table.ordinal("frame"),
        tolerance_px=table.positive("tolerance_px", default=None),
    )


def _single(table: Table, asked: _Common) -> SingleQuestion:
    question = SingleQuestion(**asked, options=table.texts("options"), answer=table.text("answer"))
    if len(question.options) < 2:
        table.note("options", f"found {len(question.options)}, expected two or more. Write what may be chosen.")
    elif question.answer and question.answer not in question.options:
        table.note("answer", f'"{question.answer}" is not among the options. Copy one of them letter by letter.')
    for option in _repeated(option.casefold() for option in question.options):
        table.note("options", f'"{option}" is there more than once. Remove one.')
    return question


def _differential(table: Table, asked: _Common, vocabulary: Vocabulary) -> DifferentialQuestion:
    entries = tuple(_entry(row, vocabulary) for row in table.tables("entry"))
    tiers = Counter(entry.tier for entry in entries)
    if entries and not tiers["answer"]:
        table.note("entry", 'none has the tier "answer", expected at least one. Say which it is.')
    if tiers["must-not-miss"] >= RANKS:
        table.note("entry", f"{tiers['must-not-miss']} must not be missed, but {RANKS} may be named. Choose fewer.")
    for concept in _repeated(entry.concept for entry in entries if entry.concept):
        table.note("entry", f"{concept} is there more than once. Remove one.")
    return DifferentialQuestion(**asked, entries=entries)


def _entry(row: Table, vocabulary: Vocabulary) -> Entry:
    concept = row.text("concept")
    if concept and concept not in vocabulary:
        near = vocabulary.search(concept, limit=1)
        hint = f"Did you mean {near[0].id}?" if near else "Add it to vocabulary.toml."
        row.note("concept", f'"{concept}" is not in the vocabulary. {hint}')
    entry = Entry(
        concept=concept,
        tier=cast("Tier", row.choice("tier", TIERS)),
        pros=row.text("for", required=False),
        cons=row.text("against", required=False),
    )
    if not entry.pros and not entry.cons:
        row.note("for", "nothing speaks for or against it, expected reasons. Write for, against or both.")
    row.close()
    return entry


def _shuffled(options: Iterable[str], seed: str) -> list[str]:
    # By digest, not by random: the order is the same in every Python version, and hides the file's order.
    return sorted(options, key=lambda option: hashlib.sha256(f"{seed}/{option}".encode()).digest())


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
