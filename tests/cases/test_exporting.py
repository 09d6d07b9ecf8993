import hashlib
import random
import shutil
import zipfile

import pytest

from cases import ImportRefusedError
from cases.exporting import MANIFEST, export_case, import_case, is_export


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def exported(make_case, tmp_path):
    folder = make_case()
    file = tmp_path / "case.zip"
    export_case(folder, file)
    return folder, file


def test_a_case_arrives_on_another_machine_as_it_left(exported, tmp_path):
    folder, file = exported
    assert is_export(file)
    taken = import_case(file, tmp_path / "other")
    assert taken.name == folder.name
    assert contents(taken) == contents(folder)
    assert [path.name for path in (tmp_path / "other").iterdir()] == [folder.name]


def test_the_same_case_gives_the_same_bytes(exported, tmp_path):
    folder, file = exported
    copy = tmp_path / "copy" / folder.name
    shutil.copytree(folder, copy)
    for path in copy.rglob("*"):
        path.touch()
    digest = export_case(copy, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()


def test_altered_in_any_byte_it_is_refused_and_leaves_nothing(exported, tmp_path):
    _, file = exported
    data = file.read_bytes()
    rng = random.Random(4)
    # Every byte of the list and of the archive's own structures at both ends, and some of what lies between.
    places = {*range(0, 700, 3), *range(len(data) - 900, len(data), 3), *rng.sample(range(len(data)), 150)}
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        file.write_bytes(changed)
        with pytest.raises(ImportRefusedError):
            import_case(file, tmp_path / "other")
        assert not list((tmp_path / "other").iterdir()), place


@pytest.mark.parametrize("change", ["longer", "shorter", "member", "comment"])
def test_added_to_or_cut_off_it_is_refused(exported, tmp_path, change):
    _, file = exported
    if change == "longer":
        file.write_bytes(file.read_bytes() + b"\0")
    elif change == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        with zipfile.ZipFile(file, "a") as archive:
            if change == "member":
                archive.writestr("../case.toml", "x")
            archive.comment = b"x"
    with pytest.raises(ImportRefusedError):
        import_case(file, tmp_path / "other")


def test_a_member_that_leads_elsewhere_is_never_written(tmp_path):
    file = tmp_path / "evil.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            MANIFEST, '{"format": 1, "slug": "a-01", "files": {"../../evil": {"bytes": 1, "sha256": "0"}}}'
        )
        archive.writestr("../../evil", "x")
    with pytest.raises(ImportRefusedError):
        import_case(file, tmp_path / "in" / "other")
    assert not list(tmp_path.rglob("evil"))


def test_a_slug_that_is_in_use_and_a_case_with_faults_are_refused(exported, tmp_path):
    folder, file = exported
    with pytest.raises(ImportRefusedError, match="already"):
        import_case(file, tmp_path / "other", taken={folder.name})
    with pytest.raises(ImportRefusedError, match="no identity"):
        import_case(file, tmp_path / "other", check=lambda _: ["PatientName: no identity may be here."])
    assert not list((tmp_path / "other").iterdir())
    import_case(file, tmp_path / "other")
    with pytest.raises(ImportRefusedError, match="already"):
        import_case(file, tmp_path / "other")


def test_what_is_not_part_of_a_case_stays_behind(make_case, tmp_path):
    folder = make_case()
    (folder / "notes.txt").write_text("private")
    (folder / "dicom" / "ct" / ".hidden.dcm").write_text("private")
    export_case(folder, tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert not [name for name in archive.namelist() if "notes" in name or "hidden" in name]
