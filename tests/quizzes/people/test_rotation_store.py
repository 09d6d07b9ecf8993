"""Plans are kept alike on SQLite and PostgreSQL, and come back from a calendar file as they went in."""

from dataclasses import replace
from datetime import date, timedelta

import icalendar as rfc5545
import pytest

from quizzes import StoreError
from quizzes.people.accounts import People
from quizzes.people.person import Role
from quizzes.people.rotation import NUCLEAR, Block, Plan
from quizzes.people.rotation_calendar import icalendar
from quizzes.people.rotation_store import Rotations
from quizzes.store import Attempts

MONDAY = date(2026, 3, 2)
NAMES = {"thoracic": "Thoracic and lung", "breast": "Breast", NUCLEAR: "Nuclear medicine"}


@pytest.fixture
def engine(url):
    with Attempts(url) as attempts:
        yield attempts.engine


@pytest.fixture
def ada(engine, now):
    return People(engine).add("Ada", Role.STUDENT, now=now)


@pytest.fixture
def bert(engine, now):
    return People(engine).add("Bert <b>Osler</b>; DROP TABLE block", Role.RESIDENT, now=now)


@pytest.fixture
def plan(bert):
    return Plan(
        MONDAY,
        MONDAY + timedelta(days=18),
        (
            Block(
                "breast", MONDAY + timedelta(days=7), MONDAY + timedelta(days=11), None, "Room 3,\nground floor; ring"
            ),
            Block("thoracic", MONDAY, MONDAY + timedelta(days=4), bert.id),
            Block(NUCLEAR, MONDAY + timedelta(days=14), MONDAY + timedelta(days=18), bert.id),
        ),
    )


def test_a_plan_is_kept_in_the_order_of_time_and_found_by_student_and_by_day(engine, ada, bert, plan, now):
    rotations = Rotations(engine)
    kept = rotations.add(ada.id, plan, author_id=bert.id, now=now)
    assert [one.section for one in kept.plan.blocks] == ["thoracic", "breast", NUCLEAR]
    assert rotations.of_student(ada.id) == (kept,)
    assert rotations.of_student(bert.id) == ()
    assert rotations.between(MONDAY - timedelta(days=9), MONDAY) == (kept,)
    assert rotations.between(MONDAY - timedelta(days=9), MONDAY - timedelta(days=1)) == ()
    assert rotations.between(plan.ends_on, plan.ends_on) == (kept,)


def test_the_current_stay_comes_before_the_next_one_and_a_past_one_is_none(engine, ada, bert, plan, now):
    rotations = Rotations(engine)
    first = rotations.add(ada.id, plan, author_id=bert.id, now=now)
    later = Plan(date(2026, 9, 7), date(2026, 9, 11), (Block("breast", date(2026, 9, 7), date(2026, 9, 11)),))
    second = rotations.add(ada.id, later, author_id=bert.id, now=now)
    assert rotations.current(ada.id, MONDAY - timedelta(days=30)) == first
    assert rotations.current(ada.id, plan.ends_on) == first
    assert rotations.current(ada.id, plan.ends_on + timedelta(days=1)) == second
    assert rotations.current(ada.id, date(2026, 9, 12)) is None
    assert rotations.of_student(ada.id) == (second, first)


def test_of_two_who_change_a_plan_at_once_the_second_is_told(engine, ada, bert, plan, now):
    rotations = Rotations(engine)
    seen = rotations.add(ada.id, plan, author_id=bert.id, now=now)
    shorter = replace(plan, blocks=plan.blocks[:1])
    changed = rotations.change(seen, shorter, author_id=ada.id, now=now + timedelta(seconds=1))
    assert (changed.id, changed.author_id, changed.plan) == (seen.id, ada.id, shorter)
    with pytest.raises(StoreError, match=r"changed this plan meanwhile\. Reload"):
        rotations.change(seen, plan, author_id=bert.id, now=now + timedelta(seconds=2))
    assert rotations.of_student(ada.id) == (changed,)


def test_a_removed_plan_is_gone_and_cannot_be_changed(engine, ada, bert, plan, now):
    rotations = Rotations(engine)
    seen = rotations.add(ada.id, plan, author_id=bert.id, now=now)
    rotations.remove(seen.id)
    rotations.remove(seen.id)
    assert rotations.of_student(ada.id) == ()
    with pytest.raises(StoreError, match="meanwhile"):
        rotations.change(seen, plan, author_id=bert.id, now=now)


def test_a_plan_belongs_to_somebody_who_is_there(engine, bert, plan, now):
    with pytest.raises(StoreError):
        Rotations(engine).add("nobody", plan, author_id=bert.id, now=now)


def events(file: bytes) -> dict[str, rfc5545.Event]:
    calendar = rfc5545.Calendar.from_ical(file)
    assert calendar["VERSION"] == "2.0"
    assert not calendar.errors
    return {str(one["UID"]): one for one in calendar.walk("VEVENT")}


def test_a_calendar_read_again_holds_every_block_as_whole_days(engine, ada, bert, plan, now):
    rotation = Rotations(engine).add(ada.id, plan, author_id=bert.id, now=now)
    file = icalendar(rotation, NAMES, {bert.id: bert.name})
    found = list(events(file).values())
    assert [(one.start, one.end) for one in found] == [
        (block.starts_on, block.ends_on + timedelta(days=1)) for block in rotation.plan.blocks
    ]
    assert [str(one["SUMMARY"]) for one in found] == [
        f"Radiology: {NAMES[one.section]}" for one in rotation.plan.blocks
    ]
    assert [str(one.get("DESCRIPTION", "")) for one in found] == [
        f"Resident alongside: {bert.name}",
        "Room 3,\nground floor; ring",
        f"Resident alongside: {bert.name}",
    ]
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


def test_a_block_that_moves_keeps_its_uid_and_its_number_grows(engine, ada, bert, plan, now):
    rotations = Rotations(engine)
    seen = rotations.add(ada.id, plan, author_id=bert.id, now=now)
    before = events(icalendar(seen, NAMES, {}))
    moved = replace(
        plan, blocks=tuple(replace(one, starts_on=one.starts_on, ends_on=one.starts_on) for one in plan.blocks)
    )
    changed = rotations.change(seen, moved, author_id=bert.id, now=now + timedelta(seconds=1))
    after = events(icalendar(changed, NAMES, {}))
    assert list(after) == list(before)
    assert len(set(after)) == 3
    for uid, event in after.items():
        assert event["SEQUENCE"] > before[uid]["SEQUENCE"]
        assert event.end == event.start + timedelta(days=1)
