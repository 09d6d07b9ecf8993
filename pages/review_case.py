"""One attempt gone through at the workstation: marks and outlines on the images, one answer after the other beside."""

from collections.abc import Sequence
from html import escape
from typing import Any, assert_never

import streamlit as st

from cases import CaseError
from cases.case import SECTIONS, Finding
from pages.comments import comments_on, draw_comments, reviews
from pages.fields import UNIT_NAMES
from pages.jump import place_of_mark, place_of_region, show_place
from pages.read import Reading, read_images, viewer_payload
from pages.reveal import answer_text, draw_findings, draw_result, draw_score
from pages.room import may, me, room
from pages.sitting import sitting_of
from pages.together import draw_together
from pages.verifying import unverified, without
from pages.viewed import draw_viewed
from quizzes import QuizError, StoreError
from quizzes.people.permissions import Act
from quizzes.people.person import Person
from quizzes.people.reviews import LONGEST_COMMENT, Comment
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
from quizzes.quizfile import read_quiz
from viewer.component import show_viewer

_KEYS = (
    ("ArrowRight", "Next question", ".st-key-review-question-next button"),
    ("ArrowLeft", "Question before", ".st-key-review-question-before button"),
    ("Shift+ArrowRight", "Next attempt", ".st-key-review-next button"),
    ("Shift+ArrowLeft", "Attempt before", ".st-key-review-before button"),
    ("Shift+d", "Discuss: on the list, then settled", ".st-key-review-flag button"),
    ("Shift+c", "Comment; Escape leaves the text", ".st-key-review-comment textarea"),
    ("Shift+o", "Overview of the student", ".st-key-review-overview button"),
)


def review_case(student: Person, attempt_id: str, among: Sequence[str]) -> None:
    """Draw one attempt of a student.

    Parameters
    ----------
    among : sequence of str
        Ids of the attempts that come before and after it.
    """
    reading = _reading(attempt_id)
    _strip(student, reading, attempt_id, among)
    if reading is None:
        return
    if _goes_on(reading) and not st.session_state.get(f"review-shown-{attempt_id}"):
        _curtain(reading)
        return
    left, right = st.columns([3, 1], gap="small")
    with left, st.container(key="viewer"):
        payload = viewer_payload(reading, None)
        keys = [{"key": key, "says": says, "target": target} for key, says, target in _KEYS]
        # What the reviewer draws and how the case is laid out stay with this review.
        named = {"key": f"review-{payload['key']}", "case": f"review-{reading.case.slug}", "keys": keys}
        show_viewer({**payload, **named}, key=f"review-{attempt_id}")
    with right, st.container(key="panel"):
        _panel(reading)


def _reading(attempt_id: str) -> Reading | None:
    attempt = room().attempts.attempt(attempt_id)
    if attempt is None:
        return None
    try:
        case = room().catalogue.case(attempt.case_slug)
        images, trouble = read_images(case)
        left_out = unverified(case, images)
        quiz = without(read_quiz(case.quiz_file, room().vocabulary), left_out)
        commits = {commit.question_id: commit for commit in room().attempts.commits(attempt.id)}
    except (CaseError, QuizError) as error:
        st.error(f"This case cannot be shown. {error}", icon=":material/error:")
        return None
    return Reading(
        case,
        quiz.only(attempt.questions),
        attempt,
        commits,
        images,
        trouble,
        left_out,
        sitting_of(attempt),
        reviewed=True,
    )


def _goes_on(reading: Reading) -> bool:
    """Tell whether the student is still to be shown nothing: a test that goes on, or questions that are open."""
    sitting = reading.sitting
    return bool(sitting and sitting.sealed) or (reading.question is not None and not (sitting and sitting.ended))


def _curtain(reading: Reading) -> None:
    test = bool(reading.sitting and reading.sitting.sealed)
    done, total = len(reading.commits), len(reading.quiz.questions)
    why = "belongs to a test that goes on" if test else f"goes on: {done} of {total} questions are answered"
    st.warning(f"This attempt {why}. The student must not see marks, outlines and scores yet.", icon=":material/lock:")
    if may(Act.SEE_ANSWERS):
        st.button("Show it to me alone", on_click=_lift, args=(reading.attempt.id,), icon=":material/visibility:")


