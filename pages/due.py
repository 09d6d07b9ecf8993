"""What is assigned to whoever looks: what is due, and which cases are kept back from them. Nothing is drawn here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pages.repertoire import Repertoire, repertoire
from pages.room import me, room
from quizzes.people.assignment_store import Assignments
from quizzes.people.assignments import Asked, Assignment, Kept, Place, kept_back, place_of
from quizzes.people.permissions import Act, allowed
from quizzes.people.person import Person
from quizzes.sessions import Session


@dataclass(frozen=True, slots=True)
class Due:
    """An assignment that waits for whoever looks."""

    assignment_id: str
    """UUID."""
    title: str
    """For people; any text, never markup."""
    due_at: datetime | None
    """Until when, UTC; None for no date."""
    cases_left: int
    """How many cases are not finished."""
    cases: int
    """How many there are."""
    overdue: bool
    """Whether the date has passed."""
    reminded_at: datetime | None
    """When somebody reminded of it, UTC."""


def assignments() -> Assignments:
    """Give the assignments."""
    return Assignments(room().attempts.engine)


def due_for_me() -> list[Due]:
    """Give what is open and not ended, the earliest date first, those without a date last."""
    student, now = me().id, room().now()
    waiting = [one for one in assignments().of_student(student) if one.closed_at is None]
    found = []
    for assignment, asked, _, place in places(waiting, student):
        if place.ended_at is None and now >= assignment.created_at:
            found.append(
                Due(
                    assignment.id,
                    assignment.plan.title,
                    place.due_at,
                    place.left,
                    len(assignment.plan.cases),
                    place.overdue,
                    asked.reminded_at,
                )
            )
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or now, one.title))


def places(
    chosen: Iterable[Assignment], student_id: str | None = None
) -> list[tuple[Assignment, Asked, Session | None, Place]]:
    """Give where every student stands with assignments, or one student."""
    chosen = list(chosen)
    known, now = repertoire(), room().now()
    weights = {slug: known.weights(slug, None) for slug in known.quizzes}
    sessions = assignments().sessions(chosen, student_id)
    commits = room().attempts.commits_of([id_ for one in sessions.values() for id_ in one.attempts.values()])
    found = []
    for assignment in chosen:
        for asked in assignment.asked:
            if student_id in (None, asked.student_id):
                session = sessions.get(asked.session_id or "")
                found.append((assignment, asked, session, place_of(assignment, asked, session, commits, weights, now)))
    return found


def kept_for_me() -> dict[str, Kept]:
    """Give the cases that whoever looks cannot open by themselves, by slug."""
    return kept_for(me())


def kept_for(person: Person) -> dict[str, Kept]:
    """Give the cases that somebody cannot open by themselves, by slug; teachers are kept from none of others."""
    waiting = assignments().everything(open_only=True)
    if not waiting:
        return {}
    sessions = assignments().sessions(waiting, person.id)
    kept = kept_back(waiting, sessions, person.id, room().now())
    teacher = allowed(person.role, Act.SEE_ANSWERS)
    return {slug: one for slug, one in kept.items() if one.assignments or not teacher}


def open_repertoire() -> Repertoire:
    """Give the cases that may be served to whoever looks."""
    known, kept = repertoire(), kept_for_me()
    if not kept:
        return known
    return replace(known, candidates=tuple(one for one in known.candidates if one.slug not in kept))
