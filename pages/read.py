"""The read page: the viewer takes most of the window, the questions stand beside it."""

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import Any, cast

import streamlit as st

from cases import CaseError
from cases.annotations import region_specs
from cases.case import SECTIONS, Case, CaseSeries
from pages.answering import ask
from pages.downloading import download_part, terms
from pages.jump import places_of_finding, requested
from pages.keeping import draw_kept
from pages.opening import series_of
from pages.plain import as_text
from pages.reveal import reveal
from pages.room import me, room, session
from pages.sitting import Sitting, draw_bar, draw_paused, draw_sealed, kept_from, sit, sitting_of
from pages.together import draw_together, invitation
from pages.verifying import unverified, without
from pages.viewed import viewed_payload
from quizzes import QuizError
from quizzes.questions import MarkQuestion, Question, Quiz
from quizzes.quizfile import read_quiz
from quizzes.store import Attempt, Commit
from quizzes.viewing_store import Viewings
from viewer import RegionError, SeriesError
from viewer.component import Drawn, show_viewer
from viewer.joined import read_joined
from viewer.regions import Region
from viewer.series import Series


@dataclass(frozen=True, slots=True)
class Reading:
    """One learner in front of one case."""

    case: Case
    quiz: Quiz
    attempt: Attempt
    commits: dict[str, Commit]
    """By question id."""
    images: dict[str, Series]
    """By series id; a series that cannot be read is left out."""
    trouble: str
    """Why images are missing, or empty."""
    left_out: dict[str, str]
    """Regions that experts drew in the archive and that cannot be verified: name → why."""
    sitting: Sitting | None = None
    """The practice session that the attempt belongs to."""
    reviewed: bool = False
    """Whether somebody who may see the answers goes through the attempt of another."""

    @property
    def revealed(self) -> bool:
        """Whether answers, outlines and scores may be shown: all is committed, and no test is going on."""
        return self.reviewed or (self.question is None and not (self.sitting and self.sitting.sealed))

    @property
    def question(self) -> Question | None:
        """The first question not yet committed; None when all are."""
        return next((one for one in self.quiz.questions if one.id not in self.commits), None)

    @property
    def in_view(self) -> list[CaseSeries]:
        """The series that may be seen by now."""
        shown = None if self.reviewed else self.quiz.series_in_view(self.commits)
        return [one for one in self.case.series if shown is None or one.id in shown]

    @property
    def marks(self) -> list[dict[str, Any]]:
        """The marks that are committed."""
        answers = (commit.answer for commit in self.commits.values())
        return [mark for answer in answers for mark in cast("list[dict[str, Any]]", answer.get("marks", []))]

    def region(self, name: str | None) -> Region | None:
        """Read a truth region; None for a question without one, and for one whose series is not there."""
        entry = next((one for one in self.case.regions if one.name == name and name not in self.left_out), None)
        series = self.images.get(entry.series) if entry else None
        return read_joined(region_specs(self.case, entry), series) if entry and series else None


def read() -> None:
    """Draw the page of the case that the address names."""
    reading = _open(str(st.query_params.get("case", "")))
    if reading is None:
        return
    _strip(reading)
    if reading.sitting and reading.sitting.standing.state == "paused":
        draw_paused(reading.sitting)
        return
    left, right = st.columns([3, 1], gap="small")
    question = reading.question
    with left, st.container(key="viewer"):
        drawn = _view(reading, question)
    with right, st.container(key="panel"):
        if reading.revealed:
            reveal(reading)
        elif question is None:
            draw_sealed()
        else:
            if reading.sitting and reading.sitting.ended:
                st.warning("The session has ended. What you answer now no longer counts in it.", icon=":material/flag:")
            _introduce(reading.case)
            if reading.left_out:
                st.caption("A question is left out: the experts’ outline for it could not be verified.")
            # A committed mark stays on the image, and is no answer to the next question.
            ask(reading, question, drawn._replace(marks=[mark for mark in drawn.marks if mark not in reading.marks]))


def _view(reading: Reading, question: Question | None) -> Drawn:
    """Draw the viewer, or say that the images open later, and give what is drawn in it."""
    if reading.case.series and not reading.in_view:
        st.html(
            '<div class="ro-closed"><b>The images open later</b>'
            "<p>First the history: answer the question beside, then read them.</p></div>"
        )
        return Drawn([], [])
    # Another set of series is another viewer: it opens what is new.
    return show_viewer(viewer_payload(reading, question), key=f"viewer-{reading.attempt.id}-{len(reading.in_view)}")


