"""The tables that attempts are kept in, and a database opened so that they are safe.

Rows of what learners did are only ever added: triggers of the database refuse to change, delete or replace one, unless
a row of `erasure`, which is never changed itself, has named whose they are. Tallies are sums over them, kept so that
statistics need not read every row. `REVISION` is the newest step in ``quizzes/migrations``, which make and change the
tables; here they are only described. No attempt is read or written.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

__all__ = [
    "METADATA",
    "REVISION",
    "UtcDateTime",
    "answer_tally",
    "attempt",
    "bring_up_to_date",
    "commit",
    "drawing",
    "erasure",
    "item_tally",
    "open_engine",
    "practice_session",
    "rubric_score",
    "session_attempt",
    "session_event",
    "viewing",
]

REVISION = "0006"
"""Number of the newest step in ``migrations/versions``; compared at start, so that Alembic need not be loaded."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A time that is timezone-aware UTC on both sides, also in databases that keep no timezone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time with its timezone, which SQLite leaves out."""
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC) if value else None


METADATA = sa.MetaData()

# Read by the first Readout, which refuses a database that is newer than itself.
schema_version = sa.Table("schema_version", METADATA, sa.Column("version", sa.Integer, primary_key=True))

_revision = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))

attempt = sa.Table(
    "attempt",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("learner", sa.String(255), nullable=False),
    sa.Column("case_slug", sa.String(100), nullable=False),
    # The learner's first, second, … attempt at the case: two tabs cannot begin the same one.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("case_version", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    # Ids of the questions that the case had then; absent in attempts of a Readout before step 0005.
    sa.Column("questions", sa.JSON(none_as_null=True)),
    sa.UniqueConstraint("learner", "case_slug", "number"),
    sa.Index("attempt_by_case", "case_slug", "started_at"),
)

commit = sa.Table(
    "commit",
    METADATA,
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    sa.Column("question_id", sa.String(64), primary_key=True),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("confidence", sa.Float, sa.CheckConstraint("confidence BETWEEN 0.5 AND 1"), nullable=False),
    sa.Column("score", sa.Float, sa.CheckConstraint("score BETWEEN 0 AND 1"), nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("top1", sa.Boolean),
    sa.Column("top3", sa.Boolean),
    sa.Column("hit", sa.Boolean),
    sa.Column("distance", sa.Float),
    sa.Column("unit", sa.String(2), nullable=False),
    sa.Column("committed_at", UtcDateTime, nullable=False),
)

practice_session = sa.Table(
    "practice_session",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("learner", sa.String(255), nullable=False),
    # Cases in their order, mode and time limit, as chosen when it began.
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Index("practice_session_by_learner", "learner", "started_at"),
)

session_attempt = sa.Table(
    "session_attempt",
    METADATA,
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    sa.Column("session_id", sa.ForeignKey("practice_session.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    # Weight of every question that the case asked then, by its id; none in sessions of an earlier Readout.
    sa.Column("asked", sa.JSON),
    sa.UniqueConstraint("session_id", "position"),
)

session_event = sa.Table(
    "session_event",
    METADATA,
    sa.Column("session_id", sa.ForeignKey("practice_session.id"), primary_key=True),
    # Events of one session are numbered: of two tabs that pause at once, one does.
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

viewing = sa.Table(
    "viewing",
    METADATA,
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    # One opening of the viewer, and its first, second, … message: one that is sent again is known again.
    sa.Column("mount", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("runs", sa.JSON, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)

drawing = sa.Table(
    "drawing",
    METADATA,
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    # What was on the images when this question was committed.
    sa.Column("question_id", sa.String(64), primary_key=True),
    sa.Column("annotations", sa.JSON, nullable=False),
    sa.Column("drawn_at", UtcDateTime, nullable=False),
)

rubric_score = sa.Table(
    "rubric_score",
    METADATA,
    sa.Column("attempt_id", sa.ForeignKey("attempt.id"), primary_key=True),
    sa.Column("question_id", sa.String(64), primary_key=True),
    # A report may be judged again, by the same person or another: the newest counts.
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("scorer", sa.String(255), nullable=False),
    sa.Column("bands", sa.JSON, nullable=False),
    sa.Column("scored_at", UtcDateTime, nullable=False),
)

erasure = sa.Table(
    "erasure",
    METADATA,
    # Whose records were erased: an id that nobody has any more, or has anew.
    sa.Column("learner", sa.String(255), primary_key=True),
    # What was begun until then may change or go.
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
)


def _item() -> list[sa.Column[str]]:
    keys = {"case_slug": 100, "question_id": 64, "case_version": 64}
    return [sa.Column(name, sa.String(length), primary_key=True) for name, length in keys.items()]


SUMS = ("right_n", "x", "xx", "pairs", "px", "pxx", "r", "rr", "xr", "log_s")
"""Sums over first attempts, see `quizzes.tally`."""

item_tally = sa.Table(
    "item_tally",
    METADATA,
    *_item(),
    sa.Column("n", sa.BigInteger, nullable=False),
    *(sa.Column(name, sa.Float, nullable=False) for name in SUMS),
)

answer_tally = sa.Table(
    "answer_tally",
    METADATA,
    *_item(),
    sa.Column("answer", sa.String(300), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)


def open_engine(url: str | sa.URL) -> sa.Engine:
    """Return an engine for a database; SQLite is set up to be durable and to wait for other writers.

    A PostgreSQL URL that names no driver gets pg8000, the one that ``readout[postgresql]`` installs.
    """
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+pg8000")
    # As many connections as a class of students needs at once: those beyond it are made and closed each time.
    engine = sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True, pool_size=20, max_overflow=20)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def bring_up_to_date(engine: sa.Engine) -> str:
    """Create or change what is needed, and return the revision that the database has then.

    That is `REVISION`, unless a newer Readout has written the database: then nothing is changed.
    """
    if (found := _found(engine)) == REVISION:
        return found
    # Alembic takes longer to load than the rest of the store.
    from quizzes.migrations import upgrade

    return upgrade(engine)


def _found(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_revision.name):
            return None
        return connection.scalar(sa.select(_revision.c.version_num))


def _durable(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001  # sqlite3's own, and the event's form
    # The timeout first: turning the write-ahead log on already needs a lock. FULL syncs at every commit, so a
    # commit that returned survives a power cut.
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
