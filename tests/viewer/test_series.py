import math
import os

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from viewer import SeriesError
from viewer.decode import frame_values
from viewer.series import read_series, read_study

COS, SIN = math.cos(math.radians(20)), math.sin(math.radians(20))
OBLIQUE = (COS, SIN, 0.0, -SIN * COS, COS * COS, -SIN)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def reasons(series):
    return {note.reason for note in series.notes}


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), OBLIQUE, SAGITTAL])
def test_frames_run_along_the_normal_whatever_the_files_are_called_or_numbered(phantom, write_phantom, orientation):
    series = read_series(write_phantom(phantom(orientation=orientation)))
    normal = np.cross(orientation[:3], orientation[3:])
    normal *= np.sign(normal[np.argmax(np.abs(normal))])
    depths = [float(normal @ np.array(frame.position_mm)) for frame in series.frames]
    assert depths == sorted(depths)
    assert series.slice_spacing_mm == pytest.approx(2.5, abs=1e-5)
    assert not series.notes


def test_axial_slices_run_from_feet_to_head_even_when_the_normal_points_down(phantom, write_phantom):
    series = read_series(write_phantom(phantom(orientation=(1, 0, 0, 0, -1, 0))))
    heights = [frame.position_mm[2] for frame in series.frames]
    assert heights == sorted(heights)


def test_a_missing_slice_is_noted_with_its_place(phantom, write_phantom):
    series = read_series(write_phantom(phantom(missing=[7])))
    (note,) = series.notes
    assert (note.reason, note.fault) == ("irregular-spacing", True)
    assert "5.000 mm behind frame 7" in note.message


def test_each_slice_has_its_own_slope(phantom, write_phantom):
    series = read_series(write_phantom(phantom(slopes=(1, 2, 4), count=9)))
    for index in range(9):
        assert set(np.unique(frame_values(series, index))) <= {-1000, 60}
    assert sorted({frame.slope for frame in series.frames}) == [1, 2, 4]


def test_ct_with_rescale_is_in_hounsfield_units_and_fits_int16(phantom, write_phantom):
    series = read_series(write_phantom(phantom(count=2)))
    assert (series.unit, series.dtype, series.modality, series.body_part) == ("HU", "int16", "CT", "CHEST")
    assert series.pixel_spacing_mm == (1.25, 1.0)
    assert series.spacing_source == "patient"


def test_padding_below_the_range_of_int16_stays_at_its_end(phantom, write_file):
    ds = phantom().slice(0)
    ds.PixelData = np.full((64, 72), -32768, "<i2").tobytes()
    assert frame_values(read_series([write_file(ds)]), 0).min() == -32768


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}, "uint8"),
        ({"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0}, "int16"),
        ({"PixelRepresentation": 0}, "uint16"),
        ({"PixelRepresentation": 0, "RescaleSlope": "0.5", "RescaleIntercept": "0"}, "float32"),
        ({"PixelRepresentation": 1, "RescaleSlope": "1", "RescaleIntercept": "-1024"}, "float32"),
    ],
)
def test_the_smallest_type_that_holds_every_value_is_chosen(phantom, write_file, changes, dtype):
    ds = phantom(attributes={"Modality": "MR", "RescaleSlope": "1", "RescaleIntercept": "0"}).slice(0)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    size = ds.BitsAllocated // 8
    ds.PixelData = bytes(64 * 72 * size)
    assert read_series([write_file(ds)]).dtype == dtype


def test_two_phases_at_the_same_places_are_taken_apart(phantom, write_file):
    paths = []
    for phase in (1, 2):
        for number in range(4):
            ds = phantom().slice(number)
            ds.AcquisitionNumber = phase
            ds.SOPInstanceUID = f"1.2.3.1.{phase}.{number}"
            paths.append(write_file(ds, f"{number}{phase}.dcm"))
    study = read_study(paths)
    assert [len(series.frames) for series in study.series] == [4, 4]
    assert all("several-volumes" in reasons(series) for series in study.series)
    with pytest.raises(SeriesError) as caught:
        read_series(paths)
    assert caught.value.reason == "several-volumes"


def test_a_localiser_is_taken_apart_and_the_stack_stays_whole(phantom, write_file):
    paths = [write_file(phantom().slice(number), f"{number}.dcm") for number in range(5)]
    scout = phantom(orientation=SAGITTAL).slice(0)
    scout.SOPInstanceUID = "1.2.3.77"
    study = read_study([*paths, write_file(scout, "scout.dcm")])
    assert [len(series.frames) for series in study.series] == [5, 1]
    assert "mixed-orientation" in reasons(study.series[0])


