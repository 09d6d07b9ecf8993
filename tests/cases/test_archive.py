import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from cases import ImportRefusedError
from cases import archive as archives
from cases.archive import open_archive

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"
MANIFEST = json.loads((TESTDATA / "manifest.json").read_text()) if TESTDATA.is_dir() else {"files": []}
ARCHIVES = {entry["path"]: entry["expected"] for entry in MANIFEST["files"] if entry["kind"] == "archive"}


def make_zip(path, members, mode=0o100644, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system, info.compress_type = mode << 16, 3, method
            archive.writestr(info, data)
    return path


def refusal(path, folder):
    with pytest.raises(ImportRefusedError) as caught, open_archive(path, folder):
        pass
    assert str(caught.value).isprintable()
    return caught.value.reason


@pytest.fixture
def folder(tmp_path):
    """Give an empty folder to unpack into."""
    inner = tmp_path / "out" / "deep"
    inner.mkdir(parents=True)
    return inner


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_taken_or_refused_for_the_known_reason(name, folder):
    expected = ARCHIVES[name]
    reason = expected.get("reason_class")
    if expected["outcome"] == "refused":
        assert refusal(TESTDATA / name, folder) == reason
    else:
        with open_archive(TESTDATA / name, folder) as unpacked:
            assert unpacked.files
            assert all(file.parent == folder for file in unpacked.files)
            assert [note for note, _ in unpacked.notes] == ([reason] if reason else [])
    assert list(folder.parent.rglob("*")) == [folder]


def test_members_come_out_byte_for_byte_and_under_our_own_names(tmp_path, folder):
    members = [("a/one.dcm", b"1" * 5000), ("a/ONE.dcm", b"2" * 5000), ("é.dcm", b"")]
    with open_archive(make_zip(tmp_path / "x.zip", members), folder) as unpacked:
        assert [file.name for file in unpacked.files] == ["0001.dcm", "0002.dcm", "0003.dcm"]
        assert [file.read_bytes() for file in unpacked.files] == [data for _, data in members]
    assert list(folder.iterdir()) == []


def test_junk_is_listed_and_left_out(tmp_path, folder):
    members = [("a.dcm", b"x"), ("__MACOSX/._a.dcm", b"y"), ("b/.DS_Store", b"z"), ("Thumbs.db", b"t")]
    with open_archive(make_zip(tmp_path / "x.zip", members), folder) as unpacked:
        assert len(unpacked.files) == 1
        assert len(unpacked.ignored) == 3


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_pipes_and_devices_are_refused(tmp_path, folder, kind):
    path = make_zip(tmp_path / "x.zip", [("a.dcm", b"/etc/passwd")], mode=kind | 0o777)
    assert refusal(path, folder) == "archive-link"


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/a", "C:/a", "C:\\a", "a\\..\\b", "..", "a/.."])
def test_names_that_lead_elsewhere_are_refused(tmp_path, folder, name):
    path = make_zip(tmp_path / "x.zip", [("ok.dcm", b"x"), (name, b"x")])
    assert refusal(path, folder) == "archive-path"
    assert list(folder.iterdir()) == []


def test_a_member_that_unpacks_too_far_is_stopped_while_it_is_inflated(tmp_path, folder):
    path = make_zip(tmp_path / "x.zip", [("a.dcm", bytes(64 << 20))])
    assert refusal(path, folder) == "archive-ratio"


def test_a_directory_that_understates_a_member_does_not_get_it_through(tmp_path, folder):
    path = make_zip(tmp_path / "x.zip", [("a.dcm", bytes(range(256)) * 4000)])
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    assert refusal(path, folder) == "archive-damaged"


def test_an_archive_in_the_archive_is_refused_whatever_its_name(tmp_path, folder):
    inner = make_zip(tmp_path / "inner.zip", [("a.dcm", b"x")]).read_bytes()
    assert refusal(make_zip(tmp_path / "x.zip", [("image.dcm", inner)]), folder) == "archive-nested"


def test_the_total_is_bounded_over_all_members(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    members = [(f"{n}.dcm", bytes([n]) * 300) for n in range(4)]
    assert refusal(make_zip(tmp_path / "x.zip", members), folder) == "archive-size"
    monkeypatch.setattr(archives, "MAX_BYTES", 1200)
    with open_archive(tmp_path / "x.zip", folder) as unpacked:
        assert len(unpacked.files) == 4


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path, folder):
    path = make_zip(tmp_path / "x.zip", [("a.dcm", b"x")])
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 0xF0000000)
    path.write_bytes(data)
    assert refusal(path, folder) == "archive-entries"


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04" + bytes(50), b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"hello"])
def test_what_is_no_zip_is_refused_without_a_traceback(tmp_path, folder, data):
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    assert refusal(path, folder) in {"archive-kind", "archive-damaged"}


def test_cut_at_any_byte_an_archive_is_refused_and_leaves_nothing(tmp_path, folder):
    data = make_zip(tmp_path / "x.zip", [("a.dcm", b"abc" * 20), ("b.dcm", b"def")]).read_bytes()
    path = tmp_path / "cut.zip"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        refusal(path, folder)
        assert list(folder.iterdir()) == []


def test_a_file_of_the_caller_is_not_overwritten_nor_removed(tmp_path, folder):
    mine = folder / "0001.dcm"
    mine.write_bytes(b"mine")
    refusal(make_zip(tmp_path / "x.zip", [("a.dcm", b"x")]), folder)
    assert mine.read_bytes() == b"mine"
