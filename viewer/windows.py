"""Which grey-level windows a reader is offered, and which one an image opens with.

One convention: a window is centre and width in the series' unit (HU for CT, SUVbw for PET), as in PS3.3
C.11.2.1.2; the table below is written width / centre, as readers say it.

It applies no window (the browser does) and reads no file (``viewer.header`` does).
"""

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer.suv import SUVBW

if TYPE_CHECKING:
    from viewer.series import Series


@dataclass(frozen=True, slots=True)
class Window:
    """A grey-level window (PS3.3 C.11.2.1.2)."""

    center: float
    """Modality value shown as middle grey (LINEAR: see C.11.2.1.2.1 for the half steps)."""
    width: float
    """Range of modality values from black to white: at least 1 for LINEAR, more than 0 otherwise."""
    name: str = ""
    """What a reader calls it; empty when the file does not say."""
    function: str = "LINEAR"
    """VOI LUT Function (0028,1056): LINEAR, LINEAR_EXACT or SIGMOID; LUT where ``lut`` says what is shown."""
    lut: bytes = field(default=b"", repr=False)
    """Grey levels of a VOI LUT, 0 to 255, evenly spaced over centre ± width / 2 (C.11.2.1.1)."""


VOI_FUNCTIONS: Final = ("LINEAR", "LINEAR_EXACT", "SIGMOID", "LUT")
"""Every way that values become grey levels."""


def _ct(name: str, width: float, center: float) -> Window:
    return Window(center, width, name)


CT_PRESETS: Final = {
    window.name: window
    for window in (
        _ct("Abdomen", 400, 40),
        _ct("Liver, portal venous", 150, 90),
        _ct("Liver, unenhanced", 150, 30),
        _ct("Mediastinum", 350, 50),
        _ct("Lung", 1500, -600),
        _ct("Bone", 1800, 400),
        _ct("Brain", 80, 40),
        _ct("Stroke", 40, 40),
        _ct("Subdural", 200, 75),
        _ct("Temporal bone", 2800, 600),
        _ct("Head and neck soft tissue", 375, 40),
        _ct("Spine soft tissue", 250, 50),
        _ct("CT angiography", 600, 200),
        _ct("Pulmonary embolism", 700, 100),
    )
}
"""Width and centre in HU of every CT preset, by name."""

SUV_PRESETS: Final = tuple(
    Window(top / 2, top, f"SUV 0–{top:g}", "LINEAR_EXACT") for top in (7.0, 5.0, 10.0, 15.0, 20.0, 2.5)
)
"""Windows for PET in SUVbw, the usual one first. All begin at 0, so that black and white mean the same in each."""

_CHEST = ("Lung", "Mediastinum", "Bone", "Pulmonary embolism", "CT angiography", "Abdomen")
_ABDOMEN = ("Abdomen", "Liver, portal venous", "Liver, unenhanced", "Bone", "Lung", "CT angiography")
_HEAD = (
    "Brain",
    "Stroke",
    "Subdural",
    "Bone",
    "Temporal bone",
    "Head and neck soft tissue",
    "CT angiography",
)
_NECK = ("Head and neck soft tissue", "Bone", "Temporal bone", "CT angiography", "Lung")
_SPINE = ("Spine soft tissue", "Bone", "Abdomen")
_HEART = ("CT angiography", "Mediastinum", "Lung", "Bone", "Pulmonary embolism")
_LIMB = ("Bone", "Abdomen", "CT angiography")
_ANYWHERE = ("Abdomen", "Mediastinum", "Lung", "Bone", "CT angiography")

_BODY_PARTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("CHESTABD", ("Lung", "Mediastinum", "Abdomen", "Bone", "Liver, portal venous", "Pulmonary embolism")),
    ("CHEST THORAX LUNG MEDIASTINUM", _CHEST),
    ("HEADNECK HEADANDNECK NECK SINUS ORBIT JAW FACE", _NECK),
    ("TEMPORAL EAR IAC", ("Temporal bone", "Bone", "Head and neck soft tissue", "Brain")),
    ("HEAD BRAIN SKULL", _HEAD),
    ("SPINE", _SPINE),
    ("HEART CARDIAC CORONARY AORTA", _HEART),
    ("ABDOMEN PELVIS LIVER PANCREAS KIDNEY", _ABDOMEN),
    ("SHOULDER HUMERUS ELBOW FOREARM ARM WRIST HAND FINGER", _LIMB),
    ("HIP FEMUR KNEE TIBIA LEG CALF ANKLE FOOT EXTREMITY", _LIMB),
)
"""Words of Body Part Examined (PS3.16 annex L), and their presets; the first line that fits decides."""


