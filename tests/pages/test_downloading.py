"""Cases of the open archive in the library: offered on the machine itself, and on no server that others reach."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from cases.catalogue import Catalogue
from pages.room import Room
from quizzes.people.person import LOCAL

ROOT = Path(__file__).parents[2]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Give a library whose only cases are in the open archive."""
    return Catalogue(ROOT / "cases" / "open_archive", images=tmp_path / "images")


@pytest.fixture
def address() -> Iterator[None]:
    before = config.get_option("server.address")
    yield
    config.set_option("server.address", before)


@pytest.fixture
def page(room: Room) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "shell.py"), default_timeout=60)
    page.session_state["place"] = False
    page.session_state["whose"] = LOCAL  # the page of somebody else would be emptied first
    assert not any(case.on_machine for case in room.catalogue.cases)
    return page


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize(("bound", "offered"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_a_download_is_offered_on_the_machine_itself_only(page, room, bound, offered):
    config.set_option("server.address", bound)
    page.run()
    assert not page.exception
    buttons = [button for button in page.button if button.label.startswith("Download")]
    assert len(buttons) == (len(room.catalogue.cases) if offered else 0)
    grades = [text.value for text in page.caption if text.value.startswith("Grade ")]
    assert len(grades) == len(room.catalogue.cases)
    assert all("not yet reviewed by a radiologist" in text for text in grades)


@pytest.mark.usefixtures("address")
def test_a_case_that_is_not_here_is_not_practised(room):
    from pages.repertoire import repertoire

    assert room.catalogue.cases
    assert repertoire().candidates == ()
