from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import settings

from quizzes import schema
from quizzes.vocabulary import Vocabulary, bundled_vocabulary
from tests.quizzes.postgres import cluster

# A busy machine is no fault of the code: examples may take their time.
settings.register_profile("unhurried", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return bundled_vocabulary()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give a PostgreSQL server of these tests' own, started when the first test asks for it."""
    with cluster() as url:
        yield url


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'attempts.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, sqlite: str) -> str:
    """Give an empty database of each kind: what the store promises, it promises on both."""
    if request.param == "sqlite":
        return sqlite
    server = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex}"
    engine = schema.open_engine(f"{server}/postgres")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"
