"""Series of the open archive on this machine: whole or absent. Real PET and MR of STS_001 over real HTTP."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from cases import SeriesUnavailableError
from cases.annotations import region_specs
from cases.case import Case
from cases.downloads import ImageStore, Tally
from cases.jobs import Downloads, Progress
from cases.manifest import read_case
from cases.sources import OpenArchive, Stopped
from commands import _check as check
from tests.cases.bucket import PET, PET_RT, T1, T1_RT, T2, Bucket, sarcoma, served
from viewer.joined import read_joined
from viewer.series import read_series

OPEN_ARCHIVE = Path(__file__).parents[2] / "cases" / "open_archive"
MR, WHOLE_BODY = "msk-mr-101", "nuclear-pt-104"


@pytest.fixture(scope="module")
def objects(testdata: Path) -> dict[str, bytes]:
    return sarcoma(testdata)


@pytest.fixture
def bucket(objects: dict[str, bytes]) -> Iterator[Bucket]:
    with served(Bucket(objects)) as bucket:
        yield bucket


@pytest.fixture
def store(bucket: Bucket, tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path, OpenArchive(bucket.url, pause_s=0.01, silence_s=1), check)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return read_case(OPEN_ARCHIVE / MR, tmp_path)


def fetch(store: ImageStore, case: Case) -> int:
    tally = Tally()
    store.fetch(case, tally, threading.Event())
    return tally.bytes


def bytes_of(bucket: Bucket, *keys: str) -> int:
    return sum(len(data) for key, data in bucket.objects.items() if key.split("/")[0] in keys)


def test_real_magnetic_resonance_arrives_byte_for_byte(store, case, bucket):
    assert fetch(store, case) == bytes_of(bucket, T1, T2, T1_RT)
    assert case.on_machine
    for series, key in zip(case.series, (T1, T2), strict=True):
        assert series.archive.key == key
        files = series.files()
        assert len(files) == 40
        for file in files:
            assert file.read_bytes() == bucket.objects[f"{key}/{file.name}"]
    assert not list(store.folder.glob(".*.part"))


def test_a_real_pet_arrives_over_three_pages_of_its_listing(store, bucket, tmp_path):
    pet = read_case(OPEN_ARCHIVE / WHOLE_BODY, tmp_path)
    assert fetch(store, pet) == bytes_of(bucket, PET, PET_RT)
    assert len([path for path, _ in bucket.asked if f"prefix={PET}" in path]) == 3
    assert len(pet.series[0].files()) == 267
    [region] = pet.regions
    outline = read_joined(region_specs(pet, region), read_series(pet.series[0].files()))
    # 5095 voxels: what the test data's own reference, made with other software, counts in GTV_Mass.
    assert sum(int(mask.sum()) for mask in outline.masks.values()) == 5095


def test_the_outline_is_found_from_inside_its_file(store, case):
    fetch(store, case)
    [region] = case.regions
    [(spec, folder)] = region_specs(case, region)
    structures = dcmread(folder / spec["file"]).StructureSetROISequence
    assert {one.ROINumber: one.ROIName for one in structures}[spec["roi"]] == "GTV_Mass"
    with pytest.raises(SeriesUnavailableError, match="0 of 1 files refer to its series"):
        region_specs(case, replace(region, series="t2"))
    unnamed = replace(region, spec={**region.spec, "names": ["femur"]})
    with pytest.raises(SeriesUnavailableError, match="no part of that name"):
        region_specs(case, unnamed)


def test_what_is_there_is_not_asked_for_again(store, case, bucket):
    first = fetch(store, case)
    bucket.asked.clear()
    assert fetch(store, case) == first
    assert bucket.asked == []


def test_a_series_that_fails_is_absent_and_the_next_try_asks_only_for_the_rest(store, case, bucket):
    last = sorted(key for key in bucket.objects if key.startswith(T1))[-1]
    bucket.troubles[last] = ["403"]
    with pytest.raises(SeriesUnavailableError, match="403"):
        fetch(store, case)
    assert not case.on_machine
    with pytest.raises(SeriesUnavailableError, match="not on this machine"):
        case.series[0].files()
    bucket.asked.clear()
    fetch(store, case)
    again = [path for path, _ in bucket.asked if path.startswith(f"/{T1}")]
    assert 1 <= len(again) <= 4  # what was on its way in other threads when it failed may come again


def test_a_damaged_file_of_an_earlier_try_is_fetched_again(store, case, bucket):
    key = min(key for key in bucket.objects if key.startswith(T1))
    part = store.folder / f".{T1}.part"
    part.mkdir()
    data = bucket.objects[key]
    (part / key.split("/")[1]).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    fetch(store, case)
    assert (store.folder / key).read_bytes() == data


def test_a_missing_instance_is_refused(store, case, bucket):
    bucket.objects.pop(min(key for key in bucket.objects if key.startswith(T1)))
    with pytest.raises(SeriesUnavailableError, match="found 39 files, expected 40"):
        fetch(store, case)
    assert not case.on_machine


def test_another_size_than_pinned_is_refused(store, case, bucket):
    key = min(key for key in bucket.objects if key.startswith(T1))
    bucket.objects[key] += bytes(200_000)
    with pytest.raises(SeriesUnavailableError, match=r"found 21\.26\d MB, expected 21\.064 MB"):
        fetch(store, case)


def test_an_image_of_another_series_is_refused_and_nothing_is_kept(store, case, bucket):
    key = min(key for key in bucket.objects if key.startswith(T1))
    uid = dcmread(store_bytes(store, bucket.objects[key])).SeriesInstanceUID.encode()
    bucket.objects[key] = bucket.objects[key].replace(uid, uid[:-1] + b"0")
    with pytest.raises(SeriesUnavailableError, match="found Series Instance UID"):
        fetch(store, case)
    assert not any(store.folder.glob(f"*{T1}*/*.dcm"))


def store_bytes(store: ImageStore, data: bytes) -> Path:
    file = store.folder / "header.dcm"
    file.write_bytes(data)
    return file


def test_images_that_cannot_be_decoded_are_refused(store, case, bucket):
    key = min(key for key in bucket.objects if key.startswith(T1))
    # Rows (0028,0010) of 60,000 promise more pixels than there are; same length, so count and size agree.
    rows = b"\x28\x00\x10\x00US\x02\x00"
    at = bucket.objects[key].index(rows) + len(rows)
    data = bytearray(bucket.objects[key])
    data[at : at + 2] = (60_000).to_bytes(2, "little")
    bucket.objects[key] = bytes(data)
    with pytest.raises(SeriesUnavailableError, match="came whole, but cannot be shown"):
        fetch(store, case)
    assert not case.series[0].archive.on_machine


def test_no_room_on_the_disk_is_said_before_anything_comes(store, case, bucket, monkeypatch):
    usage = shutil.disk_usage(store.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    with pytest.raises(SeriesUnavailableError, match="10 MB free, needed 88 MB"):
        fetch(store, case)
    assert not [path for path, _ in bucket.asked if path.startswith(f"/{T1}")]


def test_a_stopped_download_keeps_what_has_come_and_goes_on(store, case, bucket):
    stop = threading.Event()

    def count(_: int) -> None:
        if len(list((store.folder / f".{T1}.part").glob("*.dcm"))) >= 5:
            stop.set()

    with pytest.raises(Stopped):
        store.fetch(case, count, stop)
    kept = len(list((store.folder / f".{T1}.part").glob("*.dcm")))
    assert kept >= 5
    assert not case.on_machine
    bucket.asked.clear()
    fetch(store, case)
    assert len([path for path, _ in bucket.asked if path.startswith(f"/{T1}/")]) <= 40 - kept


def test_images_can_be_read_before_the_outline_has_come(store, case, bucket):
    [outline] = [key for key in bucket.objects if key.startswith(T1_RT)]
    bucket.troubles[outline] = ["403"]
    with pytest.raises(SeriesUnavailableError, match="403"):
        fetch(store, case)
    assert (case.on_machine, case.complete) == (True, False)
    bucket.asked.clear()
    fetch(store, case)
    assert case.complete
    assert not [path for path, _ in bucket.asked if T1 in path or T2 in path]


def test_removing_frees_all_of_it(store, case):
    fetched = fetch(store, case)
    assert store.remove(case) == fetched
    assert not case.on_machine
    assert not any(path.is_dir() for path in store.folder.iterdir())


def test_two_at_once_fetch_a_series_once(store, case, bucket):
    threads = [threading.Thread(target=fetch, args=(store, case)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [path for path, _ in bucket.asked if path.startswith(f"/{T1}/")]
    assert len(asked) == len(set(asked)) == 40


def wait_for(downloads: Downloads, slug: str, fits: Callable[[Progress], bool]) -> Progress:
    while not fits(progress := downloads.progress(slug)):
        threading.Event().wait(0.02)
    return progress


def test_a_background_download_tells_its_progress_and_its_end(store, case):
    downloads = Downloads(store)
    assert downloads.progress(case.slug) is None
    downloads.start(case)
    progress = wait_for(downloads, case.slug, lambda progress: not progress.active)
    assert (progress.state, progress.message, progress.share) == ("done", "", pytest.approx(1, abs=0.001))


def test_a_background_download_that_fails_says_why_and_can_be_tried_again(store, case, bucket):
    bucket.troubles[""] = ["403"]
    downloads = Downloads(store)
    downloads.start(case)
    progress = wait_for(downloads, case.slug, lambda progress: not progress.active)
    assert progress.state == "failed"
    assert "403" in progress.message
    downloads.start(case)
    assert wait_for(downloads, case.slug, lambda progress: not progress.active).state == "done"


def test_a_cancelled_download_leaves_the_next_one_alone(store, case, bucket, tmp_path):
    key = min(key for key in bucket.objects if key.startswith(T1))
    bucket.troubles[key] = ["hang"]
    pet = read_case(OPEN_ARCHIVE / WHOLE_BODY, tmp_path)
    downloads = Downloads(store)
    downloads.start(case)
    downloads.start(pet)
    assert downloads.progress(pet.slug).state == "waiting"
    wait_for(downloads, case.slug, lambda progress: progress.done > 0)
    downloads.cancel(case.slug)
    bucket.released.set()
    assert wait_for(downloads, case.slug, lambda progress: not progress.active).state == "cancelled"
    downloads.cancel(pet.slug)
    assert not wait_for(downloads, pet.slug, lambda progress: not progress.active).message


@pytest.mark.parametrize(
    ("done", "speed", "text"),
    [
        (0, 0.0, "0.0 of 30.0 MB"),
        (10_000_000, 2e6, "10.0 of 30.0 MB · 2.0 MB/s · 10 s left"),
        (10_000_000, 5e4, "10.0 of 30.0 MB · 0.1 MB/s · 7 min left"),
        (30_000_000, 2e6, "30.0 of 30.0 MB · checking the images"),
    ],
)
def test_progress_says_bytes_speed_and_time_left(done, speed, text):
    assert str(Progress("running", done, 30_000_000, speed, "")) == text
