"""What follows the last commit: the score with its parts, the findings, the reasoning, what to learn, the source."""

from html import escape
from typing import TYPE_CHECKING, Any, assert_never

import streamlit as st

from pages.comments import comments_on, draw_comments
from pages.fields import UNIT_NAMES
from pages.jump import jump_button, key_images, place_of_region, places_of_finding
from pages.plain import as_text
from pages.repertoire import repertoire
from pages.report import draw_report, judged_report
from pages.room import me, room
from pages.viewed import draw_miss, draw_viewed
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
)
from quizzes.scoring import case_score
from viewer import RegionError

if TYPE_CHECKING:
    from cases.case import Finding
    from pages.read import Reading

_TIERS = {"answer": "Most likely", "plausible": "Plausible", "must-not-miss": "Must not miss", "unlikely": "Unlikely"}


def reveal(reading: "Reading") -> None:
    """Draw the panel of a case that is fully answered."""
    case = reading.case
    draw_result(reading)
    result, findings, reasons, learn, viewed, source = st.tabs(
        ["Answers", "Findings", "Why", "Learn", "Viewed", "Source"]
    )
    with result:
        _answers(reading)
    with findings:
        draw_findings(reading)
    with reasons:
        _reasons(reading)
    with learn:
        for heading, text in case.teaching.items():
            st.markdown(f"##### {heading}\n{text}")
    with viewed:
        draw_viewed(reading)
    with source:
        _source(reading)
    if st.button("Read this case again", icon=":material/replay:", width="stretch"):
        _again(reading)
        # A session keeps the attempt that was made in it: another one is outside.
        st.query_params.pop("session", None)
        st.rerun()


def draw_result(reading: "Reading") -> None:
    """Draw the score of a case, and what it is."""
    case = reading.case
    asked = (reading.commits.get(question.id) for question in reading.quiz.questions)
    share = case_score(commit.score for commit in asked if commit)
    diagnosis = f"{escape(case.diagnosis)}<small>{escape(case.diagnosis_status)}{_reports(reading)}</small>"
    st.html(f'<div class="ro-score"><b>{share or 0:.0%}</b><p>{diagnosis}</p></div>')


def _again(reading: "Reading") -> None:
    case, quiz = reading.case, repertoire().quizzes.get(reading.case.slug, reading.quiz)
    ids = [question.id for question in quiz.questions]
    room().attempts.start(me().id, case.slug, case.version, now=room().now(), question_ids=ids)


def _reports(reading: "Reading") -> str:
    """Say what reports earned by their rubric: people score them, so they are not in the score of the case."""
    asked = [question for question in reading.quiz.questions if isinstance(question, ReportQuestion)]
    judged = [score.value for question in asked if (score := judged_report(reading, question))]
    if not asked:
        return ""
    told = ", ".join(f"{value:.0%}" for value in judged) or "not scored yet"
    return f"<br>Report, scored by people and apart: {told}"


def _answers(reading: "Reading") -> None:
    said = comments_on(reading)
    draw_comments(said, about="")
    for number, question in enumerate(reading.quiz.questions, start=1):
        commit = reading.commits[question.id]
        st.markdown(f"**{number}. {question.prompt}**")
        st.markdown(f"{answer_text(question, commit.answer)}  \n:gray[{commit.confidence:.0%} sure]")
        draw_score(reading, question)
        if isinstance(question, DifferentialQuestion) and question.again in reading.commits:
            _compare(reading.commits[question.again].answer, commit.answer)
        draw_comments(said, about=question.id)
        st.markdown(question.explanation)
        st.divider()


def draw_score(reading: "Reading", question: Question) -> None:
    """Draw what a committed answer earned and why, how a finding was missed, and where the truth is."""
    commit = reading.commits[question.id]
    if isinstance(question, ReportQuestion):
        draw_report(reading, question)
    else:
        st.progress(commit.score.value, text=f"{commit.score.value:.2f} of 1")
        st.caption("  \n".join(part.text for part in commit.score.parts))
    if isinstance(question, MarkQuestion):
        draw_miss(reading, question)
        _offer_regions(reading, question)
    if isinstance(question, MeasureQuestion):
        st.caption(f"The truth: {question.source}")


