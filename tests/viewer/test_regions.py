import json
import math

import numpy as np
import pytest

from viewer import RegionError
from viewer.regions import read_region
from viewer.series import read_series

TILT, TURN = math.radians(25), math.radians(-40)
OBLIQUE = (
    math.cos(TURN),
    math.sin(TURN),
    0.0,
    -math.sin(TURN) * math.cos(TILT),
    math.cos(TURN) * math.cos(TILT),
    math.sin(TILT),
)
CONTOURS = {"name": "nodule", "label": "Nodule", "series": "ct", "kind": "contours", "file": "ball.json"}


def centred(phantom, **changes):
    """Give a phantom whose ball lies in the middle of its stack, off every voxel centre."""
    body = phantom(**changes)
    row, column, normal = body.axes()
    middle = np.array(body.origin) + 35.3 * body.spacing[1] * row + 30.6 * body.spacing[0] * column
    centre = middle + 9.4 * body.step * normal
    return phantom(**{**changes, "centre": tuple(float(x) for x in centre)})


def circles(body, radius=None):
    """Outline the ball on every slice that cuts it: circles in patient space."""
    row, column, normal = body.axes()
    radius = radius or body.radius
    contours = []
    for number in range(body.count):
        if number in body.missing:
            continue
        off = float((body.position(number) - body.centre) @ normal)
        if abs(off) >= radius:
            continue
        size = math.sqrt(radius**2 - off**2)
        angles = np.linspace(0, 2 * math.pi, 360, endpoint=False)[:, None]
        points = np.array(body.centre) + off * normal + size * (np.cos(angles) * row + np.sin(angles) * column)
        contours.append({"points": np.round(points, 4).tolist()})
    return contours


def written(folder, *readers):
    content = {"readers": [{"name": f"Reader {n + 1}", "contours": c} for n, c in enumerate(readers)]}
    (folder / "ball.json").write_text(json.dumps(content))


def half_voxel(body):
    return math.hypot(*body.spacing, body.step) / 2


def mark(point, **extra):
    return {"space": "patient", "point": [float(x) for x in point], **extra}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"orientation": OBLIQUE},
        {"orientation": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)},
        {"missing": [2, 16]},
        {"missing": [9]},
    ],
    ids=["axial", "oblique", "sagittal", "gapped", "gapped inside the ball"],
)
def test_a_ball_is_contained_and_measured_within_half_a_voxel(phantom, write_phantom, tmp_path, changes):
    body = centred(phantom, **changes)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body))
    region = read_region({**CONTOURS, "agreement": 1}, tmp_path, series)
    limit = half_voxel(body)
    if 9 not in body.missing:
        assert region.contains(mark(body.centre))
        assert region.radius == pytest.approx(body.radius, rel=0.05)
    assert region.unit == "mm"
    assert region.step == pytest.approx(body.step, abs=1e-5)
    nearest = np.array(region.centre["point"])
    assert np.linalg.norm(nearest - body.centre) <= limit + (body.step if body.missing else 0)
    generator = np.random.default_rng(3)
    gap = body.step / 2 if 9 in body.missing else 0.0
    for _ in range(200):
        direction = generator.normal(size=3)
        direction /= np.linalg.norm(direction)
        away = generator.uniform(0, 3 * body.radius)
        true = max(0.0, away - body.radius)
        point = np.array(body.centre) + away * direction
        assert region.distance(mark(point)) == pytest.approx(true, abs=limit + gap)


def test_a_mark_on_the_image_is_the_mark_at_that_place_in_the_patient(phantom, write_phantom, tmp_path):
    body = centred(phantom, orientation=OBLIQUE)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body))
    region = read_region(CONTOURS, tmp_path, series)
    for frame, column, row in ((9, 35.3, 30.6), (9, 2.0, 60.0), (0, 35.0, 30.0)):
        place = body.position(frame) + column * body.spacing[1] * body.axes()[0]
        place = place + row * body.spacing[0] * body.axes()[1]
        on_image = {"space": "image", "frame": frame, "point": [column, row], "series": "ct"}
        assert region.distance(on_image) == pytest.approx(region.distance(mark(place)), abs=1e-4)


def test_a_mark_on_another_series_is_infinitely_far(phantom, write_phantom, tmp_path):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body))
    region = read_region(CONTOURS, tmp_path, series)
    assert region.distance(mark(body.centre, series="mr")) == math.inf
    assert region.distance(mark(body.centre, series="ct")) == 0
    assert region.distance(mark(body.centre, series=series.uid)) == 0


def test_agreement_counts_readers_not_outlines(phantom, write_phantom, tmp_path):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body, 4.0) * 2, circles(body, 7.0), circles(body, 10.0))
    sizes = []
    for agreement in (1, 2, 3):
        region = read_region({**CONTOURS, "agreement": agreement}, tmp_path, series)
        sizes.append(region.radius)
    assert sizes == pytest.approx([10, 7, 4], rel=0.05)


def test_an_outline_marked_as_excluded_is_cut_out(phantom, write_phantom, tmp_path):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    holes = [{**contour, "inclusion": False} for contour in circles(body, 5.0)]
    written(tmp_path, circles(body) + holes)
    region = read_region(CONTOURS, tmp_path, series)
    assert not region.contains(mark(body.centre))
    assert region.distance(mark(body.centre)) == pytest.approx(5.0, abs=half_voxel(body))


