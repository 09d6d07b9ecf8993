import gzip
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset

from cases import ImportRefusedError, importing
from cases import archive as archives
from cases.gate import Decisions, admit
from cases.gate_rules import silent
from cases.importing import open_offer
from tests.cases.conftest import file_bytes, header

DICOM = b"\0" * 128 + b"DICM"
RAS = np.array([[0.0, -2.0, 0.0, 10.0], [3.0, 0.0, 0.0, 20.0], [0.0, 0.0, 4.0, 30.0], [0, 0, 0, 1]])


def refusal(path, **options):
    with pytest.raises(ImportRefusedError) as caught, open_offer(path, **options):
        pass
    text = str(caught.value)
    assert text.isprintable()
    assert text.count(". ") >= 1, "a sentence on what is wrong and one on what to do"
    return caught.value.reason


def nifti(path, values, *, affine=RAS, unit="mm", stated=True):
    import nibabel

    image = nibabel.Nifti1Image(values, affine if stated else None)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    return path


def test_a_folder_is_read_in_order_without_links_and_junk(tmp_path):
    folder = tmp_path / "study"
    (folder / "b").mkdir(parents=True)
    for name in ("b/2", "b/1", "3", ".DS_Store", "._3"):
        (folder / name).write_bytes(DICOM)
    (folder / "link").symlink_to("/etc/passwd")
    with open_offer(folder) as offer:
        assert [str(path.relative_to(folder)) for path in offer.files] == ["3", "b/1", "b/2"]


def test_a_folder_of_100_000_files_is_refused_before_any_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "MAX_ENTRIES", 100)
    for number in range(101):
        (tmp_path / f"{number}").touch()
    assert refusal(tmp_path) == "too-many-files"


def test_an_archive_of_100_000_members_is_refused(tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(archives.MAX_ENTRIES + 1):
            archive.writestr(f"{number}", b"")
    assert refusal(path) == "archive-entries"


@pytest.mark.parametrize("length", [0, 3, 200])
def test_a_truncated_archive_is_refused_and_leaves_nothing(tmp_path, length, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tmp_path / "cut.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1", os.urandom(1000))
    path.write_bytes(path.read_bytes()[:length])
    assert refusal(path) in {"archive-kind", "archive-damaged"}
    assert [file.name for file in tmp_path.iterdir()] == ["cut.zip"]


def test_what_is_no_dicom_is_counted_and_nothing_is_written(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with (
        open_offer(tmp_path / "letter.txt") as offer,
        pytest.raises(ImportRefusedError, match="1 × not DICOM") as caught,
    ):
        admit(offer.files, tmp_path / "drafts" / "a-01", Decisions("a-01"))
    assert caught.value.reason == "nothing-to-admit"
    assert not (tmp_path / "drafts").exists()


def test_a_dicomdir_gives_the_files_that_it_names_and_no_others(tmp_path):
    folder = tmp_path / "disc"
    (folder / "IMAGES").mkdir(parents=True)
    (folder / "IMAGES" / "A").write_bytes(DICOM)
    (folder / "OTHER").write_bytes(DICOM)
    with open_offer(dicomdir(folder, ["IMAGES", "A"])) as offer:
        assert [path.name for path in offer.files] == ["A"]
    assert refusal(dicomdir(folder, ["..", "passwd"])) == "dicomdir-path"
    assert refusal(dicomdir(folder, ["IMAGES", "GONE"])) == "dicomdir"


def dicomdir(folder, part):
    index, record = Dataset(), Dataset()
    with silent():
        record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", part
    index.SOPClassUID, index.SOPInstanceUID = "1.2.840.10008.1.3.10", "2.25.9"
    index.DirectoryRecordSequence = [record]
    with silent():
        (folder / "DICOMDIR").write_bytes(file_bytes(index))
    return folder / "DICOMDIR"


def test_a_nifti_volume_keeps_its_values_and_its_place_in_the_patient(tmp_path):
    values = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4) - 5
    with open_offer(nifti(tmp_path / "a.nii.gz", values), modality="MR") as offer:
        slices = [dcmread(path) for path in offer.files]
    assert len(slices) == 4
    for k, image in enumerate(slices):
        assert np.array_equal(image.pixel_array, values[:, :, k].T)
        # RAS (10, 20, 30 + 4k) is LPS (-10, -20, 30 + 4k); i runs 3 mm towards the front, j 2 mm to the left in RAS.
        assert [float(n) for n in image.ImagePositionPatient] == [-10, -20, 30 + 4 * k]
        assert [float(n) for n in image.ImageOrientationPatient] == [0, -1, 0, 1, 0, 0]
        assert [float(n) for n in image.PixelSpacing] == [2, 3]


@pytest.mark.parametrize("missing", [{"stated": False}, {"unit": "unknown"}])
def test_what_a_nifti_volume_does_not_state_stays_unknown(tmp_path, missing):
    with open_offer(nifti(tmp_path / "a.nii", np.zeros((4, 4, 2), np.uint8), **missing), modality="CT") as offer:
        image = dcmread(offer.files[0])
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "SliceThickness"):
        assert keyword not in image
    assert image.RescaleType == "US"
    assert any("does not state" in note for note in offer.notes)


