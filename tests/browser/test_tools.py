"""Measures drawn by hand on a ball of known size and value, and on images that know no millimetres."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.browser.conftest import WINDOW
from tests.browser.phantoms import write_case
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import Phantom

CENTRE, RADIUS = (12.0, -30.0, 105.0), 9.0
AXIAL = Phantom(centre=CENTRE, radius=RADIUS, origin=(-20.0, -70.0, 80.0), step=2.5, count=20)
# The centre of the ball: column 32 of 1 mm, row 32 of 1.25 mm, image 11.
MIDDLE = (32.0, 32.0)
SAGITTAL = Phantom(
    centre=CENTRE,
    radius=RADIUS,
    orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    origin=(-20.0, -70.0, 140.0),
    spacing=(1.0, 1.0),
    step=-2.0,
    count=30,
)


@pytest.fixture(scope="module")
def phantoms(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    write_case(library, "ball", {"axial": AXIAL, "sagittal": SAGITTAL})
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def opened(browser: Browser, phantoms: Server) -> Iterator[ReadPage]:
    context = browser.new_context(viewport=WINDOW)
    yield equipped(ReadPage(context.new_page(), phantoms).open("ball"))
    context.close()


@pytest.fixture
def ball(opened: ReadPage) -> ReadPage:
    """Give the ball on its middle image, with nothing drawn on it."""
    opened.press("Escape", "w", "Space", "Home", "Shift+ArrowDown")
    opened.shows(frame=11)
    drawn(opened)
    while opened.page.locator(".rv-note").count():
        opened.press("Control+z")
        drawn(opened)
    return opened


def drawn(reader: ReadPage) -> None:
    """Wait until what stands on the images has been drawn."""
    reader.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def equipped(reader: ReadPage) -> ReadPage:
    expect(reader.viewer).to_have_attribute("data-tools", "ready")
    return reader


def words(reader: ReadPage) -> Locator:
    return reader.page.locator(".rv-words")


def draw(reader: ReadPage, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one image point to another."""
    (x0, y0), (x1, y1) = reader.at(start), reader.at(end)
    reader.drag((x1 - x0, y1 - y0), start=(x0, y0))


def said(reader: ReadPage, pattern: str) -> list[float]:
    """Wait for a text beside what was drawn, and give its numbers."""
    drawn(reader)
    expect(words(reader)).to_have_text(re.compile(pattern))
    lines = words(reader).locator("tspan").all_text_contents()
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", "\n".join(lines))]


def test_a_length_across_the_ball_is_its_diameter(ball: ReadPage) -> None:
    ball.press("d")
    ball.shows(tool="length")
    draw(ball, (MIDDLE[0] - RADIUS, MIDDLE[1]), (MIDDLE[0] + RADIUS, MIDDLE[1]))
    assert said(ball, r"^[\d.]+ mm$") == pytest.approx([2 * RADIUS], abs=0.5)
    # Rows are 1.25 mm apart: the other way the same length is fewer pixels.
    ball.press("Control+z")
    expect(words(ball)).to_have_count(0)
    draw(ball, (MIDDLE[0], MIDDLE[1] - RADIUS / 1.25), (MIDDLE[0], MIDDLE[1] + RADIUS / 1.25))
    assert said(ball, r"^[\d.]+ mm$") == pytest.approx([2 * RADIUS], abs=0.5)


def test_two_clicks_draw_a_length_and_its_end_can_be_moved(ball: ReadPage) -> None:
    ball.press("d")
    ball.click(ball.at((20, 20)))
    ball.hover(ball.at((30, 20)))
    ball.click(ball.at((40, 20)))
    assert said(ball, r"mm$") == pytest.approx([20], abs=0.5)
    ball.press("w")
    draw(ball, (40, 20), (50, 20))
    expect(words(ball)).to_have_text(re.compile(r"^(29\.[5-9]|30\.[0-5]) mm$"))
    # One step back is the length before the move.
    ball.press("Control+z")
    expect(words(ball)).to_have_text(re.compile(r"^(19\.[5-9]|20\.[0-5]) mm$"))
    ball.press("Control+Shift+Z")
    expect(words(ball)).to_have_text(re.compile(r"^(29\.[5-9]|30\.[0-5]) mm$"))
    ball.press("Delete")
    expect(words(ball)).to_have_count(0)


def test_angle_and_cobb_are_taken_in_millimetres(ball: ReadPage) -> None:
    ball.press("a")
    # 10 mm to the side and 10 mm down (8 rows of 1.25 mm) from the vertex.
    draw(ball, (40, 20), (30, 20))
    ball.click(ball.at((40, 28)))
    assert said(ball, "°$") == pytest.approx([45], abs=1)
    ball.press("Control+z", "Shift+A")
    ball.shows(tool="cobb")
    draw(ball, (20, 20), (40, 20))
    draw(ball, (40, 40), (20, 24))
    assert said(ball, r"° Cobb$") == pytest.approx([45], abs=1)


def test_an_ellipse_in_the_ball_has_its_value_and_area(ball: ReadPage) -> None:
    ball.press("e")
    draw(ball, (MIDDLE[0] - 5, MIDDLE[1] - 4), (MIDDLE[0] + 5, MIDDLE[1] + 4))
    mean, sd, least, most, area, pixels = said(ball, "mm².*pixels$")
    assert (mean, sd, least, most) == (60, 0, 60, 60)
    assert area == pytest.approx(3.14159 * 5 * 5, abs=4)
    assert pixels == pytest.approx(area / 1.25, rel=0.08)


