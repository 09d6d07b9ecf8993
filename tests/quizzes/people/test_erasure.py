"""Deleting an account and exporting what it holds; the same on SQLite and PostgreSQL."""

import io
import json
import random
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa

from quizzes import StoreError, schema
from quizzes.people import erasure, tables
from quizzes.people.accounts import People
from quizzes.people.assignment_store import Assignments
from quizzes.people.belongings import stream_belongings
from quizzes.people.erasure import NOBODY, erase, refusal
from quizzes.people.person import LOCAL, Role
from quizzes.people.settings import Erasing, Settings
from quizzes.scoring import Part, Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings

FREE = "My own words 4711"
OWN = (
    *(schema.attempt, schema.commit, schema.viewing, schema.drawing, schema.rubric_score),
    *(schema.practice_session, schema.session_attempt, schema.session_event),
)
# What of a person is in a table, and how it is erased and exported, is known for each of these; a new one is not.
KNOWN = {
    *OWN,
    *(tables.person, tables.sign_in, tables.sign_in_failure, tables.rotation, tables.block, tables.assignment),
    *(tables.assignment_student, tables.comment, tables.discussion, tables.setting),
    *(schema.erasure, schema.item_tally, schema.answer_tally, schema.schema_version),
}


class Ward:
    """A student who has done everything, another, a resident and an administrator."""

    def __init__(self, attempts, now):
        self.attempts, self.engine, self.now = attempts, attempts.engine, now
        self.people = People(attempts.engine)
        self.ada = self.people.add("Ada Byron", Role.STUDENT, cohort="October", now=now).id
        self.bo = self.people.add("Bo", Role.STUDENT, now=now).id
        self.rhea = self.people.add("Rhea", Role.RESIDENT, now=now).id
        self.admin = self.people.add("Adele", Role.ADMINISTRATOR, now=now).id
        for learner in (self.ada, self.bo):
            self.read(learner)

    def read(self, learner):
        now = self.now
        plan = Plan(("chest",), "study", title="Week one")
        self.assignment = Assignments(self.engine).create(self.rhea, plan, [learner], now=now)
        session = Assignments(self.engine).begin(self.assignment.id, learner, now=now)
        sessions, viewings = Sessions(self.engine), Viewings(self.engine)
        attempt = sessions.open(session, 0, "v1", asked={"report": 1.0, "which": 1.0}, now=now).id
        self.attempts.commit(attempt, "report", {"text": FREE}, 0.8, Score(0.0, (), weight=0.0), now)
        part = Part("choice", 1.0, "right")
        self.attempts.commit(attempt, "which", {"choice": "a"}, 0.8, Score(1.0, (part,)), now + timedelta(seconds=9))
        viewings.add(attempt, read_message({"mount": "m", "number": 0, "opened_at": 0, "runs": []}), now=now)
        drawn = [{"id": "1", "kind": "arrow", "text": FREE, "points": [[1, 2]]}, {"id": "2", "kind": "length"}]
        viewings.draw(attempt, "which", drawn, now=now)
        viewings.judge(attempt, "report", self.rhea, {"a": "full"}, now=now)
        sessions.add(sessions.session(session.id, learner), "ended", now=now + timedelta(minutes=1))
        comment = {"attempt_id": attempt, "question_id": "", "finding": "", "text": FREE, "written_at": now}
        rotation = {"id": f"r-{learner[:30]}", "student_id": learner, "author_id": self.rhea, "changed_at": now}
        with self.engine.begin() as connection:
            insert = tables.comment.insert()
            connection.execute(insert.values(comment | {"id": f"c-{learner[:30]}", "author_id": self.rhea}))
            flag = {"attempt_id": attempt, "question_id": "which", "author_id": self.rhea, "flagged_at": now}
            connection.execute(tables.discussion.insert().values(flag))
            days = {"starts_on": now.date(), "ends_on": now.date()}
            connection.execute(tables.rotation.insert().values(rotation | days))
            block = {"rotation_id": rotation["id"], "number": 1, "section": "neuro", "note": FREE} | days
            connection.execute(tables.block.insert().values(block))
            signed = {"token_hash": learner, "person_id": learner, "started_at": now, "expires_at": now}
            connection.execute(tables.sign_in.insert().values(signed))

    def count(self, table):
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table))

    def everything(self):
        """Give every row of every table, as text."""
        with self.engine.connect() as connection:
            return {
                table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
                for table in schema.METADATA.sorted_tables
            }


