"""Assignments, kept in the database of the attempts: who is asked to read what, until when, and in which session.

Of two tabs that begin one at once, both go on in one session. Nothing here changes an attempt. What it all amounts to
at a given moment is for `quizzes.people.assignments`.
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quizzes import StoreError, schema
from quizzes.guard import aware_utc, guarded, plain_json
from quizzes.people import tables
from quizzes.people.assignments import Asked, Assignment
from quizzes.session_store import Sessions, insert_session
from quizzes.sessions import Plan, Session, standing

__all__ = ["Assignments"]

_LONGEST_TITLE = 200
_LONGEST_NOTE = 4000


class Assignments:
    """The assignments of every resident.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def create(
        self,
        author_id: str,
        plan: Plan,
        students: Collection[str],
        *,
        note: str = "",
        reserved: bool = False,
        due_at: datetime | None = None,
        now: datetime,
    ) -> Assignment:
        """Ask students to read cases, and return the assignment.

        Raises
        ------
        StoreError
            It has no title, no student or no case, names a case twice, or is reserved without being a test.
        """
        _check(plan, students, note, reserved=reserved)
        id_ = str(uuid.uuid4())
        row = {
            "id": id_,
            "author_id": author_id,
            "title": plan.title,
            "note": note,
            "plan": plain_json("plan", plan.as_json()),
            "reserved": reserved,
            "created_at": aware_utc(now),
            "due_at": due_at and aware_utc(due_at),
        }
        rows = [{"assignment_id": id_, "student_id": one} for one in sorted(set(students))]
        with guarded(f"assignment {plan.title}"), self._engine.begin() as connection:
            connection.execute(tables.assignment.insert().values(row))
            connection.execute(tables.assignment_student.insert(), rows)
        return self._again(id_)

    def assignment(self, assignment_id: str) -> Assignment | None:
        """Return the assignment of this id, or None."""
        return next(iter(self._read(tables.assignment.c.id == assignment_id)), None)

    def everything(self, *, open_only: bool = False) -> tuple[Assignment, ...]:
        """Return all assignments, newest first."""
        return self._read(*([tables.assignment.c.closed_at.is_(None)] if open_only else []))

    def of_student(self, student_id: str) -> tuple[Assignment, ...]:
        """Return what one student is asked to read, newest first."""
        asked = tables.assignment_student
        return self._read(
            tables.assignment.c.id.in_(sa.select(asked.c.assignment_id).where(asked.c.student_id == student_id))
        )

    def sessions(self, assignments: Collection[Assignment], student_id: str | None = None) -> dict[str, Session]:
        """Return the sessions in which assignments are read, by id: those of all students, or of one."""
        asked = [one for assignment in assignments for one in assignment.asked]
        ids = {one.session_id for one in asked if one.session_id and student_id in (None, one.student_id)}
        return Sessions(self._engine).sessions(ids)

    def begin(self, assignment_id: str, student_id: str, *, now: datetime) -> Session:
        """Return the session in which a student reads an assignment, begun now unless it was before.

        Raises
        ------
        StoreError
            The student is not asked, or it is closed and was not begun.
        """
        found = self.assignment(assignment_id)
        asked = found.student(student_id) if found else None
        if found is None or asked is None:
            raise StoreError(f"assignment {assignment_id}: it is not there, or not yours. Reload the page.")
        session_id = asked.session_id or self._begin(found, student_id, now)
        if session_id is None:
            # Another tab began it a moment ago, or it is closed.
            again = self._again(assignment_id).student(student_id)
            session_id = again.session_id if again else None
        session = Sessions(self._engine).session(session_id or "", student_id)
        if session is None:
            raise StoreError(f"assignment {found.plan.title}: it is closed. Ask whoever assigned it.")
        return session

    def remind(self, assignment_id: str, students: Collection[str], *, now: datetime) -> None:
        """Remind students: they see it when they come next."""
        self._change_asked(assignment_id, students, reminded_at=aware_utc(now))

    def ask(self, assignment_id: str, students: Collection[str]) -> None:
        """Ask more students; those who are asked already stay as they are."""
        found = self._again(assignment_id)
        new = sorted(set(students) - {one.student_id for one in found.asked})
        rows = [{"assignment_id": assignment_id, "student_id": one} for one in new]
        with guarded(f"assignment {assignment_id}"), self._engine.begin() as connection:
            if rows:
                connection.execute(tables.assignment_student.insert(), rows)

    def extend(self, assignment_id: str, due_at: datetime | None, *, student_id: str | None = None) -> None:
        """Change until when it should be read: for all, or for one student, for whom a later date counts."""
        until = due_at and aware_utc(due_at)
        if student_id is not None:
            self._change_asked(assignment_id, [student_id], due_at=until)
        else:
            self._change(assignment_id, due_at=until)

    def close(self, assignment_id: str, *, now: datetime) -> None:
        """Close it: sessions that go on end, and what was sealed is shown. One that is closed stays as it is."""
        table = tables.assignment
        chosen = table.update().filter_by(id=assignment_id).where(table.c.closed_at.is_(None))
        with guarded(f"assignment {assignment_id}"), self._engine.begin() as connection:
            connection.execute(chosen.values(closed_at=aware_utc(now)))

    def reopen(self, assignment_id: str, *, now: datetime) -> None:
        """Open it again: sessions that the closing ended go on, and the time that it was closed does not count."""
        found = self._again(assignment_id)
        closed = found.closed_at
        if closed is None:
            return
        rows = []
        for session in self.sessions([found]).values():
            stands = standing(session, now)
            if stands.ended_at == closed and not stands.timed_out:
                rows += _pause(session, closed, aware_utc(now))
        with guarded(f"assignment {assignment_id}"), self._engine.begin() as connection:
            table = tables.assignment
            done = connection.execute(
                table.update().filter_by(id=assignment_id, closed_at=closed).values(closed_at=None)
            )
            if done.rowcount and rows:
                connection.execute(schema.session_event.insert(), rows)

    def _begin(self, assignment: Assignment, student_id: str, now: datetime) -> str | None:
        """Begin the session unless another tab has, or it is closed: then None."""
        table, asked = tables.assignment, tables.assignment_student
        still_open = sa.select(table.c.id).where(table.c.id == assignment.id, table.c.closed_at.is_(None))
        mine = asked.update().filter_by(assignment_id=assignment.id, student_id=student_id, session_id=None)
        with guarded(f"assignment {assignment.id}"), self._engine.connect() as connection:
            id_ = insert_session(connection, student_id, assignment.plan, now=now)
            mine = mine.where(asked.c.assignment_id.in_(still_open)).values(session_id=id_)
            # The second of two waits for the first here, and then finds nothing to change.
            if connection.execute(mine).rowcount:
                connection.commit()
                return id_
            connection.rollback()
        return None

    def _change(self, assignment_id: str, **values: object) -> None:
        with guarded(f"assignment {assignment_id}"), self._engine.begin() as connection:
            connection.execute(tables.assignment.update().filter_by(id=assignment_id).values(values))

    def _change_asked(self, assignment_id: str, students: Collection[str], **values: object) -> None:
        table = tables.assignment_student
        chosen = table.update().filter_by(assignment_id=assignment_id).where(table.c.student_id.in_(list(students)))
        with guarded(f"assignment {assignment_id}"), self._engine.begin() as connection:
            connection.execute(chosen.values(values))

    def _again(self, assignment_id: str) -> Assignment:
        found = self.assignment(assignment_id)
        if found is None:
            raise StoreError(f"assignment {assignment_id}: it is not there. Reload the page.")
        return found

    def _read(self, *wanted: sa.ColumnElement[bool]) -> tuple[Assignment, ...]:
        table, students = tables.assignment, tables.assignment_student
        chosen = sa.select(table).where(*wanted).order_by(table.c.created_at.desc(), table.c.id)
        belonging = sa.select(students).join_from(students, table).where(*wanted).order_by(students.c.student_id)
        with guarded("assignments"), self._engine.connect() as connection:
            rows = connection.execute(chosen).all()
            asked: dict[str, list[Asked]] = {row.id: [] for row in rows}
            for row in connection.execute(belonging):
                asked.setdefault(row.assignment_id, []).append(
                    Asked(row.student_id, row.session_id, row.due_at, row.reminded_at)
                )
        return tuple(_assignment(row, asked[row.id]) for row in rows)


