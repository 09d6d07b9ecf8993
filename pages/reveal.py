"""What follows the last commit: the score with its parts, the findings, the reasoning, what to learn, the source."""

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.jump import jump_button, place_of_finding, place_of_mark
from pages.room import LEARNER, room
from quizzes.questions import DifferentialQuestion, MarkQuestion, Question, SingleQuestion
from quizzes.scoring import case_score

if TYPE_CHECKING:
    from pages.read import Reading

_TIERS = {"answer": "Most likely", "plausible": "Plausible", "must-not-miss": "Must not miss", "unlikely": "Unlikely"}


def reveal(reading: "Reading") -> None:
    """Draw the panel of a case that is fully answered."""
    case = reading.case
    share = case_score(reading.commits[question.id].score for question in reading.quiz.questions)
    diagnosis = f"{escape(case.diagnosis)}<small>{escape(case.diagnosis_status)}</small>"
    st.html(f'<div class="ro-score"><b>{share or 0:.0%}</b><p>{diagnosis}</p></div>')
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


def _answer_text(question: Question, answer: dict[str, Any]) -> str:
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
    entry = next((one for one in reading.case.regions if one.name == question.region), None)
    if region is None or entry is None:
        return
    st.caption(f"{entry.label}: {entry.authority}")
    place = place_of_mark(reading, entry.series, region.centre)
    jump_button(reading, "Show the outline", f"region-{entry.name}", place)


def _findings(reading: "Reading") -> None:
    st.caption("Described for teaching, not a radiologist’s report.")
    for finding in reading.case.findings:
        origin = f"documented: {finding.source}" if finding.status == "documented" else "observed"
        st.markdown(f"{finding.text}  \n:gray[{origin}]")
        if place := place_of_finding(reading, finding):
            jump_button(reading, f"Show on image {place.frame + 1}", finding.id, place)


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
    if reading.left_out:
        st.markdown("**What could not be verified**\n\n" + "\n".join(f"- {why}" for why in reading.left_out.values()))
    reviewed = case.reviewed_by or "not yet reviewed by a radiologist"
    st.caption(f"Case {case.slug}, version {case.version}; {reviewed}.")
