"""Many who commit at once, and a server that is killed while they do: nothing is lost, and nothing is there twice."""

import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from threading import Barrier

import sqlalchemy as sa

from quizzes import schema
from quizzes.scoring import Score
from quizzes.store import Attempts
from tests.quizzes.committing import QUESTIONS, commit_until_killed

NOW = datetime(2026, 3, 4, tzinfo=UTC)
STUDENTS, CASES = 30, 3
KILLS = 100


def read_cases(attempts, student):
    """Answer every question of some cases, the last one twice as an impatient click would; give what was kept."""
    kept = []
    for case in range(CASES):
        attempt = attempts.start(f"student {student}", f"case {case}", "v1", now=NOW)
        for question in range(QUESTIONS):
            at = NOW + timedelta(seconds=question)
            answer = {"choice": f"{student} {case} {question}"}
            commits = [
                attempts.commit(attempt.id, f"question {question}", answer, 0.8, Score(1.0, ()), at)
                for _ in range(1 + (question == QUESTIONS - 1))
            ]
            assert [commit.repeated for commit in commits] == [False, True][: len(commits)]
            kept.append((attempt.id, f"question {question}"))
    return kept


def read_in_a_process(url, students):
    with Attempts(url) as attempts, ThreadPoolExecutor(len(students)) as pool:
        return [one for kept in pool.map(lambda student: read_cases(attempts, student), students) for one in kept]


def rows(url):
    """Give what the database holds, read anew: (attempt, question) of commits, learners of attempts, sum of tallies."""
    engine = schema.open_engine(url)
    with engine.connect() as connection:
        table = schema.commit
        commits = [tuple(row) for row in connection.execute(sa.select(table.c.attempt_id, table.c.question_id))]
        learners = list(connection.scalars(sa.select(schema.attempt.c.learner)))
        tallied = connection.scalar(sa.select(sa.func.sum(schema.item_tally.c.n)))
    engine.dispose()
    return commits, learners, tallied


def check_everything_is_there_once(url, kept):
    commits, learners, tallied = rows(url)
    assert len(kept) == STUDENTS * CASES * QUESTIONS
    assert sorted(commits) == sorted(kept)
    assert Counter(learners) == {f"student {student}": CASES for student in range(STUDENTS)}
    # What statistics are made of counts each once, too.
    assert tallied == len(kept)


def test_thirty_students_who_commit_at_once_lose_and_double_nothing(url):
    start = Barrier(STUDENTS)
    with Attempts(url) as attempts, ThreadPoolExecutor(STUDENTS) as pool:

        def read(student):
            start.wait(60)
            return read_cases(attempts, student)

        kept = [one for each in pool.map(read, range(STUDENTS)) for one in each]
    check_everything_is_there_once(url, kept)


def test_several_servers_on_one_database_lose_and_double_nothing(url):
    Attempts(url).close()
    groups = [range(first, first + 10) for first in range(0, STUDENTS, 10)]
    with ProcessPoolExecutor(len(groups), mp_context=get_context("spawn")) as pool:
        work = [pool.submit(read_in_a_process, url, list(group)) for group in groups]
        kept = [one for each in work for one in each.result()]
    check_everything_is_there_once(url, kept)


def test_after_a_hundred_kills_every_acknowledged_answer_is_there_once(url):
    """Kill a few at a time, each after some answers, wherever it is then; the database itself goes on."""
    Attempts(url).close()
    # A server that has everything loaded forks each: a process that starts takes longer than what it is killed in.
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["tests.quizzes.committing", "pg8000.dbapi"])
    chance, acknowledged = random.Random(7), []

    def kill_one(name, after):
        ear, mouth = processes.Pipe(duplex=False)
        process = processes.Process(target=commit_until_killed, args=(url, name, mouth))
        process.start()
        mouth.close()
        # How many answers it is let do decides where it dies: after one, or in the midst of a later attempt.
        said = [ear.recv() for _ in range(after)]
        process.kill()
        with suppress(EOFError):
            # What it had said by then counts, too; half a word was not said.
            while True:
                said.append(ear.recv())
        process.join()
        # 255 where another thread that starts a process asked first how this one ended: each is told only once.
        assert process.exitcode in {-9, 255}
        return said

    names = [f"student {number}" for number in range(KILLS)]
    with ThreadPoolExecutor(3) as pool:
        for said in pool.map(kill_one, names, [1 + chance.randrange(3 * QUESTIONS) for _ in names]):
            acknowledged += said
    commits, _, tallied = rows(url)
    assert len(acknowledged) >= KILLS
    assert len(set(acknowledged)) == len(acknowledged)
    assert len(set(commits)) == len(commits)
    assert set(acknowledged) <= set(commits)
    # Whatever was kept was kept whole, with its tally.
    assert tallied == len(commits)
    with Attempts(url) as attempts:
        more = attempts.start("student 1", "case 1", "v1", now=NOW)
        attempts.commit(more.id, "question 0", {"choice": "alive"}, 0.8, Score(1.0, ()), NOW)
