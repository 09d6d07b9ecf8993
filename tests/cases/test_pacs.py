"""A real Orthanc over DICOMweb: what is found, previewed, pulled and pushed, and what is said when it refuses."""

import io
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom import Dataset, dcmread

from cases import SeriesUnavailableError
from cases.pacs import Pacs, PacsSettings
from tests.cases.orthanc import PASSWORD, TOKEN, USER, Orthanc, door, orthanc

SECRETS = (PASSWORD, TOKEN)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, testdata: Path) -> Iterator[Orthanc]:
    """Give an Orthanc that holds the T1 images, the PET (compressed and not) and the outlines of STS_001."""
    with orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        folder = testdata / "pet-mr-sarcoma"
        for file in sorted([*folder.glob("MR_T1/*/*.dcm"), *list(folder.glob("FDG_PET/image/*.dcm"))[:30]]):
            server.request("/instances", file.read_bytes(), "POST")
        yield server


@pytest.fixture
def settings(server: Orthanc) -> PacsSettings:
    return PacsSettings(server.url, USER, PASSWORD)


@pytest.fixture
def pacs(settings: PacsSettings) -> Iterator[Pacs]:
    with Pacs(settings) as pacs:
        yield pacs


@pytest.fixture(scope="module")
def mr_study(testdata: Path) -> str:
    return str(dcmread(next((testdata / "pet-mr-sarcoma" / "MR_T1").glob("image/*.dcm"))).StudyInstanceUID)


def ask(settings: PacsSettings) -> None:
    with Pacs(settings) as pacs:
        pacs.search()


def pull(pacs: Pacs, study: str, folder: Path) -> list[Path]:
    folder.mkdir()
    return pacs.pull(study, folder, lambda _: None, threading.Event())


def test_studies_are_found_by_name_number_and_modality(pacs, mr_study):
    everything = pacs.search()
    assert {study.patient_id for study in everything} == {"STS_001"}
    assert len(everything) == 2
    [found] = pacs.search(patient="STS", modality="MR")
    assert found.uid == mr_study
    assert found.instances == 41
    assert set(found.modalities) == {"MR", "RTSTRUCT"}
    assert pacs.search(patient_id="STS_001", dates=found.date)[0].date == found.date
    assert pacs.search(patient="nobody") == []


def test_series_and_a_preview_are_shown_before_anything_is_pulled(pacs, mr_study):
    series = pacs.series(mr_study)
    assert {(one.modality, one.instances) for one in series} == {("MR", 40), ("RTSTRUCT", 1)}
    [images] = [one for one in series if one.modality == "MR"]
    assert images.description == "AXIAL SE T1 - RESEARCH"
    picture = Image.open(io.BytesIO(pacs.preview(mr_study, images.uid)))
    assert picture.size == (512, 512)
    [outlines] = [one for one in series if one.modality == "RTSTRUCT"]
    assert pacs.preview(mr_study, outlines.uid) == b""


def test_a_pulled_study_equals_what_dicomweb_client_pulls_value_for_value(pacs, server, mr_study, tmp_path):
    """The client is used as its manual says, with a session of its own."""
    session = requests.Session()
    session.auth = (USER, PASSWORD)
    client = DICOMwebClient(server.url, session=session)
    wanted = {str(one.SOPInstanceUID): one for one in client.retrieve_study(mr_study, (("application/dicom", "*"),))}
    session.close()
    files = pull(pacs, mr_study, tmp_path / "pulled")
    assert len(files) == len(wanted) == 41
    for file in files:
        found = dcmread(file)
        assert found == wanted[str(found.SOPInstanceUID)]
        assert found.file_meta.TransferSyntaxUID == wanted[str(found.SOPInstanceUID)].file_meta.TransferSyntaxUID


def test_pulled_images_are_those_that_were_stored(pacs, mr_study, tmp_path, testdata):
    stored = {}
    for file in (testdata / "pet-mr-sarcoma" / "MR_T1").glob("image/*.dcm"):
        image = dcmread(file)
        stored[str(image.SOPInstanceUID)] = image
    found = [dcmread(file) for file in pull(pacs, mr_study, tmp_path / "pulled")]
    images = [one for one in found if one.Modality == "MR"]
    assert len(images) == 40
    for image in images:
        assert image == stored[str(image.SOPInstanceUID)]


