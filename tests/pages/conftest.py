"""The pages over the real library, with a database of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.catalogue import Catalogue
from cases.draft import Drafts
from pages.room import Room, furnish
from quizzes.store import Attempts
from quizzes.vocabulary import bundled_vocabulary
from viewer.routes import Signer
from viewer.shelf import Shelf

ROOT = Path(__file__).parents[2]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def room(tmp_path: Path, now: datetime) -> Iterator[Room]:
    attempts = Attempts(f"sqlite:///{tmp_path / 'attempts.db'}")
    signer = Signer(bytes(32), now=lambda: now)
    catalogue = Catalogue(ROOT / "cases" / "library")
    yield furnish(Room(catalogue, Drafts(tmp_path), Shelf(), signer, bundled_vocabulary(), attempts, signer.now))
    attempts.close()
