"""What the gate does to attributes, against PS3.15 and against a second tool."""

import copy
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from dicognito.anonymizer import Anonymizer
from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_dict

from cases.gate import Answer, Decisions, admit
from cases.gate_faces import shows_face
from cases.gate_pixels import without_comments
from cases.gate_rules import MOVED, PATIENT, Rules, silent
from tests.cases.conftest import file_bytes, header

SHARED = Path(__file__).parents[2].parent / "shared" / "testdata"
PHI_FILES = sorted((SHARED / "phi" / "files").glob("*.dcm"))
SECRET = bytes(range(32))


def flat(dataset, place=""):
    """Give every value by its path."""
    for element in dataset:
        path = f"{place}{element.tag}"
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from flat(item, f"{path}/{number}/")
        elif not element.is_empty:
            yield path, element.value if element.VR == "OB" else str(element.value)


@pytest.mark.parametrize("path", PHI_FILES, ids=lambda path: path.stem[-30:])
def test_nothing_that_a_second_tool_removes_or_changes_stays_as_it_was(path):
    with silent():
        before = dcmread(path)
        theirs, ours = copy.deepcopy(before), copy.deepcopy(before)
        Anonymizer().anonymize(theirs)
        Rules("draft-1", SECRET).clean(ours)
        old, other, own = (dict(flat(dataset)) for dataset in (before, theirs, ours))
        touched = {place for place, value in old.items() if other.get(place) != value}
    assert touched
    kept = {place for place in touched if own.get(place) == old[place]}
    # Times of day stay under the option Modified Dates, which moves whole days; README says so.
    times = {place for place in kept if dictionary_vr(place) == "TM"}
    assert kept - times == set()


def dictionary_vr(place):
    tag = int(place.rsplit("/", 1)[-1].strip("()").replace(",", ""), 16)
    from pydicom.datadict import dictionary_VR

    return dictionary_VR(tag)


def test_every_attribute_that_the_profile_names_is_gone_or_says_nothing():
    """Fill every attribute of table E.1-1 with a text of its own, at the top and inside a sequence."""
    from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
    from pydicom.datadict import dictionary_VR

    tags = [tag for tag in dicom_anonymization_database_selector("dicomfields_2026c")["ALL_TAGS"] if len(tag) == 2]
    full, inner = Dataset(), Dataset()
    with silent():
        for group, number in tags:
            tag = (group << 16) | number
            vr = dictionary_VR(tag).split(" or ")[0] if tag in known() and group not in (2, 0) else ""
            value = {"UI": "1.2.3.4444", "SQ": None, "AS": "041Y"}.get(vr, "NEEDLE")
            if vr in ("LO", "SH", "ST", "LT", "UT", "UC", "PN", "UI", "AE", "UR"):
                full.add_new(tag, vr, value)
                inner.add_new(tag, vr, value)
        full.add_new(0x00081140, "SQ", [inner])
        Rules("draft-1", SECRET).clean(full)
        left = {place: value for place, value in flat(full) if value in ("NEEDLE", "1.2.3.4444")}
    assert len(inner) > 0
    assert left == {}


def known():
    from pydicom.datadict import DicomDictionary

    return DicomDictionary


def test_uids_are_other_ones_and_the_same_for_the_same_across_objects():
    image, segmentation = header("x"), Dataset()
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID = image.SeriesInstanceUID
    series.ReferencedInstanceSequence = [reference]
    segmentation.ReferencedSeriesSequence = [series]
    segmentation.FrameOfReferenceUID = image.FrameOfReferenceUID = "1.2.3.77"
    before = copy.deepcopy(image)
    rules = Rules("draft-1", SECRET)
    rules.clean(image)
    rules.clean(segmentation)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert image[keyword].value != before[keyword].value
        assert image[keyword].value.startswith("2.25.")
    cleaned = segmentation.ReferencedSeriesSequence[0]
    assert cleaned.SeriesInstanceUID == image.SeriesInstanceUID
    assert cleaned.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    assert cleaned.ReferencedInstanceSequence[0].ReferencedSOPClassUID == image.SOPClassUID
    assert segmentation.FrameOfReferenceUID == image.FrameOfReferenceUID
    other = header("x")
    Rules("draft-1", bytes(32)).clean(other)
    assert other.SOPInstanceUID != image.SOPInstanceUID


def test_dates_move_together_by_whole_days_and_intervals_stay():
    image = header("x")
    image.StudyDate, image.SeriesDate, image.StudyTime = "20190417", "20190420", "103251"
    image.AcquisitionDateTime = "20190417103252.5"
    image.PatientBirthDate = "19610312"
    Rules("draft-1", SECRET).clean(image)
    study, series = (datetime.strptime(image[word].value, "%Y%m%d") for word in ("StudyDate", "SeriesDate"))
    assert (series - study).days == 3
    assert 366 <= (datetime(2019, 4, 17) - study).days <= 3652
    assert image.AcquisitionDateTime == image.StudyDate + "103252.5"
    assert image.StudyTime == "103251"
    assert image.PatientBirthDate == ""
    assert image.LongitudinalTemporalInformationModified == "MODIFIED"


