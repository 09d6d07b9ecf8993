"""Which outlines that experts drew in the archive can be verified from inside their files, and which questions remain.

One convention: a verdict holds for a version of a case's texts and for its images, and is kept: reading an outline
takes a moment, and a rerun must not.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from cases import CaseError
from cases.annotations import region_specs
from cases.case import Case
from quizzes.questions import MarkQuestion, Quiz
from viewer import SeriesError
from viewer.joined import read_joined
from viewer.series import Series

_verdicts: dict[tuple[str, str, str, str], str] = {}
"""Why not, or empty, by case, version, region and digest of the series."""


def unverified(case: Case, images: Mapping[str, Series]) -> dict[str, str]:
    """Give the regions of the archive that cannot be verified: name → why."""
    reasons = {}
    for entry in case.regions if case.annotations else ():
        if entry.series not in images:
            continue
        if not case.complete:
            reasons[entry.name] = f"{entry.name}: its outline has not been downloaded."
            continue
        key = (case.slug, case.version, entry.name, images[entry.series].digest)
        if key not in _verdicts:
            try:
                read_joined(region_specs(case, entry), images[entry.series])
                _verdicts[key] = ""
            except (CaseError, SeriesError) as error:
                _verdicts[key] = str(error)
        if _verdicts[key]:
            reasons[entry.name] = _verdicts[key]
    return reasons


def known_unverified() -> frozenset[tuple[str, str]]:
    """Give (case, region) of what has been found not to be verifiable so far."""
    return frozenset((slug, region) for (slug, _, region, _), why in _verdicts.items() if why)


def without(quiz: Quiz, regions: Collection[str]) -> Quiz:
    """Leave out the questions that ask to mark what cannot be verified."""
    kept = (one for one in quiz.questions if not isinstance(one, MarkQuestion) or not set(one.regions) & set(regions))
    return replace(quiz, questions=tuple(kept))
