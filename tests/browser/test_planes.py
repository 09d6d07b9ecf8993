"""Planes through a volume show a ball at its place, in any geometry, and measure its size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.phantoms import write_case
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import BALL_HU, OUTSIDE_HU, Phantom

CENTRE = (13.0, -21.5, 117.0)
RADIUS = 14.0


@dataclass(frozen=True)
class SoftBall(Phantom):
    """A ball whose edge is a ramp wider than a slice: half its value lies on its surface, also between voxels."""

    def values(self, number: int) -> np.ndarray:
        depth = self.radius - np.linalg.norm(self.voxels(number) - self.centre, axis=2)
        share = np.clip(depth / 6 + 0.5, 0, 1)
        return np.round(OUTSIDE_HU + share * (BALL_HU - OUTSIDE_HU))


def around(orientation: tuple[float, ...], spacing: tuple[float, float], step: float) -> SoftBall:
    """Cut so that the centre lies between the voxels, nowhere near the middle of the box."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    index = np.array([34.3, 30.2, 20.4])
    origin = np.array(CENTRE) - index[0] * spacing[1] * row - index[1] * spacing[0] * column - index[2] * step * normal
    return SoftBall(
        centre=CENTRE,
        radius=RADIUS,
        orientation=orientation,
        origin=tuple(float(x) for x in origin),
        spacing=spacing,
        step=step,
        count=46,
    )


TILT = np.deg2rad(18)
BALLS = {
    "anisotropic": around((1, 0, 0, 0, 1, 0), (0.8, 0.8), 2.5),
    "tilted": around((1, 0, 0, 0, float(np.cos(TILT)), float(np.sin(TILT))), (1.0, 1.0), 1.5),
    "oblique": around((0.8, 0.48, 0.36, 0.0, 0.6, -0.8), (1.25, 1.0), 2.0),
}
# The middle of what is brighter than half on the canvas of a viewport, and its width and height, in CSS pixels.
_BRIGHT = """n => {
  const canvas = document.querySelector(`.rv-cell[data-viewport="${n}"] canvas.rv-canvas`);
  const box = canvas.getBoundingClientRect();
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let count = 0, x = 0, y = 0, left = width, right = 0, top = height, bottom = 0;
  for (let p = 0; p < width * height; p++) {
    if (data[4 * p] < 128) continue;
    const [px, py] = [p % width + 0.5, Math.floor(p / width) + 0.5];
    count++; x += px; y += py;
    left = Math.min(left, px - 0.5); right = Math.max(right, px + 0.5);
    top = Math.min(top, py - 0.5); bottom = Math.max(bottom, py + 0.5);
  }
  const s = box.width / width;
  return { count, x: box.left + x / count * s, y: box.top + y / count * s,
    left: box.left + left * s, right: box.left + right * s, top: box.top + top * s, bottom: box.top + bottom * s };
}"""
_PLACE = """([n, point]) => {
  const { viewer } = document.querySelector('.rv').readout;
  return viewer.patientPoint(point, n - 1);
}"""