def answer_text(question: Question, answer: dict[str, Any], who: str = "You") -> str:
    """Say in Markdown what somebody answered."""
    names = room().vocabulary
    match question:
        case MarkQuestion():
            crosses = "the pink cross" if len(answer["marks"]) == 1 else f"{len(answer['marks'])} pink crosses"
            return f"{who}: no finding" if answer.get("no_finding") else f"{who}: {crosses}"
        case SingleQuestion():
            right = answer["choice"] == question.answer
            return f"{who}: {answer['choice']}" + ("" if right else f"  \nRight: **{question.answer}**")
        case MultipleQuestion():
            return f"{who}: " + " · ".join(answer["choices"])
        case MenuQuestion():
            return f"{who}: {names[answer['named']].name}"
        case DifferentialQuestion():
            ranked = (names[concept].name for concept in answer["ranked"])
            return f"{who}: " + ", ".join(f"{rank}. {name}" for rank, name in enumerate(ranked, start=1))
        case MeasureQuestion():
            how = "measured in the image" if answer.get("annotation") else "typed"
            return f"{who}: {answer['value']:g} {UNIT_NAMES[question.unit]}, {how}"
        case ExaminationQuestion():
            return f"{who}:\n" + "\n".join(f"- {ASPECTS[aspect]}: {text}" for aspect, text in answer["chosen"].items())
        case ReportQuestion():
            return "Your report" if who == "You" else "The report"
        case _:
            assert_never(question)


def _compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Say what the news of a later stage has changed in the ranking."""
    names, earlier, later = room().vocabulary, before["ranked"], after["ranked"]
    if earlier == later:
        st.caption("The same ranking as before the news.")
        return
    lines = [f"{names[one].name}: new, rank {later.index(one) + 1}" for one in later if one not in earlier]
    lines += [
        f"{names[one].name}: rank {earlier.index(one) + 1} → {later.index(one) + 1}"
        for one in later
        if one in earlier and earlier.index(one) != later.index(one)
    ]
    lines += [f"{names[one].name}: taken off" for one in earlier if one not in later]
    st.caption("What the news changed:  \n" + "  \n".join(lines))


def _offer_regions(reading: "Reading", question: MarkQuestion) -> None:
    for entry in (one for name in question.regions for one in reading.case.regions if one.name == name):
        region = reading.region(entry.name)
        if region is None:
            continue
        st.caption(f"{entry.label}: {entry.authority}")
        label = "Show the outline" if len(question.regions) == 1 else f"Show: {entry.label}"
        jump_button(reading, label, f"region-{question.id}-{entry.name}", place_of_region(reading, region))


def draw_findings(reading: "Reading") -> None:
    """Draw what there is to see, each with a way to its place."""
    st.caption("Described for teaching, not a radiologist’s report.")
    for finding in reading.case.findings:
        origin = f"documented: {finding.source}" if finding.status == "documented" else "observed"
        st.markdown(f"{finding.text}  \n:gray[{origin}]")
        try:
            places = places_of_finding(reading, finding)
        except RegionError as error:
            st.caption(f"Its key images cannot be shown. {as_text(str(error))}")
            continue
        if finding.key_images and places:
            _say_key_images(reading, finding)
        with st.container(horizontal=True, gap="small"):
            for number, place in enumerate(places):
                name = f"{finding.id}-{number}" if number else finding.id
                jump_button(reading, f"Show on image {place.frame + 1}", name, place)


def _say_key_images(reading: "Reading", finding: "Finding") -> None:
    selected = key_images(reading, finding)
    said = ": ".join(as_text(text) for text in (selected.title, selected.description) if text)
    st.caption(f"Key images. {said}")


def _reasons(reading: "Reading") -> None:
    asked = [question for question in reading.quiz.questions if isinstance(question, DifferentialQuestion)]
    if not asked:
        st.caption("No differential was asked for in this case.")
    for question in asked:
        if len(asked) > 1:
            st.markdown(f"##### {question.prompt}")
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
