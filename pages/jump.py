"""Places in a case's images, and buttons that show them in the viewer."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import streamlit as st

from cases.case import Finding
from quizzes.questions import MarkQuestion
from viewer.component import window_payload
from viewer.geometry import nearest_frame, patient_to_index
from viewer.presentation import Presentation
from viewer.regions import Region
from viewer.report import KeyImages, read_key_images
from viewer.windows import Window

if TYPE_CHECKING:
    from pages.read import Reading


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look."""

    series: str
    """Series id."""
    frame: int
    """Zero-based frame."""
    point: tuple[float, float] | None = None
    """(column, row) on that frame."""
    window: str = ""
    """Name of the case's window that shows it; empty to leave the window as it is."""
    presentation: Presentation | None = None
    """How a presentation state shows it."""


def place_of_mark(reading: "Reading", series: str, mark: dict[str, Any], window: str = "") -> Place:
    """Give the place of a mark, in the patient or on a frame."""
    if mark["space"] == "image":
        column, row = mark["point"]
        return Place(series, mark["frame"], (column, row), window)
    images = reading.images[series]
    frame = nearest_frame(images, mark["point"])
    column, row, _ = patient_to_index(images, np.array(mark["point"]), frame)
    return Place(series, frame, (float(column), float(row)), window)


def place_of_region(reading: "Reading", region: Region) -> Place:
    """Give the middle of a region, in the window of the finding that describes it."""
    windows = (one.window for one in reading.case.findings if one.region == region.name and one.window)
    place = place_of_mark(reading, region.series_id, region.centre, next(windows, ""))
    return replace(place, presentation=region.presentation)


def places_of_finding(reading: "Reading", finding: Finding) -> list[Place]:
    """Give where a finding is seen: on each key image, else at its one place; nowhere if its images are not there.

    Raises
    ------
    RegionError
        When its key object selection cannot be read, or names no image of its series.
    """
    if finding.series not in reading.images:
        return []
    if finding.key_images:
        return [Place(finding.series, frame, None, finding.window) for frame in key_images(reading, finding).frames]
    if finding.point_mm:
        mark = {"space": "patient", "point": list(finding.point_mm)}
        return [place_of_mark(reading, finding.series, mark, finding.window)]
    if finding.frame:
        return [Place(finding.series, finding.frame - 1, finding.point_px, finding.window)]
    return []


def key_images(reading: "Reading", finding: Finding) -> KeyImages:
    """Read the key object selection of a finding; as :func:`places_of_finding`."""
    path = reading.case.folder / finding.key_images
    return read_key_images(path, reading.images[finding.series], f"finding {finding.id!r}")


def requested(reading: "Reading") -> dict[str, Any] | None:
    """Give the jump that was asked for last, as the viewer takes it; after the last commit, first to the truth."""
    asked: dict[str, Any] | None = st.session_state.get(_key(reading))
    if asked is None and reading.revealed and (place := place_of_truth(reading)):
        return _jump(reading, place, "reveal")
    return asked


def place_of_truth(reading: "Reading") -> Place | None:
    """Give where outline and mark are best seen together: the mark's image if the outline reaches it."""
    asked = (question for question in reading.quiz.questions if isinstance(question, MarkQuestion))
    for region in (reading.region(name) for question in asked for name in question.regions):
        if region is None:
            continue
        series = region.series_id
        centre = place_of_mark(reading, series, region.centre)
        marked = [place_of_mark(reading, series, mark) for mark in reading.marks if mark["series"] == series]
        outlined = {outline["frame"] for outline in region.outlines()}
        return next((place for place in marked if place.frame in outlined), centre)
    return None


def jump_button(reading: "Reading", label: str, name: str, place: Place) -> None:
    """Offer to show a place in the viewer."""
    key = f"{reading.attempt.id}-jump-{name}"
    st.button(label, key=key, icon=":material/my_location:", on_click=show_place, args=(reading, place))


def show_place(reading: "Reading", place: Place) -> None:
    """Ask the viewer to show a place when it is drawn next."""
    st.session_state[_key(reading)] = _jump(reading, place, uuid4().hex)


def _jump(reading: "Reading", place: Place, nonce: str) -> dict[str, Any]:
    entry = next(one for one in reading.case.series if one.id == place.series)
    window = next((one for one in entry.windows if one.name == place.window), None)
    state = place.presentation
    # What the case says before what the state says.
    windows = [Window(window.center, window.width, window.name)] if window else list(state.windows if state else ())
    return {
        "nonce": nonce,
        "series": place.series,
        "frame": place.frame,
        "point": place.point,
        "window": window_payload(windows[0]) if windows else None,
        "presented": state and {"inverted": state.inverted, "rotation": state.rotation, "flipped": state.flipped},
    }


def _key(reading: "Reading") -> str:
    return f"jump-{reading.attempt.id}"
