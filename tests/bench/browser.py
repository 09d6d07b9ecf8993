"""One fresh Chromium in front of one page: opens it, scrolls, drags, and says what was painted when.

Inputs are real ones, sent through the DevTools protocol. Times are the page's own (ms since its navigation), taken by
``probe.js``; definitions are in its head and in the docstrings here.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, Playwright

from tests.bench.servers import proportional_memory_mb

RATE = 30
"""Inputs a second in a burst."""

PROBE = Path(__file__).with_name("probe.js").read_text()
FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WINDOW = (1440, 900)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPEN_MS = 60_000
_TICK_MS = 3_000
_SETTLED_S = 1.5
_REST_S = 0.1


@dataclass(frozen=True, slots=True)
class Burst:
    """What came of inputs sent on the clock, whatever the page was doing."""

    moved: int
    """Slices between before and after."""
    painted: int
    """Different pictures seen."""


def chromium() -> str:
    """Find the browser on PATH.

    Raises
    ------
    RuntimeError
        When there is none.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        raise RuntimeError(f"none of {', '.join(_NAMES)} is on PATH: `make bench` installs it.")
    return found


@asynccontextmanager
async def fresh(
    playwright: Playwright, url: str, position: str, *, by_keys: bool, window: tuple[int, int] = _WINDOW
) -> AsyncIterator["Visitor"]:
    """Start a browser process with an empty cache; see :class:`Visitor`."""
    width, height = window
    browser = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
    try:
        page = await (await browser.new_context(viewport={"width": width, "height": height})).new_page()
        await page.add_init_script(PROBE)
        devtools = await page.context.new_cdp_session(page)
        yield Visitor(browser, page, devtools, url, position, by_keys)
    finally:
        await browser.close()


