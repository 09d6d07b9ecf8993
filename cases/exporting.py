"""A case as one file: a ZIP archive whose bytes follow from the case's files alone, and back again.

Members stand in the order of their names, stored, with one date; the first is ``readout-case.json``: the slug and each
file's size and SHA-256. So the same case gives the same bytes on every machine, and an archive is whole exactly when it
is, byte for byte, what its own contents give. That tells accidents and careless changes, not a forger: whoever
changes a file can write a new archive. To be sure, compare the SHA-256 of the archive with its author's.
"""

import hashlib
import io
import json
import re
import secrets
import shutil
import zipfile
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from cases import ImportRefusedError

MANIFEST: Final = "readout-case.json"
FORMAT: Final = 1
_MEMBER: Final = re.compile(
    r"(case\.toml|quiz\.toml|teaching\.md|SOURCE\.md|LICENCE\.txt"
    r"|dicom/[a-z0-9]+(-[a-z0-9]+)*/[A-Za-z0-9_-]{1,60}\.dcm|regions/[A-Za-z0-9_-]{1,60}\.(json|dcm))"
)
"""Every file that a case may hold; nothing else is exported or taken."""
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHUNK: Final = 1 << 20
_MOST_BYTES: Final = 6 << 30
_MOST_FILES: Final = 20_000
_WHEN: Final = (1980, 1, 1, 0, 0, 0)


def export_case(folder: Path, file: Path) -> str:
    """Write a case folder as one archive; give the archive's SHA-256.

    Raises
    ------
    ImportRefusedError
        The folder is no case, or the archive cannot be written.
    """
    names = _names(folder)
    if not {"case.toml", "quiz.toml"} <= set(names):
        message = f"{folder.name}: holds no case.toml and quiz.toml. Export the folder of a case."
        raise ImportRefusedError(message, reason="not-a-case")
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as stream:
            _write(folder, folder.resolve().name, names, _Sink(stream))
        draft.replace(file)
        return _sha256(file)
    except OSError as error:
        message = f"the archive cannot be written ({error.strerror}). Check the folder and the space left."
        raise ImportRefusedError(message, reason="not-written") from error
    finally:
        draft.unlink(missing_ok=True)


def is_export(path: Path) -> bool:
    """Tell whether a file is, or was once, an exported case."""
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist()[:1]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        # An archive too damaged to be listed still begins with the manifest's local header (APPNOTE 4.3.7).
        try:
            with path.open("rb") as stream:
                return MANIFEST.encode() in stream.read(30 + len(MANIFEST))
        except OSError:
            return False


def import_case(
    file: Path,
    library: Path,
    *,
    check: Callable[[Path], Sequence[str]] = lambda _: (),
    taken: Container[str] = (),
) -> Path:
    """Take an exported case into a folder of cases, whole or not at all; give its folder.

    Parameters
    ----------
    check : callable
        Gives the faults of a case folder; one that has any is refused, so that no identity comes in this way.
    taken : container of str
        Slugs that are in use elsewhere.

    Raises
    ------
    ImportRefusedError
        The archive was altered or is damaged, or a case of that slug is there already.
    """
    draft = library / f".import-{secrets.token_hex(4)}"
    try:
        library.mkdir(parents=True, exist_ok=True)
        slug = _take(file, draft)
        target = library / slug
        if target.exists() or slug in taken:
            message = f'there is a case "{slug}" already. Remove or rename it, then import again.'
            raise ImportRefusedError(message, reason="slug-taken")
        if faults := check(draft / slug):
            listed = "\n".join(faults[:20])
            raise ImportRefusedError(
                f"{slug}: {len(faults)} faults. Correct them and export it again.\n{listed}", reason="faults"
            )
        return draft.joinpath(slug).rename(target)
    except OSError as error:
        message = f"the case cannot be written ({error.strerror}). Check space and rights of the data folder."
        raise ImportRefusedError(message, reason="not-written") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take(file: Path, draft: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            slug, files = _manifest(archive)
            for name, (size, digest) in files.items():
                target = draft / slug / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, target.open("xb") as sink:
                    if _copy(source, sink, size) != digest:
                        raise _altered(name)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _altered("the archive") from error
    # Whatever is not in a file's content (names, dates, comments, what lies between) has to be as we write it.
    with file.open("rb") as stream:
        comparison = _Comparison(stream)
        _write(draft / slug, slug, sorted(files), comparison)
        if not comparison.same or stream.read(1):
            raise _altered("the archive")
    return slug


def _altered(what: str) -> ImportRefusedError:
    message = f"{what}: altered or damaged since it was exported. Ask for the file again."
    return ImportRefusedError(message, reason="altered")


def _manifest(archive: zipfile.ZipFile) -> tuple[str, dict[str, tuple[int, str]]]:
    """Read and check the list of files before any of them is written."""
    with archive.open(MANIFEST) as stream:
        content: Mapping[str, Any] = json.loads(stream.read(64 << 20))
    slug, files = content["slug"], content["files"]
    if content["format"] != FORMAT or not _SLUG.fullmatch(slug) or len(files) > _MOST_FILES:
        raise _altered("the list of files")
    listed = {name: (int(entry["bytes"]), str(entry["sha256"])) for name, entry in files.items()}
    names = archive.namelist()
    if names != [MANIFEST, *sorted(listed)] or not all(_MEMBER.fullmatch(name) for name in listed):
        raise _altered("the list of files")
    if sum(size for size, _ in listed.values()) > _MOST_BYTES:
        message = f"the case is larger than {_MOST_BYTES >> 30} GB. Leave series out before exporting it."
        raise ImportRefusedError(message, reason="archive-size")
    return slug, listed


def _names(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in names if _MEMBER.fullmatch(name))


def _write(folder: Path, slug: str, names: Iterable[str], stream: "_Sink | _Comparison") -> None:
    names = list(names)
    files = {name: {"bytes": (folder / name).stat().st_size, "sha256": _sha256(folder / name)} for name in names}
    text = json.dumps({"format": FORMAT, "slug": slug, "files": files}, indent=1, sort_keys=True)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(MANIFEST), text)
        for name in names:
            info = _member(name)
            info.file_size = files[name]["bytes"]  # type: ignore[assignment]
            with (folder / name).open("rb") as source, archive.open(info, "w") as sink:
                shutil.copyfileobj(source, sink, _CHUNK)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WHEN)
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def _copy(source: IO[bytes], sink: IO[bytes], size: int) -> str:
    digest, total = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        total += len(chunk)
        if total > size:
            return ""
        digest.update(chunk)
        sink.write(chunk)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _Sink(io.RawIOBase):
    """A file to write to that cannot go back, so that zipfile writes the same bytes here as in a comparison."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        self._at += len(data)
        return self._stream.write(data)


class _Comparison(_Sink):
    """Keeps nothing, and tells whether what is written is what another file holds."""

    same = True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        self.same &= self._stream.read(len(data)) == bytes(data)
        self._at += len(data)
        return len(data)
