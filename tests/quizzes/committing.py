"""A process that commits answers one after the other, and says each that is kept, until it is killed."""

from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection

from quizzes.scoring import Score
from quizzes.store import Attempts

START = datetime(2026, 3, 4, tzinfo=UTC)
QUESTIONS = 5


def commit_until_killed(url: str, name: str, said: Connection) -> None:
    """Say attempt and question once the store has acknowledged them: whoever kills this knows what must be there."""
    with Attempts(url) as attempts:
        for number in count():
            at = START + timedelta(seconds=number)
            attempt = attempts.start(name, f"case {number}", "v1", now=at)
            for question in range(QUESTIONS):
                answer = {"choice": f"{name} {number} {question}"}
                kept = attempts.commit(attempt.id, f"question {question}", answer, 0.8, Score(1.0, ()), at)
                said.send((attempt.id, kept.question_id))
