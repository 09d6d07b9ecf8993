import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from viewer import DecodeError
from viewer.attributes import Reader
from viewer.decode import frame_values
from viewer.elements import Attributes
from viewer.palette import expand_segments
from viewer.series import read_series


def modality_values(path, index=0):
    """Rescale with pydicom and numpy alone."""
    ds = pydicom.dcmread(path)
    values = pydicom.pixels.apply_modality_lut(ds.pixel_array, ds)
    return values[index] if values.ndim == 3 and ds.SamplesPerPixel == 1 else values


@pytest.mark.parametrize(
    "name",
    [
        "syntaxes/ctimage/CTImage_BigEndianExplicit_1.2.840.10008.1.2.2.dcm",
        "syntaxes/ctimage/CTImage_DeflatedExplicitVRLittleEndian_1.2.840.10008.1.2.1.99.dcm",
        "syntaxes/ctimage/CTImage_JPEG2000LosslessOnly_1.2.840.10008.1.2.4.90.dcm",
        "syntaxes/ctimage/CTImage_JPEGLSLossless_1.2.840.10008.1.2.4.80.dcm",
        "syntaxes/ctimage/CTImage_RLELossless_1.2.840.10008.1.2.5.dcm",
        "syntaxes/ctimage/CTImage_JPEGProcess1_1.2.840.10008.1.2.4.50.dcm",
        "syntaxes/mono/mlut_18.dcm",
        "pet-mr-sarcoma/FDG_PET/image/1-001.dcm",
        "syntaxes/colour/US-YBR_FULL-RLE.dcm",
        "syntaxes/colour/SC_ybr_full_422_uncompressed.dcm",
        "syntaxes/colour/color-pl_planar1.dcm",
    ],
)
def test_modality_values_are_those_of_another_path_through_pydicom(testdata, name):
    series = read_series([testdata / name])
    values = frame_values(series, 0)
    assert values.dtype == np.dtype(series.dtype).newbyteorder("<")
    assert values.flags.c_contiguous
    assert np.allclose(values.astype(float), modality_values(testdata / name), rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", ["TestPattern_Palette.dcm", "TestPattern_Palette_16.dcm"])
def test_palette_colours_are_those_of_pydicom(testdata, name):
    path = testdata / "syntaxes" / "colour" / name
    ds = pydicom.dcmread(path)
    expected = pydicom.pixels.apply_color_lut(ds.pixel_array, ds)
    series = read_series([path])
    assert (series.photometric, series.samples, series.dtype) == ("RGB", 3, "uint8")
    assert (frame_values(series, 0) == (expected >> 8 if expected.dtype == np.uint16 else expected)).all()


@pytest.mark.parametrize(
    "name", ["colour/HTJ2KLossless_08_RGB.dcm", "colour/HTJ2K_08_RGB.dcm", "mono/JLSL_16_15_1_1F.dcm"]
)
def test_codec_samples_decode_once_they_have_a_study(testdata, write_file, name):
    ds = pydicom.dcmread(testdata / "syntaxes" / name)
    expected = pydicom.pixels.pixel_array(ds)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    series = read_series([write_file(ds, syntax=ds.file_meta.TransferSyntaxUID)])
    assert (frame_values(series, 0) == expected).all()


def test_monochrome1_is_told_and_not_inverted(testdata):
    path = testdata / "syntaxes" / "mono" / "CR-MONO1-10-chest.dcm"
    series = read_series([path])
    assert series.photometric == "MONOCHROME1"
    assert (frame_values(series, 0) == pydicom.dcmread(path).pixel_array).all()


def test_each_frame_of_a_multi_frame_is_itself(testdata):
    path = testdata / "syntaxes" / "multiframe" / "emri_small_jpeg_ls_lossless.dcm"
    plain = pydicom.dcmread(testdata / "syntaxes" / "multiframe" / "emri_small.dcm").pixel_array
    series = read_series([path])
    for index, frame in enumerate(series.frames):
        assert (frame_values(series, index) == plain[frame.number]).all()


@pytest.mark.parametrize("has_bot", [True, False])
@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_frames_in_several_fragments_are_found_with_and_without_an_offset_table(testdata, write_file, has_bot, pieces):
    ds = pydicom.dcmread(testdata / "syntaxes" / "multiframe" / "emri_small_jpeg_2k_lossless.dcm")
    plain = pydicom.dcmread(testdata / "syntaxes" / "multiframe" / "emri_small.dcm").pixel_array
    frames = list(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=10))
    ds.PixelData = encapsulate(frames, fragments_per_frame=pieces, has_bot=has_bot)
    series = read_series([write_file(ds, syntax=ds.file_meta.TransferSyntaxUID)])
    for index, frame in enumerate(series.frames):
        assert (frame_values(series, index) == plain[frame.number]).all()


def test_a_wrong_offset_table_cannot_move_the_frames(testdata, write_file):
    ds = pydicom.dcmread(testdata / "syntaxes" / "multiframe" / "emri_small_jpeg_2k_lossless.dcm")
    frames = list(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=10))
    data = bytearray(encapsulate(frames, fragments_per_frame=2))
    data[8:48] = b"\xff" * 40
    ds.PixelData = bytes(data)
    series = read_series([write_file(ds, syntax=ds.file_meta.TransferSyntaxUID)])
    assert frame_values(series, 9).max() > 0