def _lift(attempt_id: str) -> None:
    st.session_state[f"review-shown-{attempt_id}"] = True


def _strip(student: Person, reading: Reading | None, attempt_id: str, among: Sequence[str]) -> None:
    """Draw the line above the viewer: back to the overview, who and what, and on to the next attempt."""
    here = among.index(attempt_id)
    with st.container(key="strip", horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Overview", icon=":material/arrow_back:", type="tertiary", key="review-overview", on_click=_turn, args=("",)
        )
        what = ""
        if reading:
            sections = " · ".join(SECTIONS[key] for key in reading.case.sections)
            what = f"{reading.case.title} · {sections}"
            if reading.case.version != reading.attempt.case_version:
                what += " · the case has changed since"
        st.html(f'<p class="ro-title"><b>{escape(student.name)}</b><span>{escape(what)}</span></p>')
        if reading:
            draw_together(reading)
        st.html(f'<p class="ro-place"><b>{here + 1} of {len(among)}</b></p>', width="content")
        for label, key, place in (("Before", "before", here - 1), ("Next", "next", here + 1)):
            there = among[place] if 0 <= place < len(among) else ""
            icon = ":material/chevron_left:" if key == "before" else ":material/chevron_right:"
            st.button(label, icon=icon, key=f"review-{key}", disabled=not there, on_click=_turn, args=(there,))


def _turn(attempt_id: str) -> None:
    for name in ("attempt", "question", "together"):
        st.query_params.pop(name, None)
    if attempt_id:
        st.query_params["attempt"] = attempt_id


def _panel(reading: Reading) -> None:
    draw_result(reading)
    questions = reading.quiz.questions
    ids = [*(question.id for question in questions), ""]
    wanted = str(st.query_params.get("question", questions[0].id if questions else ""))
    here = ids.index(wanted) if wanted in ids else 0
    question = questions[here] if ids[here] else None
    with st.container(key="review-steps", horizontal=True, vertical_alignment="center", gap="small"):
        _step("before", "Question before", reading, ids, here - 1)
        of = f"Question {here + 1} of {len(questions)}" if question else "The whole case"
        st.html(f'<p class="ro-place"><b>{of}</b></p>', width="stretch")
        _flag(reading, ids[here])
        _step("next", "Next question", reading, ids, here + 1)
    if question:
        _answer(reading, question)
    else:
        draw_findings(reading)
        draw_viewed(reading)
    said = comments_on(reading)
    draw_comments(said, about=ids[here], mine=me().id, withdraw=_withdraw)
    _write(reading, question)


def _step(name: str, says: str, reading: Reading, ids: Sequence[str], place: int) -> None:
    icon = ":material/chevron_left:" if name == "before" else ":material/chevron_right:"
    there = 0 <= place < len(ids)
    st.button(
        says,
        icon=icon,
        key=f"review-question-{name}",
        disabled=not there,
        on_click=_go,
        args=(reading, ids[place] if there else ""),
    )


def _go(reading: Reading, question_id: str) -> None:
    """Go to a question; to one about a place, the images as well."""
    st.query_params["question"] = question_id
    question = reading.quiz.question(question_id)
    if not isinstance(question, MarkQuestion):
        return
    commit = reading.commits.get(question.id)
    regions = [one for one in map(reading.region, question.regions) if one]
    marks: list[dict[str, Any]] = list(commit.answer.get("marks") or []) if commit else []  # type: ignore[call-overload]
    if marks and marks[0]["series"] in reading.images:
        show_place(reading, place_of_mark(reading, marks[0]["series"], marks[0]))
    elif regions:
        show_place(reading, place_of_region(reading, regions[0]))


def _flag(reading: Reading, question_id: str) -> None:
    """Draw the way onto the discuss list, or off it: talked over, or put there by mistake."""
    here = (reading.attempt.id, question_id)
    entries = reviews().discussions(learner=reading.attempt.learner)
    waiting = any((one.attempt_id, one.question_id, one.settled_at) == (*here, None) for one in entries)
    if not waiting:
        st.button("Discuss", icon=":material/flag:", key="review-flag", on_click=_put_on_list, args=here)
        return
    st.button("Settle", icon=":material/check:", type="primary", key="review-flag", on_click=_settle, args=here)
    st.button("Take off the list", icon=":material/close:", key="review-unflag", on_click=reviews().unflag, args=here)


