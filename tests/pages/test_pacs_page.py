"""The PACS page sends a case to a real Orthanc."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from cases.pacs import Pacs, PacsSettings
from tests.cases.orthanc import PASSWORD, USER, Orthanc, orthanc


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path) as server:
        yield server


@pytest.fixture
def local() -> Iterator[None]:
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


def draw() -> None:
    from pages.pacs import pacs_page

    pacs_page()


@pytest.mark.usefixtures("room", "local")
def test_a_case_is_sent_from_the_page(hospital, monkeypatch):
    for name, value in (("URL", hospital.url), ("USER", USER), ("PASSWORD", PASSWORD)):
        monkeypatch.setenv(f"READOUT_PACS_{name}", value)
    page = AppTest.from_function(draw, default_timeout=60).run()
    [case] = [one for one in page.selectbox if one.label == "Case"]
    case.select("msk-cr-01").run()
    [send] = [button for button in page.button if button.label == "Send"]
    send.click().run()
    assert not page.exception
    assert [text.value for text in page.success] == ["msk-cr-01: 1 images are in the PACS."]
    with Pacs(PacsSettings(hospital.url, USER, PASSWORD)) as pacs:
        assert [study.instances for study in pacs.search(patient="msk-cr-01")] == [1]
