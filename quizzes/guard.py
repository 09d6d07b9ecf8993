"""What every keeper of records shares: no exception of a database leaves it, and values are fit to be kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from quizzes import StoreError

__all__ = ["aware_utc", "guarded", "plain_json"]


def plain_json(name: str, value: Mapping[str, object]) -> object:
    """Return a mapping as JSON gives it back, or refuse it by its name."""
    # Here, because drivers differ in what they raise for a value that is no JSON, and when.
    try:
        return json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StoreError(f"{name}: found a value that is no JSON: {error}. Pass plain values.") from error


def aware_utc(now: datetime) -> datetime:
    """Return a time in UTC, and refuse one without a timezone."""
    if now.tzinfo is None:
        raise StoreError(f"time {now.isoformat()}: found no timezone, expected UTC. Pass an aware time.")
    return now.astimezone(UTC)


def _words(error: BaseException | None) -> str:
    # pg8000 gives the fields of PostgreSQL's answer; M is the message.
    fields = error.args[0] if error and error.args else None
    return str(fields.get("M", fields)) if isinstance(fields, dict) else str(error)


@contextmanager
def guarded(place: str) -> Iterator[None]:
    """Turn what SQLAlchemy and the database drivers raise into a StoreError."""
    try:
        yield
    except DBAPIError as error:
        # The driver's own words: SQLAlchemy's hold the statement and the learner's answer.
        reason = f"the database refused: {_words(error.orig)}"
        raise StoreError(f"{place}: {reason}. Check that it is there, writable and not full.") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{place}: {error}. Check the database URL and the values.") from error
    except ImportError as error:
        raise StoreError(f"{place}: the driver {error.name} is not installed. Install it.") from error