@pytest.fixture(scope="module")
def phantoms(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    for name, ball in BALLS.items():
        write_case(library, name, {"ct": ball})
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


def three_planes(reader: ReadPage) -> None:
    reader.press("u")
    expect(reader.page.locator('.rv-cell[data-state="ready"]')).to_have_count(3)
    expect(reader.viewer).to_have_attribute("data-tools", "ready")


def place(reader: ReadPage, viewport: int) -> tuple[float, float]:
    """Where the centre of the ball lies on the page."""
    return place_of(reader, viewport, CENTRE)


def place_of(reader: ReadPage, viewport: int, point: tuple[float, ...]) -> tuple[float, float]:
    x, y = reader.page.evaluate(_PLACE, [viewport, list(point)])
    return x, y


def cross(reader: ReadPage) -> None:
    """Bring the crosshair to the ball, from one plane into the others and back."""
    reader.press("x")
    for viewport in (1, 2, 3, 1, 2):
        reader.click(place(reader, viewport))
    rest(reader)


def rest(reader: ReadPage) -> None:
    """Wait until the planes have been painted whole, not coarsely."""
    reader.page.wait_for_function("!document.querySelector('[data-moving=true]')")


def tilt(reader: ReadPage) -> None:
    """Turn the other planes about the axial one by their grip."""
    grip = reader.page.locator('.rv-cell[data-viewport="1"] .rv-grip').first.bounding_box()
    assert grip is not None
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    reader.drag((25, 45), start=(x, y))
    expect(reader.page.locator('.rv-cell[data-viewport="2"] .rv-tl')).to_contain_text("oblique")
    rest(reader)


@pytest.mark.parametrize("slug", BALLS)
def test_the_ball_is_at_its_place_in_every_plane_and_as_wide_as_it_is(
    context: BrowserContext, phantoms: Server, slug: str
) -> None:
    ball = BALLS[slug]
    reader = ReadPage(context.new_page(), phantoms).open(slug)
    three_planes(reader)
    voxel = min(*ball.spacing, ball.step)
    for turn in (False, True):
        cross(reader)
        if turn:
            tilt(reader)
        for viewport in (1, 2, 3):
            bright = reader.page.evaluate(_BRIGHT, viewport)
            scale = reader.page.evaluate("n => document.querySelector('.rv').readout.viewer.scaleOf(n - 1)", viewport)
            x, y = place(reader, viewport)
            assert abs(bright["x"] - x) / scale <= voxel / 2
            assert abs(bright["y"] - y) / scale <= voxel / 2
            for start, end in (
                ((bright["left"], y), (bright["right"], y)),
                ((x, bright["top"]), (x, bright["bottom"])),
            ):
                assert length(reader, viewport, start, end) == pytest.approx(2 * RADIUS, abs=0.5)


def length(reader: ReadPage, viewport: int, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Draw a length on the page and take it away again."""
    reader.press("d")
    reader.drag((end[0] - start[0], end[1] - start[1]), start=start)
    words = reader.page.locator(f'.rv-cell[data-viewport="{viewport}"] .rv-words')
    expect(words).to_have_count(1)
    text = words.text_content() or ""
    reader.press("Control+z")
    expect(words).to_have_count(0)
    return float(text.removesuffix(" mm"))


def test_a_slab_shows_the_ball_from_outside_it(context: BrowserContext, phantoms: Server) -> None:
    reader = ReadPage(context.new_page(), phantoms).open("anisotropic")
    three_planes(reader)
    cross(reader)
    reader.press("w")
    reader.page.locator('.rv-cell[data-viewport="1"]').click(position={"x": 20, "y": 200})
    # 20 mm above the centre is beyond the ball and its edge.
    reader.press(*["ArrowDown"] * 8)
    reader.page.wait_for_function(f"({_BRIGHT})(1).count === 0")
    reader.page.get_by_role("button", name="Planes, slabs and fusion").click()
    reader.page.get_by_label("Slab", exact=True).select_option("max")
    thickness = reader.page.get_by_label("Slab thickness in mm")
    thickness.fill("60")
    thickness.press("Enter")
    reader.press("Escape")
    reader.page.wait_for_function(f"({_BRIGHT})(1).count > 1000")
    expect(reader.page.locator('.rv-cell[data-viewport="1"] .rv-tl')).to_contain_text("MIP of 60 mm")
    bright = reader.page.evaluate(_BRIGHT, 1)
    scale = reader.page.evaluate("n => document.querySelector('.rv').readout.viewer.scaleOf(n - 1)", 1)
    assert (bright["right"] - bright["left"]) / scale == pytest.approx(2 * RADIUS, abs=1)


def test_a_radiograph_has_no_planes_and_says_why(reader: ReadPage) -> None:
    reader.open("msk-cr-01")
    reader.page.get_by_role("button", name="Planes, slabs and fusion").click()
    expect(reader.page.locator(".rv-why")).to_contain_text("No planes:")
    expect(reader.page.get_by_role("button", name="Three planes")).to_be_disabled()


def test_emission_is_laid_over_anatomy_and_a_click_on_its_overview_goes_there(reader: ReadPage) -> None:
    reader.open("nuclear-petct-01")
    page = reader.page
    reader.press("y")
    expect(page.locator('.rv-cell[data-state="ready"]')).to_have_count(4)
    fused = page.locator('.rv-cell[data-viewport="3"]')
    coloured = """() => {
      const canvas = document.querySelector('.rv-cell[data-viewport="3"] canvas.rv-canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let p = 0; p < data.length; p += 4) if (data[p] > data[p + 2] + 60) found++;
      return found;
    }"""
    page.wait_for_function(f"({coloured})() > 500")
    fused.hover(position={"x": 200, "y": 180})
    reader_text = fused.locator(".rv-bl")
    expect(reader_text).to_contain_text("HU")
    expect(reader_text).to_contain_text("SUVbw")
    # Without opacity there is no colour left.
    fused.click(position={"x": 20, "y": 150})
    page.get_by_role("button", name="Planes, slabs and fusion").click()
    page.get_by_label("Fusion opacity").fill("0")
    page.wait_for_function(f"({coloured})() === 0")
    reader.press("Escape")
    # The turning overview: a click takes all planes to the hottest place on that ray.
    before = page.locator('.rv-cell[data-viewport="1"]').get_attribute("data-frame")
    overview = page.locator('.rv-cell[data-viewport="4"]')
    box = overview.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.3)
    expect(page.locator('.rv-cell[data-viewport="1"]')).not_to_have_attribute("data-frame", before or "")
    frames = {page.locator(f'.rv-cell[data-viewport="{n}"]').get_attribute("data-frame") for n in (1, 2, 3)}
    assert len(frames) == 1
    # It turns by itself.
    reader.press("c")
    page.wait_for_function("Number(document.querySelector('[data-viewport=\"4\"]').dataset.frame) > 5")
    reader.press("c")
