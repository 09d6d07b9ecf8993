"""A simulated cohort whose ability and items' difficulty are known, written as attempts are."""

import json
import uuid
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa

from quizzes import schema
from quizzes.store import Attempts


def simulate(
    attempts: Attempts, items: dict[str, list[str]], learners: int, seed: int, now: datetime
) -> dict[tuple[str, str], float]:
    """Let every learner answer every item once, by the Rasch model, and give each item's true difficulty.

    Right with probability 1 / (1 + exp(difficulty − ability)); ability is standard normal.
    """
    chance = np.random.default_rng(seed)
    names = [(slug, question) for slug, questions in items.items() for question in questions]
    difficulty = dict(zip(names, chance.permutation(np.linspace(-2.0, 2.0, len(names))), strict=True))
    rows: list[dict[str, object]] = []
    commits: list[dict[str, object]] = []
    for learner, ability in enumerate(chance.standard_normal(learners)):
        for slug, questions in items.items():
            id_ = str(uuid.UUID(bytes=chance.bytes(16)))
            rows.append(_attempt(id_, f"learner {learner}", slug, now))
            for number, question in enumerate(questions, 1):
                right = chance.random() < 1 / (1 + np.exp(difficulty[slug, question] - ability))
                commits.append(_commit(id_, question, bool(right), now + timedelta(seconds=40 * number)))
    with attempts.engine.begin() as connection:
        connection.execute(schema.attempt.insert(), rows)
        connection.execute(schema.commit.insert(), commits)
    attempts.rebuild_tallies()
    return difficulty


def _attempt(id_: str, learner: str, slug: str, now: datetime) -> dict[str, object]:
    key = {"id": id_, "learner": learner, "case_slug": slug, "number": 1}
    return key | {"case_version": "v1", "seed": 1, "started_at": now}


def _commit(id_: str, question: str, right: bool, at: datetime) -> dict[str, object]:
    key = {"attempt_id": id_, "question_id": question, "answer": {"choice": "right" if right else "wrong"}}
    verdicts = {"confidence": 0.8, "score": float(right), "parts": [], "weight": 1.0, "unit": "", "committed_at": at}
    return key | verdicts | dict.fromkeys(("top1", "top3", "hit", "distance"))


def fill(attempts: Attempts, count: int, *, learners: int, cases: int, now: datetime) -> None:
    """Write many attempts of two commits each into a SQLite file, as fast as it goes."""
    chance = np.random.default_rng(1)
    answers = [json.dumps({"choice": f"option {n}"}) for n in range(5)]
    time = now.replace(tzinfo=None).isoformat(" ")
    with attempts.engine.begin() as connection:
        triggers = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for start in range(0, count, 50_000):
            size = min(50_000, count - start)
            ids = [str(uuid.UUID(bytes=chance.bytes(16))) for _ in range(size)]
            connection.exec_driver_sql(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, 'v1', 1, ?, NULL)",
                [
                    (id_, f"learner {n % learners}", f"case {n // learners % cases}", n // learners // cases + 1, time)
                    for n, id_ in enumerate(ids, start)
                ],
            )
            options, scores = chance.integers(0, 5, (size, 2)), chance.integers(0, 2, (size, 2))
            connection.exec_driver_sql(
                "INSERT INTO \"commit\" VALUES (?, ?, ?, 0.8, ?, '[]', 1, NULL, NULL, NULL, NULL, '', ?)",
                [
                    (id_, f"question {q}", answers[options[row, q]], float(scores[row, q]), time)
                    for row, id_ in enumerate(ids)
                    for q in range(2)
                ],
            )
        for _, sql in triggers:
            connection.exec_driver_sql(sql)
    attempts.rebuild_tallies()
