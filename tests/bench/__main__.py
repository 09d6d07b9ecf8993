"""``python -m tests.bench``: both pages, interleaved, and a table and JSON of what was measured.

The exit code tells whether everything could be measured, not whether targets were met.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Error, Playwright, async_playwright

from tests.bench.browser import Visitor, fresh
from tests.bench.figures import NAIVE, OURS, PEER, Samples, percentile
from tests.bench.measuring import BURST, POSITIONS, TICKS, run, say
from tests.bench.servers import SERIES, Server, peer, readout


async def _measure(samples: Samples, repeats: int) -> dict[str, Any]:
    slices = len(list(SERIES.glob("*.dcm")))
    machine: dict[str, Any] = {"slices": slices}
    with TemporaryDirectory(prefix="readout-bench-") as data, ExitStack() as stack:
        with readout(Path(data)):
            pass  # the first start makes the key and the database
        for _ in range(repeats - 1):
            with readout(Path(data)) as server:
                samples.add(OURS, "start_s", server.start_s)
        servers = {OURS: stack.enter_context(readout(Path(data))), PEER: stack.enter_context(peer())}
        samples.add(OURS, "start_s", servers[OURS].start_s)
        async with async_playwright() as playwright:
            machine |= await _warm_up(playwright, servers)
            for repeat in range(1, repeats + 1):
                p95_ms: dict[str, float] = {}
                for side, server in servers.items():
                    say(f"repeat {repeat} of {repeats}: {side} ...")
                    try:
                        p95_ms[side] = await _one_repeat(playwright, side, server, samples, slices)
                    except (Error, OSError, RuntimeError) as error:
                        samples.failed(f"repeat {repeat}, {side}", error)
                if len(p95_ms) == len(servers):
                    # Compared within a repeat, while the machine was in one mood.
                    samples.add(OURS, "tick_p95_ratio", p95_ms[OURS] / p95_ms[PEER])
    return machine


async def _warm_up(playwright: Playwright, servers: dict[str, Server]) -> dict[str, str]:
    """Open each page once, so that the servers have imported and decoded; and ask what the browser is."""
    facts: dict[str, str] = {}
    for side, server in servers.items():
        async with fresh(playwright, server.url, POSITIONS[side], by_keys=side == PEER) as visitor:
            await visitor.first_image_s()
            facts = {"chromium": visitor.version, "webgl": await visitor.renderer()}
    return facts


async def _one_repeat(playwright: Playwright, side: str, server: Server, samples: Samples, slices: int) -> float:
    """Take every figure of one page in a fresh browser, and give the ticks' 95th percentile in ms."""
    async with fresh(playwright, server.url, POSITIONS[side], by_keys=side == PEER) as visitor:
        samples.add(side, "first_cold_s", await visitor.first_image_s())
        if side == OURS:
            samples.add(side, "all_loaded_s", await visitor.all_loaded_s())
        p95_ms = await _scroll(visitor, side, samples, slices)
        if side == OURS:
            samples.add(side, "drag_painted", (await visitor.drag(BURST)).painted)
        samples.add(side, "browser_mb", await visitor.memory_mb())
        samples.add(side, "server_mb", server.memory_mb())
        await visitor.leave()
        samples.add(side, "first_again_s", await visitor.first_image_s())
    return p95_ms


async def _scroll(visitor: Visitor, side: str, samples: Samples, slices: int) -> float:
    """Visit every slice from first to last, then measure on the way back."""
    await visitor.go_to_first()
    await visitor.ticks_ms(slices - 1, by=1)
    latencies = await visitor.ticks_ms(TICKS, by=-1)
    samples.add(side, "tick_median_ms", percentile(latencies, 0.5))
    samples.add(side, "tick_p95_ms", p95_ms := percentile(latencies, 0.95))
    burst = await visitor.burst(BURST, by=-1)
    samples.add(side, "slices_moved", burst.moved)
    samples.add(side, "slices_painted", burst.painted)
    return p95_ms


if __name__ == "__main__":
    sys.exit(run(__doc__, NAIVE, _measure))