def test_outlines_draw_the_region_and_each_reader_in_pixel_coordinates(phantom, write_phantom, tmp_path):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body), circles(body, 8.0))
    outlines = read_region({**CONTOURS, "agreement": 2}, tmp_path, series).outlines()
    assert {outline["label"] for outline in outlines} == {"Nodule", "Reader 1", "Reader 2"}
    for outline in outlines:
        assert outline["closed"] is True
        points = np.array(outline["points"])
        centre = (points.max(axis=0) + points.min(axis=0)) / 2
        assert centre == pytest.approx([35.3, 30.6], abs=1.0)
        assert abs(outline["frame"] - 9.4) <= body.radius / body.step
    json.dumps(outlines)


def test_an_ellipse_on_an_image_without_patient_space_is_measured_in_pixels(phantom, write_file, tmp_path):
    ds = phantom(attributes={"Modality": "DX"}).slice(0)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient
    series = read_series([write_file(ds)])
    spec = {
        "name": "lesion",
        "series": "cr",
        "kind": "ellipse",
        "frame": 1,
        "centre": [30, 20],
        "radii": [8, 5],
    }
    region = read_region(spec, tmp_path, series)
    assert (region.unit, region.step) == ("px", 0.0)
    assert region.radius == pytest.approx(math.sqrt(40), rel=0.03)
    at = {"space": "image", "frame": 0, "point": [30, 20]}
    assert region.contains(at)
    assert region.distance({**at, "point": [48, 20]}) == pytest.approx(9.5)
    assert region.distance({**at, "frame": 4}) == math.inf
    assert region.distance({"space": "patient", "point": [0, 0, 0]}) == math.inf
    assert region.centre == {"space": "image", "frame": 0, "point": [30, 20], "series": "cr"}


def test_an_ellipse_over_frames_of_a_cine_is_on_those_frames_only(phantom, write_file, tmp_path):
    ds = phantom(attributes={"Modality": "XA"}).slice(0)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient
    ds.NumberOfFrames = 6
    ds.PixelData = bytes(6 * 64 * 72 * 2)
    series = read_series([write_file(ds)])
    spec = {"name": "stenosis", "kind": "ellipse", "frames": [2, 4], "centre": [30, 20], "radii": [6, 3]}
    region = read_region({**spec, "rotation_deg": 90}, tmp_path, series)
    found = [region.distance({"space": "image", "frame": frame, "point": [30, 25]}) for frame in range(6)]
    assert found == [math.inf, 0, 0, 0, math.inf, math.inf]
    assert region.radius == pytest.approx(math.sqrt(18), rel=0.05)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "cloud"}, "bad-region"),
        ({"file": "absent.json"}, "bad-region"),
        ({"file": "../ball.json"}, "bad-region"),
        ({"file": ""}, "bad-region"),
        ({"agreement": 3}, "bad-region"),
        ({"agreement": 0}, "bad-region"),
        ({"kind": "ellipse"}, "bad-region"),
        ({"kind": "ellipse", "centre": [5, 5], "radii": [0, 4]}, "bad-region"),
        ({"kind": "ellipse", "centre": [5, math.nan], "radii": [4, 4]}, "bad-region"),
        ({"kind": "ellipse", "centre": [500, 5], "radii": [4, 4]}, "region-outside-image"),
        ({"kind": "ellipse", "centre": [5, 5], "radii": [4, 4], "frame": 21}, "region-outside-image"),
        ({"kind": "ellipse", "centre": [5.5, 5.5], "radii": [0.1, 0.1]}, "region-outside-image"),
    ],
)
def test_a_description_that_makes_no_region_is_refused(phantom, write_phantom, tmp_path, changes, reason):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body), circles(body))
    with pytest.raises(RegionError) as caught:
        read_region({**CONTOURS, **changes}, tmp_path, series)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", '{"readers": []}', '{"readers": [{}]}', "[" * 10000])
def test_a_damaged_contour_file_is_refused(phantom, write_phantom, tmp_path, content):
    series = read_series(write_phantom(centred(phantom)))
    (tmp_path / "ball.json").write_text(content)
    with pytest.raises(RegionError):
        read_region(CONTOURS, tmp_path, series)


def test_an_outline_between_two_frames_is_refused_with_its_distance(phantom, write_phantom, tmp_path):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    moved = np.array(circles(body)[2]["points"]) + 0.4 * body.step * body.axes()[2]
    written(tmp_path, [{"points": moved.tolist()}])
    with pytest.raises(RegionError, match=r"1\.00 mm off"):
        read_region(CONTOURS, tmp_path, series)


@pytest.mark.parametrize("bad", [{}, {"space": "patient"}, {"space": "image", "point": [1, 2]}, {"space": "moon"}])
def test_a_mark_that_is_none_is_refused(phantom, write_phantom, tmp_path, bad):
    body = centred(phantom)
    series = read_series(write_phantom(body))
    written(tmp_path, circles(body))
    with pytest.raises(RegionError):
        read_region(CONTOURS, tmp_path, series).distance(bad)
