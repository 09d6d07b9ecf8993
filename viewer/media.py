"""From a DICOMDIR to the files that it names.

One convention: names are compared without regard to case, as media from other systems are written either way; a
name that climbs out of the medium is none (PS3.10 8.2).

It reads none of the files.
"""

from pathlib import Path, PurePosixPath
from typing import Final

from viewer.objects import items, read_object

_SOP_CLASS: Final = "1.2.840.10008.1.3.10"
# The Media Storage SOP Class UID stands in the first elements behind the preamble.
_HEAD: Final = 512


def is_directory(path: Path) -> bool:
    """Tell whether a file says that it is a DICOMDIR (Media Storage Directory Storage)."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    # Of an even length, the UID is followed by the next element of group 0002 at once.
    return head[128:132] == b"DICM" and _SOP_CLASS.encode() + b"\2\0" in head


def read_directory(path: Path) -> tuple[PurePosixPath, ...]:
    """Give the files that a DICOMDIR names, relative to its folder (Referenced File ID (0004,1500)).

    Raises
    ------
    RegionError
        When it cannot be read.
    """
    ds = read_object(path, (_SOP_CLASS,), path.name)
    named = []
    for record in items(ds, "DirectoryRecordSequence"):
        parts = record.get("ReferencedFileID") or ()
        parts = [parts] if isinstance(parts, str) else [str(part) for part in parts]
        if parts and not any(part in ("", ".", "..") or "/" in part or "\\" in part for part in parts):
            named.append(PurePosixPath(*parts))
    return tuple(dict.fromkeys(named))
