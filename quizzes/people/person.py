"""A person as the pages and routes know one: a name, a role, and the id that attempts carry as their learner."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["LOCAL", "Person", "Role", "person_of"]

LOCAL = "local"
"""Id of whoever sits at a machine without accounts, until they give themselves a name; older attempts carry it."""


class Role(StrEnum):
    """What somebody is in the department; `quizzes.people.permissions` says what each may do."""

    STUDENT = "student"
    RESIDENT = "resident"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reads, assigns or looks after Readout."""

    id: str
    """UUID, or `LOCAL`."""
    name: str
    """As shown to others; any text, never markup."""
    role: Role
    """Decides what they may do."""
    created_at: datetime
    """UTC."""
    cohort: str = ""
    """Group that assignments may go to, such as "October 2026"; empty for none."""
    closed_at: datetime | None = None
    """When the account was closed, UTC; None for one that is open."""


def person_of(row: Any) -> Person:  # noqa: ANN401  # a row of the database
    """Give the person that a row of the table of people holds."""
    return Person(row.id, row.name, Role(row.role), row.created_at, row.cohort, row.closed_at)
