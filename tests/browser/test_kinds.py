"""Every kind of question, in stages, answered with the keyboard alone; nothing is said too early, and axe agrees."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import WINDOW
from tests.browser.reading import ReadPage
from tests.browser.serving import Server
from tests.browser.traffic import Spoken, Traffic
from tests.browser.truth import LIBRARY, finding_place

SLUG = "thoracic-ct-01"
QUIZ = Path(__file__).with_name("kinds.toml")
NAMES = ["plan", "best", "signs", "name", "place", "size", "rank", "again", "report"]
SOLUTIONS = sorted(set(re.findall(r"xq-[a-z-]+[a-z]", QUIZ.read_text().split("\n", 1)[1])))


@pytest.fixture(scope="module")
def staged(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Give a server whose library holds one case, with every kind of question."""
    library = tmp_path_factory.mktemp("library")
    shutil.copytree(LIBRARY / SLUG, library / SLUG)
    shutil.copy(QUIZ, library / SLUG / "quiz.toml")
    return serve(READOUT_LIBRARY=str(library))


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, reader: ReadPage) -> None:
        self.reader = reader
        self.page = reader.page
        self.faults: dict[str, list[str]] = {}

    def reach(self, target: Locator) -> None:
        """Press Tab until the focus is there."""
        expect(target).to_be_visible()
        for _ in range(150):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not reach {target}")

    def choose(self, option: str, group: str) -> None:
        """Reach a group of radio buttons, whose arrow keys choose in it."""
        radios = self.page.get_by_role("radiogroup", name=group, exact=True).get_by_role("radio")
        wanted = self.page.get_by_role("radiogroup", name=group, exact=True).get_by_role("radio", name=option)
        self.reach(radios.first)
        self.page.keyboard.press("Space")
        for _ in range(radios.count()):
            if wanted.is_checked():
                break
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_checked()
        self.reader.rest()

    def type(self, text: str, field: Locator) -> None:
        self.reach(field)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Tab")
        self.reader.rest()

    def pick(self, name: str) -> None:
        self.reach(self.page.get_by_role("combobox", name="Search a diagnosis"))
        self.page.keyboard.type(name)
        # A name typed in full comes first; until then the suggestions still change.
        matches = self.page.get_by_role("listbox", name="Matching diagnoses").get_by_role("option")
        expect(matches.first).to_have_text(name)
        self.page.keyboard.press("Enter")
        self.reader.rest()

    def commit(self) -> None:
        # One stop of the Tab key for all of them; the arrow keys go through them.
        group = self.page.get_by_test_id("stButtonGroup")
        self.reach(group.locator("[tabindex='0'], button:not([tabindex='-1'])").first)
        for _ in range(6):
            if self.page.evaluate("document.activeElement.innerText.trim()") == "90":
                break
            self.page.keyboard.press("ArrowRight")
        self.page.keyboard.press("Space")
        button = self.page.get_by_role("button", name="Commit")
        expect(button).to_be_enabled()
        self.reader.rest()
        question = self.page.get_by_text(re.compile(r"^Question \d")).first.text_content()
        self.reach(button)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text(question or "", exact=True)).to_have_count(0)
        self.reader.rest()


def answer(keys: Keyboard, name: str) -> None:
    page = keys.page
    match name:
        case "plan":
            keys.choose("CT", "Examination")
            keys.choose("With contrast", "Contrast medium")
        case "best":
            keys.choose("Beta", "Answer")
        case "signs":
            for sign in ("Sign two", "Sign three"):
                keys.reach(page.get_by_role("checkbox", name=sign))
                page.keyboard.press("Space")
                keys.reader.rest()
        case "name":
            keys.pick("Lymphangioleiomyomatosis")
        case "place":
            mark(keys)
        case "size":
            keys.type("27.1", page.get_by_role("spinbutton", name="Value in mm"))
        case "rank":
            keys.pick("Sarcoidosis")
            keys.pick("Pulmonary hamartoma")
        case "again":
            keys.reach(page.get_by_role("button", name="Move Pulmonary hamartoma up"))
            page.keyboard.press("Enter")
            keys.reader.rest()
        case "report":
            keys.type("A spiculated nodule.", page.get_by_role("textbox", name="Your report"))


