"""What is wrong with a rotation plan, and what to do about it: one sentence or two for each finding.

A grave finding makes no sense or is not possible, and such a plan is not kept. The others are for the planner to
decide: a gap may be a holiday. All is pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Literal

from quizzes.people.rotation import (
    LONGEST_DAYS,
    MOST_AT_ONCE,
    NUCLEAR,
    NUCLEAR_MOST_DAYS,
    Block,
    Plan,
    overlap,
    workdays,
)

__all__ = ["Finding", "Kind", "check", "days_in_words"]

Kind = Literal[
    "stay",
    "empty",
    "unknown",
    "reversed",
    "outside",
    "overlap",
    "gap",
    "missing",
    "nuclear-long",
    "nuclear-alone",
    "no-resident",
    "crowded",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a plan."""

    kind: Kind
    """Which."""
    text: str
    """What was found and what to do."""
    grave: bool = False
    """Whether the plan cannot be kept as it is."""
    block: int | None = None
    """Place of the block that it is about, zero-based; None for the whole plan."""


def check(
    plan: Plan,
    sections: Mapping[str, str],
    *,
    others: Sequence[Block] = (),
    residents: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with a plan, the grave findings first; nothing when all is well.

    Parameters
    ----------
    sections : mapping
        Key of each of the eight sections → its name; without nuclear medicine.
    others : sequence of Block
        Blocks of other students' plans, for who has how many students alongside.
    residents : mapping or None
        Id → name of those who can be alongside; None when their names do not matter.
    """
    names = {**sections, NUCLEAR: "Nuclear medicine"}
    found = [
        *_stay(plan),
        *_each(plan, names),
        *_overlaps(plan, names),
        *_nuclear(plan),
        *_gaps(plan),
        *_missing(plan, sections),
        *_residents(plan, names, others, residents),
    ]
    return tuple(sorted(found, key=lambda one: not one.grave))


def days_in_words(first: date, last: date) -> str:
    """Return a span of days for people, such as "2–6 March 2026"."""
    if first == last:
        return f"{first:%-d %B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%-d}–{last:%-d %B %Y}"
    return f"{first:%-d %B} – {last:%-d %B %Y}" if first.year == last.year else f"{first:%-d %B %Y} – {last:%-d %B %Y}"


def _stay(plan: Plan) -> Iterator[Finding]:
    if plan.ends_on < plan.starts_on:
        yield Finding("stay", "The stay ends before it begins. Correct its dates.", grave=True)
    elif (plan.ends_on - plan.starts_on).days > LONGEST_DAYS:
        yield Finding("stay", "The stay is longer than three years. Correct its dates.", grave=True)
    elif not workdays(plan.starts_on, plan.ends_on):
        yield Finding("stay", "The stay has no day from Monday to Friday. Choose other dates.", grave=True)
    if not plan.blocks:
        yield Finding("empty", "The plan has no block yet. Have one proposed, or add blocks.", grave=True)


def _each(plan: Plan, names: Mapping[str, str]) -> Iterator[Finding]:
    for number, one in enumerate(plan.blocks):
        name = names.get(one.section)
        if name is None:
            text = f"Block {number + 1} is in “{one.section}”, which is no section. Choose one."
            yield Finding("unknown", text, grave=True, block=number)
            name = one.section
        if one.ends_on < one.starts_on:
            text = f"{name} ends before it begins. Correct its dates."
            yield Finding("reversed", text, grave=True, block=number)
        elif one.starts_on < plan.starts_on or one.ends_on > plan.ends_on:
            stay = days_in_words(plan.starts_on, plan.ends_on)
            text = f"{name}, {days_in_words(one.starts_on, one.ends_on)}, is not within the stay, {stay}. "
            text += "Move it, or change the stay."
            yield Finding("outside", text, grave=True, block=number)


def _overlaps(plan: Plan, names: Mapping[str, str]) -> Iterator[Finding]:
    for (_, one), (number, other) in combinations(enumerate(plan.blocks), 2):
        if overlap(one, other):
            first, last = max(one.starts_on, other.starts_on), min(one.ends_on, other.ends_on)
            if first <= last:
                both = f"{names.get(one.section, one.section)} and {names.get(other.section, other.section)}"
                text = f"{both} overlap on {days_in_words(first, last)}. Shorten one of them, or lay all end to end."
                yield Finding("overlap", text, grave=True, block=number)


def _nuclear(plan: Plan) -> Iterator[Finding]:
    days = sum(len(workdays(one.starts_on, one.ends_on)) for one in plan.blocks if one.section == NUCLEAR)
    if days and all(one.section == NUCLEAR for one in plan.blocks):
        text = "An internship only in nuclear medicine is not possible. Add blocks of the eight sections."
        yield Finding("nuclear-alone", text, grave=True)
    if days > NUCLEAR_MOST_DAYS:
        text = (
            f"Nuclear medicine has {days} working days; two weeks ({NUCLEAR_MOST_DAYS}) are the most. Shorten it, and "
            "give the days to another section."
        )
        yield Finding("nuclear-long", text, grave=True)


def _gaps(plan: Plan) -> Iterator[Finding]:
    if not plan.blocks:
        return
    taken = {day for one in plan.blocks for day in workdays(one.starts_on, one.ends_on)}
    free = [day for day in workdays(plan.starts_on, plan.ends_on) if day not in taken]
    for first, last in _runs(free):
        count = len(workdays(first, last))
        text = f"Nothing is planned on {days_in_words(first, last)} ({count} working day{'s' * (count > 1)}). "
        yield Finding("gap", text + "Lengthen a block beside it; or keep it, if it is a holiday.")


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return (first, last) of working days that follow one another, weekends not counted."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] <= timedelta(days=3 if day.weekday() == 0 else 1):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _missing(plan: Plan, sections: Mapping[str, str]) -> Iterator[Finding]:
    planned = {one.section for one in plan.blocks}
    missing = [name for key, name in sections.items() if key not in planned]
    if missing and plan.blocks:
        which = "it" if len(missing) == 1 else "each"
        yield Finding("missing", f"The student sees nothing of {_listed(missing)}. Give {which} a day or more.")


def _residents(
    plan: Plan, names: Mapping[str, str], others: Sequence[Block], residents: Mapping[str, str] | None
) -> Iterator[Finding]:
    for number, one in enumerate(plan.blocks):
        name = names.get(one.section, one.section)
        when = days_in_words(one.starts_on, one.ends_on)
        if not one.resident_id:
            yield Finding("no-resident", f"{name}, {when}, has no resident alongside. Choose one.", block=number)
        elif residents is not None and one.resident_id not in residents:
            text = f"The resident of {name}, {when}, is not in the department any more. Choose another."
            yield Finding("no-resident", text, block=number)
        elif (most := _most_at_once(one, others)) > MOST_AT_ONCE:
            who = (residents or {}).get(one.resident_id, "The resident")
            text = f"{who} would have {most} students at once during {name}, {when}; {MOST_AT_ONCE} are the most. "
            yield Finding("crowded", text + "Choose another resident, or other days.", block=number)


def _most_at_once(block: Block, others: Iterable[Block]) -> int:
    """Return how many students the block's resident has on its fullest day, this one included."""
    beside = [one for one in others if one.resident_id == block.resident_id and overlap(one, block)]
    # The fullest day is one on which a block begins, or the first of this one.
    days = {max(one.starts_on, block.starts_on) for one in beside} | {block.starts_on}
    return 1 + max(sum(one.starts_on <= day <= one.ends_on for one in beside) for day in days)


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
