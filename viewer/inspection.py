"""From any files to a report: what each is, why it is refused, what its reader should know.

One convention: every frame is decoded once, one at a time, so "decodes" means that the pixels were good,
not that the header looked so.

It prints nothing and stops for nothing: one bad file is one line of the report.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from viewer import DecodeError, SeriesError
from viewer.decode import frame_values
from viewer.holdings import holdings
from viewer.layout import NO_IMAGE
from viewer.media import is_directory, read_directory
from viewer.notes import Note
from viewer.series import Series, read_study


@dataclass(frozen=True, slots=True)
class FileFinding:
    """What became of one file."""

    path: Path
    """As given; in an archive, under its name there."""
    outcome: str
    """decodes, decodes-with-warning, refused, or no-pixels for a sound object that holds no image."""
    reason: str
    """Reason class of a refusal; empty otherwise."""
    message: str
    """One line for people."""
    series: int | None
    """Index of its first series in the report; None when refused."""
    error: str = ""
    """Error class of a refusal, such as DecodeError; empty otherwise."""


@dataclass(frozen=True, slots=True)
class SeriesFinding:
    """What one series is."""

    series: Series
    """As read."""
    description: str
    """One line: modality, images, size, spacing."""
    value_range: tuple[float, float] | None
    """Least and greatest value in the series' unit; None when no frame could be decoded."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an inspection found."""

    files: tuple[FileFinding, ...]
    """Every file, in the order of names."""
    series: tuple[SeriesFinding, ...]
    """Every stack of images."""
    notes: tuple[Note, ...]
    """What holds for the files together."""

    @property
    def ok(self) -> bool:
        """Whether nothing was refused and no note is a fault."""
        notes = [*self.notes, *(note for found in self.series for note in found.series.notes)]
        refused = any(found.outcome == "refused" for found in self.files)
        return not refused and not any(note.fault for note in notes)

    @property
    def reasons(self) -> frozenset[str]:
        """Every reason class in the report."""
        notes = [*self.notes, *(note for found in self.series for note in found.series.notes)]
        return frozenset({note.reason for note in notes} | {found.reason for found in self.files if found.reason})

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain values."""
        return {
            "ok": self.ok,
            "files": [
                {
                    "path": str(found.path),
                    "outcome": found.outcome,
                    "error": found.error or None,
                    "reason": found.reason or None,
                    "message": found.message,
                    "series": found.series,
                }
                for found in self.files
            ],
            "series": [_series_json(found) for found in self.series],
            "warnings": [_note_json(note) for note in self.notes],
        }

    def lines(self) -> list[str]:
        """Give one-line texts: refusals, then series with their notes, then notes on the whole."""
        texts = [f"{found.outcome} [{found.reason}] {found.message}" for found in self.files if found.reason]
        for found in self.series:
            texts.append(f"series {found.description}")
            texts += [_note_line(note) for note in found.series.notes]
        return texts + [_note_line(note) for note in self.notes]


def inspect(paths: Sequence[Path], names: Mapping[Path, str] | None = None) -> Report:
    """Read files, or the files in folders or named by a DICOMDIR, and decode every frame once.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders; folders are searched through, links in them are not followed.
    names : mapping of Path to str
        What the files are called for people, where that is not their path: in an archive.
    """
    files = list(_files(paths))
    directories = [path for path in files if is_directory(path)]
    plain = [path for path in files if path not in directories]
    named = [_follow(path, plain, names) for path in directories]
    study = read_study(plain)
    refused: dict[Path, SeriesError] = dict(study.refused)
    series_of: dict[Path, int] = {}
    found = []
    for number, series in enumerate(study.series):
        failed, value_range = _decode_all(series)
        refused.update(failed)
        found.append(SeriesFinding(series, describe(series), value_range))
        for frame in series.frames:
            series_of.setdefault(frame.path, number)
    findings = [
        _refusal(path, refused[path]) if path in refused else _acceptance(path, series_of[path], study.series)
        for path in sorted({*refused, *series_of})
    ]
    report = Report((*(one for group in named for one in group), *findings), tuple(found), study.notes)
    return _renamed(report, names) if names else report


def _renamed(report: Report, names: Mapping[Path, str]) -> Report:
    """Call files by their names for people, also within messages."""
    short = {path.name: PurePosixPath(name).name for path, name in names.items()}
    pattern = re.compile("|".join(map(re.escape, sorted(short, key=len, reverse=True))) or "(?!)")

    def named(text: str) -> str:
        return pattern.sub(lambda found: short[found[0]], text)

    files = [
        replace(one, path=Path(names.get(one.path, one.path)), message=one_line(named(one.message)))
        for one in report.files
    ]
    series = [
        replace(
            found,
            series=replace(
                found.series,
                notes=tuple(replace(note, message=named(note.message)) for note in found.series.notes),
            ),
        )
        for found in report.series
    ]
    return Report(tuple(files), tuple(series), report.notes)


def _follow(directory: Path, plain: list[Path], names: Mapping[Path, str] | None) -> list[FileFinding]:
    """Add the files that a DICOMDIR names to those that are read, and tell which are not there."""
    label = PurePosixPath((names or {}).get(directory, directory.as_posix()))
    known = {str((names or {}).get(path, path.as_posix())).lower() for path in plain}
    try:
        wanted = read_directory(directory)
    except SeriesError as error:
        return [_refusal(Path(label), error)]
    missing = []
    for name in wanted:
        if str(label.parent / name).lower() in known:
            continue
        file = None if names else _on_disk(directory.parent, name)
        if file is None:
            missing.append(_missing(Path(label.parent / name), label.name))
        elif file not in plain:
            plain.append(file)
    text = f"{label.name}: names {len(wanted)} files, {len(missing)} of them not there"
    return [FileFinding(Path(label), "no-pixels", "directory", one_line(text), None), *missing]


def _missing(path: Path, directory: str) -> FileFinding:
    message = f"{path.name}: named by {directory}, but not there. Copy the whole medium again."
    return FileFinding(path, "refused", "missing-file", one_line(message), None, SeriesError.__name__)


def _on_disk(folder: Path, name: PurePosixPath) -> Path | None:
    """Find a file by its name on the medium, whatever the case of its letters."""
    for part in name.parts:
        inner = {entry.name.lower(): entry for entry in folder.iterdir()} if folder.is_dir() else {}
        if part.lower() not in inner:
            return None
        folder = inner[part.lower()]
    return folder if folder.is_file() and not folder.is_symlink() else None


def refusal(path: Path, message: str, reason: str, error: str) -> Report:
    """Give the report on one thing that was refused before it came to its files, such as an archive."""
    return Report((FileFinding(path, "refused", reason, one_line(message), None, error),), (), ())


def joined(reports: Iterable[Report]) -> Report:
    """Give one report for several."""
    files: list[FileFinding] = []
    series: list[SeriesFinding] = []
    notes: list[Note] = []
    for report in reports:
        shift = len(series)
        files += [
            found if found.series is None else replace(found, series=found.series + shift) for found in report.files
        ]
        series += report.series
        notes += report.notes
    return Report(tuple(files), tuple(series), tuple(notes))


def describe(series: Series) -> str:
    """Give one line on a series; no text of the file but modality and body part."""
    count = len(series.frames)
    parts = [
        " ".join(part for part in (series.modality, series.body_part) if part),
        f"{count} image{'s' if count > 1 else ''}",
        f"{series.columns} x {series.rows} {series.photometric}",
    ]
    if series.pixel_spacing_mm is not None:
        between_rows, between_columns = series.pixel_spacing_mm
        parts.append(f"pixel {between_columns:.4g} x {between_rows:.4g} mm ({series.spacing_source})")
    if series.slice_spacing_mm is not None:
        parts.append(f"{series.slice_spacing_mm:.4g} mm apart")
    if series.frame_time_ms is not None:
        parts.append(f"{series.frame_time_ms:.4g} ms a frame")
    return ", ".join([*parts, series.unit or "stored values"])


def one_line(text: str) -> str:
    """Give text on one line, without control characters: safe for a terminal."""
    flat = re.sub(r"\s+", " ", text)
    return "".join(character if character.isprintable() else "?" for character in flat)


def _files(paths: Sequence[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            found = (inner for inner in path.rglob("*") if inner.is_file() and not inner.is_symlink())
            yield from sorted(found)
        else:
            yield path


def _decode_all(series: Series) -> tuple[dict[Path, DecodeError], tuple[float, float] | None]:
    """Decode every frame, one at a time; give the first error of each file, and the range of the values."""
    failed: dict[Path, DecodeError] = {}
    low, high = np.inf, -np.inf
    for number, frame in enumerate(series.frames):
        if frame.path in failed:
            continue
        try:
            values = frame_values(series, number)
        except DecodeError as error:
            failed[frame.path] = error
            continue
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return failed, (low * series.value_scale, high * series.value_scale) if low <= high else None


def _refusal(path: Path, error: SeriesError) -> FileFinding:
    outcome = "no-pixels" if error.reason == NO_IMAGE else "refused"
    name = "" if outcome == "no-pixels" else type(error).__name__
    held = holdings(path) if outcome == "no-pixels" else ""
    message = f"{error} It holds {held}." if held else str(error)
    return FileFinding(path, outcome, error.reason, one_line(message), None, name)


def _acceptance(path: Path, number: int, all_series: Sequence[Series]) -> FileFinding:
    notes = all_series[number].notes
    outcome = "decodes-with-warning" if notes else "decodes"
    held = holdings(path) if all_series[number].modality == "SEG" else ""
    text = ": ".join(filter(None, (path.name, describe(all_series[number]), held)))
    return FileFinding(path, outcome, "", one_line(text), number)


def _note_json(note: Note) -> dict[str, Any]:
    return {"reason": note.reason, "message": one_line(note.message), "fault": note.fault}


def _note_line(note: Note) -> str:
    return f"{'fault' if note.fault else 'note'} [{note.reason}] {one_line(note.message)}"


def _series_json(found: SeriesFinding) -> dict[str, Any]:
    series = found.series
    between = series.pixel_spacing_mm
    return {
        "uid": series.uid,
        "description": one_line(found.description),
        "modality": series.modality,
        "body_part": series.body_part,
        "files": len({frame.path for frame in series.frames}),
        "frames": len(series.frames),
        "rows": series.rows,
        "columns": series.columns,
        "samples": series.samples,
        "photometric": series.photometric,
        "dtype": series.dtype,
        "spacing": [*between, series.slice_spacing_mm] if between else None,
        "spacing_source": series.spacing_source,
        "thickness": series.slice_thickness_mm,
        "orientation": list(series.orientation) if series.orientation else None,
        "frame_of_reference": series.frame_of_reference_uid or None,
        "unit": series.unit or None,
        "value_range": list(found.value_range) if found.value_range else None,
        "frame_time_ms": series.frame_time_ms,
        "mpr": series.mpr_obstacle,
        "warnings": [_note_json(note) for note in series.notes],
    }
