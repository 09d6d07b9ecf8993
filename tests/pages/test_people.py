"""The administrators' page, run by Streamlit's own test harness: what is done is kept, said, and can be undone."""

from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from pages.accounts import Accounts, Mode
from pages.door import Door
from pages.plain import as_text
from pages.room import Room, furnish, people
from quizzes.people.passwords import Passwords
from quizzes.people.person import LOCAL, Person, Role

SCRIPT = "<script>alert(1)</script>'; DROP TABLE person; --"


def draw() -> None:
    import streamlit as st

    from pages.people import people_page

    st.session_state["pages"] = {}
    people_page()


@pytest.fixture
def page(room: Room) -> AppTest:
    people().local_reader(now=room.now())
    return ran(AppTest.from_function(draw, default_timeout=60).run())


@pytest.fixture
def department(room: Room) -> Room:
    """Give a room of people with passwords, in which the page is drawn for one who sits at the machine."""
    door = Door(Accounts(Mode.PASSWORDS), room.attempts, bytes(32), room.now)
    reader = door.people.local_reader(now=room.now())
    door.begin(reader, "token")
    door.visit = lambda _cookies: Door.visit(door, {"readout_session": "token"})  # type: ignore[method-assign]
    return furnish(replace(room, door=door))


def ran(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].stack_trace
    return page


def press(page: AppTest, label: str, number: int = 0) -> AppTest:
    return ran([one for one in page.button if one.label == label][number].click().run())


def said(page: AppTest) -> str:
    return unescape("\n".join(one.proto.body for one in page.get("html")))


def add(page: AppTest, name: str, role: Role = Role.STUDENT) -> AppTest:
    next(one for one in page.text_input if one.label == "Name").set_value(name)
    next(one for one in page.selectbox if one.label == "Role").set_value(role)
    return press(page, "Add")


def named(name: str) -> Person:
    return next(one for one in people().everyone(closed=True) if one.name == name)


def test_a_profile_is_added_with_a_name_and_a_role(page: AppTest) -> None:
    add(page, "Ada", Role.RESIDENT)
    assert named("Ada").role == Role.RESIDENT
    assert "Ada is added." in said(page)
    assert not page.code


def test_a_change_is_kept_and_can_be_undone(page: AppTest, room: Room) -> None:
    ada = people().add("Ada", Role.STUDENT, now=room.now())
    press(ran(page.run()), "Change")
    page.text_input(key=f"name-{ada.id}").set_value("Ada Byron")
    page.selectbox(key=f"role-{ada.id}").set_value(Role.RESIDENT)
    page.text_input(key=f"cohort-{ada.id}").set_value("October")
    press(page, "Keep")
    assert people().person(ada.id) == replace(ada, name="Ada Byron", role=Role.RESIDENT, cohort="October")
    press(page, "Undo")
    assert people().person(ada.id) == ada


def test_an_account_is_closed_and_opened_again(page: AppTest, room: Room) -> None:
    ada = people().add("Ada", Role.STUDENT, now=room.now())
    press(ran(page.run()), "Change")
    press(page, "Close the account")
    assert people().person(ada.id).closed_at == room.now()
    assert "closed" in said(page)
    press(page, "Reopen the account")
    assert people().person(ada.id).closed_at is None


def test_the_last_administrator_stays_one(page: AppTest) -> None:
    press(page, "Change")
    page.selectbox(key=f"role-{LOCAL}").set_value(Role.STUDENT)
    press(page, "Keep")
    assert "make another person administrator first" in page.error[0].value.replace("\\", "")
    assert people().person(LOCAL).role == Role.ADMINISTRATOR
    # Somebody must be there for whoever chooses nobody.
    assert "Close the account" not in [one.label for one in page.button]


@pytest.mark.usefixtures("department")
def test_a_new_account_has_a_password_for_one_time_that_is_shown_once(page: AppTest, room: Room) -> None:
    add(page, "Ada")
    [code] = page.code
    assert Passwords(room.attempts.engine).check("ada", code.value) == (named("Ada"), True)
    press(page, "Done")
    assert not page.code
    assert code.value not in said(page)


def test_a_new_password_and_signing_out_end_every_sign_in(department: Room) -> None:
    ada = people().add("Ada", Role.STUDENT, now=department.now())
    page = ran(AppTest.from_function(draw, default_timeout=60).run())
    press(page, "Change")
    for label in ("Sign out everywhere", "New password"):
        department.door.begin(ada, label)
        assert department.door.sign_ins.find(label, now=department.now())
        press(page, label)
        assert department.door.sign_ins.find(label, now=department.now()) is None
    [code] = page.code
    assert Passwords(department.attempts.engine).check("ada", code.value) == (ada, True)


def test_markup_and_statements_in_every_field_are_text(page: AppTest) -> None:
    add(page, SCRIPT)
    ada = named(SCRIPT)
    assert SCRIPT in said(page)
    assert not any("<script" in one.proto.body for one in page.get("html"))
    page.text_input(key="people-search").set_value(SCRIPT)
    press(ran(page.run()), "Change")
    page.text_input(key=f"cohort-{ada.id}").set_value(SCRIPT)
    press(page, "Keep")
    assert people().person(ada.id).cohort == SCRIPT
    assert not any("<script" in one.proto.body for one in page.get("html"))
    # A name that is taken is named in the refusal.
    add(page, SCRIPT)
    assert SCRIPT.casefold() in page.error[0].value.replace("\\", "")


def test_who_is_searched_for_in_vain_is_said_so(page: AppTest) -> None:
    page.text_input(key="people-search").set_value("nobody of this name")
    assert "Nobody fits" in ran(page.run()).info[0].value


def test_text_is_shown_as_text() -> None:
    assert as_text("a *b* [c](d)\n:red[e] $f$") == r"a \*b\* \[c\]\(d\) \:red\[e\] \$f\$"
