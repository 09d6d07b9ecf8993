"""A case folder's texts become one `Case`, or one `ManifestError` that lists every fault.

Reads ``case.toml`` and ``teaching.md``; ``quiz.toml`` only counts for the version, its questions belong to
others. Image and frame numbers are 1-based here, as people see them; points in pixels are (column, row) of
pixel centres, zero-based; points in space are DICOM LPS mm. No image is opened.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from cases import Fault, ManifestError
from cases.case import BASES, SECTIONS, ArchiveSeries, Case, CaseSeries, Finding, NamedWindow, Provenance, Region
from cases.pins import GRADES, check_drawn, read_annotation, read_pin
from cases.table import Table, read_table, read_text

T = TypeVar("T")

MODALITIES = ("CR", "CT", "DX", "IO", "MG", "MR", "NM", "PT", "PX", "RF", "SC", "US", "XA")
"""Modality (0008,0060) of what can be read here."""
ORIGINS = ("real", "real-derived", "simulated")
DIAGNOSIS_STATUSES = ("documented", "consensus", "none")
TEACHING_HEADINGS = ("Technique", "Search pattern", "Learning points", "References")
DRAWN = ("rtstruct", "seg", "sr")
"""Kinds of regions that experts drew in the archive: RT Structure Set, Segmentation, Structured Report."""
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_case(folder: Path, images: Path | None = None) -> Case:
    """Read a case folder's texts.

    Parameters
    ----------
    images : Path, optional
        Folder of what has been downloaded from the open archive; without it nothing has been.

    Raises
    ------
    ManifestError
        With every fault of ``case.toml`` and ``teaching.md``, and of any text that is missing.
    """
    faults: list[Fault] = []
    teaching = _teaching(folder / "teaching.md", faults)
    read_text(folder / "quiz.toml", faults)
    table = read_table(folder / "case.toml", faults)
    case = None if table is None else _case(table, folder, images or folder / ".images", teaching)
    if case is None or faults:
        raise ManifestError(sorted(faults, key=lambda fault: fault.file))
    return case


def _case(table: Table, folder: Path, images: Path, teaching: Mapping[str, str]) -> Case:
    series = _distinct(table.tables("series"), lambda t: _series(t, folder / "dicom", images), "id")
    windows = {one.id: [window.name for window in one.windows] for one in series}
    annotations = _distinct(table.tables("annotation", required=False), lambda t: read_annotation(t, images), "id")
    drawn = [annotation.id for annotation in annotations]
    regions = _distinct(table.tables("region", required=False), lambda t: _region(t, folder, windows, drawn), "name")
    pinned = any(one.archive for one in series)
    names = {region.name for region in regions}
    case = Case(
        folder=folder,
        version=_version(folder),
        slug=_slug(table, folder),
        title=table.text("title"),
        title_teacher=table.text("title_teacher"),
        sections=_sections(table),
        level=table.integer("level", 1, 3),
        modality=table.choice("modality", MODALITIES),
        patient=table.text("patient"),
        history=table.text("history"),
        history_written_for_teaching=table.flag("history_written_for_teaching"),
        technique=table.text("technique"),
        origin=table.choice("origin", ORIGINS),
        reviewed_by=table.text("reviewed_by", required=False),
        spoilers=_spoilers(table),
        diagnosis=table.text("diagnosis"),
        diagnosis_status=_status(table),
        series=series,
        regions=regions,
        findings=_distinct(table.tables("finding"), lambda t: _finding(t, windows, names, folder), "id"),
        provenance=_provenance(table.table("provenance"), packaged=not pinned),
        teaching=teaching,
        grade=table.choice("grade", GRADES, required=pinned),
        annotations=annotations,
    )
    table.finish()
    return case


def _distinct(tables: Sequence[Table], read: Callable[[Table], T], key: str) -> tuple[T, ...]:
    """Read each table; a name may occur once."""
    seen: set[object] = set()
    values = []
    for table in tables:
        values.append(read(table))
        if table.data.get(key) in seen:
            table.fault(key, "is used twice. Give each its own.")
        seen.add(table.data.get(key))
    return tuple(values)


def _slug(table: Table, folder: Path) -> str:
    slug = table.text("slug")
    if slug and slug != folder.resolve().name:
        table.fault("slug", f'found "{slug}", expected the folder\'s name "{folder.resolve().name}". Rename one.')
    elif slug and not SLUG.fullmatch(slug):
        table.fault("slug", f'found "{slug}", expected lower-case letters, digits and single hyphens. Rename it.')
    return slug


def _sections(table: Table) -> tuple[str, ...]:
    sections = table.texts("sections")
    for section in sections:
        if section not in SECTIONS:
            table.fault("sections", f'unknown section "{section}", expected of {", ".join(SECTIONS)}. Correct it.')
    return sections


def _spoilers(table: Table) -> tuple[str, ...]:
    spoilers = table.texts("spoilers")
    for spoiler in spoilers:
        if spoiler != spoiler.lower():
            table.fault("spoilers", f'found "{spoiler}", expected lower case. Write "{spoiler.lower()}".')
    return spoilers


def _status(table: Table) -> str:
    status = table.text("diagnosis_status")
    if status and not status.startswith(DIAGNOSIS_STATUSES):
        table.fault(
            "diagnosis_status",
            f"expected to begin with {', '.join(DIAGNOSIS_STATUSES)}. Say what it rests on.",
        )
    return status


def _series(table: Table, dicom: Path, images: Path) -> CaseSeries:
    identity = table.text("id")
    if identity and not SLUG.fullmatch(identity):
        table.fault("id", f'found "{identity}", expected lower-case letters, digits and single hyphens. Rename it.')
        identity = ""
    archive = _archive(table.table("archive"), images) if table.has("archive") else None
    series = CaseSeries(
        id=identity,
        label=table.text("label"),
        body_part=table.text("body_part"),
        start_frame=table.integer("start_frame", 1),
        estimated_spacing=table.choice("spacing", ("estimated",), required=False) == "estimated",
        windows=_distinct(table.tables("window", required=False), _window, "name"),
        folder=archive.folder if archive else dicom / identity,
        archive=archive,
    )
    table.finish()
    return series


def _archive(table: Table, images: Path) -> ArchiveSeries:
    pin = read_pin(table, images, counted=True)
    table.finish()
    return pin


def _window(table: Table) -> NamedWindow:
    window = NamedWindow(table.text("name"), table.number("center"), table.number("width", above=0))
    table.finish()
    return window


def _region(table: Table, folder: Path, series: Collection[str], annotations: Collection[str]) -> Region:
    region = Region(
        name=table.text("name"),
        label=table.text("label"),
        series=_known(table, "series", series),
        basis=table.choice("basis", tuple(BASES), required=False) or "drawn",
        authority=table.text("authority"),
        spec=MappingProxyType({key: value for key, value in table.data.items() if key != "basis"}),
    )
    match table.choice("kind", ("contours", "ellipse", "seg", "rtstruct", "annotation", "sr")):
        case "contours":
            _check_file(table, folder)
            table.integer("agreement", 1)
        case kind if kind in DRAWN and (kind == "sr" or table.has("annotation")):
            check_drawn(table, annotations)
        case "seg" | "rtstruct" as kind:
            _check_file(table, folder)
            _check_choice(table, "segment" if kind == "seg" else "roi")
        case "annotation":
            _check_file(table, folder)
            table.text("item", required=False)
        case "ellipse":
            _check_frames(table)
            table.numbers("centre", 2)
            if min(table.numbers("radii", 2)) <= 0:
                table.fault("radii", "expected two half axes above 0, in pixels. Correct them.")
            if table.has("rotation_deg"):
                table.number("rotation_deg")
    table.finish()
    return region


def _check_file(table: Table, folder: Path, key: str = "file") -> str:
    """Read the name of a file that has to be in the case's folder."""
    file = table.text(key)
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file:
        table.fault(key, f'found "{file}", expected a file inside the case folder. Correct the path.')
    elif file and not (folder / path).is_file():
        table.fault(key, f'"{file}" is not there. Run `readout build-library`, or correct the path.')
    return file


