"""The simulated PET/CT and SPECT/CT: what a reader measures is what was painted, as far as physics lets it."""

import json
import math
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from cases.starter.emission import FWHM_PER_SIGMA, Scanner, acquire, rebinned
from viewer.decode import frame_values
from viewer.geometry import nearest_frame, patient_to_index
from viewer.regions import read_region
from viewer.series import Series, read_series

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
PET, SPECT = LIBRARY / "nuclear-petct-01", LIBRARY / "nuclear-spectct-01"
EMISSION = ((PET, "pet"), (SPECT, "spect"))


@cache
def series(case: Path, name: str) -> Series:
    return read_series(sorted((case / "dicom" / name).glob("*.dcm")))


@cache
def volume(case: Path, name: str) -> np.ndarray:
    """(frame, row, column) as the viewer's probe shows them."""
    images = series(case, name)
    values = np.stack([frame_values(images, k) for k in range(len(images.frames))])
    return values * images.value_scale


def read_at(case: Path, name: str, point_mm: list[float]) -> float:
    images = series(case, name)
    frame = nearest_frame(images, point_mm)
    column, row, off_plane = patient_to_index(images, np.array(point_mm), frame)
    assert abs(off_plane) < 0.01
    return float(volume(case, name)[frame, round(row), round(column)])


def truth(case: Path) -> dict:
    return json.loads((case / "truth.json").read_text())


def header(case: Path, name: str) -> Dataset:
    return dcmread(min((case / "dicom" / name).glob("*.dcm")), stop_before_pixels=True)


@pytest.mark.parametrize(("case", "name"), EMISSION)
def test_the_value_at_the_centre_is_what_was_painted_within_recovery_and_noise(case, name):
    lesion = truth(case)["lesion"]
    found = read_at(case, name, lesion["centre_mm"])
    # PET: painted 8.00 SUV, recovery 0.999, noise 0.44 (5 %). SPECT: recovery below one half, noise 4 %.
    assert lesion["predicted_mean"] == pytest.approx(lesion["painted"] * lesion["recovery"], rel=1e-3)
    assert found == pytest.approx(lesion["predicted_mean"], abs=3 * lesion["predicted_noise"])
    assert lesion["predicted_noise"] < 0.06 * lesion["predicted_mean"]


def test_the_large_lesion_keeps_its_suv_and_the_thin_one_does_not():
    lesion = truth(PET)["lesion"]
    assert lesion["recovery"] > 0.99
    assert truth(SPECT)["lesion"]["recovery"] < 0.5
    assert series(PET, "pet").unit == "SUVbw"
    found = read_at(PET, "pet", lesion["centre_mm"])
    assert found == pytest.approx(lesion["painted"], abs=(1 - lesion["recovery"]) * 8 + 3 * lesion["predicted_noise"])


def test_the_liver_shows_its_painted_suv_and_the_noise_that_was_predicted():
    images, liver = series(PET, "pet"), truth(PET)["organs"]["liver"]
    frame = nearest_frame(images, (-70.0, -23.7, -230.0))
    column, row, _ = patient_to_index(images, np.array([-70.0, -23.7, images.frames[frame].position_mm[2]]), frame)
    block = volume(PET, "pet")[frame - 4 : frame + 5, round(row) - 8 : round(row) + 9, round(column) - 8 :][:, :, :17]
    assert block.mean() == pytest.approx(liver["painted"], rel=0.02)
    assert block.std() == pytest.approx(liver["predicted_noise"], rel=0.1)
    assert 0.08 < block.std() / block.mean() < 0.12


def test_the_values_reach_the_browser_as_integers():
    for case, name in EMISSION:
        assert series(case, name).dtype == "uint16"


@pytest.mark.parametrize(("case", "name"), EMISSION)
def test_ct_and_emission_image_share_study_and_frame_of_reference(case, name):
    ct, emission = header(case, "ct"), header(case, name)
    for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "StudyDate", "PatientID"):
        assert ct[keyword].value == emission[keyword].value
    assert ct.SeriesInstanceUID != emission.SeriesInstanceUID


@pytest.mark.parametrize(("case", "name"), EMISSION)
def test_the_image_says_in_its_header_and_its_case_that_it_is_simulated(case, name):
    image = header(case, name)
    assert "Simulated" in image.ManufacturerModelName
    assert "simulated" in image.SeriesDescription
    texts = tomllib.loads((case / "case.toml").read_text())
    assert texts["origin"] == "simulated"
    assert texts["technique"].startswith("Simulated acquisition")
    assert "simulated" in next(one["label"] for one in texts["series"] if one["id"] == name)


