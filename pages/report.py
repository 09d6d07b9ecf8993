"""A committed report beside the model report, and the rubric by which a person scores it: no program does."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.room import me, room
from quizzes import QuizError
from quizzes.questions import Criterion, ReportQuestion
from quizzes.scoring import Score, score_report
from quizzes.viewing_store import Viewings

if TYPE_CHECKING:
    from pages.read import Reading

_BANDS = {"none": "Not", "part": "Partly", "full": "Fully"}


def judged_report(reading: "Reading", question: ReportQuestion) -> Score | None:
    """Give the score that somebody gave to a report; None until then, or when the rubric has changed since."""
    judgement = Viewings(room().attempts.engine).judgement(reading.attempt.id, question.id)
    try:
        return score_report(question, judgement.bands) if judgement else None
    except QuizError:
        return None


def draw_report(reading: "Reading", question: ReportQuestion) -> None:
    """Draw both reports and the rubric."""
    own = str(reading.commits[question.id].answer["text"])
    with st.container(border=True):
        st.text(own)
    st.markdown("Model report")
    with st.container(border=True):
        st.markdown(question.model)
    if score := judged_report(reading, question):
        st.progress(score.value, text=f"{score.value:.2f} of 1, by the rubric")
        st.caption("  \n".join(part.text for part in score.parts))
    with st.expander("Score it again" if score else "Score the report by the rubric", expanded=not score):
        _draw_rubric(reading, question)


def _draw_rubric(reading: "Reading", question: ReportQuestion) -> None:
    key = f"{reading.attempt.id}-{question.id}-rubric"
    st.caption("Compare line by line. A resident may do it for you.")
    bands = {one.name: _draw_criterion(one, key) for one in question.criteria}
    chosen = {name: band for name, band in bands.items() if band}
    ready = len(chosen) == len(question.criteria)
    if st.button("Keep this score", key=f"{key}-keep", disabled=not ready, width="stretch"):
        Viewings(room().attempts.engine).judge(reading.attempt.id, question.id, me().id, chosen, now=room().now())
        st.rerun()


def _draw_criterion(criterion: Criterion, key: str) -> str | None:
    band = st.segmented_control(
        criterion.name, list(_BANDS), format_func=_BANDS.__getitem__, key=f"{key}-{criterion.name}"
    )
    st.caption(f"Fully: {criterion.full}  \nPartly: {criterion.part}  \nNot: {criterion.none}")
    return band
