"""A practice session is a plan chosen once and a list of events; where it stands follows from them and the clock.

A session runs from its start, is paused and resumed, and ends when the learner ends it, when every case is read, when
its time is up, or when the assignment that it is for is closed, whichever comes first. Paused time does not count. In
test mode everything stays sealed until the end. All is pure: times are timezone-aware UTC and passed in. It keeps
nothing (`quizzes.session_store` does).
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from quizzes import StoreError
from quizzes.store import Commit

__all__ = ["Event", "EventKind", "Plan", "Session", "Standing", "case_share", "following", "sealed", "standing"]

Feedback = Literal["study", "test"]
EventKind = Literal["paused", "resumed", "ended"]
State = Literal["running", "paused", "ended"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was chosen when a session began."""

    cases: tuple[str, ...]
    """Slugs in the order in which they are read; at least one."""
    feedback: Feedback
    """``study``: after each case; ``test``: only at the end."""
    limit_s: int | None = None
    """Time for the whole session in seconds, pauses not counted; None without a limit."""
    title: str = "Mixed practice"
    """For people, such as "Thoracic and lung, level 2"."""
    exam: bool = False
    """Whether it is a self-assessment exam by a blueprint."""

    def as_json(self) -> dict[str, object]:
        """Return the plan as `read` takes it."""
        return {
            "cases": list(self.cases),
            "feedback": self.feedback,
            "limit_s": self.limit_s,
            "title": self.title,
            "exam": self.exam,
        }

    @classmethod
    def read(cls, value: Mapping[str, object]) -> "Plan":
        """Read a plan that was kept; one that a newer Readout has written may say more.

        Raises
        ------
        StoreError
            It names no cases.
        """
        cases = value.get("cases")
        if not isinstance(cases, list) or not cases:
            raise StoreError("session: found no cases in its plan, expected one or more. Begin a new session.")
        limit = value.get("limit_s")
        return cls(
            tuple(map(str, cases)),
            "test" if value.get("feedback") == "test" else "study",
            int(limit) if isinstance(limit, int | float) else None,
            str(value.get("title", "")),
            exam=value.get("exam") is True,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the learner did to a session."""

    kind: EventKind
    """What."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Session:
    """One learner's session, as it is kept."""

    id: str
    """UUID."""
    learner: str
    """Whose it is."""
    plan: Plan
    """As chosen when it began."""
    started_at: datetime
    """UTC."""
    events: tuple[Event, ...]
    """Oldest first."""
    attempts: Mapping[int, str]
    """Attempt ids by position (zero-based) of the cases that were opened."""
    asked: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Weights of the questions by id, as each case had them when it was opened, by position."""
    assignment: str | None = None
    """Id of the assignment that it is for."""
    closed_at: datetime | None = None
    """When that was closed, UTC; None while it is open."""

    def weights(self, place: int, current: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weights of a case's questions by id: as it was opened, so that no later change counts."""
        return self.asked.get(place) or current

    def answered(self, place: int, committed: Collection[str], current: Collection[str]) -> bool:
        """Say whether a case is finished: what it asked when it was opened, and asks still, is all committed.

        Parameters
        ----------
        committed, current : collection of str
            Ids of the questions committed in this session, and of those that the case has now.
        """
        now, then = set(current), set(self.asked.get(place, ()))
        # What was asked and is asked still; of a case whose questions are all others, those.
        left = (now & then) or now
        return any(questions and questions.issubset(committed) for questions in (left, then))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands at one moment."""

    state: State
    """Whether the clock runs."""
    active_s: float
    """Seconds that counted so far."""
    left_s: float | None
    """Seconds left of the limit, 0 when it is over; None without a limit."""
    ended_at: datetime | None
    """When it ended; None before. What is committed later does not count in it."""
    timed_out: bool = False
    """Whether the limit ended it."""


def standing(session: Session, now: datetime) -> Standing:
    """Return where a session stands.

    Events that make no sense, such as a second pause, change nothing.
    """
    limit = session.plan.limit_s
    active = timedelta()
    since: datetime | None = session.started_at
    for event in (*_events(session, now), None):
        until = event.at if event else now
        if since is not None:
            spent = max(until - since, timedelta())
            if limit is not None and (active + spent).total_seconds() >= limit:
                over = since + timedelta(seconds=limit) - active
                return Standing("ended", float(limit), 0.0, over, timed_out=True)
            if event is None or event.kind in ("paused", "ended"):
                active += spent
                since = None if event else since
        if event is not None and event.kind == "ended":
            return Standing("ended", active.total_seconds(), _left(limit, active), event.at)
        if event is not None and event.kind == "resumed" and since is None:
            since = event.at
    return Standing("paused" if since is None else "running", active.total_seconds(), _left(limit, active), None)


def _events(session: Session, now: datetime) -> Iterable[Event]:
    """Return what happened, with the closing of the assignment as an end: opened again, the session goes on."""
    if session.closed_at is None or session.closed_at > now:
        return session.events
    return (*(one for one in session.events if one.at <= session.closed_at), Event("ended", session.closed_at))


def sealed(session: Session, now: datetime) -> bool:
    """Say whether answers and scores of this session must not be shown yet."""
    return session.plan.feedback == "test" and standing(session, now).state != "ended"


def _left(limit: int | None, active: timedelta) -> float | None:
    return None if limit is None else max(limit - active.total_seconds(), 0.0)


def following(session: Session, finished: Collection[int], after: int = -1) -> int | None:
    """Return the place of the case to read next, zero-based, or None when every case is finished.

    Parameters
    ----------
    finished : collection of int
        Places of the cases whose questions are all committed.
    after : int
        Place of the case in front of the learner: one that was skipped comes again after the last.
    """
    total = len(session.plan.cases)
    order = [(after + step) % total for step in range(1, total + 1)]
    return next((place for place in order if place not in finished), None)


def case_share(commits: Iterable[Commit], weights: Mapping[str, float], ended_at: datetime | None) -> float:
    """Return what a case earned in a session, 0 to 1: questions not committed before its end earn nothing.

    Parameters
    ----------
    commits : iterable of Commit
        Of the session's attempt at the case.
    weights : mapping
        Weight of every question of the case by its id.
    ended_at : datetime or None
        End of the session; None while it runs.
    """
    counted = [one.score for one in commits if ended_at is None or one.committed_at <= ended_at]
    earned = math.fsum(score.weight * score.value for score in counted)
    total = max(math.fsum(weights.values()), math.fsum(score.weight for score in counted))
    return earned / total if total else 0.0