def test_what_was_done_is_recorded_with_the_codes_of_the_standard():
    image = header("x")
    Rules("draft-1", SECRET).clean(image)
    codes = [item.CodeValue for item in image.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107", "113108"]
    assert {item.CodingSchemeDesignator for item in image.DeidentificationMethodCodeSequence} == {"DCM"}
    assert image.PatientIdentityRemoved == "YES"


def test_safe_private_elements_stay_and_all_others_go():
    image = header("x")
    philips = image.private_block(0x7053, "Philips PET Private Group", create=True)
    philips.add_new(0x00, "DS", "0.0004")
    philips.add_new(0x03, "ST", "WINTERGREEN")
    image.private_block(0x0029, "SOMEBODY", create=True).add_new(0x01, "DS", "1")
    Rules("draft-1", SECRET).clean(image)
    assert [element.value for element in image if element.tag.is_private] == ["Philips PET Private Group", "0.0004"]
    assert "113111" in [item.CodeValue for item in image.DeidentificationMethodCodeSequence]


def test_technical_text_stays_unless_it_holds_the_patients_name():
    image = header("x")
    image.PatientName, image.ConvolutionKernel, image.ManufacturerModelName = "Ottoline^W", "B30f", "Ottoline 3"
    from cases.gate_rules import identity_words

    Rules("draft-1", SECRET, identity_words(image)).clean(image)
    assert image.ConvolutionKernel == "B30f"
    assert image.ManufacturerModelName == ""


def test_every_attribute_of_our_own_lists_is_in_the_dictionary():
    assert set(keyword_dict) >= MOVED | PATIENT


@pytest.mark.parametrize(
    ("part", "description", "slices", "spacing", "face"),
    [
        ("HEAD", "", 30, 3, True),
        ("", "CT Schädel nativ", 30, 3, True),
        ("", "", 30, 3, True),
        ("WHOLEBODY", "PET/CT", 200, 3, True),
        ("CHEST", "", 200, 1, False),
        ("", "MR knee left", 30, 3, False),
        ("HEAD", "", 5, 3, False),
        ("HEAD", "", 30, 8, False),
    ],
)
def test_a_volume_shows_a_face_when_it_is_thin_and_of_the_head_or_of_nothing_stated(
    part, description, slices, spacing, face
):
    headers = []
    for number in range(slices):
        image = header("x")
        image.BodyPartExamined, image.StudyDescription = part, description
        image.ImagePositionPatient = [0, 0, number * spacing]
        headers.append(image)
    assert shows_face(headers) is face


def head(folder):
    """Write 24 slices of 5 mm of a ball of 80 mm radius with a nose, lying on its back."""
    z, y, x = np.mgrid[0:24, 0:64, 0:64]
    ball = ((x - 32) * 3.0) ** 2 + ((y - 34) * 3.0) ** 2 + ((z - 12) * 6.0) ** 2 < 80**2
    nose = (abs(x - 32) < 2) & (abs(z - 12) < 2) & (y > 3) & (y < 20)
    values = np.where(ball | nose, 1000, 0).astype(np.uint16)
    files = []
    for number in range(24):
        image = header("x")
        image.SOPInstanceUID, image.BodyPartExamined = f"2.25.{number + 1}", "HEAD"
        image.Rows = image.Columns = 64
        image.PixelSpacing, image.SliceThickness = [3, 3], 5
        image.ImagePositionPatient, image.ImageOrientationPatient = [0, 0, number * 5], [1, 0, 0, 0, 1, 0]
        image.PixelData = values[number].tobytes()
        files.append(folder / f"{number}.dcm")
        files[-1].write_bytes(file_bytes(image))
    return files, values


def test_a_face_is_held_and_can_be_removed_or_kept_with_a_reason(tmp_path):
    files, before = head(tmp_path)
    [hold] = admit(files, tmp_path / "a" / "draft", Decisions("draft-1", secret=SECRET)).held
    assert hold.kind == "face"
    for choice, reason in (("deface", ""), ("keep", "A published data set.")):
        target = tmp_path / choice / "draft"
        decisions = Decisions("draft-1", {hold.key: Answer(choice, reason)}, SECRET)
        assert admit(files, target, decisions).admitted
        images = sorted(map(dcmread, target.rglob("*.dcm")), key=lambda image: image.ImagePositionPatient[2])
        after = np.stack([image.pixel_array for image in images])
        if choice == "keep":
            assert np.array_equal(after, before)
            assert {image.RecognizableVisualFeatures for image in images} == {"YES"}
            continue
        assert {image.RecognizableVisualFeatures for image in images} == {"NO"}
        assert "113102" in [item.CodeValue for item in images[0].DeidentificationMethodCodeSequence]
        assert not after[12, :8, 32].any(), "the nose is gone"
        assert np.array_equal(after[:, 34:], before[:, 34:]), "the back half is untouched"
        removed = (before > after).any(axis=1)
        assert removed[4:20, 20:44].mean() > 0.9


def test_comments_leave_a_jpeg_2000_stream_and_the_image_stays():
    stream = b"\xff\x4f\xff\x51\x00\x06abcd\xff\x64\x00\x0bWintergr\x00\xff\x90rest\xff\xd9"
    assert without_comments(stream) == b"\xff\x4f\xff\x51\x00\x06abcd\xff\x90rest\xff\xd9"
    assert without_comments(b"\x01\x00\x00\x00rle") == b"\x01\x00\x00\x00rle"
