"""The question at hand: what is news, its fields, the confidence, and the commit that locks it."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.fields import fields
from pages.room import room
from quizzes import QuizError
from quizzes.answers import read_answer
from quizzes.questions import MarkQuestion, Question
from quizzes.scoring import score
from quizzes.viewing_store import Viewings
from viewer.component import Drawn

if TYPE_CHECKING:
    from pages.read import Reading

_CONFIDENCES = (50, 60, 70, 80, 90, 100)


def ask(reading: "Reading", question: Question, drawn: Drawn) -> None:
    """Draw the question and take its answer.

    Parameters
    ----------
    drawn : Drawn
        What the learner has placed in the viewer so far, and not committed.
    """
    number = reading.quiz.questions.index(question) + 1
    total = len(reading.quiz.questions)
    _show_stage(reading)
    st.progress((number - 1) / total, text=f"Question {number} of {total}")
    st.markdown(f"**{question.prompt}**")
    answer = fields(reading, question, drawn)
    key = f"{reading.attempt.id}-{question.id}"
    confidence = st.segmented_control(
        "How sure are you, in percent?", _CONFIDENCES, format_func=str, key=f"{key}-confidence"
    )
    missing = _missing(answer, confidence)
    committed = st.button("Commit", type="primary", width="stretch", disabled=bool(missing), key=f"{key}-commit")
    st.caption(missing or "Once committed, an answer stays as it is.")
    if committed and answer is not None and confidence is not None:
        _commit(reading, question, answer, confidence / 100, drawn.annotations)


def _show_stage(reading: "Reading") -> None:
    """Say what has become known in the stages so far, the news last."""
    opened = reading.quiz.opened(reading.commits)
    if not opened:
        return
    place = f"Stage {len(opened)} of {len(reading.quiz.stages)}"
    earlier = [stage for stage in opened[:-1] if stage.information]
    if earlier:
        with st.expander("Known before"):
            for stage in earlier:
                st.markdown(f"**{stage.title}.** {stage.information}")
    st.markdown(f":gray[{place}]  \n**{opened[-1].title}**")
    if opened[-1].information:
        st.info(opened[-1].information, icon=":material/new_releases:" if len(opened) > 1 else None)


def _missing(answer: dict[str, Any] | None, confidence: int | None) -> str:
    if answer is None:
        return "Answer first, then say how sure you are."
    return "" if confidence else "Say how sure you are to commit."


def _commit(
    reading: "Reading", question: Question, raw: dict[str, Any], confidence: float, annotations: list[dict[str, Any]]
) -> None:
    try:
        answer = read_answer(question, raw, room().vocabulary)
        names = question.regions if isinstance(question, MarkQuestion) else ()
        regions = {name: region for name in names if (region := reading.region(name))}
        result = score(question, answer, vocabulary=room().vocabulary, regions=regions)
        room().attempts.commit(reading.attempt.id, question.id, answer.as_json(), confidence, result, room().now())
        if annotations:
            Viewings(room().attempts.engine).draw(reading.attempt.id, question.id, annotations, now=room().now())
    except QuizError as error:
        st.error(f"Not committed: {error}")
        return
    st.rerun()
