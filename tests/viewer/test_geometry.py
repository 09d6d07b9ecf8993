import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer import GeometryError
from viewer.geometry import (
    index_to_patient,
    nearest_frame,
    orientation_of,
    patient_to_index,
    slice_spacing_mm,
    spacing_of,
    stack_notes,
)
from viewer.series import read_series


def turned(degrees_x, degrees_z):
    """Give row and column cosines of an axial plane turned about x, then about z."""
    a, b = math.radians(degrees_x), math.radians(degrees_z)
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_z = np.array([[math.cos(b), -math.sin(b), 0], [math.sin(b), math.cos(b), 0], [0, 0, 1]])
    axes = about_z @ about_x
    return tuple(float(x) for x in (*axes[:, 0], *axes[:, 1]))


def test_the_affine_puts_pixel_centres_where_the_standard_says(phantom, write_phantom):
    body = phantom(orientation=turned(25, -40))
    series = read_series(write_phantom(body))
    ordered = sorted(range(body.count), key=lambda number: float(body.position(number) @ body.axes()[2]))
    for index in (0, 7, 19):
        affine = index_to_patient(series, index)
        expected = body.voxels(ordered[index])[33, 11]
        assert affine[:3] @ [11, 33, 0, 1] == pytest.approx(expected, abs=1e-5)
        assert affine[:3, 2] == pytest.approx(body.step * body.axes()[2], abs=1e-5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-3, 60), st.floats(-3, 60), st.floats(-0.4, 0.4))
def test_patient_and_index_are_inverse(phantom, write_phantom, tilt, turn, column, row, off):
    body = phantom(orientation=turned(tilt, turn), count=3)
    series = read_series(write_phantom(body))
    place = index_to_patient(series, 1) @ np.array([column, row, 0, 1])
    normal = np.cross(body.orientation[:3], body.orientation[3:])
    normal *= np.sign(normal[np.argmax(np.abs(normal))])
    found = patient_to_index(series, place[:3] + off * normal, 1)
    assert found == pytest.approx([column, row, off], abs=1e-4)
    assert nearest_frame(series, place[:3] + off * normal) == 1


def test_without_geometry_there_is_no_affine(phantom, write_file):
    ds = phantom().slice(0)
    del ds.ImagePositionPatient
    series = read_series([write_file(ds)])
    with pytest.raises(GeometryError) as caught:
        index_to_patient(series, 0)
    assert caught.value.reason == "no-geometry"


@pytest.mark.parametrize(
    "numbers",
    [None, (1, 0, 0, 0, 1), (0,) * 6, (1, 0, 0, 0.5, 0.5, 0), (1, 0, 0, 1, 0, 0), (2, 0, 0, 0, 1, 0)],
)
def test_what_is_not_two_unit_directions_at_a_right_angle_is_no_orientation(numbers):
    assert orientation_of(numbers) is None


@pytest.mark.parametrize("numbers", [None, (1.0,), (0.0, 0.0), (-1.0, 1.0), (1e308, 1e308), (0.5, 0.5, 0.5)])
def test_what_cannot_be_the_size_of_a_pixel_is_no_spacing(numbers):
    assert spacing_of(numbers) is None


def test_a_tilted_gantry_is_told_with_its_angle():
    tilt = math.radians(15)
    orientation = (1.0, 0.0, 0.0, 0.0, math.cos(tilt), -math.sin(tilt))
    positions = [(0.0, 0.0, 5.0 * number) for number in range(8)]
    (note,) = stack_notes(positions, orientation)
    assert note.reason == "gantry-tilt"
    assert "15.0 degrees" in note.message
    assert slice_spacing_mm(positions, orientation) == pytest.approx(4.8296, abs=1e-4)


def test_two_frames_at_one_place_are_told_and_do_not_shorten_the_spacing():
    positions = [(0.0, 0.0, height) for height in (0, 2, 4, 4, 6)]
    axial = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    (note,) = stack_notes(positions, axial)
    assert note.reason == "duplicate-positions"
    assert slice_spacing_mm(positions, axial) == 2.0


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), turned(25, -40)])
def test_an_even_stack_can_be_reformatted_however_it_lies(phantom, write_phantom, orientation):
    assert read_series(write_phantom(phantom(orientation=orientation))).mpr_obstacle is None


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("series_control", None),
        ("series_oblique_reversed", None),
        ("series_slope_per_slice", None),
        ("series_duplicate_positions", "same place"),
        ("series_gantry_tilt", "tilted"),
        ("series_irregular_spacing", "unevenly"),
        ("series_missing_slice", "missing"),
    ],
)
def test_a_damaged_stack_says_why_it_is_not_reformatted(testdata, group, words):
    obstacle = read_series(sorted((testdata / "malformed" / "synthetic" / group).iterdir())).mpr_obstacle
    assert (obstacle is None) == (words is None)
    assert words is None or words in obstacle


def test_slices_shifted_within_their_plane_are_not_reformatted(phantom, write_file):
    paths = []
    for number in range(6):
        ds = phantom().slice(number)
        ds.ImagePositionPatient[0] += 3 if number == 2 else 0
        paths.append(write_file(ds, f"{number}.dcm"))
    series = read_series(paths)
    assert [note.reason for note in series.notes] == ["sideways-shift"]
    assert "shifted" in series.mpr_obstacle


@pytest.mark.parametrize(
    ("keyword", "words"), [("PixelSpacing", "pixel spacing"), ("ImagePositionPatient", "no position")]
)
def test_without_geometry_there_is_nothing_to_reformat(phantom, write_file, keyword, words):
    paths = []
    for number in range(4):
        ds = phantom().slice(number)
        delattr(ds, keyword)
        paths.append(write_file(ds, f"{number}.dcm"))
    assert words in read_series(paths).mpr_obstacle


def test_two_slices_are_no_volume(phantom, write_phantom):
    assert "too few slices: 2" in read_series(write_phantom(phantom(count=2))).mpr_obstacle
