import inspect
import math
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from quizzes import AnswerError, StoreError, schema
from quizzes.guard import guarded
from quizzes.scoring import Part, Score
from quizzes.store import Attempts

ROOT = Path(__file__).parents[2]
QUESTIONS = ("lesion", "ranking")
ANSWER = {"marks": [{"space": "patient", "point": [-61.5, 12.0, -142.25]}]}
SCORE = Score(
    0.6,
    (Part("mark", 0.6, "9.0 mm from the outline: near, 0.60"),),
    weight=2.0,
    hit=False,
    distance=9.0,
    unit="mm",
)


@pytest.fixture
def attempts(url):
    with Attempts(url) as opened:
        yield opened


@pytest.fixture
def attempts_in_sqlite(sqlite):
    with Attempts(sqlite) as opened:
        yield opened


def begin(attempts, now, version="v1", learner="ada", slug="thoracic-ct-01"):
    return attempts.resume_or_start(learner, slug, version, question_ids=QUESTIONS, now=now)


def test_a_learner_who_comes_back_goes_on_in_the_same_attempt(attempts, url, now):
    first = begin(attempts, now)
    assert (first.number, first.case_version, first.started_at) == (1, "v1", now)
    attempts.commit(first.id, "lesion", ANSWER, 0.8, SCORE, now)
    with Attempts(url) as reopened:
        assert begin(reopened, now + timedelta(days=1)) == first
        assert [commit.question_id for commit in reopened.commits(first.id)] == ["lesion"]
        assert reopened.attempt(first.id) == first
        assert reopened.attempt("unknown") is None


def test_an_attempt_keeps_what_it_had_to_answer_and_a_finished_one_is_returned_to_whatever_the_case_asks_later(
    attempts, now
):
    first = begin(attempts, now)
    assert first.questions == attempts.attempt(first.id).questions == QUESTIONS
    assert attempts.start("ben", "a", "v1", now=now).questions is None
    for question in QUESTIONS:
        attempts.commit(first.id, question, ANSWER, 0.8, SCORE, now)
    more = {"question_ids": (*QUESTIONS, "plan"), "now": now}
    assert attempts.resume_or_start("ada", "thoracic-ct-01", "v2", **more) == first
    other = {"question_ids": ("all", "new"), "now": now}
    assert attempts.resume_or_start("ada", "thoracic-ct-01", "v3", **other).number == 2


def test_a_finished_attempt_is_returned_to_until_a_new_one_is_started(attempts, now):
    first = begin(attempts, now)
    for question in QUESTIONS:
        attempts.commit(first.id, question, ANSWER, 0.8, SCORE, now)
    assert begin(attempts, now) == first
    second = attempts.start("ada", "thoracic-ct-01", "v1", now=now)
    assert (second.number, second.id != first.id) == (2, True)
    assert begin(attempts, now) == second
    assert len(attempts.commits(first.id)) == 2


def test_a_changed_case_begins_anew_and_leaves_what_was_committed(attempts, now):
    first = begin(attempts, now)
    attempts.commit(first.id, "lesion", ANSWER, 0.8, SCORE, now)
    second = begin(attempts, now, version="v2")
    assert (second.number, second.case_version) == (2, "v2")
    assert attempts.attempt(first.id) == first
    assert attempts.commits(first.id)[0].score == SCORE


def test_a_finished_attempt_at_an_older_version_is_still_shown(attempts, now):
    first = begin(attempts, now)
    for question in QUESTIONS:
        attempts.commit(first.id, question, ANSWER, 0.8, SCORE, now)
    assert begin(attempts, now, version="v2") == first


def test_learners_and_cases_are_kept_apart(attempts, now):
    kept = {begin(attempts, now, learner=learner, slug=slug).id for learner in ("ada", "ben") for slug in ("a", "b")}
    assert len(kept) == 4


def test_seeds_differ_between_attempts(attempts, now):
    seeds = {attempts.start("ada", "a", "v1", now=now).seed for _ in range(20)}
    assert len(seeds) == 20
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_commit_is_kept_as_it_was_given(attempts, now):
    attempt = begin(attempts, now)
    kept = attempts.commit(attempt.id, "lesion", ANSWER, 0.85, SCORE, now)
    assert (kept.attempt_id, kept.question_id) == (attempt.id, "lesion")
    assert (kept.answer, kept.confidence, kept.score) == (ANSWER, 0.85, SCORE)
    assert (kept.committed_at, kept.repeated) == (now, False)
    assert attempts.commits(attempt.id) == (kept,)


