"""The one table of what each role may do. Pages and routes ask it; nothing else decides."""

from collections.abc import Mapping
from enum import StrEnum

from quizzes.people.person import Role

__all__ = ["PERMISSIONS", "Act", "allowed"]


class Act(StrEnum):
    """Something that a person may or may not do."""

    READ_CASES = "read cases and answer them"
    SEE_OWN_RECORDS = "see their own attempts, progress, plan and logbook"
    SEE_RECORDS_OF_OTHERS = "see attempts, progress, plans and logbooks of students"
    SEE_ANSWERS = "see answers, item statistics and quiz exports before answering"
    PLAN_ROTATIONS = "make and change rotation plans"
    ASSIGN = "assign cases, and remind, extend and close"
    REVIEW = "comment on attempts, judge reports and keep the discuss list"
    WRITE_CASES = "import, download, write, publish and retire cases"
    MANAGE_PEOPLE = "add and close accounts, change roles and settings"


_STUDENT = frozenset({Act.READ_CASES, Act.SEE_OWN_RECORDS})
_RESIDENT = _STUDENT | {
    Act.SEE_RECORDS_OF_OTHERS,
    Act.SEE_ANSWERS,
    Act.PLAN_ROTATIONS,
    Act.ASSIGN,
    Act.REVIEW,
    Act.WRITE_CASES,
}

PERMISSIONS: Mapping[Role, frozenset[Act]] = {
    Role.STUDENT: _STUDENT,
    Role.RESIDENT: _RESIDENT,
    Role.ADMINISTRATOR: _RESIDENT | {Act.MANAGE_PEOPLE},
}


def allowed(role: Role, act: Act) -> bool:
    """Tell whether a role may do something."""
    return act in PERMISSIONS[role]
