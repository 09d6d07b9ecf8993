"""Outlines in a structured report, on a phantom whose pixels are known."""

from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian

from viewer import RegionError
from viewer.joined import read_joined
from viewer.series import Series, read_series

SPEC = {"kind": "sr", "name": "box", "label": "Box", "series": "ct", "file": "report.dcm"}


@pytest.fixture
def series(phantom, write_phantom) -> Series:
    return read_series(write_phantom(phantom()))


def polyline(uid: str, points: list[float], kind: str = "POLYLINE") -> Dataset:
    image, reference, item = Dataset(), Dataset(), Dataset()
    reference.ReferencedSOPInstanceUID = uid
    image.ValueType, image.ReferencedSOPSequence = "IMAGE", [reference]
    item.ValueType, item.GraphicType, item.GraphicData = "SCOORD", kind, points
    item.ContentSequence = [image]
    return item


def report(folder: Path, *items: Dataset) -> Path:
    group, new = Dataset(), Dataset()
    group.ValueType, group.ContentSequence = "CONTAINER", list(items)
    new.SOPClassUID, new.SOPInstanceUID, new.Modality = ComprehensiveSRStorage, "2.25.8", "SR"
    new.ContentSequence = [group]
    new.ensure_file_meta()
    new.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    new.save_as(folder / "report.dcm", enforce_file_format=True)
    return folder


def test_a_rectangle_takes_in_exactly_its_pixels(series, tmp_path):
    """From the corner of pixel (2, 3) to that of (6, 5): columns 2 to 5, rows 3 and 4."""
    frame = series.frames[4]
    box = [2.0, 3.0, 6.0, 3.0, 6.0, 5.0, 2.0, 5.0, 2.0, 3.0]
    region = read_joined([(SPEC, report(tmp_path, polyline(frame.sop_instance_uid, box)))], series)
    assert list(region.masks) == [4]
    rows, columns = region.masks[4].nonzero()
    assert set(zip(columns.tolist(), rows.tolist(), strict=True)) == {(x, y) for x in (2, 3, 4, 5) for y in (3, 4)}


def test_rectangles_on_several_images_are_one_region(series, tmp_path):
    box = [2.0, 3.0, 6.0, 3.0, 6.0, 5.0, 2.0, 5.0]
    items = [polyline(series.frames[index].sop_instance_uid, box) for index in (3, 4, 5)]
    assert sorted(read_joined([(SPEC, report(tmp_path, *items))], series).masks) == [3, 4, 5]


def test_a_report_on_other_images_is_refused(series, tmp_path):
    box = [2.0, 3.0, 6.0, 3.0, 6.0, 5.0]
    items = [polyline(series.frames[0].sop_instance_uid, box), polyline("2.25.999", box)]
    with pytest.raises(RegionError, match="1 on other images"):
        read_joined([(SPEC, report(tmp_path, *items))], series)


def test_a_report_that_draws_no_area_is_refused(series, tmp_path):
    point = polyline(series.frames[0].sop_instance_uid, [2.0, 3.0], "POINT")
    with pytest.raises(RegionError, match="0 outlines"):
        read_joined([(SPEC, report(tmp_path, point))], series)


def test_a_file_that_is_no_report_is_refused(series, tmp_path):
    (tmp_path / "report.dcm").write_bytes(b"no report")
    with pytest.raises(RegionError, match="cannot be read"):
        read_joined([(SPEC, tmp_path)], series)
