"""Databases of every earlier Readout are brought up to date in place, once, and newer ones are left alone."""

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from quizzes import StoreError, migrations, schema
from quizzes.scoring import Part, Score
from quizzes.store import Attempts

ROOT = Path(__file__).parents[2]

# The first Readout's tables, as its SQLite files have them. Frozen: never to be changed.
FIRST = """
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE attempt (
    id VARCHAR(36) NOT NULL, learner VARCHAR(255) NOT NULL, case_slug VARCHAR(100) NOT NULL, number INTEGER NOT NULL,
    case_version VARCHAR(64) NOT NULL, seed BIGINT NOT NULL, started_at DATETIME NOT NULL,
    PRIMARY KEY (id), UNIQUE (learner, case_slug, number)
);
CREATE TABLE "commit" (
    attempt_id VARCHAR(36) NOT NULL, question_id VARCHAR(64) NOT NULL, answer JSON NOT NULL,
    confidence FLOAT NOT NULL CHECK (confidence BETWEEN 0.5 AND 1),
    score FLOAT NOT NULL CHECK (score BETWEEN 0 AND 1), parts JSON NOT NULL, weight FLOAT NOT NULL,
    top1 BOOLEAN, top3 BOOLEAN, hit BOOLEAN, distance FLOAT, unit VARCHAR(2) NOT NULL, committed_at DATETIME NOT NULL,
    PRIMARY KEY (attempt_id, question_id), FOREIGN KEY(attempt_id) REFERENCES attempt (id)
);
CREATE TRIGGER attempt_unchanged BEFORE UPDATE ON "attempt"
    BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER attempt_undeleted BEFORE DELETE ON "attempt"
    BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER attempt_unreplaced BEFORE INSERT ON "attempt" WHEN EXISTS (SELECT 1 FROM "attempt" WHERE id = NEW.id
    OR (learner = NEW.learner AND case_slug = NEW.case_slug AND number = NEW.number))
    BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER commit_unchanged BEFORE UPDATE ON "commit"
    BEGIN SELECT RAISE(ABORT, 'commit is append-only'); END;
CREATE TRIGGER commit_undeleted BEFORE DELETE ON "commit"
    BEGIN SELECT RAISE(ABORT, 'commit is append-only'); END;
CREATE TRIGGER commit_unreplaced BEFORE INSERT ON "commit" WHEN EXISTS
    (SELECT 1 FROM "commit" WHERE attempt_id = NEW.attempt_id AND question_id = NEW.question_id)
    BEGIN SELECT RAISE(ABORT, 'commit is append-only'); END;
INSERT INTO schema_version VALUES (1);
INSERT INTO attempt VALUES
    ('7c0f', 'ada', 'thoracic-ct-01', 1, 'v1', 12345, '2026-03-04 05:06:07.890123');
INSERT INTO "commit" VALUES
    ('7c0f', 'mark', '{"marks": [{"space": "patient", "point": [1.5, 2.0, 3.0]}]}', 0.8, 0.6,
     '[{"label": "mark", "value": 0.6, "text": "9.0 mm from the outline: near, 0.60"}]', 2.0, NULL, NULL, 0, 9.0, 'mm',
     '2026-03-04 05:07:07.890123'),
    ('7c0f', 'next-step', '{"choice": "Tissue sampling"}', 1.0, 1.0, '[]', 1.0, NULL, NULL, NULL, NULL, '',
     '2026-03-04 05:08:07.890123');
"""


@pytest.fixture
def first(tmp_path):
    """Give a database file that the first Readout has written."""
    file = tmp_path / "attempts.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(FIRST)
    connection.close()
    return f"sqlite:///{file}"


def test_a_database_of_the_first_readout_keeps_everything_and_goes_on(first, now):
    with Attempts(first) as attempts:
        assert attempts.attempt("7c0f").started_at == now
        mark, step = attempts.commits("7c0f")
        part = Part("mark", 0.6, "9.0 mm from the outline: near, 0.60")
        assert mark.score == Score(0.6, (part,), weight=2.0, hit=False, distance=9.0, unit="mm")
        assert (step.answer, step.confidence) == ({"choice": "Tissue sampling"}, 1.0)
        attempts.commit("7c0f", "differential", {"ranked": ["carcinoid"]}, 0.7, Score(0.0, ()), now)
    with Attempts(first) as reopened:
        assert len(reopened.commits("7c0f")) == 3


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_postgresql_database_of_the_first_readout_comes_through_and_is_append_only_then(url, now):
    engine = schema.open_engine(url)
    with engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        # It had no number of Alembic's, and no triggers.
        connection.execute(sa.text("DROP TABLE alembic_version"))
        key = {"id": "7c0f", "learner": "ada", "case_slug": "a", "number": 1, "case_version": "v1"}
        connection.execute(schema.attempt.insert().values(key | {"seed": 1, "started_at": now}))
    engine.dispose()
    with Attempts(url) as attempts:
        assert attempts.attempt("7c0f").started_at == now
        attempts.commit("7c0f", "q", {}, 0.8, Score(1.0, ()), now)
        with attempts.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.execute(sa.text("DELETE FROM attempt"))


