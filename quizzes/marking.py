"""Marks and the regions where the findings are become a score.

In a region, or within the tolerance of its outline, is a hit and earns 1; beyond, the value falls in a straight line to
0 at three times the tolerance. Every finding takes the mark that fits it, one mark for one finding, and the mean
counts. Every further mark takes a quarter of the score, less as far as it earns something itself, so that marking
everywhere does not pay. Distances are in the region's unit, mm or px; regions come from elsewhere, through a protocol.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from quizzes import Fault, QuizError, QuizFileError
from quizzes.answers import Mark, MarkAnswer
from quizzes.questions import MarkQuestion
from quizzes.score import FADE, Part, Score, faded

__all__ = ["Region", "score_marks", "tolerance"]

NEAREST_MM = 5.0
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


def score_marks(question: MarkQuestion, answer: MarkAnswer, regions: Sequence[Region]) -> Score:
    """Score marks against the question's regions, given in its order."""
    if not question.regions:
        right = answer.no_finding
        text = "no finding: right" if right else "there is no finding here: nothing was to be marked"
        return Score(float(right), (Part("mark", float(right), text),), question.weight, hit=right)
    found = tuple(region.name for region in regions)
    if found != question.regions:
        raise QuizError(f"{question.id}: found regions {found}, expected {question.regions}. Pass those regions.")
    unit = regions[0].unit
    if answer.no_finding:
        part = Part("mark", 0.0, "there is a finding: it was not marked")
        return Score(0.0, (part,), question.weight, hit=False, unit=unit)
    reaches = [tolerance(question, region) for region in regions]
    distances = [[_distance(region, mark) for region in regions] for mark in answer.marks]
    values = [[_value(d, reach) for d, reach in zip(row, reaches, strict=True)] for row in distances]
    given = _assigned(values, distances)
    nearest = [distances[mark][n] if mark is not None else math.inf for n, mark in enumerate(given)]
    parts = [_nearest_part(d, reach, unit) for d, reach in zip(nearest, reaches, strict=True)]
    if len(parts) > 1:
        parts = [replace(part, text=f"finding {n}: {part.text}") for n, part in enumerate(parts, 1)]
    further = _further_part([max(row) for row in values], len(regions))
    mean = math.fsum(part.value for part in parts) / len(parts)
    return Score(
        mean * math.prod(part.value for part in further),
        (*parts, *further),
        question.weight,
        hit=all(d <= reach for d, reach in zip(nearest, reaches, strict=True)),
        distance=max((d for d in nearest if math.isfinite(d)), default=None),
        unit=unit,
    )


def _assigned(values: Sequence[Sequence[float]], distances: Sequence[Sequence[float]]) -> list[int | None]:
    """Give each region the number of its mark, so that all together are worth most; None for one that is left out.

    A mark serves one region. Of equal values the nearer mark is taken. Best first over sets of regions served: with
    at most 8 regions there are 256 of them.
    """
    count = len(values[0])
    best: dict[frozenset[int], tuple[float, float, tuple[int | None, ...]]] = {frozenset(): (0, 0, (None,) * count)}
    for number, row in enumerate(values):
        for served, (value, nearness, marks) in list(best.items()):
            for region in set(range(count)) - served:
                if math.isinf(distances[number][region]):
                    continue
                chosen = (*marks[:region], number, *marks[region + 1 :])
                new = (value + row[region], nearness - distances[number][region], chosen)
                if new[:2] > best.get(served | {region}, (-1.0, 0.0))[:2]:
                    best[served | {region}] = new
    return list(
        max(best.values(), key=lambda found: (found[0], sum(mark is not None for mark in found[2]), found[1]))[2]
    )


def _value(distance: float, reach: float) -> float:
    return faded(distance, reach) if math.isfinite(distance) else 0.0


def _distance(region: Region, mark: Mark) -> float:
    distance = 0.0 if region.contains(mark) else region.distance(mark)
    if not distance >= 0:
        raise QuizError(f"region {region.name}: found a distance of {distance}, expected 0 or more. Report this.")
    return distance


def _nearest_part(distance: float, reach: float, unit: str) -> Part:
    value = _value(distance, reach)
    if math.isinf(distance):
        return Part("mark", 0.0, "on another image than the finding: 0.00")
    if distance == 0:
        return Part("mark", 1.0, "inside the outline: hit")
    if distance <= reach:
        return Part("mark", value, f"{distance:.1f} {unit} from the outline: hit")
    verdict = f"near, {value:.2f}" if value else f"missed, as from {FADE * reach:.1f} {unit}"
    return Part("mark", value, f"{distance:.1f} {unit} from the outline: {verdict}")


def _further_part(values: Sequence[float], free: int) -> tuple[Part, ...]:
    """Make every mark cost beyond as many as there are findings: less as far as it earns something itself."""
    further = sorted(values, reverse=True)[free:]
    cost = math.fsum(FURTHER_MARK_COST * (1 - value) for value in further)
    if not cost:
        return ()
    away = sum(value < 1 for value in further)
    factor = max(0.0, 1 - cost)
    marks = "1 further mark" if away == 1 else f"{away} further marks"
    return (Part("further marks", factor, f"{marks} off the finding: × {factor:.2f}"),)
