"""What belongs to an attempt besides its answers: the log of what was on screen, what was drawn, and judged reports.

Rows are only ever added. A message that is sent twice is kept once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from quizzes import StoreError, schema
from quizzes.guard import aware_utc, guarded, plain_json
from quizzes.viewing import Message, Viewing, read_message

__all__ = ["Judgement", "Viewings"]

MOST_MESSAGES = 20_000
"""Of one attempt: more than a day of reading."""
MOST_ANNOTATIONS = 200


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody made of a report."""

    scorer: str
    """Who."""
    bands: Mapping[str, str]
    """By criterion: ``none``, ``part`` or ``full``."""
    scored_at: datetime
    """UTC."""


class Viewings:
    """What was seen and drawn in every attempt.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, attempt_id: str, message: Message, *, now: datetime) -> None:
        """Keep a message; one of this number that is there already stays as it is."""
        if message.number >= MOST_MESSAGES:
            raise StoreError(f"attempt {attempt_id}: found message {message.number}, expected less. Reload the page.")
        key = {"attempt_id": attempt_id, "mount": message.mount, "number": message.number}
        row = key | {"runs": message.as_json(), "received_at": aware_utc(now)}
        self._insert_once(schema.viewing, key, row)

    def of(self, attempt_id: str, *, until: datetime | None = None) -> Viewing:
        """Return the log of an attempt, whole or as far as it had come at a time."""
        table = schema.viewing
        chosen = sa.select(table).filter_by(attempt_id=attempt_id).order_by(table.c.received_at, table.c.number)
        if until is not None:
            chosen = chosen.where(table.c.received_at <= aware_utc(until))
        mounts: dict[str, list[Message]] = {}
        with guarded(f"attempt {attempt_id}"), self._engine.connect() as connection:
            for row in connection.execute(chosen):
                message = read_message({"mount": row.mount, "number": row.number, **row.runs})
                mounts.setdefault(row.mount, []).append(message)
        return Viewing(tuple(tuple(sorted(mount, key=lambda one: one.number)) for mount in mounts.values()))

    def draw(
        self, attempt_id: str, question_id: str, annotations: Sequence[Mapping[str, object]], *, now: datetime
    ) -> None:
        """Keep what was drawn on the images when a question was committed; the first time stands."""
        kept = plain_json("annotations", {"annotations": list(annotations)[:MOST_ANNOTATIONS]})
        key = {"attempt_id": attempt_id, "question_id": question_id}
        row = key | {"annotations": kept, "drawn_at": aware_utc(now)}
        self._insert_once(schema.drawing, key, row)

    def drawn(self, attempt_id: str) -> list[dict[str, object]]:
        """Return what was drawn when the latest question was committed."""
        table = schema.drawing
        chosen = sa.select(table.c.annotations).filter_by(attempt_id=attempt_id)
        chosen = chosen.order_by(table.c.drawn_at.desc(), table.c.question_id).limit(1)
        with guarded(f"attempt {attempt_id}"), self._engine.connect() as connection:
            found = connection.scalar(chosen)
        return list(found["annotations"]) if found else []

    def judge(self, attempt_id: str, question_id: str, scorer: str, bands: Mapping[str, str], *, now: datetime) -> None:
        """Keep what somebody made of a report; earlier judgements stay and no longer count."""
        table = schema.rubric_score
        key = {"attempt_id": attempt_id, "question_id": question_id}
        values = {"scorer": scorer, "bands": plain_json("bands", bands), "scored_at": aware_utc(now)}
        with guarded(f"attempt {attempt_id}, question {question_id}"), self._engine.begin() as connection:
            before = sa.select(sa.func.count()).select_from(table).filter_by(**key)
            number = int(connection.scalar(before) or 0) + 1
            connection.execute(table.insert().values(key | values | {"number": number}))

    def judgement(self, attempt_id: str, question_id: str) -> Judgement | None:
        """Return the newest judgement of a report, or None."""
        table = schema.rubric_score
        chosen = sa.select(table.c.scorer, table.c.bands, table.c.scored_at)
        chosen = chosen.filter_by(attempt_id=attempt_id, question_id=question_id)
        with guarded(f"attempt {attempt_id}"), self._engine.connect() as connection:
            row = connection.execute(chosen.order_by(table.c.number.desc()).limit(1)).one_or_none()
        return Judgement(*row) if row else None

    def _insert_once(self, table: sa.Table, key: Mapping[str, object], row: Mapping[str, object]) -> None:
        with guarded(f"attempt {key['attempt_id']}"):
            try:
                with self._engine.begin() as connection:
                    connection.execute(table.insert().values(row))
            except (IntegrityError, DBAPIError):
                with self._engine.connect() as connection:
                    if not connection.scalar(sa.select(sa.func.count()).select_from(table).filter_by(**key)):
                        raise