def mark(keys: Keyboard) -> None:
    """Go to the image, bring the cursor over the finding with the arrow keys, and mark it there."""
    frame, point = finding_place(SLUG)
    reader, page = keys.reader, keys.page
    page.evaluate("document.activeElement.blur()")
    reader.go_to(frame + 1)
    page.keyboard.press("m")
    reader.shows(tool="mark")
    page.keyboard.press("Enter")
    cursor = page.locator(".rv-cursor")
    expect(cursor).to_be_visible()
    for _ in range(80):
        box = cursor.bounding_box()
        assert box is not None
        x, y = reader.at(point)
        dx, dy = x - (box["x"] + box["width"] / 2), y - (box["y"] + box["height"] / 2)
        if max(abs(dx), abs(dy)) < 12:
            break
        along = abs(dx) > abs(dy)
        key = ("ArrowRight" if dx > 0 else "ArrowLeft") if along else ("ArrowDown" if dy > 0 else "ArrowUp")
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Marked.", exact=False)).to_be_visible()
    page.keyboard.press("Escape")
    expect(cursor).to_have_count(0)
    reader.rest()


@pytest.fixture(scope="module")
def spoken(browser: Browser, staged: Server) -> Iterator[tuple[Keyboard, list[Spoken]]]:
    """Answer everything by keyboard; give what was said before each answer, and after the last."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    keys = Keyboard(ReadPage(page, staged))
    traffic = Traffic.of(page)
    page.goto(f"{staged.url}/read?case={SLUG}")
    expect(page.get_by_text("Which examination?")).to_be_visible()
    keys.reader.rest()
    said = []
    for number, name in enumerate(NAMES):
        expect(page.get_by_text(f"Question {number + 1} of {len(NAMES)}")).to_be_visible()
        if number == 1:
            keys.reader.ready()
        keys.faults[name] = violations(page)
        said.append(traffic.take(SLUG))
        answer(keys, name)
        keys.commit()
    expect(page.locator(".ro-score")).to_be_visible()
    keys.reader.ready()
    said.append(traffic.take(SLUG))
    yield keys, said
    context.close()


def test_every_kind_is_answered_with_the_keyboard_alone(spoken: tuple[Keyboard, list[Spoken]], staged: Server) -> None:
    connection = sqlite3.connect(staged.data / "readout.sqlite3")
    try:
        rows = connection.execute('SELECT question_id, answer, score FROM "commit"').fetchall()
    finally:
        connection.close()
    kept = {name: (json.loads(given), score) for name, given, score in rows}
    assert len(kept) == len(NAMES) == len(spoken[1]) - 1
    assert kept["plan"] == ({"chosen": {"modality": "CT", "contrast": "With contrast"}}, 1.0)
    assert kept["best"] == ({"choice": "Beta"}, 1.0)
    assert (set(kept["signs"][0]["choices"]), kept["signs"][1]) == ({"Sign two", "Sign three"}, 1.0)
    assert kept["name"] == ({"named": "lymphangioleiomyomatosis"}, 1.0)
    assert kept["place"][1] == 1.0
    assert kept["size"] == ({"value": 27.1, "unit": "mm"}, 1.0)
    assert kept["rank"] == ({"ranked": ["sarcoidosis", "hamartoma"]}, 1.0)
    assert kept["again"] == ({"ranked": ["hamartoma", "sarcoidosis"]}, 1.0)
    assert kept["report"] == ({"text": "A spiculated nodule."}, 0.0)


def test_nothing_is_said_before_its_stage_and_no_solution_before_the_end(
    spoken: tuple[Keyboard, list[Spoken]],
) -> None:
    _, said = spoken
    for number, name in enumerate(NAMES):
        assert said[number].having(SOLUTIONS) == [], name
        assert said[number].having(["27.125", "Criterion of naming"]) == [], name
    # No image, and no address of one, before the stage that opens them.
    assert said[0].having(["First stage news", "Which one is best?", "pixels/"], shipped=False) == []
    for number in range(NAMES.index("again")):
        assert said[number].having(["Second stage news", "Rank them again."]) == [], NAMES[number]
    for number in range(NAMES.index("name") + 1):
        assert said[number].having(["lymphangioleiomyomatosis", "Lymphangioleiomyomatosis"]) == [], NAMES[number]
    found = "\n".join(said[-1].having(SOLUTIONS))
    assert [text for text in SOLUTIONS if text not in found] == []


def test_no_page_of_a_question_has_a_violation(spoken: tuple[Keyboard, list[Spoken]]) -> None:
    keys, _ = spoken
    assert {name: found for name, found in keys.faults.items() if found} == {}


def test_no_page_of_the_reveal_has_a_violation(spoken: tuple[Keyboard, list[Spoken]]) -> None:
    keys, _ = spoken
    found = {}
    for tab in ("Answers", "Findings", "Why", "Learn", "Viewed", "Source"):
        keys.page.get_by_role("tab", name=tab).click()
        keys.reader.rest()
        found[tab] = violations(keys.page)
    assert {tab: faults for tab, faults in found.items() if faults} == {}


def test_a_report_is_scored_by_its_rubric_beside_the_model(spoken: tuple[Keyboard, list[Spoken]]) -> None:
    page = spoken[0].page
    page.get_by_role("tab", name="Answers").click()
    expect(page.get_by_text("xq-model")).to_be_visible()
    expect(page.locator(".ro-score b")).to_have_text("100%")
    page.get_by_test_id("stButtonGroup").get_by_text("Partly", exact=True).click()
    page.get_by_role("button", name="Keep this score").click()
    expect(page.get_by_text("0.50 of 1, by the rubric")).to_be_visible()
    # A person's score stands apart from what the program scored.
    expect(page.locator(".ro-score")).to_contain_text("Report, scored by people and apart: 50%")
    expect(page.locator(".ro-score b")).to_have_text("100%")


def test_what_was_seen_is_told_and_replayed(spoken: tuple[Keyboard, list[Spoken]]) -> None:
    keys, said = spoken
    reader, page = keys.reader, keys.page
    assert any("/viewing/" in place for spoken_ in said for place in spoken_.texts)
    page.get_by_role("tab", name="Viewed").click()
    expect(page.get_by_text(re.compile(r"\d+ of 133 images, \d+\.\d s"))).to_be_visible()
    expect(page.locator(".rv-rail.rv-seen")).to_have_count(1)
    page.get_by_role("button", name="Replay this reading").click()
    replay = page.locator(".rv-replay")
    expect(replay).to_be_visible()
    # During a replay the solution is off the image, and the reader's own mark comes when it came.
    expect(page.locator("svg polygon.rv-outline")).to_have_count(0)
    replay.get_by_role("button", name="Pause the replay").click()
    replay.get_by_role("combobox", name="Speed").select_option("8")
    slider = replay.get_by_role("slider", name="Time")
    slider.evaluate("(one) => { one.value = one.max; one.dispatchEvent(new Event('input')); }")
    frame, _ = finding_place(SLUG)
    reader.shows(frame=frame + 1)
    expect(page.locator("svg .rv-mark")).to_have_count(1)
    slider.evaluate("(one) => { one.value = 0; one.dispatchEvent(new Event('input')); }")
    reader.shows(frame=67)
    expect(page.locator("svg .rv-mark")).to_have_count(0)
    page.get_by_role("button", name="End the replay").click()
    expect(replay).to_have_count(0)
    reader.go_to(frame + 1)
    expect(page.locator("svg .rv-mark")).to_have_count(1)
