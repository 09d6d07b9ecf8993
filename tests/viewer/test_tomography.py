"""SPECT volumes: where the slices of one file lie in the patient (PS3.3 C.8.4.15)."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from viewer.decode import frame_values
from viewer.geometry import index_to_patient
from viewer.series import read_series, read_study

POINT_MM = (12.0, -20.0, 44.0)
"""Where the phantom's one hot voxel lies in the patient."""
SPACING_MM, MATRIX, SLICES = 4.0, 16, 8


def spect(
    *, first_z: float, spacing: float, slices: list[int] | None = None, slots: list[int] | None = None
) -> Dataset:
    """A volume with one hot voxel, its slices stacked from `first_z` by `spacing`."""
    numbers = slices or list(range(1, SLICES + 1))
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.20", "1.2.3.4"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = "1.2.3", "1.2.3.1", "NM"
    ds.ImageType = ["DERIVED", "PRIMARY", "RECON GATED TOMO" if slots else "RECON TOMO", "EMISSION"]
    ds.PixelSpacing, ds.SpacingBetweenSlices = [SPACING_MM, SPACING_MM], spacing
    ds.SliceVector = numbers
    if slots:
        ds.TimeSlotVector = slots
    detector = Dataset()
    detector.ImagePositionPatient = [-28.0, -40.0, first_z]
    detector.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.DetectorInformationSequence = [detector]
    ds.NumberOfFrames, ds.Rows, ds.Columns, ds.SamplesPerPixel = len(numbers), MATRIX, MATRIX, 1
    ds.PhotometricInterpretation, ds.PixelRepresentation = "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    values = np.zeros((len(numbers), MATRIX, MATRIX), "<u2")
    for frame, number in enumerate(numbers):
        if np.isclose(first_z + (number - 1) * spacing, POINT_MM[2]):
            values[frame, 5, 10] = 900 + (slots[frame] if slots else 0)
    ds.PixelData = values.tobytes()
    return ds


def hottest(series):
    frame = max(range(len(series.frames)), key=lambda k: frame_values(series, k).max())
    row, column = np.unravel_index(frame_values(series, frame).argmax(), (MATRIX, MATRIX))
    return (index_to_patient(series, frame) @ [column, row, 0, 1])[:3]


@pytest.mark.parametrize(
    ("first_z", "spacing", "slices"),
    [(24.0, 4.0, None), (52.0, -4.0, None), (52.0, -4.0, [3, 1, 2, 8, 7, 6, 5, 4])],
)
def test_a_slice_lies_by_the_sign_of_the_spacing_and_its_own_number(write_file, first_z, spacing, slices):
    series = read_series([write_file(spect(first_z=first_z, spacing=spacing, slices=slices))])
    heights = [frame.position_mm[2] for frame in series.frames]
    assert heights == sorted(heights), "from feet to head"
    assert series.slice_spacing_mm == pytest.approx(4.0)
    np.testing.assert_allclose(hottest(series), POINT_MM)


def test_gates_at_the_same_places_become_volumes_of_their_own(write_file):
    slices = list(range(1, SLICES + 1)) * 2
    path = write_file(spect(first_z=24.0, spacing=4.0, slices=slices, slots=[1] * SLICES + [2] * SLICES))
    volumes = read_study([path]).series
    assert [len(volume.frames) for volume in volumes] == [SLICES, SLICES]
    assert {max(frame_values(v, k).max() for k in range(SLICES)) for v in volumes} == {901, 902}
    assert any(note.reason == "several-volumes" for note in volumes[0].notes)


@pytest.mark.parametrize("without", ["DetectorInformationSequence", "SpacingBetweenSlices"])
def test_without_place_or_spacing_nothing_is_guessed(write_file, without):
    ds = spect(first_z=24.0, spacing=4.0)
    delattr(ds, without)
    series = read_series([write_file(ds)])
    assert series.orientation is None
    assert any(note.reason == "no-position" for note in series.notes)


def test_a_planar_image_gets_no_place_in_the_patient(write_file):
    ds = spect(first_z=24.0, spacing=4.0)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    assert read_series([write_file(ds)]).orientation is None


def test_a_real_brain_stacks_downwards_from_its_first_slice(testdata):
    path = testdata / "spect/datscan_recon_NM000000.dcm"
    series = read_series([path])
    ds = pydicom.dcmread(path)
    assert len(series.frames) == 38
    assert series.slice_spacing_mm == pytest.approx(4.41816, abs=1e-4)
    assert series.frames[-1].position_mm == pytest.approx((-126.750484, -126.750484, 61.127518))
    assert series.frames[0].position_mm[2] == pytest.approx(61.127518 - 37 * 4.41816)
    np.testing.assert_array_equal(frame_values(series, 37), ds.pixel_array[0])
    assert (series.unit, series.value_scale) == ("", 1.0)


def test_a_real_heart_without_detector_geometry_still_opens(testdata):
    series = read_series([testdata / "spect/heart_recon_NM-MONO2-16-13x.dcm"])
    assert (len(series.frames), series.orientation) == (13, None)
