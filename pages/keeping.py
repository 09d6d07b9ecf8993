"""A case that is kept for a test: what is said of it, and the way to where it may be read."""

from html import escape

import streamlit as st

from cases.case import Case
from pages.learner import zone
from pages.room import room
from quizzes.people.assignments import Kept


def kept_text(kept: Kept) -> str:
    """Say why a case cannot be opened, without a word of what it is asked for."""
    until = kept.until and kept.until.astimezone(zone())
    if kept.assignments:
        return "Part of a test that you are asked to take: read it there."
    if until is None or until < room().now():
        return "Kept for an exam until that is closed."
    return f"Kept for an exam until {until:%-d %B}."


def draw_kept(case: Case, kept: Kept) -> None:
    """Draw what stands in place of a case that is kept."""
    pages = st.session_state["pages"]
    st.page_link(pages["library"], label="Library", icon=":material/arrow_back:")
    st.html(f'<p class="ro-title"><b>{escape(case.title)}</b></p>')
    st.info(kept_text(kept), icon=":material/lock:")
    if kept.assignments:
        st.page_link(pages["assignments"], label="To assignments", icon=":material/checklist:")
