"""The same on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from quizzes import StoreError
from quizzes.people.accounts import People
from quizzes.people.person import LOCAL, Role
from quizzes.store import Attempts


@pytest.fixture
def people(url):
    with Attempts(url) as attempts:
        yield People(attempts.engine)


def test_people_are_found_by_id_by_login_and_by_role(people, now):
    ada = people.add("Ada Byron", Role.STUDENT, cohort="October", now=now)
    bert = people.add("bert", Role.RESIDENT, login="B.Osler", now=now)
    assert people.person(ada.id) == ada
    assert people.by_login(" b.OSLER ") == bert
    assert people.by_login("ada byron") == ada
    assert people.everyone() == (ada, bert)
    assert people.everyone(Role.RESIDENT) == (bert,)


def test_a_login_belongs_to_one(people, now):
    people.add("Ada", Role.STUDENT, now=now)
    with pytest.raises(StoreError, match=r"person ADA: the name 'ada' is taken. Choose another."):
        people.add("ADA", Role.STUDENT, now=now)


@pytest.mark.parametrize("name", ["", "  \n", "x" * 101])
def test_a_name_is_neither_empty_nor_endless(people, now, name):
    with pytest.raises(StoreError, match="name: found"):
        people.add(name, Role.STUDENT, now=now)


def test_markup_and_statements_in_a_name_are_text(people, now):
    name = "<script>alert(1)</script>'; DROP TABLE person; --"
    assert people.person(people.add(name, Role.STUDENT, now=now).id).name == name


def test_a_changed_person_is_kept_and_a_closed_one_is_only_shown_when_asked(people, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    people.change(replace(ada, role=Role.RESIDENT, closed_at=now), now=now)
    assert people.everyone() == ()
    assert people.everyone(closed=True) == (replace(ada, role=Role.RESIDENT, closed_at=now),)
    with pytest.raises(StoreError, match="nobody of this id"):
        people.change(replace(ada, id="nobody"), now=now)


def test_whoever_sits_at_a_machine_without_accounts_is_one_person(people, now):
    assert people.local_reader(now=now).id == LOCAL
    assert people.local_reader(now=now) == people.local_reader(now=now)
