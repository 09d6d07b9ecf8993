"""The question at hand: its fields, the confidence, and the commit that locks it."""

from typing import TYPE_CHECKING, Any, assert_never, cast

import streamlit as st

from pages.jump import Place, jump_button
from pages.room import room
from quizzes import QuizError
from quizzes.answers import read_answer
from quizzes.questions import DifferentialQuestion, MarkQuestion, Question, SingleQuestion, learner_view
from quizzes.scoring import score
from viewer.component import show_picker

if TYPE_CHECKING:
    from pages.read import Reading

_CONFIDENCES = (50, 60, 70, 80, 90, 100)


def ask(reading: "Reading", question: Question, marks: list[dict[str, Any]]) -> None:
    """Draw the question and take its answer.

    Parameters
    ----------
    marks : list of dict
        What the learner has placed in the viewer so far.
    """
    number = reading.quiz.questions.index(question) + 1
    total = len(reading.quiz.questions)
    st.progress((number - 1) / total, text=f"Question {number} of {total}")
    view = learner_view(question, reading.attempt.seed)
    st.markdown(f"**{view['prompt']}**")
    key = f"{reading.attempt.id}-{question.id}"
    match question:
        case MarkQuestion():
            answer = _ask_mark(reading, question, marks, key)
        case SingleQuestion():
            answer = _ask_single(cast("list[str]", view["options"]), key)
        case DifferentialQuestion():
            answer = _ask_differential(key)
        case _:
            assert_never(question)
    confidence = st.segmented_control(
        "How sure are you, in percent?", _CONFIDENCES, format_func=str, key=f"{key}-confidence"
    )
    missing = _missing(answer, confidence)
    committed = st.button("Commit", type="primary", width="stretch", disabled=bool(missing), key=f"{key}-commit")
    st.caption(missing or "Once committed, an answer stays as it is.")
    if committed and answer is not None and confidence is not None:
        _commit(reading, question, answer, confidence / 100)


def _missing(answer: dict[str, Any] | None, confidence: int | None) -> str:
    if answer is None:
        return "Answer first, then say how sure you are."
    return "" if confidence else "Say how sure you are to commit."


def _ask_mark(
    reading: "Reading", question: MarkQuestion, marks: list[dict[str, Any]], key: str
) -> dict[str, Any] | None:
    if question.frame and len(reading.images[question.series].frames) > 1:
        place = Place(question.series, question.frame - 1)
        jump_button(reading, f"Show image {question.frame}", f"{question.id}-frame", place)
    nothing = st.checkbox("There is no finding to mark", key=f"{key}-none")
    if nothing:
        return {"marks": [], "no_finding": True}
    if marks:
        st.success("Marked. Click elsewhere to move the mark; Ctrl Z takes it back.", icon=":material/check:")
        return {"marks": marks}
    st.info("Press M or choose the cross-hair above the image, then click on the place.", icon=":material/point_scan:")
    return None


def _ask_single(options: list[str], key: str) -> dict[str, Any] | None:
    choice = st.radio("Answer", options, index=None, label_visibility="collapsed", key=f"{key}-choice")
    return {"choice": choice} if choice else None


def _ask_differential(key: str) -> dict[str, Any] | None:
    st.caption("Up to five, the most likely first. Type a name or an abbreviation.")
    payload = {"key": key, "ranked": [], "most": 5, "search": "vocabulary"}
    ranked = show_picker(payload, key=f"{key}-ranked")
    return {"ranked": ranked} if ranked else None


def _commit(reading: "Reading", question: Question, raw: dict[str, Any], confidence: float) -> None:
    try:
        answer = read_answer(question, raw, room().vocabulary)
        region = reading.region(question.region) if isinstance(question, MarkQuestion) else None
        result = score(question, answer, vocabulary=room().vocabulary, region=region)
        room().attempts.commit(reading.attempt.id, question.id, raw, confidence, result, room().now())
    except QuizError as error:
        st.error(f"Not committed: {error}")
        return
    st.rerun()
