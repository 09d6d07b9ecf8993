"""The table of pages: where each stands, what it needs, and who is offered a way to it.

A page is drawn only for those who may do what it is for; whoever comes by its address without that gets one sentence
and a way on. Modules of pages that a reader seldom opens are loaded by those who open them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.library import library
from pages.plain import as_text
from pages.practice import practice
from pages.progress import progress
from pages.read import read
from pages.room import may, me, writable
from quizzes.people.permissions import PERMISSIONS, Act

__all__ = ["PAGES", "Entry", "navigation", "pages"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of Readout."""

    name: str
    """Path of its address, and its key in ``st.session_state["pages"]``."""
    title: str
    """In the tab and in the navigation."""
    act: Act
    """What somebody must be allowed to do to see it."""
    draw: Callable[[], None]
    """Draws it."""
    listed: bool = True
    """Whether the navigation offers it; others are reached from a page."""


def _later(module: str, function: str) -> Callable[[], None]:
    """Give a page whose module is loaded when it is drawn."""

    def draw() -> None:
        getattr(import_module(module), function)()

    return draw


# Navigation offers them in this order.
PAGES = (
    Entry("library", "Library", Act.READ_CASES, library),
    Entry("practice", "Practice", Act.READ_CASES, practice),
    Entry("assignments", "Assignments", Act.READ_CASES, _later("pages.assignments", "assignments_page")),
    Entry("progress", "Progress", Act.SEE_OWN_RECORDS, progress),
    Entry("rotation", "Rotation", Act.SEE_OWN_RECORDS, _later("pages.rotation", "rotation")),
    Entry("logbook", "Logbook", Act.SEE_OWN_RECORDS, _later("pages.logbook", "logbook")),
    Entry("teaching", "Teaching", Act.SEE_ANSWERS, _later("pages.teaching", "teaching")),
    Entry("review", "Review", Act.REVIEW, _later("pages.review", "review")),
    Entry("desk", "Author", Act.WRITE_CASES, _later("pages.desk", "desk")),
    Entry("import", "Import", Act.WRITE_CASES, _later("pages.importing", "importing")),
    Entry("read", "Read", Act.READ_CASES, read, listed=False),
    Entry("people", "People", Act.MANAGE_PEOPLE, _later("pages.people", "people_page")),
    Entry("account", "My data", Act.SEE_OWN_RECORDS, _later("pages.account", "account"), listed=False),
    Entry("pacs", "Your PACS", Act.WRITE_CASES, _later("pages.pacs", "pacs_page"), listed=False),
)


def pages() -> dict[str, StreamlitPage]:
    """Give every page by its name, each behind its check."""
    return {
        entry.name: st.Page(_guarded(entry), title=entry.title, url_path=entry.name, default=entry is PAGES[0])
        for entry in PAGES
    }


def navigation(known: Mapping[str, StreamlitPage]) -> list[StreamlitPage]:
    """Give the pages that whoever looks may open, in their order."""
    return [known[entry.name] for entry in PAGES if entry.listed and may(entry.act)]


def _guarded(entry: Entry) -> Callable[[], None]:
    def draw() -> None:
        if may(entry.act):
            entry.draw()
        else:
            _refuse(entry)

    return draw


def _refuse(entry: Entry) -> None:
    """Say who may see a page, and lead on."""
    if entry.act == Act.WRITE_CASES and not writable():
        reason = "Cases are written on the machine itself only: this server is reached by others, and has no accounts."
    else:
        who = " and ".join(f"{role}s" for role, acts in PERMISSIONS.items() if entry.act in acts)
        reason = f"“{entry.title}” is for {who}. You are here as {as_text(me().name)}, {me().role}."
    st.info(reason, icon=":material/lock:")
    st.page_link(st.session_state["pages"]["library"], label="To the library", icon=":material/arrow_back:")
