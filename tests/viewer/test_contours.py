import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from viewer.contours import ellipse_mask, polygon_mask, trace


def area(points):
    """Signed area by the shoelace formula; positive is clockwise as shown, rows running down."""
    x, y = np.array(points).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def test_a_pixel_whose_centre_lies_on_the_outline_is_outside():
    square = np.array([[2, 2], [6, 2], [6, 6], [2, 6]], float)
    mask = polygon_mask(square, 10, 10)
    assert mask.sum() == 9
    assert mask[3:6, 3:6].all()


def test_half_pixel_outlines_take_in_every_pixel_between_them():
    mask = polygon_mask(np.array([[1.5, 2.5], [4.5, 2.5], [4.5, 5.5], [1.5, 5.5]]), 10, 10)
    assert mask.sum() == 9
    assert mask[3:6, 2:5].all()


def test_a_polygon_partly_outside_the_image_is_cut_at_its_border():
    mask = polygon_mask(np.array([[-50.5, -50.5], [2.5, -50.5], [2.5, 1.5], [-50.5, 1.5]]), 4, 5)
    assert mask.tolist() == [[True, True, True, False, False]] * 2 + [[False] * 5] * 2


def test_a_line_and_a_point_take_in_nothing():
    assert not polygon_mask(np.array([[1.0, 1.0], [5.0, 5.0]]), 8, 8).any()
    assert not polygon_mask(np.array([[3.0, 3.0]] * 4), 8, 8).any()


def test_a_turned_ellipse_turns_clockwise_as_shown():
    mask = ellipse_mask((20, 20), (10, 2), 45, 41, 41)
    assert mask[26, 26]
    assert not mask[14, 26]
    assert mask.sum() == pytest.approx(np.pi * 20, rel=0.1)


@given(arrays(np.bool_, (6, 7), elements=st.booleans()))
def test_traced_outlines_enclose_exactly_the_pixels(mask):
    outlines = trace(mask)
    assert sum(area(points) for points in outlines) == pytest.approx(mask.sum())
    again = np.zeros_like(mask)
    for points in outlines:
        again ^= polygon_mask(np.array(points), *mask.shape)
    assert (again == mask).all()


def test_a_hole_runs_the_other_way_round():
    mask = np.ones((3, 3), np.bool_)
    mask[1, 1] = False
    areas = sorted(area(points) for points in trace(mask))
    assert areas == [-1, 9]


def test_a_single_pixel_is_outlined_at_half_pixels():
    mask = np.zeros((4, 4), np.bool_)
    mask[2, 1] = True
    (points,) = trace(mask)
    assert sorted(points) == [(0.5, 1.5), (0.5, 2.5), (1.5, 1.5), (1.5, 2.5)]
