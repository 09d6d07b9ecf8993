"""The read page as a person uses it: pointer, wheel, keys, and what stands on the screen."""

import io
import math
from collections.abc import Sequence

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import Server

Point = tuple[float, float]

_READ_BACK = """points => {
  const { viewer } = document.querySelector('.rv').readout;
  const { canvas } = viewer;
  const box = canvas.parentElement.getBoundingClientRect();
  const toCanvas = new DOMMatrix(getComputedStyle(canvas).transform).inverse();
  const context = canvas.getContext('2d');
  return points.map((point) => {
    const [x, y] = viewer.pagePoint(point);
    const at = toCanvas.transformPoint({ x: x - box.left, y: y - box.top });
    return [...context.getImageData(Math.floor(at.x), Math.floor(at.y), 1, 1).data];
  });
}"""
_SHOWS = f"""([points, wanted, within]) => ({_READ_BACK})(points).every(
  ([r, g, b], n) => r === g && g === b && Math.abs(g - wanted[n]) <= within)"""


def rest(page: Page) -> None:
    """Wait until Streamlit is not running the page's script."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


class ReadPage:
    """One browser tab with a case."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.viewer: Locator = page.get_by_test_id("viewer")
        self.stage: Locator = page.locator(".rv-stage")

    def open(self, slug: str) -> "ReadPage":
        self.page.goto(f"{self.server.url}/read?case={slug}")
        return self.ready()

    def leave(self) -> None:
        """Go back to the library by the page's own link."""
        self.page.evaluate("performance.clearMarks()")
        self.page.get_by_role("link", name="Library").click()
        self.rest()

    def ready(self) -> "ReadPage":
        """Wait until every image is here, the page has taken the viewer over, and the page is at rest."""
        expect(self.viewer).to_have_attribute("data-state", "ready")
        self.page.wait_for_function("performance.getEntriesByName('readout:series-loaded').length")
        expect(self.page.locator(".st-key-viewer").get_by_test_id("viewer")).to_be_attached()
        self.rest()
        return self

    def rest(self) -> None:
        """Wait until Streamlit is not running the page's script."""
        rest(self.page)

    def data(self, name: str) -> str:
        return self.viewer.get_attribute(f"data-{name}") or ""

    def shows(self, **wanted: object) -> None:
        """Wait until the viewer's root says so, as in ``shows(frame=3, window_center=40)``."""
        for name, value in wanted.items():
            expect(self.viewer).to_have_attribute(f"data-{name.replace('_', '-')}", str(value))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go_to(self, frame: int) -> None:
        """Page to a frame (1-based) as a reader does: the end nearest to it, then tens and ones."""
        last = int(self.data("frames"))
        self.press("Home" if frame <= last / 2 else "End")
        here = 1 if frame <= last / 2 else last
        tens, ones = divmod(abs(frame - here), 10)
        sign = "Down" if frame > here else "Up"
        self.press(*[f"Shift+Arrow{sign}"] * tens, *[f"Arrow{sign}"] * ones)
        self.shows(frame=frame)

    def show_series(self, name: str, among: Sequence[str]) -> None:
        """Go through the series of the case with the keyboard until this one is shown."""
        here, there = among.index(self.data("series")), among.index(name)
        step = 1 if there > here else -1
        for number in range(here + step, there + step, step) if here != there else ():
            self.press("PageDown" if step > 0 else "PageUp")
            self.shows(series=among[number], state="ready")

    def at(self, point: Sequence[float]) -> Point:
        """Where an image point (column, row) of the frame shown lies on the page."""
        x, y = self.page.evaluate("p => document.querySelector('.rv').readout.viewer.pagePoint(p)", list(point))
        return x, y

    def middle(self) -> Point:
        box = self.stage.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def hover(self, place: Point) -> None:
        self.page.mouse.move(*place)

    def click(self, place: Point) -> None:
        self.page.mouse.click(*place)

    def drag(self, by: Point, *, start: Point | None = None, button: str = "left", steps: int = 8) -> None:
        x, y = start or self.middle()
        self.page.mouse.move(x, y)
        self.page.mouse.down(button=button)
        self.page.mouse.move(x + by[0], y + by[1], steps=steps)
        self.page.mouse.up(button=button)

    def zoom_on(self, point: Point, times: float) -> None:
        """Bring an image point to the middle and enlarge it there, with the middle and the right button."""
        x, y = self.at(point)
        centre = self.middle()
        if self.stage_holds((x, y)):
            self.drag((centre[0] - x, centre[1] - y), start=(x, y), button="middle")
        for _ in range(8):
            step = min(times, 8.0)
            # A drag of d pixels upwards enlarges by 1.01 to the power of d.
            self.drag((0, -math.log(step) / math.log(1.01)), start=centre, button="right")
            times /= step
            if times <= 1.01:
                return

    def stage_holds(self, place: Point) -> bool:
        box = self.stage.bounding_box()
        assert box is not None
        return box["x"] < place[0] < box["x"] + box["width"] and box["y"] < place[1] < box["y"] + box["height"]

    def colours(self, points: Sequence[Point]) -> list[list[int]]:
        """Read the canvas back: red, green, blue and alpha where these image points are shown."""
        found: list[list[int]] = self.page.evaluate(_READ_BACK, [list(point) for point in points])
        return found

    def on_screen(self, points: Sequence[Point]) -> list[int]:
        """Give the grey levels of a screenshot where these image points are shown."""
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("L")
        return [picture.getpixel((math.floor(x), math.floor(y))) for x, y in map(self.at, points)]

    def shows_grey(self, points: Sequence[Point], wanted: Sequence[float], *, within: float) -> None:
        """Wait until the canvas shows these grey levels at these image points."""
        places = [list(point) for point in points]
        try:
            self.page.wait_for_function(_SHOWS, arg=[places, list(wanted), within], timeout=15_000, polling=100)
        except Exception as error:
            found = [colour[:3] for colour in self.colours(points)]
            lines = [f"{p}: {c}, wanted {w:.1f}" for p, c, w in zip(points, found, wanted, strict=True)]
            raise AssertionError("\n".join([f"{self.viewer_state()}", *lines])) from error

    def viewer_state(self) -> dict[str, str]:
        found: dict[str, str] = self.viewer.evaluate("root => ({...root.dataset})")
        return found

    # What stands beside the viewer

    def mark(self, point: Sequence[float]) -> None:
        """Mark an image point of the frame shown with the mark tool and a click."""
        self.press("m")
        self.shows(tool="mark")
        self.click(self.at(point))
        expect(self.page.get_by_text("Marked.", exact=False)).to_be_visible()
        self.rest()

    def mark_nothing(self) -> None:
        """Say that there is no finding to mark."""
        self.page.get_by_text("There is no finding to mark").click()
        self.rest()

    def choose(self, option: str) -> None:
        self.page.get_by_role("radiogroup", name="Answer").get_by_text(option, exact=True).click()
        self.rest()

    def rank(self, name: str) -> None:
        """Type a diagnosis into the picker and take the first match with the keyboard."""
        field = self.page.get_by_role("combobox", name="Search a diagnosis")
        field.click()
        field.press_sequentially(name)
        # A name as it is in the vocabulary is the best match, so the list may still change behind it.
        matches = self.page.get_by_role("listbox", name="Matching diagnoses")
        expect(matches.get_by_role("option").first).to_have_text(name)
        field.press("Enter")
        ranking = self.page.get_by_role("list", name="Your differential")
        expect(ranking.get_by_text(name, exact=True)).to_be_visible()

    def sure(self, percent: int) -> None:
        """Say how sure, which makes the answer ready to be committed."""
        self.page.get_by_test_id("stButtonGroup").get_by_text(str(percent), exact=True).click()
        expect(self.page.get_by_role("button", name="Commit")).to_be_enabled()
        self.rest()

    def commit(self, percent: int = 80) -> None:
        """Say how sure, and commit."""
        self.sure(percent)
        self.lock()

    def lock(self) -> None:
        """Commit; wait until the question has gone."""
        question = self.page.get_by_text("Question ", exact=False).first.text_content()
        self.page.get_by_role("button", name="Commit").click()
        expect(self.page.get_by_text(question or "", exact=True)).to_have_count(0)
        self.rest()
