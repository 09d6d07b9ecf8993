"""What was kept, read back for progress and statistics: a learner's own answers, and the tallies of every item.

Tallies make a teacher's overview independent of how many attempts there are; a learner's answers are found by an index.
Nothing is changed here, and nothing is judged: `quizzes.progress` and `quizzes.statistics` do that.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from quizzes import schema
from quizzes.guard import guarded
from quizzes.tally import judged_right

__all__ = ["Answered", "ItemSums", "Judged", "Records"]


@dataclass(frozen=True, slots=True)
class Answered:
    """One committed answer of a learner, with its attempt."""

    attempt_id: str
    """UUID."""
    case_slug: str
    """Which case."""
    number: int
    """The learner's first (1), second, … attempt at it."""
    started_at: datetime
    """When the attempt began, UTC."""
    question_id: str
    """Which question."""
    confidence: float
    """0.5 to 1."""
    score: float
    """0 to 1."""
    weight: float
    """Above 0."""
    top1: bool | None
    """Whether the answer was at rank 1; None outside differentials."""
    top3: bool | None
    """Whether it was among the first three."""
    hit: bool | None
    """Whether the finding was hit; None outside marks."""
    committed_at: datetime
    """UTC."""
    asked: frozenset[str] = frozenset()
    """Ids of all that its attempt had to answer."""

    @property
    def right(self) -> bool:
        """Whether it was right outright: what a confidence is compared with."""
        return judged_right(self.score, self.top1, self.hit)


@dataclass(frozen=True, slots=True)
class Judged:
    """A learner's report as somebody judged it last."""

    attempt_id: str
    """UUID."""
    case_slug: str
    """Which case."""
    question_id: str
    """Which question."""
    bands: Mapping[str, str]
    """By criterion."""
    scored_at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class ItemSums:
    """The tally of one question over all versions of its case; see `quizzes.tally` for the sums."""

    case_slug: str
    question_id: str
    n: int
    right_n: float
    x: float
    xx: float
    pairs: float
    px: float
    pxx: float
    r: float
    rr: float
    xr: float
    log_s: float


