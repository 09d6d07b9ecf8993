"""Attempts and what was committed in them, kept in a database and never changed.

The first commit of a question stands, whoever else commits it a moment later. All times are timezone-aware UTC
and passed in. An attempt keeps the version of the case that it was begun with, and every score its weight, so a
case that changes later changes nothing here: neither does it change what an attempt had to answer. It does not score,
and is told which questions a case has.
"""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import BoundedSemaphore
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quizzes import StoreError, schema
from quizzes.answers import checked_confidence
from quizzes.guard import aware_utc, guarded, plain_json
from quizzes.scoring import Part, Score
from quizzes.tally import rebuild_tallies, tally

__all__ = ["Attempt", "Attempts", "Commit", "Progress"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One learner's reading of one case."""

    id: str
    """UUID."""
    learner: str
    """Whose it is."""
    case_slug: str
    """Which case."""
    number: int
    """The learner's first (1), second, … attempt at the case."""
    case_version: str
    """Of the case when the attempt began."""
    seed: int
    """Decides the order of options; 0 to 2³¹ − 1."""
    started_at: datetime
    """UTC."""
    questions: tuple[str, ...] | None = None
    """Ids of the questions that the case had then; None in attempts that an earlier Readout began."""

    @classmethod
    def read(cls, row: sa.Row[Any]) -> Self:
        """Take a row of the table."""
        kept = None if row.questions is None else tuple(row.questions)
        return cls(**{**row._mapping, "questions": kept})


@dataclass(frozen=True, slots=True)
class Commit:
    """One question, answered for good."""

    attempt_id: str
    """UUID of its attempt."""
    question_id: str
    """Id of the question in its quiz."""
    answer: dict[str, object]
    """Plain JSON, as `quizzes.answers.read_answer` takes it."""
    confidence: float
    """0.5 to 1."""
    score: Score
    """As given when it was committed."""
    committed_at: datetime
    """UTC."""
    repeated: bool = False
    """Whether it had been committed before: then this is the first one, and the later answer was not kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a learner is with one case."""

    attempt: Attempt
    """The latest."""
    committed: frozenset[str]
    """Ids of the questions committed in any attempt; empty means that the case is not read yet."""


class Attempts:
    """The attempts of every learner.

    Parameters
    ----------
    database : str, URL or Engine
        A SQLAlchemy URL such as ``sqlite:////home/me/readout.db`` or ``postgresql://me@host/readout``. The folder of
        a SQLite file must exist; tables are created when missing, and brought up to date when an earlier Readout
        made them.

    Raises
    ------
    StoreError
        The database cannot be opened, or a newer Readout has written it. Every method raises it, too.
    """

    def __init__(self, database: str | sa.URL | sa.Engine) -> None:
        with guarded("attempts"):
            self._engine = database if isinstance(database, sa.Engine) else schema.open_engine(database)
        # SQLite lets writers ask again and again, and some wait for ever: here they queue. In PostgreSQL they would
        # wait for the same rows of sums, each with a connection: two at a time take less than half as long.
        self._turn = BoundedSemaphore(1 if self._engine.dialect.name == "sqlite" else 2)
        try:
            self._check_schema()
        except StoreError:
            self.close()
            raise

    @property
    def engine(self) -> sa.Engine:
        """The database, for whoever keeps or reads something beside attempts."""
        return self._engine

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def resume_or_start(
        self, learner: str, case_slug: str, case_version: str, *, question_ids: Collection[str], now: datetime
    ) -> Attempt:
        """Return the attempt that a learner who opens a case is in.

        That is the latest one when all that it had to answer is committed, so that a reload returns to the reveal,
        or when it was begun with this version of the case; otherwise a new one.

        Parameters
        ----------
        learner, case_slug, case_version : str
            Who reads what.
        question_ids : collection of str
            All questions of the case.
        now : datetime
            Timezone-aware.
        """
        with guarded(f"attempt at {case_slug}"):
            latest = self._latest(learner, case_slug)
            if latest is None:
                return self._begin(learner, case_slug, case_version, 1, aware_utc(now), question_ids)
            done = {each.question_id for each in self.commits(latest.id)}
            # Of a case whose questions have all got other names, nothing could be shown.
            asked = set(latest.questions or question_ids).intersection(question_ids) or question_ids
            if latest.case_version == case_version or done.issuperset(asked):
                return latest
            return self._begin(learner, case_slug, case_version, latest.number + 1, aware_utc(now), question_ids)

    def start(
        self,
        learner: str,
        case_slug: str,
        case_version: str,
        *,
        now: datetime,
        question_ids: Collection[str] | None = None,
    ) -> Attempt:
        """Begin a new attempt, and return it."""
        with guarded(f"attempt at {case_slug}"):
            latest = self._latest(learner, case_slug)
            number = latest.number + 1 if latest else 1
            return self._begin(learner, case_slug, case_version, number, aware_utc(now), question_ids)

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt of this id, or None."""
        with guarded(f"attempt {attempt_id}"), self._engine.connect() as connection:
            row = connection.execute(sa.select(schema.attempt).filter_by(id=attempt_id)).one_or_none()
            return Attempt.read(row) if row else None

    def commit(
        self,
        attempt_id: str,
        question_id: str,
        answer: Mapping[str, object],
        confidence: float,
        score: Score,
        now: datetime,
    ) -> Commit:
        """Keep an answer for good, and return what is kept.

        Once this returned, the answer survives the end of the process. Of two commits of one question the first
        wins; the other returns that one, marked as `repeated`.

        Raises
        ------
        AnswerError
            The confidence is not between 0.5 and 1.
        StoreError
            The attempt does not exist, or the database fails; then nothing was kept.
        """
        row = _commit_row(score) | {
            "attempt_id": attempt_id,
            "question_id": question_id,
            "answer": plain_json("answer", answer),
            "confidence": checked_confidence(confidence),
            "committed_at": aware_utc(now),
        }
        with guarded(f"attempt {attempt_id}, question {question_id}"):
            try:
                with self._turn, self._engine.begin() as connection:
                    added = schema.commit.insert().values(row).returning(schema.commit)
                    new = connection.execute(added).one()
                    tally(connection, attempt_id, question_id)
            except IntegrityError:
                kept = self._rows(attempt_id, question_id=question_id)
                if not kept:
                    raise
                return _commit(kept[0], repeated=True)
            return _commit(new)

    def commits(self, attempt_id: str) -> tuple[Commit, ...]:
        """Return what was committed in an attempt, oldest first."""
        with guarded(f"attempt {attempt_id}"):
            return tuple(map(_commit, self._rows(attempt_id)))

    def commits_of(self, attempt_ids: Collection[str]) -> dict[str, tuple[Commit, ...]]:
        """Return what was committed in each of some attempts, oldest first; one without commits is there, empty."""
        table = schema.commit
        found: dict[str, list[Commit]] = {attempt_id: [] for attempt_id in attempt_ids}
        chosen = sa.select(table).where(table.c.attempt_id.in_(list(attempt_ids)))
        with guarded("commits"), self._engine.connect() as connection:
            for row in connection.execute(chosen.order_by(table.c.committed_at, table.c.question_id)):
                found[row.attempt_id].append(_commit(row))
        return {attempt_id: tuple(commits) for attempt_id, commits in found.items()}

    def latest(self, learner: str) -> dict[str, Progress]:
        """Return how far a learner is, by case slug; a case never opened is absent."""
        attempts, commits = schema.attempt, schema.commit
        chosen = sa.select(attempts).filter_by(learner=learner).order_by(attempts.c.number)
        done = sa.select(attempts.c.case_slug, commits.c.question_id).join_from(attempts, commits)
        done = done.where(attempts.c.learner == learner)
        with guarded("progress"), self._engine.connect() as connection:
            latest = {row.case_slug: Attempt.read(row) for row in connection.execute(chosen)}
            committed: dict[str, set[str]] = {slug: set() for slug in latest}
            for slug, question_id in connection.execute(done):
                committed.setdefault(slug, set()).add(question_id)
        return {slug: Progress(attempt, frozenset(committed[slug])) for slug, attempt in latest.items()}

    def rebuild_tallies(self) -> None:
        """Count the sums that statistics are made of anew, from the attempts alone."""
        with guarded("tallies"), self._engine.begin() as connection:
            rebuild_tallies(connection)

    def _check_schema(self) -> None:
        place = f"attempts in {self._engine.url.render_as_string()}"
        with guarded(place):
            found = schema.bring_up_to_date(self._engine)
        if found != schema.REVISION:
            known = schema.REVISION
            raise StoreError(f"{place}: found schema {found}, expected at most {known}. Use a newer Readout.")

    def _latest(self, learner: str, case_slug: str) -> Attempt | None:
        table = schema.attempt
        chosen = sa.select(table).filter_by(learner=learner, case_slug=case_slug)
        with self._engine.connect() as connection:
            row = connection.execute(chosen.order_by(table.c.number.desc()).limit(1)).one_or_none()
        return Attempt.read(row) if row else None

    def _begin(
        self,
        learner: str,
        case_slug: str,
        case_version: str,
        number: int,
        now: datetime,
        question_ids: Collection[str] | None,
    ) -> Attempt:
        asked = None if question_ids is None else tuple(question_ids)
        begun = Attempt(str(uuid.uuid4()), learner, case_slug, number, case_version, secrets.randbits(31), now, asked)
        try:
            with self._engine.begin() as connection:
                connection.execute(schema.attempt.insert().values(asdict(begun)))
        except IntegrityError:
            # Another tab began the same one a moment ago: both go on in that.
            latest = self._latest(learner, case_slug)
            if latest is None:
                raise
            return latest
        return begun

    def _rows(self, attempt_id: str, **more: str) -> Sequence[sa.Row[Any]]:
        chosen = sa.select(schema.commit).filter_by(attempt_id=attempt_id, **more)
        with self._engine.connect() as connection:
            return connection.execute(chosen.order_by(schema.commit.c.committed_at, schema.commit.c.question_id)).all()


def _commit_row(score: Score) -> dict[str, object]:
    row = score.as_json()
    row["score"] = row.pop("value")
    return row


def _commit(row: sa.Row[Any], *, repeated: bool = False) -> Commit:
    parts = tuple(Part(**part) for part in row.parts)
    score = Score(
        row.score,
        parts,
        row.weight,
        top1=row.top1,
        top3=row.top3,
        hit=row.hit,
        distance=row.distance,
        unit=row.unit,
    )
    return Commit(
        row.attempt_id,
        row.question_id,
        row.answer,
        row.confidence,
        score,
        row.committed_at,
        repeated=repeated,
    )
