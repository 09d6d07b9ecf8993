"""What comes through the gate is still the same examination: values, geometry, units and references."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from cases.gate import Answer, Decisions, admit
from pages.intake import check_file, sort_stacks
from viewer.decode import frame_values
from viewer.series import read_study

TESTDATA = Path(__file__).parents[1].parent / "shared" / "testdata"
SETS = {
    "SUV of a PET/CT": ("pet-ct-cropped", "*.dcm", 8),
    "positions of SPECT": ("spect", "*", 1),
    "colour and compression": ("syntaxes/colour", "*.dcm", 8),
    "grey scales": ("syntaxes/mono", "*.dcm", 6),
}
pytestmark = pytest.mark.skipif(not TESTDATA.is_dir(), reason="the test data folder is not beside the project")


def through(files, target):
    """Send files through the gate, and keep whatever may be kept."""
    report = admit(files, target, Decisions("a-01", {}, bytes(32)), check=check_file, sort=sort_stacks)
    if report.held:
        keep = Answer("keep", "For this test.")
        answers = {one.key: Answer("leave-out") if one.kind == "document" else keep for one in report.held}
        report = admit(files, target, Decisions("a-01", answers, bytes(32)), check=check_file, sort=sort_stacks)
    return [target / file for file in report.files]


def described(series):
    places = tuple(frame.position_mm for frame in series.frames)
    return (
        series.modality,
        series.unit,
        series.pixel_spacing_mm,
        series.orientation,
        series.photometric,
        series.dtype,
        places,
    )


@pytest.mark.parametrize("name", SETS)
def test_values_geometry_and_units_are_those_of_the_source(name, tmp_path):
    folder, pattern, step = SETS[name]
    files = sorted(path for path in (TESTDATA / folder).rglob(pattern) if path.is_file() and not check_file(path))[
        ::step
    ]
    before = {described(series): series for series in read_study(files).series}
    after = {described(series): series for series in read_study(through(files, tmp_path / "a-01")).series}
    assert before
    assert after.keys() == before.keys()
    for key, series in after.items():
        for index in {0, len(series.frames) // 2, len(series.frames) - 1}:
            assert np.array_equal(frame_values(series, index), frame_values(before[key], index))


def references(path):
    """Give every SOP Instance UID that an object refers to."""
    return {str(element.value) for element in dcmread(path, stop_before_pixels=True).iterall()
            if element.keyword == "ReferencedSOPInstanceUID"}  # fmt: skip


def test_segmentations_and_structure_sets_still_refer_to_their_images(tmp_path):
    folders = [TESTDATA / "seg" / name for name in ("ct-3slice", "rtstruct-ct", "liver-24x38x3")]
    files = sorted(path for folder in folders for path in folder.rglob("*.dcm"))
    headers = {path: dcmread(path, stop_before_pixels=True) for path in files}
    images = {str(header.SOPInstanceUID) for header in headers.values()}
    resolved = sum(len(references(path) & images) for path in files if headers[path].Modality in ("SEG", "RTSTRUCT"))
    assert resolved
    written = through(files, tmp_path / "a-01")
    renamed = {str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in written}
    assert not renamed & images
    objects = [path for path in written if path.parent.name == "regions"]
    kept = [path for path in objects if dcmread(path, stop_before_pixels=True).Modality in ("SEG", "RTSTRUCT")]
    assert sum(len(references(path) & renamed) for path in kept) == resolved
