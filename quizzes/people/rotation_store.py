"""Rotation plans, kept in the database of the attempts.

A plan is changed as a whole, by whoever has seen it as it is: of two residents who change one at once, the second is
told, and nothing of the first's is lost. Its id stays when it changes, and with it the entries in people's calendars.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from quizzes import StoreError
from quizzes.guard import aware_utc, guarded
from quizzes.people import tables
from quizzes.people.rotation import Block, Plan

__all__ = ["Rotation", "Rotations"]

_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Rotation:
    """One student's plan, as it is kept."""

    id: str
    """UUID; the same through all changes."""
    student_id: str
    """Whose stay it is."""
    plan: Plan
    """Its blocks in the order of time."""
    author_id: str
    """Who changed it last."""
    changed_at: datetime
    """When, UTC."""


class Rotations:
    """The plans of every student.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, student_id: str, plan: Plan, *, author_id: str, now: datetime) -> Rotation:
        """Keep a new plan, and return it."""
        new = Rotation(str(uuid.uuid4()), student_id, _ordered(plan), author_id, aware_utc(now))
        row = {"id": new.id, "student_id": student_id, **_values(new)}
        with guarded("rotation"), self._engine.begin() as connection:
            connection.execute(tables.rotation.insert().values(row))
            _write_blocks(connection, new)
        return new

    def change(self, seen: Rotation, plan: Plan, *, author_id: str, now: datetime) -> Rotation:
        """Put another plan in the place of the one that the author has seen, and return it.

        Raises
        ------
        StoreError
            Somebody has changed or removed it since; then it stays as they left it.
        """
        table = tables.rotation
        new = Rotation(seen.id, seen.student_id, _ordered(plan), author_id, aware_utc(now))
        unchanged = (table.c.id == seen.id, table.c.changed_at == seen.changed_at)
        with guarded(f"rotation {seen.id}"), self._engine.begin() as connection:
            if not connection.execute(table.update().where(*unchanged).values(_values(new))).rowcount:
                raise StoreError(
                    "rotation: somebody else has changed this plan meanwhile. Reload the page to see theirs."
                )
            connection.execute(tables.block.delete().filter_by(rotation_id=seen.id))
            _write_blocks(connection, new)
        return new

    def remove(self, rotation_id: str) -> None:
        """Remove a plan; one that is not there is removed already."""
        with guarded(f"rotation {rotation_id}"), self._engine.begin() as connection:
            connection.execute(tables.block.delete().filter_by(rotation_id=rotation_id))
            connection.execute(tables.rotation.delete().filter_by(id=rotation_id))

    def of_student(self, student_id: str) -> tuple[Rotation, ...]:
        """Return a student's plans, the latest stay first."""
        return self._read(tables.rotation.c.student_id == student_id)

    def current(self, student_id: str, day: date) -> Rotation | None:
        """Return the plan of the stay that a day belongs to, else of the next stay, else None."""
        ahead = [one for one in self._read(tables.rotation.c.student_id == student_id) if one.plan.ends_on >= day]
        return ahead[-1] if ahead else None

    def between(self, first: date, last: date) -> tuple[Rotation, ...]:
        """Return the plans of everybody whose stay has a day between two, both included; the latest stay first."""
        table = tables.rotation
        return self._read(table.c.starts_on <= last, table.c.ends_on >= first)

    def _read(self, *wanted: sa.ColumnElement[bool]) -> tuple[Rotation, ...]:
        table, block = tables.rotation, tables.block
        chosen = sa.select(table).where(*wanted).order_by(table.c.starts_on.desc(), table.c.id)
        of_these = sa.select(block).where(block.c.rotation_id.in_(sa.select(table.c.id).where(*wanted)))
        blocks: dict[str, list[Block]] = {}
        with guarded("rotations"), self._engine.connect() as connection:
            rows = connection.execute(chosen).all()
            for one in connection.execute(of_these.order_by(block.c.rotation_id, block.c.number)) if rows else ():
                kept = Block(one.section, one.starts_on, one.ends_on, one.resident_id, one.note)
                blocks.setdefault(one.rotation_id, []).append(kept)
        return tuple(
            Rotation(
                row.id,
                row.student_id,
                Plan(row.starts_on, row.ends_on, tuple(blocks.get(row.id, ()))),
                row.author_id,
                row.changed_at,
            )
            for row in rows
        )


def _ordered(plan: Plan) -> Plan:
    return Plan(plan.starts_on, plan.ends_on, tuple(sorted(plan.blocks, key=lambda one: (one.starts_on, one.ends_on))))


def _values(rotation: Rotation) -> dict[str, object]:
    return {
        "starts_on": rotation.plan.starts_on,
        "ends_on": rotation.plan.ends_on,
        "author_id": rotation.author_id,
        "changed_at": rotation.changed_at,
    }


def _write_blocks(connection: sa.Connection, rotation: Rotation) -> None:
    rows = [
        {
            "rotation_id": rotation.id,
            "number": number,
            "section": one.section,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
            "resident_id": one.resident_id,
            "note": one.note[:_LONGEST_NOTE],
        }
        for number, one in enumerate(rotation.plan.blocks, 1)
    ]
    if rows:
        connection.execute(tables.block.insert(), rows)
