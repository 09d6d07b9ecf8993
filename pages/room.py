"""What the pages work with, put together by ``app.py`` once for all sessions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import streamlit as st

from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.jobs import Downloads
from pages.accounts import LOOPBACK, Mode
from pages.door import Door, Visit
from quizzes.people.accounts import People
from quizzes.people.permissions import Act, allowed
from quizzes.people.person import Person
from quizzes.store import Attempts
from quizzes.vocabulary import Vocabulary
from viewer.routes import Signer
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
    door: Door
    """Tells who is there."""
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


def visit() -> Visit | None:
    """Give whoever this page is drawn for, asked again each time; None for nobody any more."""
    return room().door.visit(cookies())


def cookies() -> dict[str, str]:
    """Give the cookies that the browser showed when this page connected."""
    return dict(st.context.cookies)


def session() -> str:
    """Give what addresses of this page are signed for; empty when the browser has refused the cookie."""
    return room().door.session(cookies())


def people() -> People:
    """Give everybody whom this Readout knows."""
    return room().door.people


def me() -> Person:
    """Give whoever this page is drawn for; a page whose sign-in has ended stops here, and says so."""
    found = visit()
    if found is None:
        signed_out()
    return found.person


def signed_out() -> NoReturn:
    """Say that nobody is signed in any more, lead on, and end the page."""
    st.info("You are signed out here. What you have committed is kept.", icon=":material/lock:")
    st.html('<a class="ro-button" href="/sign-in" target="_self">Sign in</a>')
    st.stop()


def may(act: Act) -> bool:
    """Tell whether whoever this page is drawn for may do something."""
    return allowed(me().role, act) and (act != Act.WRITE_CASES or writable())


def is_local() -> bool:
    """Tell whether whoever looks sits in front of the machine itself: then paths on it may be named."""
    return room().door.mode == Mode.LOCAL and str(st.get_option("server.address")) in LOOPBACK


def writable() -> bool:
    """Tell whether this server lets anybody write cases: without accounts only who sits at the machine."""
    return room().door.mode != Mode.LOCAL or is_local()
