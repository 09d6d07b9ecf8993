import json

import numpy as np
import pydicom
import pytest

from tests.viewer.test_segmentation import CENTRE, body_around
from tests.viewer.truths import slices, structure_set
from viewer import RegionError
from viewer.decode import frame_values
from viewer.regions import read_region
from viewer.series import read_series


def spec(roi, file="rs.dcm"):
    return {"name": "r", "label": "R", "series": "ct", "kind": "rtstruct", "file": file, "roi": roi}


@pytest.fixture
def made(tmp_path, write_file):
    """Write a phantom and a structure set of a ball and a shell in it."""
    body = body_around()
    write_file(structure_set(body, {"Ball": (9,), "Shell": (9, 5)}), "rs.dcm")
    (tmp_path / "ct").mkdir()
    files = [write_file(ds, f"ct/{number}.dcm") for number, ds in enumerate(slices(body))]
    return read_series(files), body, tmp_path


def volume_ml(region):
    between_rows, between_columns = region.series.pixel_spacing_mm
    return sum(mask.sum() for mask in region.masks.values()) * between_rows * between_columns * region.step / 1000


def test_a_contoured_ball_has_the_place_and_volume_of_the_ball(made):
    series, _, folder = made
    ball = read_region(spec("Ball"), folder, series)
    assert volume_ml(ball) == pytest.approx(4 / 3 * np.pi * 0.9**3, rel=0.03)
    assert ball.centre["point"] == pytest.approx(CENTRE, abs=1.3)
    drawn = [outline for outline in ball.outlines() if outline["label"] == "Ball"]
    assert {outline["frame"] for outline in drawn} == set(ball.masks)
    assert all(outline["closed"] for outline in drawn)


def test_a_contour_inside_another_is_a_hole(made):
    series, _, folder = made
    shell = read_region(spec(2), folder, series)
    assert volume_ml(shell) == pytest.approx(4 / 3 * np.pi * (0.9**3 - 0.5**3), rel=0.04)
    assert not shell.contains({"space": "patient", "point": CENTRE.tolist()})
    assert shell.contains({"space": "patient", "point": np.add(CENTRE, (7, 0, 0)).tolist()})


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1)])
def test_contours_are_cut_by_the_planes_of_another_series(made, write_file, orientation):
    series, _, folder = made
    other = body_around(orientation, spacing=(0.8, 0.8), step=1.5, count=26)
    files = []
    for number, ds in enumerate(slices(other, SeriesInstanceUID="1.2.3.2")):
        ds.SOPInstanceUID = f"1.2.3.2.{number}"
        files.append(write_file(ds, f"o{number}.dcm"))
    there = read_series(files)
    ball = read_region(spec("Ball"), folder, there)
    assert volume_ml(ball) == pytest.approx(4 / 3 * np.pi * 0.9**3, rel=0.04)
    assert ball.centre["point"] == pytest.approx(CENTRE, abs=1.3)
    across = read_region(spec("Ball"), folder, series).outlines_on(there)
    assert {outline["frame"] for outline in across} == set(ball.masks)


def test_a_structure_set_of_another_patient_space_is_refused(made, write_file):
    _, body, folder = made
    write_file(structure_set(body, {"Ball": (9,)}, series="1.2.9", frame="1.2.8"), "other.dcm")
    files = sorted((folder / "ct").iterdir())
    with pytest.raises(RegionError, match=r"1\.2\.8") as caught:
        read_region(spec("Ball", "other.dcm"), folder, read_series(files))
    assert caught.value.reason == "wrong-reference"


def test_a_region_that_is_not_there_is_refused_with_those_that_are(made):
    series, _, folder = made
    with pytest.raises(RegionError, match="1 'Ball', 2 'Shell'"):
        read_region(spec("Liver"), folder, series)


