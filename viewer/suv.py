"""From what PET files say about units, dose, weight and times to the factor that turns their values into SUVbw.

One convention: the factor is right for the values after rescale, and is the same for a whole series; where any
part of it is missing or contradicts another there is none, and a note says why. The order of decisions is
that of the vendor-neutral pseudo-code of the QIBA FDG-PET/CT profile (DICOM attributes: PS3.3 C.8.9.1, C.8.9.2,
C.8.9.4).

Of private attributes it reads those that the profile names: Philips' factors to SUV and to Bq/mL for values in
counts, and GE's time of the scan. It guesses no weight, dose or time.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from viewer.attributes import Reader
from viewer.notes import Note

SUVBW: Final = "SUVbw"
"""Unit of values normalised to body weight: g/mL, but one says SUV."""
BECQUEREL: Final = "Bq/mL"
"""Unit of values that are activity concentrations."""

_PHILIPS: Final = (0x7053, "Philips PET Private Group")
_GE: Final = (0x0009, "GEMS_PETD_01")
# An injection is known by its time of day only. For nuclides that are imaged days later that is not enough.
_SAME_DAY_HALF_LIFE_S: Final = 6 * 3600
# Doses below 0.1 MBq are MBq written as Bq: the attribute was in MBq in early versions of the standard.
_LEAST_DOSE_BQ: Final = 1e5
_SPREAD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Emission:
    """What one PET file says about the meaning of its values; empty or None where it says nothing usable."""

    units: str
    """Units (0054,1001): BQML, GML, CNTS and others."""
    suv_type: str
    """SUV Type (0054,1006); empty means BW (C.8.9.1.1.3)."""
    corrections: frozenset[str]
    """Corrected Image (0028,0051)."""
    decay: str
    """Decay Correction (0054,1102): NONE, START or ADMIN."""
    weight_kg: float | None
    """Patient's Weight (0010,1030)."""
    dose_bq: float | None
    """Radionuclide Total Dose (0018,1074), at the time of injection."""
    half_life_s: float | None
    """Radionuclide Half Life (0018,1075)."""
    injected: datetime | None
    """Radiopharmaceutical Start DateTime (0018,1078)."""
    injected_s: float | None
    """Radiopharmaceutical Start Time (0018,1072), seconds of the day."""
    series: datetime | None
    """Series Date and Time (0008,0021), (0008,0031)."""
    acquired: datetime | None
    """Acquisition Date and Time (0008,0022), (0008,0032)."""
    reference_s: float | None
    """Frame Reference Time (0054,1300)."""
    duration_s: float | None
    """Actual Frame Duration (0018,1242)."""
    counts_to_suv: float | None = None
    """Philips' SUV Scale Factor (7053,xx00): SUVbw per count."""
    counts_to_bq: float | None = None
    """Philips' Activity Concentration Scale Factor (7053,xx09): Bq/mL per count."""
    scanned: datetime | None = None
    """GE's date and time of the scan (0009,xx0D), to which values are decay-corrected."""


def read_emission(reader: Reader) -> Emission:
    """Read the attributes that SUV needs from a PET data set."""
    dose = reader.item("RadiopharmaceuticalInformationSequence")
    return Emission(
        units=reader.text("Units"),
        suv_type=reader.text("SUVType"),
        corrections=frozenset(reader.texts("CorrectedImage")),
        decay=reader.text("DecayCorrection"),
        weight_kg=_positive(reader, "PatientWeight"),
        dose_bq=_positive(dose, "RadionuclideTotalDose"),
        half_life_s=_positive(dose, "RadionuclideHalfLife"),
        injected=_moment(*_halves(dose.text("RadiopharmaceuticalStartDateTime"))) if dose else None,
        injected_s=_seconds(dose.text("RadiopharmaceuticalStartTime")) if dose else None,
        series=_moment(reader.text("SeriesDate"), reader.text("SeriesTime")),
        acquired=_moment(reader.text("AcquisitionDate"), reader.text("AcquisitionTime")),
        reference_s=_milliseconds(reader, "FrameReferenceTime"),
        duration_s=_milliseconds(reader, "ActualFrameDuration"),
        counts_to_suv=_factor_of(reader.private(*_PHILIPS, 0x00)),
        counts_to_bq=_factor_of(reader.private(*_PHILIPS, 0x09)),
        scanned=_moment(*_halves(reader.private(*_GE, 0x0D))),
    )


