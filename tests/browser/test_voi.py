"""What the canvas shows of SIGMOID, LINEAR_EXACT and VOI LUTs is what PS3.3 C.11.2.1 writes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless

from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.test_ball import CASE, QUIZ, TEACHING
from tests.browser.truth import windowed
from tests.viewer.conftest import Phantom, write

GREY_LEVELS = 2
BAD = 2
SIDE = 8
ENTRIES = 1024
# Steep in the middle, as the tables of mammography are; 12 of 16 bits.
TABLE = np.rint(4095 / (1 + np.exp(-6 * np.linspace(-1, 1, ENTRIES)))).astype(np.uint16)
FIRST = -200
REGION = 'kind = "ellipse"\nframe = 1\ncentre = [20, 20]\nradii = [4, 4]\n'


def stored() -> np.ndarray:
    """Squares of 8 x 8 pixels, each of one value, from -300 to 898."""
    squares = -300 + 1198 * np.arange(72).reshape(8, 9) // 71
    return np.kron(squares, np.ones((SIDE, SIDE), int))


def sigmoid(x: np.ndarray, center: float, width: float) -> np.ndarray:
    return 255 / (1 + np.exp(-4 * (x - center) / width))


def linear_exact(x: np.ndarray, center: float, width: float) -> np.ndarray:
    return np.clip((x - center) / width + 0.5, 0, 1) * 255


def table(x: np.ndarray) -> np.ndarray:
    return TABLE[np.clip(x - FIRST, 0, ENTRIES - 1).astype(int)] / 4095 * 255


def with_lut(ds: Dataset) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [ENTRIES, FIRST, 12])
    item.add_new("LUTData", "OW", TABLE.astype("<u2").tobytes())
    item.LUTExplanation = "NORMAL"
    ds.VOILUTSequence = Sequence([item])


def with_window(function: str, center: float, width: float, slope: float) -> Callable[[Dataset], None]:
    def change(ds: Dataset) -> None:
        ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction, ds.RescaleSlope = center, width, function, slope

    return change


CASES = {
    "sigmoid": (with_window("SIGMOID", 250, 400, 1), lambda x: sigmoid(x, 250, 400)),
    "sigmoid-inverse": (with_window("SIGMOID", 300, 250, 1), lambda x: sigmoid(x, 300, 250)),
    "sigmoid-fractions": (with_window("SIGMOID", 120.5, 200, 0.5), lambda x: sigmoid(x / 2, 120.5, 200)),
    "exact": (with_window("LINEAR_EXACT", 300, 500, 1), lambda x: linear_exact(x, 300, 500)),
    "table": (with_lut, table),
    "table-inverse": (with_lut, table),
}


def write_case(library: Path, slug: str) -> None:
    folder = library / slug
    (folder / "dicom" / "ct").mkdir(parents=True)
    text = CASE.format(slug=slug, digest="0" * 64).replace('modality = "CT"', 'modality = "MR"')
    text = re.sub(r"\[\[series\.window\]\].*?(?=\[\[region)", "", text, flags=re.DOTALL)
    text = re.sub(r'kind = "contours".*?agreement = 1\n', REGION, text, flags=re.DOTALL)
    (folder / "case.toml").write_text(text.replace("[13.0, -21.5, 117.0]", "[0.0, -45.0, 80.0]"))
    (folder / "quiz.toml").write_text(QUIZ)
    (folder / "teaching.md").write_text(TEACHING)
    (folder / "SOURCE.md").write_text("A test.")
    ds = Phantom().slice(0)
    ds.Modality, ds.RescaleSlope, ds.RescaleIntercept = "MR", 1, 0
    ds.PixelSpacing = [1, 1]
    ds.PixelData = stored().astype("<i2").tobytes()
    if slug.endswith("inverse"):
        ds.PhotometricInterpretation = "MONOCHROME1"
    if slug in CASES:
        CASES[slug][0](ds)
        write(ds, folder / "dicom" / "ct" / "1.dcm")
        return
    for number in range(5):
        ds = Phantom().slice(number)
        syntax = ExplicitVRLittleEndian
        if number == BAD:
            ds.PixelData, syntax = encapsulate([b"\xff\xd8\xff\xf7" + bytes(200)]), JPEGLSLossless
            ds["PixelData"].VR = "OB"
        write(ds, folder / "dicom" / "ct" / f"{number}.dcm", syntax)
    (folder / "dicom" / "ct" / "6.dcm").write_bytes(b"no image at all")


@pytest.fixture(scope="module")
def ramps(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    library = tmp_path_factory.mktemp("library")
    for slug in CASES:
        write_case(library, slug)
    write_case(library, "damaged")
    server = serve(READOUT_LIBRARY=str(library))
    yield server
    server.stop()


@pytest.mark.parametrize("slug", CASES)
def test_the_canvas_shows_values_through_the_files_own_function(
    context: BrowserContext, ramps: Server, slug: str
) -> None:
    expected = CASES[slug][1](stored().astype(float))
    if slug.endswith("inverse"):
        expected = 255 - expected
    centres = [(SIDE * i + 3, SIDE * j + 3) for j in range(8) for i in range(9)]
    wanted = [expected[j, i] for i, j in centres]
    assert max(wanted) > 240
    assert min(wanted) < 15
    reader = ReadPage(context.new_page(), ramps).open(slug)
    reader.shows(frames=1)
    reader.shows_grey(centres, wanted, within=GREY_LEVELS)
    # Turned over by the reader, and with another window and back, it is still right.
    reader.press("i")
    reader.shows_grey(centres, [255 - grey for grey in wanted], within=GREY_LEVELS)
    reader.press("i")
    reader.shows_grey(centres, wanted, within=GREY_LEVELS)


def test_an_image_that_cannot_be_decoded_says_so_in_its_place_and_the_others_are_read(
    context: BrowserContext, ramps: Server
) -> None:
    reader = ReadPage(context.new_page(), ramps).open("damaged")
    reader.shows(frames=5)
    words = reader.page.locator(".rv-fault")
    expect(words).to_have_text("")
    expect(reader.page.locator(".rv-tr")).to_contain_text("6.dcm")
    reader.go_to(BAD + 1)
    expect(words).to_contain_text(f"{BAD}.dcm")
    expect(reader.page.locator(".rv-pane canvas")).to_be_hidden()
    reader.go_to(BAD + 2)
    expect(words).to_have_text("")
    expect(reader.page.locator(".rv-pane canvas")).to_be_visible()
    reader.go_to(1)
    # Air on a CT that opens with the lung window.
    reader.shows_grey([(5, 5)], [float(windowed(np.array(-1000), -600, 1500))], within=GREY_LEVELS)
