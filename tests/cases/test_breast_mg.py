"""The mammograms as shipped: sides and directions by anatomy, values by arithmetic done again."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from cases.catalogue import Catalogue
from cases.starter.mammograms import halved

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
SLUGS = ("breast-mg-01", "breast-mg-02")
VIEWS = {"r-cc": ["P", "L"], "l-cc": ["A", "R"], "r-mlo": ["P", "FL"], "l-mlo": ["A", "FR"]}
IN_EVERY_VIEW = pytest.mark.parametrize(("slug", "view"), [(slug, view) for slug in SLUGS for view in VIEWS])


def film(slug: str, view: str) -> Dataset:
    (path,) = (LIBRARY / slug / "dicom" / view).glob("*.dcm")
    return dcmread(path)


@IN_EVERY_VIEW
def test_the_breast_lies_on_the_side_that_patient_orientation_calls_the_back(slug, view):
    image = film(slug, view)
    values = image.pixel_array[400:-400].astype(float)  # without lead markers and film edges
    thirds = [part.mean() for part in np.array_split(values, 3, axis=1)]
    back_is_left = image.PatientOrientation[0] == "A"
    assert list(image.PatientOrientation) == VIEWS[view]
    assert (image.Laterality.lower(), image.ViewPosition.lower()) == tuple(view.split("-"))
    assert (np.argmax(thirds) == 0) == back_is_left


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("view", ["r-mlo", "l-mlo"])
def test_the_pectoral_muscle_is_at_the_top_of_the_back_of_an_oblique_view(slug, view):
    image = film(slug, view)
    values = image.pixel_array.astype(float)
    if image.PatientOrientation[0] == "P":
        values = values[:, ::-1]
    top, bottom = values[150:350, 40:240].mean(), values[-350:-150, 40:240].mean()
    assert top > 1000
    assert top > 3 * bottom


@pytest.mark.parametrize("slug", SLUGS)
def test_the_four_views_are_four_series_of_one_study_and_claim_no_spacing(slug):
    images = [film(slug, view) for view in VIEWS]
    assert len({image.StudyInstanceUID for image in images}) == 1
    assert len({image.SeriesInstanceUID for image in images}) == 4
    for image in images:
        assert (image.BitsStored, image.pixel_array.max() < 4096) == (12, True)
        assert "PixelSpacing" not in image
        assert "ImagerPixelSpacing" not in image


@pytest.mark.parametrize("slug", SLUGS)
def test_a_region_is_brighter_than_what_lies_around_it(slug):
    for region in Catalogue(LIBRARY).case(slug).regions:
        values = film(slug, region.series).pixel_array.astype(float)
        (cx, cy), (rx, ry) = region.spec["centre"], region.spec["radii"]
        rows, columns = np.mgrid[: values.shape[0], : values.shape[1]]
        reach = ((columns - cx) / rx) ** 2 + ((rows - cy) / ry) ** 2
        assert values[reach < 0.6].mean() > np.median(values[(reach > 1.3) & (reach < 2.2)]) + 30, region.name


@pytest.mark.parametrize(("view", "rows", "columns"), [("r-cc", 130, 120), ("r-mlo", 135, 80)])
def test_the_lead_figures_of_the_right_views_are_gone(view, rows, columns):
    assert not film("breast-mg-02", view).pixel_array[:rows, :columns].any()


def test_halving_averages_four_pixels_rounds_and_leaves_an_odd_edge_out():
    values = np.random.default_rng(5).integers(0, 65536, (7, 10), dtype=np.uint16)
    expected = np.empty((3, 5))
    for row in range(3):
        for column in range(5):
            four = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            expected[row, column] = min(np.floor(float(four.mean()) / 16 + 0.5), 4095)
    np.testing.assert_array_equal(halved(values, None), expected)
    assert halved(np.full((4, 4), 65535, np.uint16), None).max() == 4095
    assert halved(np.full((4, 4), 65535, np.uint16), (2, 2)).tolist() == [[0, 4095], [4095, 4095]]
