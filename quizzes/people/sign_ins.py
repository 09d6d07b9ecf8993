"""Who is signed in, by the token that their browser shows, and how often somebody has tried.

Only digests of tokens are kept. A sign-in ends by itself, by signing out, when its person signs out everywhere, and
when the account is closed. Tries are counted by name and by address, before the password is looked at, so that many at
once are not let through; what was typed as a name is kept as a digest, since people type passwords there.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quizzes.guard import aware_utc, guarded
from quizzes.people import tables
from quizzes.people.accounts import People
from quizzes.people.memory import Memory
from quizzes.people.person import Person, person_of

__all__ = ["TRIES", "WINDOW", "SignIn", "SignIns"]

WINDOW = timedelta(minutes=5)
"""Time in which tries are counted."""
TRIES = {"name": 5, "address": 50}
"""Most tries in it that fail, for one name and from one address: a department may share one."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody, for as long as their browser's token is good."""

    person: Person
    """Who."""
    expires_at: datetime
    """UTC."""


class SignIns:
    """The sign-ins of everybody; keep one for a process, as it remembers.

    Parameters
    ----------
    engine : Engine
        That of the attempts. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._memory: Memory[SignIn | None] = Memory(engine)

    def begin(self, person: Person, token: str, *, now: datetime, expires_at: datetime) -> bool:
        """Keep that whoever shows this token is a person; False when it is known already, and stays as it is."""
        at, table = aware_utc(now), tables.sign_in
        row = {"token_hash": _digest(token), "person_id": person.id, "started_at": at, "expires_at": expires_at}
        with guarded("sign-in"):
            try:
                with self._engine.begin() as connection:
                    connection.execute(table.delete().where(table.c.expires_at < at))
                    connection.execute(table.insert().values(row))
            except IntegrityError:
                return False
        return True

    def find(self, token: str, *, now: datetime) -> SignIn | None:
        """Return whose token this is; None when it never was one, or is none any more."""
        found = self._memory.recall(token, lambda: self._read(token), now=now) if token else None
        return found if found and found.expires_at > now else None

    def known(self, token: str) -> bool:
        """Tell whether a token has ever been a sign-in that would not have expired by now."""
        chosen = sa.select(tables.sign_in.c.token_hash).filter_by(token_hash=_digest(token))
        with guarded("sign-in"), self._engine.connect() as connection:
            return connection.execute(chosen).first() is not None

    def void(self, person: Person, begun: datetime) -> bool:
        """Tell whether a sign-in that began elsewhere then is void, as its person has signed out everywhere since."""
        table = tables.person
        with guarded("sign-in"), self._engine.connect() as connection:
            at = connection.scalar(sa.select(table.c.signed_out_at).filter_by(id=person.id))
        # Providers give whole seconds.
        return at is not None and begun < at.replace(microsecond=0)

    def reader(self, people: People, *, now: datetime) -> Person:
        """Return whoever sits at a machine without accounts and has chosen no profile."""
        found = self._memory.recall("", lambda: SignIn(people.local_reader(now=now), now), now=now)
        return found.person if found else people.local_reader(now=now)

    def end(self, token: str, *, now: datetime) -> None:
        """End one sign-in."""
        table = tables.sign_in
        ended = table.update().where(table.c.token_hash == _digest(token), table.c.ended_at.is_(None))
        with guarded("sign-out"), self._engine.begin() as connection:
            connection.execute(ended.values(ended_at=aware_utc(now)))

    def replace(self, token: str, person: Person, *, now: datetime, expires_at: datetime) -> None:
        """Let a token be another person from now on: where nobody signs in, and a profile is chosen."""
        table = tables.sign_in
        row = {"person_id": person.id, "started_at": aware_utc(now), "expires_at": expires_at, "ended_at": None}
        with guarded("profile"), self._engine.begin() as connection:
            done = connection.execute(table.update().filter_by(token_hash=_digest(token)).values(row))
            if not done.rowcount:
                connection.execute(table.insert().values(row | {"token_hash": _digest(token)}))

    def end_all(self, person: Person, *, now: datetime) -> None:
        """Sign somebody out everywhere."""
        at, table = aware_utc(now), tables.sign_in
        with guarded("sign-out"), self._engine.begin() as connection:
            connection.execute(tables.person.update().filter_by(id=person.id).values(signed_out_at=at))
            ended = table.update().where(table.c.person_id == person.id, table.c.ended_at.is_(None))
            connection.execute(ended.values(ended_at=at))

    def wait(self, login: str, address: str, *, now: datetime) -> timedelta:
        """Count a try at signing in, and return how long to wait before it may be made; nothing when it may be now."""
        at, table = aware_utc(now), tables.sign_in_failure
        keys = {"name": _digest(login.strip().casefold()), "address": _digest(address)}
        waits = [timedelta()]
        with guarded("sign-in"), self._engine.begin() as connection:
            connection.execute(table.delete().where(table.c.at < at - WINDOW))
            # Kept before they are counted: of many tries at once, each sees those before it.
            rows = [{"login": f"{kind} {key}", "at": at} for kind, key in keys.items()]
            connection.execute(table.insert(), rows)
            for kind, key in keys.items():
                chosen = sa.select(table.c.at).where(table.c.login == f"{kind} {key}").order_by(table.c.id.desc())
                times = list(connection.execute(chosen.limit(TRIES[kind] + 1)).scalars())
                if len(times) > TRIES[kind]:
                    waits.append(times[-1] + WINDOW - at)
            if max(waits):
                self._uncount(connection, [str(row["login"]) for row in rows], at)
        return max(waits)

    def came_in(self, login: str, address: str, *, now: datetime) -> None:
        """Forget the tries for a name whose password was right, and the last one from its address."""
        table, name = tables.sign_in_failure, _digest(login.strip().casefold())
        with guarded("sign-in"), self._engine.begin() as connection:
            connection.execute(table.delete().where(table.c.login == f"name {name}"))
            self._uncount(connection, [f"address {_digest(address)}"], aware_utc(now))

    def _uncount(self, connection: sa.Connection, keys: list[str], at: datetime) -> None:
        # A refused try counts for nothing, or whoever goes on trying would wait for ever.
        table = tables.sign_in_failure
        for key in keys:
            last = sa.select(sa.func.max(table.c.id)).where(table.c.login == key, table.c.at <= at).scalar_subquery()
            connection.execute(table.delete().where(table.c.id == last))

    def _read(self, token: str) -> SignIn | None:
        table, who = tables.sign_in, tables.person
        chosen = (
            sa.select(who, table.c.expires_at)
            .join_from(table, who)
            .where(table.c.token_hash == _digest(token), table.c.ended_at.is_(None), who.c.closed_at.is_(None))
            .where(sa.or_(who.c.signed_out_at.is_(None), table.c.started_at >= who.c.signed_out_at))
        )
        with guarded("sign-in"), self._engine.connect() as connection:
            row = connection.execute(chosen).one_or_none()
        return SignIn(person_of(row), row.expires_at) if row else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