def _check_choice(table: Table, key: str) -> None:
    """Check that one of a DICOM object's regions is named, by number or by name."""
    if isinstance(table.data.get(key), str):
        table.text(key)
    else:
        table.integer(key, 0)


def _check_frames(table: Table) -> None:
    """Check that an ellipse lies on one image, or on a range of them."""
    if table.has("frame") == table.has("frames"):
        table.fault("frame", "expected either frame or frames = [first, last]. Give one of them.")
    elif table.has("frame"):
        table.integer("frame", 1)
    else:
        first, last = table.numbers("frames", 2)
        if not (1 <= first <= last and first.is_integer() and last.is_integer()):
            table.fault("frames", "expected [first, last], whole numbers from 1. Correct them.")


def _finding(table: Table, windows: Mapping[str, Collection[str]], regions: Collection[str], folder: Path) -> Finding:
    series = _known(table, "series", windows)
    status = table.choice("status", ("observed", "documented"))
    source = table.text("source", required=status == "documented")
    places = [key for key in ("point_mm", "point_px", "key_images") if table.has(key)]
    if len(places) > 1:
        table.fault(places[0], f"found with {places[1]}, expected one place. Remove one.")
    if table.has("point_px") and not table.has("frame"):
        table.fault("frame", "is missing beside point_px. Add the image number, 1-based.")
    x, y, z = table.numbers("point_mm", 3) if table.has("point_mm") else (0.0, 0.0, 0.0)
    column, row = table.numbers("point_px", 2) if table.has("point_px") else (0.0, 0.0)
    finding = Finding(
        id=table.text("id"),
        text=table.text("text"),
        status=status,
        source=source,
        series=series,
        point_mm=(x, y, z) if table.has("point_mm") else None,
        frame=table.integer("frame", 1) if table.has("frame") else None,
        point_px=(column, row) if table.has("point_px") else None,
        key_images=_check_file(table, folder, "key_images") if table.has("key_images") else "",
        window=_known(table, "window", windows.get(series, ()), required=False),
        region=_known(table, "region", regions, required=False),
    )
    table.finish()
    return finding


