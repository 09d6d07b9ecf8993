"""``python -m tests.bench.records``: the store with a million attempts in it, without a browser.

It writes attempts of two commits each into a new SQLite file (some minutes), and measures what pages ask of it and what
one more answer costs, before and after; then what an answer costs when thirty students commit in the same moment, on
SQLite and on PostgreSQL. The exit code is 1 when a target is missed.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

from quizzes.progress import brier_score, calibration, cases_read, learning_curve
from quizzes.records import Records
from quizzes.scoring import Score
from quizzes.statistics import item_statistics
from quizzes.store import Attempts
from tests.quizzes.cohort import fill
from tests.quizzes.postgres import cluster

_NOW = datetime(2026, 3, 4, tzinfo=UTC)
_LEARNERS, _CASES = 2000, 100
_TARGET_S = 1.0
_GROWTH = 2.0
_STUDENTS, _READ, _ASKED = 30, 5, 4
_COMMIT_MS = 500.0


def main() -> int:
    """Measure, report, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.records", description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000_000, help="attempts in the file (1000000)")
    count = parser.parse_args().attempts
    with TemporaryDirectory(prefix="readout-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'attempts.db'}"
        with Attempts(url) as attempts:
            few = _append_ms(attempts, "early")
            begun = time.perf_counter()
            fill(attempts, count, learners=_LEARNERS, cases=_CASES, now=_NOW)
            filled_s = time.perf_counter() - begun
        # Opened anew: nothing that was written is in the connection's cache.
        with Attempts(url) as attempts:
            records = Records(attempts.engine)
            pages = {
                "teaching, every item": _seconds(lambda: list(map(item_statistics, records.items()))),
                "teaching, one case's answers": _seconds(lambda: records.answers("case 7")),
                "teaching, marks of one question": _seconds(lambda: records.marks("case 7", "question 0")),
                "progress of one learner": _seconds(lambda: _progress(records)),
                "library, what was read": _seconds(lambda: attempts.latest("learner 7")),
            }
            many = _append_ms(attempts, "late")
        size_mb = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        together = {"SQLite": _together_ms(f"sqlite:///{Path(folder) / 'together.db'}")}
    with cluster() as server:
        together["PostgreSQL"] = _together_ms(f"{server}/postgres")
    growth = many / few
    lines = [(name, f"{value:.3f} s", value <= _TARGET_S) for name, value in pages.items()]
    lines.append((f"one answer kept: {few:.2f} ms empty, {many:.2f} ms full", f"× {growth:.2f}", growth <= _GROWTH))
    for name, (median, p95, most) in together.items():
        said = f"{_STUDENTS} students at once, {name}: median {median:.0f} ms, most {most:.0f} ms, p95"
        lines.append((said, f"{p95:.0f} ms", p95 < _COMMIT_MS))
    for name, value, met in lines:
        print(f"{name:58} {value:>10}   {'met' if met else 'MISSED'}")  # noqa: T201
    report = {"attempts": count, "commits": 2 * count, "file_mb": round(size_mb), "fill_s": round(filled_s, 1)}
    report |= {name: round(value, 4) for name, value in pages.items()}
    print(json.dumps(report | {"append_ms_empty": round(few, 3), "append_ms_full": round(many, 3)}))  # noqa: T201
    print(json.dumps({f"together_{name}_ms": [round(one, 1) for one in ms] for name, ms in together.items()}))  # noqa: T201
    return 0 if all(met for *_, met in lines) else 1


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _progress(records: Records) -> None:
    answers = records.answered("learner 7")
    learning_curve(cases_read(answers))
    calibration(answers)
    brier_score(answers)


def _append_ms(attempts: Attempts, who: str, *, times: int = 300) -> float:
    """Give the median time of keeping one answer: a commit on disk, with its tally."""
    taken = []
    for number in range(times):
        attempt = attempts.start(f"{who} {number}", "case 7", "v1", now=_NOW)
        for question in range(2):
            at = _NOW + timedelta(seconds=number + question)
            begun = time.perf_counter()
            attempts.commit(attempt.id, f"question {question}", {"choice": "option 1"}, 0.8, Score(1.0, ()), at)
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def _together_ms(url: str) -> tuple[float, float, float]:
    """Give median, 95th centile and most of the time to keep an answer when thirty commit in the same moment."""
    taken: list[float] = []
    moment = Barrier(_STUDENTS)
    with Attempts(url) as attempts, ThreadPoolExecutor(_STUDENTS) as pool:

        def commit(student: int) -> None:
            for case, question in product(range(_READ), range(_ASKED)):
                at = _NOW + timedelta(seconds=question)
                if not question:
                    attempt = attempts.start(f"student {student}", f"case {case}", "v1", now=_NOW)
                moment.wait()
                begun = time.perf_counter()
                attempts.commit(attempt.id, f"question {question}", {"choice": "option 1"}, 0.8, Score(1.0, ()), at)
                taken.append((time.perf_counter() - begun) * 1000)

        for done in [pool.submit(commit, student) for student in range(_STUDENTS)]:
            done.result()
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1], max(taken)


if __name__ == "__main__":
    sys.exit(main())
