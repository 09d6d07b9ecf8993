"""SUV: a real examination with a reference computed by other means, and the ways in which a file can refuse one."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from pydicom.dataset import Dataset

from viewer.component import series_payload
from viewer.decode import frame_values
from viewer.series import read_series
from viewer.windows import SUV_PRESETS, default_window

HALF_LIFE_S = 6586.2
DOSE_BQ, WEIGHT_KG = 300e6, 75.0


def pet(**changed: object) -> dict[str, object]:
    """Attributes of a PET whose injection was an hour before the series began."""
    dose = Dataset()
    dose.RadiopharmaceuticalStartTime = "091500.00"
    dose.RadionuclideTotalDose = DOSE_BQ
    dose.RadionuclideHalfLife = HALF_LIFE_S
    attributes: dict[str, object] = {
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["DECY", "ATTN"],
        "DecayCorrection": "START",
        "PatientWeight": WEIGHT_KG,
        "SeriesDate": "20000101",
        "SeriesTime": "101500",
        "AcquisitionDate": "20000101",
        "AcquisitionTime": "101500",
        "RescaleIntercept": 0,
        "RadiopharmaceuticalInformationSequence": [dose],
    }
    return {**attributes, **changed}


def private(ds, group, creator, element, vr, value, before=()):
    """Add a private attribute; blocks of other creators may stand before its own."""
    for other in before:
        ds.private_block(group, other, create=True).add_new(0x01, "LO", "x")
    ds.private_block(group, creator, create=True).add_new(element, vr, value)


@pytest.fixture
def read_private(write_file, phantom):
    def read(add, **changed):
        paths = []
        for number in range(3):
            ds = phantom(attributes=pet(**changed)).slice(number)
            add(ds, number)
            paths.append(write_file(ds, f"{number}.dcm"))
        return read_series(paths)

    return read


@pytest.mark.parametrize("before", [(), ("SOMEBODY ELSE", "AND ANOTHER")])
def test_philips_counts_become_suv_by_philips_own_factor(read_private, before):
    def add(ds, _):
        private(ds, 0x7053, "Philips PET Private Group", 0x00, "DS", "0.000425", before)

    series = read_private(add, Units="CNTS", PatientWeight=None)
    assert (series.unit, series.value_scale) == ("SUVbw", 0.000425)


def test_philips_counts_without_it_become_becquerels_and_then_suv(read_private, read_pet):
    def add(ds, _):
        private(ds, 0x7053, "Philips PET Private Group", 0x00, "DS", "0")
        private(ds, 0x7053, "Philips PET Private Group", 0x09, "DS", "1.25")

    series = read_private(add, Units="CNTS")
    assert series.unit == "SUVbw"
    assert series.value_scale == pytest.approx(1.25 * read_pet().value_scale)
    series = read_private(add, Units="CNTS", PatientWeight=None)
    assert (series.unit, series.value_scale) == ("Bq/mL", 1.25)
    assert any("no patient weight" in note.message for note in series.notes)


def test_a_philips_factor_that_differs_or_is_somebody_elses_is_not_taken(read_private):
    def differing(ds, number):
        private(ds, 0x7053, "Philips PET Private Group", 0x00, "DS", f"0.00042{number}")

    def other(ds, _):
        private(ds, 0x7053, "SOMEBODY ELSE", 0x00, "DS", "0.000425")

    for add in (differing, other):
        series = read_private(add, Units="CNTS")
        assert (series.unit, series.value_scale) == ("", 1.0)
        assert any(note.reason == "no-suv" for note in series.notes)


def test_ge_tells_the_time_of_the_scan_where_the_series_is_dated_later(read_private, read_pet):
    def add(ds, _):
        private(ds, 0x0009, "GEMS_PETD_01", 0x0D, "DT", "20000101101500.00", ("GEMS_IDEN_01",))

    series = read_private(add, SeriesTime="180000", AcquisitionTime="102700")
    assert series.value_scale == pytest.approx(read_pet().value_scale)


@pytest.fixture
def read_pet(write_phantom, phantom):
    def read(**changed):
        dose = {key: value for key, value in changed.items() if key.startswith("Radi")}
        attributes = pet(**{key: value for key, value in changed.items() if key not in dose})
        item = attributes["RadiopharmaceuticalInformationSequence"][0]
        for keyword, value in dose.items():
            if value is None:
                delattr(item, keyword)
            else:
                setattr(item, keyword, value)
        return read_series(write_phantom(phantom(count=3, attributes=attributes)))

    return read


def test_the_real_examination_gives_the_reference_suv_at_the_tumours_maximum(testdata):
    series = read_series(sorted((testdata / "pet-mr-sarcoma/FDG_PET/image").glob("*.dcm")))
    at = next(k for k, frame in enumerate(series.frames) if frame.path.name == "1-239.dcm")
    assert series.unit == "SUVbw"
    assert series.value_scale == pytest.approx(0.000242902977, rel=1e-6)
    assert frame_values(series, at)[73, 73] * series.value_scale == pytest.approx(7.9107, rel=1e-4)
    most = max(frame_values(series, k).max() for k in range(len(series.frames)))
    assert most * series.value_scale == pytest.approx(66.5215, rel=1e-4)


def test_values_that_other_software_made_suv_are_taken_as_they_are(testdata):
    series = read_series(sorted((testdata / "pet-ct-cropped/PET/image").glob("*.dcm")))
    most = max(frame_values(series, k).max() for k in range(len(series.frames)))
    assert (series.unit, series.value_scale) == ("SUVbw", 1.0)
    assert most == pytest.approx(25.412, rel=1e-3)


def test_the_dose_has_decayed_by_the_hour_before_the_scan_and_the_integers_stay_integers(read_pet):
    series = read_pet()
    left = DOSE_BQ * 0.5 ** (3600 / HALF_LIFE_S)
    assert series.value_scale == pytest.approx(WEIGHT_KG * 1000 / left, rel=1e-9)
    assert (series.unit, frame_values(series, 1).dtype.kind) == ("SUVbw", "i")


def test_values_corrected_to_the_administration_need_no_decay(read_pet):
    assert read_pet(DecayCorrection="ADMIN").value_scale == pytest.approx(WEIGHT_KG * 1000 / DOSE_BQ)


def test_an_injection_before_midnight_is_of_the_day_before(read_pet):
    series = read_pet(SeriesTime="003000", AcquisitionTime="003000", RadiopharmaceuticalStartTime="233000")
    assert series.value_scale == pytest.approx(read_pet().value_scale)


def test_the_full_date_of_injection_counts_where_there_is_one(read_pet):
    series = read_pet(RadiopharmaceuticalStartDateTime="19991231101500.00+0100")
    left = DOSE_BQ * 0.5 ** (24 * 3600 / HALF_LIFE_S)
    assert series.value_scale == pytest.approx(WEIGHT_KG * 1000 / left)


def test_a_series_dated_after_its_acquisition_is_timed_by_its_frames(read_pet):
    # A frame of 4 min that begins 12 min after the reference has its mean activity just before 14 min.
    start, duration = datetime(2000, 1, 1, 10, 15), 240.0
    times = np.linspace(0, duration, 100_001)
    mean = np.mean(0.5 ** (times / HALF_LIFE_S))
    reference = 720 + HALF_LIFE_S * np.log2(1 / mean)
    series = read_pet(
        SeriesTime="180000",
        AcquisitionTime=(start + timedelta(seconds=720)).strftime("%H%M%S"),
        FrameReferenceTime=round(reference * 1000, 3),
        ActualFrameDuration=int(duration * 1000),
    )
    assert series.value_scale == pytest.approx(read_pet().value_scale, rel=1e-5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"PatientWeight": None}, "no patient weight"),
        ({"PatientWeight": 0}, "no patient weight"),
        ({"CorrectedImage": ["DECY"]}, "attenuation"),
        ({"CorrectedImage": ["ATTN"]}, "decay"),
        ({"DecayCorrection": "NONE"}, "decay correction is NONE"),
        ({"RadionuclideTotalDose": None}, "no injected dose"),
        ({"RadionuclideTotalDose": 300.0}, "MBq"),
        ({"RadionuclideHalfLife": None}, "no half-life"),
        ({"RadiopharmaceuticalStartTime": None}, "no time of injection"),
        ({"RadionuclideHalfLife": 282_240.0}, "no date of injection"),
        ({"AcquisitionTime": None}, "no acquisition date and time"),
        ({"SeriesTime": "120000"}, "frame reference times"),
        ({"RadiopharmaceuticalStartDateTime": "20000102101500"}, "after the scan"),
    ],
)
def test_what_is_missing_or_impossible_leaves_becquerels_and_is_said(read_pet, changed, words):
    series = read_pet(**changed)
    assert (series.unit, series.value_scale) == ("Bq/mL", 1.0)
    (note,) = [note for note in series.notes if note.reason == "no-suv"]
    assert words in note.message
    assert note.fault, "the reader must see it"


@pytest.mark.parametrize(("units", "kind"), [("CNTS", ""), ("PROPCNTS", ""), ("GML", "LBM")])
def test_counts_and_other_kinds_of_suv_get_no_unit(read_pet, units, kind):
    series = read_pet(Units=units, SUVType=kind)
    assert (series.unit, series.value_scale) == ("", 1.0)
    assert any(note.reason == "no-suv" for note in series.notes)


def test_pet_opens_from_0_to_7_with_dark_for_much_and_offers_windows_that_begin_at_0(read_pet):
    series = read_pet(WindowCenter=[5000], WindowWidth=[10000])
    window = default_window(series, frame_values(series, 1))
    assert (window.center, window.width) == (3.5, 7.0)
    assert all(one.center == one.width / 2 for one in SUV_PRESETS)
    payload = series_payload(
        series, name="pet", label="PET", estimated_spacing=False, start_frame=1, windows=(), url=""
    )
    assert (payload["unit"], payload["scale"], payload["inverted"]) == ("SUVbw", series.value_scale, True)
    assert payload["window"]["width"] == 7.0


def test_pet_without_suv_opens_from_0_too(read_pet):
    series = read_pet(PatientWeight=None)
    window = default_window(series, np.array([[-3, 0], [2000, 4000]]))
    assert window.center == window.width / 2 > 0


def test_only_pet_is_scaled(write_phantom, phantom):
    series = read_series(write_phantom(phantom(count=3)))
    assert (series.unit, series.value_scale) == ("HU", 1.0)
