"""A question, an answer and the truth become a score between 0 and 1 with the parts that explain it.

Marks and concepts have their own modules, `marking` and `ranking`. Here the rest:

Single best answer
    1 or 0.
Multiple response
    With N right options, each right choice earns 1/N and each wrong one takes 1/N, never below 0.
Measure
    1 within the tolerance, falling in a straight line to 0 at three times it.
Choose the examination
    Every aspect the same share; without a right modality the others earn nothing.
Report
    Never scored by a program: `score_report` takes the bands that somebody chose, 0, ½ or 1 for each line of the
    rubric, and gives their mean.

All is pure.
"""

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from quizzes import AnswerError, QuizError
from quizzes.answers import (
    Answer,
    DifferentialAnswer,
    ExaminationAnswer,
    MarkAnswer,
    MeasureAnswer,
    MenuAnswer,
    MultipleAnswer,
    ReportAnswer,
    SingleAnswer,
)
from quizzes.marking import Region, score_marks, tolerance
from quizzes.questions import (
    ASPECTS,
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
from quizzes.ranking import score_named, score_ranks
from quizzes.score import FADE, Part, Score, brier, case_score, faded
from quizzes.vocabulary import Vocabulary

__all__ = [
    "BANDS",
    "Band",
    "Part",
    "Region",
    "Score",
    "brier",
    "case_score",
    "score",
    "score_report",
    "tolerance",
]

Band: TypeAlias = Literal["none", "part", "full"]
BANDS: Mapping[Band, float] = {"none": 0.0, "part": 0.5, "full": 1.0}
"""What a line of a rubric earns."""


def score(
    question: Question, answer: Answer, *, vocabulary: Vocabulary, regions: Mapping[str, Region] | None = None
) -> Score:
    """Score an answer.

    Parameters
    ----------
    question : Question
        What was asked.
    answer : Answer
        Of the question's kind, from `read_answer`.
    vocabulary : Vocabulary
        Says which concepts are kin.
    regions : mapping of str to Region, optional
        By name, at least those that a mark question names.

    Raises
    ------
    AnswerError
        The answer is to another kind of question.
    QuizFileError
        The question does not fit its region (see `tolerance`).
    """
    match question, answer:
        case MarkQuestion(), MarkAnswer():
            known = regions or {}
            return score_marks(question, answer, [known[name] for name in question.regions if name in known])
        case SingleQuestion(), SingleAnswer():
            return _score_choice(question, answer)
        case MultipleQuestion(), MultipleAnswer():
            return _score_choices(question, answer)
        case MenuQuestion(), MenuAnswer():
            return score_named(question, answer, vocabulary)
        case DifferentialQuestion(), DifferentialAnswer():
            return score_ranks(question, answer, vocabulary)
        case MeasureQuestion(), MeasureAnswer():
            return _score_measure(question, answer)
        case ExaminationQuestion(), ExaminationAnswer():
            return _score_examination(question, answer)
        case ReportQuestion(), ReportAnswer():
            text = "a report is read by a person: score it by the rubric"
            return Score(0.0, (Part("report", 0.0, text),), weight=0.0)
        case (
            (
                MarkQuestion()
                | SingleQuestion()
                | MultipleQuestion()
                | MenuQuestion()
                | DifferentialQuestion()
                | MeasureQuestion()
                | ExaminationQuestion()
                | ReportQuestion()
            ),
            _,
        ):
            found = type(answer).__name__
            raise AnswerError(f"{question.id}: found a {found} to a {question.kind} question. Answer it again.")
        case _:
            assert_never(question)


def score_report(question: ReportQuestion, bands: Mapping[str, str]) -> Score:
    """Score a report by the bands that a person chose.

    Parameters
    ----------
    question : ReportQuestion
        Whose rubric it is.
    bands : mapping of str to str
        By name of each criterion: ``none``, ``part`` or ``full``.

    Raises
    ------
    QuizError
        A criterion is left out, or a band is none of the three.
    """
    parts = []
    for criterion in question.criteria:
        band = next((known for known in BANDS if known == bands.get(criterion.name)), None)
        if band is None:
            found = bands.get(criterion.name)
            expected = ", ".join(BANDS)
            raise QuizError(
                f'{question.id}, "{criterion.name}": found band {found!r}, expected {expected}. Choose one.'
            )
        texts: dict[Band, str] = {"none": criterion.none, "part": criterion.part, "full": criterion.full}
        parts.append(Part("criterion", BANDS[band], f"{criterion.name}: {BANDS[band]:.2f} ({texts[band]})"))
    return Score(math.fsum(part.value for part in parts) / len(parts), tuple(parts), question.weight)


def _score_choice(question: SingleQuestion, answer: SingleAnswer) -> Score:
    right = answer.choice == question.answer
    text = "the best answer" if right else f"the best answer is: {question.answer}"
    return Score(float(right), (Part("choice", float(right), text),), question.weight)


def _score_choices(question: MultipleQuestion, answer: MultipleAnswer) -> Score:
    share = 1 / len(question.answers)
    right = [choice for choice in question.answers if choice in answer.choices]
    wrong = [choice for choice in answer.choices if choice not in question.answers]
    missed = [choice for choice in question.answers if choice not in answer.choices]
    parts = [Part("choice", share, f"right: + {share:.2f} ({choice})") for choice in right]
    parts += [Part("wrong choice", share, f"wrong: − {share:.2f} ({choice})") for choice in wrong]
    parts += [Part("left out", 0.0, f"left out: {choice}") for choice in missed]
    value = max(0, len(right) - len(wrong)) / len(question.answers)
    return Score(value, tuple(parts), question.weight)


def _score_measure(question: MeasureQuestion, answer: MeasureAnswer) -> Score:
    unit = {"deg": "°", "SUV": "SUVbw"}.get(question.unit, question.unit)
    off = abs(answer.value - question.value)
    # What a viewer rounds away must not cost anything at the edge.
    value = faded(off if off > question.tolerance + 1e-9 else 0.0, question.tolerance)
    told = f"{answer.value:g} {unit}, {off:.3g} from {question.value:g} {unit}"
    if value == 1:
        verdict = f"within {question.tolerance:g}"
    else:
        verdict = f"near, {value:.2f}" if value else f"too far, as from {FADE * question.tolerance:g}"
    return Score(value, (Part("measure", value, f"{told}: {verdict}"),), question.weight)


def _score_examination(question: ExaminationQuestion, answer: ExaminationAnswer) -> Score:
    parts = []
    for choice in question.choices:
        chosen = answer.chosen[choice.aspect]
        right = chosen in choice.answers
        text = f"{ASPECTS[choice.aspect].lower()}: " + (
            "right" if right else f"right is: {' or '.join(choice.answers)}"
        )
        parts.append(Part(choice.aspect, float(right), text))
    value = math.fsum(part.value for part in parts) / len(parts)
    if not parts[0].value and value:
        parts.append(Part("cap", 0.0, "without the right examination the rest earns nothing: 0.00"))
        value = 0.0
    return Score(value, tuple(parts), question.weight)
