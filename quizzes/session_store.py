"""Practice sessions, kept in the database of the attempts: whatever device asks next goes on where the last one was.

Plans, openings of cases and events are only ever added. Of two tabs that do the same at once, one does it and both see
it. What it all amounts to at a given moment is for `quizzes.sessions`.
"""

import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quizzes import StoreError, schema
from quizzes.guard import aware_utc, guarded, plain_json
from quizzes.people import tables
from quizzes.sessions import Event, EventKind, Plan, Session, standing
from quizzes.store import Attempt

__all__ = ["Sessions", "insert_session"]


class Sessions:
    """The sessions of every learner.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def start(self, learner: str, plan: Plan, *, now: datetime) -> Session:
        """Begin a session, and return it."""
        with guarded("session"), self._engine.begin() as connection:
            id_ = insert_session(connection, learner, plan, now=now)
        return Session(id_, learner, plan, aware_utc(now), (), {})

    def session(self, session_id: str, learner: str) -> Session | None:
        """Return a learner's session; None when there is none of this id, or it is somebody else's."""
        table = schema.practice_session
        return next(iter(self._read(sa.select(table).filter_by(id=session_id, learner=learner))), None)

    def sessions(self, session_ids: Collection[str]) -> dict[str, Session]:
        """Return sessions of anybody by their ids, for those who may see them."""
        table = schema.practice_session
        found: dict[str, Session] = {}
        for part in _parts(sorted(session_ids)):
            found |= {one.id: one for one in self._read(sa.select(table).where(table.c.id.in_(part)))}
        return found

    def of_attempt(self, attempt_id: str) -> Session | None:
        """Return the session in which an attempt was begun, or None."""
        table, opened = schema.practice_session, schema.session_attempt
        chosen = sa.select(table).join(opened, opened.c.session_id == table.c.id)
        return next(iter(self._read(chosen.where(opened.c.attempt_id == attempt_id))), None)

    def of_latest(self, learner: str, case_slug: str) -> Session | None:
        """Return the session in which a learner's latest attempt at a case was begun, or None."""
        attempts, table, opened = schema.attempt, schema.practice_session, schema.session_attempt
        latest = sa.select(attempts.c.id).filter_by(learner=learner, case_slug=case_slug)
        latest = latest.order_by(attempts.c.number.desc()).limit(1)
        chosen = sa.select(table).join(opened, opened.c.session_id == table.c.id)
        return next(iter(self._read(chosen.where(opened.c.attempt_id == latest.scalar_subquery()))), None)

    def of_learner(self, learner: str, *, most: int = 50) -> tuple[Session, ...]:
        """Return a learner's sessions, newest first."""
        table = schema.practice_session
        chosen = sa.select(table).filter_by(learner=learner)
        return self._read(chosen.order_by(table.c.started_at.desc(), table.c.id).limit(most))

    def sealed_attempts(self, learner: str, *, now: datetime) -> frozenset[str]:
        """Return the attempts whose answers and scores must not show yet: those of test sessions still going on."""
        from quizzes.sessions import sealed

        # All of them: one that was paused a year ago is sealed still.
        table = schema.practice_session
        sessions = self._read(sa.select(table).filter_by(learner=learner))
        return frozenset(id_ for one in sessions if sealed(one, now) for id_ in one.attempts.values())

    def add(self, session: Session, kind: EventKind, *, now: datetime) -> Session:
        """Add an event, and return the session as it is then.

        Of two tabs that add at once, the first does; the other sees what it did and adds nothing.
        """
        row = {"session_id": session.id, "number": len(session.events) + 1, "kind": kind, "at": aware_utc(now)}
        with guarded(f"session {session.id}"):
            try:
                with self._engine.begin() as connection:
                    connection.execute(schema.session_event.insert().values(row))
            except IntegrityError:
                if self.session(session.id, session.learner) is None:
                    raise
        return self._again(session)

    def open(
        self,
        session: Session,
        position: int,
        case_version: str,
        *,
        asked: Mapping[str, float] | None = None,
        now: datetime,
    ) -> Attempt:
        """Return the attempt at a case of a session, begun now unless it was before.

        Parameters
        ----------
        position : int
            Place of the case in the plan, zero-based.
        case_version : str
            Of the case as it is now.
        asked : mapping, optional
            Weights of its questions by id as they are now: they stay those of this session.

        Raises
        ------
        StoreError
            The session has ended, or has no such place.
        """
        if not 0 <= position < len(session.plan.cases):
            raise StoreError(
                f"session {session.id}: found place {position}, expected one of its plan. Reload the page."
            )
        with guarded(f"session {session.id}"):
            if position not in session.attempts and standing(session, now).state == "ended":
                raise StoreError(f"session {session.id}: it has ended. Begin a new one.")
            try:
                opened = self._opened(session, position)
                return opened or self._begin(session, position, case_version, dict(asked or {}), aware_utc(now))
            except IntegrityError:
                # Another tab opened it a moment ago.
                found = self._opened(session, position)
                if found is None:
                    raise
                return found

    def _opened(self, session: Session, position: int) -> Attempt | None:
        attempt, opened = schema.attempt, schema.session_attempt
        chosen = sa.select(attempt).join(opened, opened.c.attempt_id == attempt.c.id)
        with self._engine.connect() as connection:
            row = connection.execute(chosen.filter_by(session_id=session.id, position=position)).one_or_none()
        return Attempt.read(row) if row else None

    def _begin(
        self, session: Session, position: int, case_version: str, asked: dict[str, float], now: datetime
    ) -> Attempt:
        table, slug = schema.attempt, session.plan.cases[position]
        last = sa.select(sa.func.max(table.c.number)).filter_by(learner=session.learner, case_slug=slug)
        with self._engine.begin() as connection:
            number = (connection.scalar(last) or 0) + 1
            seed = secrets.randbits(31)
            begun = Attempt(
                str(uuid.uuid4()), session.learner, slug, number, case_version, seed, now, tuple(asked) or None
            )
            connection.execute(table.insert().values(asdict(begun)))
            opened = {"attempt_id": begun.id, "session_id": session.id, "position": position, "asked": asked or None}
            connection.execute(schema.session_attempt.insert().values(opened))
        return begun

    def _again(self, session: Session) -> Session:
        found = self.session(session.id, session.learner)
        if found is None:
            raise StoreError(f"session {session.id}: it is not there. Begin a new one.")
        return found

    def _read(self, chosen: sa.Select[Any]) -> tuple[Session, ...]:
        with guarded("session"), self._engine.connect() as connection:
            sessions = {
                row.id: Session(row.id, row.learner, Plan.read(row.plan), row.started_at, (), {}, {})
                for row in connection.execute(chosen)
            }
            for part in _parts(list(sessions)):
                sessions |= _filled(connection, {id_: sessions[id_] for id_ in part})
        return tuple(sessions.values())


