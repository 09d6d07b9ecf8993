"""What a reader is told about a file or series that opens all the same."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """One fact about a file or series that its reader should know."""

    reason: str
    """The class of the fact, such as ``irregular-spacing``: stable, for programs."""
    message: str
    """One sentence for people."""
    fault: bool
    """Whether something cannot be trusted as it stands; False where it is only worth knowing."""


def merge(notes: Iterable[tuple[str, Note]]) -> tuple[Note, ...]:
    """Give each reason once, with the first file's name and the number of the others.

    Parameters
    ----------
    notes : iterable of (file name, Note)
        In reading order.
    """
    first: dict[str, tuple[str, Note]] = {}
    names: dict[str, set[str]] = {}
    for name, note in notes:
        known = first.setdefault(note.reason, (name, note))
        if note.fault and not known[1].fault:
            first[note.reason] = (name, note)
        names.setdefault(note.reason, set()).add(name)
    merged = []
    for reason, (name, note) in first.items():
        others = len(names[reason]) - 1
        where = f"{name} and {others} more" if others else name
        merged.append(Note(reason, f"{where}: {note.message}", note.fault))
    return tuple(merged)
