"""A case's ``quiz.toml`` becomes its questions and stages, or a list of everything that is wrong with it.

Frame numbers are 1-based. Whether a region or series of that name exists is for whoever has the case. Kinds are told
apart by the key ``kind``; a key that its kind does not know is a fault.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict, cast

from quizzes import Fault, QuizFileError
from quizzes.questions import (
    ASPECTS,
    RANKS,
    TIERS,
    UNITS,
    Aspect,
    Choice,
    Criterion,
    DifferentialQuestion,
    Entry,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    Quiz,
    ReportQuestion,
    SingleQuestion,
    Stage,
    Tier,
    Unit,
)
from quizzes.table import Table, read_table
from quizzes.vocabulary import Vocabulary

__all__ = ["read_quiz"]

_MOST_REGIONS, _MOST_MARKS = 8, 20
_SEVERAL = 10
"""Marks that may be placed where several findings are asked for, unless the file says otherwise."""


class _Common(TypedDict):
    id: str
    prompt: str
    explanation: str
    weight: float
    stage: str


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
    stages = tuple(map(_stage, root.tables("stage"))) if "stage" in root.values else ()
    tables = root.tables("question")
    root.close()
    questions = [question for table in tables if (question := _question(table, vocabulary))]
    for repeated in _repeated(question.id for question in questions if question.id):
        root.note(f"question.{repeated}", "the id is there more than once. Give each question its own.")
    _check_order(root, questions, stages)
    if faults:
        raise QuizFileError(faults)
    return Quiz(tuple(questions), stages)


def _stage(table: Table) -> Stage:
    name = table.identifier("id")
    if name:
        table.place = f"stage.{name}"
    series = table.texts("series") if "series" in table.values else None
    stage = Stage(name, table.text("title"), table.text("information", required=False), series)
    table.close()
    return stage


def _check_order(root: Table, questions: list[Question], stages: tuple[Stage, ...]) -> None:
    """Note stages that do not follow one another as their questions do, and what is ranked again too early."""
    names = [stage.id for stage in stages]
    for repeated in _repeated(names):
        root.note(f"stage.{repeated}", "the id is there more than once. Give each stage its own.")
    asked = list(dict.fromkeys(question.stage for question in questions))
    if any(one not in names for one in asked if one) or (names and "" in asked):
        wrong = next(question for question in questions if question.stage not in names)
        found, wanted = wrong.stage or "nothing", ", ".join(names) or "no stages"
        root.note(f"question.{wrong.id}.stage", f"found {found}, expected one of: {wanted}. Correct it.")
    elif names and [question.stage for question in questions] != sorted(
        (question.stage for question in questions), key=names.index
    ):
        root.note("question", "are not in the order of their stages. Move them together.")
    elif names != [one for one in asked if one]:
        empty = next(name for name in names if name not in asked)
        root.note(f"stage.{empty}", "asks nothing, expected one question or more. Add one or remove the stage.")
    before: set[str] = set()
    for question in questions:
        if isinstance(question, DifferentialQuestion):
            if question.again and question.again not in before:
                message = f'there is no differential "{question.again}" before it. Name an earlier one.'
                root.note(f"question.{question.id}.again", message)
            before.add(question.id)


def _question(table: Table, vocabulary: Vocabulary) -> Question | None:
    name = table.identifier("id")
    if name:
        table.place = f"question.{name}"  # an author finds a question by its id before its number
    asked = _Common(
        id=name,
        prompt=table.text("prompt"),
        explanation=table.text("explanation"),
        weight=table.positive("weight", default=1.0),
        stage=table.text("stage", required=False),
    )
    kind = table.choice("kind", tuple(_READERS))
    if not kind:
        return None  # which other keys it should have is not known
    question = _READERS[kind](table, asked, vocabulary)
    table.close()
    return question


def _mark(table: Table, asked: _Common, _: Vocabulary) -> MarkQuestion:
    absent = table.flag("no_finding")
    regions = table.texts("regions")
    if region := table.text("region", required=not absent and not regions):
        regions = (region, *regions)
    if absent and regions:
        found = ", ".join(regions)
        table.note("no_finding", f'true, and region is "{found}": expected one of the two. Remove the other.')
    for repeated in _repeated(regions):
        table.note("regions", f'"{repeated}" is there more than once. Remove one.')
    if len(regions) > _MOST_REGIONS:
        table.note("regions", f"found {len(regions)}, expected at most {_MOST_REGIONS}. Choose fewer.")
    most = table.ordinal("most") or (_SEVERAL if len(regions) > 1 else 1)
    if not len(regions) <= most <= _MOST_MARKS:
        table.note("most", f"found {most}, expected {max(1, len(regions))} to {_MOST_MARKS}. Correct it.")
    return MarkQuestion(
        **asked,
        regions=regions,
        series=table.text("series"),
        frame=table.ordinal("frame"),
        tolerance_px=table.positive("tolerance_px", default=None),
        most=most,
    )


def _single(table: Table, asked: _Common, _: Vocabulary) -> SingleQuestion:
    question = SingleQuestion(**asked, options=_options(table), answer=table.text("answer"))
    if len(question.options) > 1 and question.answer and question.answer not in question.options:
        table.note("answer", f'"{question.answer}" is not among the options. Copy one of them letter by letter.')
    return question


def _multiple(table: Table, asked: _Common, _: Vocabulary) -> MultipleQuestion:
    question = MultipleQuestion(**asked, options=_options(table), answers=_answers(table))
    if 2 * len(question.answers) > len(question.options):
        count = f"{len(question.answers)} right of {len(question.options)}"
        table.note("answers", f"found {count}, expected at most half: else choosing all pays. Add wrong options.")
    return question


def _options(table: Table) -> tuple[str, ...]:
    options = table.texts("options")
    if len(options) < 2:
        table.note("options", f"found {len(options)}, expected two or more. Write what may be chosen.")
    for option in _repeated(option.casefold() for option in options):
        table.note("options", f'"{option}" is there more than once. Remove one.')
    return options


def _answers(table: Table) -> tuple[str, ...]:
    """Read the right ones of the options of the same table."""
    answers = table.texts("answers")
    if not answers:
        table.note("answers", "found none, expected one or more of the options. Say which are right.")
    for answer in answers:
        if answer not in table.texts("options"):
            table.note("answers", f'"{answer}" is not among the options. Copy one of them letter by letter.')
    for answer in _repeated(answers):
        table.note("answers", f'"{answer}" is there more than once. Remove one.')
    return answers


def _menu(table: Table, asked: _Common, vocabulary: Vocabulary) -> MenuQuestion:
    answers = table.texts("answers")
    if not answers:
        table.note("answers", "found none, expected one concept or more. Say which are right.")
    for concept in answers:
        _check_concept(table, "answers", concept, vocabulary)
    return MenuQuestion(**asked, answers=answers)


def _differential(table: Table, asked: _Common, vocabulary: Vocabulary) -> DifferentialQuestion:
    entries = tuple(_entry(row, vocabulary) for row in table.tables("entry"))
    tiers = Counter(entry.tier for entry in entries)
    if entries and not tiers["answer"]:
        table.note("entry", 'none has the tier "answer", expected at least one. Say which it is.')
    if tiers["must-not-miss"] >= RANKS:
        table.note("entry", f"{tiers['must-not-miss']} must not be missed, but {RANKS} may be named. Choose fewer.")
    for concept in _repeated(entry.concept for entry in entries if entry.concept):
        table.note("entry", f"{concept} is there more than once. Remove one.")
    return DifferentialQuestion(**asked, entries=entries, again=table.text("again", required=False))


def _entry(row: Table, vocabulary: Vocabulary) -> Entry:
    concept = row.text("concept")
    if concept:
        _check_concept(row, "concept", concept, vocabulary)
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


def _check_concept(table: Table, key: str, concept: str, vocabulary: Vocabulary) -> None:
    if concept not in vocabulary:
        near = vocabulary.search(concept, limit=1)
        hint = f"Did you mean {near[0].id}?" if near else "Add it to vocabulary.toml."
        table.note(key, f'"{concept}" is not in the vocabulary. {hint}')


def _measure(table: Table, asked: _Common, _: Vocabulary) -> MeasureQuestion:
    question = MeasureQuestion(
        **asked,
        unit=cast("Unit", table.choice("unit", UNITS)),
        value=table.number("value"),
        tolerance=table.positive("tolerance", default=0.0),
        source=table.text("source"),
        series=table.text("series", required=False),
        frame=table.ordinal("frame"),
    )
    if not question.tolerance:
        table.note("tolerance", "found nothing, expected a number above 0. Say which difference still is right.")
    elif question.unit != "HU" and 3 * question.tolerance > question.value:
        message = f"three times it reach from {question.value:g} to 0, expected less: else a guess earns something."
        table.note("tolerance", f"{message} Lower it.")
    return question


def _examination(table: Table, asked: _Common, _: Vocabulary) -> ExaminationQuestion:
    choices = tuple(map(_choice, table.tables("choice")))
    if choices and choices[0].aspect != "modality":
        table.note("choice", f"the first is {choices[0].aspect or 'none'}, expected modality. Put it first.")
    for repeated in _repeated(choice.aspect for choice in choices):
        table.note("choice", f"{repeated} is there more than once. Remove one.")
    return ExaminationQuestion(**asked, choices=choices)


def _choice(row: Table) -> Choice:
    choice = Choice(cast("Aspect", row.choice("aspect", tuple(ASPECTS))), _options(row), _answers(row))
    if len(choice.answers) == len(choice.options):
        row.note("answers", "every option is right, expected a wrong one. Add it.")
    row.close()
    return choice


def _report(table: Table, asked: _Common, _: Vocabulary) -> ReportQuestion:
    criteria = tuple(map(_criterion, table.tables("criterion")))
    for repeated in _repeated(criterion.name for criterion in criteria):
        table.note("criterion", f'"{repeated}" is there more than once. Give each its own name.')
    return ReportQuestion(**asked, model=table.text("model"), criteria=criteria)


def _criterion(row: Table) -> Criterion:
    criterion = Criterion(row.text("name"), row.text("full"), row.text("part"), row.text("none"))
    row.close()
    return criterion


_Reader = Callable[[Table, _Common, Vocabulary], Question]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "mark": _mark,
        "single": _single,
        "multiple": _multiple,
        "menu": _menu,
        "differential": _differential,
        "measure": _measure,
        "examination": _examination,
        "report": _report,
    }
)


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
