"""A student's attempts in rows, and which of them to talk about first; pure, from what was committed.

Nothing is judged anew: scores, misses and flags are passed in.
"""

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quizzes.misses import Miss
from quizzes.records import Answered
from quizzes.scoring import Score, case_score

__all__ = ["SURE", "Line", "debrief", "talk_first"]

SURE = 0.8
"""Confidence from which a wrong answer is worth talking about."""
_POOR = 0.5
_MISSED: Mapping[Miss, str] = {
    "search": "a finding was not looked at",
    "recognition": "a finding was on screen and not marked",
    "interpretation": "a finding was marked and misjudged",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One attempt."""

    attempt_id: str
    """UUID."""
    case_slug: str
    """Which case."""
    number: int
    """The student's first (1), second, … attempt at it."""
    started_at: datetime
    """UTC."""
    score: float | None
    """0 to 1; None when nothing in it is scored yet."""
    sure: float
    """Mean confidence, 0.5 to 1."""
    right: int
    """Answers that were right outright."""
    answers: int
    """Answers that are scored."""
    unanswered: int
    """Questions without an answer yet."""
    wrong_sure: float
    """Highest confidence of an answer that was wrong; 0 without one."""
    took: timedelta
    """From the beginning to the last answer, pauses included."""
    miss: Miss | None
    """How a finding was missed; None for none, or where nothing was recorded."""


def debrief(answers: Sequence[Answered], misses: Mapping[tuple[str, str], Miss]) -> list[Line]:
    """Return a line for every attempt that has an answer, the newest first.

    Parameters
    ----------
    answers : sequence of Answered
        Of one student.
    misses : mapping
        Kind of miss by attempt and question.
    """
    attempts: dict[str, list[Answered]] = {}
    for one in answers:
        attempts.setdefault(one.attempt_id, []).append(one)
    lines = [_line(own, misses) for own in attempts.values()]
    return sorted(lines, key=lambda line: (line.started_at, line.attempt_id), reverse=True)


def _line(own: Sequence[Answered], misses: Mapping[tuple[str, str], Miss]) -> Line:
    first = own[0]
    # People score reports, so they are neither right nor wrong, and not in the score of the case.
    scored = [one for one in own if one.weight]
    return Line(
        first.attempt_id,
        first.case_slug,
        first.number,
        first.started_at,
        case_score(Score(one.score, (), one.weight) for one in scored),
        statistics.fmean(one.confidence for one in own),
        sum(one.right for one in scored),
        len(scored),
        len(first.asked - {one.question_id for one in own}),
        max((one.confidence for one in scored if not one.right), default=0.0),
        max(one.committed_at for one in own) - first.started_at,
        next((misses[key] for one in own if (key := (one.attempt_id, one.question_id)) in misses), None),
    )


def talk_first(lines: Sequence[Line], flagged: Collection[str], *, most: int = 3) -> list[tuple[Line, str]]:
    """Return the attempts to talk about first, each with the reason in words.

    First those on the discuss list, then wrong answers that the student was sure of, then missed findings, then poor
    scores; among those alike the surest and the poorest first.

    Parameters
    ----------
    flagged : collection of str
        Ids of attempts with an open entry on the discuss list.
    """
    ranked = [(rank, line, reason) for line in lines if (found := _reason(line, flagged)) for rank, reason in [found]]
    ranked.sort(key=lambda one: (one[0], -one[1].wrong_sure, one[1].score or 0.0))
    return [(line, reason) for _, line, reason in ranked[:most]]


def _reason(line: Line, flagged: Collection[str]) -> tuple[int, str] | None:
    if line.attempt_id in flagged:
        return 0, "on the discuss list"
    if line.wrong_sure >= SURE:
        return 1, f"{line.wrong_sure:.0%} sure of an answer that was wrong"
    if line.miss:
        return 2, _MISSED[line.miss]
    if line.score is not None and line.score < _POOR:
        return 3, f"scored {line.score:.0%}"
    return None
