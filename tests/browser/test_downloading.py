"""A case of the open archive in the real browser: offered, fetched with a bar, cancelled, read, removed."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.traffic import Traffic
from tests.cases.bucket import T1, Bucket, sarcoma, served

CASES = Path(__file__).parents[2] / "cases" / "open_archive"
MR = "msk-mr-101"


@pytest.fixture(scope="module")
def bucket(testdata: Path) -> Iterator[Bucket]:
    with served(Bucket(sarcoma(testdata))) as bucket:
        yield bucket


@pytest.fixture(scope="module")
def archive_server(serve: Callable[..., Server], bucket: Bucket) -> Iterator[Server]:
    server = serve(READOUT_ARCHIVE_URL=bucket.url)
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW)
    yield context.new_page()
    context.close()


def to_download(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_role("radio", name="To download").click()
    expect(page.locator(f".st-key-card-{MR}")).to_be_visible()


def secrets_of(folder: Path) -> list[str]:
    """Give what would tell the answer, or where to find it; a case of technique and anatomy has none of the first."""
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    answers = [case["title_teacher"], case["diagnosis"]] if case["grade"] == "A" else []
    return [*answers, case["provenance"]["doi"], *(series["archive"]["key"] for series in case["series"])]


def test_what_can_be_downloaded_is_offered_without_a_spoiler(page, archive_server):
    traffic = Traffic.of(page)
    to_download(page, archive_server)
    for folder in sorted(CASES.iterdir()):
        case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
        card = page.locator(f".st-key-card-{folder.name}")
        for part in (case["title"], f"Grade {case['grade']}", case["provenance"]["licence"], "not yet reviewed", "MB"):
            expect(card).to_contain_text(part)
    said = traffic.take("msk-cr-01", asked=0)
    secrets = {secret for folder in CASES.iterdir() for secret in secrets_of(folder)}
    assert said.having(sorted(secrets), shipped=False) == []


def test_a_download_shows_a_bar_can_be_cancelled_and_goes_on(page, archive_server, bucket, browser):
    middle = sorted(key for key in bucket.objects if key.startswith(T1))[20]
    bucket.troubles[middle] = ["hang"]
    to_download(page, archive_server)
    card = page.locator(f".st-key-card-{MR}")
    card.get_by_role("button", name="Download 34 MB").click()
    expect(card.get_by_text("of 34.0 MB")).to_be_visible()
    # Meanwhile another session is served.
    other = browser.new_context()
    other.new_page().goto(archive_server.url)
    expect(other.pages[0].get_by_text("Commit to an answer")).to_be_visible()
    other.close()
    card.get_by_role("button", name="Cancel").click()
    bucket.released.set()
    card.get_by_role("button", name="Go on with the download").click()
    expect(card).to_have_count(0)
    page.get_by_role("radio", name="On this machine").click()
    page.locator(f".st-key-card-{MR}").get_by_role("link", name="Open the case").click()
    reader = ReadPage(page, archive_server).ready()
    reader.shows(frames=40)
    # The outline was verified from inside its file, so it is asked for.
    expect(page.get_by_text("mark the finding that matters most")).to_be_visible()
    expect(page.get_by_text("A question is left out")).to_have_count(0)


def test_a_case_that_is_not_here_says_so_and_why_it_cannot_be_had(page, archive_server):
    page.goto(f"{archive_server.url}/read?case=breast-mr-101")
    expect(page.get_by_text("The images of this case are not on this machine yet.")).to_be_visible()
    page.get_by_role("button", name="Download 24 MB").click()
    expect(page.get_by_text("does not hold this series")).to_be_visible()
    expect(page.get_by_role("button", name="Download 24 MB")).to_be_enabled()


def test_removed_images_can_be_downloaded_again(page, archive_server):
    page.goto(archive_server.url)
    card = page.locator(f".st-key-card-{MR}")
    card.get_by_role("button", name="Remove from this machine (34 MB)").click()
    expect(card).to_have_count(0)
    page.get_by_role("radio", name="To download").click()
    expect(card.get_by_role("button", name="Download 34 MB")).to_be_enabled()
