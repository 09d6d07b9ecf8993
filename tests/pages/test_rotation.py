"""Rotation, home and logbook, run by Streamlit's own test harness: who sees what, and that a plan is kept."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from cases.patterns import search_pattern
from pages.room import Room, people
from quizzes.people.person import LOCAL, Person, Role
from quizzes.people.rotation import Block, Plan, Wishes, propose
from quizzes.people.rotation_store import Rotations
from quizzes.scoring import Score
from tests.pages.conftest import open_page

SHELL = str(Path(__file__).parents[2] / "pages" / "shell.py")
# The room's clock says Wednesday, 4 March 2026.
MONDAY = date(2026, 3, 2)
EIGHT = (
    "abdominal",
    "musculoskeletal",
    "thoracic",
    "neuro",
    "cardiovascular",
    "breast",
    "paediatric",
    "interventional",
)


@pytest.fixture(autouse=True)
def loopback():
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.fixture
def store(room: Room) -> Rotations:
    return Rotations(room.attempts.engine)


@pytest.fixture
def ada(room: Room) -> Person:
    return people().add("Ada *Byron*", Role.STUDENT, now=room.now())


@pytest.fixture
def bert(room: Room) -> Person:
    return people().add("<b>Bert</b>", Role.RESIDENT, now=room.now())


def as_role(room: Room, role: Role) -> AppTest:
    """Give the app as whoever sits at the machine sees it, in another role."""
    reader = people().local_reader(now=room.now())
    people().change(replace(reader, role=role), now=room.now())
    return AppTest.from_file(SHELL, default_timeout=60)


def at(page: AppTest, name: str) -> AppTest:
    open_page(page.run(), name)
    assert not page.exception, page.exception[0].stack_trace
    return page


def said(page: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "success", "warning", "error")
    texts = [str(one.value) for kind in kinds for one in page.get(kind)]
    return "\n".join([*texts, *(str(one.proto.body) for one in page.get("html"))])


def button(page: AppTest, label: str):
    [found] = [one for one in page.button if one.label.startswith(label)]
    return found


def plan_of(days: int = 4, *blocks: Block) -> Plan:
    return Plan(MONDAY, MONDAY + timedelta(days=days), blocks)


def test_a_plan_is_proposed_changed_undone_and_saved(room: Room, store: Rotations, ada: Person, bert: Person) -> None:
    page = at(as_role(room, Role.ADMINISTRATOR), "rotation")
    page.selectbox(key="rotation-student").set_value(ada.id).run()
    page.multiselect(key=f"residents-{ada.id}").set_value([bert.id]).run()
    button(page, "Propose a plan").click().run()
    assert not page.exception
    assert next(one.value for one in page.success).startswith("Complete")
    assert store.of_student(ada.id) == ()
    removed = next(one for one in page.button if one.label == "Remove" and one.key.endswith("-2"))
    removed.click().run()
    assert any("Thoracic and lung" in one.value for one in page.warning)
    assert button(page, "Save").label == "Save with 2 open points"
    button(page, "Undo").click().run()
    assert not page.warning
    button(page, "Save").click().run()
    assert not page.exception
    [kept] = store.of_student(ada.id)
    assert {one.section for one in kept.plan.blocks} >= set(EIGHT)
    assert {one.resident_id for one in kept.plan.blocks} == {bert.id}
    assert kept.author_id == LOCAL
    assert button(page, "Save").disabled


def test_a_plan_that_makes_no_sense_cannot_be_saved(room: Room, store: Rotations, ada: Person, bert: Person) -> None:
    nuclear = Block("nuclear", MONDAY, MONDAY + timedelta(days=4), bert.id)
    store.add(ada.id, plan_of(4, nuclear), author_id=bert.id, now=room.now())
    page = at(as_role(room, Role.ADMINISTRATOR), "rotation")
    page.selectbox(key="rotation-student").set_value(ada.id).run()
    assert any("only in nuclear medicine" in one.value for one in page.error)
    assert button(page, "Save").disabled


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(room: Room, store: Rotations, ada: Person) -> None:
    made = propose(MONDAY, MONDAY + timedelta(days=81), Wishes(), EIGHT, residents=[LOCAL]).plan
    people().local_reader(now=room.now())
    kept = store.add(ada.id, made, author_id=LOCAL, now=room.now())
    page = at(as_role(room, Role.ADMINISTRATOR), "rotation")
    page.selectbox(key="rotation-student").set_value(ada.id).run()
    theirs = store.change(kept, replace(made, blocks=made.blocks[:7]), author_id=LOCAL, now=room.now() + timedelta(1))
    next(one for one in page.button if one.label == "Later" and one.key.endswith("-0")).click().run()
    button(page, "Save").click().run()
    assert any("meanwhile" in one.value for one in page.error)
    assert store.of_student(ada.id) == (theirs,)


def test_a_student_sees_their_own_plan_and_nobody_elses(
    room: Room, store: Rotations, ada: Person, bert: Person
) -> None:
    reader = people().local_reader(now=room.now())
    breast = Block("breast", MONDAY, MONDAY + timedelta(days=4), bert.id, "Meet in room 3")
    store.add(ada.id, plan_of(4, breast), author_id=bert.id, now=room.now())
    page = at(as_role(room, Role.STUDENT), "rotation")
    assert "There is no plan for you yet." in said(page)
    assert "room 3" not in said(page)
    assert not page.selectbox
    store.add(reader.id, plan_of(4, replace(breast, section="neuro")), author_id=bert.id, now=room.now())
    at(page, "rotation")
    assert "Now in Neuro and head &amp; neck with &lt;b&gt;Bert&lt;/b&gt;, until 6 March." in said(page)
    assert not page.button


def test_home_begins_with_this_weeks_section_its_cases_and_how_to_look(
    room: Room, store: Rotations, bert: Person
) -> None:
    reader = people().local_reader(now=room.now())
    thoracic = Block("thoracic", MONDAY, MONDAY + timedelta(days=4), bert.id, "Meet in <i>room 3</i>")
    kept = store.add(reader.id, plan_of(11, thoracic), author_id=bert.id, now=room.now())
    page = at(as_role(room, Role.STUDENT), "")
    told = said(page)
    assert "This week: Thoracic and lung" in told
    assert "2–6 March 2026 · with &lt;b&gt;Bert&lt;/b&gt; · week 1 of 2 · Meet in &lt;i&gt;room 3&lt;/i&gt;" in told
    assert all(step in told for step in search_pattern("thoracic") if "&" not in step)
    cases = [one for one in room.catalogue.cases if "thoracic" in one.sections]
    assert first_links(page) == [one.title for one in sorted(cases, key=lambda one: (one.level, one.slug))][:6]
    # What was read goes to the end.
    first = min(cases, key=lambda one: (one.level, one.slug))
    attempt = room.attempts.start(LOCAL, first.slug, first.version, now=room.now())
    room.attempts.commit(attempt.id, "mark", {}, 0.5, Score(0.0, ()), room.now())
    at(page, "")
    assert first_links(page)[-1] == first.title or len(cases) > 6
    assert first_links(page)[0] != first.title
    # Two weeks on, the stay is over, and the library is as it was.
    store.change(kept, replace(kept.plan, ends_on=MONDAY), author_id=bert.id, now=room.now() + timedelta(seconds=1))
    at(page, "")
    assert "This week" not in said(page)


def first_links(page: AppTest) -> list[str]:
    """Give the titles of the cases that home begins with."""
    return [link.proto.label.rpartition(" · ")[0] for link in page.get("page_link") if ", level " in link.proto.label]


def test_who_has_no_plan_sees_the_library_and_a_way_to_one(room: Room) -> None:
    page = at(as_role(room, Role.STUDENT), "")
    assert "This week" not in said(page)
    assert "Your rotation" in [link.proto.label for link in page.get("page_link")]


def test_a_logbook_is_ones_own_and_a_resident_chooses_a_students(room: Room, ada: Person) -> None:
    case = room.catalogue.case("msk-cr-01")
    attempt = room.attempts.start(ada.id, case.slug, case.version, now=room.now(), question_ids=["mark"])
    room.attempts.commit(attempt.id, "mark", {}, 0.5, Score(0.75, ()), room.now())
    page = as_role(room, Role.STUDENT)
    # Another student's, by its address.
    page.query_params["student"] = ada.id
    at(page, "logbook")
    assert "Nothing was read in this period." in said(page)
    assert [one.label for one in page.selectbox] == ["Period"]
    page = at(as_role(room, Role.RESIDENT), "logbook")
    page.selectbox(key="logbook-student").set_value(ada.id).run()
    assert case.title in said(page)
    assert case.title_teacher not in said(page)
    assert "75%" in said(page)
