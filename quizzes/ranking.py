"""Concepts named, in a ranked differential or alone, become a score.

The answer at rank 1 to 5 earns 1.0, 0.7, 0.5, 0.35, 0.25; its parent, child or sibling in the vocabulary half of that,
unless the author lists it as unlikely. A must-not-miss left out caps the score at 0.7; its parent or child counts as
naming it. Named alone, the answer earns 1 and its kin a half.
"""

from collections.abc import Collection

from quizzes.answers import DifferentialAnswer, MenuAnswer
from quizzes.questions import DifferentialQuestion, MenuQuestion
from quizzes.score import Part, Score
from quizzes.vocabulary import Vocabulary

__all__ = ["score_named", "score_ranks"]

RANK_VALUES = (1.0, 0.7, 0.5, 0.35, 0.25)
KIN_SHARE = 0.5
MISSED_CAP = 0.7


def score_named(question: MenuQuestion, answer: MenuAnswer, vocabulary: Vocabulary) -> Score:
    """Score one concept named."""
    name = vocabulary[answer.named].name
    right = ", ".join(vocabulary[own].name for own in question.answers)
    if answer.named in question.answers:
        part = Part("answer", 1.0, f"right: {name}")
    elif answer.named in _kin(question.answers, vocabulary):
        part = Part("answer", KIN_SHARE, f"close to it: half ({name}); right: {right}")
    else:
        part = Part("answer", 0.0, f"right: {right}")
    return Score(part.value, (part,), question.weight)


def score_ranks(question: DifferentialQuestion, answer: DifferentialAnswer, vocabulary: Vocabulary) -> Score:
    """Score a ranked differential."""
    answers = {entry.concept for entry in question.entries if entry.tier == "answer"}
    unlikely = {entry.concept for entry in question.entries if entry.tier == "unlikely"}
    kin = _kin(answers, vocabulary)
    earned = Part("answer", 0.0, "answer not named: 0.00")
    for rank, (named, worth) in enumerate(zip(answer.ranked, RANK_VALUES, strict=False), 1):
        name = vocabulary[named].name
        if named in answers and worth > earned.value:
            earned = Part("answer", worth, f"answer at rank {rank}: {worth:.2f} ({name})")
        elif named in kin - unlikely and worth * KIN_SHARE > earned.value:
            half = worth * KIN_SHARE
            earned = Part("answer", half, f"close to the answer at rank {rank}: half of {worth:.2f} ({name})")
    cap = _cap(question, answer, vocabulary, earned.value)
    return Score(
        min(earned.value, *(part.value for part in cap), 1.0),
        (earned, *cap),
        question.weight,
        top1=answer.ranked[0] in answers,
        top3=not answers.isdisjoint(answer.ranked[:3]),
    )


def _cap(
    question: DifferentialQuestion, answer: DifferentialAnswer, vocabulary: Vocabulary, earned: float
) -> tuple[Part, ...]:
    missable = [entry.concept for entry in question.entries if entry.tier == "must-not-miss"]
    missed = [own for own in missable if not (_family(own, vocabulary) | {own}) & set(answer.ranked)]
    if not missable:
        return ()
    if not missed:
        return (Part("must-not-miss", 1.0, "must-not-miss named: no cap"),)
    names = ", ".join(vocabulary[own].name for own in missed)
    effect = f"capped at {MISSED_CAP:.2f}" if earned > MISSED_CAP else f"at most {MISSED_CAP:.2f}"
    return (Part("must-not-miss", MISSED_CAP, f"must-not-miss left out: {effect} ({names})"),)


def _family(concept: str, vocabulary: Vocabulary) -> frozenset[str]:
    return vocabulary.parents(concept) | vocabulary.children(concept)


def _kin(concepts: Collection[str], vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset().union(*(_family(own, vocabulary) | vocabulary.siblings(own) for own in concepts))
