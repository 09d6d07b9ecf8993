"""``python -m tests.bench.slow``: Readout over 30 Mbit/s with 10 ms each way.

The exit code tells whether everything could be measured, not whether targets were met.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error, Playwright, async_playwright

from tests.bench.browser import fresh
from tests.bench.figures import OURS, SLOW, Samples
from tests.bench.link import slow_link
from tests.bench.measuring import run, say
from tests.bench.servers import CASE, SERIES, readout

_MEGABITS, _DELAY_MS = 30, 10
_OTHER = "abdominal-ct-02"
_RAW_BYTES = len(list(SERIES.glob("*.dcm"))) * 512 * 512 * 2


async def _measure(samples: Samples, repeats: int) -> dict[str, Any]:
    with TemporaryDirectory(prefix="readout-bench-") as data, readout(Path(data)) as server:
        port = urlsplit(server.url).port
        assert port
        async with slow_link(port, _MEGABITS, _DELAY_MS) as narrow, async_playwright() as playwright:
            async with fresh(playwright, server.url, "0", by_keys=False) as visitor:
                await visitor.first_image_s()  # the server has imported and opened the series
            for repeat in range(1, repeats + 1):
                say(f"repeat {repeat} of {repeats}")
                try:
                    await _one_repeat(playwright, f"http://127.0.0.1:{narrow}/read?case=", samples)
                except (Error, OSError) as error:
                    samples.failed(f"repeat {repeat}", error)
    return {"link": f"{_MEGABITS} Mbit/s, {_DELAY_MS} ms each way"}


async def _one_repeat(playwright: Playwright, page: str, samples: Samples) -> None:
    async with fresh(playwright, page + CASE, "0", by_keys=False) as visitor:
        samples.add(OURS, "first_cold_s", await visitor.first_image_s())
        samples.add(OURS, "page_s", await visitor.seen_s(".st-key-panel [data-testid=stMarkdown]"))
        samples.add(OURS, "all_loaded_s", await visitor.all_loaded_s())
        samples.add(OURS, "wire_share", 100 * await visitor.pixel_bytes() / _RAW_BYTES)
    async with fresh(playwright, page + _OTHER, "0", by_keys=False) as visitor:
        await visitor.first_image_s()
        await visitor.all_loaded_s()
        await visitor.leave()
        samples.add(OURS, "first_app_s", await visitor.first_image_s(page + CASE))


if __name__ == "__main__":
    sys.exit(run(__doc__, SLOW, _measure))
