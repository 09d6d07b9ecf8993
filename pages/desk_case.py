"""The parts of the author's desk that write ``case.toml``: images, texts, regions and findings."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from cases.case import SECTIONS
from cases.manifest import MODALITIES, ORIGINS
from pages.desk_images import DraftImages, Mark, pixel_of, show_place
from pages.sheet import Fields, Sheet
from viewer.component import Drawn

_LEVELS = {"1": "1 · first cases", "2": "2 · intermediate", "3": "3 · hard"}


def edit_images(sheet: Sheet, images: DraftImages) -> None:
    """Order and name the series; their windows and first images."""
    if images.trouble:
        st.error(images.trouble)
    st.caption("Labels are seen before answering: keep them neutral. The first series is shown first.")
    for index, entry in enumerate(sheet.tables("series")):
        name = str(entry.get("id", ""))
        series = images.series.get(name)
        size = f" · {len(series.frames)} image{'s' * (len(series.frames) > 1)}" if series else ""
        with st.expander(f"{index + 1} · {name}{size}", expanded=index == 0):
            place = f"s{index}-"
            sheet.text(entry, "label", "Label", place)
            sheet.text(entry, "body_part", "Body part", place, hint="Chooses the window presets: chest, brain, knee …")
            sheet.number(entry, "start_frame", "Image shown first", place, whole=True)
            estimated = st.checkbox(
                "Pixel spacing is estimated", entry.get("spacing") == "estimated", key=sheet.key(f"{place}spacing")
            )
            if estimated != (entry.get("spacing") == "estimated"):
                entry.update({"spacing": "estimated"}) if estimated else entry.pop("spacing")
            _windows(sheet, entry, place)
            sheet.arrange("series", index, place)


def _windows(sheet: Sheet, entry: Fields, place: str) -> None:
    for number, window in enumerate(entry.get("window", [])):
        inner = f"{place}w{number}-"
        columns = st.columns([2, 1, 1])
        with columns[0]:
            sheet.text(window, "name", "Window", inner)
        with columns[1]:
            sheet.number(window, "center", "Centre", inner)
        with columns[2]:
            sheet.number(window, "width", "Width", inner)
        sheet.arrange("window", number, inner, within=entry)
    if st.button("Add a window", key=sheet.key(f"{place}window"), icon=":material/contrast:"):
        sheet.add("window", {"name": "", "center": 40.0, "width": 400.0}, within=entry)


def edit_texts(sheet: Sheet) -> None:
    """Edit what is said of the case as a whole."""
    table = sheet.document
    st.caption("A learner sees these before answering.")
    sheet.text(table, "title", "Title", hint="Neutral: age, sex, examination. Never the diagnosis.")
    sheet.several(table, "sections", "Sections", list(SECTIONS), shown=lambda key: SECTIONS.get(key, key))
    _level(sheet)
    sheet.choice(table, "modality", "Modality of the main series", MODALITIES)
    sheet.text(table, "patient", "Patient", hint="Age and sex as far as known, in words.")
    sheet.text(table, "history", "History", rows=3)
    sheet.flag(table, "history_written_for_teaching", "The history is written for teaching, not the patient's own")
    sheet.text(table, "technique", "Technique", rows=3)
    sheet.choice(table, "origin", "Origin of the images", ORIGINS)
    st.caption("Shown after the last answer.")
    sheet.text(table, "title_teacher", "Title for teachers")
    sheet.text(table, "diagnosis", "Diagnosis", rows=2)
    hint = "Begins with documented, consensus or none: documented by pathology, consensus of two readers …"
    sheet.text(table, "diagnosis_status", "What the diagnosis rests on", hint=hint)
    sheet.text(table, "reviewed_by", "Reviewed by", hint="A radiologist's name; empty until then.")
    hint = "Words that would give the answer away. Lint looks for them in all that is seen before answering."
    sheet.lines(table, "spoilers", "Spoilers, one line each", hint=hint, lower=True)


def _level(sheet: Sheet) -> None:
    table = sheet.document
    old = str(table.get("level", 1))
    new = st.segmented_control(
        "Level", list(_LEVELS), default=old, format_func=lambda key: _LEVELS.get(key, key), key=sheet.key("level")
    )
    if new and new != old:
        table["level"] = int(new)


def edit_findings(sheet: Sheet, images: DraftImages, drawn: Drawn) -> None:
    """Pin findings to the mark, and make regions of what is drawn."""
    mark = drawn.marks[-1] if drawn.marks else None
    if mark:
        frame, column, row = pixel_of(images, mark)
        st.success(f"Marked: {mark['series']}, image {frame + 1}, column {column:.0f}, row {row:.0f}.")
    else:
        st.info(
            "Press M and click on the image: findings and regions are placed at the mark.", icon=":material/point_scan:"
        )
    _regions(sheet, images, mark, drawn.annotations)
    st.markdown("##### Findings")
    for index, entry in enumerate(sheet.tables("finding")):
        text = str(entry.get("text", ""))
        opened = sheet.opened(f"f{index}-", at_first=not text)
        with st.expander(f"{index + 1} · {entry.get('id', '')}", expanded=opened):
            _finding(sheet, entry, f"f{index}-", images, mark)
            sheet.arrange("finding", index, f"f{index}-")
    if st.button("Add a finding", key=sheet.key("finding"), icon=":material/add:"):
        new = {"id": _free(sheet, "finding", "id", "finding"), "text": "", "status": "observed"}
        new["series"] = str(mark["series"]) if mark else next(iter(images.series), "")
        sheet.add("finding", new | (_place(images, mark) if mark else {}))


def _finding(sheet: Sheet, entry: Fields, place: str, images: DraftImages, mark: Mark | None) -> None:
    sheet.text(entry, "text", "What is seen or known", place, rows=3)
    status = sheet.choice(entry, "status", "Status", ("observed", "documented"), place)
    if status == "documented":
        sheet.text(entry, "source", "Where it is documented", place)
    series = sheet.choice(entry, "series", "Series", list(images.series), place)
    names = [str(region.get("name", "")) for region in sheet.tables("region")]
    sheet.choice(entry, "region", "Region it describes", names, place, empty="none")
    of_series: Fields = next((one for one in sheet.tables("series") if one.get("id") == series), {})
    windows = [str(one.get("name", "")) for one in of_series.get("window", [])]
    sheet.choice(entry, "window", "Window that shows it best", windows, place, empty="the one in use")
    with st.container(horizontal=True, gap="small"):
        pin = st.button(
            "Pin to the mark", key=sheet.key(f"{place}pin"), disabled=mark is None, icon=":material/push_pin:"
        )
        show = st.button("Show", key=sheet.key(f"{place}show"), icon=":material/my_location:")
    if pin and mark:
        for key in ("point_mm", "point_px", "frame"):
            entry.pop(key, None)
        entry["series"] = str(mark["series"])
        entry.update(_place(images, mark))
        sheet.changed()
    if show and (found := _written_place(entry)):
        frame, column, row = pixel_of(images, found)
        show_place(sheet.draft, str(found["series"]), frame, (column, row))
        sheet.save()
        st.rerun()


def _written_place(entry: Fields) -> Mark | None:
    series = str(entry.get("series", ""))
    if "point_mm" in entry:
        return {"space": "patient", "series": series, "point": [float(n) for n in entry["point_mm"]]}
    if "point_px" in entry:
        point = [float(n) for n in entry["point_px"]]
        return {"space": "image", "series": series, "frame": int(entry["frame"]) - 1, "point": point}
    return None


def _place(images: DraftImages, mark: Mark) -> dict[str, Any]:
    """Write a mark as a finding's keys: LPS mm, or an image and a pixel where there is no patient space."""
    if mark["space"] == "patient":
        return {"point_mm": [round(float(number), 2) for number in mark["point"]]}
    frame, column, row = pixel_of(images, mark)
    return {"frame": frame + 1, "point_px": [round(column, 1), round(row, 1)]}


