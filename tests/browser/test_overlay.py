"""What stands on an image is true: scale, what is wrong with a series, what is not there yet, what was not painted."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Route, expect

from tests.browser.conftest import WINDOW
from tests.browser.phantoms import write_case
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import Phantom

EVEN = Phantom(spacing=(0.8, 0.8))
WITHOUT_SPACING = Phantom(attributes={"PixelSpacing": None})


@dataclass(frozen=True, kw_only=True)
class Tilted(Phantom):
    """A gantry that leans by so many degrees: every slice lies a little beside the one before."""

    degrees: float = 12.0

    def position(self, number: int) -> np.ndarray:
        _, column, _ = self.axes()
        return super().position(number) + number * self.step * np.tan(np.radians(self.degrees)) * column


@dataclass(frozen=True, kw_only=True)
class Repeated(Phantom):
    """The tenth slice and those behind it lie one place further back: two are at the same place."""

    def position(self, number: int) -> np.ndarray:
        return super().position(number - (number > 8))


SERIES = {
    "even": EVEN,
    "tilted": Tilted(),
    "gap": replace(EVEN, missing=(8,)),
    "twice": Repeated(),
    "unknown": WITHOUT_SPACING,
}


@pytest.fixture(scope="module")
def phantoms(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    for name, phantom in SERIES.items():
        write_case(library, name, {"ct": phantom})
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def reader(browser: Browser, phantoms: Server) -> Iterator[ReadPage]:
    context = browser.new_context(viewport=WINDOW)
    yield ReadPage(context.new_page(), phantoms)
    context.close()


def part(reader: ReadPage, name: str) -> Locator:
    return reader.page.locator(f".rv-overlay .rv-{name}")


def test_the_scale_bar_is_as_long_as_it_says_at_every_zoom(reader: ReadPage) -> None:
    reader.open("even")
    for _ in range(2):
        said = re.fullmatch(r"(\d+) (mm|cm)", part(reader, "scale").text_content() or "")
        assert said is not None
        millimetres = float(said[1]) * {"mm": 1, "cm": 10}[said[2]]
        (left, _), (right, _) = reader.at((10, 10)), reader.at((60, 10))
        width = part(reader, "scale").evaluate("(bar) => bar.offsetWidth")
        assert width / (right - left) * 50 * EVEN.spacing[1] == pytest.approx(millimetres, rel=0.02)
        reader.drag((0, -100), button="right")


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("tilted", r"the frames step 12\.0 degrees off their normal"),
        ("gap", r"5\.000 mm behind frame 8, 2\.500 mm usual \(1 uneven gaps\); a slice may be missing"),
        ("twice", r"frames 9 lie where the next one lies"),
    ],
)
def test_what_is_wrong_with_a_series_stands_on_its_images(reader: ReadPage, slug: str, sentence: str) -> None:
    reader.open(slug)
    expect(part(reader, "tr")).to_have_text(re.compile(sentence))
    reader.page.get_by_role("button", name="Planes, slabs and fusion").click()
    expect(reader.page.locator(".rv-why")).to_contain_text("No planes:")
    expect(reader.page.get_by_role("button", name="Three planes")).to_be_disabled()


def test_without_a_spacing_there_is_no_scale_bar_and_the_image_says_so(reader: ReadPage) -> None:
    reader.open("unknown")
    expect(part(reader, "br")).to_have_text(re.compile("no scale in the file"))
    expect(part(reader, "scale")).to_be_hidden()


def test_an_image_that_is_not_here_yet_is_dimmed_until_it_comes(context: BrowserContext, phantoms: Server) -> None:
    reader = ReadPage(context.new_page(), phantoms)
    held: list[Route] = []
    seen: list[str] = []
    let_through = False

    def hold(route: Route) -> None:
        # The first image comes alone; the others wait until the test lets them through.
        seen.append(route.request.url)
        if len(seen) == 1 or let_through:
            route.continue_()
        else:
            held.append(route)

    reader.page.route(re.compile(r"/pixels/"), hold)
    reader.page.goto(f"{phantoms.url}/read?case=even")
    expect(reader.viewer).to_have_attribute("data-state", "ready")
    expect(reader.page.locator(".rv-early")).to_have_count(0)
    cell = reader.page.locator(".rv-cell")
    expect(cell).not_to_have_class(re.compile("rv-waiting"))
    reader.press("End")
    expect(part(reader, "tl")).to_have_text(re.compile("20 / 20"))
    expect(cell).to_have_class(re.compile("rv-waiting"))
    let_through = True
    for route in held:
        route.continue_()
    expect(cell).not_to_have_class(re.compile("rv-waiting"))


def test_images_that_were_passed_over_are_counted_for_a_while(reader: ReadPage) -> None:
    reader.open("even")
    reader.press("Home")
    # Three notches within one frame of the display: two images are passed over.
    reader.page.evaluate(
        """() => {
          const stage = document.querySelector('.rv-cell');
          const notch = { deltaY: 100, bubbles: true, cancelable: true };
          for (const _ of [1, 2, 3]) stage.dispatchEvent(new WheelEvent('wheel', notch));
        }"""
    )
    reader.shows(frame=4)
    expect(part(reader, "dropped")).to_have_text("2 not painted")
    expect(part(reader, "dropped")).to_have_text("")


def test_the_viewer_fills_the_screen_and_gives_it_back(reader: ReadPage) -> None:
    reader.open("even")
    reader.press("Home", "f")
    reader.page.wait_for_function("document.fullscreenElement?.dataset.testid === 'viewer'")
    reader.press("ArrowDown")
    reader.shows(frame=2)
    reader.press("f")
    reader.page.wait_for_function("!document.fullscreenElement")
