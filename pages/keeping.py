"""What is said of assignments elsewhere: of what waits, and of a case that is kept for a test."""

from html import escape

import streamlit as st

from cases.case import Case
from pages.due import Due
from pages.learner import zone
from pages.plain import as_text
from pages.room import room
from quizzes.people.assignments import Kept


def waiting_text(one: Due) -> str:
    """Say in one line of Markdown what waits, until when, and that somebody has reminded of it."""
    parts = [as_text(one.title), "1 case left" if one.cases_left == 1 else f"{one.cases_left} cases left"]
    if one.due_at:
        day = f"{one.due_at.astimezone(zone()):%A, %-d %B}"
        parts.append(f"overdue since {day}" if one.overdue else f"due {day}")
    if one.reminded_at:
        parts.append(f"reminded {one.reminded_at.astimezone(zone()):%-d %B}")
    return " · ".join(parts)


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
