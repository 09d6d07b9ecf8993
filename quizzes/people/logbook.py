"""What a student has read becomes a logbook: readings with dates and results, totals, residents' comments.

A reading is one attempt, on the day of its last answer where the reader is; it counts in the totals when everything
that it asked was answered. Of a test that goes on, only that it was read is told. All is pure; titles and sections are
passed in as the library shows them. What it looks like on paper is for `quizzes.people.logbook_pdf`.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from quizzes.records import Answered

__all__ = ["Entry", "Logbook", "Remark", "Subject", "Total", "as_csv", "logbook", "result", "totals"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A case as the library shows it to everybody."""

    title: str
    """Neutral title."""
    sections: tuple[str, ...]
    """Names of its sections."""
    modality: str
    """Modality (0008,0060)."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a resident said about an attempt."""

    author: str
    """Name."""
    text: str
    """Any text, never markup."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One reading of a case."""

    slug: str
    """Which case."""
    subject: Subject
    """As the library shows it."""
    number: int
    """The student's first (1), second, … reading of it."""
    day: date
    """Of its last answer."""
    answered: int
    """Questions answered."""
    asked: int
    """Questions that it had."""
    score: float | None
    """0 to 1; None while it is sealed or unfinished, and for what no program scores."""
    sealed: bool
    """Whether it belongs to a test that goes on."""
    remarks: tuple[Remark, ...]
    """Oldest first; none while it is sealed."""

    @property
    def finished(self) -> bool:
        """Whether everything was answered."""
        return self.answered >= self.asked


@dataclass(frozen=True, slots=True)
class Logbook:
    """One student's readings in a period."""

    name: str
    """The student's."""
    first: date
    """First day."""
    last: date
    """Last day, included."""
    made_on: date
    """When it was drawn up."""
    entries: tuple[Entry, ...]
    """By day, the oldest first."""

    @property
    def read(self) -> tuple[Entry, ...]:
        """The readings that count."""
        return tuple(one for one in self.entries if one.finished)


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over some readings."""

    name: str
    """Of the section or modality."""
    cases: int
    """Different cases."""
    readings: int
    """Readings."""
    score: float | None
    """Mean of those that have one, 0 to 1."""


def logbook(
    name: str,
    answers: Iterable[Answered],
    subjects: Mapping[str, Subject],
    *,
    period: tuple[date, date],
    zone: tzinfo,
    made_at: datetime,
    sealed: Collection[str] = (),
    remarks: Mapping[str, Sequence[Remark]] | None = None,
) -> Logbook:
    """Draw up a logbook.

    Parameters
    ----------
    answers : iterable of Answered
        All of the student's, those of tests that go on, too.
    subjects : mapping
        Cases by slug; one that has left the library is told by its slug.
    period : (date, date)
        First and last day, both included.
    zone : tzinfo
        Of whoever reads: it decides which day a time belongs to.
    sealed : collection of str
        Attempts of tests that go on.
    remarks : mapping or None
        Residents' comments by attempt.
    """
    by_attempt: dict[str, list[Answered]] = defaultdict(list)
    for one in answers:
        by_attempt[one.attempt_id].append(one)
    first, last = period
    entries = []
    for attempt_id, own in by_attempt.items():
        said = (remarks or {}).get(attempt_id, ())
        at = max(one.committed_at for one in own)
        entry = _entry(own, subjects, at.astimezone(zone).date(), said, sealed=attempt_id in sealed)
        if first <= entry.day <= last:
            entries.append((at, entry))
    entries.sort(key=lambda pair: (pair[0], pair[1].slug))
    return Logbook(name, first, last, made_at.astimezone(zone).date(), tuple(entry for _, entry in entries))


def _entry(
    own: Sequence[Answered], subjects: Mapping[str, Subject], day: date, said: Sequence[Remark], *, sealed: bool
) -> Entry:
    slug = own[0].case_slug
    done = {one.question_id for one in own}
    asked = len(own[0].asked | done)
    weight = math.fsum(one.weight for one in own)
    scored = bool(weight) and not sealed and len(done) >= asked
    score = min(math.fsum(one.weight * one.score for one in own) / weight, 1.0) if scored else None
    subject = subjects.get(slug) or Subject(f"{slug} (no longer in the library)", (), "")
    # A comment may tell the answer of a question that is still open.
    shown = tuple(sorted(said, key=lambda one: one.at)) if not sealed and len(done) >= asked else ()
    return Entry(slug, subject, own[0].number, day, len(done), asked, score, sealed, shown)


def totals(entries: Iterable[Entry], of: Callable[[Entry], Sequence[str]], names: Sequence[str]) -> list[Total]:
    """Return sums of finished readings by what `of` says; a reading of two sections counts in both.

    Parameters
    ----------
    of : callable
        Gives the names that a reading counts under, such as its sections.
    names : sequence of str
        In their order; those without a reading are left out, others come after them.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        if one.finished:
            for name in of(one) or ("Other",):
                groups[name].append(one)
    order = [*(name for name in names if name in groups), *sorted(groups.keys() - set(names))]
    return [_total(name, groups[name]) for name in order]


def _total(name: str, some: Sequence[Entry]) -> Total:
    scores = [one.score for one in some if one.score is not None]
    mean = math.fsum(scores) / len(scores) if scores else None
    return Total(name, len({one.slug for one in some}), len(some), mean)


def result(entry: Entry) -> str:
    """Return how a reading went, in words."""
    if not entry.finished:
        return f"{entry.answered} of {entry.asked} answered"
    if entry.sealed:
        return "read; the test goes on"
    return "read; not scored" if entry.score is None else f"{entry.score:.0%}"


_COLUMNS = ("date", "case", "title", "sections", "modality", "reading", "answered", "asked", "result", "comments")


def as_csv(book: Logbook) -> str:
    """Return every reading as CSV with a header; no text in it is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("student", *_COLUMNS))
    for one in book.entries:
        said = "\n".join(f"{remark.author}, {remark.at.date()}: {remark.text}" for remark in one.remarks)
        row = (
            book.name,
            one.day.isoformat(),
            one.slug,
            one.subject.title,
            "; ".join(one.subject.sections),
            one.subject.modality,
            one.number,
            one.answered,
            one.asked,
            "" if one.score is None else f"{one.score:.4f}",
            said,
        )
        writer.writerow([_inert(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _inert(cell: str) -> str:
    # A spreadsheet would take these for a formula.
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
