"""Presentation states, reports, key objects and overlays, as highdicom and pydicom write and read them."""

import highdicom as hd
import numpy as np
import pydicom
import pytest
from highdicom.sr.coding import CodedConcept
from pydicom.uid import generate_uid

from tests.viewer.test_segmentation import body_around
from tests.viewer.truths import WRITER, graphic, selection, slices, state
from viewer import RegionError
from viewer.annotations import read_annotations
from viewer.geometry import index_to_patient
from viewer.presentation import read_presentation
from viewer.regions import read_region
from viewer.report import measurements, read_key_images
from viewer.series import read_series

CODE = CodedConcept("4147007", "SCT", "Mass")


@pytest.fixture
def body():
    return body_around()


@pytest.fixture
def sources(body):
    return slices(body)


@pytest.fixture
def series(sources, write_file):
    return read_series([write_file(ds, f"{number}.dcm") for number, ds in enumerate(sources)])


def frame_of(series, ds):
    return next(k for k, frame in enumerate(series.frames) if frame.sop_instance_uid == ds.SOPInstanceUID)


def test_graphics_stand_where_the_standard_counts_from(sources, series, tmp_path):
    path = state(
        sources,
        [
            graphic("POINT", [[10.5, 20.5]]),
            graphic("CIRCLE", [[30.5, 30.5], [36.5, 30.5]]),
            graphic("ELLIPSE", [[10.5, 40.5], [30.5, 40.5], [20.5, 36.5], [20.5, 44.5]]),
            graphic("POLYLINE", [[1.5, 1.5], [5.5, 1.5], [5.5, 4.5], [1.5, 1.5]]),
            graphic("POLYLINE", [[50.5, 10.5], [60.5, 12.5]]),
        ],
        images=[sources[7]],
        path=tmp_path / "pr.dcm",
    )
    point, circle, ellipse, ring, line = read_annotations(path, series, "x")
    assert {one.frame for one in (point, circle, ellipse, ring, line)} == {frame_of(series, sources[7])}
    # The centre of the first pixel is (0.5, 0.5) from its corner, and (0, 0) here.
    assert point.points == ((10, 20),)
    assert np.hypot(*(np.array(circle.points) - (30, 30)).T) == pytest.approx(6)
    x, y = (np.array(ellipse.points) - (20, 40)).T
    assert (x / 10) ** 2 + (y / 4) ** 2 == pytest.approx(1)
    assert [one.closed for one in (point, circle, ellipse, ring, line)] == [False, True, True, True, False]
    assert ring.points == ((1, 1), (5, 1), (5, 4))
    assert line.label == "FINDINGS"


def test_a_figure_without_images_of_its_own_is_on_all_and_display_units_are_parts_of_the_area(
    sources, series, tmp_path
):
    path = state(sources[:3], [graphic("POINT", [[0.5, 0.25]], "DISPLAY")], path=tmp_path / "pr.dcm")
    found = read_annotations(path, series, "x")
    assert {one.frame for one in found} == {frame_of(series, ds) for ds in sources[:3]}
    assert {one.points for one in found} == {((35.5, 15.5),)}


def test_texts_and_windows_of_a_state_are_read(sources, series, tmp_path):
    text = hd.pr.TextObject("Here", units="PIXEL", anchor_point=(12.5, 13.5))
    voi = hd.pr.SoftcopyVOILUTTransformation(window_center=40, window_width=400)
    path = state(sources[:1], [], [text], path=tmp_path / "pr.dcm", voi_lut_transformations=[voi])
    found = read_presentation(path, series, "x")
    [note] = found.annotations
    assert (note.label, note.points, note.closed) == ("Here", ((12, 13),), False)
    assert [(window.center, window.width) for window in found.windows] == [(40, 400)]
    assert not found.inverted


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"PresentationLUTShape": "INVERSE", "ImageRotation": 90, "ImageHorizontalFlip": "Y"}, (True, 90, True)),
        ({"PresentationLUTShape": "IDENTITY", "ImageRotation": 270, "ImageHorizontalFlip": "N"}, (False, 270, False)),
        ({}, (None, 0, False)),
    ],
)
def test_a_state_says_how_the_image_lies_and_what_is_bright(sources, series, tmp_path, change, expected):
    path = state(sources[:1], [graphic("POINT", [[9, 9]])], path=tmp_path / "pr.dcm")
    ds = pydicom.dcmread(path)
    del ds.PresentationLUTShape
    for keyword, value in change.items():
        setattr(ds, keyword, value)
    ds.save_as(path)
    found = read_presentation(path, series, "x")
    assert (found.inverted, found.rotation, found.flipped) == expected