def _open(slug: str) -> Reading | None:
    try:
        case = room().catalogue.case(slug)
    except CaseError:
        st.html('<header class="ro-hero"><h1>No such case</h1></header>')
        st.info(f"The library has no case “{as_text(slug)}”." if slug else "Choose a case in the library.")
        st.page_link(st.session_state["pages"]["library"], label="To the library", icon=":material/arrow_back:")
        return None
    if not case.on_machine:
        _offer_download(case)
        return None
    if kept := kept_from(case, str(st.query_params.get("session", ""))):
        draw_kept(case, kept)
        return None
    images, trouble = read_images(case)
    try:
        left_out = unverified(case, images)
        quiz = without(read_quiz(case.quiz_file, room().vocabulary), left_out)
        attempt, sitting = _attempt(case, quiz)
        commits = {commit.question_id: commit for commit in room().attempts.commits(attempt.id)}
    except QuizError as error:
        st.error(f"The questions of this case cannot be used. {error}")
        return None
    return Reading(case, quiz.only(attempt.questions), attempt, commits, images, trouble, left_out, sitting)


def _offer_download(case: Case) -> None:
    st.page_link(st.session_state["pages"]["library"], label="Library", icon=":material/arrow_back:")
    st.html(f'<p class="ro-title"><b>{escape(case.title)}</b></p>')
    st.info("The images of this case are not on this machine yet.", icon=":material/cloud_download:")
    st.caption(terms(case))
    download_part(case)


def _attempt(case: Case, quiz: Quiz) -> tuple[Attempt, Sitting | None]:
    """Give the attempt of the session that the address names, else the latest; either may belong to a session."""
    ids = [question.id for question in quiz.questions]
    if found := sit(case, str(st.query_params.get("session", "")), ids):
        return found
    attempt = room().attempts.resume_or_start(me().id, case.slug, case.version, question_ids=ids, now=room().now())
    return attempt, sitting_of(attempt)


def read_images(case: Case) -> tuple[dict[str, Series], str]:
    """Open a case's series, by id, and say why some cannot be."""
    images: dict[str, Series] = {}
    trouble = []
    for series in case.series:
        try:
            images[series.id] = room().shelf.open(series.files())
        except (SeriesError, CaseError) as error:
            trouble.append(f"{series.label}: {error}")
    return images, " ".join(trouble)


def _strip(reading: Reading) -> None:
    """Draw the line above the viewer: the way back, what is being read, and where one is in a session."""
    case, back = reading.case, "library"
    if reading.sitting:
        back = "assignments" if reading.sitting.session.assignment else "practice"
    with st.container(key="strip", horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(st.session_state["pages"][back], label=back.capitalize(), icon=":material/arrow_back:")
        sections = " · ".join(SECTIONS[key] for key in case.sections)
        # Above the image, so that it stands there before and after committing alike.
        origin = " · simulated acquisition" if case.origin == "simulated" else ""
        text = f"{escape(sections)} · level {case.level}{origin}"
        st.html(f'<p class="ro-title"><b>{escape(case.title)}</b><span>{text}</span></p>')
        draw_bar(reading)
        draw_together(reading)


def _introduce(case: Case) -> None:
    simulated = " **Simulated acquisition.**" if case.origin == "simulated" else ""
    written = " *(written for teaching)*" if case.history_written_for_teaching else ""
    st.markdown(f"**History.** {case.history}{written}{simulated}")
    with st.expander("Patient and technique"):
        st.markdown(f"{case.patient}\n\n{case.technique}")


def viewer_payload(reading: Reading, question: Question | None) -> dict[str, Any]:
    """Say what the viewer shows; outlines only once they may be shown."""
    return {
        "key": f"{reading.attempt.id}-{len(reading.in_view)}",
        "case": reading.case.slug,
        "series": [
            series_of(one, reading.images[one.id], session()) for one in reading.in_view if one.id in reading.images
        ],
        "error": reading.trouble or None,
        "marking": question.most if isinstance(question, MarkQuestion) else 0,
        "marks": reading.marks,
        "annotations": Viewings(room().attempts.engine).drawn(reading.attempt.id),
        "outlines": _outlines(reading) if reading.revealed else [],
        "keyImages": _key_images(reading) if reading.revealed else [],
        "jump": requested(reading),
        "log": _log_address(reading) if question else None,
        "together": invitation(reading),
        **viewed_payload(reading),
    }


def _log_address(reading: Reading) -> str:
    attempt = reading.attempt.id
    return f"viewing/{attempt}?{room().signer.query(f'viewing/{attempt}', session())}"


def _key_images(reading: Reading) -> list[dict[str, Any]]:
    """Say which images somebody has selected; the findings beside say what is wrong with a selection."""
    found = []
    for finding in reading.case.findings:
        if finding.key_images:
            with suppress(RegionError):
                found += [{"series": one.series, "frame": one.frame} for one in places_of_finding(reading, finding)]
    return found


def _outlines(reading: Reading) -> list[dict[str, Any]]:
    outlines = []
    for entry in reading.case.regions:
        region = reading.region(entry.name)
        if region is None:
            continue
        for name, series in reading.images.items():
            # Other series of the same frame of reference show where they cut the region.
            drawn = region.outlines() if name == entry.series else region.outlines_on(series)
            for outline in drawn:
                kind = "consensus" if outline["label"] == entry.label else "reader"
                outlines.append({**outline, "kind": kind, "series": name})
    return outlines
