"""Every page asks for what it needs: nobody sees one by its address that the navigation would not offer."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from pages.directory import PAGES
from pages.room import Room, people
from quizzes.people.permissions import allowed
from quizzes.people.person import Role
from tests.pages.conftest import open_page

SHELL = str(Path(__file__).parents[2] / "pages" / "shell.py")


@pytest.fixture(autouse=True)
def loopback():
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_pages_and_no_others(room: Room, role: Role) -> None:
    reader = people().local_reader(now=room.now())
    people().change(replace(reader, role=role), now=room.now())
    page = AppTest.from_file(SHELL, default_timeout=60).run()
    offered = _links(page)
    for entry in PAGES:
        may = allowed(role, entry.act)
        assert entry.name in offered or not (may and entry.listed), entry.name
        assert may or entry.name not in offered, entry.name
        open_page(page, "" if entry is PAGES[0] else entry.name)
        assert not page.exception, page.exception[0].stack_trace
        refused = [info.value for info in page.info if info.icon == ":material/lock:"]
        assert bool(refused) is not may, entry.name
        if refused:
            assert f"“{entry.title}” is for residents and administrators." in refused or "administrators" in refused[0]
            assert not page.text_input
            assert "library" in _links(page)


def _links(page: AppTest) -> set[str]:
    """Give the names of the pages that are linked; the first one has no path."""
    return {link.proto.page or PAGES[0].name for link in page.get("page_link")}