def test_a_bad_file_does_not_take_the_study_down(phantom, write_phantom, tmp_path):
    paths = write_phantom(phantom(count=3))
    bad = tmp_path / "notes.txt"
    bad.write_text("not an image")
    study = read_study([*paths, bad])
    assert len(study.series[0].frames) == 3
    ((path, error),) = study.refused
    assert (path, error.reason) == (bad, "not-dicom")


def test_different_images_under_one_sop_uid_are_all_refused_and_a_copy_only_once(phantom, write_file):
    first, second = phantom().slice(3), phantom().slice(9)
    second.SOPInstanceUID = first.SOPInstanceUID
    study = read_study([write_file(first, "a.dcm"), write_file(second, "b.dcm")])
    assert [error.reason for _, error in study.refused] == ["duplicate-sop-uid"] * 2
    study = read_study([write_file(first, "c.dcm"), write_file(first, "d.dcm")])
    assert [path.name for path, _ in study.refused] == ["d.dcm"]
    assert len(study.series) == 1


def test_the_digest_follows_the_files_and_not_their_order(phantom, write_phantom):
    paths = write_phantom(phantom(count=3))
    before = read_series(paths).digest
    assert read_series(paths[::-1]).digest == before
    assert len(before) == 64
    os.utime(paths[0], ns=(1, 1))
    assert read_series(paths).digest != before


def test_invalid_windows_are_left_out_and_noted(phantom, write_file):
    ds = phantom().slice(0)
    ds.WindowCenter, ds.WindowWidth = [40, -600], [0, 1500]
    ds.WindowCenterWidthExplanation = ["SOFT", "LUNG"]
    series = read_series([write_file(ds)])
    (window,) = series.windows
    assert (window.center, window.width, window.name, window.function) == (-600, 1500, "LUNG", "LINEAR")
    assert "bad-window" in reasons(series)


def test_spacing_is_never_guessed(phantom, write_file):
    ds = phantom().slice(0)
    del ds.PixelSpacing
    series = read_series([write_file(ds)])
    assert (series.pixel_spacing_mm, series.spacing_source) == (None, None)
    assert [(note.reason, note.fault) for note in series.notes] == [("no-calibration", True)]


@pytest.mark.parametrize(
    ("attributes", "source", "reason"),
    [
        ({}, "detector", "detector-plane-calibration"),
        ({"PixelSpacingCalibrationType": "FIDUCIAL"}, "patient", None),
        ({"ImagerPixelSpacing": [2.0, 2.0]}, "patient", None),
        ({"ImagerPixelSpacing": [1.25, 1.0]}, "detector", "detector-plane-calibration"),
    ],
)
def test_a_radiograph_measures_at_the_detector_unless_calibrated(phantom, write_file, attributes, source, reason):
    ds = phantom(attributes={"Modality": "DX", **attributes}).slice(0)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient
    ds.PatientOrientation = ["L", "F"]
    series = read_series([write_file(ds)])
    assert series.spacing_source == source
    assert series.patient_orientation == ("L", "F")
    assert [(note.reason, note.fault) for note in series.notes] == ([(reason, False)] if reason else [])


