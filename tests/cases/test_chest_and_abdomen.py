"""The chest, abdominal and planar cases: sides told by anatomy, regions on what they claim to outline."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from cases.catalogue import Catalogue

LIBRARY = Path(__file__).parents[2] / "cases" / "library"


@cache
def slices(slug: str) -> tuple[Dataset, ...]:
    images = [dcmread(path) for path in (LIBRARY / slug).glob("dicom/ct/*.dcm")]
    return tuple(sorted(images, key=lambda image: image.ImagePositionPatient[2]))


def around(slug: str, x: float, y: float, z: float, half: int = 3) -> np.ndarray:
    """Give the values within `half` pixels of a place in LPS mm, in HU."""
    image = min(slices(slug), key=lambda one: abs(one.ImagePositionPatient[2] - z))
    assert list(image.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
    row_mm, column_mm = image.PixelSpacing
    column = round((x - image.ImagePositionPatient[0]) / column_mm)
    row = round((y - image.ImagePositionPatient[1]) / row_mm)
    patch = np.s_[row - half : row + half + 1, column - half : column + half + 1]
    return image.pixel_array[patch].astype(int) + int(image.RescaleIntercept)


@pytest.mark.parametrize(
    ("slug", "count", "step_mm", "lowest", "highest"),
    [
        ("thoracic-ct-02", 48, 5.0, -1024, 3071),
        ("thoracic-ct-03", 61, 5.0, -1024, 1671),
        ("abdominal-ct-01", 112, 3.0, -1024, 3071),
        ("abdominal-ct-02", 20, 2.0, -1024, 1839),
    ],
)
def test_a_volume_is_whole_and_keeps_its_range(slug, count, step_mm, lowest, highest):
    images = slices(slug)
    assert len(images) == count
    np.testing.assert_allclose(np.diff([float(image.ImagePositionPatient[2]) for image in images]), step_mm)
    values = [image.pixel_array.astype(int) + int(image.RescaleIntercept) for image in images]
    assert (min(map(np.min, values)), max(map(np.max, values))) == (lowest, highest)
    assert len({image.FrameOfReferenceUID for image in images}) == 1


def test_in_the_chests_the_aorta_descends_left_of_the_spine_and_lung_lies_in_its_mirror_place():
    for slug, (x, y, z), mirror in (
        ("thoracic-ct-02", (31.9, -91.2, -697.5), -20.0),
        ("thoracic-ct-03", (17.6, -133.3, -250.0), -48.0),
    ):
        assert 15 < around(slug, x, y, z).mean() < 80
        assert around(slug, mirror, y, z).mean() < -600


def test_in_every_trunk_the_liver_lies_right_and_the_spleen_or_stomach_left():
    liver = {
        "thoracic-ct-02": (-71.9, -148.2, -777.5),
        "thoracic-ct-03": (-80.8, -167.8, -310.0),
        "abdominal-ct-01": (-67.0, -185.0, 391.3),
        "abdominal-ct-02": (-103.0, -164.1, -784.5),
    }
    spleen = {
        "thoracic-ct-02": (76.4, -88.3, -777.5),
        "thoracic-ct-03": (84.7, -110.0, -290.0),
        "abdominal-ct-01": (113.0, -123.0, 394.3),
        "abdominal-ct-02": (94.2, -115.2, -784.5),
    }
    for slug in liver:
        # The liver is the denser of the two without contrast and in the portal-venous phase.
        assert around(slug, *liver[slug], half=2).mean() > around(slug, *spleen[slug], half=2).mean() > 20, slug


def test_in_the_abdomen_without_contrast_gas_lies_in_the_left_upper_part_and_liver_in_its_mirror_place():
    assert around("abdominal-ct-01", 67.0, -233.3, 412.3, half=1).mean() < -800
    assert around("abdominal-ct-01", -71.0, -233.3, 412.3, half=1).mean() > 20


def labelled(slug: str, region: str) -> tuple[np.ndarray, np.ndarray]:
    """Give places (LPS mm) and values of the voxels inside a label, by winding edges at half pixels."""
    places, values = [], []
    contours = json.loads((LIBRARY / slug / "regions" / f"{region}.json").read_text())["readers"][0]["contours"]
    for z in sorted({contour["points"][0][2] for contour in contours}):
        image = min(slices(slug), key=lambda one: abs(one.ImagePositionPatient[2] - z))
        row_mm, column_mm = image.PixelSpacing
        x0, y0 = image.ImagePositionPatient[:2]
        odd = np.zeros((image.Rows, image.Columns), bool)
        for points in (np.array(c["points"]) for c in contours if c["points"][0][2] == z):
            corners = np.rint((points[:, :2] - (x0, y0)) / (column_mm, row_mm) + 0.5).astype(int)
            for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
                if ax == bx:
                    odd[min(ay, by) : max(ay, by), ax:] ^= True
        rows, columns = np.nonzero(odd)
        places += [(x0 + c * column_mm, y0 + r * row_mm, z) for r, c in zip(rows, columns, strict=True)]
        values += (image.pixel_array[odd].astype(int) + int(image.RescaleIntercept)).tolist()
    return np.array(places, float), np.array(values)


@pytest.mark.parametrize(
    ("slug", "region", "voxels", "centroid"),
    [
        ("thoracic-ct-02", "nodule", 837, (-21.9, -120.5, -611.5)),
        ("thoracic-ct-03", "mass", 24644, (52.6, -95.9, -256.5)),
        ("abdominal-ct-01", "stone", 24, (-28.9, -163.9, 282.0)),
    ],
)
def test_a_label_has_the_voxels_and_the_centre_that_the_dossier_gives(slug, region, voxels, centroid):
    places, values = labelled(slug, region)
    assert len(values) == voxels
    np.testing.assert_allclose(places.mean(axis=0), centroid, atol=0.1)


def test_what_is_outlined_is_what_the_case_says_it_is():
    _, stone = labelled("abdominal-ct-01", "stone")
    assert (stone.min() > 200, stone.max()) == (True, 1397)
    _, nodule = labelled("thoracic-ct-02", "nodule")
    assert nodule.mean() == pytest.approx(-64, abs=1)
    places, spleen = labelled("abdominal-ct-02", "spleen")
    assert 50 < np.median(spleen) < 100
    assert places[:, 0].min() > 0, "the spleen lies left"


@cache
def plane(slug: str) -> Dataset:
    (path,) = (LIBRARY / slug).glob("dicom/*/*.dcm")
    return dcmread(path)


def test_the_chest_radiograph_has_its_gas_and_its_cardiac_apex_on_the_left():
    image = plane("thoracic-cr-01")
    assert list(image.PatientOrientation) == ["L", "F"]
    dark = image.pixel_array.astype(int)  # MONOCHROME1: much is dark
    gas, liver = dark[1600:1700, 1250:1350], dark[1600:1700, 350:450]
    assert gas.mean() > liver.mean() + 1000
    apex, lung = dark[1250:1350, 1250:1330], dark[1250:1350, 440:520]
    assert apex.mean() < lung.mean() - 500


def test_the_masses_marked_on_the_radiograph_are_brighter_than_what_lies_beside_them():
    dark = plane("thoracic-cr-01").pixel_array.astype(int)
    rows, columns = np.mgrid[: dark.shape[0], : dark.shape[1]]
    for region in Catalogue(LIBRARY).case("thoracic-cr-01").regions:
        (cx, cy), (rx, ry) = region.spec["centre"], region.spec["radii"]
        reach = np.hypot((columns - cx) / rx, (rows - cy) / ry)
        beside = (reach > 1.1) & (reach < 1.4) & (rows < cy)
        assert dark[(reach < 0.9) & (reach > 0.3)].mean() < dark[beside].mean() - 500, region.name


def test_the_scintigram_keeps_every_count():
    image = plane("nuclear-planar-01")
    assert image.SOPClassUID.name == "Nuclear Medicine Image Storage"
    assert image.pixel_array.sum() == image.CountsAccumulated == 3596452
    assert not image.PatientOrientation, "left and right are not documented"


def test_the_foci_marked_on_the_scintigram_are_hotter_than_the_body_around_them():
    counts = plane("nuclear-planar-01").pixel_array.astype(int)
    rows, columns = np.mgrid[: counts.shape[0], : counts.shape[1]]
    for region in Catalogue(LIBRARY).case("nuclear-planar-01").regions:
        (cx, cy), (rx, ry) = region.spec["centre"], region.spec["radii"]
        reach = np.hypot((columns - cx) / rx, (rows - cy) / ry)
        assert counts[reach < 0.7].mean() > 1.3 * counts[(reach > 1.2) & (reach < 1.8)].mean(), region.name
