"""What was on screen, for how long: the viewer's own log, in runs during which a viewport did not change.

The viewer sends messages; each is numbered within one opening of the viewer (a mount). A run is written as
``[start, duration, viewport, series, frame, centre, width]``, times in ms since the mount, the frame zero-based, the
window in modality values; marks as ``[time, [mark, …]]``, each time they change. The log informs and is replayed; it
never changes a score. What it says of a miss is in `misses`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quizzes import QuizError
from quizzes.answers import MOST_MARKS, read_mark

__all__ = ["MOST_RUNS", "Message", "Run", "Viewing", "dwell_ms", "read_message"]

MOST_RUNS = 500
"""Runs and marks in one message; a viewer sends one every few seconds."""
_LONGEST_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Run:
    """A viewport that showed the same image in the same window for a while."""

    start_ms: int
    """Since the viewer was opened."""
    duration_ms: int
    """At least 0; while the page was hidden or nobody touched anything for a minute, nothing counts."""
    viewport: int
    """Which of the viewports."""
    series: str
    """Id of the series."""
    frame: int
    """Zero-based."""
    center: float
    """Window centre, in modality values."""
    width: float
    """Window width, in modality values."""

    def as_json(self) -> list[object]:
        """Return the run as the viewer writes it."""
        return [self.start_ms, self.duration_ms, self.viewport, self.series, self.frame, self.center, self.width]


@dataclass(frozen=True, slots=True)
class Message:
    """What a viewer sends at once."""

    mount: str
    """Names one opening of the viewer."""
    number: int
    """Of the message in it, from 0."""
    runs: tuple[Run, ...]
    """In the order in which they ended."""
    marks: tuple[tuple[int, tuple[Mapping[str, object], ...]], ...] = ()
    """When (ms since the mount) which marks were on the images."""

    def as_json(self) -> dict[str, object]:
        """Return runs and marks as the viewer writes them."""
        return {"runs": [run.as_json() for run in self.runs], "marks": [[at, list(marks)] for at, marks in self.marks]}


@dataclass(frozen=True, slots=True)
class Viewing:
    """The whole log of an attempt."""

    mounts: tuple[tuple[Message, ...], ...] = ()
    """Messages of each opening of the viewer, the first opening first."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run."""
        return tuple(run for mount in self.mounts for message in mount for run in message.runs)

    def replay(self) -> dict[str, object]:
        """Return it as one recording in plain JSON: later openings follow the earlier ones at once."""
        runs: list[list[object]] = []
        marks: list[list[object]] = []
        offset = 0
        for mount in self.mounts:
            own = [run for message in mount for run in message.runs]
            if not own:
                continue
            begin = min(run.start_ms for run in own)
            end = max(run.start_ms + run.duration_ms for run in own)
            runs += [[run.start_ms - begin + offset, *run.as_json()[1:]] for run in own]
            drawn = [entry for message in mount for entry in message.marks]
            marks += [[min(max(at, begin), end) - begin + offset, list(placed)] for at, placed in drawn]
            offset += end - begin
        return {"runs": sorted(runs, key=lambda run: (run[0], run[2])), "marks": marks, "duration": offset}


def dwell_ms(runs: Iterable[Run], series: str, frames: int) -> list[int]:
    """Return for how long each frame of a series was on screen."""
    times = [0] * frames
    for run in runs:
        if run.series == series and run.frame < frames:
            times[run.frame] += run.duration_ms
    return times


def read_message(value: object) -> Message:
    """Read what a viewer sent, which is not to be trusted.

    Raises
    ------
    QuizError
        It is not made as above, or holds too much.
    """
    if not isinstance(value, Mapping):
        raise QuizError("viewing log: found no message. Send it as the viewer does.")
    mount, number = value.get("mount"), value.get("number")
    if not isinstance(mount, str) or not (1 <= len(mount) <= 32 and mount.isascii() and mount.isalnum()):
        raise QuizError("viewing log: found no name of a mount, expected 1 to 32 letters and digits.")
    if not _whole(number, 100_000):
        raise QuizError(f"viewing log: found message number {number!r}, expected 0 or more.")
    runs, marks = value.get("runs", []), value.get("marks", [])
    if not isinstance(runs, list) or not isinstance(marks, list) or len(runs) + len(marks) > MOST_RUNS:
        raise QuizError(f"viewing log: expected lists of at most {MOST_RUNS} runs and marks together. Send less.")
    return Message(mount, int(str(number)), tuple(map(_run, runs)), tuple(map(_marks, marks)))


def _run(value: object) -> Run:
    if isinstance(value, list) and len(value) == 7:
        start, duration, viewport, series, frame, center, width = value
        whole = _whole(start, _LONGEST_MS) and _whole(duration, _LONGEST_MS) and _whole(viewport, 15)
        placed = isinstance(series, str) and len(series) <= 100 and _whole(frame, 100_000)
        if whole and placed and _real(center) and _real(width):
            return Run(start, duration, viewport, series, frame, float(center), float(width))
    raise QuizError(f"viewing log: found the run {str(value)[:80]}, expected seven values. Send it as the viewer does.")


def _marks(value: object) -> tuple[int, tuple[Mapping[str, object], ...]]:
    if isinstance(value, list) and len(value) == 2:
        at, marks = value
        if _whole(at, _LONGEST_MS) and isinstance(marks, Sequence) and len(marks) <= 2 * MOST_MARKS:
            return at, tuple(read_mark("viewing log", mark) for mark in marks)
    raise QuizError("viewing log: found marks without a time. Send them as the viewer does.")


def _whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