@pytest.fixture
def ward(url, now):
    with Attempts(url) as attempts:
        yield Ward(attempts, now)


def test_attempts_of_a_deleted_account_become_statistics_of_nobody(ward, now):
    before = ward.everything()
    erase(ward.engine, ward.ada, Erasing.ANONYMOUS, now=now)
    after = ward.everything()
    assert ward.people.person(ward.ada) is None
    text = json.dumps({name: rows for name, rows in after.items() if name != "erasure"})
    assert ward.ada not in text
    assert "Ada" not in text
    # What Bo's rows hold of it is Bo's.
    assert text.count(FREE) * 2 == json.dumps(before).count(FREE)
    for table in OWN:
        assert len(after[table.name]) == len(before[table.name])
    assert after["item_tally"] == before["item_tally"]
    assert after["answer_tally"] == before["answer_tally"]
    learners = {row.split(", ")[1].strip("'") for row in after["attempt"]} - {ward.bo}
    [nobody] = learners
    assert nobody.startswith("anonymous-")
    assert nobody in "".join(after["practice_session"])


def test_attempts_of_a_deleted_account_vanish_when_the_administrator_says_so(ward, now):
    assert Settings(ward.engine).erasing() is Erasing.ANONYMOUS
    for kind in (Erasing.ANONYMOUS, Erasing.VANISH):
        Settings(ward.engine).decide_erasing(kind, ward.admin, now=now)
    erase(ward.engine, ward.ada, Settings(ward.engine).erasing(), now=now)
    after = ward.everything()
    assert ward.ada not in json.dumps({name: rows for name, rows in after.items() if name != "erasure"})
    for table in (*OWN, tables.comment, tables.discussion, tables.rotation, tables.block, tables.sign_in):
        # Bo's are all there.
        assert len(after[table.name]) == (2 if table is schema.commit else 1), table.name
    kept = {name: after[name] for name in ("item_tally", "answer_tally")}
    assert len(kept["item_tally"]) == 1
    ward.attempts.rebuild_tallies()
    assert {name: ward.everything()[name] for name in kept} == kept


def test_an_erasure_that_fails_on_the_way_has_done_nothing(ward, now, monkeypatch):
    steps = {kind: ["_leave", "_delete_person"] for kind in Erasing}
    steps[Erasing.ANONYMOUS].append("_make_anonymous")
    steps[Erasing.VANISH].append("_delete_attempts")
    before = ward.everything()
    for kind, step in [(each, step) for each, names in steps.items() for step in names]:
        real = getattr(erasure, step)

        def fail(connection, *rest, step=step, real=real):
            real(connection, *rest)
            raise sa.exc.OperationalError(step, None, Exception("the machine was switched off"))

        with monkeypatch.context() as patch:
            patch.setattr(erasure, step, fail)
            with pytest.raises(StoreError, match="switched off"):
                erase(ward.engine, ward.ada, kind, now=now)
        assert ward.everything() == before, (kind, step)


def test_nothing_of_others_and_nothing_later_changes_when_somebody_was_erased(ward, now):
    erase(ward.engine, ward.ada, Erasing.ANONYMOUS, now=now)
    # Bo's rows, and those that are nobody's now, are as fast as before.
    for table in (*OWN, schema.erasure):
        column = next(one for one in table.c if not one.primary_key)
        for statement in (table.delete(), table.update().values({column.name: column})):
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), ward.engine.begin() as connection:
                connection.execute(statement)


def test_whoever_comes_back_under_the_same_id_is_protected_again(url, now):
    with Attempts(url) as attempts:
        people = People(attempts.engine)
        people.local_reader(now=now)
        people.add("Adele", Role.ADMINISTRATOR, now=now)
        # Begun while the clock was wrong: later than the erasure.
        attempts.start(LOCAL, "chest", "v1", now=now + timedelta(days=1))
        erase(attempts.engine, LOCAL, Erasing.VANISH, now=now)
        assert people.person(LOCAL) is None
        people.local_reader(now=now)
        again = attempts.start(LOCAL, "chest", "v1", now=now + timedelta(days=2))
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), attempts.engine.begin() as connection:
            connection.execute(schema.attempt.delete())
        assert again.number == 1
        erase(attempts.engine, LOCAL, Erasing.VANISH, now=now + timedelta(days=3))
        assert attempts.attempt(again.id) is None


