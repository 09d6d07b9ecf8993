"""What the tally of a question says about it: difficulty, item-rest correlation, time, and how it was answered.

Only first attempts count, each learner once. Below 30 of them nothing is judged, whatever the numbers look like. All is
pure, and follows from the attempts alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import assert_never

from quizzes.interval import Interval, wilson_of
from quizzes.questions import (
    ASPECTS,
    Choice,
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
from quizzes.records import ItemSums
from quizzes.scoring import BANDS, Band
from quizzes.vocabulary import Vocabulary

__all__ = ["ENOUGH", "ChosenAnswer", "ItemStatistics", "bands", "distractors", "item_statistics", "verdicts"]

ENOUGH = 30
"""First attempts from which an item is judged."""
EASY, HARD = 0.9, 0.3
SEPARATES = 0.1


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One question as its first attempts show it."""

    case_slug: str
    """Which case."""
    question_id: str
    """Which question."""
    n: int
    """First attempts."""
    difficulty: Interval
    """P, the mean score: 1 is easy. With its confidence interval."""
    right_share: float
    """Share that was right outright."""
    item_rest: float | None
    """Correlation of its score with the mean score of the attempt's other questions; None without any spread."""
    item_rest_high: float | None
    """Upper end of its 95 % confidence interval, by Fisher's transformation."""
    typical_s: float
    """Geometric mean of the time taken, in seconds, each counted as 1 s to 30 min."""


@dataclass(frozen=True, slots=True)
class ChosenAnswer:
    """One line of the distractor table."""

    answer: str
    """For people."""
    n: int
    """How often it was given."""
    share: float
    """Of those who answered; several may be given at once."""
    right: bool
    """Whether it is the right one."""


def item_statistics(sums: ItemSums) -> ItemStatistics:
    """Return the statistics of one item.

    References
    ----------
    Crocker L, Algina J. Introduction to Classical and Modern Test Theory. 1986, chapter 14.
    """
    return ItemStatistics(
        sums.case_slug,
        sums.question_id,
        sums.n,
        wilson_of(min(max(sums.x / sums.n, 0.0), 1.0), sums.n),
        sums.right_n / sums.n,
        rest := _correlation(sums),
        None
        if rest is None
        else math.tanh(math.atanh(min(max(rest, -0.999), 0.999)) + 1.96 / math.sqrt(sums.pairs - 3)),
        math.exp(sums.log_s / sums.n),
    )


def verdicts(item: ItemStatistics) -> list[str] | None:
    """Return what a teacher should look at, empty when nothing stands out; None below 30 first attempts."""
    if item.n < ENOUGH:
        return None
    found = []
    if item.difficulty.mean > EASY:
        found.append("easy: nearly everybody gets it")
    if item.difficulty.mean < HARD:
        found.append("hard: few get it; read the question again")
    high = item.item_rest_high
    if high is not None and high < 0:
        found.append("who does well elsewhere in the case does worse here: check the key")
    elif high is not None and high < SEPARATES and HARD <= item.difficulty.mean <= EASY:
        found.append("says little about who reads the case well")
    return found


def distractors(
    question: Question, counts: Mapping[str, int], vocabulary: Vocabulary, n: int | None = None
) -> list[ChosenAnswer]:
    """Return how a question was answered, the most frequent first; options that nobody chose are there with 0.

    Of an examination part by part, of a measurement in bins as wide as its tolerance, from low to high.

    Parameters
    ----------
    counts : mapping
        How often each answer was given, as `Records.answers` has it.
    n : int, optional
        How many answered; their sum without.
    """
    total = n or sum(counts.values())
    if isinstance(question, MeasureQuestion):
        return _bins(question, counts, total)
    if isinstance(question, ExaminationQuestion):
        return [row for choice in question.choices for row in _part(choice, counts, total)]
    offered, right = _offered(question)
    rows = [
        ChosenAnswer(
            vocabulary[answer].name
            if isinstance(question, DifferentialQuestion | MenuQuestion) and answer in vocabulary
            else answer,
            counts.get(answer, 0),
            counts.get(answer, 0) / total if total else 0.0,
            answer in right,
        )
        for answer in dict.fromkeys((*counts, *offered))
    ]
    return sorted(rows, key=lambda row: (-row.n, row.answer))


