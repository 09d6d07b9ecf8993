"""What residents say about attempts, and what they want to talk over: kept beside what was committed, which stays.

A comment is about a case, an answer in it, or a finding; it is only ever added, and withdrawn by whoever wrote it. An
answer is on the discuss list once, until it is settled. Who may do this is for pages to ask; times are passed in.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quizzes import StoreError, schema
from quizzes.guard import aware_utc, guarded
from quizzes.people import tables

__all__ = ["LONGEST_COMMENT", "Comment", "Discussion", "Reviews"]

LONGEST_COMMENT = 4000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about an attempt."""

    id: str
    """UUID."""
    attempt_id: str
    """What it is about."""
    question_id: str
    """Which answer; empty for the whole case."""
    finding: str
    """Which finding of the case; empty for the answer, or the case, as a whole."""
    author_id: str
    """Who wrote it."""
    author: str
    """Their name."""
    text: str
    """Any text, never markup."""
    written_at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """An answer, or a whole case, to be talked over at the workstation."""

    attempt_id: str
    """Whose answer: see `learner`."""
    question_id: str
    """Which; empty for the whole case."""
    learner: str
    """Id of the person who answered."""
    case_slug: str
    """Of the attempt's case."""
    author: str
    """Name of who put it on the list."""
    flagged_at: datetime
    """UTC."""
    settled_at: datetime | None
    """When it was talked over, UTC; None while it is open."""


