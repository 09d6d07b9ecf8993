"""A draft's images on the author's desk, and where the author has pointed in them."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
import streamlit as st

from cases import CaseError
from cases.draft import Draft
from pages.room import room, session
from pages.sheet import Fields, Sheet
from viewer import SeriesError
from viewer.component import Drawn, series_payload, show_viewer
from viewer.geometry import nearest_frame, patient_to_index
from viewer.regions import read_region
from viewer.series import Series
from viewer.windows import Window

Mark = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DraftImages:
    """What can be shown of a draft."""

    series: dict[str, Series]
    """By series id, in the order of the file."""
    payloads: list[dict[str, Any]]
    """The same for the browser."""
    outlines: list[dict[str, Any]]
    """Outlines of the regions that can be read."""
    trouble: str
    """Why series or regions are missing, or empty."""


def open_images(draft: Draft, sheet: Sheet) -> DraftImages:
    """Open what can be opened of a draft that may have faults."""
    series: dict[str, Series] = {}
    payloads, trouble = [], []
    for entry in sheet.tables("series"):
        name = str(entry.get("id", ""))
        try:
            files = sorted((draft.folder / "dicom" / name).glob("*.dcm"))
            series[name] = room().shelf.open(files)
            payloads.append(_payload(entry, name, series[name]))
        except (SeriesError, CaseError, OSError) as error:
            trouble.append(f"{name}: {error}")
    outlines = []
    for entry in sheet.tables("region"):
        try:
            region = read_region(entry.unwrap(), draft.folder, series[str(entry.get("series"))])
            outlines += [{**one, "kind": "consensus", "series": str(entry["series"])} for one in region.outlines()]
        except (SeriesError, KeyError):
            continue  # the faults below name it
    return DraftImages(series, payloads, outlines, " ".join(trouble))


def _payload(entry: Fields, name: str, series: Series) -> dict[str, Any]:
    windows = [
        Window(float(one["center"]), float(one["width"]), str(one["name"]))
        for one in entry.get("window", [])
        if float(one.get("width", 0)) > 0 and str(one.get("name", ""))
    ]
    return series_payload(
        series,
        name=name,
        label=str(entry.get("label", "")) or name,
        estimated_spacing=entry.get("spacing") == "estimated",
        start_frame=max(1, min(int(entry.get("start_frame", 1)), len(series.frames))) - 1,
        windows=windows,
        url=room().signer.address(series.digest, session()),
    )


def show_images(draft: Draft, images: DraftImages) -> Drawn:
    """Draw the viewer with regions outlined; give what the author has marked and drawn."""
    payload: dict[str, Any] = {
        "key": f"desk-{draft.slug}",
        "case": draft.slug,
        "series": images.payloads,
        "error": images.trouble or None if not images.payloads else None,
        "marking": True,
        "marks": [],
        "annotations": [],
        "outlines": images.outlines,
        "keyImages": [],
        "jump": st.session_state.get(f"desk-jump-{draft.slug}"),
        "log": None,
        "seen": {},
        "replay": None,
    }
    return show_viewer(payload, key=f"desk-viewer-{draft.slug}")


def pixel_of(images: DraftImages, mark: Mark) -> tuple[int, float, float]:
    """Give the zero-based frame, column and row of a mark."""
    if mark["space"] == "image":
        return int(mark["frame"]), float(mark["point"][0]), float(mark["point"][1])
    series = images.series[str(mark["series"])]
    frame = nearest_frame(series, mark["point"])
    column, row, _ = patient_to_index(series, np.array(mark["point"]), frame)
    return frame, float(column), float(row)


def show_place(draft: Draft, series: str, frame: int, point: tuple[float, float] | None) -> None:
    """Make the viewer show a zero-based frame at the next run."""
    jump = {"nonce": uuid4().hex, "series": series, "frame": frame, "point": point, "window": None}
    st.session_state[f"desk-jump-{draft.slug}"] = jump
