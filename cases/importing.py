"""From what somebody offers (a file, a folder, a DICOMDIR, a ZIP archive) to plain DICOM files for the gate.

Nothing is kept here: archives are unpacked into, and pictures and NIfTI volumes converted in, a temporary folder that
is gone when the context ends. Names of files are never used for anything but to order them. The gate
(`cases.gate`) decides what of it may become a case.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydicom import dcmread

from cases import ImportRefusedError
from cases.archive import MAX_ENTRIES, open_archive
from cases.gate_rules import silent

Progress = Callable[[int, int, str], None]

TEMPORARY: Final = "readout-import-"
"""How the names of temporary folders begin in which originals wait."""
_DAY_S: Final = 24 * 3600
_JUNK: Final = frozenset((".ds_store", "thumbs.db", "desktop.ini", "autorun.inf"))


@dataclass(frozen=True, slots=True)
class Offer:
    """What was offered, as DICOM files."""

    files: tuple[Path, ...]
    """In a stable order: the same offer gives the same order. They live as long as the context."""
    notes: tuple[str, ...]
    """What was converted and what stays unknown, for people; holds no name of a file."""


@contextmanager
def open_offer(
    path: Path, *, modality: str = "", progress: Progress = lambda _done, _total, _what: None
) -> Iterator[Offer]:
    """Give the DICOM files of whatever `path` is.

    Parameters
    ----------
    path : Path
        A DICOM file, a DICOMDIR, a NIfTI volume, a PNG or JPEG picture, a folder of these or a ZIP archive of them.
    modality : str
        Modality (0008,0060) of what is not DICOM and does not say: ``CT`` or ``MR`` for NIfTI, any for pictures.
    progress : callable
        (done, total, what); raise from it to cancel.

    Raises
    ------
    ImportRefusedError
        The archive is unsafe, the folder holds too much, or nothing of it can be read; with a reason class.
    """
    with tempfile.TemporaryDirectory(prefix=f"{TEMPORARY}offer-") as temporary:
        folder = Path(temporary)
        if _is_archive(path):
            (folder / "in").mkdir()
            with open_archive(path, folder / "in", progress=progress) as unpacked:
                yield _as_dicom(unpacked.files, folder, modality, progress)
        else:
            yield _as_dicom(_named(path), folder, modality, progress)


def _is_archive(path: Path) -> bool:
    if path.is_dir():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        message = f"the file cannot be read ({error.strerror}). Check its name and its permissions."
        raise ImportRefusedError(message, reason="unreadable") from error
    archives = (".zip", ".tar", ".tgz", ".7z", ".rar")
    return head.startswith(b"PK") or path.suffix.lower() in archives


def _named(path: Path) -> tuple[Path, ...]:
    if path.is_dir():
        return _in_folder(path)
    return _in_directory(path) if _is_directory_file(path) else (path,)


def _in_folder(folder: Path) -> tuple[Path, ...]:
    """List the files below a folder; links are not followed, as they may lead anywhere."""
    found: list[Path] = []
    for base, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(base, name)
            if path.is_symlink() or name.lower() in _JUNK or name.startswith("._") or name.upper() == "DICOMDIR":
                continue
            found.append(path)
        if len(found) > MAX_ENTRIES:
            message = f"the folder holds more than {MAX_ENTRIES} files. Choose the folder of one study."
            raise ImportRefusedError(message, reason="too-many-files")
    return tuple(found)


def _is_directory_file(path: Path) -> bool:
    return path.name.upper() == "DICOMDIR"


def _in_directory(path: Path) -> tuple[Path, ...]:
    """List the files that a DICOMDIR names (PS3.10 8, PS3.3 F.3)."""
    try:
        with silent():
            records = dcmread(path).DirectoryRecordSequence
            parts = [record.ReferencedFileID for record in records if "ReferencedFileID" in record]
    except Exception as error:
        message = "the DICOMDIR cannot be read. Import the folder that it lies in instead."
        raise ImportRefusedError(message, reason="dicomdir") from error
    root = path.parent.resolve()
    found: list[Path] = []
    for part in parts[: MAX_ENTRIES + 1]:
        inner = PurePosixPath(*([part] if isinstance(part, str) else list(part)))
        file = (root / inner).resolve()
        if not file.is_relative_to(root):
            message = "the DICOMDIR names a file outside its folder. Import the folder itself instead."
            raise ImportRefusedError(message, reason="dicomdir-path")
        found.append(file)
    missing = sum(not file.is_file() for file in found)
    if missing or len(found) > MAX_ENTRIES or not found:
        message = f"the DICOMDIR names {len(found)} files, of which {missing} are not there. Copy the whole disc."
        raise ImportRefusedError(message, reason="dicomdir")
    return tuple(found)


def _as_dicom(files: tuple[Path, ...], folder: Path, modality: str, progress: Progress) -> Offer:
    """Convert what is not DICOM; leave DICOM files where they are."""
    from cases.importing_convert import kind_of, nifti_to_dicom, picture_to_dicom

    out = folder / "converted"
    out.mkdir()
    found: list[Path] = []
    notes: dict[str, None] = {}
    pictures = 0
    for number, path in enumerate(files):
        progress(number, len(files), "sorting the files")
        kind = kind_of(path)
        if kind == "nifti":
            made, said = nifti_to_dicom(path, out / f"volume-{number:05d}", modality)
            found += made
        elif kind == "picture":
            pictures += 1
            made, said = picture_to_dicom(path, out / f"picture-{number:05d}.dcm", modality, pictures)
            found += made
        else:
            found.append(path)
            said = ()
        notes.update(dict.fromkeys(said))
    return Offer(tuple(found), tuple(notes))


def sweep(now_s: float) -> None:
    """Delete temporary folders that a killed process has left behind, once they are a day old."""
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        try:
            if not folder.is_symlink() and now_s - folder.stat().st_mtime > _DAY_S:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
