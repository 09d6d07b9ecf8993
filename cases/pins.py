"""What a case says of its images in the open archive: which series, in which bucket, how many files, how large.

A key of the archive is immutable, so naming it pins the version; count, size and Series Instance UID are checked
after download. Nothing is fetched here, and a folder's presence alone says that a series is whole.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from cases.case import Annotation, ArchiveSeries
from cases.table import Table

KEY: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)+")
_ANNOTATIONS: Final = ("SEG", "RTSTRUCT", "SR")
GRADES: Final = {
    "A": "diagnosis documented",
    "B": "diagnosis by collection or procedure",
    "C": "result not documented: technique and anatomy",
}
"""Grade of a downloadable case → what it means, for people."""


def read_pin(table: Table, images: Path, *, counted: bool) -> ArchiveSeries:
    """Read key, bucket, series_uid, instances and megabytes of a series.

    Parameters
    ----------
    images : Path
        Folder of what has been downloaded.
    counted : bool
        Whether the number of its files has to be stated; the archive's index does not for annotations.
    """
    key = _matching(table, "key", KEY, "the archive's crdc_series_uuid, in lower case")
    return ArchiveSeries(
        key=key,
        bucket=_matching(table, "bucket", _BUCKET, "the name of a bucket"),
        uid=_matching(table, "series_uid", _UID, "a Series Instance UID (0020,000E)"),
        instances=table.integer("instances", 1) if counted or table.has("instances") else None,
        megabytes=table.number("megabytes", above=0),
        folder=images / (key or "none"),
    )


def read_annotation(table: Table, images: Path) -> Annotation:
    """Read one ``[[annotation]]``: a pin with a name and a modality."""
    annotation = Annotation(
        id=table.text("id"),
        modality=table.choice("modality", _ANNOTATIONS),
        archive=read_pin(table, images, counted=False),
    )
    table.finish()
    return annotation


def check_drawn(table: Table, annotations: Collection[str]) -> None:
    """Check where a region comes from that experts drew in the archive: which annotations, and which part of them."""
    for name in table.texts("annotation"):
        if name not in annotations:
            known = ", ".join(sorted(annotations)) or "none"
            table.fault("annotation", f'there is no annotation "{name}"; there are: {known}. Correct it.')
    table.texts("names")


def _matching(table: Table, key: str, pattern: re.Pattern[str], meaning: str) -> str:
    text = table.text(key)
    if text and not pattern.fullmatch(text):
        table.fault(key, f'found "{text[:40]}", expected {meaning}. Correct it.')
        return ""
    return text
