"""Reading an object whole, and writing it again with a header of our own and nothing around it.

Native pixel data above `IN_MEMORY` stays in its file and is copied block by block, so that one large file does not
take its size in memory. Preamble, File Meta Information and trailing padding are never taken over.
"""

import io
from pathlib import Path
from typing import Final

from pydicom import Dataset, FileDataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

IN_MEMORY: Final = 64 << 20
IMPLEMENTATION: Final = UID("2.25.162350186253411245416306153573371506209")
_PIXELS: Final = 0x7FE00010


class _Span(io.BufferedReader):
    """A part of a file as a stream of its own."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        super().__init__(io.FileIO(path))
        self._start, self._length = start, length
        self.seek(0)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {0: self._start, 1: super().tell(), 2: self._start + self._length}[whence]
        return super().seek(base + offset) - self._start

    def tell(self) -> int:
        return super().tell() - self._start

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._length - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


def read_whole(path: Path) -> FileDataset:
    """Read an object with its pixels; large native ones as a stream over the file."""
    if path.stat().st_size <= IN_MEMORY:
        return dcmread(path)
    with path.open("rb") as stream:
        dataset = dcmread(stream, stop_before_pixels=True)
        syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
        # PS3.5 7.1: tag, then VR, two reserved bytes and a 32-bit length, or the length alone.
        start = stream.tell()
        head = stream.read(8 if syntax.is_implicit_VR else 12)
    length = int.from_bytes(head[-4:], "little")
    native = not syntax.is_compressed and head[:4] == b"\xe0\x7f\x10\x00" and length != 0xFFFFFFFF
    if not native:
        return dcmread(path)
    dataset.add_new(
        _PIXELS, "OW" if syntax.is_implicit_VR else head[4:6].decode("ascii"), _Span(path, start + len(head), length)
    )
    return dataset


def write_clean(dataset: Dataset, path: Path, syntax: str) -> None:
    """Write an object as a DICOM file (PS3.10 7.1) with a preamble of zeros and our own File Meta Information."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = "READOUT"
    dataset.file_meta = meta
    if hasattr(dataset, "preamble"):
        dataset.preamble = bytes(128)
    dcmwrite(path, dataset, enforce_file_format=True)