def _assignment(row: sa.Row[Any], asked: list[Asked]) -> Assignment:
    return Assignment(
        row.id,
        row.author_id,
        Plan.read(row.plan),
        row.note,
        row.reserved,
        row.created_at,
        row.due_at,
        row.closed_at,
        tuple(asked),
    )


def _pause(session: Session, closed: datetime, now: datetime) -> list[dict[str, object]]:
    """Return the events that leave out the time between closing and opening again."""
    if session.events and (session.events[-1].kind == "paused" or session.events[-1].at > closed):
        return []
    number = len(session.events)
    times = (("paused", closed), ("resumed", now))
    return [
        {"session_id": session.id, "number": number + step, "kind": kind, "at": at}
        for step, (kind, at) in enumerate(times, 1)
    ]


def _check(plan: Plan, students: Collection[str], note: str, *, reserved: bool) -> None:
    faults = {
        "title: expected 1 to 200 characters": not 1 <= len(plan.title.strip()) <= _LONGEST_TITLE,
        f"note: expected at most {_LONGEST_NOTE} characters": len(note) > _LONGEST_NOTE,
        "students: expected one or more": not students,
        "cases: expected one or more, each once": not plan.cases or len(set(plan.cases)) < len(plan.cases),
        "mode: an exam is a test": reserved and plan.feedback != "test",
    }
    if found := [fault for fault, is_so in faults.items() if is_so]:
        raise StoreError(f"assignment: {'; '.join(found)}. Correct it and try again.")
