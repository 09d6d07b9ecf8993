import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence

from viewer.component import series_payload
from viewer.decode import frame_values
from viewer.series import read_series
from viewer.windows import grey


def payload(series):
    return series_payload(
        series, name="a", label="A", estimated_spacing=False, start_frame=0, windows=[], url="frames/{a}-{b}"
    )


def test_the_voi_lut_of_a_real_file_shows_what_pydicom_shows(testdata):
    path = testdata / "syntaxes" / "mono" / "vlut_04.dcm"
    ds = pydicom.dcmread(path)
    series = read_series([path])
    window = series.windows[0]
    assert window.function == "LUT"
    assert payload(series)["window"]["function"] == "LUT"
    expected = apply_voi_lut(apply_modality_lut(ds.pixel_array, ds), ds, prefer_lut=True).astype(float)
    bits = ds.VOILUTSequence[0].LUTDescriptor[2]
    shown = grey(frame_values(series, 0), window, inverted=False)
    assert np.abs(shown - expected / (2**bits - 1) * 255).max() <= 1.5


def test_the_modality_lut_of_a_real_file_gives_the_values_that_pydicom_gives(testdata):
    path = testdata / "syntaxes" / "mono" / "mlut_18.dcm"
    ds = pydicom.dcmread(path)
    np.testing.assert_array_equal(frame_values(read_series([path]), 0), apply_modality_lut(ds.pixel_array, ds))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_keep_their_function_as_pydicom_draws_it(phantom, write_file, function):
    ds = phantom(attributes={"Modality": "MR"}).slice(0)
    ds.PixelData = np.linspace(-2000, 2000, 64 * 72).astype("<i2").tobytes()
    ds.RescaleSlope, ds.RescaleIntercept = 1, 0
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 300, 900, function
    path = write_file(ds)
    series = read_series([path])
    assert payload(series)["window"] == {"name": "", "center": 300, "width": 900, "function": function}
    drawn = apply_voi_lut(frame_values(series, 0), pydicom.dcmread(path))
    expected = (drawn + 32768) / 65535 * 255
    assert np.abs(grey(frame_values(series, 0), series.windows[0], inverted=False) - expected).max() <= 1


def test_an_unknown_function_is_not_offered(phantom, write_file):
    ds = phantom().slice(0)
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 300, 900, "CUBIC"
    series = read_series([write_file(ds)])
    assert series.windows == ()
    assert "bad-window" in {note.reason for note in series.notes}


def voi_lut(first, entries, vr="US", bits=8):
    item = Dataset()
    item.add_new("LUTDescriptor", vr, [len(entries), first, bits])
    item.add_new("LUTData", "OW", np.array(entries, "<u2").tobytes())
    return Sequence([item])


def test_a_table_of_signed_values_begins_below_zero_and_stands_before_the_windows(phantom, write_file):
    ds = phantom().slice(0)
    ds.VOILUTSequence = voi_lut(-100, [0, 51, 255], "SS")
    ds.WindowCenter, ds.WindowWidth = 40, 400
    lut, window = read_series([write_file(ds)]).windows
    assert (lut.center, lut.width, lut.lut) == (-99, 2, bytes([0, 51, 255]))
    assert (window.center, window.width, window.function) == (40, 400, "LINEAR")


def test_a_damaged_table_is_noted_and_the_windows_stay(phantom, write_file):
    ds = phantom().slice(0)
    ds.VOILUTSequence = voi_lut(0, [0, 51, 255])
    ds.VOILUTSequence[0].LUTDescriptor = [4096, 0, 12]
    ds.WindowCenter, ds.WindowWidth = 40, 400
    series = read_series([write_file(ds)])
    assert [window.function for window in series.windows] == ["LINEAR"]
    assert [(note.reason, note.fault) for note in series.notes] == [("bad-window", True)]


def test_a_window_is_chosen_from_the_next_frame_when_the_first_cannot_be_decoded(phantom, write_file):
    paths = []
    for number in range(4):
        ds = phantom(attributes={"Modality": "MR"}).slice(number)
        ds.PixelData = np.full((64, 72), 100 + number, "<i2").tobytes()
        paths.append(write_file(ds, f"{number}.dcm"))
    series = read_series(paths)
    series.frames[0].path.write_bytes(b"nothing")
    series.frames[1].path.write_bytes(b"nothing")
    assert payload(series)["window"]["center"] == frame_values(series, 2).mean()
    for path in paths:
        path.write_bytes(b"nothing")
    assert payload(series)["window"]["width"] == 1
