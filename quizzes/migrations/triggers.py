"""Triggers that refuse to change, delete or replace a row, whoever holds the database."""

import sqlalchemy as sa
from alembic import op

__all__ = ["append_only"]

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
