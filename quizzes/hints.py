"""A question must not answer a later one: what prompts and options say too early becomes faults of the quiz.

A learner reads prompt and options of a question before answering it, and explanations only at the end. So a
diagnosis that a differential asks for may not be named before, unless that question asks for it itself: an option
that is its own question's right answer is what is asked, not a hint. Nor may a prompt say the right option of its own
or a later question; that an earlier list of options holds it among others is no hint. Words are compared as a reader
takes them: whole, without regard to case, hyphens or stops.
"""

import re
from collections.abc import Iterator, Sequence

from quizzes import Fault
from quizzes.questions import (
    DifferentialQuestion,
    ExaminationQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    Quiz,
    SingleQuestion,
)
from quizzes.vocabulary import Vocabulary

__all__ = ["hints"]


def hints(quiz: Quiz, vocabulary: Vocabulary) -> list[Fault]:
    """List each place where what is asked says the answer to the same or a later question.

    Parameters
    ----------
    quiz : Quiz
        The questions in the order in which they are asked.
    vocabulary : Vocabulary
        Names and synonyms of the diagnoses.
    """
    faults = []
    for number, question in enumerate(quiz.questions):
        read = [*_prompts(quiz.questions[: number + 1])]
        if isinstance(question, DifferentialQuestion):
            read += _wrong_options(quiz.questions[:number])
        for answer in _answers(question, vocabulary):
            for key, text in read:
                if _words(answer) in _words(text):
                    message = f'says "{answer}", which question {question.id} asks for. Word it neutrally.'
                    faults.append(Fault("quiz.toml", key, message))
    return faults


def _answers(question: Question, vocabulary: Vocabulary) -> Iterator[str]:
    if isinstance(question, SingleQuestion):
        yield question.answer
    elif isinstance(question, MultipleQuestion):
        yield from question.answers
    elif isinstance(question, DifferentialQuestion | MenuQuestion):
        for name in _right(question):
            concept = vocabulary[name]
            yield from (concept.name, *concept.synonyms, *concept.abbreviations)


def _right(question: DifferentialQuestion | MenuQuestion) -> Sequence[str]:
    if isinstance(question, MenuQuestion):
        return question.answers
    return [entry.concept for entry in question.entries if entry.tier == "answer"]


def _prompts(questions: Sequence[Question]) -> Iterator[tuple[str, str]]:
    for question in questions:
        yield f"question.{question.id}.prompt", question.prompt


def _wrong_options(questions: Sequence[Question]) -> Iterator[tuple[str, str]]:
    for question in questions:
        if isinstance(question, SingleQuestion | MultipleQuestion):
            right = question.answers if isinstance(question, MultipleQuestion) else (question.answer,)
            wrong = (option for option in question.options if option not in right)
            yield from ((f"question.{question.id}.options", option) for option in wrong)
        elif isinstance(question, ExaminationQuestion):
            for choice in question.choices:
                wrong = (option for option in choice.options if option not in choice.answers)
                yield from ((f"question.{question.id}.{choice.aspect}", option) for option in wrong)


def _words(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "
