"""What the canvas shows is what the files hold, through the window of PS3.3 C.11.2.1.2.1."""

import numpy as np
import pytest

from tests.browser.reading import Point, ReadPage
from tests.browser.truth import STARTERS, Truth, case_file, finding_place

GREY_LEVELS = 3
# Deep enough that a canvas pixel lies within a thirtieth of an image pixel of its centre.
ENLARGED = {"thoracic-ct-01": 10.0, "msk-cr-01": 34.0, "interventional-xa-01": 10.0}


def window(reader: ReadPage) -> tuple[float, float]:
    return float(reader.data("window-center")), float(reader.data("window-width"))


def flat_points(grey: np.ndarray, count: int = 10) -> list[Point]:
    """Choose points whose 5 x 5 neighbourhood is flat, spread over the grey levels found."""
    shifted = [
        grey[2 + dj : grey.shape[0] - 2 + dj, 2 + di : grey.shape[1] - 2 + di]
        for dj in range(-2, 3)
        for di in range(-2, 3)
    ]
    # A radiograph has points enough on every third row and column.
    step = 1 + grey.shape[0] // 600
    spread = np.ptp(shifted, axis=0)[::step, ::step]
    centre = grey[2:-2, 2:-2][::step, ::step]
    points: list[Point] = []
    for level in range(256):
        inside = spread + 1000 * ((centre < level) | (centre >= level + 1))
        j, i = np.unravel_index(np.argmin(inside), inside.shape)
        if inside[j, i] <= GREY_LEVELS - 1:
            points.append((int(i) * step + 2, int(j) * step + 2))
    chosen = np.linspace(0, len(points) - 1, count).round().astype(int)
    return [points[n] for n in chosen]


def distinct_points(grey: np.ndarray, middle: Point, reach: Point, steepest: float, count: int = 10) -> list[Point]:
    """Choose points near the middle whose neighbours differ little enough, over all grey levels there."""
    column, row = middle
    j0, j1 = max(1, round(row - reach[1])), min(grey.shape[0] - 1, round(row + reach[1]))
    i0, i1 = max(1, round(column - reach[0])), min(grey.shape[1] - 1, round(column + reach[0]))
    shifted = [grey[j0 + dj : j1 + dj, i0 + di : i1 + di] for dj in (-1, 0, 1) for di in (-1, 0, 1)]
    steep = np.abs(np.array(shifted) - shifted[4]).max(axis=0)
    places = np.argwhere(steep <= steepest)
    assert len(places) >= count
    ordered = places[np.argsort(shifted[4][tuple(places.T)], kind="stable")]
    chosen = ordered[np.linspace(0, len(ordered) - 1, count).round().astype(int)]
    return [(int(i) + i0, int(j) + j0) for j, i in chosen]


def flat_points_near(grey: np.ndarray, middle: tuple[int, int], reach: int = 12) -> list[Point]:
    """Choose the points around the middle that differ least from their neighbours."""
    x, y = middle
    near = [(i, j) for i in range(x - reach, x + reach) for j in range(y - reach, y + reach)]
    return sorted(near, key=lambda point: np.ptp(grey[point[1] - 1 : point[1] + 2, point[0] - 1 : point[0] + 2]))[:5]


def check_whole_image(reader: ReadPage, truth: Truth) -> None:
    """Compare ten flat points all over the image as it fits the stage."""
    frame = int(reader.data("frame")) - 1
    grey = truth.grey(frame, *window(reader))
    points = flat_points(grey)
    reader.shows_grey(points, [grey[j, i] for i, j in points], within=GREY_LEVELS)


def check_enlarged(reader: ReadPage, truth: Truth, middle: Point, *, inverted: bool = False) -> list[Point]:
    """Compare ten points of every brightness around the middle of an enlarged image."""
    frame = int(reader.data("frame")) - 1
    grey = truth.grey(frame, *window(reader))
    points = distinct_points(grey, middle, (20, 15), steepest=40)
    wanted = [255 - grey[j, i] if inverted else grey[j, i] for i, j in points]
    reader.shows_grey(points, wanted, within=GREY_LEVELS)
    return points


