"""The viewer and the differential picker as Streamlit components, and what they are handed.

The browser half comes from our own immutable address (``viewer.routes``), so a rerun carries only this JSON.
What is handed over is spoiler-free by construction: labels of the case file, geometry, and values' meaning;
nothing of the DICOM text, and outlines only when the caller passes them.
"""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from streamlit.components.v2 import component

from viewer import DecodeError
from viewer.decode import frame_values
from viewer.packing import can_pack
from viewer.routes import bundle_version
from viewer.series import Series
from viewer.windows import Window, default_window, offered

_TRIES = 8
"""Frames of which one must be readable for a window to be chosen from it."""
_DARK_IS_HOT = ("PT", "NM")
"""Emission images open with their grey scale turned over, as they are usually read: dark is much activity."""

_SECRET = secrets.token_bytes(16)
"""Names frames of reference, so that nobody can look the names up."""

_LOADER = """
const bundle = import(new URL("viewer/{version}/{name}.js", document.baseURI).href);
export default function (args) {{
  let leave = () => {{}};
  let gone = false;
  bundle.then((module) => {{ if (!gone) leave = module.default(args); }});
  return () => {{ gone = true; leave(); }};
}}
"""


def _mount(name: str, html: str) -> Callable[..., Any]:
    loader = _LOADER.format(version=bundle_version(), name=name)
    return component(f"readout_{name}", html=html, js=loader, isolate_styles=False)


class Drawn(NamedTuple):
    """What a learner has drawn on the images and not committed."""

    marks: list[dict[str, Any]]
    """Places of the finding: ``Mark`` of ``payload.ts``."""
    annotations: list[dict[str, Any]]
    """Measurements and notes with their values: ``Annotation`` of ``payload.ts``."""


def show_viewer(payload: Mapping[str, Any], *, key: str) -> Drawn:
    """Draw the viewer and give what the learner has drawn.

    Parameters
    ----------
    payload : Mapping
        See ``payload.ts``: what :func:`viewer_payload` gives.
    key : str
        Another key mounts another viewer; the same key keeps the images as they are.
    """
    viewer = _mount("viewer", '<div class="rv"></div>')
    result = viewer(
        data=payload,
        key=key,
        default={"marks": [], "annotations": []},
        on_marks_change=_nothing,
        on_annotations_change=_nothing,
    )
    return Drawn(list(result.marks or []), list(result.annotations or []))


def show_picker(payload: Mapping[str, Any], *, key: str) -> list[str]:
    """Draw the ranked differential and give the concept ids chosen, most likely first."""
    picker = _mount("picker", '<div class="rp"></div>')
    result = picker(data=payload, key=key, default={"ranked": payload.get("ranked", [])}, on_ranked_change=_nothing)
    return [entry["id"] for entry in result.ranked or []]


def _nothing() -> None:
    """Streamlit tracks a component's state only when it has a callback."""


def series_payload(
    series: Series,
    *,
    name: str,
    label: str,
    estimated_spacing: bool,
    start_frame: int,
    windows: Sequence[Window],
    url: str,
) -> dict[str, Any]:
    """Describe a series for the browser.

    Parameters
    ----------
    name, label : str
        The case file's id and neutral label.
    estimated_spacing : bool
        Whether the case says that the pixel spacing is not the source's.
    start_frame : int
        Zero-based frame to open with.
    windows : Sequence of Window
        The case file's windows; the first opens the series. Without any: the file's, else by modality.
    url : str
        Signed address of the frames.
    """
    body = [*windows, *offered(series)]
    opening = windows[0] if windows else default_window(series, _sample(series, start_frame))
    positions = [frame.position_mm for frame in series.frames]
    return {
        "id": name,
        "label": label,
        "modality": series.modality,
        "bodyPart": series.body_part.lower(),
        "rows": series.rows,
        "columns": series.columns,
        "frames": len(series.frames),
        "dtype": series.dtype,
        "samples": series.samples,
        "photometric": series.photometric,
        "unit": series.unit,
        "scale": series.value_scale,
        "inverted": series.modality in _DARK_IS_HOT,
        "orientation": series.orientation,
        "positions": positions if series.orientation and all(positions) else None,
        "spacing": series.pixel_spacing_mm,
        "spacingSource": "estimated" if estimated_spacing else series.spacing_source,
        "thickness": series.slice_thickness_mm,
        "frameOfReference": _opaque(series.frame_of_reference_uid),
        "patientOrientation": series.patient_orientation,
        "frameTimeMs": series.frame_time_ms,
        "shutter": series.shutter,
        "startFrame": start_frame,
        "window": window_payload(opening),
        "presets": [window_payload(window) for window in _distinct(body)],
        "mpr": series.mpr_obstacle,
        "notes": [note.message for note in series.notes if note.fault],
        "url": url,
        "packed": can_pack(series.dtype, series.samples),
    }


def _opaque(uid: str) -> str | None:
    """Give a name for a UID that tells nothing but sameness; None for an empty one."""
    return hashlib.blake2s(uid.encode(), key=_SECRET, digest_size=6).hexdigest() if uid else None


def _sample(series: Series, start_frame: int) -> "np.ndarray[Any, Any]":
    """Give the values of the frame that opens, or of the next one that can be decoded."""
    for index in range(start_frame, min(start_frame + _TRIES, len(series.frames))):
        try:
            return frame_values(series, index)
        except DecodeError:
            continue
    return np.zeros((1, 1))


def _distinct(windows: Sequence[Window]) -> list[Window]:
    """Keep the first of windows with the same name or the same values, and nine at most (keys 1 to 9)."""
    kept: list[Window] = []
    for window in windows:
        same = (
            (w.name.lower() == window.name.lower())
            or (w.center, w.width, w.function) == (window.center, window.width, window.function)
            for w in kept
        )
        if not any(same):
            kept.append(window)
    return kept[:9]


def window_payload(window: Window) -> dict[str, Any]:
    """Describe a window for the browser: ``Window`` of ``payload.ts``."""
    shown = {"name": window.name, "center": window.center, "width": window.width, "function": window.function}
    return {**shown, "lut": b64encode(window.lut).decode()} if window.lut else shown
