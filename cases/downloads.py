"""A downloadable case becomes images on this machine: whole series or none, checked, with progress and cancel.

One convention: the folder of a series is there when the series is whole, and not before. What is still on its way
lies beside it under a name that begins with a dot, and the next try goes on from there. `sources` does the network;
whether images decode is for the caller to say, through the check that is handed in.
"""

import hashlib
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from cases import SeriesUnavailableError
from cases.case import ArchiveSeries, Case
from cases.sources import OpenArchive, Stopped, StoredObject

Check = Callable[[Sequence[Path]], None]
"""Raises SeriesUnavailableError when files are no series of images that can be shown."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.dcm")
_PARALLEL: Final = 4
_SPARE_BYTES: Final = 64 << 20
# The archive's index rounds sizes, and the listing is the archive's own; a thousandth is below one missing image.
_SIZE_SHARE: Final = 0.001
_RECENT_S: Final = 5.0


class Tally:
    """Bytes that have come, and how fast; any thread may add to it."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def __call__(self, count: int) -> None:
        """Count bytes; negative for those that have to come again."""
        now = time.monotonic()
        with self._lock:
            self.bytes += count
            self._recent.append((now, self.bytes))
            while len(self._recent) > 2 and now - self._recent[0][0] > _RECENT_S:
                self._recent.popleft()

    @property
    def bytes_per_s(self) -> float:
        """Speed over the last seconds; 0 when nothing has come."""
        with self._lock:
            since, before = self._recent[0]
            elapsed = time.monotonic() - since
            return max(self.bytes - before, 0) / elapsed if elapsed > 0 else 0.0


class ImageStore:
    """The folder of downloaded series. Lives as long as the process; several processes may share the folder.

    Parameters
    ----------
    folder : Path
        Made when something is first downloaded.
    archive : OpenArchive
        Where series come from.
    check : Check
        Called with the files of each series of images before it counts as there.
    """

    def __init__(self, folder: Path, archive: OpenArchive, check: Check) -> None:
        self.folder = folder
        self._archive = archive
        self._check = check

    def fetch(self, case: Case, on_bytes: Callable[[int], None], stop: threading.Event) -> None:
        """Download what a case lacks: its images, then what experts drew on them.

        Parameters
        ----------
        on_bytes : callable
            Told of bytes as they arrive, and of those that are there already.

        Raises
        ------
        SeriesUnavailableError
            With the series, what is wrong and what to do.
        Stopped
            When `stop` is set; what has arrived is kept for the next time.
        """
        for series in case.series:
            if series.archive:
                self._fetch(series.archive, self._check, on_bytes, stop)
        for annotation in case.annotations:
            self._fetch(annotation.archive, None, on_bytes, stop)

    def remove(self, case: Case) -> int:
        """Delete a case's downloads, finished or not, and give the bytes freed."""
        freed = 0
        for series in case.downloads:
            for folder in (series.folder, _part(series)):
                with suppress(FileNotFoundError):
                    # Renamed first: a reader finds the whole series or none, never a half.
                    gone = folder.rename(folder.with_name(f".{series.key}.{uuid4().hex}.gone"))
                    freed += sum(file.stat().st_size for file in gone.iterdir())
                    shutil.rmtree(gone)
        return freed

    def _fetch(
        self, wanted: ArchiveSeries, check: Check | None, on_bytes: Callable[[int], None], stop: threading.Event
    ) -> None:
        if wanted.on_machine:
            on_bytes(_size(wanted.folder))
            return
        part = _part(wanted)
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with _alone(part.with_suffix(".lock"), stop):
                if not wanted.on_machine:  # another process may have fetched it while this one waited
                    part.mkdir(exist_ok=True)
                    self._complete(wanted, part, on_bytes, stop)
                    _verify(wanted, part, check)
                    part.rename(wanted.folder)
        except OSError as error:
            raise SeriesUnavailableError(f"{part}: cannot be written ({error.strerror}). Check the disk.") from error

    def _complete(
        self, wanted: ArchiveSeries, part: Path, on_bytes: Callable[[int], None], stop: threading.Event
    ) -> None:
        """Fetch every object that is not there yet."""
        objects = self._archive.listing(wanted.bucket, wanted.key, stop)
        _check_listing(wanted, objects)
        missing = [one for one in objects if not _is_right(part / one.name, one)]
        on_bytes(sum(one.size for one in objects) - sum(one.size for one in missing))
        _check_room(part, missing)

        def fetch(one: StoredObject) -> None:
            self._archive.fetch(wanted.bucket, one, part / one.name, on_bytes, stop)

        _in_parallel(fetch, missing)


