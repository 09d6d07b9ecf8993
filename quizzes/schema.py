"""The tables that attempts are kept in, and a database opened so that they are safe.

Rows are only ever added; in SQLite triggers refuse to change, delete or replace one. `SCHEMA_VERSION` is written
into the database, so that a later Readout knows where its migrations start. No attempt is read or written here.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.schema import CreateTable

__all__ = ["SCHEMA_VERSION", "UtcDateTime", "attempt", "commit", "create_tables", "open_engine"]

SCHEMA_VERSION = 1


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

schema_version = sa.Table("schema_version", METADATA, sa.Column("version", sa.Integer, primary_key=True))

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
    sa.UniqueConstraint("learner", "case_slug", "number"),
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

# REPLACE deletes without a DELETE trigger, so inserting over a row is refused as well.
_TRIGGERS = (
    'CREATE TRIGGER IF NOT EXISTS {0}_unchanged BEFORE UPDATE ON "{0}" BEGIN {refuse}; END',
    'CREATE TRIGGER IF NOT EXISTS {0}_undeleted BEFORE DELETE ON "{0}" BEGIN {refuse}; END',
    'CREATE TRIGGER IF NOT EXISTS {0}_unreplaced BEFORE INSERT ON "{0}"'
    ' WHEN EXISTS (SELECT 1 FROM "{0}" WHERE {same}) BEGIN {refuse}; END',
)
_SAME_ROW = {
    "attempt": "id = NEW.id OR (learner = NEW.learner AND case_slug = NEW.case_slug AND number = NEW.number)",
    "commit": "attempt_id = NEW.attempt_id AND question_id = NEW.question_id",
}


def open_engine(url: str | sa.URL) -> sa.Engine:
    """Return an engine for a database; SQLite is set up to be durable and to wait for other writers."""
    engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def create_tables(engine: sa.Engine) -> int:
    """Create what is missing, and return the schema version that the database has."""
    try:
        _create(engine)
    except (IntegrityError, ProgrammingError):
        # Another process created the same tables meanwhile; now that it is done, they are there.
        _create(engine)
    with engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.max(schema_version.c.version))) or 0)


def _create(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
        if engine.dialect.name == "sqlite":
            for name, same in _SAME_ROW.items():
                refuse = f"SELECT RAISE(ABORT, '{name} is append-only')"
                for trigger in _TRIGGERS:
                    connection.exec_driver_sql(trigger.format(name, same=same, refuse=refuse))
        if connection.scalar(sa.select(schema_version.c.version).limit(1)) is None:
            connection.execute(schema_version.insert().values(version=SCHEMA_VERSION))


def _durable(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001  # sqlite3's own, and the event's form
    # The timeout first: turning the write-ahead log on already needs a lock. FULL syncs at every commit, so a
    # commit that returned survives a power cut.
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
