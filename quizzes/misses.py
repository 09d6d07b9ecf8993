"""The kind of a miss, worked out from what was on screen: it informs, and never changes a score.

search
    The finding's images were hardly on screen, or never in a window that shows it.
recognition
    They were, and it was not marked.
interpretation
    It was marked, and the diagnosis was wrong.

References
----------
Kundel HL, Nodine CF, Carmody D (1978) Visual scanning, pattern recognition and decision-making in pulmonary nodule
detection. Invest Radiol 13:175-181. There gaze is followed; here only the images are, so that the words say less.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from quizzes.viewing import Run

__all__ = ["SEEN_MS", "Miss", "Target", "miss", "seen_ms", "shows"]

Miss = Literal["search", "recognition", "interpretation"]

SEEN_MS = 500
"""On screen for less than this, all its images together, a finding counts as not looked at."""
COVERED = 0.5
"""Share of the finding's window that has to lie within the one on screen."""
WIDER = 4.0
"""A window so many times wider than the finding's leaves too little contrast."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a finding can be seen."""

    series: str
    """Id of its series."""
    frames: frozenset[int]
    """Zero-based frames that it reaches."""
    window: tuple[float, float] | None = None
    """Centre and width of the window that shows it; None where any does."""


def shows(center: float, width: float, wanted: tuple[float, float]) -> bool:
    """Tell whether a window on screen shows what another one is for.

    It covers at least half of it and is at most four times as wide. A worked one: mediastinum (50, 350) covers −125 to
    150 of the lung window's −1350 to 150 (−600, 1500), 18 per cent: it does not show a nodule's margin.
    """
    wanted_center, wanted_width = wanted
    low = max(center - width / 2, wanted_center - wanted_width / 2)
    high = min(center + width / 2, wanted_center + wanted_width / 2)
    return high - low >= COVERED * wanted_width and width <= WIDER * wanted_width


def seen_ms(runs: Iterable[Run], target: Target) -> int:
    """Return for how long a finding was on screen in a window that shows it."""
    return sum(
        run.duration_ms
        for run in runs
        if run.series == target.series
        and run.frame in target.frames
        and (target.window is None or shows(run.center, run.width, target.window))
    )


def miss(runs: Iterable[Run], target: Target, *, hit: bool, diagnosed: bool | None) -> Miss | None:
    """Return how a finding was missed, or None.

    Parameters
    ----------
    runs : iterable of Run
        What was on screen until the mark was committed.
    target : Target
        The finding.
    hit : bool
        Whether it was marked.
    diagnosed : bool or None
        Whether the diagnosis was right; None where none was asked for.
    """
    if hit:
        return "interpretation" if diagnosed is False else None
    return "recognition" if seen_ms(runs, target) >= SEEN_MS else "search"