@pytest.mark.parametrize(
    "score", [Score(1.0, (), top1=True, top3=True), Score(0.0, (Part("a", 0.0, "ä → ∞"),), hit=False, unit="px")]
)
def test_every_field_of_a_score_comes_back(attempts, now, score):
    attempt = begin(attempts, now)
    assert attempts.commit(attempt.id, "q", {}, 0.5, score, now).score == score


def test_the_first_commit_of_a_question_stands(attempts, now):
    attempt = begin(attempts, now)
    first = attempts.commit(attempt.id, "lesion", ANSWER, 0.8, SCORE, now)
    second = attempts.commit(attempt.id, "lesion", {"marks": []}, 1.0, Score(1.0, ()), now + timedelta(hours=1))
    assert second.repeated
    assert (second.answer, second.score, second.committed_at) == (ANSWER, SCORE, now)
    assert attempts.commits(attempt.id) == (first,)


def test_times_come_back_in_utc_from_any_zone(attempts):
    there = datetime(2026, 3, 4, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
    attempt = begin(attempts, there)
    assert attempt.started_at == there
    assert attempts.attempt(attempt.id).started_at.tzinfo is UTC
    assert attempts.attempt(attempt.id).started_at.hour == 6


def test_a_time_without_a_zone_is_refused(attempts, now):
    with pytest.raises(StoreError, match="found no timezone"):
        begin(attempts, now.replace(tzinfo=None))


@pytest.mark.parametrize("confidence", [0.4, 1.1])
def test_a_confidence_out_of_range_keeps_nothing(attempts, now, confidence):
    attempt = begin(attempts, now)
    with pytest.raises(AnswerError):
        attempts.commit(attempt.id, "lesion", ANSWER, confidence, SCORE, now)
    assert attempts.commits(attempt.id) == ()


def test_a_commit_to_no_attempt_is_refused(attempts, now):
    with pytest.raises(StoreError, match="attempt none, question lesion: the database refused"):
        attempts.commit("none", "lesion", ANSWER, 0.8, SCORE, now)


def test_an_answer_that_is_no_json_is_refused(attempts, now):
    attempt = begin(attempts, now)
    for value in ({1, 2}, math.nan):
        with pytest.raises(StoreError, match="found a value that is no JSON"):
            attempts.commit(attempt.id, "lesion", {"marks": value}, 0.8, SCORE, now)


def test_progress_tells_which_questions_were_ever_committed(attempts, now):
    first = begin(attempts, now, slug="read")
    attempts.commit(first.id, "lesion", ANSWER, 0.8, SCORE, now)
    again = attempts.start("ada", "read", "v1", now=now)
    opened = begin(attempts, now, slug="opened")
    begin(attempts, now, slug="other", learner="ben")
    progress = attempts.latest("ada")
    assert set(progress) == {"read", "opened"}
    assert (progress["read"].attempt, progress["read"].committed) == (again, {"lesion"})
    assert (progress["opened"].attempt, progress["opened"].committed) == (opened, frozenset())
    assert attempts.latest("nobody") == {}


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE "commit" SET score = 1',
        'DELETE FROM "commit"',
        'INSERT OR REPLACE INTO "commit" SELECT * FROM "commit"',
        "UPDATE attempt SET case_version = 'v9'",
        "DELETE FROM attempt",
        "INSERT OR REPLACE INTO attempt SELECT * FROM attempt",
    ],
)
def test_sqlite_itself_refuses_to_change_what_was_kept(attempts_in_sqlite, tmp_path, now, statement):
    attempt = begin(attempts_in_sqlite, now)
    kept = attempts_in_sqlite.commit(attempt.id, "lesion", ANSWER, 0.8, SCORE, now)
    other = sqlite3.connect(tmp_path / "attempts.db")
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    finally:
        other.close()
    assert attempts_in_sqlite.commits(attempt.id) == (kept,)


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE "commit" SET score = 1',
        'DELETE FROM "commit"',
        "UPDATE attempt SET case_version = 'v9'",
        "DELETE FROM attempt",
        'TRUNCATE "commit"',
        "TRUNCATE attempt CASCADE",
        """INSERT INTO "commit" SELECT * FROM "commit"
           ON CONFLICT (attempt_id, question_id) DO UPDATE SET score = 1""",
    ],
)
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_itself_refuses_to_change_what_was_kept(attempts, url, now, statement):
    attempt = begin(attempts, now)
    kept = attempts.commit(attempt.id, "lesion", ANSWER, 0.8, SCORE, now)
    engine = schema.open_engine(url)
    with engine.connect() as connection, pytest.raises(exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))
    engine.dispose()
    assert attempts.commits(attempt.id) == (kept,)