def scale_of(emissions: Sequence[Emission]) -> tuple[float, str, Note | None]:
    """Give factor and unit of a PET series' values.

    Parameters
    ----------
    emissions : sequence of Emission
        One per file.

    Returns
    -------
    float, str, Note or None
        What to multiply the values with; the unit that they are in then; why it is not SUVbw.
    """
    try:
        return _factor(emissions), SUVBW, None
    except _NoSuvError as error:
        scale, unit = _becquerels(emissions)
        values = f"values are {unit}" if unit else "values have no known unit"
        return scale, unit, Note("no-suv", f"no SUV: {error}; {values}", fault=True)


def _becquerels(emissions: Sequence[Emission]) -> tuple[float, str]:
    """Give what makes the values Bq/mL, and that unit; no unit where nothing does."""
    units = {emission.units for emission in emissions}
    factors = {emission.counts_to_bq for emission in emissions}
    if units == {"BQML"}:
        return 1.0, BECQUEREL
    factor = factors.pop() if units == {"CNTS"} and len(factors) == 1 else None
    return (factor, BECQUEREL) if factor else (1.0, "")


class _NoSuvError(Exception):
    """Why a factor cannot be had."""


def _factor(emissions: Sequence[Emission]) -> float:
    """Give g/mL per unit of the values (QIBA profile, appendix on SUV computation)."""
    first = emissions[0]
    if {emission.units for emission in emissions} == {"GML"}:
        if any(emission.suv_type not in ("", "BW") for emission in emissions):
            raise _NoSuvError(f"the values are SUV of another kind ({first.suv_type})")
        return 1.0
    per_unit, unit = _becquerels(emissions)
    if not unit and not any(emission.counts_to_suv for emission in emissions):
        raise _NoSuvError(f"units are {first.units or 'not given'}, not Bq/mL")
    for term, name in (("ATTN", "attenuation"), ("DECY", "decay")):
        if not all(term in emission.corrections for emission in emissions):
            raise _NoSuvError(f"not corrected for {name}")
    if first.units == "CNTS" and any(emission.counts_to_suv for emission in emissions):
        return _shared(emissions, "counts_to_suv", "Philips' factor to SUV")
    weight = _shared(emissions, "weight_kg", "patient weight")
    dose = _shared(emissions, "dose_bq", "injected dose")
    if dose < _LEAST_DOSE_BQ:
        raise _NoSuvError(f"an injected dose of {dose:g} Bq cannot be; it may be MBq")
    decays = {emission.decay for emission in emissions}
    if decays == {"START"}:
        half_life = _shared(emissions, "half_life_s", "half-life")
        dose *= 2 ** (-_elapsed_s(emissions, half_life) / half_life)
    elif decays != {"ADMIN"}:
        raise _NoSuvError(f"decay correction is {first.decay or 'not given'}")
    # Grams per kilogram: SUV is Bq/mL over Bq/g (C.8.9.1.1.3).
    return per_unit * weight * 1000 / dose


def _shared(emissions: Sequence[Emission], name: str, words: str) -> float:
    values = {getattr(emission, name) for emission in emissions}
    if len(values) > 1:
        raise _NoSuvError(f"{words} differs from file to file")
    value = values.pop()
    if value is None:
        raise _NoSuvError(f"no {words}")
    return float(value)


