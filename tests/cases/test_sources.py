"""The open archive over real HTTP on loopback: pages, ranges, and everything that goes wrong on the way."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import SeriesUnavailableError
from cases.sources import OpenArchive, Stopped, StoredObject
from tests.cases.bucket import PAGE, Bucket, served

KEY = "0d7cd3ef-5e0c-4a4c-b7f2-7c0f7b6f3a11"
DATA = bytes(range(256)) * 4000
NAME = f"{KEY}/one.dcm"


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with served(Bucket({NAME: DATA})) as bucket:
        yield bucket


@pytest.fixture
def archive(bucket: Bucket) -> OpenArchive:
    return OpenArchive(bucket.url, pause_s=0.01, silence_s=1)


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def fetch(archive: OpenArchive, target: Path, stop: threading.Event) -> int:
    """Fetch the object, and give the bytes that were counted."""
    counted: list[int] = []
    [one] = archive.listing("any", KEY, stop)
    archive.fetch("any", one, target, counted.append, stop)
    return sum(counted)


def test_a_listing_goes_over_all_pages(bucket, archive, stop):
    bucket.objects |= {f"{KEY}/{number:04d}.dcm": b"x" * number for number in range(1, 2 * PAGE + 50)}
    found = archive.listing("any", KEY, stop)
    assert {one.key: one.size for one in found} == {key: len(data) for key, data in bucket.objects.items()}
    assert len(bucket.asked) == 3
    assert bucket.asked[0][0] == f"/?list-type=2&prefix={KEY}/"


def test_the_bucket_goes_into_the_address():
    assert OpenArchive()._base("idc-open-data-two") == "https://idc-open-data-two.s3.amazonaws.com"


def test_an_object_arrives_byte_for_byte(archive, stop, tmp_path):
    assert fetch(archive, tmp_path / "one.dcm", stop) == len(DATA)
    assert (tmp_path / "one.dcm").read_bytes() == DATA
    assert [file.name for file in tmp_path.iterdir()] == ["one.dcm"]


def test_a_transfer_goes_on_where_an_earlier_one_ended(bucket, archive, stop, tmp_path):
    (tmp_path / "one.dcm.part").write_bytes(DATA[:1000])
    assert fetch(archive, tmp_path / "one.dcm", stop) == len(DATA)
    assert (tmp_path / "one.dcm").read_bytes() == DATA
    assert bucket.asked[-1][1] == "bytes=1000-"


@pytest.mark.parametrize("trouble", ["500", "503", "429", "cut", "flip", "hang"])
def test_what_may_pass_is_tried_again(bucket, archive, stop, tmp_path, trouble):
    bucket.troubles[NAME] = [trouble]
    assert fetch(archive, tmp_path / "one.dcm", stop) == len(DATA)
    assert (tmp_path / "one.dcm").read_bytes() == DATA


def test_a_cut_off_transfer_goes_on_where_it_ended(bucket, archive, stop, tmp_path):
    bucket.troubles[NAME] = ["cut"]
    fetch(archive, tmp_path / "one.dcm", stop)
    first = int(bucket.asked[-1][1].removeprefix("bytes=").removesuffix("-"))
    assert len(DATA) // 4 < first <= len(DATA) // 2


def test_a_server_without_ranges_sends_all_again(bucket, archive, stop, tmp_path):
    bucket.troubles[NAME] = ["cut", "whole"]
    assert fetch(archive, tmp_path / "one.dcm", stop) == len(DATA)
    assert (tmp_path / "one.dcm").read_bytes() == DATA


@pytest.mark.parametrize(
    ("trouble", "times", "says"),
    [
        ("403", 1, "403"),
        ("404", 1, "404"),
        ("418", 1, "418"),
        ("500", 9, "500"),
        ("cut", 99, "broke off"),
        ("flip", 9, "MD5"),
        ("long", 9, "broke off|MD5|longer"),
    ],
)
def test_what_does_not_pass_is_said_and_nothing_looks_whole(bucket, archive, stop, tmp_path, trouble, times, says):
    bucket.troubles[NAME] = [trouble] * times
    with pytest.raises(SeriesUnavailableError, match=says):
        fetch(archive, tmp_path / "one.dcm", stop)
    assert not (tmp_path / "one.dcm").exists()


@pytest.mark.parametrize(("trouble", "says"), [("403", "403"), ("404", "404"), ("portal", "not one of S3")])
def test_a_listing_that_cannot_be_had_is_said(bucket, archive, stop, trouble, says):
    bucket.troubles[""] = [trouble]
    with pytest.raises(SeriesUnavailableError, match=says):
        archive.listing("any", KEY, stop)


def test_a_key_that_is_not_there_is_said(archive, stop):
    with pytest.raises(SeriesUnavailableError, match="does not hold this series"):
        archive.listing("any", KEY.replace("0", "1"), stop)


def test_no_network_is_said_with_the_host(stop):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        archive = OpenArchive(f"http://127.0.0.1:{closed.getsockname()[1]}", pause_s=0.01)
        with pytest.raises(SeriesUnavailableError, match=r"no connection to 127\.0\.0\.1"):
            archive.listing("any", KEY, stop)


def test_a_proxy_is_taken_from_the_environment(bucket, stop, monkeypatch):
    monkeypatch.setenv("http_proxy", bucket.url)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(SeriesUnavailableError):
        OpenArchive("http://archive.invalid", pause_s=0.01).listing("any", KEY.replace("0", "1"), stop)
    assert bucket.asked[0][0].startswith("http://archive.invalid/?list-type=2")


def test_a_proxy_that_is_not_there_is_said(stop, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(SeriesUnavailableError, match="the proxy does not let us through"):
            OpenArchive("http://archive.invalid", pause_s=0.01).listing("any", KEY, stop)


def test_a_full_disk_is_said(archive, stop, tmp_path):
    (tmp_path / "one.dcm.part").symlink_to("/dev/full")
    with pytest.raises(SeriesUnavailableError, match="No space left"):
        fetch(archive, tmp_path / "one.dcm", stop)


def test_a_stopped_transfer_keeps_what_has_come(bucket, archive, tmp_path):
    bucket.troubles[NAME] = ["hang"]
    stop = threading.Event()

    def count(_: int) -> None:
        if (tmp_path / "one.dcm.part").exists():
            stop.set()
            bucket.released.set()

    with pytest.raises(Stopped):
        archive.fetch("any", StoredObject(NAME, len(DATA), ""), tmp_path / "one.dcm", count, stop)
    assert 0 < (tmp_path / "one.dcm.part").stat().st_size < len(DATA)
