"""Several viewports read together, driven as a person would: menus, drags, wheel and keys."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.phantoms import write_case
from tests.browser.reading import Point, ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import Phantom

CENTRE = (12.0, -30.0, 105.0)
AXIAL = Phantom(centre=CENTRE, origin=(-20.0, -70.0, 80.0), step=2.5, count=20)
# Cut from right to left, its rows from front to back: slice 16 goes through the ball.
SAGITTAL = Phantom(
    centre=CENTRE,
    orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    origin=(-20.0, -70.0, 140.0),
    spacing=(1.0, 1.0),
    step=-2.0,
    count=30,
)
# Another examination: another frame of reference, other slices.
PRIOR = Phantom(
    centre=CENTRE,
    origin=(-20.0, -70.0, 300.0),
    step=5.0,
    count=10,
    attributes={"FrameOfReferenceUID": "1.2.3.99"},
)


@pytest.fixture(scope="module")
def phantoms(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    write_case(library, "planes", {"axial": AXIAL, "sagittal": SAGITTAL, "prior": PRIOR})
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


@pytest.fixture
def planes(context: BrowserContext, phantoms: Server) -> ReadPage:
    return ReadPage(context.new_page(), phantoms).open("planes")


def cell(reader: ReadPage, number: int) -> Locator:
    return reader.page.locator(f'.rv-cell[data-viewport="{number}"]')


def arrange(reader: ReadPage, name: str, cells: int) -> None:
    reader.page.get_by_role("button", name="Viewports", exact=True).click()
    reader.page.get_by_role("button", name=name, exact=True).click()
    expect(reader.page.locator(".rv-cell")).to_have_count(cells)
    expect(reader.page.locator('.rv-cell[data-state="ready"]')).to_have_count(cells)


def middle(reader: ReadPage, number: int) -> Point:
    box = cell(reader, number).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shows(reader: ReadPage, number: int, **wanted: object) -> None:
    for name, value in wanted.items():
        expect(cell(reader, number)).to_have_attribute(f"data-{name.replace('_', '-')}", str(value))


def test_the_grid_has_one_to_four_viewports_and_one_may_fill_it(planes: ReadPage) -> None:
    page = planes.page
    expect(page.locator(".rv-cell")).to_have_count(1)
    arrange(planes, "Two side by side", 2)
    arrange(planes, "One large, two small", 3)
    for number, series in enumerate(("axial", "sagittal", "prior"), start=1):
        shows(planes, number, series=series)
    arrange(planes, "Four viewports", 4)
    planes.press("Tab")
    shows(planes, 2, active="true")
    planes.shows(series="sagittal")
    planes.press("Tab")
    planes.shows(series="prior")
    page.mouse.dblclick(*middle(planes, 3))
    expect(page.locator(".rv-cell:visible")).to_have_count(1)
    planes.shows(series="prior")
    page.mouse.dblclick(*planes.middle())
    expect(page.locator(".rv-cell:visible")).to_have_count(4)
    # The active viewport stays when there is room for one only.
    arrange(planes, "One viewport", 1)
    planes.shows(series="prior")


def test_a_series_is_dragged_into_a_viewport_or_clicked_into_the_active_one(planes: ReadPage) -> None:
    page = planes.page
    arrange(planes, "Two side by side", 2)
    chips = page.get_by_role("group", name="Series of this case")
    chips.get_by_role("button", name="Prior").drag_to(cell(planes, 1))
    shows(planes, 1, series="prior", state="ready", active="true")
    page.mouse.click(*middle(planes, 2))
    chips.get_by_role("button", name="Axial").click()
    shows(planes, 2, series="axial", state="ready")
    planes.press("PageDown")
    shows(planes, 2, series="sagittal")


def test_series_of_one_frame_of_reference_scroll_together_by_position(reader: ReadPage) -> None:
    reader.open("nuclear-petct-01")
    arrange(reader, "Two side by side", 2)
    shows(reader, 2, series="ct")
    reader.press("Home", "Shift+ArrowDown", "ArrowDown")
    for number in (1, 2):
        shows(reader, number, frame=12)
    for number in (1, 2):
        expect(cell(reader, number).locator(".rv-tl")).to_contain_text("12 / 133\nF 312.5 mm")
    # The wheel over the other one takes the first along.
    reader.hover(middle(reader, 2))
    reader.page.mouse.wheel(0, 500)
    for number in (1, 2):
        shows(reader, number, frame=17)
    reader.press("l")
    reader.page.mouse.wheel(0, 300)
    shows(reader, 2, frame=20)
    shows(reader, 1, frame=17)


def test_examinations_of_different_frames_are_linked_as_the_reader_lined_them_up(planes: ReadPage) -> None:
    page = planes.page
    arrange(planes, "Two side by side", 2)
    page.mouse.click(*middle(planes, 2))
    page.get_by_role("group", name="Series of this case").get_by_role("button", name="Prior").click()
    shows(planes, 2, series="prior", state="ready", frame=1)
    page.mouse.click(*middle(planes, 1))
    planes.press("Home", *["ArrowDown"] * 4)
    shows(planes, 1, frame=5)
    shows(planes, 2, frame=1)
    planes.press("l", "l")
    # 2.5 mm against 5 mm: two images of the one are one of the other.
    planes.press(*["ArrowDown"] * 6)
    shows(planes, 1, frame=11)
    shows(planes, 2, frame=4)
    planes.hover(middle(planes, 2))
    page.mouse.wheel(0, 200)
    shows(planes, 2, frame=6)
    shows(planes, 1, frame=15)


def test_reference_lines_and_crosshair_tell_where_the_other_plane_is(planes: ReadPage) -> None:
    page = planes.page
    arrange(planes, "Two side by side", 2)
    # Axial image 11 lies at z = 105, the sagittal series begins at x = -20.
    planes.press("Home", "Shift+ArrowDown")
    planes.shows(frame=11)
    line = cell(planes, 2).locator(".rv-reference")
    expect(line).to_have_count(1)
    box = cell(planes, 2).bounding_box()
    assert box is not None
    # On the sagittal images rows run from z = 140 downwards, 1 mm each: z = 105 is row 35.
    level = page.evaluate(_PLACE, [[32, 35], 1])[1] - box["y"]
    page.wait_for_function(
        "y => ['y1', 'y2'].every((end) => Math.abs(document.querySelector("
        "'[data-viewport=\"2\"] .rv-reference').getAttribute(end) - y) < 1)",
        arg=level,
    )
    planes.press("g")
    expect(line).to_have_count(0)
    # A click in the middle of the ball takes the sagittal series to it.
    planes.press("x")
    planes.click(page.evaluate(_PLACE, [[32, 32], 0]))
    shows(planes, 2, frame=17)
    expect(cell(planes, 2).locator(".rv-crosshair")).to_have_count(1)


_PLACE = "([point, viewport]) => document.querySelector('.rv').readout.viewer.pagePoint(point, viewport)"


def test_layout_windows_images_and_marks_survive_a_reload(planes: ReadPage) -> None:
    page = planes.page
    arrange(planes, "Two side by side", 2)
    planes.press("Home", *["ArrowDown"] * 10, "i")
    planes.drag((80, 0), start=middle(planes, 1))
    width = planes.data("window-width")
    planes.mark((32, 32))
    expect(cell(planes, 1).locator(".rv-mark")).to_have_count(1)
    page.wait_for_function("localStorage.length > 0")
    page.reload()
    planes.ready()
    expect(page.locator('.rv-cell[data-state="ready"]')).to_have_count(2)
    planes.shows(series="axial", frame=11, window_width=width)
    shows(planes, 2, series="sagittal")
    expect(cell(planes, 1).locator(".rv-br")).to_contain_text("inverted")
    expect(cell(planes, 1).locator(".rv-mark")).to_have_count(1)
    # Python knows of the mark, too.
    expect(page.get_by_text("Marked.", exact=False)).to_be_visible()


def test_the_viewer_tells_what_is_seen_and_shows_what_it_is_told_to(planes: ReadPage) -> None:
    page = planes.page
    page.evaluate(
        "() => { window.seen = []; document.querySelector('.rv').readout.viewer.onView = (view) => seen.push(view); }"
    )
    planes.press("ArrowDown")
    page.wait_for_function("seen.length === 1")
    [view] = page.evaluate("seen")
    assert view == {"viewport": 1, "series": "axial", "frame": 1, "window": {"center": -470, "width": 1400}}
    target = {"series": "sagittal", "frame": 7, "window": {"name": "", "center": 0, "width": 500}}
    page.evaluate("target => document.querySelector('.rv').readout.viewer.show(target)", target)
    planes.shows(series="sagittal", frame=8, window_center=0, window_width=500)
    last = page.evaluate("seen.at(-1)")
    assert last == {"viewport": 1, "series": "sagittal", "frame": 7, "window": {"center": 0, "width": 500}}
