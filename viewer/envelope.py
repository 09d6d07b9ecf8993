"""From a file on disk to the stream of its data set: preamble, file meta, transfer syntax, inflating.

One convention: ``start`` is the byte of the stream where the data set's first element begins, and every
later offset counts from the start of the same stream (the file, or the inflated bytes of a deflated file).

It reads no attribute of the data set (``viewer.elements`` does).
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pydicom.config import IGNORE
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from viewer import SeriesError
from viewer.notes import Note

MAX_INFLATED_BYTES: Final = 64 << 20
_MAX_META_ELEMENTS: Final = 64
_TRANSFER_SYNTAX: Final = 0x00020010
_VR_PATTERN: Final = re.compile(rb"A[EST]|CS|D[AST]|F[DL]|IS|L[OT]|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A data set ready to be walked."""

    stream: BinaryIO
    """Seekable bytes: the file, or its inflated content."""
    start: int
    """Offset of the first element of the data set."""
    size: int
    """Bytes of the stream."""
    transfer_syntax: UID
    """Transfer Syntax UID (0002,0010); implicit little endian where there is no file meta."""
    implicit: bool
    """Whether the elements carry no VR (as found, not as said)."""
    notes: tuple[Note, ...]
    """What is odd about the file format."""


@contextmanager
def open_envelope(path: Path) -> Iterator[Envelope]:
    """Open a DICOM file up to its data set (PS3.10 7.1).

    Raises
    ------
    SeriesError
        When the file is not DICOM, is empty, has no known transfer syntax or inflates beyond the limit.
    """
    try:
        stream: BinaryIO = path.open("rb", buffering=1 << 16)
    except OSError as error:
        message = f"{path.name}: cannot be opened ({error.strerror}). Check that the file is there and readable."
        raise SeriesError(message, reason="unreadable") from error
    with stream:
        size = stream.seek(0, io.SEEK_END)
        notes: list[Note] = []
        meta_start = _find_meta(stream, size, notes)
        syntax, start = _read_meta(stream, meta_start, size, notes)
        if start >= size:
            message = f"{path.name}: the file ends before any attribute, expected a data set. Copy the file again."
            raise SeriesError(message, reason="empty-dataset")
        if syntax == DeflatedExplicitVRLittleEndian:
            stream, start, size = _inflate(stream, start)
        implicit = _sniff_implicit(stream, start, syntax, notes)
        yield Envelope(stream, start, size, syntax, implicit, tuple(notes))


def is_little_endian(syntax: UID) -> bool:
    """Tell whether a transfer syntax writes its least significant byte first (all but one do, PS3.5 A)."""
    return syntax != ExplicitVRBigEndian


def _find_meta(stream: BinaryIO, size: int, notes: list[Note]) -> int:
    """Give the offset of the file meta group, or of the data set where there is none."""
    stream.seek(0)
    head = stream.read(144)
    marked = head[128:132] == b"DICM"
    if marked and head[132:134] in (b"\x02\x00", b""):
        return 132
    if len(head) >= 8:
        group, element, length = struct.unpack("<HHI", head[:8])
        if group == 0x0002:
            text = "no 128-byte preamble before the file meta group; read all the same"
            notes.append(Note("no-preamble", text, fault=True))
            return 0
        explicit = _VR_PATTERN.fullmatch(head[4:6]) is not None
        # A bare data set starts with its identifying group and a length that the file can hold.
        if group == 0x0008 and element <= 0x0018 and (explicit or length <= size - 8):
            return 0
    if marked:
        return 132
    if head.startswith(b"PK\x03\x04"):
        message = "not a DICOM file but a ZIP archive. Give it as an archive (.zip)."
    else:
        message = "not a DICOM file: no DICM mark at byte 128 and no data set at byte 0."
    raise SeriesError(message, reason="not-dicom")


def _read_meta(stream: BinaryIO, start: int, size: int, notes: list[Note]) -> tuple[UID, int]:
    """Read the transfer syntax in the file meta group; give it and the offset behind (PS3.10 7.1)."""
    position, syntax, found = start, "", False
    for _ in range(_MAX_META_ELEMENTS):
        stream.seek(position)
        head = stream.read(12)
        if len(head) < 8 or head[:2] != b"\x02\x00":
            break
        found = True
        group, element, vr, short = struct.unpack("<HH2sH", head[:8])
        long = vr in (b"OB", b"UN", b"OW", b"UT", b"SQ") and len(head) == 12
        length, header = (struct.unpack("<I", head[8:12])[0], 12) if long else (short, 8)
        if position + header + length > size:
            message = "file meta: cut off. Copy the file again."
            raise SeriesError(message, reason="truncated")
        if group << 16 | element == _TRANSFER_SYNTAX and length <= 128:
            stream.seek(position + header)
            syntax = stream.read(length).decode("ascii", "replace").strip("\0 ")
        position += header + length
    if not found:
        if position < size:
            text = "no file meta group; the data set is read as it looks, without a stated transfer syntax"
            notes.append(Note("no-file-meta", text, fault=True))
        return ImplicitVRLittleEndian, position
    if not syntax:
        message = "file meta: no Transfer Syntax UID (0002,0010). Export the file again."
        raise SeriesError(message, reason="no-transfer-syntax")
    # Judged here; pydicom would only warn of a UID that is none.
    uid = UID(syntax, IGNORE)
    if uid.is_private or not uid.is_transfer_syntax:
        message = f"file meta: transfer syntax {printable(syntax)} is none of DICOM's. Export the file again."
        raise SeriesError(message, reason="unsupported-transfer-syntax")
    return uid, position


def _inflate(stream: BinaryIO, start: int) -> tuple[BinaryIO, int, int]:
    """Inflate a deflated data set (PS3.5 A.5), never past the limit."""
    stream.seek(start)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = io.BytesIO()
    try:
        while not inflater.eof:
            block = inflater.unconsumed_tail or stream.read(1 << 16)
            if not block:
                message = "deflated data set: cut off. Copy the file again."
                raise SeriesError(message, reason="truncated")
            inflated.write(inflater.decompress(block, 1 << 20))
            if inflated.tell() > MAX_INFLATED_BYTES:
                limit = MAX_INFLATED_BYTES >> 20
                message = f"deflated data set: inflates to more than {limit} MiB. Export it without deflating."
                raise SeriesError(message, reason="inflate-limit")
    except zlib.error as error:
        message = "deflated data set: damaged. Copy the file again."
        raise SeriesError(message, reason="undecodable") from error
    return inflated, 0, inflated.tell()


def _sniff_implicit(stream: BinaryIO, start: int, syntax: UID, notes: list[Note]) -> bool:
    """Tell from the first element whether the data set is written without VRs, and note a contradiction."""
    stream.seek(start)
    head = stream.read(8)
    explicit = len(head) == 8 and _VR_PATTERN.fullmatch(head[4:6]) is not None
    said = syntax == ImplicitVRLittleEndian
    stated = not any(note.reason == "no-file-meta" for note in notes)
    if stated and explicit == said and len(head) == 8:
        kind = "with" if explicit else "without"
        text = f"file meta says {syntax.name}, the data set is written {kind} VRs; read as written"
        notes.append(Note("wrong-transfer-syntax", text, fault=True))
    return not explicit


def printable(text: str) -> str:
    """Give text without control characters, shortened to 64 characters: safe for a terminal and a page."""
    return "".join(character if character.isprintable() else "?" for character in text)[:64]
