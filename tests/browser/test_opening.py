"""The first image stands before Streamlit does, and stays as it is when the page comes around it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server

SLUG = "thoracic-ct-01"
_PLACE = """() => {
  const root = document.querySelector('[data-testid=viewer]').getBoundingClientRect();
  const { canvas } = document.querySelector('.rv').readout.viewer;
  const image = canvas.getBoundingClientRect();
  return [root, image].flatMap(({ x, y, width, height }) => [x, y, width, height]);
}"""


@contextmanager
def without_streamlit(page: Page) -> Iterator[None]:
    """Hold Streamlit's program back."""
    held: list[Route] = []
    page.route(re.compile(r"/static/js/index\.[^/]*\.js$"), lambda route: held.append(route))
    yield
    for route in held:
        route.continue_()
    page.unroute_all()


def opening(context: BrowserContext, server: Server) -> str:
    """Give what the document says once the server has the series open; before, the document does not wait for it."""
    for _ in range(100):
        text = context.request.get(f"{server.url}/read?case={SLUG}").text()
        if found := re.search(r'<script id="readout-opening" type="application/json">(.*?)</script>', text):
            return found[1]
    pytest.fail("the document never says what the viewer opens with")


def come_early(page: Page, server: Server) -> None:
    """Open the case as often as a busy server takes to have the document say what it opens with."""
    for _ in range(30):
        page.goto(f"{server.url}/read?case={SLUG}", wait_until="commit")
        page.wait_for_selector("body", state="attached")
        if page.locator("#readout-opening").count():
            return
    pytest.fail("the document never says what the viewer opens with")


def adopted(reader: ReadPage) -> None:
    expect(reader.page.locator(".rv-early")).to_have_count(0)
    expect(reader.page.locator(".st-key-panel")).to_contain_text("Question")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_image_is_read_before_the_page_is_there_and_nothing_moves_when_it_comes(
    context: BrowserContext, server: Server, width: int, height: int
) -> None:
    reader = ReadPage(context.new_page(), server)
    page = reader.page
    page.set_viewport_size({"width": width, "height": height})
    with without_streamlit(page):
        come_early(page, server)
        reader.shows(state="ready", frame=67)
        reader.press("ArrowDown", "ArrowDown", "i")
        reader.shows(frame=69)
        before = page.evaluate(_PLACE)
        page.evaluate("document.querySelector('.rv').readout.viewer.canvas.dataset.stamp = 'same'")
    adopted(reader)
    assert page.evaluate(_PLACE) == pytest.approx(before, abs=1)
    assert page.evaluate("document.querySelector('.rv').readout.viewer.canvas.dataset.stamp") == "same"
    reader.shows(frame=69)
    page.wait_for_function("performance.getEntriesByName('readout:series-loaded').length")


def test_marks_and_place_of_the_last_visit_are_there_before_the_page_and_after(
    context: BrowserContext, server: Server
) -> None:
    reader = ReadPage(context.new_page(), server).open(SLUG)
    reader.go_to(70)
    reader.mark((256, 256))
    marks = reader.page.locator("svg .rv-mark")
    expect(marks).to_have_count(1)
    expect(reader.page.get_by_text("Marked", exact=False).first).to_be_visible()
    with without_streamlit(reader.page):
        come_early(reader.page, server)
        reader.shows(state="ready", frame=70)
        expect(marks).to_have_count(1)
    adopted(reader)
    expect(marks).to_have_count(1)
    expect(reader.page.get_by_text("Marked", exact=False).first).to_be_visible()
    reader.shows(frame=70)


def test_the_document_says_what_the_page_would_send_and_no_more(context: BrowserContext, server: Server) -> None:
    said = json.loads(opening(context, server))
    assert set(said) == {"case", "series"}
    pixels = said["series"][0]["url"].format(a=66, b=67)
    assert context.request.get(f"{server.url}/{pixels}").status == 200
    for other in ("no-such-case", f"{SLUG}&session=any"):
        assert "readout-opening" not in context.request.get(f"{server.url}/read?case={other}").text()


@pytest.mark.parametrize("path", ["/", f"/read?case={SLUG}", "/practice"])
def test_a_page_is_dark_before_it_is_drawn_and_before_it_is_connected(
    context: BrowserContext, server: Server, path: str
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="light")
    page.route_web_socket(re.compile("/_stcore/stream"), lambda _: None)  # nobody ever answers
    with without_streamlit(page):
        page.goto(server.url + path, wait_until="commit")
        page.wait_for_selector("body", state="attached")
        dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", dark))) < 100
    expect(page.locator(".stApp")).to_have_css("background-color", dark)
    page.close()
