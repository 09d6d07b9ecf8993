"""What residents have assigned: how far every student is, at a glance, and what to do about it."""

import csv
import io
from datetime import date, datetime, time
from html import escape

import streamlit as st

from pages.assignments import due_text, heading, said_due
from pages.due import assignments, places
from pages.learner import zone
from pages.repertoire import repertoire
from pages.room import me, people, room
from quizzes.people.assignments import Asked, Assignment, Place
from quizzes.people.person import Person, Role

_MARKS = {"not begun": "", "reading": "reading", "done": "done", "gone": "no longer in the library"}

Row = tuple[Asked, Place]


def given() -> None:
    """Draw the list of all assignments, open ones first."""
    everything = assignments().everything()
    if not everything:
        st.info("Nothing is assigned yet. Choose cases and students under “New assignment”.", icon=":material/inbox:")
        return
    whose = "All"
    if len({one.author_id for one in everything}) > 1:
        whose = st.segmented_control("Whose", ("Mine", "All"), default="All", required=True, key="assigned-whose")
    shown = [one for one in everything if whose == "All" or one.author_id == me().id]
    by_assignment: dict[str, list[Row]] = {}
    for assignment, asked, _, place in places(shown):
        by_assignment.setdefault(assignment.id, []).append((asked, place))
    for one in sorted(shown, key=lambda entry: entry.closed_at is not None):
        _list_entry(one, by_assignment.get(one.id, []))


def _list_entry(assignment: Assignment, rows: list[Row]) -> None:
    ended = sum(place.ended_at is not None for _, place in rows)
    begun = sum(place.begun and place.ended_at is None for _, place in rows)
    overdue = sum(place.overdue for _, place in rows)
    counts = (
        f"{ended} of {len(rows)} finished",
        f"{begun} reading" if begun else "",
        f"{overdue} overdue" if overdue else "",
    )
    with st.container(border=True, key=f"given-{assignment.id}"):
        when = "closed" if assignment.closed_at else said_due(assignment.due_at, overdue=False)
        st.html(heading(assignment, when))
        st.progress(ended / max(len(rows), 1), text=" · ".join(filter(None, counts)))
        st.page_link(
            st.session_state["pages"]["assignments"],
            label="Look at it",
            icon=":material/groups:",
            query_params={"assignment": assignment.id},
        )


def one_assignment(assignment_id: str) -> None:
    """Draw one assignment: students by cases, and what can be done."""
    page = st.session_state["pages"]["assignments"]
    st.page_link(page, label="Assignments", icon=":material/arrow_back:", query_params={})
    assignment = assignments().assignment(assignment_id)
    if assignment is None:
        st.info("There is no such assignment.", icon=":material/search_off:")
        return
    everybody = {one.id: one for one in people().everyone(closed=True)}
    rows = [(asked, place) for _, asked, _, place in places([assignment])]
    rows.sort(key=lambda row: _name(everybody, row[0].student_id).lower())
    author = _name(everybody, assignment.author_id)
    st.html(heading(assignment, said_due(assignment.due_at, overdue=False) + f" · by {author}"))
    if assignment.note:
        st.html(f'<p class="ro-note">{escape(assignment.note)}</p>')
    if assignment.closed_at:
        _closed(assignment)
    with st.container(horizontal=True):
        _actions(assignment, rows, everybody)
    _legend(assignment)
    for asked, place in rows:
        _student(assignment, asked, place, _name(everybody, asked.student_id))
    _cases(assignment)


def _closed(assignment: Assignment) -> None:
    when = f"{assignment.closed_at.astimezone(zone()):%-d %B, %H:%M}" if assignment.closed_at else ""
    st.info(f"Closed {when}. Nobody goes on, and those who were asked see their answers.", icon=":material/lock:")
    if st.button("Undo: open it again", icon=":material/undo:", key="assigned-reopen"):
        assignments().reopen(assignment.id, now=room().now())
        st.rerun()


def _actions(assignment: Assignment, rows: list[Row], everybody: dict[str, Person]) -> None:
    now = room().now()
    if assignment.closed_at is None:
        waiting = [asked.student_id for asked, place in rows if place.ended_at is None]
        label = f"Remind {len(waiting)}" if waiting else "Nobody to remind"
        if st.button(label, icon=":material/notifications:", key="assigned-remind", disabled=not waiting):
            assignments().remind(assignment.id, waiting, now=now)
            st.toast("They see it when they come next.", icon=":material/notifications:")
            st.rerun()
        with st.popover("Extend", icon=":material/more_time:"):
            _extend(assignment, rows, everybody)
        with st.popover("Ask more", icon=":material/person_add:"):
            _ask_more(assignment)
        with st.popover("Close", icon=":material/lock:"):
            st.markdown("Nobody goes on, and sealed answers are shown to those who were asked. It can be opened again.")
            if st.button("Close it", type="primary", key="assigned-close"):
                assignments().close(assignment.id, now=now)
                st.rerun()
    st.download_button(
        "Results (CSV)",
        results_csv(assignment, rows, everybody),
        file_name="assignment.csv",
        mime="text/csv",
        icon=":material/download:",
    )


