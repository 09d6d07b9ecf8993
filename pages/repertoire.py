"""The cases of the library with their questions, as practice and statistics take them; read once."""

from dataclasses import dataclass

from cases.case import Case
from pages.room import room
from pages.verifying import known_unverified, without
from quizzes import QuizError
from quizzes.practice import Candidate, Concept, concept_of, is_normal
from quizzes.questions import Quiz
from quizzes.quizfile import read_quiz
from quizzes.store import Attempt
from quizzes.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Cases whose questions can be used."""

    cases: dict[str, Case]
    """By slug, in the order of the library."""
    quizzes: dict[str, Quiz]
    """By slug."""
    candidates: tuple[Candidate, ...]
    """The same cases as values."""

    @property
    def question_ids(self) -> dict[tuple[str, str], frozenset[str]]:
        """Ids of each case's questions, by slug and version."""
        return {
            (slug, self.cases[slug].version): frozenset(one.id for one in quiz.questions)
            for slug, quiz in self.quizzes.items()
        }

    @property
    def concepts(self) -> dict[str, Concept]:
        """What each case teaches: not to be shown before it is answered."""
        return {one.slug: one.concept for one in self.candidates}

    @property
    def modalities(self) -> dict[str, str]:
        """Each case's modality."""
        return {slug: case.modality for slug, case in self.cases.items()}

    def weights(self, slug: str, attempt: Attempt | None) -> dict[str, float]:
        """Give the weight of each question that an attempt at a case has; empty when it has left the library."""
        quiz = self.quizzes.get(slug)
        asked = quiz.only(attempt.questions if attempt else None).questions if quiz else ()
        return {one.id: one.weight for one in asked}


_kept: list[tuple[object, Repertoire]] = []


def repertoire() -> Repertoire:
    """Give the cases that can be practised; read anew when they are others, or what of them can be verified is."""
    here = tuple(case for case in room().catalogue.cases if case.on_machine)
    state = (here, known_unverified())
    if not _kept or _kept[0][0] != state:
        _kept[:] = [(state, _read(*state, room().vocabulary))]
    return _kept[0][1]


def _read(library: tuple[Case, ...], unverified: frozenset[tuple[str, str]], vocabulary: Vocabulary) -> Repertoire:
    quizzes: dict[str, Quiz] = {}
    for case in library:
        try:
            quiz = read_quiz(case.quiz_file, vocabulary)
            quizzes[case.slug] = without(quiz, {region for slug, region in unverified if slug == case.slug})
        except QuizError:
            continue  # the read page says what is wrong with it
    cases = {case.slug: case for case in library if case.slug in quizzes}
    candidates = tuple(
        Candidate(
            slug,
            case.sections,
            case.level,
            concept_of(quizzes[slug], slug, case.modality),
            is_normal(quizzes[slug]),
        )
        for slug, case in cases.items()
    )
    return Repertoire(cases, quizzes, candidates)