def _known(table: Table, key: str, names: Collection[str], *, required: bool = True) -> str:
    """Read a name that has to be defined elsewhere in the file."""
    name = table.text(key, required=required)
    if name and name not in names:
        table.fault(key, f'there is no {key} "{name}"; there are: {", ".join(sorted(names)) or "none"}. Correct it.')
    return name


def _provenance(table: Table, *, packaged: bool) -> Provenance:
    provenance = Provenance(
        source=table.text("source"),
        archive=table.texts("archive", required=False),
        members=table.text("members", required=False),
        sha256=table.texts("sha256", required=False),
        licence=table.text("licence"),
        licence_url=table.text("licence_url"),
        citation=table.text("citation"),
        attribution=table.text("attribution"),
        doi=table.text("doi", required=False),
        changes=table.texts("changes", required=packaged),
        flags=table.texts("flags", required=False),
    )
    if len(provenance.archive) != len(provenance.sha256):
        table.fault("sha256", f"found {len(provenance.sha256)}, expected one for each archive. Complete them.")
    for digest in provenance.sha256:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            table.fault("sha256", f'found "{digest[:20]}…", expected 64 lower-case hexadecimal digits. Correct it.')
    if provenance.doi and not re.fullmatch(r"10\.\d{4,9}/\S+", provenance.doi):
        table.fault("doi", f'found "{provenance.doi}", expected 10.…/…, without an address. Correct or omit it.')
    table.finish()
    return provenance


def _teaching(path: Path, faults: list[Fault]) -> Mapping[str, str]:
    """Split the teaching text at its level-2 headings."""
    text = read_text(path, faults)
    if text is None:
        return MappingProxyType({})
    _, *parts = re.split(r"^##[ \t]+(.+?)[ \t]*$", text, flags=re.MULTILINE)
    headings = parts[0::2]
    found = {heading: body.strip() for heading, body in zip(headings, parts[1::2], strict=True)}
    for heading in TEACHING_HEADINGS:
        if not found.get(heading):
            faults.append(Fault(path.name, heading, f'no text under "## {heading}". Write it.'))
        if headings.count(heading) > 1:
            faults.append(Fault(path.name, heading, "is there twice. Join the two."))
    for heading in found.keys() - set(TEACHING_HEADINGS):
        expected = ", ".join(TEACHING_HEADINGS)
        faults.append(Fault(path.name, heading, f"unknown heading, expected {expected}. Rename or demote it."))
    return MappingProxyType({heading: found.get(heading, "") for heading in TEACHING_HEADINGS})


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("case.toml", "quiz.toml", "teaching.md"):
        try:
            content = (folder / name).read_bytes()
        except OSError:  # noted as a fault where the file's text is wanted
            content = b""
        # The length keeps text from moving over a file's end unnoticed.
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:12]
