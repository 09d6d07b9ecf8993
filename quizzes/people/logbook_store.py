"""A student's logbook, read from what was committed and said."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

import sqlalchemy as sa

from quizzes import schema
from quizzes.guard import guarded
from quizzes.people import tables
from quizzes.people.logbook import Logbook, Remark, Subject, logbook
from quizzes.people.person import Person
from quizzes.records import Records
from quizzes.session_store import Sessions

__all__ = ["Logbooks"]


class Logbooks:
    """The logbooks of every student; nothing is kept for them.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(
        self,
        student: Person,
        subjects: Mapping[str, Subject],
        current: Mapping[tuple[str, str], frozenset[str]],
        *,
        period: tuple[date, date],
        zone: tzinfo,
        now: datetime,
    ) -> Logbook:
        """Draw up a student's logbook; see `quizzes.people.logbook.logbook`, and `Records.answered` for `current`."""
        return logbook(
            student.name,
            Records(self._engine).answered(student.id, current=current),
            subjects,
            period=period,
            zone=zone,
            made_at=now,
            sealed=Sessions(self._engine).sealed_attempts(student.id, now=now),
            remarks=self._remarks(student.id),
        )

    def _remarks(self, student_id: str) -> dict[str, list[Remark]]:
        table, attempt, person = tables.comment, schema.attempt, tables.person
        chosen = sa.select(table.c.attempt_id, person.c.name, table.c.text, table.c.written_at)
        chosen = chosen.join_from(table, attempt, table.c.attempt_id == attempt.c.id)
        chosen = chosen.join(person, table.c.author_id == person.c.id)
        chosen = chosen.where(attempt.c.learner == student_id, table.c.withdrawn_at.is_(None))
        found: dict[str, list[Remark]] = {}
        with guarded("logbook"), self._engine.connect() as connection:
            for row in connection.execute(chosen.order_by(table.c.written_at, table.c.id)):
                found.setdefault(row.attempt_id, []).append(Remark(row.name, row.text, row.written_at))
        return found
