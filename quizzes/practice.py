"""What to read next: sets mixed over sections, exams by a blueprint, and concepts that come back when they are due.

A concept here is a diagnosis seen on a modality: to know a renal colic on CT is not to know it on ultrasound. It is
scheduled with FSRS as the library does it, in days: a case is no flash card that comes back after a minute. All is
pure; choices that need chance take a seed, times are passed in. Cases come as plain values, and their concepts must
not be shown to whoever has not answered them.
"""

import math
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from quizzes.questions import DifferentialQuestion, MarkQuestion, Quiz
from quizzes.scoring import Score, case_score

if TYPE_CHECKING:
    from fsrs import Card, Rating

__all__ = [
    "Candidate",
    "Chosen",
    "Concept",
    "Review",
    "Wish",
    "blueprint",
    "choose",
    "concept_of",
    "due",
    "is_normal",
    "rating",
    "schedule",
    "serve",
]

CONFIDENT = 0.9
"""Mean confidence from which a right answer counts as easy."""

Concept = tuple[str, str]
"""(id of the diagnosis, modality)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may be served."""

    slug: str
    """Name of the case."""
    sections: tuple[str, ...]
    """Keys of its sections, the first one first."""
    level: int
    """1 to 3."""
    concept: Concept
    """What is learned from it."""
    normal: bool
    """Whether there is nothing to find."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the learner asks for."""

    length: int
    """Number of cases, at least 1."""
    sections: frozenset[str] = frozenset()
    """Keys of the sections; empty for all, mixed."""
    levels: frozenset[int] = frozenset()
    """Levels; empty for all."""
    normal_share: float = 0.0
    """Share of cases without a finding, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Cases in the order in which they are read."""

    slugs: tuple[str, ...]
    """Each once."""
    normals: int
    """How many of them are without a finding."""
    wanted_normals: int
    """How many should have been: more than there are when the library has too few."""


@dataclass(frozen=True, slots=True)
class Review:
    """One meeting of a learner with a concept."""

    concept: Concept
    """What."""
    slug: str
    """On which case."""
    at: datetime
    """When its last question was committed."""
    rating: "Rating"
    """How well."""


def concept_of(quiz: Quiz, slug: str, modality: str) -> Concept:
    """Return what a case teaches: the likeliest answer of its first differential; without one, itself."""
    for question in quiz.questions:
        if isinstance(question, DifferentialQuestion):
            return next(entry.concept for entry in question.entries if entry.tier == "answer"), modality
    return slug, modality


def is_normal(quiz: Quiz) -> bool:
    """Say whether there is nothing to find: a case that asks for marks, and none for a finding."""
    marks = [question for question in quiz.questions if isinstance(question, MarkQuestion)]
    return concept_of(quiz, "", "")[0] == "no-abnormality" or (
        bool(marks) and not any(question.regions for question in marks)
    )


def choose(candidates: Collection[Candidate], wish: Wish, read: Mapping[str, datetime], seed: int) -> Chosen:
    """Choose a practice set: not yet read before read, longest ago first, sections taking turns.

    Parameters
    ----------
    read : mapping
        When each case was read last, by slug; absent when never.
    seed : int
        Decides among equals.
    """
    chance = random.Random(seed)  # noqa: S311  # an order of cases is no secret
    fitting = [one for one in candidates if _fits(one, wish)]
    fitting.sort(key=lambda one: one.slug)
    chance.shuffle(fitting)
    fitting.sort(key=lambda one: read[one.slug].timestamp() if one.slug in read else -math.inf)
    length = min(wish.length, len(fitting))
    wanted = round(length * wish.normal_share)
    normals = [one for one in fitting if one.normal][:wanted]
    others = _taking_turns([one for one in fitting if not one.normal], length - len(normals), chance)
    # Too few with a finding: then normal ones fill the set.
    spare = [one for one in fitting if one.normal and one not in normals]
    picked = [*others, *normals, *spare[: length - len(others) - len(normals)]]
    chance.shuffle(picked)
    apart = _apart(picked)
    return Chosen(tuple(one.slug for one in apart), sum(one.normal for one in picked), wanted)


