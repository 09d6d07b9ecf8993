import math

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.viewer.conftest import Phantom
from tests.viewer.truths import inside, segmentation, slices
from viewer import RegionError
from viewer.regions import read_region
from viewer.series import read_series

COS, SIN = math.cos(math.radians(20)), math.sin(math.radians(20))
OBLIQUE = (COS, SIN, 0.0, -SIN * COS, COS * COS, -SIN)
CENTRE = np.array([12.0, -30.0, 105.0])


def body_around(orientation=OBLIQUE, **more):
    """A ball in the middle of its stack, whichever way that is turned."""
    body = Phantom(orientation=orientation, **more)
    row, column, normal = body.axes()
    corner = (
        CENTRE
        - (body.count - 1) / 2 * body.step * normal
        - body.rows / 2 * body.spacing[0] * column
        - body.columns / 2 * body.spacing[1] * row
    )
    return Phantom(**{**vars(body), "origin": tuple(corner), "centre": tuple(CENTRE)})


@pytest.fixture
def made(tmp_path, write_file):
    """Write a phantom and a segmentation of it; give the series and the reader of a region."""

    def make(kind, pixels=None, labels=("Ball", "Core"), body=None, **more):
        body = body or body_around()
        sources = slices(body)
        paths = [write_file(ds, f"{number}.dcm") for number, ds in enumerate(sources)]
        stack = np.stack([inside(body, 9), inside(body, 4)], axis=-1) if pixels is None else pixels(body)
        segmentation(sources, stack, kind, labels[: stack.shape[-1]], **more).save_as(tmp_path / "truth.seg")
        series = read_series(paths)

        def region(segment, on=series):
            spec = {"name": "r", "label": "R", "series": "ct", "kind": "seg", "file": "truth.seg", "segment": segment}
            return read_region(spec, tmp_path, on)

        return series, region, body

    return make


def voxels(region, body):
    """(n, 3) indices (frame, row, column) in the order in which the phantom was written."""
    flipped = float(np.array(body.axes()[2])[np.argmax(np.abs(body.axes()[2]))]) < 0
    full = np.zeros((body.count, body.rows, body.columns), bool)
    for frame, mask in region.masks.items():
        full[body.count - 1 - frame if flipped else frame] = mask
    return full


@pytest.mark.parametrize(
    ("kind", "syntax"),
    [("BINARY", None), ("FRACTIONAL", None), ("FRACTIONAL", JPEG2000Lossless), ("FRACTIONAL", RLELossless)],
)
def test_overlapping_segments_come_voxel_by_voxel_as_they_were_written(made, kind, syntax):
    more = {"transfer_syntax_uid": syntax} if syntax else {}

    def fractions(body):
        return np.stack([inside(body, 9), inside(body, 4)], axis=-1).astype(float)

    _, region, body = made(kind, fractions if kind == "FRACTIONAL" else None, **more)
    for segment, radius in ((1, 9), ("Core", 4)):
        np.testing.assert_array_equal(voxels(region(segment), body), inside(body, radius))


def test_a_labelmap_gives_each_segment_its_own_voxels(made):
    def labels(body):
        return inside(body, 9).astype(np.uint8) + inside(body, 4)

    _, region, body = made("LABELMAP", labels)
    np.testing.assert_array_equal(voxels(region("Ball"), body), labels(body) == 1)
    np.testing.assert_array_equal(voxels(region(2), body), labels(body) == 2)


def test_a_fractional_voxel_belongs_from_one_half_on(made):
    def fractions(body):
        return np.where(inside(body, 4), 0.9, np.where(inside(body, 9), 0.55, 0.2))[..., None]

    _, region, body = made("FRACTIONAL", fractions, labels=("Ball",), max_fractional_value=200)
    np.testing.assert_array_equal(voxels(region(1), body), inside(body, 9))


def test_the_region_lies_where_the_ball_lies(made):
    _, region, _ = made("BINARY")
    ball = region("Ball")
    assert ball.centre["point"] == pytest.approx(CENTRE, abs=1.3)
    assert ball.radius == pytest.approx(9, abs=0.15)
    assert ball.contains({"space": "patient", "point": CENTRE.tolist()})
    assert ball.distance({"space": "patient", "point": np.add(CENTRE, (20, 0, 0)).tolist()}) == pytest.approx(
        11, abs=1.3
    )


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0, -1)])
def test_on_another_series_of_the_same_space_it_is_the_same_ball(made, write_file, orientation):
    _, region, _ = made("BINARY")
    other = body_around(orientation, spacing=(0.8, 0.9), step=1.7, count=24)
    files = [
        write_file(ds, f"o{number}.dcm")
        for number, ds in enumerate(slices(other, SeriesInstanceUID="1.2.3.2"))
        if not setattr(ds, "SOPInstanceUID", f"1.2.3.2.{number}")
    ]
    there = read_series(files)
    again = region("Ball", there)
    expected = inside(other, 9)
    # Half a voxel of the segmentation's own grid: its 2.5 mm slices make the edge.
    away = np.abs(np.linalg.norm(np.stack([other.voxels(n) for n in range(other.count)]) - CENTRE, axis=3) - 9)
    differs = voxels(again, other) ^ expected
    assert away[differs].max() <= 1.25 + 0.625 + 0.5
    assert voxels(again, other).sum() == pytest.approx(expected.sum(), rel=0.03)
    drawn = region("Ball").outlines_on(there)
    assert {outline["frame"] for outline in drawn} == set(again.masks)


