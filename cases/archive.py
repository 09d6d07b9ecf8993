"""From an archive that somebody offers to plain files in a folder that the caller gives.

One convention: nothing that the archive says about itself is believed. Names are checked before anything is
written, and bytes are counted while they are inflated, so a bomb stops at the limit, not at the disk's end.

It looks into no file (``viewer`` does) and takes only ZIP; anything else is refused with the reason.
"""

import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from cases import ImportRefusedError

MAX_ENTRIES: Final = 10_000
MAX_BYTES: Final = 6 << 30
MAX_MEMBER_BYTES: Final = 1 << 30
MAX_RATIO: Final = 100
# Deflate packs blank images a thousandfold; below this size no ratio is worth refusing for.
_FREE_BYTES: Final = 8 << 20
_CHUNK: Final = 1 << 20
# A directory entry has 46 bytes, a name and small extra fields (APPNOTE 4.3.12).
_DIRECTORY_BYTES: Final = 1024

_JUNK_NAMES: Final = frozenset((".ds_store", "thumbs.db", "desktop.ini", "autorun.inf"))
_ARCHIVE_MARKS: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
)
_METHODS: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive."""

    files: tuple[Path, ...]
    """The files written, in the archive's order, each under a name of its own."""
    names: tuple[str, ...]
    """What each is called in the archive: for people, never a path on disk."""
    ignored: tuple[str, ...]
    """Members passed over: what operating systems leave behind."""
    notes: tuple[tuple[str, str], ...]
    """(reason class, sentence) of what was odd but harmless."""


@contextmanager
def open_archive(
    path: Path, folder: Path, *, progress: Callable[[int, int, str], None] = lambda _done, _total, _what: None
) -> Iterator[Unpacked]:
    """Unpack a ZIP archive into a folder, and remove the files again at the end.

    Parameters
    ----------
    path : Path
        The archive.
    folder : Path
        An existing folder, usually a temporary one; files are written as ``0001.dcm``, ``0002.dcm``, …
    progress : callable
        (members done, members in all, what); raise from it to cancel: nothing stays.

    Yields
    ------
    Unpacked
        The files, for as long as the context lasts.

    Raises
    ------
    ImportRefusedError
        With a reason class: archive-path, archive-link, archive-encrypted, archive-overlap, archive-ratio,
        archive-size, archive-entries, archive-nested, archive-damaged, archive-kind, disk-full or unreadable.
    """
    written: list[Path] = []
    try:
        yield _unpack(path, folder, written, progress)
    finally:
        for file in written:
            file.unlink(missing_ok=True)


def _unpack(path: Path, folder: Path, written: list[Path], progress: Callable[[int, int, str], None]) -> Unpacked:
    try:
        with path.open("rb") as stream:
            _check_kind(path, stream)
            with zipfile.ZipFile(stream) as archive:
                return _extract(path, archive, folder, written, progress)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError) as error:
        raise _refused(path, "is damaged or not what it says of itself", "archive-damaged") from error
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})", "unreadable") from error


def _refused(path: Path, fault: str, reason: str) -> ImportRefusedError:
    name = _printable(path.name)
    return ImportRefusedError(f"{name}: the archive {fault}. Make a new ZIP of the images.", reason=reason)


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)[:80]


def _check_kind(path: Path, stream: IO[bytes]) -> None:
    """Let ZIP pass; say of other archives what is wrong with them, or that they are not taken."""
    head = stream.read(512)
    stream.seek(0)
    if head.startswith(b"PK"):
        if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
            message = f"{_printable(path.name)}: a ZIP archive under the name of a DICOM file. Name it .zip."
            raise ImportRefusedError(message, reason="not-dicom")
        _check_directory(path, stream)
        stream.seek(0)
        return
    if head.startswith(b"\x1f\x8b"):
        _refuse_gzip(path, stream)
    if head[257:262] == b"ustar":
        _refuse_tar(path, stream)
    raise ImportRefusedError(
        f"{_printable(path.name)}: not a ZIP archive. Give the images as they are or as a ZIP.",
        reason="archive-kind",
    )


def _check_directory(path: Path, stream: IO[bytes]) -> None:
    """Refuse a directory too large for the allowed number of members before it is read into memory."""
    size = stream.seek(0, 2)
    tail = min(size, (1 << 16) + 42)
    stream.seek(size - tail)
    end = stream.read(tail)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or at + 16 > len(end):
        return
    (directory,) = struct.unpack_from("<I", end, at + 12)
    if directory == 0xFFFFFFFF and end[at - 20 : at - 16] == b"PK\x06\x07":
        # APPNOTE 4.3.14, 4.3.15: the locator leads to the record that holds the 64-bit size.
        (record,) = struct.unpack_from("<Q", end, at - 12)
        stream.seek(min(record, size))
        held = stream.read(56)
        directory = struct.unpack_from("<Q", held, 40)[0] if len(held) == 56 else size
    if directory > MAX_ENTRIES * _DIRECTORY_BYTES:
        raise _refused(path, f"holds more than {MAX_ENTRIES} members", "archive-entries")