def test_identity_turns_over_what_the_image_calls_white(sources, tmp_path, write_file):
    path = state(sources[:1], [graphic("POINT", [[9, 9]])], path=tmp_path / "pr.dcm")
    sources[0].PhotometricInterpretation = "MONOCHROME1"
    assert read_presentation(path, read_series([write_file(sources[0], "0.dcm")]), "x").inverted


def test_a_rotation_that_is_no_quarter_turn_is_refused(sources, series, tmp_path):
    path = state(sources[:1], [graphic("POINT", [[9, 9]])], path=tmp_path / "pr.dcm")
    ds = pydicom.dcmread(path)
    ds.ImageRotation = 45
    ds.save_as(path)
    with pytest.raises(RegionError, match="rotation of 45"):
        read_presentation(path, series, "x")


@pytest.mark.parametrize(("slope", "windows"), [(1, 1), (2, 0)])
def test_windows_of_other_values_than_are_shown_are_left_out(sources, series, tmp_path, slope, windows):
    voi = hd.pr.SoftcopyVOILUTTransformation(window_center=40, window_width=400)
    path = state(sources[:1], [graphic("POINT", [[9, 9]])], path=tmp_path / "pr.dcm", voi_lut_transformations=[voi])
    ds = pydicom.dcmread(path)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = slope, series.frames[0].intercept, "HU"
    ds.save_as(path)
    assert len(read_presentation(path, series, "x").windows) == windows


def test_a_state_of_other_images_is_refused(sources, tmp_path, write_file):
    path = state(sources[:1], [graphic("POINT", [[1, 1]])], path=tmp_path / "pr.dcm")
    other = sources[5]
    other.SOPInstanceUID, other.SeriesInstanceUID = "1.2.9.9", "1.2.9"
    with pytest.raises(RegionError) as caught:
        read_annotations(path, read_series([write_file(other, "other.dcm")]), "x")
    assert caught.value.reason == "wrong-reference"


def overlay(ds, group, mask, origin=(1, 1), label="LESION", frames=None):
    ds.add_new((group, 0x10), "US", mask.shape[-2])
    ds.add_new((group, 0x11), "US", mask.shape[-1])
    ds.add_new((group, 0x40), "CS", "R")
    ds.add_new((group, 0x50), "SS", list(origin))
    ds.add_new((group, 0x100), "US", 1)
    ds.add_new((group, 0x102), "US", 0)
    ds.add_new((group, 0x1500), "LO", label)
    if frames:
        ds.add_new((group, 0x15), "IS", frames)
    packed = np.packbits(mask.ravel(), bitorder="little").tobytes()
    ds.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))


def test_an_overlay_is_outlined_where_its_origin_puts_it_and_cut_at_the_image(phantom, write_file, tmp_path):
    ds = slices(phantom(count=1))[0]
    mask = np.zeros((20, 30), bool)
    mask[5:9, 10:13] = True
    overlay(ds, 0x6000, mask, (11, 21))
    overlay(ds, 0x6002, np.ones((6, 6), bool), (-2, 70), "CORNER")
    path = write_file(ds, "image.dcm")
    np.testing.assert_array_equal(pydicom.dcmread(path).overlay_array(0x6000), mask)
    series = read_series([path])
    spec = {"name": "r", "label": "R", "series": "s", "kind": "annotation", "file": "image.dcm", "item": "LESION"}
    expected = np.zeros((64, 72), bool)
    expected[15:19, 30:33] = True
    np.testing.assert_array_equal(read_region(spec, tmp_path, series).masks[0], expected)
    expected = np.zeros((64, 72), bool)
    expected[0:3, 69:72] = True
    np.testing.assert_array_equal(read_region({**spec, "item": "CORNER"}, tmp_path, series).masks[0], expected)
    with pytest.raises(RegionError, match="'CORNER', 'LESION'"):
        read_region({**spec, "item": "NONE"}, tmp_path, series)


def test_overlays_of_a_real_state_and_in_unused_bits_are_those_that_are_there(testdata):
    folder = testdata / "seg" / "gsps"
    series = read_series([folder / "overlay.dcm"])
    ds = pydicom.dcmread(folder / "overlay.dcm")
    state_ = pydicom.dcmread(folder / "prOverlay.dcm")
    words = np.frombuffer(ds.PixelData, "<u2").reshape(512, 512)
    expected = np.zeros((512, 512), bool)
    for plane in (words >> 15 & 1, words >> 14 & 1, ds.overlay_array(0x6004), ds.overlay_array(0x6006)):
        expected |= plane.astype(bool)
    spec = {"name": "r", "series": "s", "kind": "annotation", "file": "overlay.dcm"}
    shown = read_region(spec, folder, series).masks[0]
    # Outlines run along the pixels' edges, so filling them gives the pixels and the holes in them.
    assert not (expected & ~shown).any()
    own = expected | state_.overlay_array(0x6008).astype(bool) | state_.overlay_array(0x600A).astype(bool)
    shown = read_region({**spec, "file": "prOverlay.dcm"}, folder, series).masks[0]
    assert not (own & ~shown).any()


