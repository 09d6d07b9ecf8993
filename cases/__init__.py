"""Teaching cases: what is in a case folder, where its images come from, and whether it may be shown.

Folders of text and DICOM become typed values and lists of files. Numbers shown to people are 1-based;
everything learner-visible is kept apart from everything that gives the answer away. Nothing here decodes
pixels for display, scores an answer or knows of a page.

Errors::

    CaseError
    ├── ManifestError           a case's text files are wrong: every fault at once, in `faults`
    ├── SeriesUnavailableError  images cannot be had: missing, unreachable or not the pinned bytes
    └── ImportRefusedError      an offered file or archive is not taken in, and why, in `reason`
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CaseError", "Fault", "ImportRefusedError", "ManifestError", "SeriesUnavailableError"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a case, worded so that its author can put it right."""

    file: str
    """File relative to the case's folder, such as ``case.toml`` or ``dicom/ct/0001.dcm``."""
    key: str
    """Where in the file: a dotted key, a heading or a DICOM attribute; empty for the whole file."""
    message: str
    """What was found, what was expected, and what to do."""

    def __str__(self) -> str:
        place = f"{self.file} [{self.key}]" if self.key else self.file
        return f"{place}: {self.message}"


class CaseError(Exception):
    """A case cannot be read, built or taken in; the message says where, why and what to do."""


class ManifestError(CaseError):
    """The text files of a case are wrong; `faults` holds every one of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = list(faults)


class SeriesUnavailableError(CaseError):
    """The images of a case cannot be had: missing, unreachable, or not the bytes that were pinned."""


class ImportRefusedError(CaseError):
    """An offered file or archive is not taken in; `reason` is a short class such as ``size-limit``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
