"""Passwords as Argon2id hashes, beside the people whose they are.

A password given by an administrator is good for one thing: choosing one's own. Checking a name that nobody has takes
as long as checking one that somebody has.
"""

import secrets
import unicodedata
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from quizzes import StoreError
from quizzes.guard import guarded
from quizzes.people import tables
from quizzes.people.person import Person, person_of

__all__ = ["FEWEST", "Passwords", "new_password"]

FEWEST = 10
"""Characters that a password has at least."""
_MOST = 200
# Before the hash of a password that its owner has not chosen.
_ONCE = "once "
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """The passwords of people who have one.

    Parameters
    ----------
    engine : Engine
        That of the attempts. Every method raises StoreError when the database fails.
    hasher : PasswordHasher
        Its parameters; hashes made with others are renewed at the next sign-in.
    """

    def __init__(self, engine: sa.Engine, hasher: PasswordHasher | None = None) -> None:
        self._engine = engine
        self._hasher = hasher or PasswordHasher()

    def set(self, person: Person, password: str, *, once: bool = False) -> None:
        """Give somebody a password.

        Parameters
        ----------
        once : bool
            Whether they must choose their own before they are let in.

        Raises
        ------
        StoreError
            It is shorter than `FEWEST` characters, or longer than 200.
        """
        if not FEWEST <= len(password) <= _MOST:
            found = f"found {len(password)} characters, expected {FEWEST} to {_MOST}"
            raise StoreError(f"password: {found}. Choose another.")
        self._keep(person.id, (_ONCE if once else "") + self._hasher.hash(_plain(password)))

    def check(self, login: str, password: str) -> tuple[Person, bool] | None:
        """Return who this is, and whether they must choose their own password first; None for a wrong password."""
        table = tables.person
        chosen = sa.select(table).where(table.c.login == login.strip().casefold()[:100])
        with guarded("sign-in"), self._engine.connect() as connection:
            row = connection.execute(chosen).one_or_none()
        kept = (row.password_hash if row else None) or ""
        once, kept = kept.startswith(_ONCE), kept.removeprefix(_ONCE)
        if not self._verify(kept or _nobodys(self._hasher), password[: _MOST + 1]):
            return None
        if row is None or not kept or row.closed_at:
            return None
        if self._hasher.check_needs_rehash(kept):
            self._keep(row.id, (_ONCE if once else "") + self._hasher.hash(_plain(password)))
        return person_of(row), once

    def has_any(self) -> bool:
        """Tell whether anybody can sign in at all."""
        table = tables.person
        chosen = sa.select(table.c.id).where(table.c.password_hash.is_not(None), table.c.closed_at.is_(None)).limit(1)
        with guarded("sign-in"), self._engine.connect() as connection:
            return connection.execute(chosen).first() is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _plain(password))
        except (VerificationError, InvalidHashError):
            return False

    def _keep(self, person_id: str, value: str) -> None:
        with guarded(f"password of {person_id}"), self._engine.begin() as connection:
            connection.execute(tables.person.update().filter_by(id=person_id).values(password_hash=value))


def new_password() -> str:
    """Make a password that can be read out: four groups of four letters, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _plain(password: str) -> str:
    # Two keyboards may write one letter in two ways. Half a pair of surrogates is no letter at all.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """Give a hash that no password has, with the same parameters."""
    return hasher.hash(secrets.token_urlsafe())
