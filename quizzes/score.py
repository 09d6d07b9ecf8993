"""What an answer is worth, with the parts that explain it, and what follows from several: no question is known here."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from quizzes.answers import checked_confidence

__all__ = ["FADE", "Part", "Score", "brier", "case_score", "faded"]

FADE = 3.0
"""At so many times the tolerance nothing is left."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the explanation of a score."""

    label: str
    """What it is about, such as ``answer``, ``must-not-miss``, ``choice``, ``mark`` or ``further marks``."""
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
    """Of the question when it was scored; 0 for what no program scores: a report, until somebody reads it."""
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


def case_score(scores: Iterable[Score]) -> float | None:
    """Return the weighted mean of what was scored, 0 to 1, or None when nothing was."""
    scores = tuple(scores)
    total = math.fsum(each.weight for each in scores)
    return math.fsum(each.weight * each.value for each in scores) / total if total else None


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


def faded(distance: float, tolerance: float) -> float:
    """Return what is left at a distance: 1 within the tolerance, falling in a straight line to 0 at three times it."""
    # A worked one: 5 mm tolerance, 9 mm away: (15 − 9) / (15 − 5) = 0.6.
    return min(1.0, max(0.0, (FADE * tolerance - distance) / (FADE * tolerance - tolerance)))
