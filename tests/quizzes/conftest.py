from datetime import UTC, datetime

import pytest
from hypothesis import settings

from quizzes.vocabulary import Vocabulary, bundled_vocabulary

# A busy machine is no fault of the code: examples may take their time.
settings.register_profile("unhurried", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return bundled_vocabulary()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
