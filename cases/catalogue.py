"""The library: a folder of case folders becomes an ordered list of cases, and ways to pick among them.

A case with faults is left out and its faults kept, so that one bad case never closes the library. Search
looks only at what a learner may see. Nothing is cached: whoever serves pages decides how long a catalogue
lives.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from cases import CaseError, Fault, ManifestError
from cases.case import SECTIONS, Case
from cases.manifest import SLUG, read_case

__all__ = ["SECTIONS", "Catalogue", "by_level", "by_modality", "by_section", "cases_json", "counts", "search"]


class Catalogue:
    """The cases under one folder or several, as they were when it was made or last read again.

    Parameters
    ----------
    root : Path
        Folder of the library.
    more : Path
        Further folders, which need not be there; a case whose slug an earlier folder has is left out, as a fault.
    drafts : Path or None
        Folder of cases that are not listed, but can be asked for by name, to be looked at before they are published.
    images : Path or None
        Folder of what has been downloaded from the open archive.

    Raises
    ------
    CaseError
        The folder of the library cannot be listed.
    """

    def __init__(self, root: Path, *more: Path, drafts: Path | None = None, images: Path | None = None) -> None:
        self._roots = (root, *more)
        self._drafts = drafts
        self._images = images
        self.cases: tuple[Case, ...] = ()
        """The valid cases, by first section, level and slug."""
        self.faults: tuple[Fault, ...] = ()
        """Every fault of the cases that are left out, with the case's folder before the file."""
        self._by_slug: dict[str, Case] = {}
        self.reload()

    def reload(self) -> None:
        """Read every case again."""
        found: dict[str, Case] = {}
        faults: list[Fault] = []
        for folder in _folders(self._roots[0]) + [one for root in self._roots[1:] for one in _folders_if_any(root)]:
            if folder.name in found:
                text = "its slug is in use in another folder. Rename the case."
                faults.append(Fault(f"{folder.name}/case.toml", "slug", text))
                continue
            try:
                found[folder.name] = read_case(folder, self._images)
            except ManifestError as error:
                faults += (replace(fault, file=f"{folder.name}/{fault.file}") for fault in error.faults)
        self.cases = tuple(sorted(found.values(), key=_place))
        self.faults = tuple(faults)
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
        if self._drafts is not None and SLUG.fullmatch(slug) and (self._drafts / slug).is_dir():
            return read_case(self._drafts / slug, self._images)
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


def _folders(root: Path) -> list[Path]:
    try:
        # A leading dot marks what is being built and what tools leave behind.
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    except OSError as error:
        raise CaseError(f"{root}: not a library that can be listed ({error.strerror}). Check the folder.") from error


def _folders_if_any(root: Path) -> list[Path]:
    return _folders(root) if root.is_dir() else []


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
