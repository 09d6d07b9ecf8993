"""What was found in the database a moment ago, for those who ask the same again and again.

Whatever this process writes to the database empties it; what another process writes is seen when an entry has grown
old. So a path that is asked for hundreds of times a second costs no query, and a sign-out holds at once.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

__all__ = ["LIFE", "Memory"]

LIFE = timedelta(seconds=5)
"""How long something that another process has changed may still be believed."""
_MOST = 2000
_WROTE = "readout-wrote"
T = TypeVar("T")


class Memory(Generic[T]):
    """Remembers one value a key.

    Parameters
    ----------
    engine : Engine
        The database that values come from.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._known: dict[str, tuple[T, datetime]] = {}
        self._generation = 0
        self._lock = threading.Lock()
        event.listen(engine, "begin", _unmark)
        event.listen(engine, "commit", _mark)
        # The commit's own event comes before it: whoever asks in between would still read what was.
        event.listen(engine, "checkin", self._returned)

    def recall(self, key: str, find: Callable[[], T], *, now: datetime) -> T:
        """Return what is known by a key, found now if need be."""
        with self._lock:
            known, generation = self._known.get(key), self._generation
        if known and timedelta() <= now - known[1] < LIFE:
            return known[0]
        value = find()
        with self._lock:
            if generation == self._generation:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[key] = (value, now)
        return value

    def forget(self) -> None:
        """Believe nothing any more."""
        with self._lock:
            self._generation += 1
            self._known.clear()

    def _returned(self, _connection: object, record: Any) -> None:  # noqa: ANN401  # SQLAlchemy's form
        if record.info.get(_WROTE, False):
            self.forget()


def _unmark(connection: sa.Connection) -> None:
    connection.info[_WROTE] = False


def _mark(connection: sa.Connection) -> None:
    connection.info[_WROTE] = True
