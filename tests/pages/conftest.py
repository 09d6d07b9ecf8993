"""The pages over the real library, with a database of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.jobs import Downloads
from commands import image_store
from pages.accounts import Accounts
from pages.door import Door
from pages.room import Room, furnish
from quizzes.store import Attempts
from quizzes.vocabulary import bundled_vocabulary
from viewer.routes import Signer
from viewer.shelf import Shelf

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages see a browser without cookies: Streamlit's harness shows a stand-in for them that is none."""
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {}))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "data")


@pytest.fixture
def catalogue() -> Catalogue:
    """Give the library; a module may put another in its place."""
    return Catalogue(ROOT / "cases" / "library")


@pytest.fixture
def room(tmp_path: Path, now: datetime, catalogue: Catalogue, drafts: Drafts) -> Iterator[Room]:
    attempts = Attempts(f"sqlite:///{tmp_path / 'attempts.db'}")
    signer = Signer(bytes(32), now=lambda: now)
    yield furnish(
        Room(
            catalogue=catalogue,
            drafts=drafts,
            shelf=Shelf(),
            signer=signer,
            vocabulary=bundled_vocabulary(),
            attempts=attempts,
            now=signer.now,
            downloads=Downloads(image_store(tmp_path)),
            door=Door(Accounts(), attempts, bytes(32), signer.now),
        )
    )
    attempts.close()


def open_page(page: AppTest, name: str) -> AppTest:
    """Go to a page by its address, as somebody would who types it."""
    # The harness itself goes only to pages that are files; Streamlit knows the others by this digest.
    page._page_hash = calc_hash(name)
    return page.run()
