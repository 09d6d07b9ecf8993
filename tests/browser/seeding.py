"""Students who have answered: attempts as the read page keeps them, scored by the same rules, without a browser."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cases.catalogue import Catalogue
from quizzes.answers import read_answer
from quizzes.people.accounts import People
from quizzes.people.person import Person, Role
from quizzes.people.reviews import Reviews
from quizzes.questions import (
    DifferentialQuestion,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    ReportQuestion,
    SingleQuestion,
)
from quizzes.quizfile import read_quiz
from quizzes.scoring import Part, Score, score
from quizzes.store import Attempt, Attempts
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings
from quizzes.vocabulary import Vocabulary, bundled_vocabulary
from viewer.regions import Region, read_region
from viewer.series import read_series

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
BEGUN = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


@dataclass
class Cohort:
    """A database with people and what they have answered, made before a server opens it."""

    url: str
    library: Path = LIBRARY
    vocabulary: Vocabulary = field(default_factory=bundled_vocabulary)

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.url)
        self.people = People(self.attempts.engine)
        self.reviews = Reviews(self.attempts.engine)
        self.cases = {case.slug: case for case in Catalogue(self.library).cases}

    def add(self, name: str, role: Role = Role.STUDENT, **more: str) -> Person:
        return self.people.add(name, role, now=BEGUN, **more)

    def read(
        self,
        student: Person,
        slug: str,
        *,
        wrong: Sequence[str] = (),
        sure: float = 0.8,
        day: int = 0,
        attempt: Attempt | None = None,
    ) -> Attempt:
        """Answer a case: rightly, but for the kinds of questions named."""
        case = self.cases[slug]
        quiz = read_quiz(case.quiz_file, self.vocabulary)
        now = BEGUN + timedelta(days=day)
        attempt = attempt or self.attempts.start(
            student.id, slug, case.version, now=now, question_ids=[one.id for one in quiz.questions]
        )
        runs = [[0, 90, 0, case.series[0].id, 0, 40.0, 400.0], [90, 400, 0, case.series[0].id, 1, 40.0, 400.0]]
        Viewings(self.attempts.engine).add(attempt.id, read_message({"mount": "a", "number": 0, "runs": runs}), now=now)
        for number, question in enumerate(quiz.questions, 1):
            regions = self._regions(slug, question)
            given = answer(question, regions, right=question.kind not in wrong)
            read = read_answer(question, given, self.vocabulary)
            result = score(question, read, vocabulary=self.vocabulary, regions=regions)
            at = now + timedelta(minutes=2 * number)
            self.attempts.commit(attempt.id, question.id, read.as_json(), sure, result, at)
        return attempt

    def keep(self, student: Person, slug: str, value: float, *, sure: float = 0.8, day: int = 0) -> Attempt:
        """Keep an attempt at a case with one score for all its questions, without opening an image."""
        quiz = read_quiz(self.cases[slug].quiz_file, self.vocabulary)
        now = BEGUN + timedelta(days=day)
        ids = [one.id for one in quiz.questions]
        attempt = self.attempts.start(student.id, slug, self.cases[slug].version, now=now, question_ids=ids)
        for number, question in enumerate(quiz.questions, 1):
            verdict = {"hit": value == 1.0} if question.kind == "mark" else {}
            kept = Score(value, (Part("kept", value, "kept by a test"),), **verdict)
            at = now + timedelta(minutes=number)
            self.attempts.commit(attempt.id, question.id, answer(question, {}, right=value == 1.0), sure, kept, at)
        return attempt

    def _regions(self, slug: str, question: Question) -> dict[str, Region]:
        if not isinstance(question, MarkQuestion):
            return {}
        case = self.cases[slug]
        entries = [one for one in case.regions if one.name in question.regions]
        files = {one.id: one.files() for one in case.series}
        return {one.name: read_region(one.spec, case.folder, read_series(files[one.series])) for one in entries}


def answer(question: Question, regions: dict[str, Region], *, right: bool) -> dict[str, Any]:
    match question:
        case MarkQuestion():
            if not (regions and right):
                return {"marks": [], "no_finding": True}
            return {"marks": [{**region.centre, "series": region.series_id} for region in regions.values()]}
        case SingleQuestion():
            return {"choice": next(one for one in question.options if (one == question.answer) == right)}
        case MultipleQuestion():
            return {"choices": [one for one in question.options if (one in question.answers) == right]}
        case MenuQuestion():
            return {"named": question.answers[0] if right else "sarcoidosis"}
        case DifferentialQuestion():
            tiers = ("answer", "plausible") if right else ("unlikely",)
            ranked = [one.concept for one in question.entries if one.tier in tiers]
            return {"ranked": (ranked or ["sarcoidosis"])[:5]}
        case MeasureQuestion():
            return {"value": question.value * (1 if right else 9), "unit": question.unit}
        case ExaminationQuestion():
            picks = {
                one.aspect: next(text for text in one.options if (text in one.answers) == right)
                for one in question.choices
            }
            return {"chosen": picks}
        case ReportQuestion():
            return {"text": "A nodule."}
