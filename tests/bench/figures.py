"""Samples of repeats, and the table and JSON made of them."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

OURS, PEER = "Readout", "st.slider + st.image"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    key: str
    label: str
    unit: str
    target: float | None = None
    """What Readout's median is held against; at least this when ``more_is_better``, else at most."""
    more_is_better: bool = False
    digits: int = 0
    sides: tuple[str, ...] = (OURS, PEER)

    def verdict(self, median: float) -> str:
        """Hold a median against the target."""
        if self.target is None:
            return ""
        met = median >= self.target if self.more_is_better else median <= self.target
        return f"{'≥' if self.more_is_better else '≤'} {self.target:g}  {'met' if met else 'MISSED'}"


FIGURES = (
    Figure("first_cold_s", "first image, cold browser", "s", 2.5, digits=2),
    Figure("first_again_s", "first image, second visit", "s", 1.0, digits=2),
    Figure("all_loaded_s", "all pixels loaded", "s", digits=2, sides=(OURS,)),
    Figure("tick_median_ms", "one tick warm, median", "ms"),
    Figure("tick_p95_ms", "one tick warm, 95th percentile", "ms"),
    Figure("tick_p95_ratio", "  its ratio to the other page's", "×", 0.5, digits=2, sides=(OURS,)),
    Figure("slices_moved", "60 ticks at 30/s: slices moved", "", 60, more_is_better=True),
    Figure("slices_painted", "60 ticks at 30/s: painted", "", 50, more_is_better=True),
    Figure("drag_painted", "window drag, 60 moves at 30/s: painted", "", sides=(OURS,)),
    Figure("browser_mb", "browser memory at the end, PSS", "MB"),
    Figure("server_mb", "server memory at the end, PSS", "MB"),
    Figure("start_s", "second start to first HTTP answer", "s", 6, digits=2, sides=(OURS,)),
)

NOT_MEASURED = (
    "a real graphics processor: WebGL is drawn by software here, and Readout then draws on a 2-D canvas instead",
    "a slow or distant network: browser and servers share one machine",
    "several learners at a time, other browsers, phones, and the time from the browser's frame to the display",
    "the other page's window drag: it has no drag over the image",
)


class Samples:
    """The values of every figure on both sides, and what could not be measured."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.failures: list[str] = []

    def add(self, side: str, key: str, value: float) -> None:
        """Keep one repeat's value."""
        self._values[side, key].append(value)

    def values(self, side: str, key: str) -> list[float]:
        """Give every repeat's value."""
        return self._values.get((side, key), [])

    def missing(self) -> list[str]:
        """Name what could not be measured: failures on the way, and figures without any value."""
        empty = [
            f"{figure.label.strip()}, {side}: no value"
            for figure in FIGURES
            for side in figure.sides
            if not self.values(side, figure.key)
        ]
        return [*self.failures, *empty]


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which ``share`` of the values lie, the nearest one that occurred."""
    return sorted(values)[round(share * (len(values) - 1))]


def as_json(samples: Samples, machine: dict[str, Any]) -> dict[str, Any]:
    """Give everything that was measured as plain values."""
    figures = []
    for figure in FIGURES:
        sides = {side: _spread(samples.values(side, figure.key)) for side in figure.sides}
        ours = sides[OURS]
        verdict = figure.verdict(ours["median"]) if ours else ""
        figures.append({"key": figure.key, "unit": figure.unit, "target": verdict or None, **sides})
    return {
        "machine": machine,
        "figures": figures,
        "not_measured": list(NOT_MEASURED),
        "failed": samples.missing(),
    }


def as_table(samples: Samples, machine: dict[str, Any]) -> str:
    """Give the table for people: medians, in brackets the least and the most of the repeats."""
    rows = [["", OURS, PEER, "target"]]
    for figure in FIGURES:
        cells = [_cell(figure, samples.values(side, figure.key)) for side in (OURS, PEER)]
        ours = samples.values(OURS, figure.key)
        verdict = figure.verdict(statistics.median(ours)) if ours else ""
        rows.append([f"{figure.label}{f' [{figure.unit}]' if figure.unit else ''}", *cells, verdict])
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    facts = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in machine.items())
    lines += ["", f"Median (least–most). {facts}.", "", "Not measured:", *(f"  {text}" for text in NOT_MEASURED)]
    if samples.missing():
        lines += ["", "Could not be measured:", *(f"  {text}" for text in samples.missing())]
    return "\n".join(lines)


def _cell(figure: Figure, values: Sequence[float]) -> str:
    if not values:
        return "–"
    median, least, most = (
        f"{value:.{figure.digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{median} ({least}–{most})"


def _spread(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    rounded = [round(value, 3) for value in values]
    return {"median": round(statistics.median(values), 3), "min": min(rounded), "max": max(rounded), "values": rounded}
