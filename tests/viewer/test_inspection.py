import hashlib
import json
import struct
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from viewer.decode import frame_values, stored_values
from viewer.inspection import inspect, joined, refusal
from viewer.layout import NO_IMAGE

ROOT = Path(__file__).parents[2]
TESTDATA = ROOT.parent / "shared" / "testdata"
MANIFEST = json.loads((TESTDATA / "manifest.json").read_text()) if TESTDATA.is_dir() else {"files": [], "groups": {}}
DICOM = {entry["path"]: entry for entry in MANIFEST["files"] if entry["kind"] == "dicom" and "expected" in entry}
IN_GROUPS = tuple(MANIFEST["groups"])
MALFORMED = [p for p in DICOM if p.startswith("malformed/") and not p.startswith(IN_GROUPS)]
SOUND = [p for p in DICOM if not p.startswith("malformed/")]

# The manifest knows only a rough class for an object whose Rows have no readable VR: it has no pixels then.
NO_PIXELS_AS_REFUSED = {"malformed/synthetic/unknown_vr.dcm"}


def stored_samples(report):
    """Give (frames, rows, columns[, samples]) as stored, in the order of the file."""
    (found,) = report.series
    frames = sorted(found.series.frames, key=lambda frame: frame.number)
    return np.stack([stored_values(frame, raw=True) for frame in frames])


def check_values(report, expected):
    if "stored_sha256_int32le" not in expected or not report.series:
        return
    samples = stored_samples(report)
    tolerance = expected.get("tolerance_abs", 0)
    assert list(samples.shape) == expected["shape"]
    assert samples.min() == pytest.approx(expected["stored_min"], abs=tolerance)
    assert samples.max() == pytest.approx(expected["stored_max"], abs=tolerance)
    assert samples.mean() == pytest.approx(expected["stored_mean"], abs=max(tolerance, 1e-5))
    measured = expected.get("reason_class") != "bad-rescale"
    if measured and "rescaled_min" in expected and report.series[0].series.samples == 1:
        check_modality_values(report, expected, tolerance)
    if expected["exact"]:
        digest = hashlib.sha256(np.ascontiguousarray(samples.astype("<i4")).tobytes()).hexdigest()
        assert digest == expected["stored_sha256_int32le"]


def check_modality_values(report, expected, tolerance):
    series = report.series[0].series
    order = sorted(range(len(series.frames)), key=lambda index: series.frames[index].number)
    values = np.stack([frame_values(series, index) for index in order])
    steepest = max(abs(frame.slope) for frame in series.frames)
    near = {"rel": 1e-6, "abs": max(tolerance * steepest, 1e-4)}
    assert values.min() == pytest.approx(expected["rescaled_min"], **near)
    assert values.max() == pytest.approx(expected["rescaled_max"], **near)
    assert values.mean(dtype=np.float64) == pytest.approx(expected["rescaled_mean"], **near)
    if expected["exact"] and "rescaled_sha256_int32le" in expected and series.dtype != "float32":
        digest = hashlib.sha256(np.ascontiguousarray(values.astype("<i4")).tobytes()).hexdigest()
        assert digest == expected["rescaled_sha256_int32le"]


def check_one_line_each(report):
    for line in report.lines():
        assert line.isprintable()
        assert len(line) < 400
    json.dumps(report.as_json(), allow_nan=False)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_taken_or_refused_for_the_known_reason(name, capfd):
    expected = DICOM[name]["expected"]
    report = inspect([TESTDATA / name])
    (finding,) = report.files
    outcome = "refused" if name in NO_PIXELS_AS_REFUSED else expected["outcome"]
    assert finding.outcome == outcome
    reason = expected["reason_class"]
    assert reason is None or reason in report.reasons
    # A projection measured at its detector is worth knowing and no fault.
    assert report.ok == (outcome == "decodes" or reason == "detector-plane-calibration")
    if outcome.startswith("decodes"):
        check_values(report, expected)
    check_one_line_each(report)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize("name", IN_GROUPS)
