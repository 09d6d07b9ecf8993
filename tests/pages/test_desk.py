"""The author's desk, run by Streamlit's own test harness: what is typed is in the files a moment later."""

from pathlib import Path

import numpy as np
import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from cases.catalogue import Catalogue
from cases.draft import Draft, Drafts
from cases.gate import Decisions, admit
from pages.desk_case import drawn_ellipse
from pages.room import Room
from quizzes.quizfile import read_quiz
from quizzes.vocabulary import bundled_vocabulary
from tests.cases.conftest import file_bytes, header
from tests.pages.conftest import open_page
from viewer.contours import ellipse_mask

ROOT = Path(__file__).parents[2]


@pytest.fixture
def catalogue(tmp_path: Path, drafts: Drafts) -> Catalogue:
    (tmp_path / "library").mkdir()
    return Catalogue(tmp_path / "library", drafts.published, drafts=drafts.drafts)


@pytest.fixture
def draft(room: Room, tmp_path: Path) -> Draft:
    image = header("somebody")
    image.BodyPartExamined = "CHEST"
    (tmp_path / "in.dcm").write_bytes(file_bytes(image))
    report = admit([tmp_path / "in.dcm"], room.drafts.drafts / "chest-ct-01", Decisions("chest-ct-01"))
    return room.drafts.begin("chest-ct-01", report)


def desk_page() -> None:
    from pages.desk import desk

    desk()


@pytest.fixture
def page(draft: Draft) -> AppTest:
    page = AppTest.from_function(desk_page, default_timeout=60)
    page.session_state["pages"] = dict.fromkeys(("read", "import", "desk"), "https://example.org")
    page.query_params["draft"] = draft.slug
    return ran(page.run())


def ran(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].stack_trace
    return page


def part(page: AppTest, name: str) -> AppTest:
    page.session_state["part-chest-ct-01"] = name
    return ran(page.run())


def field(page: AppTest, label: str):
    fields = [*page.text_input, *page.text_area, *page.selectbox, *page.number_input, *page.multiselect, *page.checkbox]
    return next(one for one in fields if one.label == label)


def press(page: AppTest, label: str) -> AppTest:
    return ran(next(button for button in page.button if button.label == label).click().run())


def test_texts_are_saved_as_they_are_typed(page, draft):
    part(page, "Case")
    ran(field(page, "Title").set_value("Adult, CT of the chest").run())
    ran(field(page, "Sections").set_value(["thoracic", "neuro"]).run())
    ran(field(page, "Spoilers, one line each").set_value("Nodule\ncancer").run())
    table = draft.table()
    assert table["title"] == "Adult, CT of the chest"
    assert table["sections"] == ["thoracic", "neuro"]
    assert table["spoilers"] == ["nodule", "cancer"]


def test_a_comment_of_a_person_stays(page, draft):
    draft.save("case.toml", "# by hand\n" + draft.text("case.toml"))
    part(page, "Case")
    ran(field(page, "Title").set_value("Adult").run())
    assert draft.text("case.toml").startswith("# by hand\n")


def test_a_series_is_named_and_given_a_window(page, draft):
    part(page, "Images")
    ran(field(page, "Label").set_value("Axial").run())
    press(page, "Add a window")
    ran(field(page, "Window").set_value("lung").run())
    ran(field(page, "Centre").set_value(-600.0).run())
    ran(field(page, "Width").set_value(1500.0).run())
    [series] = draft.table()["series"]
    assert series["label"] == "Axial"
    assert [dict(window) for window in series["window"]] == [{"name": "lung", "center": -600.0, "width": 1500.0}]


def test_questions_of_every_kind_are_written_so_that_the_reader_takes_them(page, draft):
    part(page, "Questions")
    press(page, "Add: single")
    ran(field(page, "Question").set_value("Which is it?").run())
    ran(field(page, "Options, one line each").set_value("A\nB").run())
    ran(field(page, "Right answer").set_value("B").run())
    ran(field(page, "Explanation").set_value("Because.").run())
    press(page, "Add: differential")
    question = [one for one in page.text_area if one.label == "Question"][1]
    ran(question.set_value("Rank them.").run())
    ran([one for one in page.text_area if one.label == "Explanation"][1].set_value("So.").run())
    press(page, "Add a diagnosis")
    ran(field(page, "Diagnosis 1").set_value("lung-carcinoma").run())
    ran(field(page, "Tier").set_value("answer").run())
    ran(field(page, "For").set_value("Size.").run())
    quiz = read_quiz(draft.folder / "quiz.toml", bundled_vocabulary())
    assert [question.kind for question in quiz.questions] == ["single", "differential"]
    assert quiz.questions[0].answer == "B"
    press(page, "Move up")
    quiz = read_quiz(draft.folder / "quiz.toml", bundled_vocabulary())
    assert [question.kind for question in quiz.questions] == ["differential", "single"]


def fill(page: AppTest, values: dict[str, object]) -> None:
    for label, value in values.items():
        ran(field(page, label).set_value(value).run())