class Records:
    """Everything that was kept, for reading.

    Parameters
    ----------
    engine : Engine
        That of the attempts, whose tables are up to date. Every method raises StoreError when the database fails.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def answered(
        self,
        learner: str,
        *,
        without: Collection[str] = (),
        current: Mapping[tuple[str, str], Collection[str]] = MappingProxyType({}),
    ) -> list[Answered]:
        """Return a learner's answers, oldest first.

        Parameters
        ----------
        without : collection of str
            Attempts to leave out: those that are sealed still.
        current : mapping
            Ids of the questions that can be answered now, by (case, version). Of the questions that an attempt had,
            those that its version offers no more are not asked of it: an outline could not be verified. For an
            attempt that an earlier Readout began they are all that is known; if its version has gone, what anybody
            answered in it is taken for all that it asked.
        """
        attempt, commit = schema.attempt, schema.commit
        chosen = sa.select(
            *(attempt.c[name] for name in ("case_slug", "number", "started_at", "case_version", "questions")),
            *(commit.c[name] for name in _COMMITTED),
        ).join_from(attempt, commit)
        chosen = chosen.where(attempt.c.learner == learner).order_by(commit.c.committed_at, commit.c.question_id)
        with guarded("answers"), self._engine.connect() as connection:
            rows = [row for row in connection.execute(chosen) if row.attempt_id not in without]
            unknown = {(row.case_slug, row.case_version) for row in rows if row.questions is None} - current.keys()
            known = {**self._tallied(connection, {slug for slug, _ in unknown}), **current} if unknown else current
        return [_answered(row, known) for row in rows]

    def _tallied(self, connection: sa.Connection, slugs: Collection[str]) -> dict[tuple[str, str], set[str]]:
        """Return the questions that anybody answered, by case and version."""
        table = schema.item_tally
        found: dict[tuple[str, str], set[str]] = {}
        chosen = sa.select(table.c.case_slug, table.c.case_version, table.c.question_id)
        for slug, version, question in connection.execute(chosen.where(table.c.case_slug.in_(slugs))):
            found.setdefault((slug, version), set()).add(question)
        return found

    def judged(self, learner: str, *, without: Collection[str] = ()) -> list[Judged]:
        """Return a learner's judged reports with their newest judgement, the oldest first."""
        table, attempt = schema.rubric_score, schema.attempt
        chosen = sa.select(attempt.c.case_slug, table).join_from(attempt, table)
        chosen = chosen.where(attempt.c.learner == learner).order_by(table.c.scored_at, table.c.number)
        newest: dict[tuple[str, str], Judged] = {}
        with guarded("reports"), self._engine.connect() as connection:
            for row in connection.execute(chosen):
                newest.pop((row.attempt_id, row.question_id), None)
                judged = Judged(row.attempt_id, row.case_slug, row.question_id, row.bands, row.scored_at)
                newest[row.attempt_id, row.question_id] = judged
        return [one for one in newest.values() if one.attempt_id not in without]

    def bands(self, case_slug: str, question_id: str) -> tuple[int, int, dict[str, Counter[str]]]:
        """Return what people made of the reports of first attempts.

        Returns
        -------
        tuple
            How many reports were written, how many of them judged, and of these by criterion how often each band was
            given in the newest judgement.
        """
        attempt, commit, judged = schema.attempt, schema.commit, schema.rubric_score
        of_case = sa.and_(attempt.c.case_slug == case_slug, attempt.c.number == 1)
        written = sa.select(sa.func.count()).select_from(attempt).join(commit).where(of_case)
        chosen = sa.select(judged.c.attempt_id, judged.c.bands).join_from(attempt, judged).where(of_case)
        chosen = chosen.where(judged.c.question_id == question_id).order_by(judged.c.number)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        with guarded("statistics"), self._engine.connect() as connection:
            count = int(connection.scalar(written.where(commit.c.question_id == question_id)) or 0)
            newest: dict[str, dict[str, str]] = {row.attempt_id: row.bands for row in connection.execute(chosen)}
        for given in newest.values():
            for criterion, band in given.items():
                counts[criterion][band] += 1
        return count, len(newest), dict(counts)

    def items(self) -> list[ItemSums]:
        """Return the tally of every question that was answered, by case and question."""
        table = schema.item_tally
        sums = [sa.func.sum(table.c[name]).label(name) for name in ("n", *schema.SUMS)]
        keys = (table.c.case_slug, table.c.question_id)
        with guarded("statistics"), self._engine.connect() as connection:
            rows = connection.execute(sa.select(*keys, *sums).group_by(*keys).order_by(*keys)).all()
        return [ItemSums(**{**row._mapping, "n": int(row.n)}) for row in rows]

    def answers(self, case_slug: str) -> dict[str, dict[str, int]]:
        """Return how often each answer of a case's questions was given, by question and answer."""
        table = schema.answer_tally
        chosen = sa.select(table.c.question_id, table.c.answer, sa.func.sum(table.c.n).label("n"))
        chosen = chosen.where(table.c.case_slug == case_slug).group_by(table.c.question_id, table.c.answer)
        found: dict[str, dict[str, int]] = {}
        with guarded("statistics"), self._engine.connect() as connection:
            for row in connection.execute(chosen):
                found.setdefault(row.question_id, {})[row.answer] = int(row.n)
        return found

    def marks(self, case_slug: str, question_id: str, *, most: int = 5000) -> list[dict[str, Any]]:
        """Return the marks of a question's newest attempts, at most those of `most` attempts, each with its ``hit``."""
        attempt, commit = schema.attempt, schema.commit
        # The newest attempts first, by the index; then their answers.
        of_case = sa.select(attempt.c.id).filter_by(case_slug=case_slug)
        newest = of_case.order_by(attempt.c.started_at.desc()).limit(most).subquery()
        chosen = sa.select(commit.c.answer, commit.c.hit).join(newest, commit.c.attempt_id == newest.c.id)
        with guarded("statistics"), self._engine.connect() as connection:
            rows = connection.execute(chosen.where(commit.c.question_id == question_id)).all()
        return [{**mark, "hit": bool(row.hit)} for row in rows for mark in row.answer.get("marks") or []]


def _answered(row: sa.Row[Any], known: Mapping[tuple[str, str], Collection[str]]) -> Answered:
    values = dict(row._mapping)
    kept, offered = values.pop("questions"), frozenset(known.get((row.case_slug, values.pop("case_version")), ()))
    asked = offered if kept is None else (offered & set(kept) or frozenset(kept))
    return Answered(**values, asked=asked)


_COMMITTED = (
    *("attempt_id", "question_id", "confidence", "score", "weight"),
    *("top1", "top3", "hit", "committed_at"),
)