def test_a_folder_is_taken_or_refused_for_the_known_reason(name):
    expected = MANIFEST["groups"][name]
    report = inspect([TESTDATA / name])
    refused = any(finding.outcome == "refused" for finding in report.files)
    assert refused == (expected["expect"] == "refuse")
    assert report.ok == (expected["expect"] == "accept")
    assert expected["reason_class"] is None or expected["reason_class"] in report.reasons
    check_one_line_each(report)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_decodes_to_the_values_that_other_decoders_give(name):
    expected = DICOM[name]["expected"]
    report = inspect([TESTDATA / name])
    (finding,) = report.files
    if expected["outcome"] == "no-pixels":
        assert (finding.outcome, finding.reason) == ("no-pixels", NO_IMAGE)
        assert report.ok
    else:
        assert finding.outcome.split("-")[0] == expected["outcome"]
        check_values(report, expected)
    if expected["outcome"] == "refused":
        assert finding.reason == expected["reason_class"]
    check_one_line_each(report)


def test_an_archive_or_any_other_file_is_no_dicom(testdata):
    names = ("malformed/synthetic/archives/control_ok.zip", "malformed/README.md", "manifest.json")
    for name in names:
        (finding,) = inspect([testdata / name]).files
        assert (finding.outcome, finding.reason) == ("refused", "not-dicom")


def test_a_file_that_is_not_there_is_one_line():
    (finding,) = inspect([Path("nowhere.dcm")]).files
    assert (finding.outcome, finding.reason) == ("refused", "unreadable")


@pytest.mark.parametrize(
    ("modality", "fault"),
    [("CT", True), ("MR", True), ("PT", True), ("DX", False), ("US", False), ("ES", False)],
)
def test_a_missing_spacing_is_a_fault_only_where_lengths_are_promised(phantom, write_file, modality, fault):
    ds = phantom(attributes={"Modality": modality}).slice(0)
    del ds.PixelSpacing
    report = inspect([write_file(ds)])
    notes = report.series[0].series.notes
    assert [note.fault for note in notes if note.reason == "no-calibration"] == [fault]
    assert report.ok != fault


def test_reports_are_joined_with_their_series_numbers(phantom, write_file):
    one = inspect([write_file(phantom().slice(0))])
    report = joined([one, refusal(Path("a.zip"), "a.zip: bad\nnews", "archive-path", "ImportRefusedError"), one])
    assert [finding.series for finding in report.files] == [0, None, 1]
    assert report.files[1].message == "a.zip: bad news"
    assert not report.ok


def bomb_codestream(ds, syntax, data):
    ds.PixelData = encapsulate([data])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.PixelRepresentation = 0
    return ds, syntax


@pytest.fixture
def bombs(phantom, write_file, testdata):
    """Files that claim far more than they hold, each in its own way."""
    synthetic = testdata / "malformed" / "synthetic"
    paths = [
        *(testdata / "malformed" / "real").glob("*oob-monochrome*"),
        synthetic / "deflated_bomb_150MB.dcm",
        synthetic / "frames_million.dcm",
        synthetic / "huge_65535.dcm",
        synthetic / "length_beyond_eof.dcm",
        synthetic / "nested_sequence_3000.dcm",
        synthetic / "nested_sequence_undefined_never_closed.dcm",
    ]
    siz = struct.pack(">HHHIIIIIIIIH", 0xFF51, 41, 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1)
    tiles = struct.pack(">HHHIIIIIIIIH", 0xFF51, 41, 0, 72, 64, 0, 0, 1, 1, 0, 0, 1)
    sof = b"\xff\xd8\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 60000, 60000) + b"\x01\x01\x11\x00\xff\xd9"
    jpeg_ls = b"\xff\xd8\xff\xf7\x00\x0b\x10" + struct.pack(">HH", 60000, 60000) + b"\x01\x01\x11\x00\xff\xd9"
    rle = struct.pack("<16I", 2, 64, 200_064, *[0] * 13) + b"\x81\x00" * 200_000
    for number, (syntax, data) in enumerate(
        (
            ("1.2.840.10008.1.2.4.90", b"\xff\x4f" + siz + bytes(60)),
            ("1.2.840.10008.1.2.4.201", b"\xff\x4f" + siz + bytes(60)),
            ("1.2.840.10008.1.2.4.90", b"\xff\x4f" + tiles + bytes(60)),
            ("1.2.840.10008.1.2.4.50", sof),
            ("1.2.840.10008.1.2.4.80", jpeg_ls),
            ("1.2.840.10008.1.2.5", rle),
        )
    ):
        ds = phantom().slice(number)
        ds.SOPInstanceUID = f"1.2.3.8.{number}"
        ds, syntax = bomb_codestream(ds, syntax, data)
        paths.append(write_file(ds, f"bomb{number}.dcm", syntax))
    sparse = write_file(phantom().slice(0), "sparse.dcm")
    with sparse.open("r+b") as stream:
        stream.truncate(8 << 30)
    return [*paths, sparse]


