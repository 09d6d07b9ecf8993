"""Sign-ins and passwords, the same on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.low_level import Type

from quizzes import StoreError
from quizzes.people import tables
from quizzes.people.accounts import People
from quizzes.people.memory import LIFE
from quizzes.people.passwords import Passwords, new_password
from quizzes.people.person import Role
from quizzes.people.sign_ins import TRIES, WINDOW, SignIns
from quizzes.store import Attempts

WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"
HOUR = timedelta(hours=1)


@pytest.fixture
def attempts(url):
    with Attempts(url) as attempts:
        yield attempts


@pytest.fixture
def people(attempts):
    return People(attempts.engine)


@pytest.fixture
def sign_ins(attempts):
    return SignIns(attempts.engine)


def kept(attempts, person):
    with attempts.engine.connect() as connection:
        return connection.scalar(sa.select(tables.person.c.password_hash).filter_by(id=person.id))


def test_a_sign_in_lasts_until_it_expires_ends_or_everything_ends(people, sign_ins, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    for token in ("one", "two", "three"):
        assert sign_ins.begin(ada, token, now=now, expires_at=now + HOUR)
        assert sign_ins.find(token, now=now).person == ada
    assert sign_ins.find("one", now=now + HOUR) is None
    sign_ins.end("one", now=now)
    assert sign_ins.find("one", now=now) is None
    assert sign_ins.known("one")
    assert sign_ins.find("two", now=now).person == ada
    sign_ins.end_all(ada, now=now + timedelta(seconds=1))
    assert [sign_ins.find(token, now=now) for token in ("two", "three", "", "never")] == [None] * 4


def test_an_ended_token_cannot_begin_anew(people, sign_ins, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    sign_ins.begin(ada, "one", now=now, expires_at=now + HOUR)
    sign_ins.end("one", now=now)
    assert not sign_ins.begin(ada, "one", now=now, expires_at=now + HOUR)
    assert sign_ins.find("one", now=now) is None


def test_a_changed_role_and_a_closed_account_are_seen_at_once(people, sign_ins, now):
    ada = people.add("Ada", Role.RESIDENT, now=now)
    sign_ins.begin(ada, "one", now=now, expires_at=now + HOUR)
    assert sign_ins.find("one", now=now).person.role == Role.RESIDENT
    people.change(replace(ada, role=Role.STUDENT), now=now)
    assert sign_ins.find("one", now=now).person.role == Role.STUDENT
    people.change(replace(ada, closed_at=now), now=now)
    assert sign_ins.find("one", now=now) is None


def test_what_another_process_ends_is_believed_for_seconds_only(url, people, sign_ins, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    sign_ins.begin(ada, "one", now=now, expires_at=now + HOUR)
    assert sign_ins.find("one", now=now)
    with Attempts(url) as other:
        SignIns(other.engine).end("one", now=now)
    assert sign_ins.find("one", now=now + LIFE) is None


def test_asking_again_and_again_is_one_query(attempts, people, sign_ins, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    sign_ins.begin(ada, "one", now=now, expires_at=now + HOUR)
    asked = []
    sa.event.listen(attempts.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    for _ in range(100):
        assert sign_ins.find("one", now=now)
    assert len(asked) == 1


def test_no_token_and_no_typed_name_is_in_the_database(attempts, people, sign_ins, now):
    sign_ins.begin(people.add("Ada", Role.STUDENT, now=now), "secret token", now=now, expires_at=now + HOUR)
    sign_ins.wait("a password typed as a name", "10.0.0.1", now=now)
    with attempts.engine.connect() as connection:
        rows = [
            str(row) for table in (tables.sign_in, tables.sign_in_failure) for row in connection.execute(table.select())
        ]
    assert rows
    assert not any(secret in row for row in rows for secret in ("secret", "typed", "10.0.0.1"))


def test_many_tries_at_once_are_all_counted(attempts, sign_ins, now):
    tries = 4 * TRIES["name"]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: sign_ins.wait("ada", "10.0.0.1", now=now), range(tries)))
    let_through = sum(not wait for wait in waits)
    # On PostgreSQL tries that overlap may not see one another: as many as overlap, no more.
    assert TRIES["name"] <= let_through <= (TRIES["name"] if attempts.engine.dialect.name == "sqlite" else 13)
    assert max(waits) == WINDOW


def test_passwords_are_argon2id_and_renewed_when_its_parameters_change(attempts, people, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    Passwords(attempts.engine, WEAK).set(ada, PASSWORD)
    first = kept(attempts, ada)
    assert first.startswith("$argon2id$")
    assert PASSWORD not in first
    stronger = Passwords(attempts.engine, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert stronger.check("ada", "another password") is None
    assert kept(attempts, ada) == first
    assert stronger.check("ADA ", PASSWORD) == (ada, False)
    assert "m=16,t=2,p=1" in kept(attempts, ada)
    assert stronger.check("ada", PASSWORD) == (ada, False)


def test_the_usual_parameters_are_those_that_rfc_9106_recommends(attempts, people, now):
    ada = people.add("Ada", Role.STUDENT, now=now)
    Passwords(attempts.engine).set(ada, PASSWORD)
    assert PasswordHasher().type is Type.ID
    assert "m=65536,t=3,p=4" in kept(attempts, ada)


def test_a_password_given_for_one_time_stays_so_until_its_owner_chooses(attempts, people, now):
    ada, passwords = people.add("Ada", Role.STUDENT, now=now), Passwords(attempts.engine, WEAK)
    given = new_password()
    passwords.set(ada, given, once=True)
    assert passwords.check("ada", given) == (ada, True)
    passwords.set(ada, PASSWORD)
    assert passwords.check("ada", PASSWORD) == (ada, False)
    assert passwords.check("ada", given) is None


def test_who_has_no_password_or_a_closed_account_cannot_come_in(attempts, people, now):
    ada, passwords = people.add("Ada", Role.STUDENT, now=now), Passwords(attempts.engine, WEAK)
    assert not passwords.has_any()
    assert passwords.check("ada", "") is None
    passwords.set(ada, PASSWORD)
    assert passwords.has_any()
    people.change(replace(ada, closed_at=now), now=now)
    assert passwords.check("ada", PASSWORD) is None
    assert not passwords.has_any()


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_is_neither_short_nor_endless(attempts, people, now, password):
    ada = people.add("Ada", Role.STUDENT, now=now)
    with pytest.raises(StoreError, match="password: found"):
        Passwords(attempts.engine, WEAK).set(ada, password)


def test_a_letter_typed_in_two_ways_is_the_same(attempts, people, now):
    ada, passwords = people.add("Ada", Role.STUDENT, now=now), Passwords(attempts.engine, WEAK)
    passwords.set(ada, "Röntgenröhre 1895")
    assert passwords.check("ada", "Ro\u0308ntgenro\u0308hre 1895") == (ada, False)
    assert passwords.check("ada", "\ud800 is half a letter") is None


def test_who_comes_from_a_provider_is_known_again_and_has_the_role_that_it_gives(people, now):
    ada = people.admit("https://id.example 42", "Ada", Role.STUDENT, now=now)
    assert people.admit("https://id.example 42", "Ada Byron", Role.RESIDENT, now=now) == replace(
        ada, name="Ada Byron", role=Role.RESIDENT
    )
    assert people.admit("https://other.example 42", "Ada", Role.STUDENT, now=now).id != ada.id
    assert people.logins() == {}


def test_somebody_always_looks_after_readout(people, now):
    ada = people.add("Ada", Role.ADMINISTRATOR, now=now)
    assert not people.keeps_an_administrator(replace(ada, role=Role.RESIDENT))
    assert not people.keeps_an_administrator(replace(ada, closed_at=now))
    people.add("Bert", Role.ADMINISTRATOR, now=now)
    assert people.keeps_an_administrator(replace(ada, role=Role.RESIDENT))
