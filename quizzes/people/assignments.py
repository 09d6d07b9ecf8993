"""What residents ask students to read: where each student stands, what is overdue, and which cases fit a wish.

An assignment is read as a practice session, begun when the student first opens it. A test is sealed until the student
has ended it or the assignment is closed. While a reserved one is open, its cases are shut for students who are not
asked, and whoever is asked to take a test reads its cases nowhere else before. All is pure: times are timezone-aware
UTC and passed in, and nothing is kept (`quizzes.people.assignment_store` does).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quizzes.practice import Candidate, Chosen, Wish, choose
from quizzes.sessions import Plan, Session, case_share, sealed, standing
from quizzes.store import Commit

__all__ = ["Asked", "Assignment", "Case", "Kept", "Picked", "Place", "Wanted", "kept_back", "pick", "place_of"]

Case = Literal["not begun", "reading", "done", "gone"]
"""Where a student is with one case; ``gone``: it has left the library, and nobody has to wait for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One student who is asked."""

    student_id: str
    """Who."""
    session_id: str | None = None
    """The session in which it is read; None until it is begun."""
    due_at: datetime | None = None
    """When it was extended for this student: until when, UTC."""
    reminded_at: datetime | None = None
    """When the student was reminded last, UTC."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Cases that somebody asks students to read."""

    id: str
    """UUID."""
    author_id: str
    """Who asks."""
    plan: Plan
    """Cases in their order, mode, time limit and title."""
    note: str
    """For the students; any text, never markup."""
    reserved: bool
    """Whether its cases are shut for other students while it is open."""
    created_at: datetime
    """UTC."""
    due_at: datetime | None
    """Until when it should be read, UTC; None for no date. Late is late, and not refused."""
    closed_at: datetime | None
    """When it was closed, UTC; None while it is open."""
    asked: tuple[Asked, ...]
    """The students."""

    def student(self, student_id: str) -> Asked | None:
        """Return what is asked of one student, or None."""
        return next((one for one in self.asked if one.student_id == student_id), None)

    def due_for(self, asked: Asked) -> datetime | None:
        """Return until when one student should have read it: the later of the date for all and their own."""
        if self.due_at is None:
            return None
        return max(self.due_at, asked.due_at or self.due_at)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one student stands with an assignment."""

    cases: tuple[Case, ...]
    """In the order of the plan."""
    shares: tuple[float | None, ...]
    """What each case earned, 0 to 1; None where it is not known or must not be shown yet."""
    due_at: datetime | None
    """Until when, UTC."""
    ended_at: datetime | None
    """When it ended, UTC; None before."""
    sealed: bool
    """Whether answers and scores must not be shown yet."""
    overdue: bool
    """Whether the date has passed and it has not ended."""
    late: bool
    """Whether it ended after the date."""

    @property
    def begun(self) -> bool:
        """Whether anything was opened."""
        return self.ended_at is not None or any(case in ("reading", "done") for case in self.cases)

    @property
    def left(self) -> int:
        """How many cases wait to be finished."""
        return sum(case in ("not begun", "reading") for case in self.cases)

    @property
    def score(self) -> float | None:
        """Mean of the cases that count, 0 to 1; None while it goes on, or must not be shown."""
        shares = [share for share in self.shares if share is not None]
        return sum(shares) / len(shares) if shares and self.ended_at else None


def place_of(
    assignment: Assignment,
    asked: Asked,
    session: Session | None,
    commits: Mapping[str, Collection[Commit]],
    weights: Mapping[str, Mapping[str, float]],
    now: datetime,
) -> Place:
    """Return where a student stands.

    Parameters
    ----------
    session : Session or None
        In which it is read; None before.
    commits : mapping
        What was committed in the session's attempts, by attempt.
    weights : mapping
        Weight of every question by its id, by case; a case that has left the library is absent.
    """
    due = assignment.due_for(asked)
    slugs = assignment.plan.cases
    if session is None:
        # Closed before it was begun: nothing of it is shown, and nothing is waited for.
        cases = tuple[Case, ...]("not begun" if slug in weights else "gone" for slug in slugs)
        overdue = due is not None and due < now and assignment.closed_at is None
        return Place(cases, (None,) * len(slugs), due, None, sealed=False, overdue=overdue, late=False)
    stands, hidden = standing(session, now), sealed(session, now)
    cases = tuple(_case(session, place, commits, weights) for place in range(len(slugs)))
    shares = tuple(
        None if hidden else _share(session, place, case, commits, weights, stands.ended_at)
        for place, case in enumerate(cases)
    )
    until = stands.ended_at or now
    passed = due is not None and due < until
    return Place(
        cases,
        shares,
        due,
        stands.ended_at,
        sealed=hidden,
        overdue=passed and stands.ended_at is None,
        late=passed and stands.ended_at is not None,
    )


def _case(
    session: Session,
    place: int,
    commits: Mapping[str, Collection[Commit]],
    weights: Mapping[str, Mapping[str, float]],
) -> Case:
    slug, attempt = session.plan.cases[place], session.attempts.get(place)
    committed = {one.question_id for one in commits.get(attempt or "", ())}
    if attempt and session.answered(place, committed, weights.get(slug, {})):
        return "done"
    if slug not in weights:
        return "gone"
    return "reading" if attempt else "not begun"


def _share(
    session: Session,
    place: int,
    case: Case,
    commits: Mapping[str, Collection[Commit]],
    weights: Mapping[str, Mapping[str, float]],
    ended_at: datetime | None,
) -> float | None:
    """Return what a case earned; None for one that is not finished yet, and for one that nobody can open any more."""
    attempt = session.attempts.get(place)
    if (case == "gone" and not attempt) or (case != "done" and ended_at is None):
        return None
    slug = session.plan.cases[place]
    return case_share(commits.get(attempt or "", ()), session.weights(place, weights.get(slug, {})), ended_at)


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a student cannot open a case just now."""

    until: datetime | None
    """Until when, as far as is known, UTC."""
    assignments: frozenset[str] = frozenset()
    """The student's own tests in which it is to be read; empty for an exam of others."""


