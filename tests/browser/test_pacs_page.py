"""The PACS page in the real browser, in front of a real Orthanc: found, looked at, pulled into a draft."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pydicom import dcmread

from tests.browser.conftest import WINDOW
from tests.browser.serving import Server
from tests.browser.traffic import Traffic
from tests.cases.orthanc import PASSWORD, USER, Orthanc, orthanc


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory, testdata: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        for file in sorted((testdata / "pet-mr-sarcoma" / "MR_T1").glob("*/*.dcm")):
            server.request("/instances", file.read_bytes(), "POST")
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW)
    yield context.new_page()
    context.close()


def test_a_study_is_found_looked_at_and_pulled_and_no_secret_is_said(
    serve: Callable[..., Server], hospital: Orthanc, page: Page
):
    server = serve(READOUT_PACS_URL=hospital.url, READOUT_PACS_USER=USER, READOUT_PACS_PASSWORD=PASSWORD)
    traffic = Traffic.of(page)
    page.goto(f"{server.url}/pacs")
    page.get_by_label("Patient’s name").fill("STS")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Choose one by the box on its left.")).to_be_visible()
    # The table is a canvas: the box of its first row lies below the row of names.
    table = page.get_by_test_id("stDataFrame").bounding_box()
    assert table is not None
    page.mouse.click(table["x"] + 18, table["y"] + 52)
    expect(page.get_by_text("AXIAL SE T1 - RESEARCH")).to_be_visible()
    expect(page.get_by_text("1 objects, no picture")).to_be_visible()
    expect(page.locator("[data-testid=stImage] img")).to_have_count(1)
    page.get_by_role("button", name="Pull into a draft").click()
    expect(page.get_by_text("Draft draft-01: 41 files, without identity.")).to_be_visible(timeout=120_000)
    images = list((server.data / "drafts" / "draft-01").glob("dicom/*/*.dcm"))
    assert len(images) == 40
    assert str(dcmread(images[0]).PatientName) == "draft-01"
    assert traffic.take("msk-cr-01", asked=0).having([PASSWORD], shipped=False) == []
    assert PASSWORD not in server.log
    server.stop()


def test_without_a_pacs_the_page_says_what_to_set(serve: Callable[..., Server], page: Page):
    server = serve()
    page.goto(f"{server.url}/pacs")
    expect(page.get_by_text("Set READOUT_PACS_URL")).to_be_visible()
    server.stop()