def test_a_freehand_region_over_the_edge_holds_ball_and_air(ball: ReadPage) -> None:
    ball.press("o")
    corners = [(MIDDLE[0] + x, MIDDLE[1] + y) for x, y in ((-14, -11), (14, -11), (14, 11), (-14, 11))]
    ball.hover(ball.at(corners[0]))
    ball.page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        ball.page.mouse.move(*ball.at(corner), steps=12)
    ball.page.mouse.up()
    mean, _, least, most, area, _ = said(ball, "mm²")
    assert (least, most) == (-1000, 60)
    assert area == pytest.approx(28 * 27.5, rel=0.03)
    share = 3.14159 * RADIUS**2 / (28 * 27.5)
    assert mean == pytest.approx(60 * share - 1000 * (1 - share), abs=25)


def test_the_probe_stays_where_it_was_clicked(ball: ReadPage) -> None:
    ball.press("h")
    ball.click(ball.at(MIDDLE))
    expect(words(ball)).to_have_text("60 HU")
    ball.press("ArrowDown", "ArrowDown")
    expect(words(ball)).to_have_count(0)


def test_an_arrow_says_what_was_typed_and_the_eraser_wipes_it(ball: ReadPage) -> None:
    ball.press("n")
    draw(ball, (20, 20), (30, 30))
    field = ball.page.get_by_label("Text of the arrow")
    expect(field).to_be_focused()
    # Letters that are keys of the viewer are letters here.
    field.press_sequentially("what is it")
    field.press("Enter")
    expect(words(ball)).to_have_text("what is it")
    ball.shows(frame=11, tool="arrow")
    ball.press("q")
    ball.click(ball.at((25, 25)))
    expect(words(ball)).to_have_count(0)


def test_the_menu_offers_every_measure(ball: ReadPage) -> None:
    for name in ("Length", "Angle", "Cobb", "Ellipse", "Freehand", "Arrow", "Eraser"):
        ball.page.get_by_role("button", name="Measure and draw").click()
        ball.page.get_by_role("button", name=re.compile(f"^{name}")).click()
        expect(ball.page.get_by_role("button", name="Measure and draw")).to_have_attribute("aria-pressed", "true")
    ball.shows(tool="erase")


def test_what_was_drawn_is_shown_in_the_other_plane_and_after_a_reload(
    context: BrowserContext, phantoms: Server
) -> None:
    reader = equipped(ReadPage(context.new_page(), phantoms).open("ball"))
    reader.press("Home", "Shift+ArrowDown", "d")
    draw(reader, (MIDDLE[0] - RADIUS, MIDDLE[1]), (MIDDLE[0] + RADIUS, MIDDLE[1]))
    length = words(reader).text_content()
    reader.page.get_by_role("button", name="Viewports", exact=True).click()
    reader.page.get_by_role("button", name="Two side by side").click()
    second = reader.page.locator('.rv-cell[data-viewport="2"]')
    expect(second).to_have_attribute("data-state", "ready")
    reader.press("Tab", "Home", "Shift+ArrowDown", *["ArrowDown"] * 6)
    expect(second).to_have_attribute("data-frame", "17")
    # The line runs through the sagittal image: a dot where it does, at y = -30 and z = 105.
    dot = second.locator(".rv-through")
    expect(dot).to_be_visible()
    box = dot.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx(reader.at((40, 35)), abs=2)
    reader.page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('readout:view'))")
    reader.rest()
    reader.page.reload()
    equipped(reader.ready())
    expect(reader.page.locator('.rv-cell[data-viewport="1"] .rv-words')).to_have_text(length or "")


def test_presets_are_edited_and_kept_for_the_same_kind_of_series(context: BrowserContext, phantoms: Server) -> None:
    reader = equipped(ReadPage(context.new_page(), phantoms).open("ball"))
    page = reader.page
    page.get_by_label("Window preset").select_option("edit")
    dialog = page.get_by_role("dialog", name="Edit presets")
    dialog.get_by_label("Width").first.fill("none")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("the width must be a number above 0")
    dialog.get_by_label("Name").first.fill("Mine")
    dialog.get_by_label("Width").first.fill("222")
    dialog.get_by_label("Level").first.fill("11")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    reader.press("1")
    reader.shows(window_width=222, window_center=11)
    page.reload()
    equipped(reader.ready())
    reader.press("0", "1")
    reader.shows(window_width=222, window_center=11)


def test_a_key_is_given_to_something_else_and_keeps_it(context: BrowserContext, phantoms: Server) -> None:
    reader = equipped(ReadPage(context.new_page(), phantoms).open("ball"))
    dialog = reader.page.get_by_role("dialog", name="Keys and gestures")
    reader.press("?")
    dialog.get_by_role("button", name="D", exact=True).click()
    reader.press("b")
    expect(dialog.get_by_role("button", name="B", exact=True)).to_be_visible()
    reader.press("Escape", "b")
    reader.shows(tool="length")
    reader.press("w", "d")
    reader.shows(tool="window")
    reader.page.reload()
    equipped(reader.ready())
    reader.press("b")
    reader.shows(tool="length")
    reader.press("?")
    dialog.get_by_role("button", name="All keys as they were").click()
    reader.press("Escape", "d")
    reader.shows(tool="length")


def test_a_radiograph_is_measured_at_the_detector(reader: ReadPage) -> None:
    equipped(reader.open("msk-cr-01"))
    reader.press("d")
    draw(reader, (600, 600), (900, 600))
    expect(words(reader)).to_have_text(re.compile(r"^[\d.]+ (mm at the detector|mm estimated|px)$"))


def test_without_a_spacing_lengths_are_pixels(reader: ReadPage) -> None:
    equipped(reader.open("interventional-xa-01"))
    reader.press("d")
    draw(reader, (100, 200), (200, 200))
    text = reader.page.locator(".rv-br").text_content() or ""
    unit = "px" if "no scale" in text else "mm"
    expect(words(reader)).to_have_text(re.compile(rf"^[\d.]+ {unit}"))
