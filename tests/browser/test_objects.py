"""A segmentation is a region of its case: hidden, then scored, then drawn where it lies, on other series, too.

A presentation state is one, too, and shows the image as whoever drew it did.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.test_ball import CASE, CENTRE, PHANTOM, QUIZ, TEACHING, index_of
from tests.browser.test_planes import place_of, rest, three_planes
from tests.viewer.conftest import Phantom, write
from tests.viewer.truths import graphic, inside, segmentation, selection, slices, state

OTHER = Phantom(
    centre=PHANTOM.centre,
    radius=PHANTOM.radius,
    origin=(CENTRE[0] - 30, CENTRE[1] - 24, CENTRE[2] - 12),
    spacing=(0.8, 0.9),
    step=1.5,
    count=18,
)
SECOND = """
[[series]]
id = "other"
label = "Axial"
body_part = "chest"
start_frame = 1
[[series.window]]
name = "all"
center = -470
width = 1400
[[region]]"""


def write_case(library: Path) -> None:
    folder = library / "segmented"
    for name in ("dicom/ct", "dicom/other", "regions"):
        (folder / name).mkdir(parents=True)
    text = CASE.format(slug="segmented", digest="0" * 64)
    text = text.replace("[[region]]", SECOND)
    text = re.sub(
        r'kind = "contours".*?agreement = 1\n',
        'kind = "seg"\nfile = "regions/truth.dcm"\nsegment = "Sphere"\n',
        text,
        flags=re.DOTALL,
    )
    (folder / "case.toml").write_text(text)
    (folder / "quiz.toml").write_text(QUIZ)
    (folder / "teaching.md").write_text(TEACHING)
    (folder / "SOURCE.md").write_text("A test.")
    sources = slices(PHANTOM)
    segmentation(sources, inside(PHANTOM, PHANTOM.radius)[..., None], "BINARY", ["Sphere"]).save_as(
        folder / "regions" / "truth.dcm"
    )
    for number, ds in enumerate(sources):
        write(ds, folder / "dicom" / "ct" / f"{number:03d}.dcm")
    for number, ds in enumerate(slices(OTHER, SeriesInstanceUID="1.2.3.2")):
        ds.SOPInstanceUID = f"1.2.3.2.{number}"
        write(ds, folder / "dicom" / "other" / f"{number:03d}.dcm")


SELECTED = """
[[finding]]
id = "selected"
text = "Selected for teaching."
status = "documented"
source = "a key object selection"
series = "ct"
key_images = "regions/selected.dcm"
[[finding]]
id = "elsewhere"
text = "Selected elsewhere."
status = "documented"
source = "a key object selection"
series = "ct"
key_images = "regions/elsewhere.dcm"
"""
KEY_IMAGES = (3, 11)


def write_presented(library: Path) -> None:
    folder = library / "presented"
    for name in ("dicom/ct", "regions"):
        (folder / name).mkdir(parents=True)
    text = CASE.format(slug="presented", digest="0" * 64)
    region = 'kind = "annotation"\nfile = "regions/state.dcm"\n'
    text = re.sub(r'kind = "contours".*?agreement = 1\n', region, text, flags=re.DOTALL)
    (folder / "case.toml").write_text(text.replace("[provenance]", f"{SELECTED}[provenance]"))
    for name, content in (("quiz.toml", QUIZ), ("teaching.md", TEACHING), ("SOURCE.md", "A test.")):
        (folder / name).write_text(content)
    sources = slices(PHANTOM)
    for number, ds in enumerate(sources):
        write(ds, folder / "dicom" / "ct" / f"{number:03d}.dcm")
    slice_, row, column = index_of(PHANTOM.centre)
    middle = np.array([column + 0.5, row + 0.5])
    voi = hd.pr.SoftcopyVOILUTTransformation(window_center=-300, window_width=900)
    path = state(
        sources,
        [graphic("CIRCLE", [middle, middle + np.array([6, 0])])],
        images=[sources[round(float(slice_))]],
        path=folder / "regions" / "state.dcm",
        voi_lut_transformations=[voi],
    )
    selection(sources, [sources[k] for k in KEY_IMAGES], "Spheres *here*", folder / "regions" / "selected.dcm")
    others = slices(OTHER, SeriesInstanceUID="1.2.3.2")
    for number, ds in enumerate(others):
        ds.SOPInstanceUID = f"1.2.3.2.{number}"
    selection(others, others[:1], "Somewhere", folder / "regions" / "elsewhere.dcm")
    ds = pydicom.dcmread(path)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = sources[0].RescaleSlope, sources[0].RescaleIntercept, "HU"
    ds.PresentationLUTShape, ds.ImageRotation, ds.ImageHorizontalFlip = "INVERSE", 90, "Y"
    ds.save_as(path)


@pytest.fixture(scope="module")
def segmented(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    write_case(library)
    write_presented(library)
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


_MIDDLE = """() => {
  const box = document.querySelector('.rv-outline')?.getBoundingClientRect();
  return box && [box.x + box.width / 2, box.y + box.height / 2];
}"""


_BESIDE = tuple(x + 1 for x in PHANTOM.centre)
_MIDDLE_IN = """n => {
  const box = document.querySelector(`.rv-cell[data-viewport="${n}"] .rv-outline`)?.getBoundingClientRect();
  return box && [box.x + box.width / 2, box.y + box.height / 2, box.width, box.height];
}"""


def middle_of_outline(reader: ReadPage) -> np.ndarray:
    # What was asked for last has been drawn. Asked in one go: every drawing puts a new outline in the old one's place.
    reader.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return np.array(reader.page.wait_for_function(_MIDDLE).json_value())


def test_a_segmentation_is_hidden_scored_and_drawn_on_every_series_of_its_space(
    context: BrowserContext, segmented: Server
) -> None:
    reader = ReadPage(context.new_page(), segmented).open("segmented")
    slice_, row, column = index_of(PHANTOM.centre)
    reader.go_to(round(float(slice_)) + 1)
    assert reader.page.locator(".rv-outline").count() == 0
    assert "Sphere" not in reader.page.content()
    reader.mark((float(column), float(row)))
    reader.commit(100)
    expect(reader.page.get_by_text("inside the outline: hit")).to_be_visible()

    reader.go_to(round(float(slice_)) + 1)
    pixel = np.array(reader.at((1, 0)))[0] - np.array(reader.at((0, 0)))[0]
    off = middle_of_outline(reader) - np.array(reader.at((float(column), float(row))))
    assert np.abs(off).max() <= 0.75 * pixel * max(PHANTOM.spacing)

    reader.show_series("other", ["ct", "other"])
    place = (np.array(PHANTOM.centre) - OTHER.origin) / (OTHER.spacing[1], OTHER.spacing[0], OTHER.step)
    reader.go_to(round(float(place[2])) + 1)
    pixel = np.array(reader.at((1, 0)))[0] - np.array(reader.at((0, 0)))[0]
    off = middle_of_outline(reader) - np.array(reader.at(place[:2].tolist()))
    # Half a slice of the segmentation, 2 mm thick, whose planes lie oblique to these.
    assert np.abs(off).max() <= pixel * 1.2 / min(OTHER.spacing)
    reader.go_to(1)
    expect(reader.page.locator(".rv-outline")).to_have_count(0)

    reader.show_series("ct", ["ct", "other"])
    three_planes(reader)
    reader.press("x")
    for viewport in (1, 2, 3, 1, 2):
        reader.click(place_of(reader, viewport, PHANTOM.centre))
    rest(reader)
    for viewport in (1, 2, 3):
        seen = np.array(reader.page.wait_for_function(_MIDDLE_IN, arg=viewport).json_value())
        middle, beside = (place_of(reader, viewport, point) for point in (PHANTOM.centre, _BESIDE))
        pixel = float(np.linalg.norm(np.subtract(beside, middle)))
        off = seen[:2] - middle
        # The outline is of voxels: half of the largest may lie to one side.
        assert np.abs(off).max() <= pixel * PHANTOM.step
        assert seen[2:] == pytest.approx(2 * PHANTOM.radius * pixel / np.sqrt(2), rel=0.5)


_TICKS = """() => {
  const canvas = document.querySelector('.rv-rail canvas');
  const { data } = canvas.getContext('2d').getImageData(canvas.width - 1, 0, 1, canvas.height);
  return Array.from({ length: canvas.height }, (_, k) => k).filter((k) => data[4 * k + 1] > 200);
}"""
_TURNED = """() => {
  const { pane } = document.querySelector('.rv').readout.viewer.box.grid.active;
  return [pane.rotation, [...pane.flips], pane.inverted];
}"""


def test_what_a_state_and_a_selection_say_is_shown_after_the_answer(context: BrowserContext, segmented: Server) -> None:
    reader = ReadPage(context.new_page(), segmented).open("presented")
    slice_, row, column = index_of(PHANTOM.centre)
    frame = round(float(slice_)) + 1
    reader.go_to(frame)
    assert reader.page.evaluate(_TURNED) == [0, [False, False], False]
    assert reader.page.evaluate(_TICKS) == []
    assert "Spheres" not in reader.page.content()
    reader.mark((float(column), float(row)))
    reader.press("r", "Shift+V")
    reader.commit(100)
    expect(reader.page.get_by_text("inside the outline: hit")).to_be_visible()
    # The reveal leaves the image as it was being read.
    assert reader.page.evaluate(_TURNED) == [90, [False, True], False]
    reader.shows(frame=frame, window_center=-470)
    reader.page.get_by_role("button", name="Show the outline").click()
    reader.shows(frame=frame, window_center=-300, window_width=900)
    assert reader.page.evaluate(_TURNED) == [90, [True, False], True]
    off = middle_of_outline(reader) - np.array(reader.at((float(column), float(row))))
    pixel = np.linalg.norm(np.subtract(reader.at((1, 0)), reader.at((0, 0))))
    assert np.abs(off).max() <= 0.75 * pixel * max(PHANTOM.spacing)
    reader.press("Space")
    assert reader.page.evaluate(_TURNED) == [0, [False, False], False]

    reader.page.get_by_role("tab", name="Findings").click()
    expect(reader.page.get_by_text("Key images. Of Interest: Spheres *here*")).to_be_visible()
    expect(reader.page.get_by_text("Its key images cannot be shown.", exact=False)).to_be_visible()
    wanted = sorted({*KEY_IMAGES, frame - 1})
    reader.page.wait_for_function(f"wanted => `${{({_TICKS})()}}` === `${{wanted}}`", arg=wanted)
    for key_image in KEY_IMAGES:
        reader.page.get_by_role("button", name=f"Show on image {key_image + 1}", exact=True).click()
        reader.shows(frame=key_image + 1)