def insert_session(connection: sa.Connection, learner: str, plan: Plan, *, now: datetime) -> str:
    """Begin a session in a transaction of the caller's, and return its id."""
    id_ = str(uuid.uuid4())
    row = {"id": id_, "learner": learner, "plan": plain_json("plan", plan.as_json()), "started_at": aware_utc(now)}
    connection.execute(schema.practice_session.insert().values(row))
    return id_


def _filled(connection: sa.Connection, sessions: Mapping[str, Session]) -> dict[str, Session]:
    """Return sessions with what happened in them and the assignments that they are for."""
    happened, opened, asked = schema.session_event, schema.session_attempt, tables.assignment_student
    events: dict[str, list[Event]] = {id_: [] for id_ in sessions}
    attempts: dict[str, dict[int, str]] = {id_: {} for id_ in sessions}
    weights: dict[str, dict[int, dict[str, float]]] = {id_: {} for id_ in sessions}
    chosen = sa.select(happened).where(happened.c.session_id.in_(sessions)).order_by(happened.c.number)
    for row in connection.execute(chosen):
        events[row.session_id].append(Event(row.kind, row.at))
    for row in connection.execute(sa.select(opened).where(opened.c.session_id.in_(sessions))):
        attempts[row.session_id][row.position] = row.attempt_id
        weights[row.session_id][row.position] = row.asked or {}
    chosen = sa.select(asked.c.session_id, tables.assignment.c.id, tables.assignment.c.closed_at)
    chosen = chosen.join_from(asked, tables.assignment).where(asked.c.session_id.in_(sessions))
    assignments = {row.session_id: (row.id, row.closed_at) for row in connection.execute(chosen)}
    return {
        id_: replace(
            session,
            events=tuple(events[id_]),
            attempts=attempts[id_],
            asked=weights[id_],
            assignment=assignments.get(id_, (None, None))[0],
            closed_at=assignments.get(id_, (None, None))[1],
        )
        for id_, session in sessions.items()
    }


def _parts(ids: list[str]) -> Iterable[list[str]]:
    # Databases limit how many values one statement may have.
    return (ids[start : start + 500] for start in range(0, len(ids), 500))