def test_a_pull_that_is_stopped_keeps_nothing(pacs, mr_study, tmp_path):
    stop = threading.Event()
    with pytest.raises(SeriesUnavailableError, match="stopped"):
        pacs.pull(mr_study, tmp_path, lambda count: stop.set() if count == 3 else None, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_study_that_is_not_there_is_said(pacs, tmp_path):
    with pytest.raises(SeriesUnavailableError):
        pull(pacs, "1.2.3.4.5", tmp_path / "pulled")


def test_what_is_pushed_can_be_found_and_pulled_again(pacs, tmp_path):
    case = Path(__file__).parents[2] / "cases" / "library" / "msk-cr-01" / "dicom" / "cr"
    files = sorted(case.glob("*.dcm"))
    counts: list[int] = []
    pacs.push(files, counts.append)
    assert counts == [1]
    [study] = pacs.search(patient="msk-cr-01")
    [again] = pull(pacs, study.uid, tmp_path / "pulled")
    assert dcmread(again) == dcmread(files[0])


def test_a_bearer_token_opens_the_door(server):
    with door(server) as url:
        with Pacs(PacsSettings(url, token=TOKEN)) as pacs:
            assert {study.patient_id for study in pacs.search(modality="MR")} == {"STS_001"}
        with Pacs(PacsSettings(url, token="wrong")) as pacs, pytest.raises(SeriesUnavailableError, match="401"):
            pacs.search()


@pytest.mark.parametrize(("user", "password"), [("", ""), (USER, "wrong-but-secret"), ("nobody", PASSWORD)])
def test_a_refusal_says_what_to_check_and_names_no_credentials(server, user, password, caplog):
    with pytest.raises(SeriesUnavailableError, match=r"refuses \(40[13]\). Check user and password") as refused:
        ask(PacsSettings(server.url, user, password))
    said = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert not [secret for secret in (*SECRETS, "wrong-but-secret") if secret in said]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/dicom-web", "does not answer"),
        ("not an address", "DICOMweb|does not answer"),
        ("", "no PACS is named"),
    ],
)
def test_a_wrong_address_is_said(url, says):
    with pytest.raises(SeriesUnavailableError, match=says), Pacs(PacsSettings(url, USER, PASSWORD)) as pacs:
        pacs.search()


def test_a_server_that_is_no_pacs_is_said(server):
    with pytest.raises(SeriesUnavailableError, match=r"404|DICOMweb"):
        ask(PacsSettings(server.url.replace("dicom-web", "elsewhere"), USER, PASSWORD))


def test_settings_come_from_the_environment_before_the_file(tmp_path):
    file = tmp_path / "pacs.toml"
    assert PacsSettings.read({}, file) == PacsSettings("")
    file.write_text('url = "http://one/dicom-web"\nuser = "a"\npassword = "b"\n')
    assert PacsSettings.read({"READOUT_PACS_USER": "c"}, file) == PacsSettings("http://one/dicom-web", "c", "b")


@pytest.mark.parametrize("text", ['password = "top-secret', 'pasword = "top-secret"'])
def test_a_faulty_settings_file_is_said_without_what_stands_in_it(tmp_path, text):
    file = tmp_path / "pacs.toml"
    file.write_text(text)
    with pytest.raises(SeriesUnavailableError) as refused:
        PacsSettings.read({}, file)
    assert "top-secret" not in "".join(traceback.format_exception(refused.value))


def test_settings_do_not_print_their_secrets(settings):
    assert not [secret for secret in SECRETS if secret in repr(settings)]


def test_an_odd_answer_of_the_index_is_read_as_far_as_it_goes():
    from cases.pacs import _study

    row = Dataset()
    row.StudyInstanceUID = "1.2.3"
    study = _study(row)
    assert (study.uid, study.patient, study.modalities, study.instances) == ("1.2.3", "", (), 0)