class Reviews:
    """Comments on attempts, and the discuss list.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def say(
        self, attempt_id: str, author_id: str, text: str, *, question_id: str = "", finding: str = "", now: datetime
    ) -> None:
        """Add a comment.

        Raises
        ------
        StoreError
            It is empty or longer than `LONGEST_COMMENT`, or there is no such attempt or author.
        """
        row = {
            "id": str(uuid.uuid4()),
            "attempt_id": attempt_id,
            "question_id": question_id,
            "finding": finding,
            "author_id": author_id,
            "text": _text(text),
            "written_at": aware_utc(now),
        }
        with guarded(f"comment on attempt {attempt_id}"), self._engine.begin() as connection:
            connection.execute(tables.comment.insert().values(row))

    def withdraw(self, comment_id: str, author_id: str, *, now: datetime) -> None:
        """Take a comment back, so that it no longer shows; only its author can.

        Raises
        ------
        StoreError
            It is somebody else's, or not there.
        """
        table = tables.comment
        mine = table.update().filter_by(id=comment_id, author_id=author_id)
        # Of two clicks the first tells when.
        values = {"withdrawn_at": sa.func.coalesce(table.c.withdrawn_at, sa.bindparam("at", type_=schema.UtcDateTime))}
        with guarded(f"comment {comment_id}"), self._engine.begin() as connection:
            done = connection.execute(mine.values(values), {"at": aware_utc(now)})
        if not done.rowcount:
            raise StoreError(f"comment {comment_id}: there is none of this author. Reload the page.")

    def comments(self, attempt_ids: Collection[str]) -> dict[str, tuple[Comment, ...]]:
        """Return what was said about each of some attempts, oldest first, without what was withdrawn."""
        table = tables.comment
        names = [table.c[name] for name in ("id", "attempt_id", "question_id", "finding", "author_id")]
        chosen = sa.select(*names, tables.person.c.name.label("author"), table.c.text, table.c.written_at)
        chosen = chosen.join_from(table, tables.person).where(table.c.withdrawn_at.is_(None))
        found: dict[str, list[Comment]] = {attempt_id: [] for attempt_id in attempt_ids}
        with guarded("comments"), self._engine.connect() as connection:
            for ids in _parts(attempt_ids):
                wanted = chosen.where(table.c.attempt_id.in_(ids)).order_by(table.c.written_at, table.c.id)
                for row in connection.execute(wanted):
                    found[row.attempt_id].append(Comment(**row._mapping))
        return {attempt_id: tuple(said) for attempt_id, said in found.items()}

    def flag(self, attempt_id: str, question_id: str, author_id: str, *, now: datetime) -> None:
        """Put an answer on the discuss list; one that was settled is open again, one that is open stays as it is."""
        table = tables.discussion
        key = {"attempt_id": attempt_id, "question_id": question_id}
        values = {"author_id": author_id, "flagged_at": aware_utc(now), "settled_at": None}
        again = table.update().filter_by(**key).where(table.c.settled_at.is_not(None))
        with guarded(f"attempt {attempt_id}, discuss list"):
            try:
                with self._engine.begin() as connection:
                    if not connection.execute(again.values(values)).rowcount:
                        connection.execute(table.insert().values(key | values))
            except IntegrityError:
                if not self._discussions(table.c.attempt_id == attempt_id, table.c.question_id == question_id):
                    raise

    def unflag(self, attempt_id: str, question_id: str) -> None:
        """Take an open entry off the list, as if it had never been on it."""
        table = tables.discussion
        gone = table.delete().filter_by(attempt_id=attempt_id, question_id=question_id, settled_at=None)
        with guarded(f"attempt {attempt_id}, discuss list"), self._engine.begin() as connection:
            connection.execute(gone)

    def settle(self, attempt_id: str, question_id: str, *, now: datetime) -> None:
        """Say that an entry was talked over; one that is settled already stays as it is."""
        table = tables.discussion
        open_one = table.update().filter_by(attempt_id=attempt_id, question_id=question_id, settled_at=None)
        with guarded(f"attempt {attempt_id}, discuss list"), self._engine.begin() as connection:
            connection.execute(open_one.values(settled_at=aware_utc(now)))

    def discussions(self, *, learner: str | None = None, most: int = 200) -> tuple[Discussion, ...]:
        """Return the discuss list, of one learner or of all: open entries first, then the newest."""
        wanted = [] if learner is None else [schema.attempt.c.learner == learner]
        return tuple(self._discussions(*wanted, most=most))

    def assigned(self, assignment_id: str, student_id: str) -> tuple[str, ...]:
        """Return the attempts that a student has made for an assignment."""
        asked, opened = tables.assignment_student, schema.session_attempt
        chosen = sa.select(opened.c.attempt_id).join(asked, asked.c.session_id == opened.c.session_id)
        chosen = chosen.where(asked.c.assignment_id == assignment_id, asked.c.student_id == student_id)
        with guarded(f"assignment {assignment_id}"), self._engine.connect() as connection:
            return tuple(connection.scalars(chosen.order_by(opened.c.position)))

    def _discussions(self, *wanted: sa.ColumnElement[bool], most: int = 1) -> Sequence[Discussion]:
        table, attempt, person = tables.discussion, schema.attempt, tables.person
        chosen = sa.select(
            *(table.c[name] for name in ("attempt_id", "question_id", "flagged_at", "settled_at")),
            attempt.c.learner,
            attempt.c.case_slug,
            person.c.name.label("author"),
        )
        chosen = chosen.join_from(table, attempt).join(person, person.c.id == table.c.author_id).where(*wanted)
        newest = (table.c.flagged_at.desc(), table.c.attempt_id, table.c.question_id)
        chosen = chosen.order_by(sa.case((table.c.settled_at.is_(None), 0), else_=1), *newest).limit(most)
        with guarded("discuss list"), self._engine.connect() as connection:
            return [Discussion(**row._mapping) for row in connection.execute(chosen)]


def _text(text: str) -> str:
    """Return a comment as it is kept: its lines, without other control characters."""
    lines = ("".join(letter if letter.isprintable() else " " for letter in line) for line in text.splitlines())
    clean = "\n".join(lines).strip()
    if not 1 <= len(clean) <= LONGEST_COMMENT:
        raise StoreError(f"comment: found {len(clean)} characters, expected 1 to {LONGEST_COMMENT}. Change it.")
    return clean


def _parts(ids: Collection[str]) -> list[list[Any]]:
    # Databases limit how many values one statement may have.
    whole = list(ids)
    return [whole[start : start + 500] for start in range(0, len(whole), 500)]
