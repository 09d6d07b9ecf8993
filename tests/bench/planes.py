"""``python -m tests.bench.planes``: planes through a CT, and PET over CT, while somebody scrolls.

The exit code tells whether everything could be measured, not whether targets were met.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Error, Playwright, async_playwright

from tests.bench.browser import Visitor, fresh
from tests.bench.figures import CUT, OURS, Samples
from tests.bench.measuring import POSITIONS, run, say
from tests.bench.servers import readout

_TICKS = 60
_CASES = {"thoracic-ct-01": {"axial": 1, "coronal": 2}, "nuclear-petct-01": {"fused": 3}}
"""The viewports that are scrolled: of three planes (U), and of emission over anatomy (Y)."""
_KEYS = {"thoracic-ct-01": "u", "nuclear-petct-01": "y"}


async def _measure(samples: Samples, repeats: int) -> dict[str, Any]:
    with TemporaryDirectory(prefix="readout-bench-") as data, readout(Path(data)) as server:
        async with async_playwright() as playwright:
            for repeat in range(1, repeats + 1):
                for slug in _CASES:
                    say(f"repeat {repeat} of {repeats}: {slug} ...")
                    try:
                        await _one_case(playwright, server.url.split("?", 1)[0] + f"?case={slug}", slug, samples)
                    except (Error, OSError) as error:
                        samples.failed(f"repeat {repeat}, {slug}", error)
    return {}


async def _one_case(playwright: Playwright, url: str, slug: str, samples: Samples) -> None:
    async with fresh(playwright, url, POSITIONS[OURS], by_keys=False) as visitor:
        await visitor.first_image_s()
        await visitor.all_loaded_s()
        await visitor.seen_s("[data-testid=viewer][data-tools=ready]")
        await visitor.press(_KEYS[slug])
        for name, number in _CASES[slug].items():
            await _scroll(visitor, name, number, samples)


async def _scroll(visitor: Visitor, name: str, number: int, samples: Samples) -> None:
    cell = f'.rv-cell[data-viewport="{number}"]'
    await visitor.watch(cell, f"Number(document.querySelector('{cell}').dataset.frame)")
    await visitor.press("Home")
    burst = await visitor.burst(_TICKS, by=1)
    samples.add(OURS, f"{name}_moved", burst.moved)
    samples.add(OURS, f"{name}_painted", burst.painted)


if __name__ == "__main__":
    sys.exit(run(__doc__, CUT, _measure))
