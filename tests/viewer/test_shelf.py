import gc
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from viewer import SeriesError, shelf
from viewer.shelf import Shelf

FRAME_BYTES = 64 * 72 * 2


def test_frames_are_little_endian_modality_values_in_reading_order(
    phantom: type, write_phantom: Callable[..., list[Path]]
) -> None:
    ball = phantom()
    store = Shelf()
    series = store.open(write_phantom(ball))
    values = np.frombuffer(store.frames(series, 8, 11), "<i2").reshape(3, ball.rows, ball.columns)
    for number in range(3):
        assert np.array_equal(values[number], ball.values(8 + number))


def test_a_series_is_found_by_its_digest_once_it_is_open(
    phantom: type, write_phantom: Callable[..., list[Path]]
) -> None:
    store = Shelf()
    paths = write_phantom(phantom())
    series = store.open(paths)
    assert store.open(list(reversed(paths))) is series
    assert store.find(series.digest) is series
    assert store.find("0" * 64) is None
    assert Shelf().find(series.digest) is None


def test_changed_files_are_another_series(phantom: type, write_phantom: Callable[..., list[Path]]) -> None:
    store = Shelf()
    paths = write_phantom(phantom())
    before = store.open(paths)
    after = store.open(paths[:-1])
    assert after.digest != before.digest
    assert len(after.frames) == len(before.frames) - 1


def test_a_missing_file_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match=r"gone\.dcm: cannot be read") as caught:
        Shelf().open([tmp_path / "gone.dcm"])
    assert caught.value.reason == "missing-file"


def test_the_cache_stays_below_its_bound(phantom: type, write_phantom: Callable[..., list[Path]]) -> None:
    store = Shelf(cache_bytes=5 * FRAME_BYTES)
    series = store.open(write_phantom(phantom()))
    whole = store.frames(series, 0, 20)
    assert len(whole) == 20 * FRAME_BYTES
    assert store.cached_bytes == 5 * FRAME_BYTES
    assert store.frames(series, 0, 20) == whole
    assert store.cached_bytes == 5 * FRAME_BYTES


def test_the_frame_used_last_stays_longest(
    phantom: type, write_phantom: Callable[..., list[Path]], decoded: list[int]
) -> None:
    store = Shelf(cache_bytes=2 * FRAME_BYTES)
    series = store.open(write_phantom(phantom()))
    for index in (0, 1, 0, 2, 0, 1):
        store.frames(series, index, index + 1)
    assert decoded == [0, 1, 2, 1]


def test_many_threads_decode_a_frame_once(
    phantom: type, write_phantom: Callable[..., list[Path]], decoded: list[int]
) -> None:
    store = Shelf()
    series = store.open(write_phantom(phantom()))
    start = threading.Barrier(8)
    found: list[bytes] = []

    def read() -> None:
        start.wait()
        found.append(store.frames(series, 0, 6))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {Shelf().frames(series, 0, 6)}
    assert sorted(decoded) == sorted([*range(6), *range(6)])
    assert store.cached_bytes == 6 * FRAME_BYTES


def test_a_frame_that_cannot_be_decoded_does_not_block_the_next_try(
    phantom: type, write_phantom: Callable[..., list[Path]]
) -> None:
    store = Shelf()
    paths = write_phantom(phantom())
    series = store.open(paths)
    broken = series.frames[3].path
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-100])
    with pytest.raises(SeriesError):
        store.frames(series, 3, 4)
    broken.write_bytes(whole)
    assert len(store.frames(series, 3, 4)) == FRAME_BYTES


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note which frames are decoded; the decoding itself is the real one."""
    noted: list[int] = []
    real = shelf.frame_values

    def noting(series: shelf.Series, index: int) -> np.ndarray:
        noted.append(index)
        return real(series, index)

    monkeypatch.setattr(shelf, "frame_values", noting)
    return noted


def test_memory_stays_bounded_however_long_a_series_is_scrolled(
    phantom: type, write_phantom: Callable[..., list[Path]]
) -> None:
    count, side, bound = 240, 128, 2 << 20
    paths = write_phantom(phantom(count=count, rows=side, columns=side))
    frame_bytes = 2 * side * side
    assert count * frame_bytes > 3 * bound
    store = Shelf(cache_bytes=bound)
    gc.collect()
    tracemalloc.start()
    try:
        series = store.open(paths)
        opened, _ = tracemalloc.get_traced_memory()
        assert store.cached_bytes == 0
        assert opened < 8192 * count  # what is known of the frames, and not one of their pixels
        for first in (*range(0, count, 8), *range(count - 8, -1, -8)):
            assert len(store.frames(series, first, first + 8)) == 8 * frame_bytes
            assert store.cached_bytes <= bound
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < opened + bound + (1 << 20)
    assert peak < opened + bound + (4 << 20)


def test_series_that_nobody_reads_make_room_and_are_read_again(
    phantom: type, write_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "_MOST_FRAMES", 5)
    store = Shelf()
    opened = []
    for uid in range(3):
        files = []
        for number in range(3):
            ds = phantom().slice(number)
            ds.SeriesInstanceUID, ds.SOPInstanceUID = f"1.2.{uid + 1}", f"1.2.{uid + 1}.{number}"
            files.append(write_file(ds, f"{uid}-{number}.dcm"))
        opened.append((store.open(files), files))
    (first, files), (last, _) = opened[0], opened[-1]
    assert store.find(last.digest) is last
    again = store.find(first.digest)
    assert again == first
    assert again is not first
    assert store.open(files) is again
    files[0].write_bytes(files[0].read_bytes() + b"\0")
    store.find(opened[1][0].digest)
    assert store.find(first.digest) is None


def test_one_bad_file_is_told_and_the_rest_of_its_series_opens(
    phantom: type, write_phantom: Callable[..., list[Path]]
) -> None:
    paths = write_phantom(phantom(count=6))
    whole = Shelf().open(paths)
    bad = whole.frames[2].path
    bad.write_bytes(bad.read_bytes()[:-300])
    series = Shelf().open(paths)
    assert len(series.frames) == 5
    [note] = [note for note in series.notes if note.reason == "refused-file"]
    assert note.fault
    assert bad.name in note.message
    assert "irregular-spacing" in {note.reason for note in series.notes}
    assert series.mpr_obstacle is not None
    for path in paths:
        path.write_bytes(b"nothing")
    with pytest.raises(SeriesError, match="not a DICOM file"):
        Shelf().open(paths)