def _regions(sheet: Sheet, images: DraftImages, mark: Mark | None, annotations: list[dict[str, Any]]) -> None:
    st.markdown("##### Regions")
    st.caption("Where the truth lies, for mark-the-finding questions.")
    for index, entry in enumerate(sheet.tables("region")):
        with st.expander(f"{index + 1} · {entry.get('name', '')}", expanded=False):
            place = f"r{index}-"
            sheet.text(entry, "label", "Label", place)
            sheet.text(entry, "authority", "Who drew it, and how far it can be trusted", place, rows=2)
            if entry.get("kind") == "ellipse":
                _ellipse(sheet, entry, place, images, mark)
            sheet.arrange("region", index, place)
    shapes = [one for one in annotations if one["kind"] in ("ellipse", "freehand") and one["series"] in images.series]
    with st.container(horizontal=True, gap="small"):
        add = st.button(
            "Ellipse at the mark", key=sheet.key("ellipse"), disabled=mark is None, icon=":material/circle:"
        )
        use = st.button("Region as drawn", key=sheet.key("drawn"), disabled=not shapes, icon=":material/draw:")
    st.caption("Or draw an ellipse or an outline with the viewer's tools; the last one becomes the region.")
    if add and mark:
        frame, column, row = pixel_of(images, mark)
        ellipse = {"centre": [round(column, 1), round(row, 1)], "radii": [10.0, 10.0]}
        sheet.add("region", _new_region(sheet, str(mark["series"])) | {"kind": "ellipse", "frame": frame + 1} | ellipse)
    if use and shapes:
        _as_drawn(sheet, images, shapes[-1])
    _imported(sheet, images)


