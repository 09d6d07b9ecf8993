"""The values of a teaching case, as its files state them: case, series, regions, findings, provenance.

Image numbers are 1-based, as people see them; points in pixels are (column, row) of pixel centres,
zero-based; points in space are DICOM LPS mm. Fields marked *learner* may be shown before committing, the
others may not. Nothing is read or checked here; `cases.manifest` does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cases import SeriesUnavailableError

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "abdominal": "Abdominal",
        "musculoskeletal": "Musculoskeletal",
        "thoracic": "Thoracic and lung",
        "neuro": "Neuro and head & neck",
        "cardiovascular": "Cardiovascular",
        "breast": "Breast",
        "paediatric": "Paediatric",
        "interventional": "Interventional",
        "nuclear-diagnosis": "Nuclear medicine: diagnosis",
        "nuclear-therapy": "Nuclear medicine: therapy",
    }
)
"""The ten sections: key in case files → name for people, in the order of the library page."""


BASES: Mapping[str, str] = MappingProxyType(
    {
        "experts": "outlined by experts",
        "simulation": "known by construction",
        "label": "came with the images; its author is not stated",
        "machine": "segmented by software",
        "threshold": "cut out by a threshold",
        "drawn": "drawn for teaching",
    }
)
"""What a region can rest on: key in case files → in words, the most reliable first."""


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """A window that the case offers for a series."""

    name: str
    """Neutral name, shown to the learner."""
    center: float
    """Window Center (0028,1050), in modality values."""
    width: float
    """Window Width (0028,1051), in modality values, above 0."""


@dataclass(frozen=True, slots=True)
class ArchiveSeries:
    """One series of the open archive: images, or what experts drew on them."""

    key: str
    """Its key in the archive (``crdc_series_uuid``): immutable, so it pins the version."""
    bucket: str
    """Name of the public bucket that holds it."""
    uid: str
    """Series Instance UID (0020,000E)."""
    instances: int | None
    """Number of its files; None where the archive's index does not state it."""
    megabytes: float
    """Size as the archive's index states it, in 10⁶ bytes."""
    folder: Path
    """Where it lies on this machine; there when it is whole, and not there before."""

    @property
    def on_machine(self) -> bool:
        """Tell whether it has been downloaded."""
        return self.folder.is_dir()


@dataclass(frozen=True, slots=True)
class Annotation:
    """What experts drew on a series, as the archive holds it."""

    id: str
    """Name that regions use."""
    modality: str
    """``SEG``, ``RTSTRUCT`` or ``SR``."""
    archive: ArchiveSeries
    """Where it comes from."""


@dataclass(frozen=True, slots=True)
class CaseSeries:
    """One series of a case: where its files are and how it opens."""

    id: str
    """Name within the case and of its folder."""
    label: str
    """Neutral label, shown to the learner."""
    body_part: str
    """Part that chooses the window presets, such as ``chest``."""
    start_frame: int
    """Image shown first, 1-based; neutral, never the one that holds the answer."""
    estimated_spacing: bool
    """True when the pixel spacing is not the source's."""
    windows: tuple[NamedWindow, ...]
    """The case's own windows, first one first."""
    folder: Path
    """Folder that holds the DICOM files."""
    archive: ArchiveSeries | None = None
    """Where the images are to be downloaded from; None for images in the case's folder."""

    def files(self) -> list[Path]:
        """List the DICOM files, sorted by name, which says nothing about their order in space.

        Raises
        ------
        SeriesUnavailableError
            There is none.
        """
        paths = sorted(self.folder.glob("*.dcm"))
        if not paths and self.archive:
            raise SeriesUnavailableError("The images are not on this machine yet. Download them in the library.")
        if not paths:
            raise SeriesUnavailableError(f"{self.folder}: no *.dcm file. Run `readout build-library`.")
        return paths