def presets(modality: str, body_part: str) -> tuple[Window, ...]:
    """Give the windows that a reader of this modality and body part expects, most used first.

    Parameters
    ----------
    modality : str
        Modality (0008,0060).
    body_part : str
        Body Part Examined (0018,0015), or the case's word for it; any case, empty where unknown.

    Returns
    -------
    tuple of Window
        At most nine (they sit on the keys 1 to 9); empty for modalities whose values have no fixed scale.
    """
    if modality.upper() != "CT":
        return ()
    words = re.findall("[A-Z]+", body_part.upper())
    for parts, names in _BODY_PARTS:
        if any(_names(word, part) for word in words for part in parts.split()):
            return tuple(CT_PRESETS[name] for name in names)
    return tuple(CT_PRESETS[name] for name in _ANYWHERE)


def _names(word: str, part: str) -> bool:
    """Tell whether a word means a body part: LSPINE is a SPINE, but no HEART is an EAR."""
    return word == part or (len(part) > 3 and part in word)


def default_window(series: "Series", values: "np.ndarray[Any, Any]") -> Window:
    """Choose the window that a series opens with.

    Parameters
    ----------
    series : Series
        For its own windows, modality, unit and body part.
    values : (rows, columns) array
        Modality values of one frame, usually the middle one; used only where nothing else decides.

    Returns
    -------
    Window
        0 to 7 for PET in SUVbw; else the file's first valid one; else, for CT in HU, the first preset; else the
        1st to 99th percentile (from 0 for PET).
    """
    if series.unit == SUVBW:
        return SUV_PRESETS[0]  # the windows of PET files are often fitted to each slice, in Bq/mL
    if series.windows:
        return series.windows[0]
    if series.modality == "PT":
        return _from_zero(percentile_window(values))
    named = offered(series)
    return named[0] if named else percentile_window(values)


def offered(series: "Series") -> tuple[Window, ...]:
    """Give the named windows for what the values of a series mean."""
    if series.unit == SUVBW:
        return SUV_PRESETS
    return presets(series.modality, series.body_part) if series.unit == "HU" else ()


def _from_zero(window: Window) -> Window:
    top = max(window.center + window.width / 2, 1.0)
    return Window(top / 2, top, window.name, window.function)


def percentile_window(values: "np.ndarray[Any, Any]") -> Window:
    """Give the window from the 1st to the 99th percentile of the values."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return Window(0.5, 1.0, "Automatic", "LINEAR_EXACT")
    low, high = (float(value) for value in np.percentile(finite, (1, 99)))
    return Window((low + high) / 2, max(high - low, 1.0), "Automatic", "LINEAR_EXACT")


def is_valid(window: Window) -> bool:
    """Tell whether centre and width make a window (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    least = 1.0 if window.function == "LINEAR" else math.ulp(0.0)
    if window.function not in VOI_FUNCTIONS:
        return False
    return math.isfinite(window.center) and math.isfinite(window.width) and window.width >= least


def grey(values: "np.ndarray[Any, Any]", window: Window, *, inverted: bool) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Map modality values to grey levels by the function of a window (PS3.3 C.11.2.1.2, C.11.2.1.3).

    Returns
    -------
    (rows, columns) uint8
    """
    x, center, width = values.astype(np.float64), window.center, window.width
    if window.function == "SIGMOID":
        shown = 1 / (1 + np.exp(np.clip(-4 * (x - center) / width, -700, 700)))
    elif window.function == "LUT":
        places = np.linspace(center - width / 2, center + width / 2, len(window.lut))
        shown = np.interp(x, places, np.frombuffer(window.lut, np.uint8) / 255)
    elif window.function == "LINEAR_EXACT":
        shown = (x - center) / max(width, 1e-6) + 0.5
    else:
        shown = (x - (center - 0.5)) / max(width - 1, 1e-6) + 0.5
    levels = np.clip(shown * 255, 0, 255).astype(np.uint8)
    return 255 - levels if inverted else levels
