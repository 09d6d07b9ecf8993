"""The rotation page: a student's own plan, and for who plans, everybody's with a desk to make one."""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

import streamlit as st

from pages.charts import open_table
from pages.learner import day_here
from pages.room import may, me, people, room
from pages.rotation_desk import draw_desk
from pages.timeline import PLACES, Bar, timeline
from quizzes.people.permissions import Act
from quizzes.people.person import LOCAL, Person, Role
from quizzes.people.rotation_calendar import icalendar
from quizzes.people.rotation_check import days_in_words
from quizzes.people.rotation_store import Rotation, Rotations


def rotation() -> None:
    """Draw the page."""
    planner = may(Act.PLAN_ROTATIONS)
    line = "Who is where, and when." if planner else "Your stay, section by section."
    st.html(f'<header class="ro-hero"><h1>Rotation</h1><p>{line}</p></header>')
    if planner:
        _everybody()
    else:
        _own(me())


def rotations() -> Rotations:
    """Give the plans of every student."""
    return Rotations(room().attempts.engine)


def resident_names() -> dict[str, str]:
    """Give the names of those who can be alongside a student, by id; also of those whose account is closed."""
    everyone = people().everyone(Role.RESIDENT, Role.ADMINISTRATOR, closed=True)
    return {one.id: one.name for one in everyone}


def _own(student: Person) -> None:
    today = day_here()
    plans = rotations().of_student(student.id)
    if not plans:
        st.info(
            "There is no plan for you yet. A resident makes one from your dates and wishes, and you see it here.",
            icon=":material/calendar_month:",
        )
        return
    for kept in plans:
        draw_plan(kept, student.name, today)


def draw_plan(kept: Rotation, name: str, today: date) -> None:
    """Draw one plan as its student sees it: where it stands, the picture, and the calendar to take along."""
    names = resident_names()
    st.subheader(days_in_words(kept.plan.starts_on, kept.plan.ends_on), anchor=False)
    st.html(f"<p>{escape(_where(kept, today, names))}</p>")
    bars = [Bar(name, one, names.get(one.resident_id or "", "")) for one in kept.plan.blocks]
    timeline(bars, today, several=False)
    # Made when it is asked for: the library for it is loaded then.
    st.download_button(
        "Calendar (.ics)",
        lambda: icalendar(kept, PLACES, names),
        "rotation.ics",
        "text/calendar",
        icon=":material/calendar_add_on:",
        key=f"ics-{kept.id}",
    )
    st.caption("For the calendar on your phone or computer. Take it in again after a change: entries move along.")


def _where(kept: Rotation, today: date, names: dict[str, str]) -> str:
    here, following = kept.plan.on(today), kept.plan.following(today)
    if here:
        who = names.get(here.resident_id or "")
        alongside = f" with {who}" if who else ""
        return f"Now in {PLACES[here.section]}{alongside}, until {here.ends_on:%-d %B}."
    if following:
        return f"Next: {PLACES[following.section]}, from {following.starts_on:%-d %B}."
    return "This stay is over."


def _everybody() -> None:
    today = day_here()
    students = {one.id: one for one in people().everyone(Role.STUDENT)}
    if me().id == LOCAL:
        # Whoever is alone at a machine plans for themselves.
        students[LOCAL] = me()
    if not students:
        st.info("There is no student yet. Add one on the page People, then plan their rotation here.")
        return
    now = [one for one in rotations().between(today - timedelta(days=7), date.max) if one.student_id in students]
    if now:
        _who_is_where(now, students, today)
    st.subheader("Plan of a student", anchor=False)
    planned = {one.student_id for one in now}
    # Those without a plan first: they wait for one.
    order = sorted(students, key=lambda one: (one in planned, students[one].name.casefold()))
    asked = str(st.query_params.get("student", ""))
    chosen = st.selectbox(
        "Student",
        order,
        index=order.index(asked) if asked in order else 0,
        format_func=lambda one: students[one].name + ("" if one in planned else "  ·  no plan yet"),
        key="rotation-student",
    )
    if chosen:
        draw_desk(students[str(chosen)], rotations(), now, today)


def _who_is_where(now: Sequence[Rotation], students: dict[str, Person], today: date) -> None:
    names, following = resident_names(), today + timedelta(days=7)
    ordered = sorted(now, key=lambda one: students[one.student_id].name.casefold())
    st.subheader("Who is where", anchor=False)
    rows = [
        (students[one.student_id].name, _place(one, today, names), _place(one, following, names)) for one in ordered
    ]
    open_table(("Student", "This week", "Next week"), rows)
    bars = [
        Bar(students[one.student_id].name, block, names.get(block.resident_id or "", ""))
        for one in ordered
        for block in one.plan.blocks
    ]
    timeline(bars, today)


def _place(kept: Rotation, day: date, names: dict[str, str]) -> str:
    block = kept.plan.on(day)
    if block is None:
        return "–"
    who = names.get(block.resident_id or "")
    return PLACES[block.section] + (f", with {who}" if who else "")
