"""Sides, levels and values of the head and joint MR cases, by tissue at places in the patient."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from cases.catalogue import Catalogue

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
HEADS = {"neuro-mr-01": 18, "neuro-mr-02": 18, "neuro-mr-03": 15}


@cache
def stack(slug: str, series: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the values, ordered along the normal, and for each slice the matrix (column, row, 1) to LPS mm."""
    images = [dcmread(path) for path in (LIBRARY / slug / "dicom" / series).glob("*.dcm")]
    along, down = np.array(images[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(along, down)
    normal = normal * np.sign(normal[np.argmax(abs(normal))])
    images.sort(key=lambda image: float(normal @ np.array(image.ImagePositionPatient, float)))
    places = [
        np.column_stack([
            along * float(image.PixelSpacing[1]),
            down * float(image.PixelSpacing[0]),
            np.array(image.ImagePositionPatient, float),
        ])
        for image in images
    ]  # fmt: skip
    return np.stack([image.pixel_array.astype(float) for image in images]), np.stack(places)


def around(slug: str, point: tuple[float, float, float]) -> float:
    """Give the mean of 5 × 5 pixels round a place in the patient, on an axial head series."""
    values, places = stack(slug, "mr")
    k = int(np.argmin(abs(places[:, 2, 2] - point[2])))
    column, row = np.rint(np.linalg.lstsq(places[k][:, :2], point - places[k][:, 2])[0]).astype(int)
    return float(values[k, row - 2 : row + 3, column - 2 : column + 3].mean())


@pytest.mark.parametrize(("slug", "count"), HEADS.items())
def test_a_head_keeps_no_slice_below_the_orbits_and_looks_to_the_front(slug, count):
    values, places = stack(slug, "mr")
    assert len(values) == count
    assert places[0, 2, 2] > -40, "mouth and nose lie lower in all three sources"
    # Columns run to the patient's left, rows to the back.
    assert places[0, 0, 0] > 0 < places[0, 1, 1]
    # In the middle of the lowest slice there is air of the nose in front and brain behind.
    middle = values[0, :, 120:136].mean(axis=1)
    assert middle[40:90].min() < 0.3 * np.median(middle[160:200])


@pytest.mark.parametrize(
    ("slug", "point"),
    [
        ("neuro-mr-01", (41.8, 21.4, 26.0)),
        ("neuro-mr-01", (54.3, 23.1, 0.0)),
        ("neuro-mr-01", (49.6, -7.4, -6.5)),
        ("neuro-mr-02", (58.0, -24.7, -10.7)),
        ("neuro-mr-02", (55.6, -33.0, -17.2)),
    ],
)
def test_what_the_source_has_on_the_left_enhances_on_the_left_only(slug, point):
    x, y, z = point
    middle = -2.0 if slug == "neuro-mr-01" else 0.0
    assert around(slug, point) > 1.1 * around(slug, (2 * middle - x, y, z))


@pytest.mark.parametrize(
    ("slug", "voxels", "centroid"),
    [("neuro-mr-01", 4137, (46.5, 16.5, 15.5)), ("neuro-mr-02", 453, (58.1, -22.7, -6.9))],
)
def test_the_outline_of_a_label_holds_its_voxels_and_lies_where_the_dossier_says(slug, voxels, centroid):
    readers = json.loads((LIBRARY / slug / "regions" / "label.json").read_text())["readers"]
    area, moment = 0.0, np.zeros(3)
    for contour in readers[0]["contours"]:
        x, y, z = np.array(contour["points"]).T
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y  # shoelace: holes turn the other way and count against
        area += cross.sum() / 2
        moment += [
            ((x + np.roll(x, -1)) * cross).sum() / 6,
            ((y + np.roll(y, -1)) * cross).sum() / 6,
            z[0] * cross.sum() / 2,
        ]
    assert abs(area) / 0.78125**2 == pytest.approx(voxels, rel=1e-3)
    assert moment / area == pytest.approx(np.array(centroid), abs=0.06)


def test_the_brain_without_a_finding_has_the_greys_of_proton_density():
    values, _ = stack("neuro-mr-03", "mr")
    grey, white = values[8, 96:104, 100:104].mean(), values[8, 70:78, 163:171].mean()
    assert grey > white


@pytest.mark.parametrize("series", ["te6", "te50"])
def test_the_knee_is_a_right_one_with_its_fibula_lateral_and_its_patella_in_front(series):
    values, places = stack("msk-mr-01", series)
    assert len(values) == 24
    # The whole field lies right of the midline, and the first slice is the furthest out.
    assert (places @ [128, 128, 1])[:, 0].max() < 0
    np.testing.assert_allclose(np.linalg.norm(np.diff(places[:, :, 2], axis=0), axis=1), 4.0, atol=0.01)
    fibula, medial = values[4, 188:198, 178:188].mean(), values[19, 188:198, 178:188].mean()
    assert fibula > 1.5 * medial, "marrow of the fibular head laterally, muscle at that place medially"
    assert (places[11] @ [60, 85, 1])[1] < (places[11] @ [190, 85, 1])[1], "columns run to the back"


def test_muscle_fades_more_than_marrow_between_the_echoes():
    (early, _), (late, _) = stack("msk-mr-01", "te6"), stack("msk-mr-01", "te50")
    muscle, marrow = np.s_[12, 120:140, 180:190], np.s_[18, 90:110, 120:140]
    assert late[muscle].mean() / early[muscle].mean() < 0.6 * late[marrow].mean() / early[marrow].mean()


def test_the_shoulder_is_a_right_one_with_its_head_lateral_of_its_glenoid():
    values, places = stack("msk-mr-02", "mr")
    head, glenoid, beyond = places[0] @ [441, 485, 1], places[0] @ [615, 525, 1], places[0] @ [900, 525, 1]
    assert head[0] < glenoid[0] < beyond[0] < 0
    assert values[0, 460:510, 420:460].mean() > 250, "fatty marrow"
    assert values[0, 515:535, 880:920].mean() < 100, "muscle"


@pytest.mark.parametrize("slug", ["msk-mr-01", "neuro-mr-03"])
def test_a_case_without_a_finding_asks_its_first_question_like_one_with_a_finding(slug):
    def prompt(name: str) -> str:
        lines = (LIBRARY / name / "quiz.toml").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("prompt"))

    assert prompt(slug) == prompt("neuro-mr-01") == prompt("neuro-mr-02")
    case = Catalogue(LIBRARY).case(slug)
    assert case.series[0].start_frame > 1
