"""``python -m tests.bench.planes``: planes through a CT, and PET over CT, while somebody scrolls.

The exit code tells whether everything could be measured, not whether targets were met.
"""

import asyncio
import os
import platform
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Error, Playwright, async_playwright

from tests.bench.__main__ import POSITIONS, arguments, say
from tests.bench.browser import Visitor, fresh
from tests.bench.figures import CUT, OURS, Samples, report
from tests.bench.servers import readout

_TICKS = 60
_CASES = {"thoracic-ct-01": {"axial": 1, "coronal": 2}, "nuclear-petct-01": {"fused": 3}}
"""The viewports that are scrolled: of three planes (U), and of emission over anatomy (Y)."""
_KEYS = {"thoracic-ct-01": "u", "nuclear-petct-01": "y"}


def main() -> int:
    """Measure, report, and give the exit code."""
    asked = arguments(__doc__)
    samples = Samples()
    load = [os.getloadavg()[0]]
    asyncio.run(_measure(samples, asked.repeats))
    load.append(os.getloadavg()[0])
    machine = {
        "system": platform.platform(terse=True),
        "cores": os.cpu_count(),
        "load_average_before_and_after": " and ".join(f"{value:.1f}" for value in load),
        "repeats": asked.repeats,
    }
    print(report(CUT, samples, machine, asked.json))  # noqa: T201
    return 1 if samples.missing(CUT) else 0


async def _measure(samples: Samples, repeats: int) -> None:
    with TemporaryDirectory(prefix="readout-bench-") as data, readout(Path(data)) as server:
        async with async_playwright() as playwright:
            for repeat in range(1, repeats + 1):
                for slug in _CASES:
                    say(f"repeat {repeat} of {repeats}: {slug} ...")
                    try:
                        await _one_case(playwright, server.url.split("?", 1)[0] + f"?case={slug}", slug, samples)
                    except (Error, OSError) as error:
                        reason = (str(error).splitlines() or [""])[0]
                        samples.failures.append(f"repeat {repeat}, {slug}: {type(error).__name__}: {reason}")


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
    sys.exit(main())
