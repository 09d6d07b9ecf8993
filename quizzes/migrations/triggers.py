"""Triggers that refuse to change, delete or replace a row, whoever holds the database."""

import sqlalchemy as sa
from alembic import op

__all__ = ["append_only", "erasable"]

# REPLACE deletes without a DELETE trigger, so inserting over a row is refused as well.
_SQLITE = (
    'CREATE TRIGGER IF NOT EXISTS {0}_unchanged BEFORE UPDATE ON "{0}" BEGIN {refuse}; END',
    'CREATE TRIGGER IF NOT EXISTS {0}_undeleted BEFORE DELETE ON "{0}" BEGIN {refuse}; END',
    'CREATE TRIGGER IF NOT EXISTS {0}_unreplaced BEFORE INSERT ON "{0}"'
    ' WHEN EXISTS (SELECT 1 FROM "{0}" WHERE {same}) BEGIN {refuse}; END',
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    'CREATE OR REPLACE TRIGGER {0}_unchanged BEFORE UPDATE OR DELETE ON "{0}"'
    " FOR EACH ROW EXECUTE FUNCTION append_only()",
    'CREATE OR REPLACE TRIGGER {0}_untruncated BEFORE TRUNCATE ON "{0}" EXECUTE FUNCTION append_only()',
)


def append_only(table: str, same: str) -> None:
    """Make a table append-only.

    Parameters
    ----------
    table : str
        Its name.
    same : str
        SQL condition that finds, for the row ``NEW``, a row that it would replace: one with its key.
    """
    connection: sa.Connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
        for trigger in _SQLITE:
            connection.exec_driver_sql(trigger.format(table, same=same, refuse=refuse))
    else:
        for statement in _POSTGRESQL:
            # Written out, without parameters: a driver would take the % of RAISE for one.
            connection.execute(sa.text(statement.format(table)))


# Erasing is said before it is done: what a row of "erasure" names, as far as it was begun by then, may change or go.
_ERASED = {
    "learner": "SELECT 1 FROM erasure WHERE learner = OLD.learner AND at >= OLD.started_at",
    "attempt_id": "SELECT 1 FROM erasure JOIN attempt ON attempt.learner = erasure.learner"
    " WHERE attempt.id = OLD.attempt_id AND erasure.at >= attempt.started_at",
    "session_id": "SELECT 1 FROM erasure JOIN practice_session ON practice_session.learner = erasure.learner"
    " WHERE practice_session.id = OLD.session_id AND erasure.at >= practice_session.started_at",
}
_SQLITE_ERASABLE = (
    "DROP TRIGGER {0}_unchanged",
    "DROP TRIGGER {0}_undeleted",
    'CREATE TRIGGER {0}_unchanged BEFORE UPDATE ON "{0}" WHEN NOT EXISTS ({erased}) BEGIN {refuse}; END',
    'CREATE TRIGGER {0}_undeleted BEFORE DELETE ON "{0}" WHEN NOT EXISTS ({erased}) BEGIN {refuse}; END',
)
_POSTGRESQL_ERASABLE = (
    # A trigger's own WHEN may not ask other tables there.
    "CREATE OR REPLACE FUNCTION {0}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NOT EXISTS ({erased}) THEN RAISE EXCEPTION '{0} is append-only'; END IF;"
    " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    'CREATE OR REPLACE TRIGGER {0}_unchanged BEFORE UPDATE OR DELETE ON "{0}"'
    " FOR EACH ROW EXECUTE FUNCTION {0}_append_only()",
)


def erasable(table: str, by: str) -> None:
    """Let rows of an append-only table change or go once ``erasure`` names the learner whose they are.

    Parameters
    ----------
    table : str
        Its name.
    by : str
        Column that leads to the learner: ``learner``, ``attempt_id`` or ``session_id``.
    """
    connection: sa.Connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
        for statement in _SQLITE_ERASABLE:
            connection.exec_driver_sql(statement.format(table, erased=_ERASED[by], refuse=refuse))
    else:
        for statement in _POSTGRESQL_ERASABLE:
            connection.execute(sa.text(statement.format(table, erased=_ERASED[by])))
