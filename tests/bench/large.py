"""``python -m tests.bench.large [SLICES]``: a CT of 1,500 slices is opened and read to its end; memory at most.

The CT is noise in a cylinder, written uncompressed into a temporary library (about 0.8 GB) and thrown away after.
Memory is the PSS of all processes of the browser and of the server, as Linux counts it, sampled every five seconds
while the study loads and is scrolled. Targets: the browser below 1.5 GB, the server below its cache of 512 MB and what
it needs to run.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.async_api import async_playwright

from tests.bench.browser import fresh
from tests.bench.servers import Server, readout
from tests.browser.phantoms import write_case
from tests.viewer.conftest import Phantom

_BROWSER_MB, _SERVER_MB = 1500, 1000
_POSITION = "Number(document.querySelector('[data-testid=viewer]').dataset.frame)"
_LOADED = "performance.getEntriesByName('readout:series-loaded').length > 0"
_PATIENCE_MS = 600_000


class Trunk(Phantom):
    """Noise that does not compress, in a cylinder in air."""

    def values(self, number: int) -> np.ndarray:
        j, i = np.mgrid[0 : self.rows, 0 : self.columns]
        inside = (i - self.columns / 2) ** 2 + (j - self.rows / 2) ** 2 < (0.4 * self.columns) ** 2
        noise = np.random.default_rng(number).normal(40, 30, inside.shape)
        return np.where(inside, noise, -1000).round()


@dataclass
class Peaks:
    """The most memory seen, MB."""

    browser: float = 0
    server: float = 0
    steps: list[str] = field(default_factory=list)


async def _measure(server: Server, slices: int) -> Peaks:
    peaks = Peaks()
    async with async_playwright() as playwright, fresh(playwright, server.url, _POSITION, by_keys=False) as visitor:

        async def watch() -> None:
            while True:
                peaks.browser = max(peaks.browser, await visitor.memory_mb())
                peaks.server = max(peaks.server, server.memory_mb())
                await asyncio.sleep(5)

        peaks.steps.append(f"first image after {await visitor.first_image_s():.1f} s")
        watching = asyncio.ensure_future(watch())
        begun = time.perf_counter()
        await visitor._page.wait_for_function(_LOADED, timeout=_PATIENCE_MS, polling=500)
        peaks.steps.append(f"all slices {time.perf_counter() - begun:.1f} s later")
        await visitor.go_to_first()
        moved = await visitor.burst(300, 1)
        peaks.steps.append(f"300 ticks at 30/s: {moved.moved} moved, {moved.painted} painted")
        await visitor._page.keyboard.press("End")
        await visitor._page.wait_for_function(f"{_POSITION} === {slices}", timeout=30_000)
        peaks.steps.append(f"the last slice is shown: {slices}")
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    return peaks


@contextmanager
def _study(slices: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="readout-bench-") as folder:
        library = Path(folder, "library")
        ct = Trunk(
            centre=(0, 0, slices / 2),
            radius=20,
            origin=(-200, -200, 0),
            spacing=(0.78, 0.78),
            step=1.0,
            count=slices,
            rows=512,
            columns=512,
        )
        write_case(library, "large", {"ct": ct})
        yield library


def main() -> int:
    """Measure, report, and give the exit code."""
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    with (
        _study(slices) as library,
        TemporaryDirectory(prefix="readout-bench-") as data,
        readout(Path(data), case="large", READOUT_LIBRARY=str(library)) as server,
    ):
        peaks = asyncio.run(_measure(server, slices))
    print(f"{slices} slices of 512 × 512, {slices * 512 * 512 * 2 / 1e6:.0f} MB raw")  # noqa: T201
    print("\n".join(peaks.steps))  # noqa: T201
    for name, most, target in (
        ("browser", peaks.browser, _BROWSER_MB),
        ("server", peaks.server, _SERVER_MB),
    ):
        print(f"{name} memory at most {most:.0f} MB; target ≤ {target}: {'met' if most <= target else 'MISSED'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
