"""An account is deleted, and with it, or without a name, everything that its person has done: all of it or nothing.

What learners did is append-only, and the database itself refuses to change it. So a row of ``erasure`` first names the
learner, and the triggers let go of what that learner had begun by then, and of nothing else. All happens in one
transaction. What somebody wrote about others, or assigned to others, belongs to these and stays, under no name.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quizzes import StoreError, schema
from quizzes.guard import aware_utc, guarded
from quizzes.people import tables
from quizzes.people.person import Role
from quizzes.people.settings import Erasing
from quizzes.tally import rebuild_tallies

__all__ = ["NOBODY", "erase", "refusal"]

NOBODY = "Deleted account"
"""Name under which stays what others still need."""


def refusal(engine: sa.Engine, person_id: str) -> str:
    """Return why this person's account cannot be deleted, or an empty text."""
    with guarded(f"person {person_id}"), engine.connect() as connection:
        return _refusal(connection, person_id)


def erase(engine: sa.Engine, person_id: str, kind: Erasing, *, now: datetime) -> None:
    """Delete a person's account; their attempts become those of nobody, or vanish.

    Raises
    ------
    StoreError
        There is no such person, it is the last administrator, or the database fails. Then nothing was deleted.
    """
    with guarded(f"person {person_id}"), engine.begin() as connection:
        # Two administrators who leave at once leave one after the other.
        table = tables.person
        connection.execute(sa.select(table.c.id).filter_by(role=Role.ADMINISTRATOR).with_for_update()).all()
        # A write comes first: it makes other writers wait where rows cannot be locked.
        _announce(connection, person_id, kind, aware_utc(now))
        if reason := _refusal(connection, person_id):
            raise StoreError(f"account: {reason}")
        connection.execute(sa.select(schema.attempt.c.id).filter_by(learner=person_id).with_for_update()).all()
        _leave(connection, person_id)
        if kind is Erasing.ANONYMOUS:
            _make_anonymous(connection, person_id)
        else:
            _delete_attempts(connection, person_id)
        _delete_person(connection, person_id, aware_utc(now))


def _refusal(connection: sa.Connection, person_id: str) -> str:
    table = tables.person
    role = connection.scalar(sa.select(table.c.role).filter_by(id=person_id))
    if role is None:
        return "there is nobody of this id. Reload the page."
    others = sa.select(sa.func.count()).where(
        table.c.role == Role.ADMINISTRATOR, table.c.closed_at.is_(None), table.c.id != person_id
    )
    if role == Role.ADMINISTRATOR and not connection.scalar(others.select_from(table)):
        return "nobody else is an administrator. Make somebody one first; then this account can go."
    return ""


def _announce(connection: sa.Connection, person_id: str, kind: Erasing, now: datetime) -> None:
    """Say whose records may change: those begun until now, or until the latest, if a clock was wrong."""
    begun = [
        connection.scalar(sa.select(sa.func.max(table.c.started_at)).filter_by(learner=person_id))
        for table in (schema.attempt, schema.practice_session)
    ]
    at = max([now, *(time for time in begun if time)])
    connection.execute(schema.erasure.insert().values(learner=person_id, at=at, kind=str(kind)))


def _leave(connection: sa.Connection, person_id: str) -> None:
    """Delete what is about this person and no attempt."""
    own = sa.select(schema.attempt.c.id).filter_by(learner=person_id)
    rotations = sa.select(tables.rotation.c.id).filter_by(student_id=person_id)
    for table, condition in (
        (tables.comment, tables.comment.c.attempt_id.in_(own)),
        (tables.discussion, tables.discussion.c.attempt_id.in_(own)),
        (tables.block, tables.block.c.rotation_id.in_(rotations)),
        (tables.rotation, tables.rotation.c.student_id == person_id),
        (tables.assignment_student, tables.assignment_student.c.student_id == person_id),
        (tables.sign_in, tables.sign_in.c.person_id == person_id),
    ):
        connection.execute(table.delete().where(condition))


def _make_anonymous(connection: sa.Connection, person_id: str) -> None:
    """Empty what was written freely, then give every attempt to nobody."""
    attempt, commit, drawing = schema.attempt, schema.commit, schema.drawing
    chosen = sa.select(commit.c.attempt_id, commit.c.question_id, commit.c.answer).join_from(commit, attempt)
    for row in connection.execute(chosen.where(attempt.c.learner == person_id)).all():
        if "text" in row.answer:
            key = {"attempt_id": row.attempt_id, "question_id": row.question_id}
            connection.execute(commit.update().filter_by(**key).values(answer={**row.answer, "text": ""}))
    chosen = sa.select(drawing.c.attempt_id, drawing.c.question_id, drawing.c.annotations).join_from(drawing, attempt)
    for row in connection.execute(chosen.where(attempt.c.learner == person_id)).all():
        key = {"attempt_id": row.attempt_id, "question_id": row.question_id}
        connection.execute(drawing.update().filter_by(**key).values(annotations=_without_text(row.annotations)))
    nobody = f"anonymous-{uuid.uuid4()}"
    for table in (attempt, schema.practice_session):
        connection.execute(table.update().filter_by(learner=person_id).values(learner=nobody))


def _without_text(drawn: Mapping[str, Any]) -> dict[str, object]:
    return {"annotations": [{**one, "text": ""} if "text" in one else one for one in drawn["annotations"]]}


def _delete_attempts(connection: sa.Connection, person_id: str) -> None:
    """Delete attempts and sessions with all that hangs on them, and count the rest anew."""
    own = sa.select(schema.attempt.c.id).filter_by(learner=person_id)
    sessions = sa.select(schema.practice_session.c.id).filter_by(learner=person_id)
    for table in (schema.viewing, schema.drawing, schema.rubric_score, schema.commit, schema.session_attempt):
        connection.execute(table.delete().where(table.c.attempt_id.in_(own)))
    connection.execute(schema.session_event.delete().where(schema.session_event.c.session_id.in_(sessions)))
    for table in (schema.attempt, schema.practice_session):
        connection.execute(table.delete().filter_by(learner=person_id))
    rebuild_tallies(connection)


def _delete_person(connection: sa.Connection, person_id: str, now: datetime) -> None:
    """Delete the person's row, or empty it where something of others still refers to it."""
    table = tables.person
    if any(_refers(connection, column, person_id) for column in _references()):
        nobody = {"name": NOBODY, "role": Role.STUDENT, "cohort": "", "closed_at": now, "signed_out_at": now}
        empty = {one.name: None for one in table.c if one.nullable and one.name not in nobody}
        connection.execute(table.update().filter_by(id=person_id).values(nobody | empty))
    else:
        connection.execute(table.delete().filter_by(id=person_id))


def _references() -> list[sa.Column[Any]]:
    """Return every column of any table that names a person."""
    tables_ = schema.METADATA.sorted_tables
    return [column for table in tables_ for column in table.c if column.references(tables.person.c.id)]


def _refers(connection: sa.Connection, column: "sa.Column[Any]", person_id: str) -> bool:
    return bool(connection.scalar(sa.select(sa.literal(1)).where(column == person_id).limit(1)))
