"""The assignments page: what waits for whoever looks, and for residents what they have assigned and to whom."""

from datetime import datetime
from html import escape

import streamlit as st

from pages.due import assignments, places
from pages.learner import zone
from pages.room import may, me, room
from pages.sitting import finished, sessions, way_to
from quizzes import StoreError
from quizzes.people.assignments import Asked, Assignment, Place
from quizzes.people.permissions import Act
from quizzes.sessions import Session, following, standing


def assignments_page() -> None:
    """Draw the page, or for residents the assignment that the address names."""
    teacher = may(Act.ASSIGN)
    if teacher and (assignment_id := str(st.query_params.get("assignment", ""))):
        from pages.assigned import one_assignment

        one_assignment(assignment_id)
        return
    lead = "What is asked of you, and until when." if not teacher else "Ask students to read, and see how far they are."
    st.html(f'<header class="ro-hero"><h1>Assignments</h1><p>{lead}</p></header>')
    mine = places(assignments().of_student(me().id), me().id)
    if not teacher:
        _for_me(mine)
        return
    from pages.assigned import given
    from pages.assigning import new_assignment

    names = ["Given", "New assignment", *(["For me"] if mine else [])]
    tabs = st.tabs(names)
    with tabs[0]:
        given()
    with tabs[1]:
        new_assignment()
    if mine:
        with tabs[2]:
            _for_me(mine)


def _for_me(mine: list[tuple[Assignment, Asked, Session | None, Place]]) -> None:
    """Draw what somebody is asked to read: what waits first, by its date, then what is over."""
    if not mine:
        st.info("Nothing is assigned to you. Practise what is due, or choose a case.", icon=":material/inbox:")
        st.page_link(st.session_state["pages"]["practice"], label="To practice", icon=":material/fitness_center:")
        return
    waiting = [one for one in mine if one[3].ended_at is None and one[0].closed_at is None]
    for one in sorted(waiting, key=lambda entry: (entry[3].due_at is None, entry[3].due_at or room().now())):
        _card(*one)
    over = [one for one in mine if one not in waiting]
    if over:
        st.subheader("Done and closed", anchor=False)
        for one in over:
            _over(*one)


def _card(assignment: Assignment, asked: Asked, session: Session | None, place: Place) -> None:
    """Draw an assignment that waits, with the way to go on."""
    total = len(assignment.plan.cases)
    with st.container(border=True, key=f"due-{assignment.id}"):
        st.html(heading(assignment, due_text(place)))
        if asked.reminded_at:
            when = asked.reminded_at.astimezone(zone())
            st.markdown(f":orange[:material/notifications: You were reminded on {when:%-d %B}.]")
        if assignment.note:
            st.html(f'<p class="ro-note">{escape(assignment.note)}</p>')
        gone = place.cases.count("gone")
        done = total - gone - place.left
        st.progress(done / max(total - gone, 1), text=f"{done} of {_count(total - gone)} finished{_left(session)}")
        if gone:
            st.caption(f"{_count(gone)} no longer in the library: nobody waits for that.")
        with st.container(horizontal=True):
            _ways_on(assignment, session, place)
        if assignment.plan.limit_s and session is None:
            st.caption(
                f"The clock of {assignment.plan.limit_s // 60} minutes runs from when you begin; it can be paused."
            )


def _ways_on(assignment: Assignment, session: Session | None, place: Place) -> None:
    label = "Begin" if session is None else "Go on"
    nothing_left = not place.left
    if not nothing_left and st.button(label, icon=":material/play_arrow:", type="primary", key=f"go-{assignment.id}"):
        _go_on(assignment)
    if session is None:
        return
    if nothing_left:
        if st.button("Finish", icon=":material/flag:", type="primary", key=f"end-{assignment.id}"):
            _end(session)
        return
    with st.popover("End it now", icon=":material/flag:"):
        st.markdown(
            f"{_count(place.left)} not finished. What is not answered earns nothing, and cannot be made up for."
        )
        if st.button("End it for good", key=f"end-{assignment.id}"):
            _end(session)


def _go_on(assignment: Assignment) -> None:
    now = room().now()
    try:
        session = assignments().begin(assignment.id, me().id, now=now)
    except StoreError as error:
        st.error(str(error))
        return
    if standing(session, now).state == "paused":
        session = sessions().add(session, "resumed", now=now)
    position = following(session, finished(session))
    if position is None:
        st.rerun()
    st.switch_page(st.session_state["pages"]["read"], query_params=way_to(session, position))


def _end(session: Session) -> None:
    sessions().add(session, "ended", now=room().now())
    st.switch_page(st.session_state["pages"]["practice"], query_params={"session": session.id})


def _over(assignment: Assignment, asked: Asked, session: Session | None, place: Place) -> None:  # noqa: ARG001
    ended = place.ended_at or assignment.closed_at
    with st.container(
        border=True, key=f"over-{assignment.id}", horizontal=True, vertical_alignment="center", gap="medium"
    ):
        when = f"{ended.astimezone(zone()):%-d %B}" if ended else ""
        said = f"finished {when}{', late' if place.late else ''}" if session else f"closed {when}, not begun"
        st.html(heading(assignment, said), width="stretch")
        if session:
            score = place.score
            st.markdown(f"**{score:.0%}**" if score is not None else "–", width="content")
            link = st.session_state["pages"]["practice"]
            st.page_link(link, label="Result", icon=":material/flag:", query_params={"session": session.id})


def heading(assignment: Assignment, more: str) -> str:
    """Give the title of an assignment and what is said beside it, as HTML."""
    kind = "exam" if assignment.reserved else f"{assignment.plan.feedback} mode"
    return (
        f'<p class="ro-title"><b>{escape(assignment.plan.title)}</b>'
        f"<span>{_count(len(assignment.plan.cases))} · {kind}{f' · {escape(more)}' if more else ''}</span></p>"
    )


def due_text(place: Place) -> str:
    """Say until when."""
    return said_due(place.due_at, overdue=place.overdue)


def said_due(due_at: datetime | None, *, overdue: bool) -> str:
    """Say a date until which something should be read."""
    if due_at is None:
        return "no date"
    day = f"{due_at.astimezone(zone()):%A, %-d %B}"
    return f"overdue since {day}" if overdue else f"due {day}"


def _left(session: Session | None) -> str:
    stands = standing(session, room().now()) if session else None
    if stands is None or stands.left_s is None:
        return ""
    paused = ", paused" if stands.state == "paused" else ""
    return f" · {max(round(stands.left_s / 60), 1)} min left{paused}"


def _count(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases} cases"
