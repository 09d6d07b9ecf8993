"""The library page, run by Streamlit's own test harness over the real library."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cases.case import SECTIONS
from pages.room import Room
from quizzes.people.person import LOCAL
from quizzes.scoring import Score

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(room: Room) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "shell.py"), default_timeout=60).run()
    assert not page.exception
    assert room.catalogue.cases
    return page


def titles(page: AppTest) -> set[str]:
    """Give the titles on the cards."""
    return {text.value.strip("*") for text in page.markdown if text.value.startswith("**")}


def test_every_case_has_a_card_with_its_neutral_title(page: AppTest, room: Room) -> None:
    assert titles(page) == {case.title for case in room.catalogue.cases}
    assert not titles(page) & {case.title_teacher for case in room.catalogue.cases}


def test_ten_sections_stand_there_with_their_counts(page: AppTest, room: Room) -> None:
    [pills] = page.get("button_group")
    assert len(SECTIONS) == 10
    for option, (key, name) in zip(pills.options, SECTIONS.items(), strict=True):
        count = sum(key in case.sections for case in room.catalogue.cases)
        assert name in str(option)
        assert str(count) in str(option)


def test_modality_and_level_filter_the_cards(page: AppTest, room: Room) -> None:
    page.multiselect(key="modality").set_value(["CT"]).run()
    assert titles(page) == {case.title for case in room.catalogue.cases if case.modality == "CT"}
    page.multiselect(key="modality").set_value([]).run()
    page.multiselect(key="level").set_value([1]).run()
    assert titles(page) == {case.title for case in room.catalogue.cases if case.level == 1}


def test_search_looks_at_what_a_learner_may_see_only(page: AppTest, room: Room) -> None:
    case = room.catalogue.case("interventional-xa-01")
    page.text_input(key="text").set_value("angiography").run()
    assert case.title in titles(page)
    for secret in ("dominant", "posterior descending", "stenosis"):
        page.text_input(key="text").set_value(secret).run()
        assert case.title not in titles(page)


def test_when_nothing_fits_all_filters_can_be_taken_away(page: AppTest, room: Room) -> None:
    page.text_input(key="text").set_value("no such words anywhere").run()
    assert titles(page) == set()
    assert any("No case fits" in info.value for info in page.info)
    page.button[0].click().run()
    assert page.text_input(key="text").value == ""
    assert titles(page) == {case.title for case in room.catalogue.cases}


def test_cases_with_an_answer_committed_leave_not_yet_read(page: AppTest, room: Room) -> None:
    case = room.catalogue.case("msk-cr-01")
    attempt = room.attempts.start(LOCAL, case.slug, case.version, now=room.now())
    page.toggle(key="unread").set_value(True).run()
    assert case.title in titles(page)
    room.attempts.commit(attempt.id, "mark", {"marks": [], "no_finding": True}, 0.5, Score(0.0, ()), room.now())
    page.run()
    assert case.title not in titles(page)
    page.toggle(key="unread").set_value(False).run()
    assert case.title in titles(page)