def test_fractions_are_rounded_to_16_bits_and_that_is_said(tmp_path):
    values = np.linspace(-1, 1, 60, dtype=np.float32).reshape(3, 4, 5)
    with open_offer(nifti(tmp_path / "a.nii", values), modality="MR") as offer:
        images = [dcmread(path) for path in offer.files]
    got = np.stack([i.pixel_array.T * float(i.RescaleSlope) + float(i.RescaleIntercept) for i in images], axis=2)
    assert np.abs(got - values).max() < 2 / 65535
    assert any("rounded" in note for note in offer.notes)


def test_a_nifti_volume_without_a_modality_or_with_time_is_refused(tmp_path):
    path = nifti(tmp_path / "a.nii", np.zeros((4, 4, 2), np.uint8))
    assert refusal(path) == "modality-unknown"
    assert refusal(nifti(tmp_path / "b.nii", np.zeros((2, 2, 2, 3), np.uint8)), modality="MR") == "nifti-kind"
    path.write_bytes(path.read_bytes()[:360])
    assert refusal(path, modality="MR") == "nifti-damaged"


def test_a_packed_volume_that_claims_to_be_huge_is_refused_without_unpacking_it(tmp_path):
    path = nifti(tmp_path / "a.nii", np.zeros((4, 4, 2), np.uint8))
    data = bytearray(path.read_bytes())
    data[42:48] = struct.pack("<3h", 30000, 30000, 300)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bytes(data)))
    assert refusal(tmp_path / "b.nii.gz", modality="MR") == "nifti-kind"


@pytest.mark.parametrize(("mode", "name"), [("L", "a.png"), ("RGB", "a.png"), ("RGB", "a.jpg"), ("I;16", "a.png")])
def test_a_picture_becomes_a_secondary_capture_that_a_person_has_to_look_at(tmp_path, mode, name):
    picture = Image.effect_noise((32, 24), 60).convert("RGB" if mode == "RGB" else "L")
    picture = Image.fromarray(np.array(picture).astype(np.uint16) * 200) if mode == "I;16" else picture
    picture.save(tmp_path / name, **({"comment": b"Wintergreen"} if name.endswith("jpg") else {}))
    with open_offer(tmp_path / name) as offer:
        image = dcmread(offer.files[0])
        report = admit(offer.files, tmp_path / "draft", Decisions("a-01"))
        assert [hold.kind for hold in report.held] == ["burned-in"]
    assert np.array_equal(image.pixel_array, np.array(Image.open(tmp_path / name)))
    assert "PixelSpacing" not in image
    assert "unknown" in offer.notes[0]


def test_a_damaged_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert refusal(tmp_path / "a.png") == "picture-damaged"


def test_what_a_killed_process_left_behind_is_deleted_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, other = (tmp_path / name for name in ("readout-import-old", "readout-import-new", "other"))
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "1.dcm").touch()
    now = new.stat().st_mtime
    os.utime(old, (now - 90_000,) * 2)
    os.utime(other, (now - 90_000,) * 2)
    importing.sweep(now)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["other", "readout-import-new"]


def test_cancelling_leaves_nothing(tmp_path):
    files = []
    for number in range(3):
        image = header("x")
        image.SOPInstanceUID = f"2.25.{number + 1}"
        files.append(tmp_path / f"{number}.dcm")
        files[-1].write_bytes(file_bytes(image))

    class CancelledError(Exception):
        pass

    def cancel(done, _total, what):
        if what == "removing identity" and done == 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        admit(files, tmp_path / "drafts" / "a-01", Decisions("a-01"), progress=cancel)
    assert not list((tmp_path / "drafts").iterdir())


_CHILD = """
import re, sys
from pathlib import Path
from cases.gate import Decisions, admit
from cases.gate_rules import silent
from cases.importing import open_offer
with open_offer(Path(sys.argv[1])) as offer:
    report = admit(offer.files, Path(sys.argv[2]), Decisions("a-01"))
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(len(report.files), peak[1])
"""


def test_an_import_takes_memory_by_file_and_not_by_archive(tmp_path):
    """300 MB, one file of 150 MB among them, pass in far less; `python -m tests.bench.intake 5` sends 5 GB through."""
    rng = np.random.default_rng(1)
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, frames in enumerate([*[38] * 4, 150], start=1):
            image = header("x")
            image.SOPInstanceUID, image.Rows, image.Columns, image.NumberOfFrames = f"2.25.{number}", 1024, 512, frames
            image.BodyPartExamined = "CHEST"
            image.PixelData = rng.integers(0, 255, 1 << 20, np.uint8).tobytes() * frames
            archive.writestr(f"{number}", file_bytes(image))
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, path, tmp_path / "draft"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert not done.returncode, done.stderr
    files, kilobytes = map(int, done.stdout.split())
    assert files == 5
    assert kilobytes < 280 << 10, "peak memory in KiB; the largest file alone is 150 MiB"
    written = sorted((tmp_path / "draft" / "dicom").rglob("*.dcm"), key=lambda file: file.stat().st_size)
    assert dcmread(written[-1]).PixelData == image.PixelData