def test_heart_and_spleen_lie_left_and_the_liver_right():
    # LPS: x grows to the patient's left. Hot in FDG: liver and myocardium; on CT: heart with contrast medium.
    images = series(PET, "pet")
    suv = volume(PET, "pet")
    x = images.frames[0].position_mm[0] + np.arange(suv.shape[2]) * images.pixel_spacing_mm[1]
    z = np.array([frame.position_mm[2] for frame in images.frames])
    abdomen = suv[(z > -260) & (z < -230)]
    assert np.average(x, weights=(abdomen > 2).sum(axis=(0, 1))) < -20, "liver"
    chest = suv[(z > -190) & (z < -170)]
    assert np.average(x, weights=(chest > 1.4).sum(axis=(0, 1))) > 20, "heart"
    assert truth(PET)["lesion"]["centre_mm"][0] > 40, "the readers outlined a nodule of the left lung"


def test_the_uptake_of_bone_lies_on_bone():
    spect, ct = series(SPECT, "spect"), volume(SPECT, "ct")
    x, y, z = truth(SPECT)["lesion"]["centre_mm"]
    around = series(SPECT, "ct")
    frame = nearest_frame(around, (x, y, z))
    column, row, _ = patient_to_index(around, np.array([x, y, z]), frame)
    block = ct[frame - 2 : frame + 3, round(row) - 6 : round(row) + 7, round(column) - 8 : round(column) + 9]
    assert np.percentile(block, 90) > 300, "sclerotic bone in HU"
    assert [frame.position_mm[2] for frame in spect.frames] == pytest.approx(np.arange(-339.0, -73.0, 4.5).tolist())


@pytest.mark.parametrize(
    ("case", "name", "file", "agreement"), [(PET, "pet", "nodule", 2), (SPECT, "spect", "focus", 1)]
)
def test_the_region_holds_what_is_hot(case, name, file, agreement):
    spec = {"name": "r", "label": "r", "series": name, "kind": "contours", "file": f"regions/{file}.json"}
    region = read_region({**spec, "agreement": agreement}, case, series(case, name))
    values = volume(case, name)
    inside = np.concatenate([values[k][mask] for k, mask in region.masks.items()])
    assert inside.mean() > 4 * values[values > 0].mean()
    centre = {"space": "patient", "point": truth(case)["lesion"]["centre_mm"]}
    assert region.contains(centre)


def test_a_ball_loses_what_theory_says():
    # Centre of a ball behind a Gaussian: erf(a) - 2a/sqrt(pi) exp(-a^2), where a = radius / (sigma sqrt2).
    step, radius, scanner = 1.0, 6.0, Scanner(blur_mm=8.0, filter_mm=6.0, counts_per_unit=1e4)
    grid = np.mgrid[-20:21, -20:21, -20:21] * step
    fine = np.mgrid[-82:82, -82:82, -82:82] / 4 + 0.125
    ball = (np.sqrt((fine**2).sum(axis=0)) <= radius).astype(float)
    for axis in range(3):
        ball = rebinned(ball, axis, 0.25, step, grid.shape[1])
    acquired = acquire(ball, (step, step, step), scanner, seed=1)
    a = radius / (scanner.resolution_mm / FWHM_PER_SIGMA * math.sqrt(2))
    expected = math.erf(a) - 2 * a / math.sqrt(math.pi) * math.exp(-(a**2))
    assert scanner.resolution_mm == pytest.approx(10.0)
    assert acquired.mean[20, 20, 20] == pytest.approx(expected, rel=0.01)
    np.testing.assert_allclose(acquired.mean.sum(), ball.sum(), rtol=0.02)


def test_noise_is_as_large_as_predicted_and_the_same_every_time():
    flat = np.full((30, 40, 40), 5.0)
    scanner = Scanner(blur_mm=4.0, filter_mm=5.0, counts_per_unit=3.0)
    first, again = (acquire(flat, (2.0, 2.0, 2.0), scanner, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    middle = np.s_[8:-8, 8:-8, 8:-8]
    assert first.image[middle].std() == pytest.approx(first.deviation[15, 20, 20], rel=0.06)
    assert first.image[middle].mean() == pytest.approx(5.0, rel=0.02)