class Visitor:
    """A visitor of one page who scrolls by wheel over the picture, or by arrow keys on a slider.

    Parameters
    ----------
    position : str
        JavaScript that gives the slice shown now.
    by_keys : bool
        Whether the page is scrolled by keys.
    """

    def __init__(
        self, browser: Browser, page: Page, devtools: CDPSession, url: str, position: str, by_keys: bool
    ) -> None:
        self._browser = browser
        self._page = page
        self._devtools = devtools
        self._url = url
        self._position = position
        self._by_keys = by_keys
        self._at = (0.0, 0.0)

    async def first_image_s(self, url: str = "") -> float:
        """Open the page, or another; from its navigation to the first sample that is a picture."""
        await self._page.goto(url or self._url, wait_until="commit")
        await self._page.wait_for_function(
            "readoutProbe.first !== null && readoutProbe.box()", timeout=_OPEN_MS, polling=50
        )
        box = await self._page.evaluate("readoutProbe.box()")
        self._at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return float(await self._page.evaluate("readoutProbe.first")) / 1000

    async def leave(self) -> None:
        """Go to an empty page of the same browser."""
        await self._page.goto("about:blank")
        await asyncio.sleep(1)

    async def all_loaded_s(self, pixels: str = "/pixels/", responses: int = 0) -> float:
        """From navigation to the end of the last response with pixels; not their decoding or drawing.

        Parameters
        ----------
        pixels : str
            What addresses of pixels hold.
        responses : int
            How many there are; 0 where the page itself marks the last.
        """
        ends = f"performance.getEntriesByType('resource').filter((e) => e.name.includes('{pixels}'))"
        loaded = "performance.getEntriesByName('readout:series-loaded').length > 0"
        if responses:
            loaded = f"new Set({ends}.map((e) => e.name)).size >= {responses}"
        await self._page.wait_for_function(loaded, timeout=_OPEN_MS, polling=100)
        return float(await self._page.evaluate(f"Math.max(...{ends}.map((e) => e.responseEnd))")) / 1000

    async def go_to_first(self) -> None:
        """Take hold of the picture or its slider, and show the first slice."""
        await self._page.mouse.move(*self._at)
        if self._by_keys:
            await self._page.locator(".stSlider input[type=range], .stSlider [role=slider]").first.focus()
        await self._page.keyboard.press("Home")
        await self._settle()

    async def press(self, key: str) -> None:
        """Strike a key, and wait until nothing changes any more."""
        await self._page.keyboard.press(key)
        await self._settle()

    async def watch(self, viewport: str, position: str) -> None:
        """Take another picture of the page: its element, and JavaScript that gives the slice it shows."""
        await self._page.wait_for_selector(f"{viewport}[data-state=ready]", timeout=_OPEN_MS)
        await self._page.evaluate(
            "selector => { readoutProbe.element = document.querySelector(selector); }", f"{viewport} canvas"
        )
        box = await self._page.evaluate("readoutProbe.box()")
        self._at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._position = position
        await self._page.mouse.move(*self._at)
        await self._settle()

    async def seen_s(self, selector: str) -> float:
        """From navigation to when an element has been found on the page."""
        await self._page.wait_for_selector(selector, timeout=_OPEN_MS)
        return float(await self._page.evaluate("performance.now()")) / 1000

    async def pixel_bytes(self) -> float:
        """Give the bytes of all answers with pixels, as they came over the network."""
        entries = "performance.getEntriesByType('resource').filter((e) => e.name.includes('/pixels/'))"
        return float(await self._page.evaluate(f"{entries}.reduce((sum, e) => sum + e.encodedBodySize, 0)"))

    async def visit_all(self, slices: int) -> None:
        """Scroll to one end, to the other and back, at 30 ticks a second, so that every slice has been shown."""
        await self._page.mouse.move(*self._at)
        for by in (-1, 1, -1):
            await self._on_the_clock(slices, lambda _, by=by: self._tick(by))  # type: ignore[misc]
            await self._settle()

    async def ticks_ms(self, count: int, by: int) -> list[float]:
        """Move slice by slice, each when the last is painted; from each input's own time stamp to its change.

        Raises
        ------
        TimeoutError
            When more than a tenth of the inputs change nothing within three seconds.
        """
        return await self._steps_ms(count, lambda _: self._tick(by))

    async def drags_ms(self, count: int) -> list[float]:
        """Drag the window over the picture, each step when the last is painted; as :meth:`ticks_ms`."""
        x, y = self._at
        await self._mouse("mousePressed", x, y)
        await self._mouse("mouseMoved", x - 12, y)  # leaves the stillness of a click
        await self._settle()
        found = await self._steps_ms(count, lambda step: self._mouse("mouseMoved", x - 12 + 3 * step, y + step))
        await self._mouse("mouseReleased", x - 12 + 3 * count, y + count)
        return found

    async def _steps_ms(self, count: int, send: Callable[[int], Awaitable[Any]]) -> list[float]:
        found = [await self._step_ms(step, send) for step in range(1, count + 1)]
        seen = [latency for latency in found if latency is not None]
        if len(seen) < 0.9 * count:
            raise TimeoutError(f"{count - len(seen)} of {count} inputs changed nothing within {_TICK_MS} ms")
        return seen

    async def burst(self, count: int, by: int) -> Burst:
        """Move ``count`` slices at 30 a second."""
        return await self._burst(count, lambda _: self._tick(by))

    async def drag(self, count: int) -> Burst:
        """Drag the window over the picture in ``count`` moves at 30 a second."""
        x, y = self._at
        await self._mouse("mousePressed", x, y)
        await self._mouse("mouseMoved", x - 12, y)  # leaves the stillness of a click
        await self._settle()
        dragged = await self._burst(count, lambda step: self._mouse("mouseMoved", x - 12 - 3 * step, y - step))
        await self._mouse("mouseReleased", x - 12 - 3 * count, y - count)
        return dragged

    async def memory_mb(self) -> float:
        """Give the memory of all the browser's processes after a collection of garbage."""
        await self._devtools.send("HeapProfiler.collectGarbage")
        session = await self._browser.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        return proportional_memory_mb(next(one["id"] for one in processes if one["type"] == "browser"))

    async def renderer(self) -> str:
        """Name what draws WebGL in this browser."""
        return str(await self._page.evaluate(_RENDERER))

    @property
    def version(self) -> str:
        """The browser's version."""
        return self._browser.version

    async def _burst(self, count: int, send: Callable[[int], Awaitable[Any]]) -> Burst:
        before = await self._page.evaluate(self._position)
        await self._page.evaluate("readoutProbe.clear()")
        await self._on_the_clock(count, send)
        await self._settle()
        after = await self._page.evaluate(self._position)
        return Burst(abs(after - before), await self._page.evaluate("readoutProbe.changes.length"))

    @staticmethod
    async def _on_the_clock(count: int, send: Callable[[int], Awaitable[Any]]) -> None:
        begun = time.perf_counter()
        sent = []
        for step in range(1, count + 1):
            await asyncio.sleep(max(0, begun + step / RATE - time.perf_counter()))
            sent.append(asyncio.ensure_future(send(step)))
        await asyncio.gather(*sent)

    async def _settle(self) -> None:
        """Wait until nothing has changed for a while."""
        await asyncio.sleep(_SETTLED_S)
        quiet = f"performance.now() - (readoutProbe.changes.at(-1) ?? 0) > {_SETTLED_S * 1000}"
        await self._page.wait_for_function(quiet, timeout=_OPEN_MS, polling=100)

    async def _step_ms(self, step: int, send: Callable[[int], Awaitable[Any]]) -> float | None:
        await self._page.evaluate("readoutProbe.clear()")
        await send(step)
        latency: float | None = await self._page.evaluate(f"readoutProbe.latency({_TICK_MS})")
        await asyncio.sleep(_REST_S)
        return latency

    async def _tick(self, by: int) -> None:
        if not self._by_keys:
            x, y = self._at
            await self._devtools.send(
                "Input.dispatchMouseEvent", {"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": 100 * by}
            )
            return
        name, code = ("ArrowRight", 39) if by > 0 else ("ArrowLeft", 37)
        key = {"key": name, "code": name, "windowsVirtualKeyCode": code}
        await self._devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        await self._devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    async def _mouse(self, kind: str, x: float, y: float) -> None:
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        await self._devtools.send("Input.dispatchMouseEvent", event)


_RENDERER = """() => {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  return gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : 'no WebGL';
}"""
