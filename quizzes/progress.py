"""A learner's own answers become pictures: coverage, learning curve, calibration, rhythm and what is coming due.

A case counts where all that an attempt had to answer was answered, at its weighted mean score: a question that the case
got later changes nothing. Confidence counts with every answer. All is pure, times are UTC and passed in; days are the
learner's own, by a timezone passed in.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from quizzes.interval import Interval, wilson
from quizzes.practice import Candidate, Concept, Review, rating
from quizzes.records import Answered, Judged
from quizzes.scoring import BANDS, Score, brier

__all__ = [
    "ENOUGH",
    "Brier",
    "CaseRead",
    "CurvePoint",
    "brier_score",
    "calibration",
    "cases_read",
    "coverage",
    "due_load",
    "last_read",
    "learning_curve",
    "report_scores",
    "reviews",
    "streak",
]

ENOUGH = 20
"""Cases from which a learning curve is drawn: before, it shows noise (Pusic 2011)."""
WINDOW = 10
"""Cases over which the curve is averaged."""


@dataclass(frozen=True, slots=True)
class CaseRead:
    """One attempt at a case, answered to its end."""

    slug: str
    """Which case."""
    number: int
    """Which attempt of the learner's at it, from 1."""
    score: float
    """Weighted mean of its questions, 0 to 1."""
    at: datetime
    """When its last question was committed."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a learning curve."""

    case: int
    """How many cases were read by then."""
    score: Interval
    """Over the last ten of them."""


@dataclass(frozen=True, slots=True)
class Brier:
    """How far confidence was from the truth, on average."""

    score: float
    """Mean squared distance: 0 is certain and right, 0.25 always 50 %."""
    error: float
    """Its standard error; 0 for a single answer."""
    n: int
    """Answers."""


def cases_read(answers: Iterable[Answered]) -> list[CaseRead]:
    """Return the attempts that were answered to their end, oldest first."""
    found = []
    for own in _finished(answers):
        total = math.fsum(one.weight for one in own)
        # A case of reports alone has no score: nobody has read them.
        score = math.fsum(one.weight * one.score for one in own) / total if total else 0.0
        found.append(CaseRead(own[0].case_slug, own[0].number, min(score, 1.0), max(one.committed_at for one in own)))
    return sorted(found, key=lambda one: (one.at, one.slug))


def last_read(answers: Iterable[Answered]) -> dict[str, datetime]:
    """Return when each case was answered last, by slug."""
    found: dict[str, datetime] = {}
    for one in answers:
        found[one.case_slug] = max(one.committed_at, found.get(one.case_slug, one.committed_at))
    return found


def reviews(answers: Iterable[Answered], concepts: Mapping[str, Concept]) -> list[Review]:
    """Return every meeting with a concept: one for each attempt answered to its end at a case of the library."""
    found = []
    for own in _finished(answers):
        slug = own[0].case_slug
        if slug in concepts:
            scores = [Score(one.score, (), one.weight, one.top1, one.top3, one.hit) for one in own]
            rated = rating(scores, [one.confidence for one in own])
            found.append(Review(concepts[slug], slug, max(one.committed_at for one in own), rated))
    return found


def coverage(
    candidates: Iterable[Candidate], modalities: Mapping[str, str], read: Collection[str]
) -> list[tuple[str, str, int, int]]:
    """Return (section, modality, cases read, cases there) for each pair that the library has.

    A case of two sections counts in both.
    """
    there: Counter[tuple[str, str]] = Counter()
    done: Counter[tuple[str, str]] = Counter()
    for one in candidates:
        for section in one.sections:
            pair = section, modalities[one.slug]
            there[pair] += 1
            done[pair] += one.slug in read
    return [(*pair, done[pair], count) for pair, count in there.items()]


def report_scores(judged: Iterable[Judged]) -> list[float]:
    """Return what each judged report earned by its rubric as it was then, 0 to 1; no program has scored it."""
    worth: dict[str, float] = dict(BANDS.items())
    values = ([worth[band] for band in one.bands.values() if band in worth] for one in judged)
    return [math.fsum(some) / len(some) for some in values if some]


def learning_curve(read: Iterable[CaseRead]) -> list[CurvePoint]:
    """Return the mean score over the last ten first attempts, from the tenth case on; nothing before 20 cases."""
    scores = [one.score for one in sorted(read, key=lambda one: one.at) if one.number == 1]
    if len(scores) < ENOUGH:
        return []
    points = []
    for end in range(WINDOW, len(scores) + 1):
        mean = wilson(scores[end - WINDOW : end])
        if mean:
            points.append(CurvePoint(end, mean))
    return points


def calibration(answers: Iterable[Answered]) -> list[tuple[float, Interval]]:
    """Return for each confidence that was stated, rounded to 5 %, how often it was right."""
    outcomes: dict[float, list[float]] = defaultdict(list)
    for one in answers:
        outcomes[round(one.confidence * 20) / 20].append(float(one.right))
    found = []
    for confidence, values in sorted(outcomes.items()):
        share = wilson(values)
        if share:
            found.append((confidence, share))
    return found


def brier_score(answers: Iterable[Answered]) -> Brier | None:
    """Return the mean Brier score with its standard error, or None without answers."""
    values = [brier(one.confidence, correct=one.right) for one in answers]
    n = len(values)
    if not n:
        return None
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0
    return Brier(mean, math.sqrt(variance / n), n)


def streak(answers: Iterable[Answered], now: datetime, zone: tzinfo) -> int:
    """Return on how many days in a row something was answered, up to today, or up to yesterday when today is young."""
    days = {one.committed_at.astimezone(zone).date() for one in answers}
    day = now.astimezone(zone).date()
    if day not in days:
        day -= timedelta(days=1)
    count = 0
    while day in days:
        count += 1
        day -= timedelta(days=1)
    return count


def due_load(due_at: Sequence[datetime], now: datetime, zone: tzinfo, *, days: int = 28) -> list[tuple[date, int]]:
    """Return how many concepts come due on each of the next days; what is overdue counts today."""
    today = now.astimezone(zone).date()
    counts = Counter(max(at.astimezone(zone).date(), today) for at in due_at)
    return [(day, counts[day]) for day in (today + timedelta(days=n) for n in range(days))]


def _finished(answers: Iterable[Answered]) -> Iterator[list[Answered]]:
    """Give the answers of each attempt that was answered to its end."""
    found: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        found[one.attempt_id].append(one)
    for own in found.values():
        if {one.question_id for one in own} >= own[0].asked:
            yield own
