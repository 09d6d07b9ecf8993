"""``python -m tests.quizzes.committing URL NAME``: commits answers one after the other, and says each that is kept.

It prints attempt and question once the store has acknowledged them: whoever kills it knows what must be there.
"""

import sys
from datetime import UTC, datetime, timedelta
from itertools import count

from quizzes.scoring import Score
from quizzes.store import Attempts

START = datetime(2026, 3, 4, tzinfo=UTC)
QUESTIONS = 5


def main(url: str, name: str) -> None:
    """Go on until killed."""
    with Attempts(url) as attempts:
        for number in count():
            at = START + timedelta(seconds=number)
            attempt = attempts.start(name, "case 1", "v1", now=at)
            for question in range(QUESTIONS):
                answer = {"choice": f"{name} {number} {question}"}
                kept = attempts.commit(attempt.id, f"question {question}", answer, 0.8, Score(1.0, ()), at)
                print(attempt.id, kept.question_id, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