def _extend(assignment: Assignment, rows: list[Row], everybody: dict[str, Person]) -> None:
    whom = st.selectbox(
        "For whom",
        ["", *(asked.student_id for asked, _ in rows)],
        format_func=lambda id_: _name(everybody, id_) if id_ else "Everybody",
        key="extend-whom",
    )
    today = room().now().astimezone(zone()).date()
    before = (assignment.due_at or room().now()).astimezone(zone()).date()
    day = st.date_input("Until the end of", max(before, today), min_value=today, key="extend-day")
    if st.button("Extend", type="primary", key="extend-do") and isinstance(day, date):
        assignments().extend(assignment.id, end_of(day), student_id=whom or None)
        st.rerun()


def _ask_more(assignment: Assignment) -> None:
    asked = {one.student_id for one in assignment.asked}
    others = {one.id: one for one in people().everyone(Role.STUDENT) if one.id not in asked}
    if not others:
        st.caption("All students are asked.")
        return
    chosen = st.multiselect("Students", list(others), format_func=lambda id_: others[id_].name, key="more-students")
    if st.button("Ask them", type="primary", disabled=not chosen, key="more-do"):
        assignments().ask(assignment.id, chosen)
        st.rerun()


def _legend(assignment: Assignment) -> None:
    sealed = " · scores of a test are shown when it has ended" if assignment.plan.feedback == "test" else ""
    marks = '<span class="ro-cell">1</span> not begun <span class="ro-cell ro-reading">1</span> reading '
    st.html(f'<p class="ro-legend">{marks}<span class="ro-cell ro-done">1</span> finished{sealed}</p>')


def _student(assignment: Assignment, asked: Asked, place: Place, name: str) -> None:
    """Draw one student's line: name, one mark a case, result and the way to the review."""
    key = f"student-{asked.student_id}"
    with st.container(border=True, key=key, horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(
            f'<p class="ro-asked"><b>{escape(name)}</b><span>{escape(_state(assignment, asked, place))}</span></p>',
            width=220,
        )
        score = place.score
        st.html(f'<p class="ro-asked"><b>{f"{score:.0%}" if score is not None else "–"}</b></p>', width=56)
        st.html(f'<ul class="ro-cells">{_cells(assignment, place)}</ul>', width="stretch")
        pages = st.session_state["pages"]
        if "review" in pages and place.begun:
            address = {"assignment": assignment.id, "student": asked.student_id}
            st.page_link(pages["review"], label="Review", icon=":material/rate_review:", query_params=address)


def _state(assignment: Assignment, asked: Asked, place: Place) -> str:
    if place.ended_at:
        return "finished late" if place.late else "finished"
    if assignment.closed_at:
        return "not begun"
    state = "reading" if place.begun else "not begun"
    own = f", {due_text(place)}" if place.overdue or asked.due_at else ""
    reminded = f", reminded {asked.reminded_at.astimezone(zone()):%-d %b}" if asked.reminded_at else ""
    return state + own + reminded


def _cells(assignment: Assignment, place: Place) -> str:
    known = repertoire().cases
    cells = []
    for number, (slug, case, share) in enumerate(zip(assignment.plan.cases, place.cases, place.shares, strict=True), 1):
        title = known[slug].title if slug in known else slug
        said = f"{number}. {title}: {_MARKS[case] or 'not begun'}{f', {share:.0%}' if share is not None else ''}"
        shown = f"{share:.0%}" if share is not None else ""
        kind = {"reading": " ro-reading", "done": " ro-done", "gone": " ro-gone"}.get(case, "")
        cells.append(f'<li class="ro-cell{kind}" title="{escape(said)}"><b>{number}</b><small>{shown}</small></li>')
    return "".join(cells)


def _cases(assignment: Assignment) -> None:
    st.subheader("Cases", anchor=False)
    known = repertoire().cases
    lines = [
        f"<li>{escape(known[slug].title)} <small>{escape(slug)}</small></li>"
        if slug in known
        else f"<li>{escape(slug)} <small>no longer in the library: nobody waits for it</small></li>"
        for slug in assignment.plan.cases
    ]
    st.html(f'<ol class="ro-list">{"".join(lines)}</ol>')


def results_csv(assignment: Assignment, rows: list[Row], everybody: dict[str, Person]) -> str:
    """Give the results as CSV, a line for each student and case; what is sealed is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("assignment", "student", "group", "case", "state", "score", "due", "ended", "late"))
    for asked, place in rows:
        person = everybody.get(asked.student_id)
        for slug, case, share in zip(assignment.plan.cases, place.cases, place.shares, strict=True):
            score = "" if share is None else f"{share:.4f}"
            texts = (assignment.plan.title, _name(everybody, asked.student_id), person.cohort if person else "", slug)
            writer.writerow(
                (
                    *map(_plain, texts),
                    case,
                    score,
                    _iso(place.due_at),
                    _iso(place.ended_at),
                    "yes" if place.late else "",
                )
            )
    return out.getvalue()


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def end_of(day: date) -> datetime:
    """Give the end of a day where the browser is."""
    return datetime.combine(day, time(23, 59, 59), zone())


def _name(everybody: dict[str, Person], person_id: str) -> str:
    return everybody[person_id].name if person_id in everybody else "Deleted account"
