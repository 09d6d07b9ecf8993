"""The result of a practice session: the score with its confidence interval, by section and case by case."""

from collections import defaultdict
from dataclasses import dataclass
from html import escape

import streamlit as st

from cases.case import SECTIONS
from pages.charts import interval_chart, table
from pages.repertoire import repertoire
from pages.room import room
from pages.sitting import way_to
from quizzes.interval import wilson
from quizzes.sessions import Session, case_share, standing


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the result."""

    place: int
    """In the plan, zero-based."""
    title: str
    """Neutral title."""
    section: str
    """Name of its first section."""
    share: float
    """0 to 1."""
    opened: bool
    """Whether it was begun."""
    counts: bool
    """Whether it could be read: a case that left the library before it was begun could not."""


def show_result(session: Session) -> None:
    """Draw the page of a session that has ended."""
    stands = standing(session, room().now())
    lines = _lines(session)
    counting = [line for line in lines if line.counts]
    mean = wilson(line.share for line in counting)
    st.html(f'<header class="ro-hero"><h1>Result</h1><p>{escape(session.plan.title)}</p></header>')
    if mean is None:
        return
    opened = sum(line.opened for line in lines)
    minutes = max(round(stands.active_s / 60), 1)
    st.html(
        f'<div class="ro-score ro-result"><b>{mean.mean:.0%}</b><p>95 % confidence interval '
        f"{mean.low:.0%} to {mean.high:.0%}<small>{len(counting)} cases, {opened} begun, {minutes} min"
        f"{', time was up' if stands.timed_out else ''}</small></p></div>"
    )
    if session.plan.exam:
        st.caption("It says how you would do on other cases like these. What was not answered in time earned nothing.")
    _by_section(counting)
    st.subheader("Case by case", anchor=False)
    for line in lines:
        with st.container(border=True, key=f"result-{line.place}", horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{line.place + 1}. {line.title}**  \n:gray[{line.section}]", width="stretch")
            st.markdown(f"**{line.share:.0%}**" if line.counts else "does not count", width="content")
            if line.opened and session.plan.cases[line.place] in repertoire().cases:
                st.page_link(
                    st.session_state["pages"]["read"],
                    label="Review",
                    icon=":material/visibility:",
                    query_params=way_to(session, line.place),
                )
    back = "assignments" if session.assignment else "practice"
    st.page_link(st.session_state["pages"][back], label=f"To {back}", icon=":material/arrow_back:")


def _lines(session: Session) -> list[Line]:
    known, stands = repertoire(), standing(session, room().now())
    commits = room().attempts.commits_of(session.attempts.values())
    lines = []
    for place, slug in enumerate(session.plan.cases):
        case = known.cases.get(slug)
        attempt_id = session.attempts.get(place, "")
        weights = session.weights(place, known.weights(slug, room().attempts.attempt(attempt_id)))
        share = case_share(commits.get(attempt_id, ()), weights, stands.ended_at)
        title = case.title if case else f"{slug} (no longer in the library)"
        section = SECTIONS[case.sections[0]] if case else ""
        lines.append(Line(place, title, section, share, bool(attempt_id), bool(case or attempt_id)))
    return lines


def _by_section(lines: list[Line]) -> None:
    shares = defaultdict(list)
    for line in lines:
        shares[line.section].append(line.share)
    rows = [(section, mean) for section, values in sorted(shares.items()) if (mean := wilson(values))]
    if len(rows) < 2:
        return
    st.subheader("By section", anchor=False)
    interval_chart([(f"{section} (n = {mean.n})", mean) for section, mean in rows])
    header = ("Section", "Cases", "Score", "95 % interval")
    table(header, [(name, mean.n, f"{mean.mean:.0%}", f"{mean.low:.0%}–{mean.high:.0%}") for name, mean in rows])
