"""What the pages work with, put together by ``app.py`` once for all sessions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import streamlit as st

from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.jobs import Downloads
from quizzes.people.accounts import People
from quizzes.people.permissions import Act, allowed
from quizzes.people.person import Person
from quizzes.store import Attempts
from quizzes.vocabulary import Vocabulary
from viewer.routes import SESSION_COOKIE, Signer
from viewer.shelf import Shelf
from viewer.together import SharedReadings


@dataclass(frozen=True, slots=True)
class Room:
    """The reading room: everything that outlives one rerun of a page."""

    catalogue: Catalogue
    """The cases."""
    drafts: Drafts
    """Cases in the making, and those published or retired here."""
    shelf: Shelf
    """Their images."""
    signer: Signer
    """Signs addresses of pixels."""
    vocabulary: Vocabulary
    """Diagnoses and findings by name."""
    attempts: Attempts
    """What was answered."""
    now: Callable[[], datetime]
    """The clock, UTC."""
    downloads: Downloads
    """Downloads from the open archive that run or have run."""
    together: SharedReadings = field(default_factory=SharedReadings)
    """Cases that are read in several browsers at once."""


_rooms: list[Room] = []


def furnish(new: Room) -> Room:
    """Make a room the one that the pages use."""
    _rooms[:] = [new]
    return new


def room() -> Room:
    """Give the room in use."""
    return _rooms[0]


def session() -> str:
    """Give the name of the browser that this page is drawn for; empty when it has refused the cookie."""
    return str(st.context.cookies.get(SESSION_COOKIE, ""))


def people() -> People:
    """Give everybody whom this Readout knows."""
    return People(room().attempts.engine)


def me() -> Person:
    """Give whoever this page is drawn for."""
    return people().local_reader(now=room().now())


def may(act: Act) -> bool:
    """Tell whether whoever this page is drawn for may do something."""
    return allowed(me().role, act) and (act != Act.WRITE_CASES or writable())


def is_local() -> bool:
    """Tell whether only this machine is served, and whoever looks sits in front of it: then paths may be named."""
    return str(st.get_option("server.address")) in ("127.0.0.1", "localhost", "::1")


def writable() -> bool:
    """Tell whether this server lets anybody write cases: without accounts only who sits at the machine."""
    return is_local()
