"""What a measurement in the image is worth as an answer."""

import pytest

from pages.fields import measured

REGION = {"kind": "ellipse", "unit": "SUVbw", "value": 7.989, "statistics": {"mean": 7.989, "max": 8.6841}}
PROBE = {"kind": "probe", "unit": "SUVbw", "value": 8.5}
COLOUR = {"kind": "ellipse", "unit": "", "value": None, "statistics": {"mean": None, "max": None}}


@pytest.mark.parametrize(
    ("annotation", "unit", "value"),
    [
        (REGION, "SUV", 7.99),
        (REGION, "SUVmax", 8.68),
        (PROBE, "SUVmax", 8.5),
        (REGION, "HU", None),
        (REGION | {"unit": "Bq/mL"}, "SUVmax", None),
        (COLOUR, "SUVmax", None),
        (COLOUR | {"statistics": None}, "SUV", None),
        ({"kind": "length", "unit": "mm", "value": 12.345}, "mm", 12.35),
        ({"kind": "cobb", "unit": "°", "value": 20.0}, "deg", 20.0),
    ],
)
def test_a_region_gives_its_mean_or_for_suvmax_its_hottest_voxel(annotation, unit, value):
    assert measured(annotation, unit) == value
