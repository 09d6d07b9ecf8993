"""The logbook page: what a student has read in a period, to look at, print and take along."""

from datetime import date, timedelta

import streamlit as st

from cases.case import SECTIONS
from pages.charts import open_table
from pages.learner import day_here, zone
from pages.repertoire import repertoire
from pages.room import may, me, people, room
from quizzes.people.logbook import Logbook, Subject, Total, as_csv, result, totals
from quizzes.people.logbook_store import Logbooks
from quizzes.people.permissions import Act
from quizzes.people.person import Person, Role
from quizzes.people.rotation_store import Rotations

_ALL = date(2000, 1, 1)


def logbook() -> None:
    """Draw the page."""
    st.html(
        '<header class="ro-hero"><h1>Logbook</h1><p>What was read, by section and modality, with the residents’ '
        "comments.</p></header>"
    )
    student = _whose()
    first, last = _period(student)
    subjects = {
        one.slug: Subject(one.title, tuple(SECTIONS[key] for key in one.sections), one.modality)
        for one in room().catalogue.cases
    }
    books = Logbooks(room().attempts.engine)
    current = repertoire().question_ids
    book = books.of(student, subjects, current, period=(first, last), zone=zone(), now=room().now())
    if not book.entries:
        st.info("Nothing was read in this period. Choose a longer one, or read a case.", icon=":material/menu_book:")
        return
    _take_along(book, student)
    _figures(book)
    _readings(book)


def _whose() -> Person:
    """Give the student whose logbook it is; a resident chooses, everybody else has their own."""
    if not may(Act.SEE_RECORDS_OF_OTHERS):
        return me()
    choices = {one.id: one for one in (*people().everyone(Role.STUDENT), me())}
    asked = str(st.query_params.get("student", ""))
    order = list(choices)
    chosen = st.selectbox(
        "Logbook of",
        order,
        index=order.index(asked) if asked in order else 0,
        format_func=lambda one: choices[one].name,
        key="logbook-student",
    )
    return choices[str(chosen)]


def _period(student: Person) -> tuple[date, date]:
    """Give the first and last day: those of a stay, everything, or chosen ones."""
    today = day_here()
    stays = {
        one.id: (one.plan.starts_on, one.plan.ends_on)
        for one in Rotations(room().attempts.engine).of_student(student.id)
        if one.plan.starts_on <= today
    }
    names = {id_: f"Stay from {first:%-d %B %Y}" for id_, (first, _) in stays.items()}
    names |= {"all": "Everything", "chosen": "Chosen days"}
    left, right = st.columns(2, vertical_alignment="bottom")
    how = left.selectbox("Period", list(names), format_func=names.__getitem__, key=f"logbook-period-{student.id}")
    if how != "chosen":
        return stays.get(str(how), (_ALL, today))
    days = right.date_input(
        "First and last day", (today - timedelta(days=27), today), format="YYYY-MM-DD", key="logbook-days"
    )
    # While somebody chooses, only the first day is there.
    return (days[0], days[-1]) if isinstance(days, tuple) and days else (today, today)


def _take_along(book: Logbook, student: Person) -> None:
    from quizzes.people.logbook_pdf import as_pdf, unprintable

    book = _trimmed(book)
    name = f"logbook-{book.made_on}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Print (PDF)",
            lambda: as_pdf(book, list(SECTIONS.values())),
            f"{name}.pdf",
            "application/pdf",
            icon=":material/print:",
            type="primary",
            key=f"pdf-{student.id}",
        )
        st.download_button(
            "CSV", lambda: as_csv(book), f"{name}.csv", "text/csv", icon=":material/download:", key=f"csv-{student.id}"
        )
    if note := unprintable(book):
        st.caption(f"On paper {note}")


def _trimmed(book: Logbook) -> Logbook:
    """Give the logbook of everything the days on which something was read, for its cover."""
    if book.first != _ALL:
        return book
    return Logbook(book.name, book.entries[0].day, book.last, book.made_on, book.entries)


def _figures(book: Logbook) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By section", anchor=False)
        _sums("Section", totals(book.entries, lambda one: one.subject.sections, list(SECTIONS.values())))
    with right:
        st.subheader("By modality", anchor=False)
        _sums("Modality", totals(book.entries, lambda one: (one.subject.modality or "Other",), ()))


def _sums(name: str, rows: list[Total]) -> None:
    if not rows:
        st.caption("Nothing is finished yet.")
        return
    shown = [(one.name, one.cases, one.readings, "–" if one.score is None else f"{one.score:.0%}") for one in rows]
    open_table((name, "Cases", "Readings", "Mean score"), shown)


def _readings(book: Logbook) -> None:
    st.subheader("Readings", anchor=False)
    rows = [
        (
            # On one line.
            f"{one.day:%-d %b %Y}".replace(" ", "\N{NO-BREAK SPACE}"),
            one.subject.title + (f" (reading {one.number})" if one.number > 1 else ""),
            ", ".join(one.subject.sections),
            one.subject.modality,
            result(one),
            " · ".join(f"{remark.author}: {remark.text}" for remark in one.remarks),
        )
        for one in reversed(book.entries)
    ]
    open_table(("Date", "Case", "Section", "Modality", "Result", "Comments"), rows)
