"""What follows the last commit: the score with its parts, the findings, the reasoning, what to learn, the source."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import streamlit as st

from cases.case import Finding
from pages.room import LEARNER, room
from quizzes.questions import DifferentialQuestion, MarkQuestion, SingleQuestion
from quizzes.scoring import case_score
from viewer.geometry import nearest_frame, patient_to_index

if TYPE_CHECKING:
    from pages.read import Reading

_TIERS = {"answer": "Most likely", "plausible": "Plausible", "must-not-miss": "Must not miss", "unlikely": "Unlikely"}


def reveal(reading: "Reading") -> None:
    """Draw the panel of a case that is fully answered."""
    case = reading.case
    share = case_score(reading.commits[question.id].score for question in reading.quiz.questions)
    st.html(
        f'<div class="ro-score"><b>{share or 0:.0%}</b><p>{case.diagnosis}<small>{case.diagnosis_status}</small></p></div>'
    )
    result, findings, reasons, learn, source = st.tabs(["Answers", "Findings", "Why", "Learn", "Source"])
    with result:
        _answers(reading)
    with findings:
        _findings(reading)
    with reasons:
        _reasons(reading)
    with learn:
        for heading, text in case.teaching.items():
            st.markdown(f"##### {heading}\n{text}")
    with source:
        _source(reading)
    if st.button("Read this case again", icon=":material/replay:", width="stretch"):
        room().attempts.start(LEARNER, case.slug, case.version, now=room().now())
        st.rerun()


def _answers(reading: "Reading") -> None:
    for number, question in enumerate(reading.quiz.questions, start=1):
        commit = reading.commits[question.id]
        st.markdown(f"**{number}. {question.prompt}**")
        st.markdown(f"{_answer_text(question, commit.answer)}  \n:gray[{commit.confidence:.0%} sure]")
        st.progress(commit.score.value, text=f"{commit.score.value:.2f} of 1")
        st.caption("  \n".join(part.text for part in commit.score.parts))
        if isinstance(question, MarkQuestion):
            _offer_region(reading, question)
        st.markdown(question.explanation)
        st.divider()


def _answer_text(question: Any, answer: dict[str, Any]) -> str:
    match question:
        case MarkQuestion():
            return "You: no finding" if answer.get("no_finding") else "You: the pink cross"
        case SingleQuestion():
            right = answer["choice"] == question.answer
            return f"You: {answer['choice']}" + ("" if right else f"  \nRight: **{question.answer}**")
        case _:
            names = (room().vocabulary[concept].name for concept in answer["ranked"])
            return "You: " + ", ".join(f"{rank}. {name}" for rank, name in enumerate(names, start=1))


def _offer_region(reading: "Reading", question: MarkQuestion) -> None:
    region = reading.region(question.region)
    entry = next(one for one in reading.case.regions if one.name == question.region)
    if region is None:
        return
    st.caption(f"{entry.label}: {entry.authority}")
    frame, point = _on_image(reading, entry.series, region.centre)
    _jump_button(reading, "Show the outline and your mark", f"region-{entry.name}", entry.series, frame, point, "")


def _findings(reading: "Reading") -> None:
    st.caption("Described for teaching, not a radiologist’s report.")
    for finding in reading.case.findings:
        origin = f"documented: {finding.source}" if finding.status == "documented" else "observed"
        st.markdown(f"{finding.text}  \n:gray[{origin}]")
        place = _place(reading, finding)
        if place:
            frame, point = place
            label = f"Show on image {frame + 1}"
            _jump_button(reading, label, finding.id, finding.series, frame, point, finding.window)


def _place(reading: "Reading", finding: Finding) -> tuple[int, tuple[float, float] | None] | None:
    if finding.series not in reading.images:
        return None
    if finding.point_mm:
        mark = {"space": "patient", "point": list(finding.point_mm)}
        return _on_image(reading, finding.series, mark)
    return (finding.frame - 1, finding.point_px) if finding.frame else None


def _on_image(reading: "Reading", series: str, mark: dict[str, Any]) -> tuple[int, tuple[float, float]]:
    """Give the zero-based frame and the (column, row) of a mark."""
    if mark["space"] == "image":
        column, row = mark["point"]
        return mark["frame"], (column, row)
    images = reading.images[series]
    frame = nearest_frame(images, mark["point"])
    column, row, _ = patient_to_index(images, np.array(mark["point"]), frame)
    return frame, (float(column), float(row))


def _jump_button(
    reading: "Reading",
    label: str,
    name: str,
    series: str,
    frame: int,
    point: tuple[float, float] | None,
    window: str,
) -> None:
    """Offer to show a place in the viewer."""
    if not st.button(label, key=f"{reading.attempt.id}-jump-{name}", icon=":material/my_location:"):
        return
    windows = next(one for one in reading.case.series if one.id == series).windows
    chosen = next((one for one in windows if one.name == window), None)
    st.session_state[f"jump-{reading.attempt.id}"] = {
        "nonce": uuid4().hex,
        "series": series,
        "frame": frame,
        "point": point,
        "window": {"name": chosen.name, "center": chosen.center, "width": chosen.width} if chosen else None,
    }
    st.rerun()


def _reasons(reading: "Reading") -> None:
    for question in reading.quiz.questions:
        if not isinstance(question, DifferentialQuestion):
            continue
        for entry in question.entries:
            name = room().vocabulary[entry.concept].name
            st.markdown(f"**{name}** :orange-badge[{_TIERS[entry.tier]}]")
            for sign, reason in (("For", entry.pros), ("Against", entry.cons)):
                if reason:
                    st.markdown(f":gray[{sign}:] {reason}")


def _source(reading: "Reading") -> None:
    case = reading.case
    source = case.provenance
    st.markdown(
        f"**{source.source}**\n\n{source.citation}\n\nLicence: [{source.licence}]({source.licence_url})"
        + (f"  \nDOI: [{source.doi}](https://doi.org/{source.doi})" if source.doi else "")
        + f"\n\n{source.attribution}"
    )
    for title, lines in (("What was changed", source.changes), ("What is not documented", source.flags)):
        if lines:
            st.markdown(f"**{title}**\n\n" + "\n".join(f"- {line}" for line in lines))
    reviewed = case.reviewed_by or "not yet reviewed by a radiologist"
    st.caption(f"Case {case.slug}, version {case.version}; {reviewed}.")