def test_an_upgraded_database_is_the_same_as_a_new_one(first, tmp_path):
    new = f"sqlite:///{tmp_path / 'new.db'}"
    for each in (first, new):
        Attempts(each).close()
    assert structure(first) == structure(new)


def structure(url):
    """Name every table, column, index and trigger of a SQLite file."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        objects = connection.execute("SELECT type, name FROM sqlite_master").fetchall()
        tables = [name for kind, name in objects if kind == "table"]
        columns = {name: connection.execute(f'PRAGMA table_info("{name}")').fetchall() for name in tables}
    finally:
        connection.close()
    return sorted(objects), columns


def test_what_an_earlier_readout_kept_is_counted(first):
    with Attempts(first) as attempts, attempts._engine.connect() as connection:
        rows = connection.execute(sa.select(schema.item_tally).order_by("question_id")).all()
    assert [(row.question_id, row.n) for row in rows] == [("mark", 1), ("next-step", 1)]
    assert [(row.x, row.r) for row in rows] == [pytest.approx((0.6, 1.0)), pytest.approx((1.0, 0.6))]


def test_the_tables_described_are_those_that_the_steps_make(url):
    with Attempts(url) as attempts, attempts._engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.METADATA) == []


def test_the_revision_that_start_up_compares_is_the_newest_step():
    assert migrations.newest() == schema.REVISION


def test_a_database_of_a_newer_readout_is_refused_and_left_alone(url):
    Attempts(url).close()
    engine = schema.open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=f"found schema 9999, expected at most {schema.REVISION}. Use a newer Readout"):
        Attempts(url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_the_first_readout_would_refuse_what_this_one_keeps(url):
    """It looks for the highest number in this table, and knows 1."""
    with Attempts(url) as attempts, attempts._engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT max(version) FROM schema_version")) > 1


def test_a_step_that_fails_leaves_the_database_as_it_was(first, monkeypatch):
    before = structure(first)

    def fail(connection):  # noqa: ARG001
        raise sa.exc.OperationalError("tallies", None, Exception("no space left"))

    monkeypatch.setattr(migrations, "rebuild_tallies", fail)
    with pytest.raises(StoreError, match="no space left"):
        Attempts(first)
    assert structure(first) == before
    monkeypatch.undo()
    with Attempts(first) as attempts:
        assert len(attempts.commits("7c0f")) == 2


def test_servers_that_start_at_once_bring_it_up_to_date_once(first):
    code = "import sys; from quizzes.store import Attempts; sys.stdin.read(); Attempts(sys.argv[1])"
    command = [sys.executable, "-c", code, first]
    started = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for process in started:
        process.stdin.close()
    said = [process.stderr.read().decode() for process in started]
    assert [process.wait() for process in started] == [0] * 4, said
    for process in started:
        process.stderr.close()
    with Attempts(first) as attempts:
        assert len(attempts.commits("7c0f")) == 2


def test_a_start_with_nothing_to_do_does_not_load_alembic(sqlite):
    Attempts(sqlite).close()
    code = "import sys; from quizzes.store import Attempts; Attempts(sys.argv[1]); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, sqlite], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_tallies_kept_on_the_way_are_those_counted_anew(url, now):
    with Attempts(url) as attempts:
        for learner in range(12):
            attempt = attempts.start(f"learner {learner}", "a-case", f"v{learner % 2}", now=now)
            for number in range(learner % 4 + 1):
                score = Score((learner * 7 + number * 3) % 11 / 10, (), top1=number == 0 or None)
                answer = ({"choice": "ä"}, {"ranked": ["b", "a"]}, {"marks": []}, {"choices": ["x", "y"]})[number]
                at = now + timedelta(seconds=30 * number + learner)
                attempts.commit(attempt.id, f"q{number}", answer, 0.8, score, at)
                attempts.commit(attempt.id, f"q{number}", answer, 0.8, score, at)
        again = attempts.start("learner 1", "a-case", "v1", now=now)
        attempts.commit(again.id, "q0", {"choice": "ä"}, 0.8, Score(1.0, ()), now)
        kept = tallies(attempts)
        attempts.rebuild_tallies()
        counted = tallies(attempts)
    assert [keys for keys, _ in kept] == [keys for keys, _ in counted]
    assert [sums for _, sums in kept] == [pytest.approx(sums, abs=1e-9) for _, sums in counted]
    assert sum(sums[0] for keys, sums in kept if keys[1] == "q0" and len(keys) == 3) == 12


def tallies(attempts):
    """Give the rows of both tallies as keys and sums."""
    with attempts._engine.connect() as connection:
        items = [(tuple(row[:3]), tuple(row[3:])) for row in connection.execute(sa.select(schema.item_tally))]
        answers = [(tuple(row[:4]), tuple(row[4:])) for row in connection.execute(sa.select(schema.answer_tally))]
    return sorted(items) + sorted(answers)
