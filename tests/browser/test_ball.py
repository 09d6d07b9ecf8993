"""A ball at a known place in the patient is shown, marked and scored there, however its files are named."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import Phantom, write

# Turned about two axes: no row, column or normal is along an axis of the patient.
ROW, COLUMN, NORMAL = np.array([(0.8, 0.48, 0.36), (0.0, 0.6, -0.8), (-0.6, 0.64, 0.48)])
CENTRE = np.array([13.0, -21.5, 117.0])
PHANTOM = Phantom(
    centre=tuple(CENTRE),
    radius=7.0,
    orientation=(*ROW, *COLUMN),
    # The centre lies at (slice, row, column) = (20.3, 30.2, 45.4).
    origin=tuple(CENTRE - 20.3 * 2.0 * NORMAL - 30.2 * 1.25 * COLUMN - 45.4 * 1.0 * ROW),
    spacing=(1.25, 1.0),
    step=2.0,
    count=40,
)
CASE = """
slug = "{slug}"
title = "Phantom"
title_teacher = "Ball in air"
sections = ["thoracic"]
level = 1
modality = "CT"
patient = "A phantom"
history = "None."
history_written_for_teaching = true
technique = "Written by a test."
origin = "simulated"
spoilers = ["sphere"]
diagnosis = "A ball."
diagnosis_status = "none: a phantom"
[[series]]
id = "ct"
label = "Oblique"
body_part = "chest"
start_frame = 1
[[series.window]]
name = "all"
center = -470
width = 1400
[[region]]
name = "ball"
label = "Ball"
series = "ct"
authority = "Geometry"
kind = "contours"
file = "regions/ball.json"
agreement = 1
[[finding]]
id = "ball"
text = "A ball."
status = "observed"
series = "ct"
point_mm = [13.0, -21.5, 117.0]
[provenance]
source = "A test"
archive = ["none"]
members = "none"
sha256 = ["{digest}"]
licence = "CC0-1.0"
licence_url = "https://creativecommons.org/publicdomain/zero/1.0/"
citation = "None."
attribution = "None."
changes = ["None."]
"""
QUIZ = """
[[question]]
id = "mark"
kind = "mark"
prompt = "Mark it."
region = "ball"
series = "ct"
explanation = "It was there."
"""
TEACHING = "".join(
    f"## {heading}\nText.\n\n" for heading in ("Technique", "Search pattern", "Learning points", "References")
)


def index_of(point: tuple[float, float, float]) -> np.ndarray:
    """(slice, row, column) of a patient point, as fractions: PS3.3 C.7.6.2.1.1 solved for the indices."""
    row, column, normal = PHANTOM.axes()
    offset = np.array(point) - PHANTOM.origin
    return np.array(
        [offset @ normal / PHANTOM.step, offset @ column / PHANTOM.spacing[0], offset @ row / PHANTOM.spacing[1]]
    )


def write_case(library: Path, slug: str, *, shuffled: bool, slope: float = 1.0) -> None:
    folder = library / slug
    (folder / "dicom" / "ct").mkdir(parents=True)
    (folder / "regions").mkdir()
    (folder / "case.toml").write_text(CASE.format(slug=slug, digest="0" * 64))
    (folder / "quiz.toml").write_text(QUIZ)
    (folder / "teaching.md").write_text(TEACHING)
    (folder / "SOURCE.md").write_text("A test.")
    (folder / "regions" / "ball.json").write_text(json.dumps({"readers": [{"name": "Geometry", "contours": rings()}]}))
    names = [f"{number:03d}.dcm" for number in range(PHANTOM.count)]
    if shuffled:
        random.Random(3).shuffle(names)
    for number, name in enumerate(names):
        ds = PHANTOM.slice(number)
        if slope != 1:
            ds.PixelData = np.round((PHANTOM.values(number) + 1000) / slope).astype("<i2").tobytes()
            ds.RescaleSlope = slope
        write(ds, folder / "dicom" / "ct" / name)


def rings() -> list[dict]:
    """Where each slice's plane cuts the ball."""
    row, column, normal = PHANTOM.axes()
    found = []
    for number in range(PHANTOM.count):
        height = float((PHANTOM.position(number) - PHANTOM.centre) @ normal)
        if abs(height) < PHANTOM.radius - 0.5:
            radius = (PHANTOM.radius**2 - height**2) ** 0.5
            middle = np.array(PHANTOM.centre) + height * normal
            angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
            points = middle + radius * (np.cos(angles)[:, None] * row + np.sin(angles)[:, None] * column)
            found.append({"points": points.round(6).tolist()})
    return found


@pytest.fixture(scope="module")
def phantoms(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    write_case(library, "ordered", shuffled=False)
    write_case(library, "shuffled", shuffled=True)
    # Values with fractions take the viewer's other drawing path.
    write_case(library, "fractions", shuffled=True, slope=0.5)
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


_BRIGHT = """() => {
  const { canvas } = document.querySelector('.rv').readout.viewer;
  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0, x = 0, y = 0;
  for (let n = 0; n < width * height; n++) {
    if (data[4 * n] > 128) { count++; x += n % width + 0.5; y += Math.floor(n / width) + 0.5; }
  }
  if (!count) return { count };
  const box = canvas.parentElement.getBoundingClientRect();
  const at = new DOMMatrix(getComputedStyle(canvas).transform).transformPoint({ x: x / count, y: y / count });
  return { count, x: box.left + at.x, y: box.top + at.y };
}"""


def test_the_ball_is_shown_marked_and_scored_at_its_place(context: BrowserContext, phantoms: Server) -> None:
    slice_, _, _ = index_of(PHANTOM.centre)
    nearest = round(float(slice_))
    pictures = {}
    for slug in ("ordered", "shuffled", "fractions"):
        reader = ReadPage(context.new_page(), phantoms).open(slug)
        reader.shows(frames=PHANTOM.count)
        for key in keys_of_a_turn(slug):
            reader.press(key)
        reader.go_to(nearest + 1)
        reader.page.wait_for_function(f"({_BRIGHT})().count > 100")
        bright = reader.page.evaluate(_BRIGHT)
        pictures[slug] = bright
        # The mark tool and a real click in the middle of what is bright on the screen.
        reader.press("m")
        reader.shows(tool="mark")
        reader.click((bright["x"], bright["y"]))
        expect(reader.page.get_by_text("Marked.", exact=False)).to_be_visible()
        reader.rest()
        reader.commit(100)
        expect(reader.page.get_by_text("inside the outline: hit")).to_be_visible()
        expect(reader.page.locator(".ro-score b")).to_have_text("100%")

        point, hit, score = committed(phantoms, slug)
        assert (hit, score) == (1, 1.0)
        away = np.abs(index_of(point) - index_of(PHANTOM.centre))
        assert (away <= 0.5).all(), away
        reader.page.close()
    assert pictures["shuffled"] == pictures["ordered"]


def keys_of_a_turn(slug: str) -> tuple[str, ...]:
    """Mark one of them turned and mirrored."""
    return ("r", "Shift+V") if slug == "fractions" else ()


def committed(server: Server, slug: str) -> tuple[tuple[float, float, float], int, float]:
    """Read what was kept: the point of the only mark, whether it hit, and the score."""
    connection = sqlite3.connect(server.data / "readout.sqlite3")
    try:
        [row] = connection.execute(
            'SELECT answer, hit, score FROM "commit" JOIN attempt ON attempt.id = attempt_id WHERE case_slug = ?',
            [slug],
        )
    finally:
        connection.close()
    [mark] = json.loads(row[0])["marks"]
    assert mark["space"] == "patient"
    return tuple(mark["point"]), row[1], row[2]