def test_sqlite_is_set_up_to_lose_nothing_and_to_wait(attempts_in_sqlite):
    with attempts_in_sqlite._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


def run(code: str, url: str, *arguments: str) -> subprocess.Popen[str]:
    """Start another Python process that has the attempts open as `attempts`."""
    start = (
        "import sys, time\n"
        "from datetime import UTC, datetime\n"
        "from quizzes.scoring import Score\n"
        "from quizzes.store import Attempts\n"
        "now = datetime(2026, 3, 4, tzinfo=UTC)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start + code, url, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_commit_that_returned_survives_the_killing_of_its_process(attempts, url, now):
    attempt = begin(attempts, now)
    code = (
        "attempts = Attempts(sys.argv[1])\n"
        "attempts.commit(sys.argv[2], 'lesion', {'marks': []}, 0.9, Score(0.5, ()), now)\n"
        "print('committed', flush=True)\n"
        "time.sleep(60)\n"
    )
    with run(code, url, attempt.id) as process:
        assert process.stdout.readline() == "committed\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with Attempts(url) as reopened:
        (kept,) = reopened.commits(attempt.id)
    assert (kept.question_id, kept.confidence, kept.score) == ("lesion", 0.9, Score(0.5, ()))


def test_of_processes_that_commit_at_once_one_wins_and_all_agree(url):
    """Four processes meet an empty folder: they create the tables, begin the attempt and commit, all at once."""
    code = (
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "attempts = Attempts(sys.argv[1])\n"
        "ids = [str(n) for n in range(20)]\n"
        "attempt = attempts.resume_or_start('ada', 'a', 'v1', question_ids=ids, now=now)\n"
        "mine = sys.argv[2]\n"
        "kept = [attempts.commit(attempt.id, n, {'by': mine}, 0.9, Score(0.5, ()), now) for n in ids]\n"
        'print(attempt.id, *(f\'{c.answer["by"]}{"r" if c.repeated else "w"}\' for c in kept), flush=True)\n'
    )
    processes = [run(code, url, name) for name in "abcd"]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = {name: process.communicate(timeout=60)[0].split() for name, process in zip("abcd", processes, strict=True)}
    assert [process.returncode for process in processes] == [0] * 4
    assert len({words[0] for words in told.values()}) == 1
    for place in range(1, 21):
        verdicts = {name: words[place] for name, words in told.items()}
        (winner,) = {verdict[0] for verdict in verdicts.values()}
        assert [name for name, verdict in verdicts.items() if verdict[1] == "w"] == [winner]


def every(family: type[BaseException]) -> list[type[BaseException]]:
    return [family, *(kind for child in family.__subclasses__() for kind in every(child))]


def test_no_exception_of_sqlalchemy_leaves_the_store():
    kinds = [
        kind
        for _, kind in inspect.getmembers(exc, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    assert len(kinds) > 30
    unmapped = []
    for kind in kinds:
        error = kind.__new__(kind)
        error.args = ("broken",)
        vars(error).update(
            orig=sqlite3.Error("broken"), code=None, statement=None, params=None, hide_parameters=True, detail=[]
        )
        try:
            with guarded("here"):
                raise error
        except StoreError:
            continue
        except Exception:
            unmapped.append(kind.__name__)
    # A base for the driver errors that SQLAlchemy makes itself, always wrapped before they leave it.
    assert set(unmapped) <= {"EmulatedDBAPIException"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "attempts: Could not parse SQLAlchemy URL"),
        ("oracle7://host/db", "attempts: Can't load plugin"),
        ("mssql+pymssql://ada:secret@localhost/db", "attempts: the driver pymssql is not installed"),
        ("sqlite:////missing/folder/attempts.db", "unable to open database file. Check that it is there"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_its_password(url, told):
    with pytest.raises(StoreError) as caught:
        Attempts(url)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "attempts.db").write_text("not a database, but long enough to look like one" * 20)
    with pytest.raises(StoreError, match="file is not a database"):
        Attempts(f"sqlite:///{tmp_path / 'attempts.db'}")


def test_a_read_only_database_is_told_when_committing(sqlite, attempts_in_sqlite, now):
    attempt = begin(attempts_in_sqlite, now)
    engine = sa.create_engine(sqlite, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON").close())
    attempts_in_sqlite._engine.dispose()
    attempts_in_sqlite._engine = engine
    with pytest.raises(StoreError, match="readonly database"):
        attempts_in_sqlite.commit(attempt.id, "lesion", ANSWER, 0.8, SCORE, now)
    engine.dispose()