def test_in_another_frame_of_reference_it_is_refused_with_both(made, write_file):
    _, region, body = made("BINARY")
    strangers = [
        write_file(ds, f"s{number}.dcm")
        for number, ds in enumerate(slices(body, FrameOfReferenceUID="1.2.3.8", SeriesInstanceUID="1.2.3.4"))
    ]
    stranger = read_series(strangers)
    with pytest.raises(RegionError, match=r"frame of reference 1\.2\.3\.9.*1\.2\.3\.8") as caught:
        region("Ball", stranger)
    assert caught.value.reason == "wrong-reference"
    assert region("Ball").outlines_on(stranger) == []


@pytest.mark.parametrize("segment", [7, "Bull", None])
def test_a_segment_that_is_not_there_is_refused_with_those_that_are(made, segment):
    _, region, _ = made("BINARY")
    with pytest.raises(RegionError, match="1 'Ball', 2 'Core'"):
        region(segment)


REAL = [
    ("ct-3slice/liver_seg.dcm", "ct-3slice/0*.dcm"),
    ("ct-3slice/partial_overlaps_seg.dcm", "ct-3slice/0*.dcm"),
    ("liver-24x38x3/label_seg.dcm", "liver-24x38x3/image/*.dcm"),
    ("liver-24x38x3/label_seg.dcm", "liver-24x38x3/multiframe_mf.dcm"),
    ("liver-24x38x3/sparse-labelmap-ppv5.dcm", "liver-24x38x3/image/*.dcm"),
    ("liver-24x38x3/sparse-labelmap-noppv.dcm", "liver-24x38x3/image/*.dcm"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "images"), REAL)
def test_real_segments_are_those_that_highdicom_reads(testdata, name, images):
    series = read_series(sorted((testdata / "seg").glob(images)))
    path = testdata / "seg" / name
    theirs = hd.seg.segread(path)
    volume = theirs.get_volume(combine_segments=False)
    sources = {tuple(np.round(volume.affine @ [k, 0, 0, 1], 2)[:3]): k for k in range(volume.shape[0])}
    for channel, number in enumerate(theirs.segment_numbers):
        spec = {"name": "r", "series": "s", "kind": "seg", "file": path.name, "segment": number}
        expected = {}
        for frame, details in enumerate(series.frames):
            k = sources.get(tuple(np.round(details.position_mm, 2)))
            if k is not None and volume.array[k, ..., channel].any():
                expected[frame] = volume.array[k, ..., channel]
        if number == 0:
            continue  # a labelmap's background is no finding
        ours = read_region(spec, path.parent, series).masks
        assert set(ours) == set(expected)
        for frame, mask in ours.items():
            np.testing.assert_array_equal(mask, expected[frame])


def test_a_segmentation_of_images_that_are_not_there_fails_politely(testdata):
    series = read_series(sorted((testdata / "seg" / "ct-3slice").glob("0*.dcm")))
    spec = {"name": "r", "series": "s", "kind": "seg", "file": "seg.dcm", "segment": 1}
    with pytest.raises(RegionError) as caught:
        read_region(spec, testdata / "seg" / "sr-tid1500", series)
    assert caught.value.reason == "wrong-reference"


@pytest.mark.parametrize("name", ["sr.dcm", "missing.dcm", "../ct-3slice/liver_seg.dcm"])
def test_what_is_no_segmentation_or_lies_elsewhere_is_refused(testdata, name):
    series = read_series(sorted((testdata / "seg" / "ct-3slice").glob("0*.dcm")))
    spec = {"name": "r", "series": "s", "kind": "seg", "file": name, "segment": 1}
    with pytest.raises(RegionError) as caught:
        read_region(spec, testdata / "seg" / "sr-tid1500", series)
    assert caught.value.reason == "bad-region"


def test_without_a_place_in_the_patient_the_named_image_takes_the_mask(tmp_path, write_file, phantom):
    ds = slices(phantom(count=1, attributes={"Modality": "DX"}))[0]
    mask = np.zeros((1, ds.Rows, ds.Columns, 1), bool)
    mask[0, 10:20, 30:44, 0] = True
    segmentation([ds], mask, "BINARY", ("Ball",)).save_as(tmp_path / "truth.seg")
    seg = pydicom.dcmread(tmp_path / "truth.seg")
    for group in seg.PerFrameFunctionalGroupsSequence:
        group.pop("PlanePositionSequence", None)
    del seg.FrameOfReferenceUID
    seg.save_as(tmp_path / "truth.seg")
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"):
        delattr(ds, keyword)
    series = read_series([write_file(ds, "dx.dcm")])
    spec = {"name": "r", "series": "s", "kind": "seg", "file": "truth.seg", "segment": "Ball"}
    np.testing.assert_array_equal(read_region(spec, tmp_path, series).masks[0], mask[0, ..., 0])
