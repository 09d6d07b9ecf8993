"""The people that Readout knows, kept in the database of the attempts.

A name is shown, a login is typed: it is compared without regard to case, and nobody else has it. Times are
timezone-aware UTC and passed in.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quizzes import StoreError
from quizzes.guard import aware_utc, guarded
from quizzes.people import tables
from quizzes.people.person import LOCAL, Person, Role, person_of

__all__ = ["People"]

_LONGEST = 100


class People:
    """Everybody who has an account or a profile.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, name: str, role: Role, *, login: str | None = None, cohort: str = "", now: datetime) -> Person:
        """Add somebody, and return them.

        Parameters
        ----------
        login : str or None
            What they type to sign in; their name without.

        Raises
        ------
        StoreError
            The name is empty or longer than 100 characters, or the login is taken.
        """
        person = Person(str(uuid.uuid4()), _text("name", name), role, aware_utc(now), _text("group", cohort, least=0))
        return self._insert(person, _text("login", login or name).casefold())

    def person(self, person_id: str) -> Person | None:
        """Return the person of this id, or None."""
        return next(iter(self._read(tables.person.c.id == person_id)), None)

    def by_login(self, login: str) -> Person | None:
        """Return who signs in by this name, or None."""
        return next(iter(self._read(tables.person.c.login == login.strip().casefold())), None)

    def admit(self, subject: str, name: str, role: Role, *, now: datetime) -> Person:
        """Return who comes from an identity provider, with the name and role that it gives; added at the first visit.

        Parameters
        ----------
        subject : str
            Issuer and subject, at most 500 characters.
        """
        table = tables.person
        found = next(iter(self._read(table.c.subject == subject)), None)
        if found is None:
            new = Person(str(uuid.uuid4()), _text("name", name[:_LONGEST]), role, aware_utc(now))
            try:
                return self._insert(new, None, subject)
            except StoreError:
                # Another tab was first.
                found = next(iter(self._read(table.c.subject == subject)), None)
                if found is None:
                    raise
        if found.closed_at or (found.name, found.role) == (name, role):
            return found
        return self.change(replace(found, name=name[:_LONGEST], role=role), now=now)

    def keeps_an_administrator(self, changed: Person) -> bool:
        """Tell whether somebody still looks after Readout once a person is as in `changed`."""
        others = (one for one in self.everyone(Role.ADMINISTRATOR) if one.id != changed.id)
        return any(others) or (changed.role == Role.ADMINISTRATOR and changed.closed_at is None)

    def logins(self) -> dict[str, str]:
        """Return what each person types to sign in, by id; those who come from an identity provider are absent."""
        chosen = sa.select(tables.person.c.id, tables.person.c.login).where(tables.person.c.login.is_not(None))
        with guarded("people"), self._engine.connect() as connection:
            return {row.id: row.login for row in connection.execute(chosen)}

    def everyone(self, *roles: Role, closed: bool = False) -> tuple[Person, ...]:
        """Return everybody of these roles, or of all, by name; those whose account is closed only when asked."""
        wanted = [tables.person.c.role.in_(roles or list(Role))]
        if not closed:
            wanted.append(tables.person.c.closed_at.is_(None))
        return tuple(self._read(*wanted))

    def change(self, person: Person, *, now: datetime) -> Person:
        """Keep a person's name, role, group and whether the account is closed, as they are in `person`."""
        values = {
            "name": _text("name", person.name),
            "role": person.role,
            "cohort": _text("group", person.cohort, least=0),
            "closed_at": person.closed_at and aware_utc(person.closed_at),
            # What was true of an open account ends with it.
            "signed_out_at": aware_utc(now) if person.closed_at else tables.person.c.signed_out_at,
        }
        with guarded(f"person {person.id}"), self._engine.begin() as connection:
            done = connection.execute(tables.person.update().filter_by(id=person.id).values(values))
        if not done.rowcount:
            raise StoreError(f"person {person.id}: there is nobody of this id. Reload the page.")
        return replace(person, name=str(values["name"]), cohort=str(values["cohort"]))

    def local_reader(self, *, now: datetime) -> Person:
        """Return whoever sits at a machine without accounts; made at the first visit."""
        found = self.person(LOCAL)
        if found is None:
            try:
                return self._insert(Person(LOCAL, "Reader", Role.ADMINISTRATOR, aware_utc(now)), "reader")
            except StoreError:
                # Another tab was first.
                found = self.person(LOCAL)
                if found is None:
                    raise
        return found

    def _insert(self, person: Person, login: str | None, subject: str | None = None) -> Person:
        row = {
            "id": person.id,
            "name": person.name,
            "role": person.role,
            "cohort": person.cohort,
            "login": login,
            "subject": subject,
            "created_at": person.created_at,
        }
        with guarded(f"person {person.name}"):
            try:
                with self._engine.begin() as connection:
                    connection.execute(tables.person.insert().values(row))
            except IntegrityError as error:
                raise StoreError(f"person {person.name}: the name {login!r} is taken. Choose another.") from error
        return person

    def _read(self, *wanted: sa.ColumnElement[bool]) -> Sequence[Person]:
        table = tables.person
        chosen = sa.select(table).where(*wanted).order_by(sa.func.lower(table.c.name), table.c.id)
        with guarded("people"), self._engine.connect() as connection:
            return [person_of(row) for row in connection.execute(chosen)]


def _text(what: str, text: str, *, least: int = 1) -> str:
    """Return a text without spaces around it and control characters in it, or refuse it by what it is."""
    clean = "".join(" " if not letter.isprintable() else letter for letter in text).strip()
    if not least <= len(clean) <= _LONGEST:
        raise StoreError(f"{what}: found {len(clean)} characters, expected {least} to {_LONGEST}.")
    return clean
