"""What `readout inspect PATH --json` prints is what the README says, for whatever it is given."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.test_readout import readout
from tests.viewer.conftest import Phantom, write
from tests.viewer.truths import PATIENT

README = (Path(__file__).parents[1] / "README.md").read_text()
ROWS = dict(re.findall(r"^\| `([\w.\[\]]+)` \| ([\w ]+) \|", README, re.MULTILINE))
CHECKS = {
    "text": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "numbers": lambda value: isinstance(value, list) and all(type(one) in (int, float, type(None)) for one in value),
    "null": lambda value: value is None,
}


def leaves(value, path=""):
    """Give (path as the README writes it, value) of everything that is no object and no list of objects."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        for one in value:
            yield from leaves(one, f"{path}[]")
    else:
        yield path, value


def check(report):
    json.dumps(report, allow_nan=False)
    assert set(report) == {"ok", "files", "series", "warnings"}
    for path, value in leaves(report):
        kind = ROWS.get(path) or ROWS[f"series[].{path}"]
        assert any(CHECKS[one](value) for one in kind.split(" or ")), (path, kind, value)
    for part in ("files", "series"):
        wanted = {key.split(".")[1].split("[")[0] for key in ROWS if key.startswith(f"{part}[].")}
        assert all(set(entry) == wanted for entry in report[part])
    for found in report["files"]:
        assert (found["outcome"] == "refused") == (found["error"] is not None)
        assert (found["outcome"].startswith("decodes")) == (found["series"] is not None)


def inspected(path, code=0):
    done = readout("inspect", path, "--json")
    assert done.exit_code == code, done.stderr
    assert code == 2 or done.stderr == ""
    report = json.loads(done.stdout)
    check(report)
    return report


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    for number in range(4):
        ds = Phantom(attributes=PATIENT).slice(number)
        write(ds, folder / f"{number}.dcm")
    return folder


def test_a_series_is_told_with_geometry_unit_and_range(study):
    report = inspected(study)
    [series] = report["series"]
    assert report["ok"]
    assert (series["modality"], series["frames"], series["rows"], series["columns"]) == ("CT", 4, 64, 72)
    assert series["spacing"] == [1.25, 1.0, 2.5]
    assert series["orientation"] == [1, 0, 0, 0, 1, 0]
    assert (series["unit"], series["value_range"]) == ("HU", [-1000, -1000])
    assert series["mpr"] is None


def test_a_bad_file_is_told_with_class_and_sentence_and_the_rest_is_read(study):
    (study / "3.dcm").write_bytes((study / "3.dcm").read_bytes()[:-99])
    report = inspected(study, code=1)
    [bad] = [found for found in report["files"] if found["outcome"] == "refused"]
    assert (bad["error"], bad["reason"]) == ("SeriesError", "truncated")
    assert report["series"][0]["frames"] == 3


def test_an_archive_is_told_by_the_names_in_it(study, tmp_path):
    (study / "3.dcm").write_bytes(b"nothing")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted(study.iterdir()):
            archive.write(file, f"inner/{file.name}")
    report = inspected(tmp_path / "a.zip", code=1)
    assert [Path(found["path"]).name for found in report["files"]] == ["0.dcm", "1.dcm", "2.dcm", "3.dcm"]
    assert report["files"][3]["message"].startswith("3.dcm")
    assert "0001.dcm" not in json.dumps(report)


@pytest.fixture
def medium(study, tmp_path):
    """A medium as scanners burn it: upper case names without suffix, and a DICOMDIR that lists them."""
    folder = tmp_path / "medium"
    (folder / "IMAGES").mkdir(parents=True)
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3.4.5"
    ds.DirectoryRecordSequence = Sequence()
    for number, file in enumerate(sorted(study.iterdir())):
        shutil.copy(file, folder / "IMAGES" / f"IM{number}")
        record = Dataset()
        record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", ["IMAGES", f"IM{number}"]
        ds.DirectoryRecordSequence.append(record)
    climbing = Dataset()
    climbing.DirectoryRecordType, climbing.ReferencedFileID = "IMAGE", ["..", "study", "0.dcm"]
    ds.DirectoryRecordSequence.append(climbing)
    write(ds, folder / "DICOMDIR")
    return folder


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_dicomdir_leads_to_its_files_and_tells_those_that_are_missing(medium, tmp_path):
    directory = medium / "DICOMDIR"
    assert inspected(directory)["series"][0]["frames"] == 4
    (medium / "IMAGES" / "IM0").rename(medium / "IMAGES" / "im0")
    assert inspected(medium)["series"][0]["frames"] == 4
    (medium / "IMAGES" / "IM1").unlink()
    for target in (directory, medium, shutil.make_archive(tmp_path / "m", "zip", medium)):
        report = inspected(target, code=1)
        [missing] = [found for found in report["files"] if found["reason"] == "missing-file"]
        assert Path(missing["path"]).name == "IM1"
        assert report["series"][0]["frames"] == 3
        assert [found["outcome"] for found in report["files"] if found["reason"] == "directory"] == ["no-pixels"]


def test_a_damaged_archive_and_a_path_that_is_not_there_are_reports_too(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 nothing more")
    assert inspected(tmp_path / "b.zip", code=1)["files"][0]["error"] == "ImportRefusedError"
    assert inspected(tmp_path / "nowhere", code=2)["files"][0]["reason"] == "unreadable"


@pytest.mark.parametrize(
    "name", ["syntaxes/colour", "syntaxes/multiframe", "seg", "spect", "malformed/synthetic/series_gantry_tilt"]
)
def test_folders_of_every_kind_keep_the_contract(testdata, name):
    done = readout("inspect", testdata / name, "--json")
    assert done.exit_code in (0, 1)
    assert done.stderr == ""
    check(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seg/ct-3slice/partial_overlaps_seg.dcm", "segment 2 'ORANGE'"),
        ("seg/rtstruct-ct/rtss.dcm", "'BODY'"),
        ("seg/sr-tid1500/sr.dcm", "'primary tumor': SUVbw"),
        ("seg/gsps/prOverlay.dcm", "0 figures"),
        ("pet-mr-sarcoma/FDG_PET/mask/1-1.dcm", "'GTV_Mass'"),
    ],
)
def test_what_an_object_holds_is_named(testdata, name, words):
    done = readout("inspect", testdata / name, "--json")
    report = json.loads(done.stdout)
    check(report)
    assert words in report["files"][0]["message"]
    assert done.stderr == ""
