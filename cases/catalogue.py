"""The library: a folder of case folders becomes an ordered list of cases, and ways to pick among them.

A case with faults is left out and its faults kept, so that one bad case never closes the library. Search
looks only at what a learner may see. Nothing is cached: whoever serves pages decides how long a catalogue
lives.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from cases import CaseError, Fault, ManifestError
from cases.case import SECTIONS, Case
from cases.manifest import read_case

__all__ = ["SECTIONS", "Catalogue", "by_level", "by_modality", "by_section", "cases_json", "counts", "search"]


class Catalogue:
    """The cases under some folders, as they were when it was made.

    Parameters
    ----------
    roots : Path
        Folders of case folders; of two cases of one name the first counts.
    images : Path, optional
        Folder of what has been downloaded from the open archive.

    Raises
    ------
    CaseError
        A folder cannot be listed.
    """

    def __init__(self, *roots: Path, images: Path | None = None) -> None:
        found: dict[str, Case] = {}
        faults: list[Fault] = []
        for folder in (folder for root in roots for folder in _folders(root)):
            try:
                found.setdefault(folder.name, read_case(folder, images))
            except ManifestError as error:
                faults += (replace(fault, file=f"{folder.name}/{fault.file}") for fault in error.faults)
        self.cases: tuple[Case, ...] = tuple(sorted(found.values(), key=_place))
        """The valid cases, by first section, level and slug."""
        self.faults: tuple[Fault, ...] = tuple(faults)
        """Every fault of the cases that are left out, with the case's folder before the file."""
        self._by_slug = {case.slug: case for case in self.cases}

    def case(self, slug: str) -> Case:
        """Give one case.

        Raises
        ------
        CaseError
            There is none of that name, or it has faults.
        """
        if slug in self._by_slug:
            return self._by_slug[slug]
        if faults := [fault for fault in self.faults if fault.file.startswith(f"{slug}/")]:
            raise ManifestError(faults)
        raise CaseError(f'catalogue: there is no case "{slug}". Choose one from the library.')


def search(cases: Iterable[Case], text: str) -> list[Case]:
    """Keep the cases in which every word of `text` begins a word that the learner may see."""
    wanted = text.casefold().split()
    return [case for case in cases if all(f" {word}" in _visible_words(case) for word in wanted)]


def by_section(cases: Iterable[Case], sections: Collection[str]) -> list[Case]:
    """Keep the cases of any of the sections; all of them when none is named."""
    return [case for case in cases if not sections or set(case.sections) & set(sections)]


def by_modality(cases: Iterable[Case], modalities: Collection[str]) -> list[Case]:
    """Keep the cases of any of the modalities; all of them when none is named."""
    return [case for case in cases if not modalities or case.modality in modalities]


def by_level(cases: Iterable[Case], levels: Collection[int]) -> list[Case]:
    """Keep the cases of any of the levels; all of them when none is named."""
    return [case for case in cases if not levels or case.level in levels]


def counts(cases: Iterable[Case]) -> dict[str, int]:
    """Count cases by section, in the order of `SECTIONS`; a case counts in each of its own."""
    numbers = dict.fromkeys(SECTIONS, 0)
    for case in cases:
        for section in case.sections:
            numbers[section] += 1
    return numbers


def cases_json(cases: Iterable[Case]) -> list[dict[str, object]]:
    """Describe cases in plain values, for ``readout cases --json``; nothing in it gives an answer away."""
    return [
        {
            "slug": case.slug,
            "title": case.title,
            "sections": list(case.sections),
            "modality": case.modality,
            "level": case.level,
            "origin": case.origin,
            "licence": case.provenance.licence,
            "reviewed_by": case.reviewed_by,
            "version": case.version,
            "bytes": sum(_size(path) for path in _files(case)),
            "grade": case.grade,
            "download_bytes": round(case.megabytes * 1e6),
            "on_machine": case.on_machine,
            "series": [
                {"id": one.id, "label": one.label, "files": sum(1 for _ in one.folder.glob("*.dcm"))}
                for one in case.series
            ],
        }
        for case in cases
    ]


def _folders(root: Path) -> Sequence[Path]:
    try:
        # A leading dot marks what is being built and what tools leave behind.
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    except OSError as error:
        raise CaseError(f"{root}: not a library that can be listed ({error.strerror}). Check the folder.") from error


def _place(case: Case) -> tuple[int, int, str]:
    return list(SECTIONS).index(case.sections[0]), case.level, case.slug


def _visible_words(case: Case) -> str:
    sections = (SECTIONS[section] for section in case.sections)
    labels = (series.label for series in case.series)
    text = " ".join((case.slug, case.title, case.modality, case.patient, case.history, *sections, *labels))
    return " " + " ".join(text.casefold().replace("-", " ").split()) + f" {case.slug}"


def _files(case: Case) -> Iterable[Path]:
    return (path for path in case.folder.rglob("*") if path.is_file())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
