"""The gate against files that carry an invented identity in every place that DICOM has for one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import JPEGBaseline8Bit

from cases import ImportRefusedError
from cases.gate import Answer, Decisions, admit
from cases.gate_pixels import grey_frames, recognise

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"
PHI = TESTDATA / "phi"
EXPECTED = json.loads((PHI / "expected.json").read_text()) if PHI.is_dir() else {}
FILES = [name for name in EXPECTED if name.endswith(".dcm")]
SECRET = bytes(range(32))


def resolved(hold):
    """Answer a hold as somebody would who wants to keep as much as may be kept."""
    if hold.kind == "burned-in" and hold.boxes:
        return Answer("mask", boxes=hold.boxes)
    if hold.kind == "document":
        return Answer("leave-out")
    return Answer("keep", reason="Looked at for this test.")


def through(files, target, **answers):
    return admit(files, target, Decisions("draft-1", answers, SECRET))


def spellings(needle):
    """Give the bytes of a text in every encoding that a file may use."""
    for text in {needle, needle.upper(), needle.lower()}:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "iso2022_jp", "shift_jis", "iso8859_5", "cp1251"):
            try:
                yield text.encode(encoding)
            except UnicodeEncodeError:
                continue


def assert_gone(needles, folder, report):
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    contents += ["\n".join(report.lines()).encode(), *(str(path).encode() for path in folder.rglob("*"))]
    for needle in needles:
        for spelling in spellings(needle):
            assert not any(spelling in content for content in contents), needle


@pytest.mark.parametrize("name", FILES)
def test_every_file_with_an_identity_is_held_or_comes_out_without_it(name, tmp_path, caplog):
    assert shutil.which("tesseract"), "Tesseract is not on the PATH: `make test` installs it."
    expected = EXPECTED[name]
    report = through([PHI / name], tmp_path / "draft")
    in_pixels = any(isinstance(place, dict) and not {"overlay", "icon"} & place.keys() for place in expected["where"])
    if expected["gate"] == "pass":
        assert report.admitted
    elif expected["gate"] == "refuse-or-mask" and in_pixels:
        assert report.held
        assert not list(tmp_path.iterdir())
    assert_gone(expected["needles"], tmp_path, report)
    # Whatever a person may answer, what the header and the structure held is gone.
    answers = {hold.key: resolved(hold) for hold in report.held}
    if report.held and any(answer.choice != "leave-out" for answer in answers.values()):
        report = through([PHI / name], tmp_path / "draft", **answers)
        assert report.admitted
    elif report.held:
        with pytest.raises(ImportRefusedError):
            through([PHI / name], tmp_path / "draft", **answers)
    assert_gone(expected["needles"], tmp_path, report)
    assert not caplog.text
    for path in (tmp_path / "draft").rglob("*.dcm"):
        written = dcmread(path)
        assert not any(element.tag.group & 0xFF00 == 0x6000 for element in written)
        assert "IconImageSequence" not in written


@pytest.mark.parametrize("name", [name for name in FILES if "burned_us" in name or "film" in name or "form" in name])
def test_masked_text_is_black_on_every_image_and_nothing_else_changed(name, tmp_path):
    boxes = tuple(tuple(place["pixel_box"]) for place in EXPECTED[name]["where"] if isinstance(place, dict))
    [hold] = through([PHI / name], tmp_path / "draft").held
    assert through([PHI / name], tmp_path / "draft", **{hold.key: Answer("mask", boxes=boxes)}).admitted
    [written] = (tmp_path / "draft").rglob("*.dcm")
    before, after = (np.array(dcmread(path).pixel_array) for path in (PHI / name, written))
    if dcmread(PHI / name).file_meta.TransferSyntaxUID == JPEGBaseline8Bit:
        before = after.copy()  # decoded to RGB by another path; the boxes still have to be black
    for left, top, right, bottom in boxes:
        boxed = (
            after[..., top : bottom + 1, left : right + 1, :]
            if after.shape[-1] == 3
            else (after[..., top : bottom + 1, left : right + 1])
        )
        assert len({*boxed.ravel().tolist()}) == 1
        for plane in (before, after):
            if plane.shape[-1] == 3:
                plane[..., top : bottom + 1, left : right + 1, :] = 0
            else:
                plane[..., top : bottom + 1, left : right + 1] = 0
    assert np.array_equal(before, after)
    assert not list(recognise(grey_frames(written))) or "form" in name


def test_the_members_of_an_archive_lose_their_names(tmp_path):
    from cases.archive import open_archive

    folder = tmp_path / "unpacked"
    folder.mkdir()
    with open_archive(PHI / "files" / "phi_archive_names.zip", folder) as unpacked:
        report = through(unpacked.files, tmp_path / "out" / "draft")
    assert report.left_out == {"not DICOM": 1}
    assert len(report.files) == 1
    assert_gone(EXPECTED["files/phi_archive_names.zip"]["needles"], tmp_path, report)


def test_no_report_repeats_a_value(tmp_path):
    report = through([PHI / "files" / "phi_free_text.dcm"], tmp_path / "draft")
    assert ("StudyDescription", "emptied") in report.removed or ("StudyDescription", "removed") in report.removed
    text = "\n".join(report.lines())
    for needle in EXPECTED["files/phi_free_text.dcm"]["needles"]:
        assert needle not in text


def test_without_tesseract_a_person_looks_at_every_suspect_image(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    report = through([PHI / "files" / "control_us_technical_text_only.dcm"], tmp_path / "draft")
    assert [hold.kind for hold in report.held] == ["burned-in"]
    assert "could not be read here" in report.held[0].message
