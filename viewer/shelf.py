"""From a case's files to frames as bytes: the series in use, and a bounded cache of decoded frames.

One shelf serves every session, so a frame is decoded once for all. Frames are handed out as little-endian
modality values. Nothing here knows who may see what: ``viewer.routes`` checks that.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from viewer import SeriesError
from viewer.decode import frame_values
from viewer.packing import pack
from viewer.series import Series, open_series

_Key = tuple[str, int, bool]
_Stamp = tuple[tuple[Path, int, int], ...]
# What is known of a frame takes some kilobytes; this many are those of a dozen large CTs.
_MOST_FRAMES: Final = 20_000


class Shelf:
    """Series that are open, and their decoded frames; both bounded, whatever is asked for.

    Parameters
    ----------
    cache_bytes : int
        Most bytes of decoded frames that are kept, over all series and sessions.
    """

    def __init__(self, cache_bytes: int = 512 << 20) -> None:
        self._cache_bytes = cache_bytes
        self._series: OrderedDict[str, Series] = OrderedDict()
        self._stamps: dict[_Stamp, str] = {}
        self._paths: dict[str, tuple[Path, ...]] = {}
        self._frames: OrderedDict[_Key, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._decoding: dict[_Key, threading.Lock] = {}

    def open(self, paths: Sequence[Path]) -> Series:
        """Read a series, or take it from the shelf when its files have not changed.

        Raises
        ------
        SeriesError
            When the files cannot be read as one series.
        """
        stamp = _stamp(paths)
        digest = self._stamps.get(stamp)
        known = self.find(digest) if digest else None
        if known is not None:
            return known
        series = open_series(paths)
        with self._lock:
            self._stamps[stamp] = series.digest
            self._paths[series.digest] = tuple(paths)
        self._hold(series)
        return series

    def find(self, digest: str) -> Series | None:
        """Give the open series with this digest, if any; one that had to make room is read again."""
        with self._lock:
            if digest in self._series:
                self._series.move_to_end(digest)
                return self._series[digest]
            paths = self._paths.get(digest)
        if paths is None:
            return None
        try:
            series = open_series(paths)
        except SeriesError:
            return None
        if series.digest != digest:
            return None
        self._hold(series)
        return series

    def _hold(self, series: Series) -> None:
        """Keep a series, and let those go that nobody has asked for longest."""
        with self._lock:
            self._series[series.digest] = series
            while sum(len(one.frames) for one in self._series.values()) > _MOST_FRAMES and len(self._series) > 1:
                self._series.popitem(last=False)

    def frames(self, series: Series, first: int, last: int) -> bytes:
        """Give frames ``first`` to ``last`` (excluded) as little-endian values, (frame, row, column[, sample])."""
        digest = series.digest
        return b"".join(self._frame(series, (digest, index, False)) for index in range(first, last))

    def packed(self, series: Series, first: int, last: int) -> bytes:
        """Give frames packed (``viewer.packing``), each after its length in bytes as a little-endian uint32."""
        digest = series.digest
        frames = [self._frame(series, (digest, index, True)) for index in range(first, last)]
        return b"".join(part for frame in frames for part in (len(frame).to_bytes(4, "little"), frame))

    @property
    def cached_bytes(self) -> int:
        """Bytes of decoded frames held now."""
        return self._bytes

    def _frame(self, series: Series, key: _Key) -> bytes:
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
            turn = self._decoding.setdefault(key, threading.Lock())
        # Two readers of one frame decode it once: the second finds it when its turn comes.
        with turn:
            with self._lock:
                if key in self._frames:
                    return self._frames[key]
            try:
                data = _encode(series, *key[1:])
                self._keep(key, data)
            finally:
                with self._lock:
                    self._decoding.pop(key, None)
        return data

    def _keep(self, key: _Key, data: bytes) -> None:
        with self._lock:
            self._frames[key] = data
            self._bytes += len(data)
            while self._bytes > self._cache_bytes and len(self._frames) > 1:
                _, oldest = self._frames.popitem(last=False)
                self._bytes -= len(oldest)


def _stamp(paths: Sequence[Path]) -> _Stamp:
    """Tell a set of files and their state apart without reading them."""
    try:
        return tuple((path, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in sorted(paths))
    except OSError as error:
        message = f"{error.filename}: cannot be read. Check that the case folder is whole."
        raise SeriesError(message, reason="missing-file") from error


def _encode(series: Series, index: int, packed: bool) -> bytes:
    values = np.ascontiguousarray(frame_values(series, index), dtype=np.dtype(series.dtype).newbyteorder("<"))
    return pack(values) if packed else values.tobytes()
