"""From any files to a report: what each is, why it is refused, what its reader should know.

One convention: every frame is decoded once, one at a time, so "decodes" means that the pixels were good,
not that the header looked so.

It prints nothing and stops for nothing: one bad file is one line of the report.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer import DecodeError, SeriesError
from viewer.decode import frame_values
from viewer.layout import NO_IMAGE
from viewer.notes import Note
from viewer.series import Series, read_study


@dataclass(frozen=True, slots=True)
class FileFinding:
    """What became of one file."""

    path: Path
    """As given."""
    outcome: str
    """decodes, decodes-with-warning, refused, or no-pixels for a sound object that holds no image."""
    reason: str
    """Reason class of a refusal; empty otherwise."""
    message: str
    """One line for people."""
    series: int | None
    """Index of its first series in the report; None when refused."""


@dataclass(frozen=True, slots=True)
class SeriesFinding:
    """What one series is."""

    series: Series
    """As read."""
    description: str
    """One line: modality, images, size, spacing."""


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
                    "reason": found.reason or None,
                    "message": found.message,
                    "series": found.series,
                }
                for found in self.files
            ],
            "series": [_series_json(found) for found in self.series],
            "notes": [_note_json(note) for note in self.notes],
        }

    def lines(self) -> list[str]:
        """Give one-line texts: refusals, then series with their notes, then notes on the whole."""
        texts = [f"{found.outcome} [{found.reason}] {found.message}" for found in self.files if found.reason]
        for found in self.series:
            texts.append(f"series {found.description}")
            texts += [_note_line(note) for note in found.series.notes]
        return texts + [_note_line(note) for note in self.notes]


def inspect(paths: Sequence[Path]) -> Report:
    """Read files, or the files in folders, and decode every frame once.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders; folders are searched through, links in them are not followed.
    """
    study = read_study(list(_files(paths)))
    refused: dict[Path, SeriesError] = dict(study.refused)
    series_of: dict[Path, int] = {}
    for number, series in enumerate(study.series):
        refused.update(_decode_all(series))
        for frame in series.frames:
            series_of.setdefault(frame.path, number)
    findings = [
        _refusal(path, refused[path]) if path in refused else _acceptance(path, series_of[path], study.series)
        for path in sorted({*refused, *series_of})
    ]
    found = tuple(SeriesFinding(series, describe(series)) for series in study.series)
    return Report(tuple(findings), found, study.notes)


def refusal(path: Path, message: str, reason: str) -> Report:
    """Give the report on one thing that was refused before it came to its files, such as an archive."""
    return Report((FileFinding(path, "refused", reason, one_line(message), None),), (), ())


def joined(reports: Iterable[Report]) -> Report:
    """Give one report for several."""
    files: list[FileFinding] = []
    series: list[SeriesFinding] = []
    notes: list[Note] = []
    for report in reports:
        shift = len(series)
        files += [
            FileFinding(
                found.path,
                found.outcome,
                found.reason,
                found.message,
                None if found.series is None else found.series + shift,
            )
            for found in report.files
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


def _decode_all(series: Series) -> Iterable[tuple[Path, DecodeError]]:
    """Decode every frame, one at a time; of each file, give the first error."""
    failed: set[Path] = set()
    for number, frame in enumerate(series.frames):
        if frame.path in failed:
            continue
        try:
            frame_values(series, number)
        except DecodeError as error:
            failed.add(frame.path)
            yield frame.path, error


def _refusal(path: Path, error: SeriesError) -> FileFinding:
    outcome = "no-pixels" if error.reason == NO_IMAGE else "refused"
    return FileFinding(path, outcome, error.reason, one_line(str(error)), None)


def _acceptance(path: Path, number: int, all_series: Sequence[Series]) -> FileFinding:
    notes = all_series[number].notes
    outcome = "decodes-with-warning" if notes else "decodes"
    return FileFinding(path, outcome, "", one_line(f"{path.name}: {describe(all_series[number])}"), number)


def _note_json(note: Note) -> dict[str, Any]:
    return {"reason": note.reason, "message": one_line(note.message), "fault": note.fault}


def _note_line(note: Note) -> str:
    return f"{'fault' if note.fault else 'note'} [{note.reason}] {one_line(note.message)}"


def _series_json(found: SeriesFinding) -> dict[str, Any]:
    series = found.series
    return {
        "uid": series.uid,
        "description": one_line(found.description),
        "modality": series.modality,
        "body_part": series.body_part,
        "frames": len(series.frames),
        "rows": series.rows,
        "columns": series.columns,
        "photometric": series.photometric,
        "dtype": series.dtype,
        "unit": series.unit,
        "pixel_spacing_mm": series.pixel_spacing_mm,
        "spacing_source": series.spacing_source,
        "slice_spacing_mm": series.slice_spacing_mm,
        "frame_time_ms": series.frame_time_ms,
        "files": len({frame.path for frame in series.frames}),
        "notes": [_note_json(note) for note in series.notes],
    }
