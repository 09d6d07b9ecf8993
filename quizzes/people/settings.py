"""What the administrator decides for everybody, kept in the database; whoever decided, and when, is kept with it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from quizzes.guard import aware_utc, guarded
from quizzes.people import tables

__all__ = ["Erasing", "Settings"]


class Erasing(StrEnum):
    """What becomes of the attempts of somebody who deletes their account."""

    ANONYMOUS = "anonymous"
    """They stay as statistics of nobody, without free text."""
    VANISH = "vanish"
    """They are deleted, and the statistics counted anew."""


class Settings:
    """Decisions of the administrator.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def erasing(self) -> Erasing:
        """Return what becomes of the attempts of deleted accounts; anonymous statistics unless decided otherwise."""
        table = tables.setting
        with guarded("settings"), self._engine.connect() as connection:
            value = connection.scalar(sa.select(table.c.value).filter_by(name="erasing"))
        return Erasing.VANISH if value == Erasing.VANISH else Erasing.ANONYMOUS

    def decide_erasing(self, value: Erasing, author_id: str, *, now: datetime) -> None:
        """Decide what becomes of the attempts of accounts that are deleted from now on."""
        table = tables.setting
        row = {"value": str(value), "author_id": author_id, "changed_at": aware_utc(now)}
        with guarded("settings"), self._engine.begin() as connection:
            if not connection.execute(table.update().filter_by(name="erasing").values(row)).rowcount:
                connection.execute(table.insert().values(row | {"name": "erasing"}))