def _put_on_list(attempt_id: str, question_id: str) -> None:
    reviews().flag(attempt_id, question_id, me().id, now=room().now())


def _settle(attempt_id: str, question_id: str) -> None:
    reviews().settle(attempt_id, question_id, now=room().now())


def _answer(reading: Reading, question: Question) -> None:
    st.markdown(f"**{question.prompt}**")
    commit = reading.commits.get(question.id)
    if commit is None:
        st.caption("Not answered.")
    else:
        st.markdown(f"{answer_text(question, commit.answer, 'Student')}  \n:gray[{commit.confidence:.0%} sure]")
    if right := right_text(question):
        st.markdown(f"Right: {right}")
    if commit:
        draw_score(reading, question)
    with st.expander("Why"):
        st.markdown(question.explanation)


def right_text(question: Question) -> str:
    """Say in Markdown what would have been right; empty where the answer says so itself, or a rubric decides."""
    names = room().vocabulary
    match question:
        case MarkQuestion():
            return "**the green outline**" if question.regions else "**no finding**"
        case MultipleQuestion():
            return f"**{' · '.join(question.answers)}**"
        case MenuQuestion():
            return f"**{names[question.answers[0]].name}**"
        case DifferentialQuestion():
            likely = [names[entry.concept].name for entry in question.entries if entry.tier == "answer"]
            return f"**{', '.join(likely)}**"
        case MeasureQuestion():
            return f"**{question.value:g} ± {question.tolerance:g} {UNIT_NAMES[question.unit]}**"
        case ExaminationQuestion():
            lines = (f"- {ASPECTS[choice.aspect]}: {' or '.join(choice.answers)}" for choice in question.choices)
            return "\n" + "\n".join(lines)
        case SingleQuestion() | ReportQuestion():
            return ""
        case _:
            assert_never(question)


def _write(reading: Reading, question: Question | None) -> None:
    """Draw the field for a comment on what is in front."""
    about = [one for one in reading.case.findings if question is None or one.region in _regions(question)]
    key = f"{reading.attempt.id}-{question.id if question else ''}"
    with st.container(key="review-comment"), st.form(f"comment-{key}", border=False):
        if about:
            whole = "The answer as a whole" if question else "The case as a whole"
            names = {"": whole, **{one.id: _finding(one) for one in about}}
            st.selectbox("About", list(names), format_func=names.__getitem__, key=f"about-{key}")
        st.text_area(
            "Comment for the student",
            key=f"text-{key}",
            height=80,
            max_chars=LONGEST_COMMENT,
            placeholder="What to look at, and why. The student sees it with the answer.",
        )
        st.form_submit_button(
            "Keep the comment",
            icon=":material/add_comment:",
            width="stretch",
            on_click=_say,
            args=(reading.attempt.id, question.id if question else "", f"text-{key}", f"about-{key}"),
        )
    if trouble := st.session_state.pop("review-trouble", ""):
        st.error(trouble, icon=":material/error:")


def _regions(question: Question) -> tuple[str, ...]:
    return question.regions if isinstance(question, MarkQuestion) else ()


def _finding(finding: Finding) -> str:
    return finding.text if len(finding.text) < 60 else f"{finding.text[:57]}…"


def _say(attempt_id: str, question_id: str, text_key: str, about_key: str) -> None:
    """Keep what was typed; what cannot be kept stays in the field."""
    finding = str(st.session_state.get(about_key) or "")
    try:
        text = str(st.session_state[text_key])
        reviews().say(attempt_id, me().id, text, question_id=question_id, finding=finding, now=room().now())
    except StoreError as error:
        st.session_state["review-trouble"] = str(error)
    else:
        st.session_state[text_key] = ""


def _withdraw(comment: Comment) -> None:
    reviews().withdraw(comment.id, me().id, now=room().now())
