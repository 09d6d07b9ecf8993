"""The controlled words of a differential: ``vocabulary.toml`` becomes concepts to be searched and compared.

A parent is a wider concept of which this one is a kind; siblings share a parent. Kinship is one step only: it
decides half a mark, so a grandparent is too far. Which concept answers a question is said in the quiz.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from quizzes import Fault, QuizFileError
from quizzes.search import Label, LabelIndex, folded, plain
from quizzes.table import Table, read_table

__all__ = ["Concept", "Kind", "Match", "Vocabulary", "bundled_vocabulary", "read_vocabulary"]

Kind = Literal["diagnosis", "finding"]


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that may be named in a differential."""

    id: str
    """Stable key, such as ``lung-carcinoma``."""
    name: str
    """British name, as shown."""
    section: str
    """Part of the vocabulary it stands in, such as ``thorax``."""
    synonyms: tuple[str, ...] = ()
    """Other full names."""
    abbreviations: tuple[str, ...] = ()
    """Short forms; two concepts may share one."""
    parents: tuple[str, ...] = ()
    """Ids of the wider concepts of which this one is a kind."""
    kind: Kind = "diagnosis"
    """Whether it names a disease or something seen."""
    icd10: str = ""
    """Code of ICD-10-CM that says the same, or the class under which it is filed; empty where none fits."""


@dataclass(frozen=True, slots=True)
class Match:
    """One suggestion while a learner types."""

    id: str
    """Id of the concept."""
    name: str
    """Name of the concept."""
    matched: str
    """The name, synonym or abbreviation that was found."""


class Vocabulary:
    """Every concept by id, with its kin and a search.

    Parameters
    ----------
    concepts : iterable of Concept
        In the order in which equally good matches are shown; ids are unique and every parent is among them.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._concepts = {concept.id: concept for concept in concepts}
        self._children: dict[str, set[str]] = {}
        for concept in self:
            for parent in concept.parents:
                self._children.setdefault(parent, set()).add(concept.id)
        self._ordered = tuple(self)
        self._index = LabelIndex(_labels(self._ordered))

    def __contains__(self, concept: object) -> bool:
        return concept in self._concepts

    def __getitem__(self, concept: str) -> Concept:
        return self._concepts[concept]

    def __iter__(self) -> Iterator[Concept]:
        return iter(self._concepts.values())

    def __len__(self) -> int:
        return len(self._concepts)

    def parents(self, concept: str) -> frozenset[str]:
        """Return the concepts of which this one is a kind."""
        return frozenset(self[concept].parents)

    def children(self, concept: str) -> frozenset[str]:
        """Return the concepts that are kinds of this one."""
        return frozenset(self._children.get(concept, ()))

    def siblings(self, concept: str) -> frozenset[str]:
        """Return the other kinds of this concept's parents that are neither a parent nor a kind of it."""
        family = frozenset().union(*map(self.children, self[concept].parents))
        return family - {concept} - self.parents(concept) - self.children(concept)

    def search(self, text: str, limit: int = 8) -> tuple[Match, ...]:
        """Return the concepts that a typed text may mean, best first; fewer than two letters mean none.

        Prefixes, typing errors, abbreviations, British and American spelling are all understood.
        """
        found = self._index.search(text, limit)
        return tuple(Match(self._ordered[x.owner].id, self._ordered[x.owner].name, x.text) for x in found)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary file.

    Raises
    ------
    QuizFileError
        Naming every fault: an id twice, a name that two concepts share, a parent that is not there, a circle.
    """
    faults: list[Fault] = []
    root = read_table(path, faults)
    concepts = [_concept(key, section, row) for section, table in root.each() for key, row in table.each()]
    faults += _name_faults(path.name, concepts) + _parent_faults(path.name, concepts)
    if faults:
        raise QuizFileError(faults)
    return Vocabulary(concepts)


@cache
def bundled_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with Readout, read once."""
    return read_vocabulary(Path(__file__).with_name("vocabulary.toml"))


def _concept(key: str, section: str, row: Table) -> Concept:
    kind = row.choice("kind", ("diagnosis", "finding")) if "kind" in row.values else "diagnosis"
    concept = Concept(
        id=key,
        name=row.text("name"),
        section=section,
        synonyms=row.texts("synonyms"),
        abbreviations=row.texts("abbreviations"),
        parents=row.texts("parents"),
        kind=cast("Kind", kind or "diagnosis"),
        icd10=row.text("icd10", required=False),
    )
    if concept.icd10 and not re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", concept.icd10):
        row.note("icd10", f'found "{concept.icd10}", expected a code such as C34.90. Correct or remove it.')
    row.close()
    return concept


def _labels(concepts: Iterable[Concept]) -> Iterator[Label]:
    for owner, concept in enumerate(concepts):
        for text in (concept.name, *concept.synonyms):
            yield Label(text, owner, abbreviation=False)
        for text in concept.abbreviations:
            yield Label(text, owner, abbreviation=True)


def _name_faults(file: str, concepts: Sequence[Concept]) -> list[Fault]:
    faults: list[Fault] = []
    ids: set[str] = set()
    owners: dict[str, str] = {}
    for concept in concepts:
        if concept.id in ids:
            faults.append(Fault(file, concept.id, "the id is there twice, expected once. Rename or remove one."))
        ids.add(concept.id)
        for text in (concept.name, *concept.synonyms):
            # In one spelling: American ones are understood by rule, so a listed one is a name twice.
            if owner := owners.get(folded(text)):
                faults.append(Fault(file, concept.id, f'"{text}" names {owner} already. Remove one of the two.'))
            owners[folded(text)] = concept.id
        short = [plain(text) for text in concept.abbreviations]
        if len(set(short)) < len(short):
            faults.append(Fault(file, concept.id, "an abbreviation is there twice. Remove one."))
    return faults


def _parent_faults(file: str, concepts: Sequence[Concept]) -> list[Fault]:
    parents = {concept.id: concept.parents for concept in concepts}
    faults = [
        Fault(file, concept.id, f"parent {parent} is not a concept. Add it, or correct the id.")
        for concept in concepts
        for parent in concept.parents
        if parent not in parents
    ]
    return faults + [
        Fault(file, key, "is an ancestor of itself. Remove the parent that closes the circle.")
        for key in parents
        if key in _ancestors(key, parents)
    ]


def _ancestors(key: str, parents: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    todo = list(parents[key])
    while todo:
        above = todo.pop()
        if above not in found:
            found.add(above)
            todo += parents.get(above, ())
    return found
