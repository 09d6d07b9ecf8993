"""Whatever bytes of an accompanying object are changed or cut off, it is read or refused: no other error leaves."""

import numpy as np
import pytest

from viewer import RegionError
from viewer.annotations import read_annotations
from viewer.holdings import holdings
from viewer.regions import read_region
from viewer.series import read_series

OBJECTS = {
    "seg": ("seg/liver-24x38x3/label_seg.dcm", "seg/liver-24x38x3/image", {"kind": "seg", "segment": 1}, 60),
    "labelmap": (
        "seg/liver-24x38x3/sparse-labelmap-ppv5.dcm",
        "seg/liver-24x38x3/image",
        {"kind": "seg", "segment": 1},
        60,
    ),
    "rtstruct": ("pet-ct-cropped/PET/mask/RS.dcm", "pet-ct-cropped/PET/image", {"kind": "rtstruct", "roi": 1}, 6),
    "report": ("seg/sr-tid1500/sr.dcm", "seg/liver-24x38x3/image", {"kind": "annotation"}, 6),
    "state": ("seg/gsps/prOverlay.dcm", "seg/gsps/overlay.dcm", {"kind": "annotation"}, 3),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OBJECTS)
def test_a_damaged_object_is_read_or_refused(testdata, tmp_path, kind):
    name, images, spec, times = OBJECTS[kind]
    place = testdata / images
    series = read_series(sorted(place.iterdir()) if place.is_dir() else [place])
    if len(series.frames) > 8:
        series = read_series([frame.path for frame in series.frames[20:24]])
    data = (testdata / name).read_bytes()
    generator = np.random.default_rng(5)
    path = tmp_path / "object.dcm"
    outcomes = set()
    for number in range(times):
        changed = bytearray(data)
        # The header is where a byte counts; pixels and contours are most of the file.
        reach = min(len(data), 6000) if number % 3 else len(data)
        for at in generator.integers(132, reach, 4):
            changed[at] = int(generator.integers(256))
        path.write_bytes(changed[: int(generator.integers(200, len(data)))] if number % 10 == 0 else changed)
        holdings(path)
        try:
            read_region({"name": "r", "series": "s", "file": "object.dcm", **spec}, tmp_path, series)
            outcomes.add("read")
        except RegionError as error:
            outcomes.add(error.reason)
    assert len(outcomes) > 1


@pytest.mark.parametrize("content", [b"", b"nothing at all", bytes(132) + b"DICM"])
def test_what_is_no_dicom_is_refused(testdata, tmp_path, content):
    series = read_series([testdata / "seg" / "gsps" / "overlay.dcm"])
    (tmp_path / "x.dcm").write_bytes(content)
    with pytest.raises(RegionError):
        read_annotations(tmp_path / "x.dcm", series, "x")
