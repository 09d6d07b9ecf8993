"""What a student's home page begins with: this week's section, its cases, how to look, and what is due.

Whoever has no plan sees nothing of it. Cases stand here as in the library, by their neutral titles.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape

import streamlit as st

from cases.case import SECTIONS, Case
from cases.patterns import search_pattern
from pages.due import due_for_me, kept_for_me, open_repertoire
from pages.keeping import waiting_text
from pages.learner import day_here, learner
from pages.room import me, people, room
from pages.timeline import PLACES, case_sections
from quizzes.people.rotation import Block
from quizzes.people.rotation_check import days_in_words
from quizzes.people.rotation_store import Rotation, Rotations
from quizzes.practice import serve

_MOST_CASES = 6


@dataclass(frozen=True, slots=True)
class Due:
    """Something that waits for the student."""

    text: str
    """One line of Markdown, such as "3 cases come back today"."""
    page: str
    """Key of the page that leads to it."""
    icon: str
    """Name of a Material symbol."""
    address: Mapping[str, str] = field(default_factory=dict)
    """Query of the page's address."""


def draw_today(read: Collection[str]) -> bool:
    """Draw the part, and tell whether there is a plan.

    Parameters
    ----------
    read : collection of str
        Slugs of the cases of which something was answered.
    """
    today = day_here()
    kept = Rotations(room().attempts.engine).current(me().id, today)
    here = kept and (kept.plan.on(today) or kept.plan.following(today))
    if not kept or not here:
        return False
    with st.container(border=True, key="today"):
        _headline(kept, here, today)
        left, right = st.columns([3, 2], gap="large")
        with left:
            _cases(here, read)
            _due()
        with right:
            _patterns(here)
    return True


def _headline(kept: Rotation, here: Block, today: date) -> None:
    name, begun = PLACES.get(here.section, here.section), here.starts_on <= today
    resident = people().person(here.resident_id) if here.resident_id else None
    weeks = [(day - kept.plan.starts_on).days // 7 + 1 for day in (max(today, kept.plan.starts_on), kept.plan.ends_on)]
    facts = [
        days_in_words(here.starts_on, here.ends_on),
        f"with {resident.name}" if resident else "",
        f"week {weeks[0]} of {weeks[1]}",
        here.note,
    ]
    st.html(
        f"<h2>{'This week' if begun else 'Next'}: {escape(name)}</h2>"
        f'<p class="ro-when">{escape(" · ".join(filter(None, facts)))}</p>'
    )


def _cases(here: Block, read: Collection[str]) -> None:
    sections = case_sections(here.section)
    kept = kept_for_me()
    there = [one for one in room().catalogue.cases if one.on_machine and one.slug not in kept]
    cases = [one for one in there if not set(sections).isdisjoint(one.sections)]
    if not cases:
        st.caption("No case of this section is on this machine yet. Look under “To download” below.")
        return
    cases.sort(key=lambda one: (one.slug in read, one.level, one.slug))
    for case in cases[:_MOST_CASES]:
        _case(case, read=case.slug in read)
    unread = sum(one.slug not in read for one in cases)
    st.caption(f"{unread} of {len(cases)} not yet read." if unread else "All are read.")
    if len(cases) > _MOST_CASES:
        st.button(
            "All of them, below",
            icon=":material/filter_list:",
            type="tertiary",
            on_click=lambda: st.session_state.update({"section": sections[0], "place": True}),
        )


def _case(case: Case, *, read: bool) -> None:
    st.page_link(
        st.session_state["pages"]["read"],
        label=f"{case.title} · {case.modality}, level {case.level}",
        icon=":material/check:" if read else ":material/play_arrow:",
        query_params={"case": case.slug},
    )


def _due() -> None:
    for one in _waiting():
        page = st.session_state["pages"][one.page]
        st.page_link(page, label=one.text, icon=f":material/{one.icon}:", query_params=dict(one.address))


def _waiting() -> Iterator[Due]:
    """Give everything that is due; what else can be due joins here."""
    for one in due_for_me():
        yield Due(waiting_text(one), "assignments", "notification_important" if one.reminded_at else "checklist")
    own, known = learner(), open_repertoire()
    if count := len(serve(own.due, known.candidates, own.last_read)):
        text = "1 case that you know comes back today" if count == 1 else f"{count} cases that you know come back today"
        yield Due(text, "practice", "event_repeat")


def _patterns(here: Block) -> None:
    for section in case_sections(here.section):
        with st.expander(f"How to look: {SECTIONS[section]}", expanded=True, icon=":material/visibility:"):
            steps = "".join(f"<li>{escape(step)}</li>" for step in search_pattern(section))
            st.html(f'<ol class="ro-steps">{steps}</ol>')
