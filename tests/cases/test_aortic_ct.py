"""The two aortic CT volumes as shipped: sides by anatomy, regions by what they must and must not hold."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
CHEST, ABDOMEN = "cardiovascular-ct-01", "interventional-ct-01"


@cache
def images(slug: str) -> tuple[Dataset, ...]:
    found = [dcmread(path) for path in (LIBRARY / slug / "dicom/ct").glob("*.dcm")]
    return tuple(sorted(found, key=lambda image: image.ImagePositionPatient[2]))


@cache
def volume(slug: str) -> np.ndarray:
    return np.stack([image.pixel_array.astype(int) + int(image.RescaleIntercept) for image in images(slug)])


def around(slug: str, point_mm: tuple[float, float, float], reach: int = 2) -> np.ndarray:
    """Give the values of a cube round an LPS point, found from the headers alone."""
    first = images(slug)[0]
    row_mm, column_mm = map(float, first.PixelSpacing)
    x, y, _ = map(float, first.ImagePositionPatient)
    depths = [abs(float(image.ImagePositionPatient[2]) - point_mm[2]) for image in images(slug)]
    k, row, column = np.argmin(depths), round((point_mm[1] - y) / row_mm), round((point_mm[0] - x) / column_mm)
    cut = (slice(int(at) - reach, int(at) + reach + 1) for at in (k, row, column))
    return volume(slug)[tuple(cut)]


@cache
def outlines(slug: str, region: str) -> dict[float, list[tuple[bool, np.ndarray]]]:
    """Give by z whether an outline takes in or cuts out, and its points in LPS mm."""
    document = json.loads((LIBRARY / slug / "regions" / f"{region}.json").read_text())
    found: dict[float, list[tuple[bool, np.ndarray]]] = {}
    for contour in document["readers"][0]["contours"]:
        points = np.array(contour["points"])
        found.setdefault(round(points[0, 2], 2), []).append((contour.get("inclusion", True), points[:, :2]))
    return found


def inside(slug: str, region: str, k: int) -> np.ndarray:
    """Give the pixels of a slice within the outlines, by crossings of a ray along the row."""
    image = images(slug)[k]
    x0, y0, z = map(float, image.ImagePositionPatient)
    rows, columns = np.mgrid[: image.Rows, : image.Columns]
    x, y = x0 + columns * float(image.PixelSpacing[1]), y0 + rows * float(image.PixelSpacing[0])
    kept, cut = np.zeros(x.shape, bool), np.zeros(x.shape, bool)
    for included, points in outlines(slug, region).get(round(z, 2), []):
        crossed = np.zeros(x.shape, bool)
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if ay != by:
                crossed ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
        kept, cut = (kept | crossed, cut) if included else (kept, cut | crossed)
    return kept & ~cut


def test_every_slice_is_there_once_and_evenly_spaced():
    for slug, count, step in ((CHEST, 164, 1.5), (ABDOMEN, 256, 1.0)):
        z = [float(image.ImagePositionPatient[2]) for image in images(slug)]
        np.testing.assert_allclose(np.diff(z), step, atol=1e-4)
        assert (len(z), len({image.FrameOfReferenceUID for image in images(slug)})) == (count, 1)


def test_in_the_chest_ct_liver_lies_right_and_spleen_and_heart_lie_left():
    assert 40 < around(CHEST, (-89.7, -155.2, 570.2)).mean() < 110, "liver, not yet enhanced"
    assert 140 < around(CHEST, (82.8, -110.2, 570.2)).mean() < 260, "spleen, enhanced"
    chambers = volume(CHEST)[58] > 250
    columns = np.nonzero(chambers[30:95])[1]
    first = images(CHEST)[0]
    spine = around(CHEST, (1.0, -95.0, 627.2), 3).mean()
    assert spine > 100, "the vertebra lies in the middle"
    assert float(first.ImagePositionPatient[0]) + 1.5 * columns.mean() > 10, "the heart lies to its left"


def test_in_the_abdominal_ct_the_left_kidney_lies_left_and_the_spine_behind():
    left, right = volume(ABDOMEN)[160:170, 85:125, 108:128], volume(ABDOMEN)[160:170, 85:125, 0:20]
    assert left.mean() > 80 > right.mean() + 40, "only the left kidney reaches this level of the cropped volume"
    assert around(ABDOMEN, (64.0, 112.0, 165.0), 6).mean() > 60, "vertebra"


def test_the_abdominal_values_are_the_source_s_and_claim_no_unit():
    values = np.unique(volume(ABDOMEN))
    assert (values[0], values[-1], len(values)) == (0, 2000, 33)
    assert {image.RescaleType for image in images(ABDOMEN)} == {"US"}


def test_the_sac_takes_in_no_opacified_lumen_and_no_struts():
    assert not inside(ABDOMEN, "sac", 145)[51, 76], "body of the graft"
    assert not inside(ABDOMEN, "sac", 80)[46, 55], "a limb"
    for k in range(70, 166, 12):
        values = volume(ABDOMEN)[k][inside(ABDOMEN, "sac", k)]
        assert len(values) > 1500
        assert np.median(values) <= 62
        assert np.mean(values > 250) < 0.02, k


@pytest.mark.parametrize(("region", "volume_ml"), [("false-lumen", 122.1), ("true-lumen", 126.9)])
def test_an_outline_has_the_volume_of_its_mask(region, volume_ml):
    # Outlines follow pixel edges, so their areas, holes counted off, add up to the mask's voxels.
    areas = [shoelace(points) for contours in outlines(CHEST, region).values() for _, points in contours]
    assert abs(sum(areas)) * 1.5 / 1000 == pytest.approx(volume_ml, abs=0.2)


def shoelace(points: np.ndarray) -> float:
    after = np.roll(points, -1, axis=0)
    return float(np.sum(points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1]) / 2)


def test_the_true_lumen_is_brighter_than_the_false_one_and_holds_the_stent():
    for k in (20, 40, 67, 90, 112, 134):
        true, false = inside(CHEST, "true-lumen", k), inside(CHEST, "false-lumen", k)
        assert not np.any(true & false)
        assert volume(CHEST)[k][true].mean() > volume(CHEST)[k][false].mean() + 90, k
    assert inside(CHEST, "true-lumen", 112)[106, 134], "the channel inside the stent"
