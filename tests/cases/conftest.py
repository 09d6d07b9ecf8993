import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

CASE = """\
slug = "{slug}"
title = "Adult with a cough"
title_teacher = "Lobar pneumonia"
sections = ["thoracic"]
level = 1
modality = "CT"
patient = "Adult"
history = "Cough."
history_written_for_teaching = true
technique = "CT."
origin = "real"
spoilers = ["pneumonia", "consolidat"]
diagnosis = "Pneumonia"
diagnosis_status = "none documented"

[[series]]
id = "ct"
label = "Axial"
body_part = "chest"
start_frame = 1

[[series.window]]
name = "lung"
center = -600
width = 1500

[[region]]
name = "area"
label = "Area"
series = "ct"
authority = "Drawn for a test."
kind = "ellipse"
frame = 1
centre = [2, 2]
radii = [1, 1]

[[finding]]
id = "area"
text = "An area."
status = "observed"
series = "ct"
frame = 1
point_px = [2, 2]
window = "lung"
region = "area"

[provenance]
source = "Made for a test."
archive = ["made==1"]
members = "one"
sha256 = ["{digest}"]
licence = "CC0-1.0"
licence_url = "https://creativecommons.org/publicdomain/zero/1.0/"
citation = "None."
attribution = "None."
changes = ["None."]
"""
QUIZ = '[[question]]\nid = "mark"\nkind = "mark"\nprompt = "Mark the finding."\n'
TEACHING = "# T\n\n" + "".join(
    f"## {heading}\n\nText of {heading}.\n\n"
    for heading in ("Technique", "Search pattern", "Learning points", "References")
)


def header(slug: str) -> Dataset:
    """Give a clean image of 4 × 4 pixels."""
    new = Dataset()
    new.SOPClassUID = CTImageStorage
    new.SOPInstanceUID = "2.25.1"
    new.StudyInstanceUID = "2.25.2"
    new.SeriesInstanceUID = "2.25.3"
    new.Modality = "CT"
    new.PatientName = new.PatientID = slug
    new.PatientIdentityRemoved = "YES"
    new.BurnedInAnnotation = "NO"
    new.StudyDate = new.StudyID = new.AccessionNumber = ""
    new.StudyDescription = "CT CHEST"
    new.Rows = new.Columns = 4
    new.SamplesPerPixel, new.PhotometricInterpretation = 1, "MONOCHROME2"
    new.BitsAllocated, new.BitsStored, new.HighBit, new.PixelRepresentation = 16, 16, 15, 0
    new.PixelData = np.zeros((4, 4), np.uint16).tobytes()
    return new


def file_bytes(image: Dataset) -> bytes:
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = io.BytesIO()
    dcmwrite(stream, image, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[..., Path]:
    """Write a sound case; replace texts in its files, or change the header of its image."""

    def make(
        slug: str = "thoracic-ct-99",
        *,
        case: Mapping[str, str] | None = None,
        quiz: str = QUIZ,
        teaching: str = TEACHING,
        image: Mapping[str, object] | None = None,
    ) -> Path:
        folder = tmp_path / "library" / slug
        (folder / "dicom" / "ct").mkdir(parents=True)
        text = CASE.format(slug=slug, digest="0" * 64)
        for old, new in (case or {}).items():
            assert old in text, old
            text = text.replace(old, new, 1)
        (folder / "case.toml").write_text(text, encoding="utf-8")
        (folder / "quiz.toml").write_text(quiz, encoding="utf-8")
        (folder / "teaching.md").write_text(teaching, encoding="utf-8")
        (folder / "SOURCE.md").write_text("source", encoding="utf-8")
        (folder / "LICENCE.txt").write_text("licence", encoding="utf-8")
        clean = header(slug)
        for keyword, value in (image or {}).items():
            setattr(clean, keyword, value)
        (folder / "dicom" / "ct" / "0001.dcm").write_bytes(file_bytes(clean))
        return folder

    return make
