"""A student's stay becomes a plan: blocks of days by section, each with the resident alongside.

`propose` lays one out, `check` says what is wrong with one and what to do about it. Only working days count, Monday to
Friday: a weekend between two blocks is no gap. All is pure: sections and names are passed in, today is not asked for,
and nothing is kept (`quizzes.people.rotation_store` does).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

__all__ = [
    "MOST_AT_ONCE",
    "NUCLEAR",
    "NUCLEAR_MOST_DAYS",
    "Block",
    "Plan",
    "Proposal",
    "Wishes",
    "end_to_end",
    "moved",
    "overlap",
    "propose",
    "workdays",
]

NUCLEAR = "nuclear"
"""Key of nuclear medicine in a plan: diagnosis and therapy together, beside the eight sections."""
NUCLEAR_MOST_DAYS = 10
"""Working days of nuclear medicine at most: two weeks."""
MOST_AT_ONCE = 3
"""Students that one resident can have alongside at a time."""
LONGEST_DAYS = 3 * 366
"""A stay that is longer is a slip of the pen."""
_LONG = 4
"""A section that the student wishes weighs as much as four others, when there is time for it."""
_WEEK = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Days in one section."""

    section: str
    """Key of the section, or `NUCLEAR`."""
    starts_on: date
    """First day."""
    ends_on: date
    """Last day, included."""
    resident_id: str | None = None
    """Id of the resident alongside."""
    note: str = ""
    """For people, such as where to meet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stay and its blocks."""

    starts_on: date
    """First day of the stay."""
    ends_on: date
    """Last day, included."""
    blocks: tuple[Block, ...] = ()
    """In the order of time, unless somebody has put them otherwise."""

    def on(self, day: date) -> Block | None:
        """Return the block of a day; at a weekend that of the Friday before, when the block began by then."""
        return next((one for one in self.blocks if one.starts_on <= day <= _with_weekend(one.ends_on)), None)

    def following(self, day: date) -> Block | None:
        """Return the first block that begins after a day, or None."""
        return min((one for one in self.blocks if one.starts_on > day), key=lambda one: one.starts_on, default=None)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a student asks for."""

    longer: tuple[str, ...] = ()
    """Keys of the one or two sections to be longer in; any more count like the others."""
    nuclear_weeks: int = 0
    """Weeks of nuclear medicine, 0 to 2."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, and what has to be said about it."""

    plan: Plan
    """In the order of time."""
    remarks: tuple[str, ...]
    """Where it differs from what was wished, in sentences."""


def workdays(first: date, last: date) -> list[date]:
    """Return the days from Monday to Friday between two days, both included; none when they are the wrong way round."""
    span = range(min((last - first).days, LONGEST_DAYS) + 1)
    return [day for day in (first + timedelta(days=n) for n in span) if day.weekday() < _WEEK]


def propose(
    starts_on: date,
    ends_on: date,
    wishes: Wishes,
    sections: Sequence[str],
    *,
    residents: Sequence[str] = (),
    others: Iterable[Block] = (),
) -> Proposal:
    """Lay out a stay: short in each section, longer in those wished, nuclear medicine when wanted.

    Short sections come first, nuclear medicine after them, the long ones last. Sections get whole weeks when there
    are enough of them, else days.

    Parameters
    ----------
    sections : sequence of str
        Keys of the eight sections, in their order; without nuclear medicine.
    residents : sequence of str
        Ids of those who can be alongside; who has the fewest students at the time takes the block.
    others : iterable of Block
        Blocks of other students, which residents have already.

    Returns
    -------
    Proposal
        Without blocks when the stay has no working day.
    """
    units, nuclear, remarks = _units(starts_on, ends_on, wishes, len(sections))
    longer = tuple(key for key in dict.fromkeys(wishes.longer) if key in sections)[:2]
    counts = _shares(len(units) - nuclear, longer, sections)
    order = sorted(sections, key=lambda key: key in longer)
    # Not at the end of the stay, whose week may be longer than five days.
    order.insert(min(len(order) - 1, len(order) - len(longer)), NUCLEAR)
    if missing := sum(not counts[key] for key in sections):
        remarks.append(
            f"{missing} of {len(sections)} sections have no day: the stay has {_days(len(units))}. Lengthen it if you "
            "can, or choose which to leave out."
        )
    counts[NUCLEAR] = nuclear
    blocks, place = [], 0
    for key in order:
        if counts[key]:
            part = units[place : place + counts[key]]
            blocks.append(Block(key, part[0][0], part[-1][-1]))
            place += counts[key]
    plan = Plan(starts_on, ends_on, _with_residents(blocks, residents, list(others)))
    return Proposal(plan, tuple(remarks))