@pytest.mark.parametrize("data", [[], ["1", "2"]])
def test_a_damaged_contour_is_refused(made, data):
    series, _, folder = made
    ds = pydicom.dcmread(folder / "rs.dcm")
    ds.ROIContourSequence[0].ContourSequence[3].ContourData = data
    ds.save_as(folder / "rs.dcm")
    with pytest.raises(RegionError, match="three finite ones for each point"):
        read_region(spec("Ball"), folder, series)


@pytest.mark.parametrize("roi", ["GTV_Mass", "GTV_Edema"])
def test_the_tumour_of_a_real_pet_has_the_reference_voxels_and_suv(testdata, roi):
    folder = testdata / "pet-mr-sarcoma"
    reference = json.loads((folder / "suv_reference.json").read_text())["rois"][roi]
    series = read_series(sorted((folder / "FDG_PET" / "image").iterdir()))
    region = read_region(spec(roi, "1-1.dcm"), folder / "FDG_PET" / "mask", series)
    values = np.concatenate([frame_values(series, frame)[mask] for frame, mask in region.masks.items()])
    suv = values * series.value_scale
    assert series.unit == "SUVbw"
    assert len(suv) == reference["voxels"]
    assert len(region.masks) == reference["slices"]
    assert suv.max() == pytest.approx(reference["SUVbw_max"], rel=1e-4)
    assert suv.mean() == pytest.approx(reference["SUVbw_mean"], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "voxels", "most", "mean"),
    [("PET", 5095, 7.9107, 2.5551), ("CT", 117145, 150, 28.468), ("MR_T1", 117145, 592, 325.79)],
)
def test_contours_of_cropped_images_are_found_by_their_space(testdata, name, voxels, most, mean):
    folder = testdata / "pet-ct-cropped" / name
    series = read_series(sorted((folder / "image").iterdir()))
    region = read_region(spec(f"GTV_Mass_{name}", "RS.dcm"), folder / "mask", series)
    values = np.concatenate([frame_values(series, frame)[mask] for frame, mask in region.masks.items()])
    values = values * series.value_scale
    assert len(values) == voxels
    assert values.max() == pytest.approx(most, rel=1e-3)
    assert values.mean() == pytest.approx(mean, rel=1e-3)


def test_the_tumour_of_the_ct_lies_on_the_pet_and_the_mr_of_the_same_space(testdata):
    folder = testdata / "pet-ct-cropped"
    open_ = {name: read_series(sorted((folder / name / "image").iterdir())) for name in ("CT", "PET", "MR_T1")}
    ct = read_region(spec("GTV_Mass_CT", "RS.dcm"), folder / "CT" / "mask", open_["CT"])
    truth = read_region(spec("GTV_Mass_PET", "RS.dcm"), folder / "PET" / "mask", open_["PET"])
    across = read_region(spec("GTV_Mass_CT", "RS.dcm"), folder / "CT" / "mask", open_["PET"])
    assert set(across.masks) == set(truth.masks)
    both = sum((across.masks[frame] & truth.masks[frame]).sum() for frame in truth.masks)
    assert 2 * both / sum(m.sum() for r in (across, truth) for m in r.masks.values()) > 0.97
    assert len({outline["frame"] for outline in ct.outlines_on(open_["MR_T1"])}) >= 31


def test_contours_of_the_mr_are_not_drawn_on_a_pet_of_another_space(testdata):
    folder = testdata / "pet-mr-sarcoma"
    pet = read_series(sorted((folder / "FDG_PET" / "image").iterdir())[100:110])
    with pytest.raises(RegionError) as caught:
        read_region(spec("GTV_Mass", "1-1.dcm"), folder / "MR_T1" / "mask", pet)
    assert caught.value.reason == "wrong-reference"


def test_a_region_without_contours_on_the_images_is_refused(testdata):
    folder = testdata / "seg" / "rtstruct-ct"
    names = {str(one.ROIName) for one in pydicom.dcmread(folder / "rtss.dcm").StructureSetROISequence}
    assert "BODY" in names
    with pytest.raises(RegionError):
        read_region(spec("Heart", "rtss.dcm"), folder, read_series([folder / "ct.0.dcm"]))
