"""Frames come packed, the same to the last bit; where unpacking fails they come as they are."""

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.truth import Truth

_UNPACKED = """async ([pixels, program, job]) => {
  const bytes = await (await fetch(pixels)).arrayBuffer();
  const worker = new Worker(program, { type: 'module' });
  const { values } = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ ...job, id: 0, bytes });
  });
  worker.terminate();
  let text = '';
  for (const byte of new Uint8Array(values)) text += String.fromCharCode(byte);
  return btoa(text);
}"""


def listening(context: BrowserContext, server: Server) -> tuple[ReadPage, list[str]]:
    """Give a tab, and what is asked for in it."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return ReadPage(page, server), asked


@pytest.mark.parametrize("slug", ["thoracic-ct-01", "msk-mr-02"])
def test_what_the_browser_unpacks_is_what_the_file_holds(browser: Browser, server: Server, slug: str) -> None:
    context = browser.new_context(viewport=WINDOW)
    reader, asked = listening(context, server)
    reader.open("thoracic-ct-01")
    reader.page.wait_for_function("performance.getEntriesByName('readout:series-loaded').length")
    program = next(url for url in asked if "/unpacker-" in url)
    pixels = [url for url in asked if "/pixels/" in url]
    assert len(pixels) > 30
    assert all("packed=1" in url for url in pixels)
    asked.clear()
    reader.open(slug)
    truth = Truth.of(slug)
    first = truth.values(0)
    pixels = next(url for url in asked if "/pixels/" in url)
    pixels = re.sub(r"/\d+-\d+\?", "/0-1?", pixels.replace("&packed=1", "")) + "&packed=1"
    job = {"dtype": "int16", "frames": 1, "length": first.size, "columns": first.shape[1]}
    found = base64.b64decode(reader.page.evaluate(_UNPACKED, [pixels, program, job]))
    assert np.array_equal(np.frombuffer(found, "<i2").reshape(first.shape), first)
    context.close()


def test_a_radiograph_comes_packed_and_once(context: BrowserContext, server: Server) -> None:
    for _ in range(2):  # the second time the document asks for the image itself
        reader, asked = listening(context, server)
        reader.open("msk-cr-01")
        reader.page.wait_for_function("performance.getEntriesByName('readout:series-loaded').length")
        assert len({url for url in asked if "/pixels/" in url}) == 1
        assert all("packed=1" in url for url in asked if "/pixels/" in url)
        reader.page.close()


def test_packed_images_are_read_like_others_and_a_worker_that_fails_is_done_without(
    context: BrowserContext, server: Server
) -> None:
    truth = Truth.of("thoracic-ct-01")
    reader, asked = listening(context, server)
    for refused in (False, True):
        if refused:
            asked.clear()
            context.route(re.compile("/unpacker-"), lambda route: route.abort())
        reader.open("thoracic-ct-01")
        reader.page.wait_for_function("performance.getEntriesByName('readout:series-loaded').length")
        unpacked = [url for url in asked if "/pixels/" in url and "packed=1" not in url]
        assert len(unpacked) > 30 if refused else not unpacked
        for frame in (1, 100):
            reader.go_to(frame)
            reader.hover(reader.at((200, 300)))
            reader.shows(probe=f"{truth.values(frame - 1)[300, 200]} HU   (200, 300)")