def _part(series: ArchiveSeries) -> Path:
    return series.folder.with_name(f".{series.key}.part")


@contextmanager
def _alone(file: Path, stop: threading.Event) -> Iterator[None]:
    """Hold a lock on a series, once no other process or session fetches it."""
    from filelock import FileLock, Timeout

    lock = FileLock(file)
    while not lock.is_locked:
        if stop.is_set():
            raise Stopped
        with suppress(Timeout):
            lock.acquire(timeout=0.5)
    try:
        yield
    finally:
        lock.release()


def _check_listing(wanted: ArchiveSeries, objects: Sequence[StoredObject]) -> None:
    """Check count, names and size of what the archive lists against what the case pins."""
    names = {one.name for one in objects}
    if len(names) != len(objects) or not all(map(_NAME.fullmatch, names)):
        raise SeriesUnavailableError(f"{wanted.key}: the archive lists unexpected names. Check READOUT_ARCHIVE_URL.")
    if wanted.instances is not None and len(objects) != wanted.instances:
        found = f"found {len(objects)} files, expected {wanted.instances}"
        raise SeriesUnavailableError(f"{wanted.key}: {found}. The archive has changed; report it.")
    megabytes = sum(one.size for one in objects) / 1e6
    if abs(megabytes - wanted.megabytes) > wanted.megabytes * _SIZE_SHARE + 0.001:
        found = f"found {megabytes:.3f} MB, expected {wanted.megabytes:.3f} MB"
        raise SeriesUnavailableError(f"{wanted.key}: {found}. The archive has changed; report it.")


def _check_room(part: Path, missing: Sequence[StoredObject]) -> None:
    held = sum(file.stat().st_size for file in part.glob("*.part"))
    needed = sum(one.size for one in missing) - held + _SPARE_BYTES
    free = shutil.disk_usage(part).free
    if needed > free:
        found = f"found {free / 1e6:.0f} MB free, needed {needed / 1e6:.0f} MB"
        raise SeriesUnavailableError(f"{part.parent}: {found}. Make room, or remove downloaded cases.")


def _is_right(file: Path, listed: StoredObject) -> bool:
    """Tell whether an object is there from an earlier try, byte for byte as listed."""
    if not file.is_file() or file.stat().st_size != listed.size:
        return False
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return not listed.md5 or digest == listed.md5


def _verify(wanted: ArchiveSeries, part: Path, check: Check | None) -> None:
    """Check the files themselves; what is wrong would be wrong again, so all of it is dropped."""
    files = sorted(part.glob("*.dcm"))
    try:
        for file in files:
            uid = _series_uid(file)
            if uid != wanted.uid:
                found = f"found Series Instance UID {uid or 'none'}, expected {wanted.uid}"
                raise SeriesUnavailableError(f"{wanted.key}/{file.name}: {found}. Nothing was kept; report it.")
        if check:
            check(files)
    except SeriesUnavailableError:
        shutil.rmtree(part)
        raise


def _series_uid(file: Path) -> str:
    try:
        header = dcmread(file, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"])
        return str(header.get("SeriesInstanceUID", ""))
    except (InvalidDicomError, OSError, ValueError, KeyError, NotImplementedError, AttributeError, TypeError):
        return ""


def _in_parallel(act: Callable[[StoredObject], None], items: Iterable[StoredObject]) -> None:
    """Act on all items in a few threads; the first failure ends it, and is raised when all have stopped.

    Daemon threads, because a pool's would keep a stopped server alive until the last object has come.
    """
    waiting = iter(list(items))
    failures: list[BaseException] = []
    turn = threading.Lock()

    def work() -> None:
        while not failures:
            with turn:
                item = next(waiting, None)
            if item is None:
                return
            try:
                act(item)
            except BaseException as error:  # raised again below, in the caller's thread
                failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(_PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