TISSUE = {"RegionSpatialFormat": 1, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}
DOPPLER = {"RegionSpatialFormat": 3, "PhysicalUnitsXDirection": 4, "PhysicalUnitsYDirection": 7}


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        ([TISSUE | {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": -0.03}], (0.3, 0.2)),
        # A spectrum beside the tissue image changes nothing; two scales in one image cannot both hold.
        ([TISSUE | {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.02}, DOPPLER], (0.2, 0.2)),
        ([TISSUE | {"PhysicalDeltaX": d, "PhysicalDeltaY": d} for d in (0.02, 0.03)], None),
        ([TISSUE | {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.02, "PhysicalUnitsYDirection": 4}], None),
        ([TISSUE | {"PhysicalDeltaX": 0.0, "PhysicalDeltaY": 0.0}], None),
        ([], None),
    ],
)
def test_ultrasound_measures_by_its_regions_where_they_agree(phantom, write_file, regions, spacing):
    ds = phantom(attributes={"Modality": "US"}).slice(0)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing
    ds.SequenceOfUltrasoundRegions = Sequence([Dataset() for _ in regions])
    for item, region in zip(ds.SequenceOfUltrasoundRegions, regions, strict=True):
        for keyword, value in region.items():
            setattr(item, keyword, value)
    series = read_series([write_file(ds)])
    assert series.pixel_spacing_mm == (pytest.approx(spacing) if spacing else None)
    assert [note.reason for note in series.notes] == ["region-calibration" if spacing else "no-calibration"]


def test_an_enhanced_multi_frame_is_ordered_by_the_positions_of_its_frames(phantom, write_file):
    ds = phantom(count=3).slice(0)
    heights = [10.0, 0.0, 5.0]
    per_frame = []
    for height in heights:
        plane, group = Dataset(), Dataset()
        plane.ImagePositionPatient = [0, 0, height]
        group.PlanePositionSequence = Sequence([plane])
        per_frame.append(group)
    shared, turn, measures, transform = Dataset(), Dataset(), Dataset(), Dataset()
    turn.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.75], 5
    transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = 1, -7, "HU"
    shared.PlaneOrientationSequence = Sequence([turn])
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PixelValueTransformationSequence = Sequence([transform])
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(ds, keyword)
    ds.NumberOfFrames = 3
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    ds.PixelData = b"".join(np.full((64, 72), number, "<i2").tobytes() for number in (10, 20, 30))
    for syntax in ("1.2.840.10008.1.2.1", ImplicitVRLittleEndian):
        series = read_series([write_file(ds, "multi.dcm", syntax)])
        assert [frame.number for frame in series.frames] == [1, 2, 0]
        assert [int(frame_values(series, index)[0, 0]) for index in range(3)] == [13, 23, 3]
        assert (series.pixel_spacing_mm, series.slice_spacing_mm) == ((0.5, 0.75), 5.0)
        assert series.unit == "HU"


@pytest.mark.parametrize(
    ("sequence", "keyword", "values"),
    [
        ("FrameContentSequence", "TemporalPositionIndex", (1, 2)),
        ("MREchoSequence", "EffectiveEchoTime", (12.5, 80.0)),
        ("MRDiffusionSequence", "DiffusionBValue", (0.0, 800.0)),
        ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", (0.0, 40.0)),
        ("MRImageFrameTypeSequence", "FrameType", ("ORIGINAL\\PRIMARY\\M", "ORIGINAL\\PRIMARY\\P")),
    ],
)
def test_an_enhanced_file_of_two_volumes_is_taken_apart(phantom, write_file, sequence, keyword, values):
    ds = phantom(attributes={"Modality": "MR"}).slice(0)
    del ds.ImagePositionPatient
    ds.NumberOfFrames, ds.PerFrameFunctionalGroupsSequence = 8, Sequence()
    for number in range(8):
        # The volumes alternate from frame to frame, as scanners write echoes and phases.
        plane, group, item = Dataset(), Dataset(), Dataset()
        plane.ImagePositionPatient = [0, 0, 3 * (number // 2)]
        value = values[number % 2]
        setattr(item, keyword, value.split("\\") if isinstance(value, str) else value)
        group.PlanePositionSequence = Sequence([plane])
        setattr(group, sequence, Sequence([item]))
        ds.PerFrameFunctionalGroupsSequence.append(group)
    ds.RescaleIntercept = 0
    ds.PixelData = b"".join(np.full((64, 72), number, "<i2").tobytes() for number in range(8))
    study = read_study([write_file(ds, "e.dcm")])
    found = [[int(frame_values(one, k)[0, 0]) for k in range(len(one.frames))] for one in study.series]
    assert sorted(found) == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert all(one.mpr_obstacle is None for one in study.series)
    assert all("several-volumes" in reasons(one) for one in study.series)


def test_a_cine_without_positions_keeps_the_order_of_its_file(phantom, write_file):
    ds = phantom(attributes={"Modality": "XA"}).slice(0)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.NumberOfFrames, ds.FrameTime = 4, "66.7"
    ds.PixelData = b"".join(np.full((64, 72), number, "<i2").tobytes() for number in range(4))
    series = read_series([write_file(ds)])
    assert [int(frame_values(series, index)[5, 5]) for index in range(4)] == [0, 1, 2, 3]
    assert series.frame_time_ms == 66.7
    assert series.orientation is None
    assert series.slice_spacing_mm is None
    assert [(note.reason, note.fault) for note in series.notes] == [("no-calibration", False)]


def test_reading_headers_does_not_touch_the_pixels(phantom, write_phantom):
    paths = write_phantom(phantom(count=4))
    series = read_series(paths)
    data = paths[0].read_bytes()
    paths[0].write_bytes(data[:-100])
    frame = next(number for number, frame in enumerate(series.frames) if frame.path == paths[0])
    with pytest.raises(SeriesError) as caught:
        frame_values(series, frame)
    assert caught.value.reason == "undecodable"