def _refuse_gzip(path: Path, stream: IO[bytes]) -> None:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    total = 0
    size = path.stat().st_size
    while total <= max(_FREE_BYTES, MAX_RATIO * size) and not inflater.eof:
        block = inflater.unconsumed_tail or stream.read(1 << 16)
        if not block:
            raise _refused(path, "is cut off", "archive-damaged")
        total += len(inflater.decompress(block, _CHUNK))
    if not inflater.eof:
        raise _refused(path, f"unpacks to more than {MAX_RATIO} times its size", "archive-ratio")


def _refuse_tar(path: Path, stream: IO[bytes]) -> None:
    """Say of a tar archive that it is dangerous where it is; tar is not taken in any case."""
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_ENTRIES:
                    raise _refused(path, f"holds more than {MAX_ENTRIES} members", "archive-entries")
                _check_name(path, member.name)
                if not (member.isfile() or member.isdir()):
                    raise _refused(path, "holds a link or a device", "archive-link")
    except tarfile.TarError as error:
        raise _refused(path, "is damaged", "archive-damaged") from error


def _extract(
    path: Path,
    archive: zipfile.ZipFile,
    folder: Path,
    written: list[Path],
    progress: Callable[[int, int, str], None],
) -> Unpacked:
    members = archive.infolist()
    _check_members(path, members)
    ignored = tuple(member.filename for member in members if _is_junk(member))
    wanted = [member for member in members if not member.is_dir() and not _is_junk(member)]
    budget = MAX_BYTES
    if sum(member.file_size for member in wanted) > shutil.disk_usage(folder).free:
        message = f"{_printable(path.name)}: unpacked, it is larger than the space left on the disk. Make room first."
        raise ImportRefusedError(message, reason="disk-full")
    for number, member in enumerate(wanted, start=1):
        # Names from outside never become names on disk: case, accents and devices differ between systems.
        target = folder / f"{number:04d}.dcm"
        progress(number - 1, len(wanted), "unpacking")
        with archive.open(member) as source, target.open("xb") as sink:
            written.append(target)
            budget -= _copy(path, member, source, sink, budget)
    names = [member.filename for member in wanted]
    notes: list[tuple[str, str]] = []
    if len(set(names)) < len(names):
        text = "two members have one name; both are taken"
        notes.append(("archive-duplicate-names", text))
    return Unpacked(tuple(written), tuple(names), ignored, tuple(notes))


def _copy(path: Path, member: zipfile.ZipInfo, source: IO[bytes], sink: IO[bytes], budget: int) -> int:
    """Copy one member, counting what is inflated; give the bytes."""
    total = 0
    most = min(budget, MAX_MEMBER_BYTES)
    while chunk := source.read(_CHUNK):
        if total == 0 and (chunk.startswith(_ARCHIVE_MARKS) or chunk[257:262] == b"ustar"):
            raise _refused(path, "holds another archive", "archive-nested")
        total += len(chunk)
        if total > max(_FREE_BYTES, MAX_RATIO * member.compress_size):
            raise _refused(path, f"unpacks to more than {MAX_RATIO} times its size", "archive-ratio")
        if total > most:
            raise _refused(path, "unpacks to more than the size limit", "archive-size")
        sink.write(chunk)
    # zipfile stops at the size that the directory states; a member that goes on behind it has lied.
    if total != member.file_size:
        raise _refused(path, "holds a member of another size than stated", "archive-damaged")
    return total


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Check every member's name, kind and place before anything is written."""
    if len(members) > MAX_ENTRIES:
        raise _refused(path, f"holds more than {MAX_ENTRIES} members", "archive-entries")
    for member in members:
        # Not ``filename``: zipfile has already cut that at a NUL and turned backslashes on some systems.
        _check_name(path, member.orig_filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(path, "holds a link, a pipe or a device", "archive-link")
        if member.flag_bits & 0x1 or member.flag_bits & 0x40:
            raise _refused(path, "is encrypted", "archive-encrypted")
        if member.compress_type not in _METHODS:
            raise _refused(path, "uses a compression other than deflate", "archive-kind")
    _check_overlap(path, members)
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise _refused(path, "unpacks to more than the size limit", "archive-size")


def _check_name(path: Path, name: str) -> None:
    """Refuse a member's name that leads anywhere but below the folder."""
    parts = PurePosixPath(name).parts
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or name[1:2] == ":":
        raise _refused(path, f"holds a name that leads elsewhere ({_printable(name)!r})", "archive-path")


def _check_overlap(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse members whose bytes overlap: a few bytes that would be inflated over and over."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise _refused(path, "holds members that overlap", "archive-overlap")
        # A local header has 30 bytes and repeats the name (APPNOTE 4.3.7).
        end = member.header_offset + 30 + len(member.orig_filename) + member.compress_size


def _is_junk(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    return path.name.lower() in _JUNK_NAMES or path.name.startswith("._") or "__MACOSX" in path.parts
