from pathlib import Path

import numpy as np
import pytest

from viewer.decode import frame_values
from viewer.regions import read_region
from viewer.series import read_series
from viewer.sheet import TILE, Tile, contact_sheet, grey
from viewer.windows import Window, default_window

CASE = Path(__file__).parents[2] / "cases" / "library" / "msk-cr-01"


def test_a_window_maps_its_ends_to_black_and_white_and_its_middle_to_grey():
    # PS3.3 C.11.2.1.2.1 with centre 50 and width 101: -0.5 is black, 99.5 is white.
    levels = grey(np.array([-200.0, -0.5, 49.5, 99.5, 400.0]), Window(50, 101), inverted=False)
    assert levels.tolist() == [0, 0, 127, 255, 255]
    assert grey(np.array([-200.0, 400.0]), Window(50, 101), inverted=True).tolist() == [255, 0]


def test_an_outline_is_drawn_around_the_centre_of_its_region():
    series = read_series(sorted((CASE / "dicom" / "cr").glob("*.dcm")))
    spec = {"name": "r", "label": "R", "series": "cr", "kind": "ellipse", "frame": 1, "centre": [905, 1115]}
    region = read_region({**spec, "radii": [55, 100]}, CASE, series)
    both = np.asarray(contact_sheet([Tile("r", region, Window(550, 1024))], across=1)).astype(int)
    sheet, detail = both[:, :TILE], both[:TILE, TILE:]
    rows, columns = np.nonzero((sheet[..., 1] - sheet[..., 0] > 80) & (sheet[..., 1] - sheet[..., 2] > 30))
    scale = TILE / series.columns
    assert (columns.min() + columns.max()) / 2 == pytest.approx(905 * scale, abs=2)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(1115 * scale, abs=2)
    # Beside it stands the place itself, without the outline: as bright as the file says its middle is.
    assert not np.any(detail[..., 1] - detail[..., 0] > 80)
    middle = frame_values(series, 0)[1105:1126, 895:916].astype(float).mean()
    assert detail[205:216, 205:216].mean() == pytest.approx(255 - ((middle - 549.5) / 1023 + 0.5) * 255, abs=8)


def test_pet_is_drawn_in_the_unit_of_its_window():
    case = CASE.parent / "nuclear-petct-01"
    series = read_series(sorted((case / "dicom" / "pet").glob("*.dcm")))
    spec = {"name": "r", "label": "R", "series": "pet", "kind": "contours", "file": "regions/nodule.json"}
    tile = Tile("r", read_region({**spec, "agreement": 2}, case, series), default_window(series, np.zeros((2, 2))))
    sheet = np.asarray(contact_sheet([tile], across=1))[:TILE].astype(int)
    assert (sheet > 250).mean() < 0.2, "the lesion and the labels, not the whole body"
    assert sheet[TILE // 2, TILE + TILE // 2].min() > 200, "the lesion"
