"""Everything that is kept about a person, as one ZIP archive of JSON files with a README that says what they hold.

It is made while it is sent: row by row, from one moment of the database. What must not be shown to its learner yet,
the scores of sealed tests and of cases that are not finished, is left out and said to be.
"""

import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa

from quizzes import schema
from quizzes.guard import guarded
from quizzes.people import tables

__all__ = ["stream_belongings"]

_CHUNK = 64 * 1024
_SECRET = frozenset({"password_hash", "token_hash"})
_SEALED = frozenset({"score", "parts", "top1", "top3", "hit", "distance", "unit"})


@dataclass(frozen=True, slots=True)
class _Part:
    """One file of the archive."""

    name: str
    """Of the file."""
    about: str
    """What a row is."""
    rows: "sa.Select[Any]"
    """Its rows."""
    sealed: frozenset[str] = frozenset()
    """Columns that are left out while the attempt is sealed."""
    hidden: bool = False
    """Whether rows of sealed attempts are left out altogether."""


def stream_belongings(engine: sa.Engine, person_id: str, *, sealed: Collection[str], now: datetime) -> Iterator[bytes]:
    """Give the archive piece by piece.

    Parameters
    ----------
    sealed : collection of str
        Attempts whose answers and scores must not be shown yet.
    """
    parts = _parts(person_id)
    sink = _Sink()
    with guarded("export"), engine.connect() as connection:
        _hold_one_moment(connection)
        with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
            archive.writestr("README.md", _readme(parts, now))
            for part in parts:
                with archive.open(part.name, "w", force_zip64=True) as file:
                    for piece in _pieces(map(dict, connection.execute(part.rows).mappings()), part, sealed):
                        file.write(piece)
                        if sink.size >= _CHUNK:
                            yield sink.take()
        yield sink.take()


def _pieces(rows: Iterable[Mapping[str, Any]], part: _Part, sealed: Collection[str]) -> Iterator[bytes]:
    """Write rows as a JSON array, one line each."""
    before = b"[\n"
    for row in rows:
        shut = row.get("attempt_id") in sealed
        if shut and part.hidden:
            continue
        kept = {
            name: None if shut and name in part.sealed else value for name, value in row.items() if name not in _SECRET
        }
        if shut and part.sealed:
            kept["sealed"] = True
        yield before + json.dumps(kept, ensure_ascii=False, default=_text).encode()
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _hold_one_moment(connection: sa.Connection) -> None:
    """Let a connection see the database as it is now, whatever others write meanwhile, until it is closed."""
    if connection.dialect.name != "sqlite":
        connection.execution_options(isolation_level="REPEATABLE READ", stream_results=True, max_row_buffer=500)
        return
    # Its driver begins no transaction before a write.
    connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("BEGIN")


class _Sink(io.RawIOBase):
    """A file that only takes, and gives away what it has taken."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        """Tell that it takes."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401  # anything with a buffer, as io has it
        """Take bytes."""
        self._kept.append(bytes(data))
        self.size += len(self._kept[-1])
        return len(self._kept[-1])

    def take(self) -> bytes:
        """Give what was written since the last time."""
        taken = b"".join(self._kept)
        self._kept.clear()
        self.size = 0
        return taken


def _parts(person_id: str) -> tuple[_Part, ...]:
    attempt, session = schema.attempt, schema.practice_session
    own = sa.select(attempt.c.id).filter_by(learner=person_id)
    own_sessions = sa.select(session.c.id).filter_by(learner=person_id)
    rotations = sa.select(tables.rotation.c.id).filter_by(student_id=person_id)
    asked = tables.assignment_student

    def of_attempts(table: sa.Table) -> "sa.Select[Any]":
        return sa.select(table).where(table.c.attempt_id.in_(own)).order_by(*table.primary_key)

    assignments = sa.select(tables.assignment, asked.c.session_id, asked.c.due_at.label("extended_to"))
    assignments = assignments.add_columns(asked.c.reminded_at).join_from(tables.assignment, asked)
    by_me = tables.comment.c.author_id == person_id
    return (
        _Part("person.json", "the account", sa.select(tables.person).filter_by(id=person_id)),
        _Part("sign_ins.json", "a sign-in", sa.select(tables.sign_in).filter_by(person_id=person_id)),
        _Part(
            "attempts.json",
            "one reading of one case",
            sa.select(attempt).filter_by(learner=person_id).order_by(attempt.c.started_at, attempt.c.id),
        ),
        _Part("answers.json", "one committed answer with its score", of_attempts(schema.commit), _SEALED),
        _Part("viewing.json", "what was on screen, as the viewer reported it", of_attempts(schema.viewing)),
        _Part("drawings.json", "what was drawn on the images", of_attempts(schema.drawing)),
        _Part("judgements.json", "a report judged by its rubric", of_attempts(schema.rubric_score), hidden=True),
        _Part("sessions.json", "a practice session or assignment", sa.select(session).filter_by(learner=person_id)),
        _Part(
            "session_cases.json",
            "a case opened in a session, with its questions’ weights",
            of_attempts(schema.session_attempt),
        ),
        _Part(
            "session_events.json",
            "a pause, a resumption or an end",
            sa.select(schema.session_event).where(schema.session_event.c.session_id.in_(own_sessions)),
        ),
        _Part("rotations.json", "a rotation plan", sa.select(tables.rotation).filter_by(student_id=person_id)),
        _Part(
            "rotation_blocks.json",
            "weeks in one section",
            sa.select(tables.block).where(tables.block.c.rotation_id.in_(rotations)),
        ),
        _Part("assignments.json", "what was assigned to me", assignments.where(asked.c.student_id == person_id)),
        _Part(
            "assigned_by_me.json",
            "what I assigned to others",
            sa.select(tables.assignment).filter_by(author_id=person_id),
        ),
        _Part("comments_about_me.json", "a comment on one of my answers", of_attempts(tables.comment), hidden=True),
        _Part("comments_by_me.json", "a comment that I wrote", sa.select(tables.comment).where(by_me)),
        _Part("discussions.json", "an answer to be talked over", of_attempts(tables.discussion), hidden=True),
    )


def _readme(parts: Iterable[_Part], now: datetime) -> str:
    lines = []
    for part in parts:
        names = [column.name for column in part.rows.selected_columns if column.name not in _SECRET]
        lines += [f"## {part.name}", "", f"Each row is {part.about}.", "", *(f"- `{name}`" for name in names), ""]
    return "\n".join(
        [
            "# Everything that Readout keeps about you",
            "",
            f"Made {now:%Y-%m-%d %H:%M} UTC. Each file is a JSON array, one object a line. Times are UTC (ISO 8601).",
            "`learner`, `person_id`, `student_id` and `author_id` are ids of people, `attempt_id` and `session_id`",
            "those of `attempts.json` and `sessions.json`, `case_slug` the name of a case, `case_version` the state of",
            "its files. `score` and the values of `parts` are 0 to 1, `confidence` 0.5 to 1, points of marks LPS mm in",
            "the patient or pixels of an image. Passwords and sign-in tokens are not kept as such, and not in here.",
            "",
            "What you must not see yet, the scores of tests that go on and of cases that you have not finished, is",
            'left out: such an answer says `"sealed": true`. Comments on these are left out, too. Export again later.',
            "",
            *lines,
        ]
    )
