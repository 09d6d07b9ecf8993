"""The fields of each kind of question: what a learner has filled in so far, as the JSON of an answer, or None."""

from typing import TYPE_CHECKING, Any, assert_never, cast

import streamlit as st

from pages.jump import Place, jump_button
from pages.room import room
from quizzes.answers import LONGEST_REPORT
from quizzes.questions import (
    ASPECTS,
    DifferentialQuestion,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    ReportQuestion,
    SingleQuestion,
    Unit,
    learner_view,
)
from viewer.component import Drawn, show_picker

if TYPE_CHECKING:
    from pages.read import Reading

Filled = dict[str, Any] | None

UNIT_NAMES: dict[Unit, str] = {
    "mm": "mm",
    "deg": "°",
    "HU": "HU",
    "SUV": "SUVbw",
    "SUVmax": "SUVmax",
    "px": "px",
}
"""What people call a question's unit."""


def fields(reading: "Reading", question: Question, drawn: Drawn) -> Filled:
    """Draw the fields of a question and give the answer that stands in them."""
    key = f"{reading.attempt.id}-{question.id}"
    view = learner_view(question, reading.attempt.seed)
    match question:
        case MarkQuestion():
            return _mark(reading, question, drawn.marks, key)
        case SingleQuestion():
            choice = _radio("Answer", view["options"], f"{key}-choice", hidden=True)
            return {"choice": choice} if choice else None
        case MultipleQuestion():
            return _multiple(cast("list[str]", view["options"]), key)
        case MenuQuestion():
            st.caption("Type a name or an abbreviation and choose one.")
            named = show_picker(_picker(key, [], 1), key=f"{key}-named")
            return {"named": named[0]} if named else None
        case DifferentialQuestion():
            return _differential(reading, question, key)
        case MeasureQuestion():
            return _measure(reading, question, drawn.annotations, key)
        case ExaminationQuestion():
            return _examination(cast("dict[str, list[str]]", view["choices"]), key)
        case ReportQuestion():
            return _report(key)
        case _:
            assert_never(question)


def _radio(label: str, options: object, key: str, *, hidden: bool = False) -> str | None:
    visibility: Any = "collapsed" if hidden else "visible"
    return st.radio(label, cast("list[str]", options), index=None, label_visibility=visibility, key=key)


def _mark(reading: "Reading", question: MarkQuestion, marks: list[dict[str, Any]], key: str) -> Filled:
    _offer_frame(reading, question)
    nothing = st.checkbox("There is no finding to mark", key=f"{key}-none")
    if nothing:
        return {"marks": [], "no_finding": True}
    if marks and question.most == 1:
        st.success("Marked. Click elsewhere to move the mark; Ctrl Z takes it back.", icon=":material/check:")
    elif marks:
        st.success(f"Marked: {len(marks)}. Click to add one; Ctrl Z takes the last back.", icon=":material/check:")
    else:
        several = "" if question.most == 1 else " Mark each one."
        hint = f"Press M or choose the cross-hair above the image, then click on the place.{several}"
        st.info(f"{hint} Without a mouse: M, Enter, the arrow keys, and Enter again.", icon=":material/point_scan:")
    return {"marks": marks} if marks else None


def _offer_frame(reading: "Reading", question: MarkQuestion | MeasureQuestion) -> None:
    images = reading.images.get(question.series)
    if question.frame and images and len(images.frames) > 1:
        place = Place(question.series, question.frame - 1)
        jump_button(reading, f"Show image {question.frame}", f"{question.id}-frame", place)


def _multiple(options: list[str], key: str) -> Filled:
    st.caption("Choose all that are right. Each wrong one takes back what a right one earns.")
    choices = [option for n, option in enumerate(options) if st.checkbox(option, key=f"{key}-{n}")]
    return {"choices": choices} if choices else None


def _differential(reading: "Reading", question: DifferentialQuestion, key: str) -> Filled:
    before = reading.commits.get(question.again)
    names = room().vocabulary
    earlier = cast("list[str]", before.answer["ranked"]) if before else []
    text = "Your earlier ranking: change what the news changes." if before else "The most likely first."
    st.caption(f"{text} Up to five; type a name or an abbreviation.")
    ranked = show_picker(_picker(key, [{"id": x, "name": names[x].name} for x in earlier], 5), key=f"{key}-ranked")
    return {"ranked": ranked} if ranked else None


def _picker(key: str, ranked: list[dict[str, str]], most: int) -> dict[str, Any]:
    return {"key": key, "ranked": ranked, "most": most, "search": "vocabulary"}


def _measure(reading: "Reading", question: MeasureQuestion, annotations: list[dict[str, Any]], key: str) -> Filled:
    _offer_frame(reading, question)
    unit = UNIT_NAMES[question.unit]
    typed = st.number_input(f"Value in {unit}", value=None, step=0.1, format="%.1f", key=f"{key}-value")
    if typed is not None:
        return {"value": typed, "unit": question.unit}
    series = question.series
    fitting = [
        (one, value)
        for one in annotations
        if series in ("", one.get("series")) and (value := measured(one, question.unit)) is not None
    ]
    if not fitting:
        how = "Draw an ellipse around the place" if question.unit == "SUVmax" else "Measure in the image"
        st.info(f"{how}, or type the number in {unit}.", icon=":material/straighten:")
        return None
    last, value = fitting[-1]
    st.success(f"{value:g} {unit}, your last measurement in the image. Or type a number.", icon=":material/check:")
    return {"value": value, "unit": question.unit, "annotation": str(last.get("id", ""))}


def measured(annotation: dict[str, Any], unit: Unit) -> float | None:
    """Give what an annotation measures in a unit: of a region the mean, or for SUVmax its hottest voxel."""
    found = annotation.get("value")
    if unit == "SUVmax":
        found = (annotation.get("statistics") or {"max": found}).get("max")
    named = "SUVbw" if unit == "SUVmax" else UNIT_NAMES[unit]
    return round(float(found), 2) if isinstance(found, int | float) and annotation.get("unit") == named else None


def _examination(choices: dict[str, list[str]], key: str) -> Filled:
    labels = {str(aspect): label for aspect, label in ASPECTS.items()}
    chosen = {aspect: _radio(labels[aspect], options, f"{key}-{aspect}") for aspect, options in choices.items()}
    return {"chosen": chosen} if all(chosen.values()) else None


def _report(key: str) -> Filled:
    text = st.text_area(
        "Your report",
        height=220,
        max_chars=LONGEST_REPORT,
        placeholder="Findings, then the impression.",
        key=f"{key}-report",
    )
    st.caption("No program scores it: after the last question you see the model report and the rubric.")
    return {"text": text} if text.strip() else None
