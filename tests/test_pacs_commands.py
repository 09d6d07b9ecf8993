"""``readout pacs`` against a real Orthanc: a study becomes a draft without identity, and a case goes back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from pydicom import Dataset, dcmread
from typer.testing import CliRunner

from readout import main
from tests.cases.orthanc import PASSWORD, USER, Orthanc, orthanc

SLUG = "msk-mr-77"
Call = Callable[..., Result]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, testdata: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        for file in sorted((testdata / "pet-mr-sarcoma" / "MR_T1").glob("*/*.dcm")):
            server.request("/instances", file.read_bytes(), "POST")
        yield server


@pytest.fixture
def pacs(server: Orthanc, tmp_path: Path) -> Call:
    """Call ``readout pacs`` with this Orthanc in its settings file."""
    (tmp_path / "pacs.toml").write_text(f'url = "{server.url}"\nuser = "{USER}"\npassword = "{PASSWORD}"\n')

    def call(*arguments: str) -> Result:
        done = CliRunner().invoke(main, ["pacs", *arguments], env={"READOUT_DATA": str(tmp_path)})
        assert PASSWORD not in done.output
        return done

    return call


@pytest.fixture(scope="module")
def stored(testdata: Path) -> list[Dataset]:
    return [dcmread(file) for file in (testdata / "pet-mr-sarcoma" / "MR_T1" / "image").glob("*.dcm")]


def place(image: Dataset) -> tuple[float, ...]:
    return tuple(image.ImagePositionPatient)


def test_a_study_is_found(pacs, stored):
    done = pacs("search", "--patient", "STS", "--modality", "MR")
    assert done.exit_code == 0
    assert stored[0].StudyInstanceUID in done.output


def test_a_study_becomes_a_draft_value_for_value_and_without_identity(pacs, stored, tmp_path):
    done = pacs("pull", str(stored[0].StudyInstanceUID), "--name", SLUG)
    assert done.exit_code == 0, done.output
    draft = tmp_path / "drafts" / SLUG
    images = [dcmread(file) for file in sorted(draft.glob("dicom/*/*.dcm"))]
    assert len(images) == 40
    assert {str(image.PatientName) for image in images} == {SLUG}
    assert not {image.SOPInstanceUID for image in images} & {image.SOPInstanceUID for image in stored}
    by_place = {place(image): image for image in stored}
    for image in images:
        assert np.array_equal(image.pixel_array, by_place[place(image)].pixel_array)
    assert "STS_001" not in "".join(file.read_text(errors="replace") for file in draft.glob("*.*"))


def test_a_study_that_is_not_there_leaves_no_draft(pacs, tmp_path):
    done = pacs("pull", "1.2.3.4.5", "--name", SLUG)
    assert done.exit_code == 1
    assert not (tmp_path / "drafts" / SLUG).exists()


def test_a_case_goes_to_the_pacs(pacs):
    done = pacs("push", "msk-cr-01")
    assert (done.exit_code, done.stdout) == (0, "msk-cr-01: 1 images stored\n")
    assert "msk-cr-01" in pacs("search", "--patient", "msk-cr-01").output


def test_a_case_whose_images_are_not_here_is_not_pushed(pacs):
    done = pacs("push", "breast-mr-101")
    assert done.exit_code == 1
    assert "not on this machine" in done.output


def test_without_settings_it_says_what_to_set(tmp_path):
    done = CliRunner().invoke(main, ["pacs", "search"], env={"READOUT_DATA": str(tmp_path)})
    assert done.exit_code == 1
    assert "READOUT_PACS_URL" in done.output
