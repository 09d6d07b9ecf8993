"""``readout import`` and ``readout export`` as somebody types them."""

import shutil
from pathlib import Path

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

import readout
from tests.cases.conftest import file_bytes, header

PHI = Path(__file__).parents[1].parent / "shared" / "testdata" / "phi" / "files"


@pytest.fixture
def type_in(tmp_path, monkeypatch):
    """Give a function that runs a command against a data folder of its own."""
    monkeypatch.setenv("READOUT_DATA", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(readout.main, [str(word) for word in words])


def study(folder, count=3):
    folder.mkdir()
    for number in range(count):
        image = header("x")
        image.PatientName, image.PatientID, image.BodyPartExamined = "Wintergreen^O", "MRN4471182", "CHEST"
        image.SOPInstanceUID, image.InstanceNumber = f"2.25.{number + 1}", number + 1
        (folder / f"Wintergreen {number}.dcm").write_bytes(file_bytes(image))
    return folder


def test_a_folder_becomes_a_draft_with_texts_to_fill_in(type_in, tmp_path):
    done = type_in("import", study(tmp_path / "Wintergreen"), "--name", "chest-ct-01")
    assert done.exit_code == 0, done.output
    assert "Wintergreen" not in done.output
    draft = tmp_path / "data" / "drafts" / "chest-ct-01"
    assert sorted(path.name for path in draft.iterdir()) == [
        "SOURCE.md",
        "case.toml",
        "dicom",
        "quiz.toml",
        "teaching.md",
    ]
    images = [dcmread(path) for path in (draft / "dicom" / "ct").iterdir()]
    assert {str(image.PatientName) for image in images} == {"chest-ct-01"}
    assert "Basic Application Confidentiality Profile" in (draft / "SOURCE.md").read_text()
    again = type_in("import", tmp_path / "Wintergreen", "--name", "chest-ct-01")
    assert again.exit_code == 1
    assert "in use" in again.output


@pytest.mark.skipif(not PHI.is_dir(), reason="the test data folder is not beside the project")
def test_what_is_held_waits_for_an_answer(type_in, tmp_path):
    path = PHI / "phi_secondary_capture_form.dcm"
    held = type_in("import", path)
    assert held.exit_code == 1
    assert "held [burned-in-1]" in held.output
    assert "Wintergreen" not in held.output
    assert not (tmp_path / "data").exists() or not list((tmp_path / "data" / "drafts").iterdir())
    assert type_in("import", path, "--answer", "burned-in-1=keep").exit_code == 1
    assert type_in("import", path, "--answer", "burned-in-1=mask:0,0,1").exit_code == 1
    done = type_in("import", path, "--answer", "burned-in-1=mask:0,0,479,339", "--name", "form-01")
    assert done.exit_code == 0, done.output
    [image] = (tmp_path / "data" / "drafts" / "form-01").rglob("*.dcm")
    assert not dcmread(image).pixel_array.any() or len(set(dcmread(image).pixel_array.ravel().tolist())) == 1


def test_a_case_goes_from_one_machine_to_another(type_in, tmp_path, monkeypatch):
    library = tmp_path / "library"
    shutil.copytree(readout.LIBRARY / "msk-cr-01", library / "msk-cr-01")
    file = tmp_path / "case.zip"
    assert type_in("export", library / "msk-cr-01", "--to", file).exit_code == 0
    taken = type_in("import", file)
    assert taken.exit_code == 1
    assert "already" in taken.output
    monkeypatch.setattr(readout, "LIBRARY", tmp_path / "empty")
    (tmp_path / "empty").mkdir()
    assert type_in("import", file).exit_code == 0
    arrived = tmp_path / "data" / "cases" / "msk-cr-01"
    assert (arrived / "case.toml").read_bytes() == (library / "msk-cr-01" / "case.toml").read_bytes()


def test_wrong_calls_say_so(type_in, tmp_path):
    assert type_in("import", tmp_path / "nothing").exit_code == 2
    assert type_in("export", "no-such-case").exit_code == 2
