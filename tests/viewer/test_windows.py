import numpy as np
import pytest

from viewer.series import read_series
from viewer.windows import CT_PRESETS, Window, default_window, percentile_window, presets

# Width and level in HU, as the reading-room table has them.
TABLE = {
    "Abdomen": (400, 40),
    "Liver, portal venous": (150, 90),
    "Liver, unenhanced": (150, 30),
    "Mediastinum": (350, 50),
    "Lung": (1500, -600),
    "Bone": (1800, 400),
    "Brain": (80, 40),
    "Stroke": (40, 40),
    "Subdural": (200, 75),
    "Temporal bone": (2800, 600),
    "Head and neck soft tissue": (375, 40),
    "Spine soft tissue": (250, 50),
    "CT angiography": (600, 200),
    "Pulmonary embolism": (700, 100),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_preset_has_its_width_and_level(name):
    window = CT_PRESETS[name]
    assert (window.name, window.width, window.center, window.function) == (name, *TABLE[name], "LINEAR")


def test_there_is_no_preset_beside_the_table():
    assert set(CT_PRESETS) == set(TABLE)


@pytest.mark.parametrize(
    ("body_part", "first", "among", "never"),
    [
        ("CHEST", "Lung", "Pulmonary embolism", "Brain"),
        ("HEAD", "Brain", "Subdural", "Lung"),
        ("Head", "Brain", "Stroke", "Liver, unenhanced"),
        ("HEADNECK", "Head and neck soft tissue", "Bone", "Liver, unenhanced"),
        ("ABDOMEN", "Abdomen", "Liver, portal venous", "Stroke"),
        ("LSPINE", "Spine soft tissue", "Bone", "Brain"),
        ("IAC TEMPORAL BONE", "Temporal bone", "Bone", "Lung"),
        ("HEART", "CT angiography", "Mediastinum", "Brain"),
        ("KNEE", "Bone", "CT angiography", "Brain"),
        ("", "Abdomen", "Lung", "Stroke"),
    ],
)
def test_a_body_part_gets_the_presets_that_make_sense(body_part, first, among, never):
    names = [window.name for window in presets("CT", body_part)]
    assert names[0] == first
    assert among in names
    assert never not in names
    assert len(names) == len(set(names)) <= 9


@pytest.mark.parametrize("modality", ["MR", "CR", "DX", "XA", "US", "PT", "NM", "OT"])
def test_values_without_a_fixed_scale_get_no_presets(modality):
    assert presets(modality, "CHEST") == ()


def test_a_series_opens_with_its_own_window_then_with_a_preset_then_with_percentiles(phantom, write_file):
    values = np.arange(1001, dtype=np.int16).reshape(77, 13)
    ds = phantom().slice(0)
    ds.WindowCenter, ds.WindowWidth = "10", "20"
    assert default_window(read_series([write_file(ds)]), values) == Window(10, 20)
    assert default_window(read_series([write_file(phantom().slice(0))]), values).name == "Lung"
    other = phantom(attributes={"Modality": "MR"}).slice(0)
    window = default_window(read_series([write_file(other)]), values)
    assert (window.center, window.width, window.name) == (500, 980, "Automatic")


def test_the_percentile_window_of_a_flat_image_is_still_a_window():
    assert percentile_window(np.zeros((4, 4), np.int16)).width == 1.0
    assert percentile_window(np.full((4, 4), np.nan, np.float32)).width == 1.0
