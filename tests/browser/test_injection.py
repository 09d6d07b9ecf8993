"""Markup in every text of a case, in the tags of its images and in a person's name is text, wherever it is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.phantoms import write_case
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.viewer.conftest import Phantom

HOSTILE = "<script>hacked=1</script><img src=x onerror=hacked=1>[link](javascript:hacked=1)"
TAGS = ("SeriesDescription", "StudyDescription", "ProtocolName", "InstitutionName", "ImageComments")
# Values in the case that are shown; each becomes hostile.
SHOWN = {
    'title = "Phantom"': "title",
    'title_teacher = "Ball in air"': "title_teacher",
    'history = "None."': "history",
    'patient = "A phantom"': "patient",
    'technique = "Written by a test."': "technique",
    'label = "Ct"': "label",
    'label = "Ball"': "label",
    'text = "A ball."': "text",
    'diagnosis = "A ball."': "diagnosis",
    'source = "A test"': "source",
    'attribution = "None."': "attribution",
}


@pytest.fixture
def hostile(serve: Callable[..., Server], tmp_path: Path) -> Server:
    phantom = Phantom(count=12, attributes=dict.fromkeys(TAGS, HOSTILE[:64]))
    write_case(tmp_path / "library", "chest-ct-01", {"ct": phantom})
    folder = tmp_path / "library" / "chest-ct-01"
    text = (folder / "case.toml").read_text()
    for line, key in SHOWN.items():
        assert line in text, line
        text = text.replace(line, f"{key} = '{HOSTILE}'")
    (folder / "case.toml").write_text(text)
    quiz = (folder / "quiz.toml").read_text()
    for line, key in (('prompt = "Mark it."', "prompt"), ('explanation = "It was there."', "explanation")):
        assert line in quiz
        quiz = quiz.replace(line, f"{key} = '{HOSTILE}'")
    (folder / "quiz.toml").write_text(quiz)
    (folder / "teaching.md").write_text((folder / "teaching.md").read_text().replace("Text.", HOSTILE))
    return serve(READOUT_LIBRARY=str(tmp_path / "library"))


def nothing_ran(page: Page) -> None:
    assert page.evaluate("() => typeof window.hacked") == "undefined"
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0


def test_markup_is_text_wherever_a_case_or_a_person_is_shown(hostile: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{hostile.url}/people")
    page.get_by_label("Name", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".ro-told")).to_have_text(f"{HOSTILE} is added.")
    page.locator(".st-key-whoami button").first.click()
    page.locator(".ro-choice").click()
    expect(page.locator(".st-key-card-chest-ct-01")).to_contain_text("<script>hacked=1</script>")
    expect(page.locator(".st-key-whoami")).to_contain_text("<script>")
    nothing_ran(page)
    reader = ReadPage(page, hostile).open("chest-ct-01")
    expect(page.locator(".st-key-strip")).to_contain_text("<script>hacked=1</script>")
    nothing_ran(page)
    reader.mark_nothing()
    reader.commit()
    for name in ("Findings", "Why", "Learn", "Viewed", "Source"):
        page.get_by_role("tab", name=name).click()
        nothing_ran(page)
    page.goto(f"{hostile.url}/read?case={HOSTILE}")
    expect(page.get_by_text("The library has no case")).to_contain_text("<img src=x onerror=hacked=1>[link]")
    nothing_ran(page)
