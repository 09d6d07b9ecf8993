"""Sums over what was committed, kept by the append itself, so that statistics never read every row.

An item is a question of one version of a case. Only first attempts count: whoever has seen the answer is no longer a
measure of the question. For each item the tally holds, with x its score and r the mean score of the attempt's other
commits (its rest)::

    n, right_n, x, xx               count, right outright, Σx, Σx²
    pairs, px, pxx, r, rr, xr       count of attempts that have a rest, and over those Σx, Σx², Σr, Σr², Σxr
    log_s                           Σ ln(seconds taken), each between 1 s and 30 min

and for each answer chosen how often it was. All of it follows from the attempts alone: `rebuild_tallies` does it anew.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from quizzes import schema

__all__ = ["answer_keys", "judged_right", "rebuild_tallies", "tally"]

_LONGEST_S = 1800.0
_KEYS = ("case_slug", "question_id", "case_version")
_LONGEST_ANSWER = 300

Item = tuple[str, str, str]
"""Case, question, version of the case."""


@dataclass(frozen=True, slots=True)
class _Given:
    """One committed answer, as far as a tally needs it."""

    question_id: str
    score: float
    right: bool
    at: datetime
    keys: tuple[str, ...]


def answer_keys(answer: Mapping[str, object], *, hit: bool | None = None) -> tuple[str, ...]:
    """Return what a distractor table counts an answer as.

    That is options chosen, each part of an examination, the first diagnosis, a value of four digits, or hit and missed.
    """
    if isinstance(choice := answer.get("choice"), str):
        return (choice[:_LONGEST_ANSWER],)
    if isinstance(choices := answer.get("choices"), list):
        return tuple(dict.fromkeys(str(one)[:_LONGEST_ANSWER] for one in choices))
    if isinstance(ranked := answer.get("ranked"), list) and ranked:
        return (str(ranked[0])[:_LONGEST_ANSWER],)
    if isinstance(named := answer.get("named"), str):
        return (named[:_LONGEST_ANSWER],)
    if isinstance(chosen := answer.get("chosen"), Mapping):
        return tuple(f"{aspect}: {option}"[:_LONGEST_ANSWER] for aspect, option in chosen.items())
    if isinstance(value := answer.get("value"), int | float):
        return (f"{value:.4g}",)
    if isinstance(answer.get("marks"), list):
        return ("no finding",) if answer.get("no_finding") else ("hit" if hit else "missed",)
    return ()


def judged_right(score: float, top1: bool | None, hit: bool | None) -> bool:
    """Return whether a committed answer was right outright, as `Score.correct` says it."""
    judged = next((verdict for verdict in (top1, hit) if verdict is not None), None)
    return score == 1.0 if judged is None else judged


def tally(connection: sa.Connection, attempt_id: str, question_id: str) -> None:
    """Count a commit that was just added, in the same transaction.

    The work is that of one attempt's questions, however many attempts are kept.
    """
    table = schema.attempt
    # Locked where the database can: two commits of one attempt see each other.
    attempt = connection.execute(sa.select(table).filter_by(id=attempt_id).with_for_update()).one()
    if attempt.number != 1:
        return
    given = _given(connection.execute(_commits().where(schema.commit.c.attempt_id == attempt_id)))
    new = next((one for one in given if one.question_id == question_id), None)
    if new is None:
        return
    before = _sums(attempt.started_at, [one for one in given if one is not new])
    after = _sums(attempt.started_at, given)
    changes = {
        (attempt.case_slug, name, attempt.case_version): _difference(after[name], before.get(name, {}))
        for name in sorted(after)  # in one order, so that two servers do not wait for each other
    }
    _add(connection, changes, {(attempt.case_slug, question_id, attempt.case_version): dict.fromkeys(new.keys, 1)})


def rebuild_tallies(connection: sa.Connection) -> None:
    """Count everything anew from the attempts."""
    for table in (schema.item_tally, schema.answer_tally):
        connection.execute(table.delete())
    attempt = schema.attempt
    chosen = _commits().add_columns(*(attempt.c[name] for name in ("case_slug", "case_version", "started_at")))
    chosen = chosen.join_from(attempt, schema.commit).where(attempt.c.number == 1)
    chosen = chosen.order_by(schema.commit.c.attempt_id).execution_options(yield_per=10_000)
    items: dict[Item, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    answers: dict[Item, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for _, group in groupby(connection.execute(chosen), key=attrgetter("attempt_id")):
        rows = list(group)
        slug, version = rows[0].case_slug, rows[0].case_version
        given = _given(rows)
        for name, sums in _sums(rows[0].started_at, given).items():
            into = items[slug, name, version]
            for key, value in sums.items():
                into[key] += value
        for one in given:
            for answer in one.keys:
                answers[slug, one.question_id, version][answer] += 1
    _add(connection, items, answers)


def _commits() -> sa.Select[Any]:
    names = ("attempt_id", "question_id", "answer", "score", "top1", "hit", "committed_at")
    # What no program scores, a report, has no weight and says nothing of its difficulty.
    return sa.select(*(schema.commit.c[name] for name in names)).where(schema.commit.c.weight > 0)


def _given(rows: Iterable[sa.Row[Any]]) -> list[_Given]:
    """Read commits of one attempt, oldest first."""
    given = []
    for row in rows:
        right = judged_right(row.score, row.top1, row.hit)
        keys = answer_keys(row.answer, hit=row.hit)
        given.append(_Given(row.question_id, row.score, right, row.committed_at, keys))
    return sorted(given, key=lambda one: (one.at, one.question_id))


def _sums(started_at: datetime, given: Sequence[_Given]) -> dict[str, dict[str, float]]:
    """Return what one attempt adds to each of its items."""
    total = math.fsum(one.score for one in given)
    found = {}
    before = started_at
    for one in given:
        x = one.score
        seconds = min(max((one.at - before).total_seconds(), 1.0), _LONGEST_S)
        before = one.at
        sums = {"n": 1.0, "right_n": float(one.right), "x": x, "xx": x * x, "log_s": math.log(seconds)}
        if len(given) > 1:
            r = (total - x) / (len(given) - 1)
            sums |= {"pairs": 1.0, "px": x, "pxx": x * x, "r": r, "rr": r * r, "xr": x * r}
        found[one.question_id] = sums
    return found


def _difference(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


def _add(
    connection: sa.Connection, items: Mapping[Item, Mapping[str, float]], answers: Mapping[Item, Mapping[str, int]]
) -> None:
    zero = dict.fromkeys(("n", *schema.SUMS), 0.0)
    rows = [
        dict(zip(_KEYS, item, strict=True)) | zero | dict(sums) | {"n": round(sums["n"])}
        for item, sums in items.items()
    ]
    if rows:
        connection.execute(_upsert(schema.item_tally, _KEYS), rows)
    chosen = [
        dict(zip(_KEYS, item, strict=True)) | {"answer": answer, "n": n}
        for item, counts in answers.items()
        for answer, n in sorted(counts.items())
    ]
    if chosen:
        connection.execute(_upsert(schema.answer_tally, (*_KEYS, "answer")), chosen)


def _upsert(table: sa.Table, keys: Sequence[str]) -> sa.TextClause:
    """Add to the row of these keys; both databases understand the same words."""
    names = [column.name for column in table.columns]
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in names if name not in keys)
    places = ", ".join(f":{name}" for name in names)
    text = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608  # names of our own tables
    return sa.text(f"{text} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}")