def _as_drawn(sheet: Sheet, images: DraftImages, shape: dict[str, Any]) -> None:
    """Make a region of an ellipse, whose points are its left, right, upper and lower end, or of an outline."""
    series = str(shape["series"])
    places = [pixel_of(images, {**shape, "point": point}) for point in shape["points"]]
    if shape["kind"] == "ellipse":
        frame = {"kind": "ellipse", "frame": places[0][0] + 1}
        sheet.add("region", _new_region(sheet, series) | frame | drawn_ellipse([place[1:] for place in places]))
    elif shape["space"] != "patient":
        st.warning("This series has no place in the patient: use an ellipse.")
    else:
        points = [[round(float(number), 3) for number in point] for point in shape["points"]]
        _write_contours(sheet, _new_region(sheet, series), [{"name": "Author", "contours": [{"points": points}]}])


def drawn_ellipse(ends: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Give centre, radii and turn of an ellipse from its left, right, upper and lower end in pixels."""
    left, right, upper, lower = (np.array(end) for end in ends)
    across, down = (right - left) / 2, (lower - upper) / 2
    turn = round(math.degrees(math.atan2(across[1], across[0])), 1) % 180
    ellipse = {
        "centre": ((left + right) / 2).round(1).tolist(),
        "radii": [round(float(np.hypot(*across)), 1), round(float(np.hypot(*down)), 1)],
    }
    return ellipse | ({"rotation_deg": turn} if turn else {})


def _new_region(sheet: Sheet, series: str) -> dict[str, Any]:
    return {
        "name": _free(sheet, "region", "name", "region"), "label": "Finding", "series": series,
        "authority": "Drawn from the visible finding, not verified by an expert.",
    }  # fmt: skip


def _ellipse(sheet: Sheet, entry: Fields, place: str, images: DraftImages, mark: Mark | None) -> None:
    values = {key: [float(number) for number in entry.get(key, [0, 0])] for key in ("centre", "radii")}
    labels = {"centre": ("Column", "Row"), "radii": ("Half width", "Half height")}
    for key, old in values.items():
        columns = st.columns(2)
        new = [
            columns[n].number_input(
                labels[key][n], value=old[n], step=1.0, key=sheet.key(f"{place}{key}{n}"), format="%g"
            )
            for n in range(2)
        ]
        if new != old:
            entry[key] = new
    columns = st.columns(2)
    with columns[0]:
        sheet.optional(entry, "rotation_deg", "Turned by, in degrees", place)
    with columns[1]:
        last = _last_image(sheet, entry, place)
    st.caption(f"Image {last}. Pixels, zero-based; the outline is drawn on the image.")
    if st.button("Move to the mark", key=sheet.key(f"{place}move"), disabled=mark is None) and mark:
        frame, column, row = pixel_of(images, mark)
        entry["centre"], entry["series"] = [round(column, 1), round(row, 1)], str(mark["series"])
        entry.pop("frames", None)
        entry["frame"] = frame + 1
        sheet.changed()


def _last_image(sheet: Sheet, entry: Fields, place: str) -> str:
    """Edit on how many images the ellipse lies; give their numbers."""
    first, last = (int(n) for n in entry.get("frames", [entry.get("frame", 1)] * 2))
    new = int(st.number_input("Up to image", value=last, min_value=first, step=1, key=sheet.key(f"{place}last")))
    if new != last:
        entry.pop("frame", None)
        entry.pop("frames", None)
        if new == first:
            entry["frame"] = first
        else:
            entry["frames"] = [first, new]
    return f"{first}" if new == first else f"{first} to {new}"


def _write_contours(sheet: Sheet, region: dict[str, Any], readers: list[dict[str, Any]]) -> None:
    file = f"regions/{region['name']}.json"
    sheet.draft.save(file, json.dumps({"readers": readers}, indent=1))
    sheet.add("region", region | {"kind": "contours", "file": file, "agreement": 1})


def _imported(sheet: Sheet, images: DraftImages) -> None:
    with st.expander("Import outlines"):
        st.caption('JSON with "readers", each with a "name" and "contours" of "points" in LPS mm, as in the library.')
        series = st.selectbox("Series", list(images.series), key=sheet.key("import-series"))
        file = st.file_uploader("Outlines", type="json", key=sheet.key("import-outlines"), label_visibility="collapsed")
        if file is None or not series:
            return
        try:
            readers = json.loads(file.getvalue().decode("utf-8"))["readers"]
            if not isinstance(readers, list) or not readers:
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            st.error('Not such a file: expected {"readers": [{"name": …, "contours": [{"points": [[x, y, z], …]}]}]}.')
            return
        if st.button("Add as a region", key=sheet.key("import-add")):
            _write_contours(sheet, _new_region(sheet, series), readers)


def _free(sheet: Sheet, name: str, key: str, stem: str) -> str:
    taken = {str(entry.get(key, "")) for entry in sheet.tables(name)}
    return next(one for n in range(1, 1000) if (one := stem if n == 1 else f"{stem}-{n}") not in taken)
