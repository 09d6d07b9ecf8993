"""The review page: a student is chosen, their attempts stand in rows, and each is gone through beside the images."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from html import escape

import streamlit as st

from cases.case import SECTIONS
from pages.comments import reviews
from pages.missed import misses
from pages.plain import as_text
from pages.repertoire import repertoire
from pages.review_case import review_case
from pages.room import may, me, people, room
from pages.rows import Cell, Row, rows
from pages.sitting import sessions
from quizzes.people.debrief import Line, debrief, talk_first
from quizzes.people.permissions import Act
from quizzes.people.person import Person, Role
from quizzes.people.reviews import Discussion
from quizzes.records import Records

_AT_ONCE = 10


def review() -> None:
    """Draw the page: everybody, the student that the address names, or the attempt."""
    if not (may(Act.REVIEW) and may(Act.SEE_RECORDS_OF_OTHERS)):
        st.error("This page is for residents who go through answers.", icon=":material/lock:")
        return
    student = next((one for one in reviewed() if one.id == st.query_params.get("student")), None)
    if student is None:
        _everybody()
        return
    # Beside images there is no room for it, and by then it is done.
    with nullcontext() if "attempt" in st.query_params else st.spinner("Reading the answers…"):
        lines = _lines(student)
    chosen = next((line for line in lines if line.attempt_id == st.query_params.get("attempt")), None)
    if chosen is None:
        _overview(student, lines)
    else:
        review_case(student, chosen.attempt_id, [line.attempt_id for line in lines])


def reviewed() -> list[Person]:
    """Give whose answers can be gone through: every student's, and one's own."""
    own = me()
    return [*people().everyone(Role.STUDENT), *([] if own.role is Role.STUDENT else [own])]


def _everybody() -> None:
    st.html('<header class="ro-hero"><h1>Review</h1><p>Go through answers together, at the workstation.</p></header>')
    left, right = st.columns([3, 2], gap="large")
    with left:
        _students()
    with right:
        _discuss_list()


def _students() -> None:
    flags = reviews().discussions()
    lines = []
    for person in reviewed():
        answers = Records(room().attempts.engine).answered(person.id)
        if person.role is not Role.STUDENT and not answers:
            continue
        last = max((one.committed_at for one in answers), default=None)
        talk = sum(one.learner == person.id and one.settled_at is None for one in flags)
        cases = len({one.attempt_id for one in answers})
        name = person.name if person.role is Role.STUDENT else f"{person.name} (you)"
        day = f"{last:%d %b %Y}".lstrip("0") if last else "–"
        lines.append(Row(person.id if answers else "", [name, person.cohort or "–", str(cases), day, str(talk or "–")]))
    st.subheader("Students", anchor=False)
    if not lines:
        st.info("Nobody has answered anything yet. As soon as a student has, they stand here.", icon=":material/inbox:")
    elif opened := rows("Students", ("Name", "Group", "Attempts", "Last answer", "To discuss"), lines, key="students"):
        st.query_params["student"] = opened
        st.rerun()


def _discuss_list() -> None:
    st.subheader("To discuss", anchor=False)
    known = {person.id: person for person in reviewed()}
    entries = [one for one in reviews().discussions() if one.learner in known]
    waiting = [one for one in entries if one.settled_at is None]
    if not waiting:
        st.caption("Nothing is waiting. Flag an answer while you go through a case, and it stands here.")
    for entry in waiting:
        _discuss(entry, known[entry.learner])
    settled = [one for one in entries if one.settled_at]
    if settled:
        with st.expander(f"Settled: {len(settled)}"):
            for entry in settled[:30]:
                day = f"{entry.settled_at:%d %b %Y}".lstrip("0")
                st.text(f"{known[entry.learner].name}: {_subject(entry)} · {day}")


def _discuss(entry: Discussion, student: Person) -> None:
    key = f"{entry.attempt_id}-{entry.question_id}"
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=f"discuss-{key}"):
        st.html(f'<p class="ro-entry"><b>{escape(student.name)}</b><span>{escape(_subject(entry))}</span></p>')
        way = {"student": entry.learner, "attempt": entry.attempt_id, "question": entry.question_id}
        st.button("Open", key=f"open-{key}", on_click=_go, args=(way,))
        st.button("Settle", key=f"settle-{key}", icon=":material/check:", on_click=_settle, args=(entry,))


def _subject(entry: Discussion) -> str:
    case = repertoire().cases.get(entry.case_slug)
    quiz = repertoire().quizzes.get(entry.case_slug)
    question = quiz.question(entry.question_id) if quiz else None
    title = case.title if case else entry.case_slug
    return f"{title}: {question.prompt}" if question else title


def _go(way: dict[str, str]) -> None:
    st.query_params.from_dict(way)


def _settle(entry: Discussion) -> None:
    reviews().settle(entry.attempt_id, entry.question_id, now=room().now())


def _lines(student: Person) -> list[Line]:
    """Give the student's attempts, or those of the assignment that the address names."""
    answers = Records(room().attempts.engine).answered(student.id, current=repertoire().question_ids)
    if assignment := st.query_params.get("assignment"):
        wanted = reviews().assigned(assignment, student.id)
        answers = [one for one in answers if one.attempt_id in wanted]
    return debrief(answers, misses(answers))


