"""Which kind each miss of a learner was, from the viewer's logs; worked out once, for what is committed stays."""

from collections import Counter, defaultdict
from datetime import datetime
from functools import lru_cache

from cases import CaseError
from pages.repertoire import repertoire
from pages.room import room
from quizzes.misses import Miss, Target, miss
from quizzes.questions import MarkQuestion
from quizzes.records import Answered
from quizzes.viewing_store import Viewings
from viewer import SeriesError
from viewer.regions import read_region

MOST = 200
"""Marks that are looked at, the newest."""


def kinds_of_misses(answers: list[Answered]) -> Counter[Miss]:
    """Count how findings were missed; marks of which nothing was recorded are left out."""
    return Counter(misses(answers).values())


def misses(answers: list[Answered]) -> dict[tuple[str, str], Miss]:
    """Give how findings were missed, by attempt and question."""
    by_attempt: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        by_attempt[one.attempt_id].append(one)
    found: dict[tuple[str, str], Miss] = {}
    for one in [each for each in answers if each.hit is not None][-MOST:]:
        verdicts = [each.top1 for each in by_attempt[one.attempt_id] if each.top1 is not None]
        diagnosed = verdicts[-1] if verdicts else None
        kind = _kind(one.case_slug, one.attempt_id, one.question_id, one.committed_at, bool(one.hit), diagnosed)
        if kind:
            found[one.attempt_id, one.question_id] = kind
    return found


@lru_cache(maxsize=4096)
def _kind(
    slug: str, attempt_id: str, question_id: str, committed_at: datetime, hit: bool, diagnosed: bool | None
) -> Miss | None:
    quiz = repertoire().quizzes.get(slug)
    question = quiz.question(question_id) if quiz else None
    if not isinstance(question, MarkQuestion) or not question.regions:
        return None
    if hit and diagnosed is not False:
        return None
    runs = Viewings(room().attempts.engine).of(attempt_id, until=committed_at).runs
    version = repertoire().cases[slug].version
    target = _target(slug, version, question.regions[0]) if runs else None
    return miss(runs, target, hit=hit, diagnosed=diagnosed) if target else None


@lru_cache(maxsize=512)
def _target(slug: str, version: str, name: str) -> Target | None:  # noqa: ARG001
    """Give where a region can be seen, and in which window; None when its images cannot be read.

    The version is there to read a case anew that was changed.
    """
    case = repertoire().cases[slug]
    region = next((one for one in case.regions if one.name == name), None)
    entry = next((one for one in case.series if region and one.id == region.series), None)
    if region is None or entry is None:
        return None
    try:
        masks = read_region(region.spec, case.folder, room().shelf.open(entry.files())).masks
    except (SeriesError, CaseError):
        return None
    wanted = next((one.window for one in case.findings if one.region == name and one.window), "")
    window = next(((one.center, one.width) for one in entry.windows if one.name == wanted), None)
    return Target(entry.id, frozenset(masks), window)
