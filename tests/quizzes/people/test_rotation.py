"""A proposal holds before its own check for all sensible stays, and each fault is found with what to do."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.case import SECTIONS
from quizzes.people.rotation import (
    MOST_AT_ONCE,
    NUCLEAR,
    Block,
    Plan,
    Wishes,
    end_to_end,
    moved,
    propose,
    workdays,
)
from quizzes.people.rotation_check import check, days_in_words

EIGHT = {key: name for key, name in SECTIONS.items() if not key.startswith("nuclear")}
MONDAY = date(2026, 3, 2)
RESIDENTS = {"r1": "Bert", "r2": "Cora"}


def weeks(count: int) -> date:
    """Give the Friday of the so-manieth week from that Monday on."""
    return MONDAY + timedelta(weeks=count, days=-3)


def lengths(plan: Plan) -> dict[str, int]:
    return {one.section: len(workdays(one.starts_on, one.ends_on)) for one in plan.blocks}


def kinds(plan: Plan, **more) -> list[str]:
    return [one.kind for one in check(plan, EIGHT, **more)]


def test_eight_sections_are_a_premise():
    assert len(EIGHT) == 8


wishes = st.builds(
    Wishes,
    longer=st.lists(st.sampled_from(list(EIGHT)), max_size=3).map(tuple),
    nuclear_weeks=st.integers(0, 2),
)


@given(
    start=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    length=st.integers(13, 400),
    wishes=wishes,
    residents=st.sampled_from([("r1",), ("r1", "r2")]),
)
def test_a_proposal_passes_its_own_check(start, length, wishes, residents):
    # Thirteen days or more hold eight working days at least: one for each section.
    plan = propose(start, start + timedelta(days=length - 1), wishes, list(EIGHT), residents=residents).plan
    assert check(plan, EIGHT, residents=RESIDENTS) == ()
    assert {one.resident_id for one in plan.blocks} == set(residents)


@given(start=st.dates(date(2020, 1, 1), date(2040, 1, 1)), length=st.integers(1, 400), wishes=wishes)
def test_every_working_day_is_planned_once_and_in_order(start, length, wishes):
    end = start + timedelta(days=length - 1)
    plan = propose(start, end, wishes, list(EIGHT)).plan
    planned = [day for one in plan.blocks for day in workdays(one.starts_on, one.ends_on)]
    assert planned == workdays(start, end)


@given(start=st.dates(date(2020, 1, 1), date(2040, 1, 1)), length=st.integers(13, 400), wishes=wishes)
def test_wished_sections_are_never_shorter_than_the_others(start, length, wishes):
    plan = propose(start, start + timedelta(days=length - 1), wishes, list(EIGHT)).plan
    longer = list(dict.fromkeys(wishes.longer))[:2]
    found = lengths(plan)
    short = [count for key, count in found.items() if key not in longer and key != NUCLEAR]
    # A week at either end of the stay may have some days more or fewer than five.
    assert all(found[key] >= max(short) - 4 for key in longer)


@given(length=st.integers(-30, 7), wishes=wishes)
def test_a_stay_that_is_too_short_for_all_says_so_and_gives_the_wished_ones_first(length, wishes):
    proposal = propose(MONDAY, MONDAY + timedelta(days=length), wishes, list(EIGHT))
    assert any("sections have no day" in one for one in proposal.remarks)
    found = list(lengths(proposal.plan))
    if found:
        assert kinds(proposal.plan)[0] == "missing"
        assert set(list(dict.fromkeys(wishes.longer))[:2][: len(found)]) <= set(found)
    else:
        assert "stay" in kinds(proposal.plan)


def test_twelve_weeks_are_whole_weeks_with_the_wish_longest():
    proposal = propose(MONDAY, weeks(12), Wishes(("thoracic",), 1), list(EIGHT))
    assert lengths(proposal.plan) == {**dict.fromkeys(EIGHT, 5), NUCLEAR: 5, "thoracic": 20}
    assert proposal.remarks == ()
    assert all(one.starts_on.weekday() == 0 and one.ends_on.weekday() == 4 for one in proposal.plan.blocks)
    assert proposal.plan.blocks[-1].section == "thoracic"


def test_two_wishes_share_what_is_left_and_long_stays_make_all_longer():
    assert lengths(propose(MONDAY, weeks(14), Wishes(("breast", "neuro")), list(EIGHT)).plan) == {
        **dict.fromkeys(EIGHT, 5),
        "breast": 20,
        "neuro": 20,
    }
    found = lengths(propose(MONDAY, weeks(28), Wishes(("breast", "neuro")), list(EIGHT)).plan)
    assert found["abdominal"] == 10
    assert found["breast"] == found["neuro"] == 40


def test_nuclear_medicine_gives_way_where_sections_would_lose_their_week_and_this_is_said():
    nine = propose(MONDAY, weeks(9), Wishes(nuclear_weeks=2), list(EIGHT))
    assert lengths(nine.plan) == {**dict.fromkeys(EIGHT, 5), NUCLEAR: 5}
    assert nine.remarks == ("Nuclear medicine gets one week instead of two, so that every section has a whole week.",)
    two = propose(MONDAY, weeks(2), Wishes(nuclear_weeks=1), list(EIGHT))
    assert NUCLEAR not in lengths(two.plan)
    assert any("left out" in one for one in two.remarks)


def test_four_weeks_are_dealt_out_in_days():
    four = propose(MONDAY, weeks(4), Wishes(("interventional",), 1), list(EIGHT))
    assert lengths(four.plan) == {**dict.fromkeys(EIGHT, 1), NUCLEAR: 5, "interventional": 8}
    assert any("days are dealt out" in one for one in four.remarks)


def test_residents_who_are_free_come_first():
    busy = [Block("breast", MONDAY, weeks(30), "r1")] * MOST_AT_ONCE
    plan = propose(MONDAY, weeks(12), Wishes(), list(EIGHT), residents=("r1", "r2"), others=busy).plan
    assert {one.resident_id for one in plan.blocks} == {"r2"}
    assert check(plan, EIGHT, others=busy, residents=RESIDENTS) == ()


PLAN = propose(MONDAY, weeks(12), Wishes(("thoracic",), 1), list(EIGHT), residents=("r1",)).plan


def changed(number: int, **values) -> Plan:
    blocks = list(PLAN.blocks)
    blocks[number] = replace(blocks[number], **values)
    return replace(PLAN, blocks=tuple(blocks))


@pytest.mark.parametrize(
    ("plan", "kind", "grave", "words"),
    [
        (changed(0, ends_on=MONDAY + timedelta(days=9)), "overlap", True, "overlap on 9–11 March 2026. Shorten"),
        (changed(0, ends_on=MONDAY + timedelta(days=2)), "gap", False, "5–6 March 2026 (2 working days). Lengthen"),
        (changed(0, section="breast"), "missing", False, "sees nothing of Abdominal. Give it a day"),
        (changed(0, section="liver"), "unknown", True, "“liver”, which is no section. Choose"),
        (changed(0, starts_on=weeks(2)), "reversed", True, "Abdominal ends before it begins. Correct"),
        (changed(0, starts_on=MONDAY - timedelta(days=7)), "outside", True, "is not within the stay, 2 March"),
        (changed(0, resident_id=None), "no-resident", False, "has no resident alongside. Choose"),
        (changed(0, resident_id="gone"), "no-resident", False, "not in the department any more. Choose"),
        (changed(-1, section=NUCLEAR), "nuclear-long", True, "25 working days; two weeks (10) are the most. Shorten"),
        (replace(PLAN, blocks=PLAN.blocks[7:8]), "nuclear-alone", True, "only in nuclear medicine is not possible"),
        (replace(PLAN, blocks=()), "empty", True, "no block yet. Have one proposed"),
        (Plan(MONDAY, MONDAY - timedelta(days=1)), "stay", True, "ends before it begins. Correct"),
        (Plan(date(2026, 3, 7), date(2026, 3, 8)), "stay", True, "no day from Monday to Friday. Choose"),
        (Plan(MONDAY, date(2036, 3, 2)), "stay", True, "longer than three years. Correct"),
    ],
)  # fmt: skip
def test_each_fault_is_found_with_what_to_do(plan, kind, grave, words):
    found = [one for one in check(plan, EIGHT, residents=RESIDENTS) if one.kind == kind]
    assert any(words in one.text for one in found), [one.text for one in found]
    assert {one.grave for one in found} == {grave}


def test_the_nuclear_block_of_that_plan_is_where_the_test_takes_it():
    assert PLAN.blocks[7].section == NUCLEAR


def test_a_resident_with_too_many_students_on_one_day_is_named():
    first = [Block("breast", MONDAY, MONDAY + timedelta(days=1), "r1")] * 2
    last = [Block("breast", MONDAY + timedelta(days=3), weeks(1), "r1")] * 2
    # Two and two on different days: three at once at most.
    assert check(PLAN, EIGHT, others=first + last, residents=RESIDENTS) == ()
    [crowd] = check(PLAN, EIGHT, others=[*first, *last, last[0]], residents=RESIDENTS)
    assert (crowd.kind, crowd.grave, crowd.block) == ("crowded", False, 0)
    assert crowd.text.startswith("Bert would have 4 students at once during Abdominal, 2–6 March 2026; 3 are the most.")


def test_weekends_and_a_gap_over_one_are_counted_right():
    plan = changed(0, ends_on=MONDAY + timedelta(days=3))
    plan = replace(
        plan, blocks=(plan.blocks[0], replace(plan.blocks[1], starts_on=date(2026, 3, 10)), *plan.blocks[2:])
    )
    [gap] = check(plan, EIGHT, residents=RESIDENTS)
    assert "6–9 March 2026 (2 working days)" in gap.text


@given(length=st.integers(13, 200), wishes=wishes, data=st.data())
def test_an_exchange_keeps_lengths_and_what_the_check_says(length, wishes, data):
    plan = propose(MONDAY, MONDAY + timedelta(days=length), wishes, list(EIGHT), residents=("r1",)).plan
    number = data.draw(st.integers(0, len(plan.blocks) - 1))
    other = moved(plan, number, data.draw(st.sampled_from([-1, 1])))
    assert lengths(other) == lengths(plan)
    assert check(other, EIGHT) == ()


@given(st.lists(st.tuples(st.sampled_from([*EIGHT, NUCLEAR]), st.integers(0, 80), st.integers(0, 30)), max_size=12))
def test_end_to_end_leaves_no_overlap_and_no_gap_between(rows):
    blocks = [Block(key, MONDAY + timedelta(days=at), MONDAY + timedelta(days=at + more)) for key, at, more in rows]
    plan = end_to_end(Plan(MONDAY, weeks(12), tuple(blocks)))
    assert "overlap" not in kinds(plan)
    planned = [day for one in plan.blocks for day in workdays(one.starts_on, one.ends_on)]
    assert not planned or planned == workdays(MONDAY, planned[-1])


def test_a_day_finds_its_block_and_a_weekend_the_week_before():
    assert PLAN.on(date(2026, 3, 4)).section == PLAN.on(date(2026, 3, 8)).section == "abdominal"
    assert PLAN.on(date(2026, 3, 9)).section == "musculoskeletal"
    assert PLAN.on(date(2026, 3, 1)) is None
    assert PLAN.following(date(2026, 3, 1)).section == "abdominal"
    assert PLAN.following(weeks(12)) is None


def test_days_in_words():
    assert days_in_words(MONDAY, MONDAY) == "2 March 2026"
    assert days_in_words(MONDAY, date(2026, 3, 6)) == "2–6 March 2026"
    assert days_in_words(MONDAY, date(2026, 4, 3)) == "2 March – 3 April 2026"
    assert days_in_words(MONDAY, date(2027, 1, 3)) == "2 March 2026 – 3 January 2027"
