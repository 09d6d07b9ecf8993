"""The page fits its window, and the images stay where they are while Streamlit runs."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.truth import SLUGS, STARTERS

_OVERFLOW = """() => {
  const clipped = (root) => [...document.querySelectorAll(root)].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && (box.left < -1 || box.right > innerWidth + 1);
  }).map((e) => e.outerHTML.slice(0, 120));
  const main = document.querySelector('[data-testid=stMain]');
  return {
    width: Math.max(document.scrollingElement.scrollWidth, main.scrollWidth) - innerWidth,
    height: Math.max(document.scrollingElement.scrollHeight, main.scrollHeight) - innerHeight,
    clipped: clipped('[data-testid=stMain] p, [data-testid=stMain] input, .rv-stage, .rv-overlay > div'),
  };
}"""


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_the_read_page_fits_its_window(browser: Browser, server: Server, size: tuple[int, int]) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
    for slug in STARTERS if width == 1440 else STARTERS[:1]:
        reader = ReadPage(context.new_page(), server).open(slug)
        found = reader.page.evaluate(_OVERFLOW)
        assert found["width"] <= 0
        assert found["clipped"] == []
        stage = reader.stage.bounding_box()
        assert stage is not None
        if width > 640:
            assert found["height"] <= 0
            assert stage["width"] >= 0.6 * width
            # The image area ends above the lower edge of the window.
            assert stage["y"] + stage["height"] <= height
            expect(reader.page.get_by_text("Question 1 of 4")).to_be_in_viewport()
        else:
            # On a phone the image fills the width, and the question follows below.
            assert stage["width"] >= 0.9 * width
            panel = reader.page.locator(".st-key-panel").bounding_box()
            assert panel is not None
            assert panel["y"] >= stage["y"] + stage["height"]
    context.close()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_library_fits_its_window(browser: Browser, server: Server, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_role("link", name="Open the case")).to_have_count(len(SLUGS))
    found = page.evaluate(_OVERFLOW)
    assert found["width"] <= 0
    assert found["clipped"] == []
    context.close()


def test_a_rerun_keeps_the_images_and_the_view(ct: ReadPage) -> None:
    ct.page.evaluate("document.querySelector('.rv').readout.viewer.canvas.stamp = 'same'")
    ct.press("2", "i", "ArrowDown")
    ct.shows(frame=68, window_center=50)
    place = ct.at((100, 100))
    group = ct.page.get_by_test_id("stButtonGroup")
    group.get_by_text("60", exact=True).click()
    expect(group.get_by_role("radio", name="60", exact=True)).to_be_checked()
    ct.rest()
    group.get_by_text("90", exact=True).click()
    ct.rest()
    assert ct.page.evaluate("document.querySelector('.rv').readout.viewer.canvas.stamp") == "same"
    ct.shows(frame=68, window_center=50)
    expect(ct.page.locator(".rv-br")).to_contain_text("inverted")
    assert ct.at((100, 100)) == pytest.approx(place, abs=0.01)


def test_another_window_size_keeps_frame_and_window(reader: ReadPage) -> None:
    reader.open("interventional-xa-01")
    reader.press("2")
    reader.go_to(40)
    reader.page.set_viewport_size({"width": 1100, "height": 700})
    reader.page.wait_for_function(
        "(() => { const c = document.querySelector('.rv').readout.viewer.canvas.getBoundingClientRect();"
        " const s = document.querySelector('.rv-stage').getBoundingClientRect();"
        " const left = Math.min(s.width - c.width, s.height - c.height);"
        " return s.width < 900 && left > -2 && left < 4; })()"
    )
    reader.shows(frame=40, window_center=110, window_width=170)
    assert reader.page.evaluate(_OVERFLOW)["height"] <= 0


def test_a_case_that_is_not_there_is_said_so(reader: ReadPage) -> None:
    reader.page.goto(f"{reader.server.url}/read?case=no-such-case")
    expect(reader.page.get_by_role("heading", name="No such case")).to_be_visible()
    reader.page.get_by_role("link", name="To the library").click()
    expect(reader.page.get_by_role("link", name="Open the case")).to_have_count(len(SLUGS))


def test_controls_have_names_and_marks_tell_the_time(ct: ReadPage) -> None:
    expect(ct.page.get_by_role("region", name="Image viewer")).to_be_visible()
    assert ct.page.get_by_role("toolbar", name="Viewer tools").count() == 1
    nameless = ct.page.evaluate(
        "[...document.querySelectorAll('.rv button, .rv select, .rv input')]"
        ".filter((e) => !e.getAttribute('aria-label') && !e.labels?.length && !e.textContent.trim()).length"
    )
    assert nameless == 0
    times = ct.page.evaluate(
        "['readout:open', 'readout:first-image', 'readout:series-loaded']"
        ".map((name) => performance.getEntriesByName(name)[0].startTime)"
    )
    assert times == sorted(times)