def moved(plan: Plan, number: int, by: int) -> Plan:
    """Return the plan with a block exchanged with the one `by` places on; each keeps its number of working days."""
    there = number + by
    if not 0 <= there < len(plan.blocks):
        return plan
    blocks = list(plan.blocks)
    blocks[number], blocks[there] = blocks[there], blocks[number]
    first, second = blocks[min(number, there)], blocks[max(number, there)]
    days = workdays(min(first.starts_on, second.starts_on), max(first.ends_on, second.ends_on))
    ahead, behind = _length(first), _length(second)
    if ahead and behind and ahead + behind <= len(days):
        blocks[min(number, there)] = replace(first, starts_on=days[0], ends_on=days[ahead - 1])
        blocks[max(number, there)] = replace(second, starts_on=days[-behind], ends_on=days[-1])
    return replace(plan, blocks=tuple(blocks))


def end_to_end(plan: Plan) -> Plan:
    """Return the plan with its blocks laid one after the other from the first day on, each as long as it is now."""
    ordered = sorted(plan.blocks, key=lambda one: one.starts_on)
    lengths = [max(_length(one), 1) for one in ordered]
    days = workdays(plan.starts_on, plan.starts_on + timedelta(days=sum(lengths) // _WEEK * 7 + 14))
    blocks, place = [], 0
    for one, length in zip(ordered, lengths, strict=True):
        blocks.append(replace(one, starts_on=days[place], ends_on=days[place + length - 1]))
        place += length
    return replace(plan, blocks=tuple(blocks))


def _units(starts_on: date, ends_on: date, wishes: Wishes, sections: int) -> tuple[list[list[date]], int, list[str]]:
    """Return what is dealt out (weeks, or days of a short stay), how many of them are nuclear, and what to say."""
    days, weeks = workdays(starts_on, ends_on), _weeks(starts_on, ends_on)
    wanted = max(0, min(wishes.nuclear_weeks, 2))
    remarks = []
    for nuclear in range(wanted, 0, -1):
        if len(weeks) - nuclear >= sections:
            if nuclear < wanted:
                remarks.append("Nuclear medicine gets one week instead of two, so that every section has a whole week.")
            return weeks, nuclear, remarks
    if len(weeks) >= sections and not wanted:
        return weeks, 0, remarks
    if days:
        remarks.append(
            f"The stay has too few weeks for a whole one in each ({_days(len(days))} in all), so days are dealt out."
        )
    nuclear = next((n * _WEEK for n in range(wanted, 0, -1) if len(days) - n * _WEEK >= 2 * sections), 0)
    nuclear = nuclear or (_WEEK if wanted and len(days) - _WEEK >= sections else 0)
    if wanted and not nuclear:
        remarks.append("Nuclear medicine is left out: a week of it would leave other sections without a day.")
    elif nuclear < wanted * _WEEK:
        remarks.append("Nuclear medicine gets one week instead of two, so that every section has its days.")
    return [[day] for day in days], nuclear, remarks


def _weeks(starts_on: date, ends_on: date) -> list[list[date]]:
    """Return the working days by week; one or two days at an end belong to the week beside them."""
    weeks: list[list[date]] = []
    for day in workdays(starts_on, ends_on):
        if weeks and weeks[-1][-1].isocalendar()[:2] == day.isocalendar()[:2]:
            weeks[-1].append(day)
        else:
            weeks.append([day])
    if len(weeks) > 1 and len(weeks[0]) < 3:
        weeks[:2] = [weeks[0] + weeks[1]]
    if len(weeks) > 1 and len(weeks[-1]) < 3:
        weeks[-2:] = [weeks[-2] + weeks[-1]]
    return weeks


def _shares(units: int, longer: Sequence[str], sections: Sequence[str]) -> Counter[str]:
    """Return how many units each section gets, the wished ones first when there are too few for all."""
    counts: Counter[str] = Counter()
    if units < len(sections):
        first = [*longer, *(key for key in sections if key not in longer)]
        counts.update(first[: max(units, 0)])
        return counts
    short = units // (len(sections) - len(longer) + _LONG * len(longer)) or 1
    counts.update(dict.fromkeys(sections, short))
    left = units - short * len(sections)
    takers = longer or sections
    for number, key in enumerate(takers):
        counts[key] += left // len(takers) + (number < left % len(takers))
    return counts


def _with_residents(blocks: Iterable[Block], residents: Sequence[str], others: Sequence[Block]) -> tuple[Block, ...]:
    """Give each block to the resident with the fewest students then, among them the one with the fewest blocks."""
    given: Counter[str] = Counter()
    found = []
    for block in blocks:
        free = min(residents, key=lambda one: (_students(one, block, others), given[one]), default=None)
        if free is not None:
            given[free] += 1
        found.append(replace(block, resident_id=free))
    return tuple(found)


def _students(resident: str, block: Block, others: Iterable[Block]) -> int:
    return sum(one.resident_id == resident and overlap(one, block) for one in others)


def overlap(one: Block, other: Block) -> bool:
    """Tell whether two blocks share a day."""
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def _length(block: Block) -> int:
    return len(workdays(block.starts_on, block.ends_on))


def _days(count: int) -> str:
    return "1 working day" if count == 1 else f"{count} working days"


def _with_weekend(day: date) -> date:
    return day + timedelta(days=7 - day.isoweekday()) if day.weekday() >= _WEEK - 1 else day