@dataclass(frozen=True, slots=True)
class Region:
    """Where the truth of a finding lies: what the viewer needs to read it."""

    name: str
    """Name that questions and findings use."""
    label: str
    """Name for people, shown after committing."""
    series: str
    """Series id."""
    basis: str
    """What it rests on, a key of `BASES`; ``drawn`` where the file does not say."""
    authority: str
    """Who drew it, and how far that can be trusted."""
    spec: Mapping[str, object]
    """Where it lies, as written: kind ``contours`` (file, agreement), ``ellipse`` (frame, centre …), ``seg`` (file,
    segment), ``rtstruct`` (file, roi) or ``annotation`` (file, item)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to see, with its place where it has one."""

    id: str
    """Name within the case."""
    text: str
    """What is seen or known."""
    status: str
    """``observed`` (for teaching, not a report) or ``documented``."""
    source: str
    """Where it is documented; empty when it is observed."""
    series: str
    """Series id."""
    point_mm: tuple[float, float, float] | None
    """Place in DICOM LPS mm."""
    frame: int | None
    """Image, 1-based, for series without patient geometry."""
    point_px: tuple[float, float] | None
    """(column, row) of that image."""
    key_images: str
    """File in the case's folder, a key object selection, that names the images it is seen on; or empty."""
    window: str
    """Name of the window that shows it best; empty for the one in use."""
    region: str
    """Name of the region it describes, or empty."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the images come from and on what terms."""

    source: str
    """Collection or sample set."""
    archive: tuple[str, ...]
    """Pinned packages or files; none for images that were imported."""
    members: str
    """What was taken from them."""
    sha256: tuple[str, ...]
    """Digest of each archive, in the same order."""
    licence: str
    """Licence of the images, SPDX identifier where there is one."""
    licence_url: str
    """Address of its text."""
    citation: str
    """How to cite."""
    attribution: str
    """Words that must travel with the images."""
    doi: str
    """DOI of the data, or empty."""
    changes: tuple[str, ...]
    """Every change made to the source."""
    flags: tuple[str, ...]
    """What is not documented."""


@dataclass(frozen=True, slots=True)
class Case:
    """A teaching case. Until the learner has committed, only what is marked *learner* may be shown."""

    folder: Path
    """The case's folder."""
    version: str
    """First 12 hexadecimal digits of the SHA-256 of the case's texts."""
    slug: str
    """Neutral name; also the folder's (learner)."""
    title: str
    """Neutral title (learner)."""
    title_teacher: str
    """Title that says what it is."""
    sections: tuple[str, ...]
    """Keys of `SECTIONS` (learner)."""
    level: int
    """1 (first cases) to 3 (hard) (learner)."""
    modality: str
    """Modality (0008,0060) of the main series (learner)."""
    patient: str
    """Age and sex as far as known, in words (learner)."""
    history: str
    """Indication (learner)."""
    history_written_for_teaching: bool
    """True when the indication is not the patient's own (learner)."""
    technique: str
    """How the images were made (learner)."""
    origin: str
    """``real``, ``real-derived`` or ``simulated`` (learner)."""
    reviewed_by: str
    """Radiologist who reviewed the case; empty until then (learner)."""
    spoilers: tuple[str, ...]
    """Words that must not reach a learner before committing, lower case."""
    diagnosis: str
    """Diagnosis, or that there is none."""
    diagnosis_status: str
    """What the diagnosis rests on: ``documented …``, ``consensus …`` or ``none …``."""
    series: tuple[CaseSeries, ...]
    """The series, in reading order (learner)."""
    regions: tuple[Region, ...]
    """Truth regions."""
    findings: tuple[Finding, ...]
    """What is to be seen."""
    provenance: Provenance
    """Source and licence; whole after committing, the licence before."""
    teaching: Mapping[str, str]
    """`TEACHING_HEADINGS` → Markdown, in that order."""
    grade: str = ""
    """How well its source documents it: A diagnosis, B collection or procedure, C nothing (learner)."""
    annotations: tuple[Annotation, ...] = ()
    """What experts drew, to be downloaded with the images."""

    @property
    def downloads(self) -> tuple[ArchiveSeries, ...]:
        """Give all that has to be downloaded for this case; nothing for one whose images are in its folder."""
        images = tuple(series.archive for series in self.series if series.archive)
        return images + tuple(annotation.archive for annotation in self.annotations)

    @property
    def on_machine(self) -> bool:
        """Tell whether the images are here, so that the case can be read now."""
        return all(series.archive.on_machine for series in self.series if series.archive)

    @property
    def complete(self) -> bool:
        """Tell whether the experts' outlines are here as well."""
        return all(series.on_machine for series in self.downloads)

    @property
    def megabytes(self) -> float:
        """Size of the whole download in 10⁶ bytes."""
        return sum(series.megabytes for series in self.downloads)

    @property
    def quiz_file(self) -> Path:
        """Path of the case's questions."""
        return self.folder / "quiz.toml"