LIMITED = """
    import json, resource, sys
    from pathlib import Path
    import pydicom.pixels.decoders, openjpeg, jpeg_ls, PIL.JpegImagePlugin
    from viewer.inspection import inspect
    inspect([Path(sys.argv[1])])
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (160 << 20), used + (160 << 20)))
    report = inspect([Path(name) for name in sys.argv[2:]])
    print(json.dumps(report.as_json()))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is set from /proc")
def test_whatever_headers_claim_memory_and_time_stay_bounded(bombs, testdata):
    control = testdata / "malformed" / "synthetic" / "control_ok.dcm"
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), str(control), *map(str, bombs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    report = json.loads(done.stdout)
    outcomes = {Path(found["path"]).name: found["outcome"] for found in report["files"]}
    assert len(outcomes) == len(bombs)
    assert {name for name, outcome in outcomes.items() if outcome != "refused"} == {"sparse.dcm"}
    assert "memory" not in done.stdout


def test_a_deflated_file_that_inflates_without_end_stops_at_the_limit(phantom, write_file):
    path = write_file(phantom().slice(0), "d.dcm", "1.2.840.10008.1.2.1.99")
    data = path.read_bytes()
    meta = data.index(b"\x02\x00\x10\x00UI")
    start = meta + 8 + int.from_bytes(data[meta + 6 : meta + 8], "little")
    while data[start : start + 2] == b"\x02\x00":
        start += 8 + int.from_bytes(data[start + 6 : start + 8], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(bytes(70 << 20)) + packer.flush()
    path.write_bytes(data[:start] + body)
    (finding,) = inspect([path]).files
    assert finding.reason == "inflate-limit"


def test_names_and_texts_of_a_file_cannot_write_to_a_terminal(phantom, write_file):
    path = write_file(phantom().slice(0), "evil\x1b[2J.dcm")
    path.write_bytes(path.read_bytes().replace(b"CHEST ", b"A\x1b[2J\n"))
    report = inspect([path])
    assert report.series[0].series.body_part == "A?[2J?"
    check_one_line_each(report)


def test_cut_at_any_byte_a_file_is_refused_in_one_line(phantom, write_file):
    ds = phantom(rows=4, columns=4).slice(0)
    data = write_file(ds).read_bytes()
    path = write_file(ds, "cut.dcm")
    for length in range(len(data)):
        path.write_bytes(data[:length])
        report = inspect([path])
        assert report.files[0].outcome == "refused"
        check_one_line_each(report)


def test_with_any_byte_changed_a_file_ends_in_a_report(phantom, write_file):
    ds = phantom(rows=4, columns=4).slice(0)
    data = bytearray(write_file(ds).read_bytes())
    path = write_file(ds, "changed.dcm")
    generator = np.random.default_rng(11)
    for place in range(128, len(data)):
        changed = data.copy()
        changed[place] = int(generator.integers(256))
        path.write_bytes(changed)
        check_one_line_each(inspect([path]))


def test_pydicom_reads_the_same_header_values(testdata):
    path = testdata / "pet-ct-cropped" / "CT" / "image" / "000000.dcm"
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    series = inspect([path]).series[0].series
    assert series.uid == ds.SeriesInstanceUID
    assert series.frames[0].position_mm == tuple(float(x) for x in ds.ImagePositionPatient)
    assert series.pixel_spacing_mm == tuple(float(x) for x in ds.PixelSpacing)
    assert (series.rows, series.columns) == (ds.Rows, ds.Columns)
