"""Which part of an expert's file is a region, and whether the file belongs to the images at all."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage

from cases import SeriesUnavailableError
from cases.annotations import region_specs
from cases.case import Case, Region
from cases.manifest import read_case

OPEN_ARCHIVE = Path(__file__).parents[2] / "cases" / "open_archive"


def segmentation(uid: str, *segments: tuple[str, str]) -> Dataset:
    """Give the header of a segmentation with (label, type) of its segments."""
    new = Dataset()
    new.SOPClassUID, new.SOPInstanceUID, new.Modality = SegmentationStorage, "2.25.7", "SEG"
    series = Dataset()
    series.SeriesInstanceUID = uid
    new.ReferencedSeriesSequence = [series]
    new.SegmentSequence = []
    for number, (label, meaning) in enumerate(segments, start=1):
        item, code = Dataset(), Dataset()
        code.CodeMeaning = meaning
        item.SegmentNumber, item.SegmentLabel, item.SegmentedPropertyTypeCodeSequence = number, label, [code]
        new.SegmentSequence.append(item)
    return new


def with_file(images: Path, slug: str, *segments: tuple[str, str], uid: str = "") -> tuple[Case, Region]:
    """Give a case of the archive whose outline has come."""
    case = read_case(OPEN_ARCHIVE / slug, images)
    folder = case.annotations[0].archive.folder
    folder.mkdir(parents=True)
    header = segmentation(uid or case.series[0].archive.uid, *segments)
    header.ensure_file_meta()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(folder / "0001.dcm", enforce_file_format=True)
    return case, case.regions[0]


def numbers(case: Case, region: Region) -> list[object]:
    return [spec["segment"] for spec, _ in region_specs(case, region)]


def test_the_mass_is_chosen_and_not_the_kidney(tmp_path):
    case, region = with_file(tmp_path, "abdominal-ct-101", ("Kidney", "Kidney"), ("Segment_2", "Mass"))
    assert numbers(case, region) == [2]


def test_every_metastasis_belongs_to_the_region(tmp_path):
    segments = (("Liver", "Liver"), ("Tumor_1", "Mass"), ("Portal", "Portal vein"), ("Tumor_2", "Mass"))
    assert numbers(*with_file(tmp_path, "abdominal-ct-107", *segments)) == [2, 4]


def test_a_part_without_a_name_is_taken_when_it_is_the_only_one(tmp_path):
    assert numbers(*with_file(tmp_path, "abdominal-ct-101", ("Segment_1", "Tissue"))) == [1]


@pytest.mark.parametrize("segments", [[("Kidney", "Kidney")], [("Segment_1", "Tissue"), ("Segment_2", "Tissue")]])
def test_what_bears_another_name_is_left_out(tmp_path, segments):
    with pytest.raises(SeriesUnavailableError, match="no part of that name"):
        numbers(*with_file(tmp_path, "abdominal-ct-101", *segments))


def test_a_file_that_refers_to_another_series_is_left_out(tmp_path):
    with pytest.raises(SeriesUnavailableError, match="0 of 1 files refer to its series"):
        numbers(*with_file(tmp_path, "abdominal-ct-101", ("Mass", "Mass"), uid="2.25.99"))


def test_an_outline_that_has_not_come_is_said(tmp_path):
    case = read_case(OPEN_ARCHIVE / "abdominal-ct-101", tmp_path)
    with pytest.raises(SeriesUnavailableError, match="not on this machine"):
        region_specs(case, case.regions[0])


def test_a_damaged_file_is_left_out(tmp_path):
    case, region = with_file(tmp_path, "abdominal-ct-101", ("Mass", "Mass"))
    other = replace(case.annotations[0].archive, folder=tmp_path / "other")
    other.folder.mkdir()
    (other.folder / "0001.dcm").write_bytes(b"not DICOM at all")
    damaged = replace(case, annotations=(replace(case.annotations[0], archive=other),))
    with pytest.raises(SeriesUnavailableError, match="0 of 1 files"):
        region_specs(damaged, region)