def test_the_last_administrator_stays(ward, now):
    before = ward.everything()
    assert "nobody else is an administrator" in refusal(ward.engine, ward.admin)
    with pytest.raises(StoreError, match="Make somebody one first"):
        erase(ward.engine, ward.admin, Erasing.VANISH, now=now)
    with pytest.raises(StoreError, match="nobody of this id"):
        erase(ward.engine, "nobody", Erasing.VANISH, now=now)
    assert ward.everything() == before
    ward.people.add("Second", Role.ADMINISTRATOR, now=now)
    assert refusal(ward.engine, ward.admin) == ""
    erase(ward.engine, ward.admin, Erasing.VANISH, now=now)
    assert ward.people.person(ward.admin) is None


def test_what_a_resident_has_written_for_others_stays_with_these_under_no_name(ward, now):
    erase(ward.engine, ward.rhea, Erasing.VANISH, now=now)
    kept = ward.people.person(ward.rhea)
    assert (kept.name, kept.role, kept.closed_at, kept.cohort) == (NOBODY, Role.STUDENT, now, "")
    assert ward.people.by_login("rhea") is None
    assert ward.count(tables.comment) == 2
    assert "Rhea" not in json.dumps(ward.everything())


def test_every_table_is_known_to_the_export_and_the_erasure():
    assert {table.name for table in schema.METADATA.sorted_tables} == {table.name for table in KNOWN}


def export(ward, person_id, sealed=()):
    pieces = list(stream_belongings(ward.engine, person_id, sealed=sealed, now=ward.now))
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def test_all_that_is_kept_about_a_person_is_in_the_export_and_nothing_of_others(ward):
    archive = export(ward, ward.ada)
    assert archive.testzip() is None
    files = {name: archive.read(name).decode() for name in archive.namelist()}
    readme = files.pop("README.md")
    rows = {name: json.loads(text) for name, text in files.items()}
    sizes = {name: len(found) for name, found in rows.items()}
    one = ("person", "sign_ins", "attempts", "viewing", "drawings", "judgements", "sessions", "session_cases")
    more = ("session_events", "rotations", "rotation_blocks", "assignments", "comments_about_me", "discussions")
    empty = {"assigned_by_me.json": 0, "comments_by_me.json": 0}
    assert sizes == {f"{name}.json": 1 for name in (*one, *more)} | {"answers.json": 2} | empty
    assert rows["person.json"][0]["name"] == "Ada Byron"
    assert {row["question_id"]: row["answer"] for row in rows["answers.json"]}["report"] == {"text": FREE}
    everything = json.dumps(rows)
    assert ward.bo not in everything
    assert "token_hash" not in everything + readme
    assert "password_hash" not in everything + readme
    for name, found in rows.items():
        assert f"## {name}" in readme
        for row in found:
            assert all(f"- `{column}`" in readme for column in row)
    assert len(json.loads(export(ward, ward.rhea).read("comments_by_me.json"))) == 2


def test_what_is_sealed_is_not_given_away_by_the_export(ward):
    [attempt] = json.loads(export(ward, ward.ada).read("attempts.json"))
    archive = export(ward, ward.ada, sealed={attempt["id"]})
    for row in json.loads(archive.read("answers.json")):
        assert row["sealed"] is True
        assert [row[name] for name in ("score", "parts", "top1", "top3", "hit", "distance")] == [None] * 6
        assert row["answer"]
    for name in ("comments_about_me.json", "judgements.json", "discussions.json"):
        assert json.loads(archive.read(name)) == []


def test_a_long_record_is_sent_in_pieces_as_it_is_read(ward, now):
    session = Sessions(ward.engine).start(ward.ada, Plan(("a",), "study"), now=now)
    attempt = Sessions(ward.engine).open(session, 0, "v1", now=now).id
    chance = random.Random(1)
    rows = [
        {
            "attempt_id": attempt,
            "mount": "m",
            "number": n,
            "runs": {"noise": chance.randbytes(600).hex()},
            "received_at": now,
        }
        for n in range(600)
    ]
    with ward.engine.begin() as connection:
        connection.execute(schema.viewing.insert(), rows)
    pieces = list(stream_belongings(ward.engine, ward.ada, sealed=(), now=now))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 200_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert len(json.loads(archive.read("viewing.json"))) == 601
