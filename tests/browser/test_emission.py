"""Emission images on screen: SUV under the pointer, dark for much, windows that begin at 0."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.reading import ReadPage
from tests.browser.truth import LIBRARY
from viewer.decode import frame_values
from viewer.geometry import nearest_frame, patient_to_index
from viewer.series import read_series


@pytest.mark.parametrize(
    ("slug", "name", "unit"), [("nuclear-petct-01", "pet", "SUVbw"), ("nuclear-spectct-01", "spect", "")]
)
def test_the_probe_reads_what_was_painted_and_much_is_dark(reader: ReadPage, slug: str, name: str, unit: str) -> None:
    lesion = json.loads((LIBRARY / slug / "truth.json").read_text())["lesion"]
    series = read_series(sorted((LIBRARY / slug / "dicom" / name).glob("*.dcm")))
    frame = nearest_frame(series, lesion["centre_mm"])
    column, row = (round(float(x)) for x in patient_to_index(series, lesion["centre_mm"], frame)[:2])
    value = frame_values(series, frame)[row, column] * series.value_scale

    reader.open(slug)
    reader.shows(series=name, frames=len(series.frames))
    expect(reader.page.locator(".ro-title")).to_contain_text("simulated acquisition")
    reader.go_to(frame + 1)
    reader.hover(reader.at((column, row)))
    text = f"{value:.2f} SUVbw" if unit else f"{value:g}"
    reader.shows(probe=f"{text}   ({column}, {row})")
    # What was painted, less what the resolution spreads out of it, within three standard deviations of the counting:
    # PET 8.00 SUV, recovery 0.999, noise 0.44. SPECT 6 times normal bone, recovery below one half, noise 4 %.
    expected = lesion["painted"] * lesion["recovery"]
    assert float(reader.data("probe").split()[0]) == pytest.approx(expected, abs=3 * lesion["predicted_noise"])
    reader.shows_grey([(column, row), (1, 1)], [0, 255], within=2)
    reader.press("i")
    reader.shows_grey([(column, row), (1, 1)], [255, 0], within=2)
    reader.press("i")


def test_a_drag_of_the_window_keeps_its_floor_at_zero_and_the_greys_follow(reader: ReadPage) -> None:
    slug, frame, point = "nuclear-petct-01", 44, (34, 52)
    series = read_series(sorted((LIBRARY / slug / "dicom" / "pet").glob("*.dcm")))
    reader.open(slug)
    reader.shows(window_center=3.5, window_width=7)
    reader.go_to(frame + 1)
    reader.drag((60, 30))
    width, center = float(reader.data("window-width")), float(reader.data("window-center"))
    assert width > 7
    assert center == pytest.approx(width / 2, abs=0.01)
    value = float(frame_values(series, frame)[point[1], point[0]]) * series.value_scale
    assert 1 < value < 4, "liver"
    reader.zoom_on(point, 20)
    reader.shows_grey([point], [255 - 255 * value / width], within=3)
