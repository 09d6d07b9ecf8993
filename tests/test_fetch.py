"""``readout fetch`` as a person calls it, against a bucket on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from readout import main
from tests.cases.bucket import T1, Bucket, sarcoma, served

MR = "msk-mr-101"


@pytest.fixture(scope="module")
def bucket(testdata: Path) -> Iterator[Bucket]:
    with served(Bucket(sarcoma(testdata))) as bucket:
        yield bucket


def readout(bucket: Bucket | None, data: Path, *arguments: object) -> Result:
    environment = {"READOUT_DATA": str(data), "READOUT_ARCHIVE_URL": bucket.url if bucket else "http://127.0.0.1:9"}
    done = CliRunner().invoke(main, [*map(str, arguments)], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_a_case_is_fetched_linted_and_removed(bucket, tmp_path):
    done = readout(bucket, tmp_path, "fetch", MR)
    assert (done.exit_code, done.stdout) == (0, f"{MR}: 34.0 MB, whole\n")
    assert readout(bucket, tmp_path, "lint", MR).exit_code == 0
    done = readout(bucket, tmp_path, "fetch", MR, "--remove")
    assert (done.exit_code, done.stdout) == (0, "34.0 MB freed\n")
    assert not [path for path in (tmp_path / "images").iterdir() if path.is_dir()]


def test_a_failure_names_case_and_reason_and_ends_with_1(bucket, tmp_path):
    bucket.troubles[min(key for key in bucket.objects if key.startswith(T1))] = ["404"]
    done = readout(bucket, tmp_path, "fetch", MR)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{MR}: ")
    assert "404" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("no-such-case",), ("--section", "heart"), ("thoracic-ct-01",), ("--all-under", "0.1"), ("--all-under", "x")],
)
def test_a_wrong_call_ends_with_2_and_a_sentence(tmp_path, arguments):
    done = readout(None, tmp_path, "fetch", *arguments)
    assert done.exit_code == 2
    assert done.stderr.strip()
