"""A database of any earlier Readout becomes one of this Readout, in place, one numbered step after the other.

Steps stand in ``versions`` and are never changed once released. All of them run in one transaction under a lock, so
that two servers which start at once are safe, and a step that fails leaves the database as it was. Imported only
when there is something to do: Alembic takes a while to load.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from quizzes.tally import rebuild_tallies

__all__ = ["newest", "upgrade"]

_LOCK = 0x72656164  # "read": the advisory lock of a PostgreSQL database
_FIRST = "0001"


def newest() -> str:
    """Return the number of the last step."""
    return str(_scripts().get_current_head())


def upgrade(engine: sa.Engine) -> str:
    """Bring a database up to date.

    Returns
    -------
    str
        The number that the database then has: the newest, or one that is not known here, which is left alone.
    """
    with _locked(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in _scripts().walk_revisions()}
        if found is not None and (found not in known or found == newest()):
            return found
        config = _config()
        config.attributes["connection"] = connection
        if found is None and sa.inspect(connection).has_table("attempt"):
            # The first Readout numbered its tables itself; they are those of the first step.
            command.stamp(config, _FIRST)
        command.upgrade(config, "head")
        rebuild_tallies(connection)
    return newest()


@contextmanager
def _locked(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection inside a transaction that no other process can be in."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection
        return
    # Python's driver begins a transaction only before it inserts: too late for a lock that must come first.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
