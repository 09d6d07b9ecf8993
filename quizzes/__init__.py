"""Questions on a case: what is asked, what an answer is worth, and the keeping of what was committed.

A case's ``quiz.toml`` becomes questions, a learner's plain JSON becomes an answer, and the two with a region
become a score with its parts. Marks are plain values in patient millimetres or image pixels. Nothing here
knows of a page, decodes an image or reads the clock.

Errors::

    QuizError
    ├── QuizFileError    a quiz or vocabulary file is wrong: every fault at once, in `faults`
    ├── AnswerError      an answer that does not fit its question
    └── StoreError       attempts cannot be kept or read back
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AnswerError", "Fault", "QuizError", "QuizFileError", "StoreError"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a quiz or the vocabulary, worded so that its author can put it right."""

    file: str
    """Name of the file, such as ``quiz.toml``."""
    key: str
    """Dotted key in the file, such as ``question.lesion.region``; empty for the whole file."""
    message: str
    """What was found, what was expected, and what to do."""

    def __str__(self) -> str:
        place = f"{self.file} [{self.key}]" if self.key else self.file
        return f"{place}: {self.message}"


class QuizError(Exception):
    """A quiz cannot be read, answered or kept; the message says where, why and what to do."""


class QuizFileError(QuizError):
    """A quiz or vocabulary file is wrong; `faults` holds everything that is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = list(faults)


class AnswerError(QuizError):
    """An answer, or its confidence, does not fit its question."""


class StoreError(QuizError):
    """Attempts cannot be kept or read back."""