def _bins(question: MeasureQuestion, counts: Mapping[str, int], total: int) -> list[ChosenAnswer]:
    """Return how many values lie in each bin; between 1 and 3 tolerances a value still earns a part."""
    steps = (-math.inf, -3, -2, -1, 1, 2, 3, math.inf)
    found = [0] * (len(steps) - 1)
    for text, count in counts.items():
        value = _number(text)
        if value is None:
            continue  # the question was of another kind once
        off = (value - question.value) / question.tolerance
        # At an edge the bin nearer to the truth; what a viewer rounds away is none of it.
        near = math.copysign(max(abs(off) - 1e-9, 0.0), off)
        found[next(n for n, end in enumerate(steps[1:]) if near <= end)] += count
    unit = {"deg": "°", "SUV": "SUVbw"}.get(question.unit, question.unit)
    rows = []
    for number, (low, high) in enumerate(pairwise(question.value + step * question.tolerance for step in steps)):
        if math.isinf(low):
            text = f"below {high:.4g} {unit}"
        else:
            text = f"above {low:.4g} {unit}" if math.isinf(high) else f"{low:.4g} to {high:.4g} {unit}"
        rows.append(ChosenAnswer(text, found[number], found[number] / total if total else 0.0, number == 3))
    return rows


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _part(choice: Choice, counts: Mapping[str, int], total: int) -> list[ChosenAnswer]:
    """Return how one part of an examination was chosen, the most frequent first."""
    given = {option: counts.get(f"{choice.aspect}: {option}", 0) for option in choice.options}
    rows = [
        ChosenAnswer(f"{ASPECTS[choice.aspect]}: {option}", n, n / total if total else 0.0, option in choice.answers)
        for option, n in given.items()
    ]
    return sorted(rows, key=lambda row: (-row.n, row.answer))


def bands(question: ReportQuestion, counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, dict[Band, int]]]:
    """Return how often people gave each band, for each line of the rubric as it is now.

    Parameters
    ----------
    counts : mapping
        By criterion and band, as `Records.bands` has it.
    """
    return [(one.name, {band: counts.get(one.name, {}).get(band, 0) for band in BANDS}) for one in question.criteria]


def _offered(question: Question) -> tuple[tuple[str, ...], set[str]]:
    """Return the answers that could be given, as far as they can be listed, and the right ones."""
    match question:
        case SingleQuestion():
            return question.options, {question.answer}
        case DifferentialQuestion():
            right = {entry.concept for entry in question.entries if entry.tier == "answer"}
            return tuple(entry.concept for entry in question.entries), right
        case MarkQuestion():
            return ("hit", "missed", "no finding"), {"hit" if question.regions else "no finding"}
        case MultipleQuestion():
            return question.options, set(question.answers)
        case MenuQuestion():
            return question.answers, set(question.answers)
        case MeasureQuestion() | ExaminationQuestion() | ReportQuestion():
            return (), set()
        case _:
            assert_never(question)


def _correlation(sums: ItemSums) -> float | None:
    if sums.pairs < 4:
        return None
    spread_x = sums.pxx - sums.px**2 / sums.pairs
    spread_r = sums.rr - sums.r**2 / sums.pairs
    # Sums of many squares leave a little behind where there is no spread at all.
    if spread_x < 1e-6 or spread_r < 1e-6:
        return None
    together = sums.xr - sums.px * sums.r / sums.pairs
    return max(-1.0, min(1.0, together / math.sqrt(spread_x * spread_r)))