def test_a_case_is_finished_and_published_from_the_desk_alone(page, draft, room):
    part(page, "Images")
    fill(page, {"Label": "Axial", "Body part": "chest"})
    part(page, "Case")
    fill(page, {"Title": "Adult, CT of the chest", "Sections": ["thoracic"], "Patient": "Adult", "History": "Cough."})
    fill(page, {"Technique": "CT.", "Title for teachers": "Pneumonia", "Diagnosis": "Pneumonia"})
    fill(page, {"What the diagnosis rests on": "none documented", "Spoilers, one line each": "pneumonia"})
    part(page, "Findings")
    press(page, "Add a finding")
    fill(page, {"What is seen or known": "An opacity."})
    part(page, "Questions")
    press(page, "Add: single")
    fill(page, {"Question": "Which is it?", "Options, one line each": "A\nB"})
    fill(page, {"Right answer": "B", "Explanation": "Because."})
    part(page, "Teaching")
    headings = ("Technique", "Search pattern", "Learning points", "References")
    fill(page, {"Teaching text": "# T\n\n" + "".join(f"## {heading}\n\nText.\n\n" for heading in headings)})
    part(page, "Source")
    fill(page, {"Source": "Made for a test.", "Licence": "CC0-1.0", "Address of the licence": "https://example.org"})
    fill(page, {"How to cite": "None.", "Words that travel with the images": "None."})
    part(page, "Publish")
    assert [success.value for success in page.success] == ["No faults."], [text.value for text in page.markdown]
    press(page, "Publish")
    assert [case.slug for case in room.catalogue.cases] == ["chest-ct-01"]
    assert room.catalogue.case("chest-ct-01").title == "Adult, CT of the chest"
    assert not draft.folder.exists()
    press(page, "Retire")
    assert room.catalogue.cases == ()
    press(page, "Revise")
    assert draft.folder.is_dir()


def last(page: AppTest, label: str):
    fields = [*page.text_input, *page.text_area, *page.selectbox, *page.number_input, *page.multiselect]
    return [one for one in fields if one.label == label][-1]


def write_last(page: AppTest, values: dict[str, object]) -> None:
    for label, value in values.items():
        ran(last(page, label).set_value(value).run())


def test_the_other_kinds_and_stages_are_written_so_that_the_reader_takes_them(page, draft):
    part(page, "Questions")
    common = {"Question": "Which?", "Explanation": "Because."}
    press(page, "Add: multiple")
    write_last(page, {**common, "Options, one line each": "A\nB\nC\nD", "Right answers": ["B", "D"]})
    press(page, "Add: menu")
    write_last(page, {**common, "Any of these is right": ["lung-carcinoma"]})
    press(page, "Add: measure")
    write_last(page, {**common, "True value": 30.0, "Still right within": 3.0, "Unit": "mm"})
    write_last(page, {"Where the truth comes from": "Measured."})
    press(page, "Add: examination")
    press(page, "Add a choice")
    write_last(page, {**common, "What is chosen": "modality", "Options, one line each": "CT\nMR"})
    write_last(page, {"Right answers": ["CT"]})
    press(page, "Add: report")
    press(page, "Add a criterion")
    write_last(page, {**common, "Model report": "An opacity.", "Criterion 1": "Opacity"})
    write_last(page, {"Earns all": "Named.", "Earns half": "Hinted at.", "Earns nothing": "Left out."})
    press(page, "Add a stage")
    write_last(page, {"Stage 1": "First look"})
    for box in [box for box in page.selectbox if box.label == "Stage"]:
        ran(next(one for one in page.selectbox if one.key == box.key).set_value("stage").run())
    quiz = read_quiz(draft.folder / "quiz.toml", bundled_vocabulary())
    assert [question.kind for question in quiz.questions] == ["multiple", "menu", "measure", "examination", "report"]
    assert [stage.title for stage in quiz.stages] == ["First look"]
    assert quiz.questions[2].tolerance == 3.0


@pytest.mark.parametrize("turn", [0, 30, 90])
def test_a_drawn_ellipse_is_the_region_that_was_drawn(turn):
    angle = np.radians(turn)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    centre = np.array([40.0, 30.0])
    ends = [centre - 12 * along, centre + 12 * along, centre - 5 * across, centre + 5 * across]
    written = drawn_ellipse([(float(x), float(y)) for x, y in ends])
    mask = ellipse_mask(written["centre"], written["radii"], written.get("rotation_deg", 0), 64, 80)
    row, column = np.mgrid[0:64, 0:80]
    offsets = np.stack([column - 40, row - 30], axis=-1)
    inside = (offsets @ along / 12) ** 2 + (offsets @ across / 5) ** 2
    assert mask[inside < 0.95].all()
    assert not mask[inside > 1.05].any()


def test_faults_stand_beside_and_keep_it_from_being_published(page):
    part(page, "Publish")
    assert any("to put right" in warning.value for warning in page.warning)
    assert next(button for button in page.button if button.label == "Publish").disabled


@pytest.mark.parametrize("name", ["desk", "import", "pacs"])
def test_a_server_that_others_reach_lets_nobody_write(name, draft):
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        page = AppTest.from_file(str(ROOT / "pages" / "shell.py"), default_timeout=60)
        page.query_params["draft"] = draft.slug
        ran(open_page(ran(page.run()), name))
    finally:
        config.set_option("server.address", before)
    assert "has no accounts" in page.info[0].value
    assert not page.text_input
    assert not page.button


@pytest.mark.usefixtures("room")
def test_an_unknown_draft_says_so():
    page = AppTest.from_function(desk_page, default_timeout=60)
    page.query_params["draft"] = "no-such"
    page.run()
    assert "there is no draft" in page.error[0].value
