"""Samples of repeats, and the table and JSON made of them; and what is measured against which page."""

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS, PEER = "Readout", "st.slider + st.image"
OHIF, DWV = "OHIF 3 + Orthanc", "dwv"


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured on which pages, Readout's first."""

    sides: tuple[str, ...]
    figures: tuple[Figure, ...]
    not_measured: tuple[str, ...]


NAIVE = Plan(
    (OURS, PEER),
    (
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
    ),
    (
        "a real graphics processor: WebGL is drawn by software here, and Readout then draws on a 2-D canvas instead",
        "a slow or distant network: browser and servers share one machine",
        "several learners at a time, other browsers, phones, and the time from the browser's frame to the display",
        "the other page's window drag: it has no drag over the image",
    ),
)

SLOW = Plan(
    (OURS,),
    (
        Figure("first_cold_s", "first image, cold browser", "s", 4, digits=2, sides=(OURS,)),
        Figure("first_app_s", "first image, app in the browser's cache", "s", 1.2, digits=2, sides=(OURS,)),
        Figure("page_s", "questions beside it, cold browser", "s", digits=2, sides=(OURS,)),
        Figure("all_loaded_s", "all pixels loaded, cold browser", "s", digits=2, sides=(OURS,)),
        Figure("wire_share", "pixel bytes on the wire, of raw", "%", 40, digits=1, sides=(OURS,)),
    ),
    ("lost packets, and links whose speed changes: the proxy holds bytes back and does nothing else",),
)

CUT = Plan(
    (OURS,),
    tuple(
        Figure(f"{name}_{key}", f"{label}, 60 ticks at 30/s: {what}", "", target, more_is_better=True, sides=(OURS,))
        for name, label in (
            ("axial", "axial of three planes"),
            ("coronal", "coronal of three planes"),
            ("fused", "PET over CT"),
        )
        for key, what, target in (("moved", "moved", 60), ("painted", "painted in 2 s", 30))
    ),
    ("a real graphics processor: planes are cut on the processor here and there",),
)

_VIEWERS = (OURS, OHIF, DWV)
VIEWERS = Plan(
    _VIEWERS,
    (
        Figure("first_cold_s", "first image, cold browser", "s", digits=2, sides=_VIEWERS),
        Figure("first_ratio", "  its ratio to OHIF's", "×", 0.5, digits=2, sides=(OURS,)),
        Figure("all_loaded_s", "all pixels loaded", "s", digits=2, sides=(OURS, OHIF)),
        Figure("all_loaded_ratio", "  its ratio to OHIF's", "×", 0.5, digits=2, sides=(OURS,)),
        Figure("tick_median_ms", "one tick warm, median", "ms", sides=_VIEWERS),
        Figure("tick_p95_ms", "one tick warm, 95th percentile", "ms", sides=_VIEWERS),
        Figure("tick_ohif_ratio", "  its ratio to OHIF's", "×", 0.6, digits=2, sides=(OURS,)),
        Figure("tick_dwv_ratio", "  its ratio to dwv's", "×", 1.2, digits=2, sides=(OURS,)),
        Figure("slices_moved", "60 ticks at 30/s: slices moved", "", 60, more_is_better=True, sides=(OURS,)),
        Figure("slices_painted", "60 ticks at 30/s: painted", "", 55, more_is_better=True, sides=_VIEWERS),
        Figure("drag_median_ms", "one step of a window drag, median", "ms", sides=_VIEWERS),
        Figure("drag_p95_ms", "one step of a window drag, 95th percentile", "ms", sides=_VIEWERS),
        Figure("drag_dwv_ratio", "  its ratio to dwv's", "×", 1.2, digits=2, sides=(OURS,)),
        Figure("browser_mb", "browser memory at the end, PSS", "MB", sides=_VIEWERS),
        Figure("memory_ratio", "  its ratio to OHIF's", "×", 0.8, digits=2, sides=(OURS,)),
    ),
    (
        "a real graphics processor: OHIF draws with WebGL, software here; dwv and Readout draw on 2-D canvases",
        "a slow or distant network: browser and servers share one machine",
        "when dwv has loaded everything: it decodes all before it shows anything else",
        "slices moved in OHIF and dwv: neither tells it in its page",
        "Niivue",
    ),
)


class Samples:
    """The values of every figure on both sides, and what could not be measured."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.failures: list[str] = []

    def add(self, side: str, key: str, value: float) -> None:
        """Keep one repeat's value."""
        self._values[side, key].append(value)

    def failed(self, what: str, error: Exception) -> None:
        """Keep what could not be measured, with the first line of why."""
        reason = (str(error).splitlines() or [""])[0]
        self.failures.append(f"{what}: {type(error).__name__}: {reason}")

    def values(self, side: str, key: str) -> list[float]:
        """Give every repeat's value."""
        return self._values.get((side, key), [])

    def missing(self, plan: Plan) -> list[str]:
        """Name what could not be measured: failures on the way, and figures without any value."""
        empty = [
            f"{figure.label.strip()}, {side}: no value"
            for figure in plan.figures
            for side in figure.sides
            if not self.values(side, figure.key)
        ]
        return [*self.failures, *empty]


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which ``share`` of the values lie, the nearest one that occurred."""
    return sorted(values)[round(share * (len(values) - 1))]


def report(plan: Plan, samples: Samples, machine: dict[str, Any], file: Path | None) -> str:
    """Give the table, and after it the JSON or, written there, the name of its file."""
    text = json.dumps(as_json(plan, samples, machine), ensure_ascii=False)
    if file:
        file.write_text(text + "\n")
        text = f"JSON: {file}"
    return f"{as_table(plan, samples, machine)}\n\n{text}"


def as_json(plan: Plan, samples: Samples, machine: dict[str, Any]) -> dict[str, Any]:
    """Give everything that was measured as plain values."""
    figures = []
    for figure in plan.figures:
        sides = {side: _spread(samples.values(side, figure.key)) for side in figure.sides}
        ours = sides[OURS]
        verdict = figure.verdict(ours["median"]) if ours else ""
        figures.append({"key": figure.key, "unit": figure.unit, "target": verdict or None, **sides})
    return {
        "machine": machine,
        "figures": figures,
        "not_measured": list(plan.not_measured),
        "failed": samples.missing(plan),
    }


def as_table(plan: Plan, samples: Samples, machine: dict[str, Any]) -> str:
    """Give the table for people: medians, in brackets the least and the most of the repeats."""
    rows = [["", *plan.sides, "target"]]
    for figure in plan.figures:
        cells = [_cell(figure, samples.values(side, figure.key)) for side in plan.sides]
        ours = samples.values(OURS, figure.key)
        verdict = figure.verdict(statistics.median(ours)) if ours else ""
        rows.append([f"{figure.label}{f' [{figure.unit}]' if figure.unit else ''}", *cells, verdict])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    facts = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in machine.items())
    lines += ["", f"Median (least–most). {facts}.", "", "Not measured:", *(f"  {text}" for text in plan.not_measured)]
    if samples.missing(plan):
        lines += ["", "Could not be measured:", *(f"  {text}" for text in samples.missing(plan))]
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