@pytest.mark.parametrize("slug", STARTERS)
def test_the_canvas_shows_the_files_values_and_the_probe_reads_them(reader: ReadPage, slug: str) -> None:
    truth = Truth.of(slug)
    reader.open(slug)
    reader.shows(frames=truth.frames, series=case_file(slug)["series"][0]["id"])
    assert_image_fills_the_stage_upright(reader, truth)
    check_whole_image(reader, truth)

    # Another image, another window, the whole of it.
    if truth.frames > 1:
        reader.press("Home", "Shift+ArrowDown", "ArrowDown", "ArrowDown")
        reader.shows(frame=13)
        check_whole_image(reader, truth)
    reader.press("2")
    offered = case_file(slug)["series"][0]["window"][1]
    reader.shows(window_center=offered["center"], window_width=offered["width"])
    check_whole_image(reader, truth)

    # Enlarged at a finding, every window that is offered, and the values under the pointer.
    frame, point = finding_place(slug)
    middle = (round(point[0]), round(point[1]))
    if truth.frames > 1:
        reader.go_to(frame + 1)
    reader.zoom_on(middle, ENLARGED[slug])
    for key in range(1, 1 + len(case_file(slug)["series"][0]["window"])):
        reader.press(str(key))
        points = check_enlarged(reader, truth, middle)
    unit = " HU" if slug.startswith("thoracic") else ""
    for i, j in points:
        reader.hover(reader.at((i, j)))
        reader.shows(probe=f"{truth.values(frame)[j, i]}{unit}   ({i}, {j})")

    # Turned and mirrored, the same values stand at the same image points.
    for key, inverted in (("i", True), ("r", True), ("Shift+H", True), ("i", False), ("Shift+V", False), ("r", False)):
        reader.press(key)
        check_enlarged(reader, truth, middle, inverted=inverted)
    # On the screen as well, between whose pixels the browser interpolates.
    grey = truth.grey(frame, *window(reader))
    points = flat_points_near(grey, middle)
    assert reader.on_screen(points) == pytest.approx([grey[j, i] for i, j in points], abs=2 * GREY_LEVELS)
    i, j = points[0]
    reader.hover(reader.at((i, j)))
    reader.shows(probe=f"{truth.values(frame)[j, i]}{unit}   ({i}, {j})")
    reader.press("Space")
    assert_image_fills_the_stage_upright(reader, truth)
    check_whole_image(reader, truth)


def assert_image_fills_the_stage_upright(reader: ReadPage, truth: Truth) -> None:
    """The corners of the pixel grid: first column left, first row on top, square, centred, touching two sides."""
    box = reader.stage.bounding_box()
    assert box is not None
    rows, columns = truth.header.Rows, truth.header.Columns
    left, top = reader.at((-0.5, -0.5))
    right, bottom = reader.at((columns - 0.5, rows - 0.5))
    size = min(box["width"] / columns, box["height"] / rows)
    assert (right - left, bottom - top) == pytest.approx((columns * size, rows * size), abs=1)
    assert left - box["x"] == pytest.approx(box["x"] + box["width"] - right, abs=1.5)
    assert top - box["y"] == pytest.approx(box["y"] + box["height"] - bottom, abs=1.5)


def test_rotation_and_flips_turn_the_image_and_its_letters(ct: ReadPage) -> None:
    def corners() -> tuple[Point, Point]:
        (x0, y0), (x1, y1) = ct.at((0, 0)), ct.at((511, 100))
        return (x0, y0), (x1, y1)

    def letters() -> str:
        edges = (ct.page.locator(f".rv-{edge}").text_content() for edge in ("left", "right", "top", "bottom"))
        return " ".join(map(str, edges))

    ct.page.wait_for_function("document.querySelector('.rv-left').textContent === 'R'")
    assert letters() == "R L A P"
    ct.press("r")
    ct.page.wait_for_function("document.querySelector('.rv-top').textContent === 'R'")
    # Clockwise by a quarter: the first row stands at the right, what was left is on top.
    assert letters() == "P A R L"
    (x0, y0), (x1, y1) = corners()
    assert x0 > x1
    assert y0 < y1
    ct.press("Space", "Shift+H")
    ct.page.wait_for_function("document.querySelector('.rv-left').textContent === 'L'")
    assert letters() == "L R A P"
    (x0, y0), (x1, y1) = corners()
    assert x0 > x1
    assert y0 < y1
    ct.press("Space", "Shift+V")
    ct.page.wait_for_function("document.querySelector('.rv-top').textContent === 'P'")
    assert letters() == "R L P A"
    (x0, y0), (x1, y1) = corners()
    assert x0 < x1
    assert y0 > y1