def _overview(student: Person, lines: list[Line]) -> None:
    """Draw the debrief: three numbers, what to talk about first, and the attempts in rows."""
    with st.container(horizontal=True, vertical_alignment="center", key="debrief-head"):
        st.button(
            "Students", icon=":material/arrow_back:", type="tertiary", on_click=_go, args=({},), key="to-students"
        )
        st.html(f'<h1 class="ro-name">{escape(student.name)}</h1>')
    if not lines:
        st.info("There is no answer of this student here yet.", icon=":material/inbox:")
        return
    start = min(int(st.session_state.get("debrief-start", 0)), len(lines) - 1) // _AT_ONCE * _AT_ONCE
    shown = lines[start : start + _AT_ONCE]
    flagged = {one.attempt_id for one in reviews().discussions(learner=student.id) if one.settled_at is None}
    numbers, first = st.columns([2, 3], gap="large")
    with numbers:
        st.html(_numbers(shown))
    with first:
        _talk_first(student, shown, flagged)
    opened = rows("Attempts", _HEAD, _rows(student, shown, flagged), key=f"debrief-{student.id}-{start}")
    if opened:
        st.query_params["attempt"] = opened
        st.rerun()
    _pages(start, len(lines))


_HEAD = ("Case", "Section", "Score", "Sure", "Right", "Miss", "Time", "Read", "Remarks")


def _numbers(lines: Sequence[Line]) -> str:
    scores = [line.score for line in lines if line.score is not None]
    answers = sum(line.answers for line in lines)
    sure = sum(line.sure for line in lines) / len(lines)
    numbers = [
        (str(len(lines)), "attempts"),
        (f"{sum(scores) / len(scores):.0%}" if scores else "–", "mean score"),
        (f"{sure:.0%}", f"sure, and {sum(line.right for line in lines) / answers:.0%} right" if answers else "sure"),
    ]
    items = "".join(f"<li><b>{number}</b> {what}</li>" for number, what in numbers)
    return f'<ul class="ro-facts ro-three">{items}</ul>'


def _talk_first(student: Person, lines: Sequence[Line], flagged: set[str]) -> None:
    st.html('<p class="ro-label">Talk about first</p>')
    found = talk_first(lines, flagged)
    if not found:
        st.caption("Nothing stands out: no sure answer that was wrong, no miss, nothing flagged.")
    for number, (line, reason) in enumerate(found):
        way = {**st.query_params.to_dict(), "student": student.id, "attempt": line.attempt_id}
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"first-{number}"):
            st.button(as_text(_title(line)), key=f"first-{line.attempt_id}", type="tertiary", on_click=_go, args=(way,))
            st.html(f'<p class="ro-entry"><span>{escape(reason)}</span></p>')


def _title(line: Line) -> str:
    case = repertoire().cases.get(line.case_slug)
    again = f" ({line.number})" if line.number > 1 else ""
    return f"{case.title if case else line.case_slug}{again}"


def _rows(student: Person, lines: Sequence[Line], flagged: set[str]) -> list[Row]:
    said = reviews().comments([line.attempt_id for line in lines])
    sealed = sessions().sealed_attempts(student.id, now=room().now())
    return [
        _row(line, len(said[line.attempt_id]), line.attempt_id in flagged, line.attempt_id in sealed) for line in lines
    ]


def _row(line: Line, comments: int, flagged: bool, sealed: bool) -> Row:
    case = repertoire().cases.get(line.case_slug)
    section = SECTIONS[case.sections[0]] if case else "–"
    remarks = [
        "no longer in the library" if case is None else "",
        "test goes on" if sealed else "",
        f"{line.unanswered} unanswered" if line.unanswered else "",
        "discuss" if flagged else "",
        f"{comments} comment{'s' if comments > 1 else ''}" if comments else "",
    ]
    poor = line.score is not None and line.score < 0.5
    score = Cell("–") if line.score is None else Cell(f"{line.score:.0%}", line.score, "warn" if poor else "good")
    return Row(
        line.attempt_id if case else "",
        [
            _title(line),
            section,
            score,
            Cell(f"{line.sure:.0%}", tone="warn" if line.wrong_sure >= 0.8 else ""),
            f"{line.right} of {line.answers}",
            Cell(line.miss or "–", tone="warn" if line.miss else ""),
            _time(line.took),
            f"{line.started_at:%d %b}".lstrip("0"),
            ", ".join(filter(None, remarks)),
        ],
        quiet=case is None,
    )


def _time(took: timedelta) -> str:
    seconds = took.total_seconds()
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else "over 90 min"


def _pages(start: int, total: int) -> None:
    if total <= _AT_ONCE:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="debrief-pages"):
        st.button("Newer", disabled=start == 0, on_click=_turn, args=(start - _AT_ONCE,), key="debrief-newer")
        st.caption(f"{start + 1} to {min(start + _AT_ONCE, total)} of {total}", width="content")
        older = start + _AT_ONCE
        st.button("Older", disabled=older >= total, on_click=_turn, args=(older,), key="debrief-older")


def _turn(start: int) -> None:
    st.session_state["debrief-start"] = max(start, 0)