def reported(sources, group):
    observer = hd.sr.ObserverContext(
        observer_type=CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes("Test^Reader"),
    )
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=CodedConcept("25045-6", "LN", "Unspecified CT"),
        imaging_measurements=[group],
    )
    return hd.sr.Comprehensive3DSR(
        evidence=sources, content=report, **WRITER, institution_name="None", institutional_department_name="None"
    )


def millimetres(name, value):
    return hd.sr.Measurement(
        name=CodedConcept("410668003", "SCT", name), value=value, unit=CodedConcept("mm", "UCUM", "mm")
    )


def test_a_figure_on_an_image_is_drawn_there_with_what_was_measured(sources, series, tmp_path):
    region = hd.sr.ImageRegion(
        graphic_type=hd.sr.GraphicTypeValues.ELLIPSE,
        graphic_data=np.array([[10.5, 40.5], [30.5, 40.5], [20.5, 36.5], [20.5, 44.5]]),
        source_image=hd.sr.SourceImageForRegion.from_source_image(sources[4]),
    )
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(generate_uid(), "Lesion 1"),
        referenced_region=region,
        finding_type=CODE,
        measurements=[millimetres("Length", 20.0)],
    )
    reported(sources, group).save_as(tmp_path / "sr.dcm")
    [found] = read_annotations(tmp_path / "sr.dcm", series, "x")
    assert (found.frame, found.closed, found.label) == (frame_of(series, sources[4]), True, "Lesion 1")
    assert found.measured == "Length 20.0 mm"
    x, y = (np.array(found.points) - (20, 40)).T
    assert (x / 10) ** 2 + (y / 4) ** 2 == pytest.approx(1)
    theirs = hd.sr.srread(tmp_path / "sr.dcm").content.get_planar_roi_measurement_groups()
    assert theirs[0].tracking_identifier == found.label
    spec = {"name": "r", "label": "R", "series": "s", "kind": "annotation", "file": "sr.dcm", "item": "Lesion 1"}
    assert read_region(spec, tmp_path, series).masks[found.frame].sum() == pytest.approx(np.pi * 10 * 4, rel=0.08)


def test_a_figure_in_the_patient_is_drawn_on_the_slice_that_it_lies_in(sources, series, body, tmp_path):
    row, column, _ = body.axes()
    at = np.array(body.position(6)) + 20 * row + 15 * column
    ring = np.array([at, at + 8 * row, at + 8 * row + 5 * column, at + 5 * column, at])
    region = hd.sr.ImageRegion3D(
        graphic_type=hd.sr.GraphicTypeValues3D.POLYGON,
        graphic_data=ring,
        frame_of_reference_uid=sources[0].FrameOfReferenceUID,
    )
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(generate_uid(), "Box"), referenced_region=region, finding_type=CODE
    )
    reported(sources, group).save_as(tmp_path / "sr.dcm")
    [found] = read_annotations(tmp_path / "sr.dcm", series, "x")
    assert (found.frame, found.closed) == (frame_of(series, sources[6]), True)
    affine = index_to_patient(series, found.frame)
    places = [(affine @ [x, y, 0, 1])[:3] for x, y in found.points]
    assert np.array(places) == pytest.approx(ring[:4], abs=1e-3)


def test_the_groups_of_a_real_report_are_those_that_highdicom_finds(testdata):
    path = testdata / "seg" / "sr-tid1500" / "sr.dcm"
    ds = pydicom.dcmread(path)
    groups = measurements(ds)
    assert groups
    texts = " ".join(text for _, text in groups)
    assert "Standardized Added Metabolic Activity 107.283 g" in texts


def test_a_report_on_images_that_are_not_there_fails_politely(testdata):
    series = read_series(sorted((testdata / "seg" / "ct-3slice").glob("0*.dcm")))
    with pytest.raises(RegionError) as caught:
        read_annotations(testdata / "seg" / "sr-tid1500" / "sr.dcm", series, "x")
    assert caught.value.reason == "wrong-reference"


def test_key_images_are_found_in_reading_order(sources, series, tmp_path):
    path = selection(sources, [sources[9], sources[2]], "Look here", path=tmp_path / "ko.dcm")
    found = read_key_images(path, series, "x")
    assert found.frames == tuple(sorted((frame_of(series, sources[2]), frame_of(series, sources[9]))))
    assert (found.title, found.description) == ("Of Interest", "Look here")


def test_what_draws_nothing_is_refused(series, tmp_path):
    with pytest.raises(RegionError, match="no overlay"):
        read_annotations(series.frames[3].path, series, "x")
    junk = tmp_path / "junk.dcm"
    junk.write_bytes(b"nothing")
    with pytest.raises(RegionError):
        read_annotations(junk, series, "x")