def blueprint(candidates: Collection[Candidate], length: int, read: Mapping[str, datetime], seed: int) -> Chosen:
    """Choose an exam: every section that has cases gets an equal share, as far as its cases go.

    A fifth of the cases are without a finding, or as many as there are.
    """
    counts = {section: 0 for one in candidates for section in one.sections[:1]}
    wish = Wish(length, frozenset(counts), normal_share=0.2)
    return choose([one for one in candidates if one.sections], wish, read, seed)


def rating(scores: Sequence[Score], confidences: Sequence[float]) -> "Rating":
    """Rate a case that was answered, as FSRS needs it.

    First diagnosis right and finding hit: good, or easy when sure of it; right among the first three: hard; else again.
    A case without a differential counts by its score: all of it good, half of it hard.

    Parameters
    ----------
    scores, confidences : sequence
        Of all its questions, in the same order.
    """
    from fsrs import Rating

    first = [score.top1 for score in scores if score.top1 is not None]
    three = [score.top3 for score in scores if score.top3 is not None]
    hits = [score.hit for score in scores if score.hit is not None]
    share = case_score(scores) or 0.0
    right = all(first) and all(hits) if first or hits else share == 1.0
    near = all(three) if three else share >= 0.5
    if right:
        sure = math.fsum(confidences) / max(len(confidences), 1) >= CONFIDENT
        return Rating.Easy if sure else Rating.Good
    return Rating.Hard if near else Rating.Again


def schedule(reviews: Iterable[Review]) -> "dict[Concept, Card]":
    """Return each concept's FSRS card after all its reviews, which may come in any order."""
    from fsrs import Card, Scheduler

    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    cards: dict[Concept, Card] = {}
    for review in sorted(reviews, key=lambda one: (one.at, one.slug)):
        card = cards.get(review.concept) or Card(card_id=len(cards) + 1, due=review.at)
        cards[review.concept], _ = scheduler.review_card(card, review.rating, review.at)
    return cards


def due(cards: "Mapping[Concept, Card]", now: datetime) -> list[Concept]:
    """Return the concepts that are due, the longest due first."""
    return sorted((one for one, card in cards.items() if card.due <= now), key=lambda one: (cards[one].due, one))


def serve(concepts: Iterable[Concept], candidates: Iterable[Candidate], read: Mapping[str, datetime]) -> list[str]:
    """Return a case for each concept: a sibling that was never read, else the one read longest ago.

    A concept whose cases have left the library is left out.
    """
    by_concept: dict[Concept, list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_concept[one.concept].append(one)
    served = []
    for concept in concepts:
        known = by_concept.get(concept, [])
        known.sort(key=lambda one: (read[one.slug].timestamp() if one.slug in read else -math.inf, one.slug))
        served += [one.slug for one in known[:1]]
    return served


def _fits(one: Candidate, wish: Wish) -> bool:
    return (not wish.sections or not wish.sections.isdisjoint(one.sections)) and (
        not wish.levels or one.level in wish.levels
    )


def _taking_turns(ordered: Sequence[Candidate], most: int, chance: random.Random) -> list[Candidate]:
    """Take from each section in turn, in the order given, until there are enough."""
    queues: dict[str, list[Candidate]] = defaultdict(list)
    for one in ordered:
        queues[one.sections[0] if one.sections else ""].append(one)
    names = sorted(queues)
    chance.shuffle(names)
    taken: list[Candidate] = []
    while len(taken) < most and any(queues.values()):
        for name in names:
            if queues[name] and len(taken) < most:
                taken.append(queues[name].pop(0))
    return taken


def _apart(picked: Sequence[Candidate]) -> list[Candidate]:
    """Put cases of one section apart where another can stand between them."""
    left = list(picked)
    ordered: list[Candidate] = []
    while left:
        counts = {one.sections[:1]: sum(other.sections[:1] == one.sections[:1] for other in left) for one in left}
        before = ordered[-1].sections[:1] if ordered else None
        free = [one for one in left if one.sections[:1] != before] or left
        following = max(free, key=lambda one: counts[one.sections[:1]])
        ordered.append(following)
        left.remove(following)
    return ordered
