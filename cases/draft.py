"""Cases in the making: one folder each, in which the author's desk writes what a person would write by hand.

Under the data folder: ``drafts/<slug>`` is being written, ``cases/<slug>`` is published and in the library,
``retired/<slug>`` is kept and not shown, ``versions/<slug>/<time>`` are earlier texts. Texts are changed through
tomlkit, so that comments and the order of a file that was written by hand stay. Files are replaced whole.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases import CaseError, Fault
from cases.manifest import SLUG, TEACHING_HEADINGS

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from cases.gate import GateReport

TEXTS: Final = ("case.toml", "quiz.toml", "teaching.md", "SOURCE.md", "LICENCE.txt")
"""Every text of a case."""
_VERSION: Final = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


class Draft:
    """One case in the making. It keeps nothing in memory: each call reads or replaces a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def slug(self) -> str:
        """Name of the case and of its folder."""
        return self.folder.name

    def table(self, name: str = "case.toml") -> "TOMLDocument":
        """Read ``case.toml`` or ``quiz.toml`` with its comments.

        Raises
        ------
        CaseError
            The file is not valid TOML, or cannot be read.
        """
        # tomlkit is imported where it is used: the reading room starts with drafts in hand, and seldom opens one.
        import tomlkit

        try:
            return tomlkit.parse(self.text(name))
        except tomlkit.exceptions.ParseError as error:
            raise CaseError(f"{self.slug}/{name}: not valid TOML ({error}). Correct the file by hand.") from error

    def text(self, name: str) -> str:
        """Read one of the texts; empty where it is not there yet."""
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise CaseError(f"{self.slug}/{name}: cannot be read. Check the file.") from error

    def save(self, name: str, content: "str | TOMLDocument") -> bool:
        """Replace one of the texts, whole or not at all; tell whether anything changed."""
        text = content if isinstance(content, str) else content.as_string()
        if name not in TEXTS and not re.fullmatch(r"regions/[a-z0-9-]{1,60}\.json", name):
            raise CaseError(f"{name}: not a file of a case. Write one of {', '.join(TEXTS)} or regions/….json.")
        if (self.folder / name).is_file() and self.text(name) == text:
            return False
        _replace(self.folder / name, text)
        return True

    def series(self) -> list[str]:
        """List the folders of images, by name."""
        folder = self.folder / "dicom"
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


