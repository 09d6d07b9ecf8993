from datetime import UTC, datetime

import pytest

from quizzes.vocabulary import Vocabulary, bundled_vocabulary


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return bundled_vocabulary()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
