"""``readout fetch`` as a person calls it, against a bucket on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.bucket import T1, Bucket, sarcoma, served

READOUT = Path(sys.executable).with_name("readout")
MR = "msk-mr-101"


@pytest.fixture(scope="module")
def bucket(testdata: Path) -> Iterator[Bucket]:
    with served(Bucket(sarcoma(testdata))) as bucket:
        yield bucket


def readout(bucket: Bucket | None, data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {"READOUT_DATA": str(data), "READOUT_ARCHIVE_URL": bucket.url if bucket else "http://127.0.0.1:9"}
    done = subprocess.run([READOUT, *map(str, arguments)], capture_output=True, text=True, timeout=300, env=environment)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_case_is_fetched_linted_and_removed(bucket, tmp_path):
    done = readout(bucket, tmp_path, "fetch", MR)
    assert (done.returncode, done.stdout) == (0, f"{MR}: 34.0 MB, whole\n")
    assert readout(bucket, tmp_path, "lint", MR).returncode == 0
    done = readout(bucket, tmp_path, "fetch", MR, "--remove")
    assert (done.returncode, done.stdout) == (0, "34.0 MB freed\n")
    assert not [path for path in (tmp_path / "images").iterdir() if path.is_dir()]


def test_a_failure_names_case_and_reason_and_ends_with_1(bucket, tmp_path):
    bucket.troubles[min(key for key in bucket.objects if key.startswith(T1))] = ["404"]
    done = readout(bucket, tmp_path, "fetch", MR)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{MR}: ")
    assert "404" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("no-such-case",), ("--section", "heart"), ("thoracic-ct-01",), ("--all-under", "0.1"), ("--all-under", "x")],
)
def test_a_wrong_call_ends_with_2_and_a_sentence(tmp_path, arguments):
    done = readout(None, tmp_path, "fetch", *arguments)
    assert done.returncode == 2
    assert done.stderr.strip()