class Drafts:
    """The drafts, published and retired cases of one data folder.

    Parameters
    ----------
    data : Path
        Readout's data folder; made when something is first written.
    """

    def __init__(self, data: Path) -> None:
        self.drafts = data / "drafts"
        self.published = data / "cases"
        self.retired = data / "retired"
        self.versions = data / "versions"

    def all(self, where: Path | None = None) -> list[Draft]:
        """Give the drafts, or the cases of another of the folders, by slug."""
        folder = where or self.drafts
        found = (path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
        return [Draft(path) for path in sorted(found) if not path.name.startswith(".")]

    def draft(self, slug: str) -> Draft:
        """Give one draft.

        Raises
        ------
        CaseError
            There is none of that name.
        """
        if SLUG.fullmatch(slug) and (self.drafts / slug).is_dir():
            return Draft(self.drafts / slug)
        raise CaseError(f'there is no draft "{slug}". Import images first.')

    def check_slug(self, slug: str, taken: Iterable[str] = ()) -> None:
        """Refuse a name that is malformed or in use.

        Raises
        ------
        CaseError
            With what is wrong.
        """
        if not SLUG.fullmatch(slug) or len(slug) > 60:
            message = f'found "{slug[:60]}", expected lower-case letters, digits and single hyphens. Rename it.'
            raise CaseError(f"name of the case: {message}")
        places = (self.drafts, self.published, self.retired)
        if slug in taken or any((place / slug).exists() for place in places):
            raise CaseError(f'name of the case: "{slug}" is in use. Choose another.')

    def free_slug(self, stem: str, taken: Iterable[str] = ()) -> str:
        """Give the first free name of the form ``stem-01``."""
        known = set(taken)
        for number in range(1, 1000):
            slug = f"{stem}-{number:02d}"
            places = (self.drafts, self.published, self.retired)
            if slug not in known and not any((place / slug).exists() for place in places):
                return slug
        raise CaseError(f"every name from {stem}-01 on is in use. Choose another.")

    def begin(self, slug: str, report: "GateReport", notes: Sequence[str] = ()) -> Draft:
        """Write the texts of a draft whose images the gate has just admitted: what is known, and blanks."""
        draft = Draft(self.drafts / slug)
        draft.save("case.toml", _skeleton(draft, notes))
        draft.save("quiz.toml", "")
        draft.save("teaching.md", f"# {slug}\n\n" + "".join(f"## {heading}\n\n" for heading in TEACHING_HEADINGS))
        draft.save("SOURCE.md", _source(slug, report, notes))
        return draft

    def keep_version(self, draft: Draft, now: datetime) -> Path:
        """Keep a copy of the texts, to go back to; a copy of what is kept already is not made twice."""
        kept = self.kept_versions(draft.slug)
        texts = {name: draft.text(name) for name in TEXTS if (draft.folder / name).is_file()}
        if kept and {path.name: path.read_text(encoding="utf-8") for path in kept[-1].iterdir()} == texts:
            return kept[-1]
        stamp = f"{now:%Y%m%dT%H%M%SZ}"
        folder = self.versions / draft.slug / stamp
        number = 2
        while folder.exists():
            folder, number = folder.with_name(f"{stamp}-{number}"), number + 1
        for name, text in texts.items():
            _replace(folder / name, text)
        return folder

    def kept_versions(self, slug: str) -> list[Path]:
        """Give the kept copies of a case's texts, oldest first."""
        folder = self.versions / slug
        found = (path for path in folder.iterdir() if _VERSION.fullmatch(path.name)) if folder.is_dir() else ()
        return sorted(found)

    def restore(self, draft: Draft, version: Path, now: datetime) -> None:
        """Put kept texts in place of the present ones, which are kept first."""
        self.keep_version(draft, now)
        for path in version.iterdir():
            draft.save(path.name, path.read_text(encoding="utf-8"))

    def publish(self, draft: Draft, faults: Sequence[Fault | str], taken: Iterable[str], now: datetime) -> Path:
        """Move a draft without faults into the library.

        Raises
        ------
        CaseError
            There are faults, or the library holds a case of that slug.
        """
        if faults:
            raise CaseError(f"{draft.slug}: {len(faults)} faults are left. Correct them, then publish.")
        target = self.published / draft.slug
        if draft.slug in set(taken) or target.exists():
            raise CaseError(f'the library has a case "{draft.slug}" already. Rename the draft.')
        self.keep_version(draft, now)
        return _move(draft.folder, target)

    def retire(self, slug: str) -> Path:
        """Take a published case out of the library; its files are kept."""
        return _move(self.published / slug, self.retired / slug)

    def revise(self, slug: str) -> Draft:
        """Make a published or retired case a draft again; it leaves the library until it is published anew."""
        place = next((place for place in (self.published, self.retired) if (place / slug).is_dir()), None)
        if place is None:
            raise CaseError(f'there is no case "{slug}" that can be revised. Only cases made here can.')
        return Draft(_move(place / slug, self.drafts / slug))

    def remove(self, draft: Draft) -> None:
        """Delete a draft with its images for good."""
        shutil.rmtree(draft.folder)

    def rename(self, draft: Draft, slug: str, taken: Iterable[str] = ()) -> Draft:
        """Give a draft another name: its folder, its ``case.toml`` and the headers of its images.

        Raises
        ------
        CaseError
            The name is malformed or in use.
        """
        # Not at the top: the reading room keeps drafts in hand from its start, and seldom renames one.
        from pydicom import dcmread

        from cases.gate_rules import silent

        self.check_slug(slug, taken)
        table = draft.table()
        table["slug"] = slug
        with silent():
            for path in sorted((draft.folder / "dicom").rglob("*.dcm")):
                image = dcmread(path)
                image.PatientName = image.PatientID = slug
                part = path.with_suffix(".part")
                image.save_as(part, enforce_file_format=True)
                part.replace(path)
        draft.save("case.toml", table)
        return Draft(_move(draft.folder, self.drafts / slug))


def _move(source: Path, target: Path) -> Path:
    if target.exists():
        raise CaseError(f"{target.name}: is there already. Rename or remove one of the two.")
    target.parent.mkdir(parents=True, exist_ok=True)
    return source.rename(target)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _skeleton(draft: Draft, notes: Sequence[str]) -> "TOMLDocument":
    """Write what is known of a draft as a ``case.toml`` with blanks to fill in."""
    import tomlkit

    document = tomlkit.document()
    series = draft.series()
    modality = re.sub(r"-\d+$", "", series[0]).upper() if series else ""
    plain = {
        "slug": draft.slug, "title": "", "title_teacher": "", "sections": [], "level": 1, "modality": modality,
        "patient": "", "history": "", "history_written_for_teaching": True, "technique": "", "origin": "real",
        "reviewed_by": "", "spoilers": [], "diagnosis": "", "diagnosis_status": "",
    }  # fmt: skip
    for key, value in plain.items():
        document[key] = value
    tables = tomlkit.aot()
    for name in series:
        table = tomlkit.table()
        for key, value in _series(name).items():
            table[key] = value
        tables.append(table)
    document["series"] = tables
    provenance = tomlkit.table()
    for key, value in _provenance(notes).items():
        provenance[key] = value
    document["provenance"] = provenance
    return document


def _series(name: str) -> dict[str, Any]:
    kind, _, number = name.partition("-")
    return {"id": name, "label": f"{kind.upper()} {number or 1}", "body_part": "", "start_frame": 1}


def _provenance(notes: Sequence[str]) -> dict[str, Any]:
    changes = ["De-identified at Readout's gate: PS3.15 Basic Profile, dates moved, new UIDs; see SOURCE.md.", *notes]
    return {
        "source": "", "archive": [], "members": "", "sha256": [], "licence": "", "licence_url": "", "citation": "",
        "attribution": "", "changes": changes, "flags": [],
    }  # fmt: skip


def _source(slug: str, report: "GateReport", notes: Sequence[str]) -> str:
    """Say in a draft's SOURCE.md what the gate did; no value that it removed is known any more."""
    done = [f"- {option}" for option in report.options]
    done += [f"- Kept by decision: {text}" for text in report.kept] + [f"- {note}" for note in notes]
    rows = [f"| `{name}` | {action} | {count} |" for (name, action), count in sorted(report.removed.items())]
    return (
        f"# Source of {slug}\n\n## De-identification\n\nPS3.15 E.1, at Readout's gate:\n\n"
        + "\n".join(done)
        + "\n\n| attribute | what was done | places |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )
