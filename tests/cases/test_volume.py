"""Research formats in, patient space out: truth from hand-made headers and from the viewer's own reader."""

import gzip
import json
import struct

import numpy as np
import pytest
from pydicom import dcmread

from cases import SeriesUnavailableError
from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.nifti import Volume, read_nifti
from cases.starter.nrrd import read_nrrd
from cases.starter.volume import axial, ct_slices, mask_outlines
from viewer.regions import read_region
from viewer.series import read_series

VALUES = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)


def nifti(*, sform: bool = True, slope: float = 0.0, magic: bytes = b"n+1\0", datatype: int = 4) -> bytes:
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into("<h", head, 70, datatype)
    struct.pack_into("<4f", head, 76, -1.0, 2.0, 3.0, 5.0)
    struct.pack_into("<3f", head, 108, 352, slope, 10.0 if slope else 0.0)
    struct.pack_into("<2h", head, 252, 1, int(sform))
    # A half turn about z: i to the left, j to the back; qfac -1 sends k to the feet.
    struct.pack_into("<6f", head, 256, 0.0, 0.0, 1.0, 7.0, 8.0, 9.0)
    struct.pack_into("<12f", head, 280, -2, 0, 0, 7, 0, -3, 0, 8, 0, 0, 5, 9)
    head[344:348] = magic
    return bytes(head) + VALUES.tobytes()


def test_a_nifti_volume_is_given_in_the_patients_left_and_back():
    volume = read_nifti(gzip.compress(nifti()))
    np.testing.assert_array_equal(volume.values, VALUES)
    np.testing.assert_allclose(volume.to_patient @ [1, 1, 1, 1], [-5, -5, 14, 1])
    assert volume.spacing_mm == (2.0, 3.0, 5.0)


def test_without_a_matrix_the_quaternion_places_the_volume():
    volume = read_nifti(nifti(sform=False))
    np.testing.assert_allclose(volume.to_patient @ [1, 1, 1, 1], [-5, -5, 4, 1], atol=1e-6)


def test_a_slope_turns_stored_values_into_modality_values():
    np.testing.assert_allclose(read_nifti(nifti(slope=2.0)).values, VALUES * 2.0 + 10.0)


@pytest.mark.parametrize("broken", [{"magic": b"ni1\0"}, {"datatype": 128}])
def test_a_nifti_of_another_kind_is_refused(broken):
    with pytest.raises(SeriesUnavailableError, match="NIfTI"):
        read_nifti(nifti(**broken))


def nrrd(space: str = "left-posterior-superior", encoding: str = "gzip") -> bytes:
    head = (
        f"NRRD0004\n# remark\ntype: short\ndimension: 3\nspace: {space}\nsizes: 4 3 2\n"
        f"space directions: (2,0,0) (0,3,0) (0,0,5)\nendian: little\nencoding: {encoding}\nspace origin: (-7,-8,9e0)\n"
    )
    return head.encode() + b"\n" + (gzip.compress(VALUES.tobytes()) if encoding == "gzip" else VALUES.tobytes())


@pytest.mark.parametrize("encoding", ["gzip", "raw"])
def test_a_nrrd_volume_stays_where_it_is(encoding):
    volume = read_nrrd(nrrd(encoding=encoding))
    np.testing.assert_array_equal(volume.values, VALUES)
    np.testing.assert_allclose(volume.to_patient @ [1, 1, 1, 1], [-5, -5, 14, 1])


@pytest.mark.parametrize("content", [b"NRRD", nrrd(space="right-anterior-superior"), nrrd(encoding="bzip2")])
def test_a_nrrd_of_another_kind_is_refused(content):
    with pytest.raises(SeriesUnavailableError, match="NRRD"):
        read_nrrd(content)


def test_turning_a_volume_upright_leaves_every_value_at_its_place_in_the_patient():
    volume = Volume(VALUES, np.array([[-2.0, 0, 0, 7], [0, -3, 0, 8], [0, 0, -5, 9], [0, 0, 0, 1]]))
    upright = axial(volume)
    assert np.all(np.diag(upright.to_patient) > 0)
    for k, j, i in np.ndindex(VALUES.shape):
        place = volume.to_patient @ [i, j, k, 1]
        a, b, c, _ = np.rint(np.linalg.solve(upright.to_patient, place)).astype(int)
        assert upright.values[c, b, a] == VALUES[k, j, i]


def test_a_volume_that_would_have_to_be_turned_is_refused():
    with pytest.raises(ValueError, match="axes"):
        axial(Volume(VALUES, np.eye(4)[[1, 0, 2, 3]]))


def test_the_outline_of_a_label_takes_in_exactly_its_pixels_for_the_viewer(tmp_path):
    mask = np.zeros((3, 16, 20), bool)
    mask[1, 3:10, 4:12] = True
    mask[1, 5:7, 6:9] = False  # a hole
    mask[1, 10, 12] = mask[1, 14, 2] = True  # one touches at a corner, one stands alone
    mask[2, 0:2, 18:20] = True  # at the edge of the image
    volume = Volume(np.zeros(mask.shape), np.array([[0.5, 0, 0, -7], [0, 0.7, 0, -8], [0, 0, 5, 9], [0, 0, 0, 1.0]]))
    (tmp_path / "label.json").write_text(json.dumps(mask_outlines(mask, volume.to_patient, "Label")))
    for number, image in enumerate(
        ct_slices("made-01", volume, study="MADE", series="Made", derivation="Made", body_part="CHEST")
    ):
        write(image, tmp_path / f"{number}.dcm", syntax=HTJ2K_LOSSLESS)
    series = read_series(sorted(tmp_path.glob("*.dcm")))
    spec = {"name": "label", "series": "ct", "kind": "contours", "file": "label.json", "agreement": 1}
    found = read_region(spec, tmp_path, series).masks
    assert sorted(found) == [1, 2]
    np.testing.assert_array_equal(np.stack([found[1], found[2]]), mask[1:])


def test_an_island_in_a_hole_is_refused():
    mask = np.ones((1, 5, 5), bool)
    mask[0, 1:4, 1:4] = False
    mask[0, 2, 2] = True
    with pytest.raises(ValueError, match="island"):
        mask_outlines(mask, np.eye(4), "Label")


def test_slices_hold_the_values_within_12_bits_and_lie_where_the_volume_says(tmp_path):
    values = np.array([-2000, -1024, 0, 3071, 5000], np.int32).reshape(1, 1, 5).repeat(4, 1).repeat(2, 0)
    volume = Volume(values, np.array([[0.5, 0, 0, -7], [0, 0.7, 0, -8], [0, 0, 5, 9], [0, 0, 0, 1.0]]))
    _, upper = ct_slices("made-01", volume, study="MADE", series="Made", derivation="Made", body_part="CHEST")
    write(upper, tmp_path / "upper.dcm", syntax=HTJ2K_LOSSLESS)
    image = dcmread(tmp_path / "upper.dcm")
    assert (image.pixel_array[0] + image.RescaleIntercept).tolist() == [-1024, -1024, 0, 3071, 3071]
    assert list(image.ImagePositionPatient) == [-7, -8, 14]
    assert list(image.PixelSpacing) == [0.7, 0.5], "between rows first (PS3.3 10.7.1.3)"