def kept_back(
    assignments: Iterable[Assignment], sessions: Mapping[str, Session], student_id: str, now: datetime
) -> dict[str, Kept]:
    """Return the cases that a student cannot open by themselves, by slug.

    Those of reserved assignments that others are asked to read, and those of the student's own tests that have not
    ended: these are read as part of the test only.

    Parameters
    ----------
    assignments : iterable of Assignment
        All that are open.
    sessions : mapping
        The student's sessions of them, by id.
    """
    found: dict[str, Kept] = {}
    for one in assignments:
        asked = one.student(student_id)
        if asked is None:
            mine, keeps, until = False, one.reserved, one.due_at
        else:
            session = sessions.get(asked.session_id or "")
            mine = session is None or standing(session, now).state != "ended"
            keeps, until = mine and one.plan.feedback == "test", one.due_for(asked)
        if one.closed_at is None and keeps:
            own = frozenset({one.id}) if mine else frozenset()
            for slug in one.plan.cases:
                before = found.get(slug, Kept(until))
                found[slug] = Kept(_later(before.until, until), before.assignments | own)
    return found


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish such as "five thoracic, level 1–2, one normal, not yet read by these students"."""

    length: int
    """Number of cases, at least 1."""
    sections: frozenset[str] = frozenset()
    """Keys of the sections; empty for all, mixed."""
    levels: frozenset[int] = frozenset()
    """Levels; empty for all."""
    modalities: frozenset[str] = frozenset()
    """Modalities in DICOM's words; empty for all."""
    normals: int = 0
    """How many of them should be without a finding."""
    unread: bool = True
    """Whether a case that one of the students has read does not fit."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Cases that fit a wish."""

    slugs: tuple[str, ...]
    """In the order in which they are read."""
    missing: tuple[str, ...]
    """What of the wish the library cannot give, in words."""


def pick(candidates: Collection[Candidate], wanted: Wanted, read: Collection[str], seed: int) -> Picked:
    """Choose cases for an assignment.

    Parameters
    ----------
    read : collection of str
        Slugs that any of the students has read.
    seed : int
        Decides among equals.
    """
    fitting = [
        one
        for one in candidates
        if (not wanted.modalities or one.concept[1] in wanted.modalities)
        and not (wanted.unread and one.slug in read)
        and (not wanted.sections or not wanted.sections.isdisjoint(one.sections))
        and (not wanted.levels or one.level in wanted.levels)
    ]
    length = min(wanted.length, len(fitting))
    if not length:
        return Picked((), (f"no case fits{' that none of them has read' if wanted.unread else ''}",))
    normals = min(wanted.normals, length)
    chosen = choose(fitting, Wish(length, normal_share=normals / length), {}, seed)
    return Picked(chosen.slugs, tuple(_missing(wanted, chosen, length)))


def _missing(wanted: Wanted, chosen: Chosen, length: int) -> Iterable[str]:
    if length < wanted.length:
        yield f"{length} of {wanted.length} cases fit"
    if chosen.normals != wanted.normals:
        yield f"{chosen.normals} instead of {wanted.normals} without a finding"