def test_a_frame_of_another_size_than_the_header_is_refused(testdata, write_file):
    ds = pydicom.dcmread(testdata / "syntaxes" / "ctimage" / "CTImage_JPEG2000_1.2.840.10008.1.2.4.91.dcm")
    ds.Rows = 500
    series = read_series([write_file(ds, syntax=ds.file_meta.TransferSyntaxUID)])
    with pytest.raises(DecodeError, match="claims 512 x 512") as caught:
        frame_values(series, 0)
    assert caught.value.reason == "undecodable"


def test_a_file_gone_since_it_was_read_is_a_decode_error(phantom, write_file):
    path = write_file(phantom().slice(0))
    series = read_series([path])
    path.unlink()
    with pytest.raises(DecodeError):
        frame_values(series, 0)


def test_one_bit_masks_are_unpacked_frame_by_frame(testdata):
    path = testdata / "seg" / "liver-24x38x3" / "label_seg.dcm"
    expected = pydicom.dcmread(path).pixel_array
    series = read_series([path])
    for index, frame in enumerate(series.frames):
        assert (frame_values(series, index) == expected[frame.number]).all()


def test_a_segmented_colour_table_never_grows_past_its_stated_length():
    # Discrete 10, 20; then linear up to 120 in 5 steps; then both again (indirect), again and again.
    assert expand_segments([0, 2, 10, 20, 1, 5, 120], 7).tolist() == [10, 20, 40, 60, 80, 100, 120]
    assert len(expand_segments([0, 1, 7] + [1, 65535, 9] * 5000, 300)) == 300


def test_numbers_are_read_strictly():
    reader = Reader(Attributes(little_endian=True, values={0x00281053: b"1_0 ", 0x00281052: b"nan "}))
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        with pytest.raises(ValueError, match=keyword):
            reader.numbers(keyword)


def test_a_supplemental_palette_colours_the_values_from_its_first_on(testdata):
    path = testdata / "syntaxes" / "multiframe" / "eCT_Supplemental.dcm"
    ds = pydicom.dcmread(path)
    series = read_series([path])
    assert (series.samples, series.photometric, series.dtype, series.unit) == (3, "RGB", "uint8", "")
    tables = [
        np.frombuffer(ds[f"{name}PaletteColorLookupTableData"].value, "<u2") >> 8 for name in ("Red", "Green", "Blue")
    ]
    for index, frame in enumerate(series.frames):
        stored = ds.pixel_array[frame.number].astype(int)
        shown = frame_values(series, index)
        upper = stored >= 1024
        assert upper.any()
        for channel, table in enumerate(tables):
            expected = table[np.clip(stored - 1024, 0, 99)]
            np.testing.assert_array_equal(shown[..., channel][upper], expected[upper])
        # Below, the file's window 49 / 102 in rescaled values, LINEAR, from black to white.
        levels = np.clip(((stored - 1024 - 48.5) / 101 + 0.5) * 255, 0, 255)
        assert np.abs(shown[..., 0][~upper] - levels[~upper]).max() <= 1
        assert (shown[~upper].min(axis=1) == shown[~upper].max(axis=1)).all()


def test_colour_of_16_bits_is_shown_by_its_upper_8(testdata):
    path = testdata / "syntaxes" / "colour" / "SC_rgb_rle_16bit.dcm"
    series = read_series([path])
    assert (series.samples, series.dtype) == (3, "uint8")
    expected = pydicom.dcmread(path).pixel_array >> 8
    assert expected.max() > 200
    np.testing.assert_array_equal(frame_values(series, 0), expected)


def test_padding_above_the_range_of_int16_stays_at_its_end(phantom, write_file):
    ds = phantom().slice(0)
    ds.PixelRepresentation, ds.RescaleIntercept = 0, -1024
    ds.PixelData = np.tile(np.array([0, 1064, 63536, 65535], "<u2"), 64 * 18).tobytes()
    values = frame_values(read_series([write_file(ds)]), 0)
    assert values.dtype == np.dtype("<i2")
    assert sorted(set(values.ravel().tolist())) == [-1024, 40, 32767]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("JPEG-LS-Lossless", 0.0),
        ("JPEG-Lossless_RGB", 0.0),
        ("JPEG-LS-NearLossless", 1.1),
        ("JPEG-Baseline_YBRFull", 1.0),
        ("JPEG-Baseline_YBR422", 1.0),
        ("Palette", 0.5),
        ("Palette_16", 0.5),
    ],
)
def test_one_picture_has_its_colours_however_it_is_written(testdata, name, most):
    folder = testdata / "syntaxes" / "colour"
    ds = pydicom.dcmread(folder / "TestPattern_RGB.dcm")
    plain = np.frombuffer(ds.PixelData, np.uint8).reshape(400, 640, 3).astype(int)
    shown = frame_values(read_series([folder / f"TestPattern_{name}.dcm"]), 0)
    assert shown.dtype == np.uint8
    assert np.abs(shown - plain).mean() <= most


def test_colour_by_plane_and_by_pixel_is_the_same(testdata):
    by_plane, by_pixel = (
        frame_values(read_series([testdata / "syntaxes" / "colour" / name]), 0)
        for name in ("color-pl_planar1.dcm", "color-px_planar0.dcm")
    )
    assert by_plane.std() > 10
    np.testing.assert_array_equal(by_plane, by_pixel)
