"""The read page without a browser: every kind of question is drawn, and so is what follows the last commit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cases.catalogue import Catalogue
from pages.room import Room
from quizzes.answers import read_answer
from quizzes.people.person import LOCAL
from quizzes.questions import MarkQuestion
from quizzes.quizfile import read_quiz
from quizzes.scoring import score
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings
from viewer.regions import read_region

ROOT = Path(__file__).parents[2]
SLUG = "thoracic-ct-01"
POINT = [56.4, 86.3, -115.0]
ANSWERS = {
    "plan": {"chosen": {"modality": "CT", "contrast": "Without contrast"}},
    "best": {"choice": "Alpha"},
    "signs": {"choices": ["Sign one", "Sign two"]},
    "name": {"named": "sarcoidosis"},
    "place": {"marks": [{"space": "patient", "series": "ct", "point": [-56.4, 86.3, -115.0]}]},
    "size": {"value": 33.0, "unit": "mm"},
    "rank": {"ranked": ["sarcoidosis", "hamartoma"]},
    "again": {"ranked": ["hamartoma", "sarcoidosis"]},
    "report": {"text": "A nodule."},
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Give a library of one case that asks every kind of question."""
    shutil.copytree(ROOT / "cases" / "library" / SLUG, tmp_path / "library" / SLUG)
    shutil.copy(ROOT / "tests" / "browser" / "kinds.toml", tmp_path / "library" / SLUG / "quiz.toml")
    return Catalogue(tmp_path / "library")


@pytest.fixture
def opened(room: Room) -> Callable[[], AppTest]:
    script = (
        "import streamlit as st\n"
        "from pages.library import library\n"
        "from pages.practice import practice\n"
        "from pages.read import read\n"
        "pages = {'library': st.Page(library, url_path='library'),\n"
        "         'practice': st.Page(practice, url_path='practice'),\n"
        "         'read': st.Page(read, url_path='read', default=True)}\n"
        "st.session_state['pages'] = pages\n"
        "st.navigation(list(pages.values()), position='hidden').run()\n"
    )

    def run() -> AppTest:
        assert len(room.catalogue.cases) == 1
        page = AppTest.from_string(script, default_timeout=60)
        page.query_params["case"] = SLUG
        page.run()
        assert not page.exception
        return page

    return run


def commit(room: Room, name: str) -> str:
    """Commit the prepared answer to a question, and give the attempt."""
    case = room.catalogue.case(SLUG)
    quiz = read_quiz(case.quiz_file, room.vocabulary)
    ids = [question.id for question in quiz.questions]
    now = room.now()
    attempt = room.attempts.resume_or_start(LOCAL, SLUG, case.version, question_ids=ids, now=now).id
    question = quiz.question(name)
    answer = read_answer(question, ANSWERS[name], room.vocabulary)
    regions = {}
    if isinstance(question, MarkQuestion):
        [entry] = [one for one in case.regions if one.name in question.regions]
        regions = {entry.name: read_region(entry.spec, case.folder, room.shelf.open(case.series[0].files()))}
    result = score(question, answer, vocabulary=room.vocabulary, regions=regions)
    room.attempts.commit(attempt, name, answer.as_json(), 0.8, result, now)
    return attempt


def said(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.info, *page.text, *page.success, *page.warning, *page.error]
    return "\n".join(str(part.value) for part in parts)


def test_every_question_is_drawn_and_then_the_whole_reveal(room: Room, opened: Callable[[], AppTest]) -> None:
    attempt = ""
    for number, name in enumerate(ANSWERS, 1):
        text = said(page := opened())
        assert f"Stage {1 if number == 1 else 2 if number < 8 else 3} of 3" in text
        assert ("Second stage news" in text) == (number >= 8)
        assert [button.label for button in page.button].count("Commit") == 1
        assert "xq-" not in text
        attempt = commit(room, name)
        if number == 1:
            seen = {"mount": "a", "number": 0, "runs": [[0, 90, 0, "ct", 60, -600, 1500]]}
            Viewings(room.attempts.engine).add(attempt, read_message(seen), now=room.now())
    text = said(opened())
    for told in (
        "contrast medium: right is: With contrast",
        "the best answer is: Beta",
        "wrong: − 0.50 (Sign one)",
        "right: Lymphangioleiomyomatosis",
        ":orange-badge[Search]",
        "33 mm, 5.88 from 27.125 mm: near, 0.52",
        "The truth: xq-source",
        "What the news changed:",
        "xq-model",
        "xq-full",
        "1 of 133 images, 0.1 s",
    ):
        assert told in text, told


MORE = """
[[question]]
id = "more"
kind = "single"
stage = "news"
prompt = "What else?"
explanation = "It was added later."
options = ["This", "That"]
answer = "This"
"""


def test_a_case_that_was_answered_is_shown_whole_when_it_asks_one_thing_more(
    room: Room, opened: Callable[[], AppTest]
) -> None:
    for name in ANSWERS:
        commit(room, name)
    quiz = room.catalogue.case(SLUG).quiz_file
    quiz.write_text(quiz.read_text("utf-8") + MORE, "utf-8")
    room.catalogue.reload()
    page = opened()
    assert "xq-model" in said(page)
    assert "What else?" not in said(page)
    next(one for one in page.button if one.label == "Read this case again").click().run()
    assert "Question 1 of 10" in "\n".join(str(one.proto.text) for one in page.get("progress"))