def _elapsed_s(emissions: Sequence[Emission], half_life_s: float) -> float:
    """Give the seconds from injection to the moment that the values are decay-corrected to."""
    scan = _scan_start(emissions, half_life_s)
    known = {emission.injected for emission in emissions}
    injected = known.pop() if len(known) == 1 else None
    if injected is None:
        if half_life_s > _SAME_DAY_HALF_LIFE_S:
            raise _NoSuvError("no date of injection, which a nuclide of long life needs")
        seconds = _shared(emissions, "injected_s", "time of injection")
        midnight = scan.replace(hour=0, minute=0, second=0, microsecond=0)
        injected = midnight + timedelta(seconds=seconds)
        if injected > scan:
            injected -= timedelta(days=1)  # injected before midnight
    elapsed = (scan - injected).total_seconds()
    if elapsed < 0:
        raise _NoSuvError("the injection is dated after the scan")
    return elapsed


def _scan_start(emissions: Sequence[Emission], half_life_s: float) -> datetime:
    """Give the moment that values with Decay Correction START refer to (C.8.9.1.1.4).

    That is the start of the series. A series that was processed again may be dated after its acquisition; then GE
    tells the scan's own time, or else it follows from the frames: each is acquired at Frame Reference Time less the
    time to its mean activity.
    """
    acquired = [emission.acquired for emission in emissions if emission.acquired is not None]
    series = {emission.series for emission in emissions}
    start = series.pop() if len(series) == 1 else None
    if len(acquired) < len(emissions):
        raise _NoSuvError("no acquisition date and time")
    if start is not None and start <= min(acquired):
        return start
    scanned = {emission.scanned for emission in emissions}
    known = scanned.pop() if len(scanned) == 1 else None
    if known is not None and known <= min(acquired):
        return known
    starts = sorted(_start_by_frame(emission, half_life_s) for emission in emissions)
    if (starts[-1] - starts[0]).total_seconds() > _SPREAD_S:
        raise _NoSuvError("dates and frame reference times contradict one another")
    return starts[len(starts) // 2]


def _start_by_frame(emission: Emission, half_life_s: float) -> datetime:
    if emission.acquired is None or emission.reference_s is None or not emission.duration_s:
        raise _NoSuvError("the series is dated after its acquisition, without frame reference times")
    decay = math.log(2) / half_life_s
    duration = decay * emission.duration_s
    # The moment of a frame at which activity equals its mean over the frame.
    mean_s = math.log(duration / -math.expm1(-duration)) / decay
    return emission.acquired - timedelta(seconds=emission.reference_s - mean_s)


def _positive(reader: Reader | None, keyword: str) -> float | None:
    number = reader.order(keyword) if reader else None
    return number if number is not None and number > 0 else None


def _factor_of(text: str) -> float | None:
    """Read a private factor, which is a decimal text; 0 means that there is none."""
    try:
        factor = float(text)
    except ValueError:
        return None
    return factor if math.isfinite(factor) and factor > 0 else None


def _milliseconds(reader: Reader, keyword: str) -> float | None:
    number = reader.order(keyword)
    return None if number is None else number / 1000


def _halves(text: str) -> tuple[str, str]:
    """Divide a DT into date and time; an offset from UTC is left out, as the other times have none."""
    text = re.split(r"[+-]", text)[0]
    return text[:8], text[8:]


def _moment(date: str, time: str) -> datetime | None:
    """Read DA and TM (PS3.5 6.2), also as the old standard wrote them."""
    seconds = _seconds(time)
    if seconds is None:
        return None
    try:
        day = datetime.strptime(date.replace(".", ""), "%Y%m%d")
    except ValueError:
        return None
    return day + timedelta(seconds=seconds)


def _seconds(time: str) -> float | None:
    """Read TM as seconds of the day."""
    found = re.fullmatch(r"(\d\d):?(\d\d):?(\d\d(?:\.\d{1,6})?)", time)
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), float(found[3])
    return 3600 * hours + 60 * minutes + seconds if hours < 24 and minutes < 60 and seconds < 61 else None
