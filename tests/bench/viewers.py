"""``python -m tests.bench.viewers``: Readout beside OHIF 3 with Orthanc and dwv, interleaved, on the same series.

Definitions are those of ``tests.bench``; each window is of a size that leaves 1040 × 640 CSS pixels to the image.
The exit code tells whether everything could be measured, not whether targets were met.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Error, Playwright, async_playwright

from tests.bench.browser import Visitor, fresh
from tests.bench.figures import DWV, OHIF, OURS, VIEWERS, Samples, percentile
from tests.bench.measuring import BURST, POSITIONS, TICKS, run, say
from tests.bench.peers import dwv, ohif
from tests.bench.servers import SERIES, Server, readout

_DRAGS = 40


@dataclass(frozen=True, slots=True)
class Side:
    """How a viewer is served and looked at."""

    serve: Callable[[Path], AbstractContextManager[Server]]
    window: tuple[int, int]
    position: str = "0"
    pixels: str = ""
    """What addresses of its pixels hold; empty where that is not measured."""
    responses: int = 0
    """How many of them there are; see ``Visitor.all_loaded_s``."""


_SLICES = len(list(SERIES.glob("*.dcm")))
_SIDES = {
    OURS: Side(readout, (1450, 736), POSITIONS[OURS], "/pixels/"),
    OHIF: Side(ohif, (1365, 698), pixels="/frames/", responses=_SLICES),
    DWV: Side(dwv, (1040, 640)),
}


async def _measure(samples: Samples, repeats: int) -> dict[str, Any]:
    machine: dict[str, Any] = {"slices": _SLICES}
    with TemporaryDirectory(prefix="readout-bench-") as folder, ExitStack() as stack:
        say("fetching and starting the other viewers ...")
        servers = {name: stack.enter_context(side.serve(Path(folder))) for name, side in _SIDES.items()}
        async with async_playwright() as playwright:
            for name, server in servers.items():
                async with _visit(playwright, name, server) as visitor:
                    await visitor.first_image_s()
                    machine["chromium"] = visitor.version
            for repeat in range(1, repeats + 1):
                say(f"repeat {repeat} of {repeats}")
                await _one_repeat(playwright, servers, samples, repeat)
    return machine


def _visit(playwright: Playwright, name: str, server: Server) -> Any:
    side = _SIDES[name]
    return fresh(playwright, server.url, side.position, by_keys=False, window=side.window)


async def _one_repeat(playwright: Playwright, servers: dict[str, Server], samples: Samples, repeat: int) -> None:
    found: dict[str, dict[str, float]] = {}
    for name, server in servers.items():
        say(f"  {name} ...")
        try:
            async with _visit(playwright, name, server) as visitor:
                found[name] = await _look(visitor, _SIDES[name])
        except (Error, OSError, RuntimeError) as error:
            samples.failed(f"repeat {repeat}, {name}", error)
            continue
        for key, value in found[name].items():
            samples.add(name, key, value)
    # Compared within a repeat, while the machine was in one mood.
    for ratio, key, other in _RATIOS:
        if key in found.get(OURS, {}) and key in found.get(other, {}):
            samples.add(OURS, ratio, found[OURS][key] / found[other][key])


_RATIOS = (
    ("first_ratio", "first_cold_s", OHIF),
    ("all_loaded_ratio", "all_loaded_s", OHIF),
    ("tick_ohif_ratio", "tick_p95_ms", OHIF),
    ("tick_dwv_ratio", "tick_p95_ms", DWV),
    ("drag_dwv_ratio", "drag_p95_ms", DWV),
    ("memory_ratio", "browser_mb", OHIF),
)


async def _look(visitor: Visitor, side: Side) -> dict[str, float]:
    """Take every figure of one viewer in a fresh browser."""
    found = {"first_cold_s": await visitor.first_image_s()}
    if side.pixels:
        found["all_loaded_s"] = await visitor.all_loaded_s(side.pixels, side.responses)
    await visitor.visit_all(_SLICES)
    ticks = await visitor.ticks_ms(TICKS, by=1)
    burst = await visitor.burst(BURST, by=1)
    drags = await visitor.drags_ms(_DRAGS)
    moved = {"slices_moved": float(burst.moved)} if side.position != "0" else {}
    return (
        found
        | moved
        | {
            "tick_median_ms": percentile(ticks, 0.5),
            "tick_p95_ms": percentile(ticks, 0.95),
            "slices_painted": burst.painted,
            "drag_median_ms": percentile(drags, 0.5),
            "drag_p95_ms": percentile(drags, 0.95),
            "browser_mb": await visitor.memory_mb(),
        }
    )


if __name__ == "__main__":
    sys.exit(run(__doc__, VIEWERS, _measure))
