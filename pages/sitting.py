"""A case read as part of a practice session: where one is, how much time is left, and the way on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.components.v2 import component

from cases.case import Case
from pages.due import kept_for_me
from pages.repertoire import repertoire
from pages.room import me, room
from quizzes.people.assignments import Kept
from quizzes.session_store import Sessions
from quizzes.sessions import Session, Standing, following, standing
from quizzes.store import Attempt

if TYPE_CHECKING:
    from pages.read import Reading

# Counts down by itself, so that no rerun is needed for a second to pass; at the end it asks for one.
_CLOCK = """
export default function ({ data, parentElement, setTriggerValue }) {
  const face = parentElement.querySelector(".ro-clock");
  const end = performance.now() + data.left_s * 1000;
  let timer = 0;
  const show = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const pad = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
    face.textContent = (hours ? hours + ":" + pad(minutes) : minutes) + ":" + pad(left % 60) + " left";
    face.classList.toggle("ro-late", left <= 60);
    if (!left) { clearInterval(timer); setTriggerValue("over", true); }
  };
  timer = setInterval(show, 1000);
  show();
  return () => clearInterval(timer);
}
"""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One case of a session in front of the learner."""

    session: Session
    """The session."""
    position: int
    """Place of the case in its plan, zero-based."""
    standing: Standing
    """Where the session stands now."""

    @property
    def sealed(self) -> bool:
        """Whether answers and scores must not be shown yet."""
        return self.session.plan.feedback == "test" and self.standing.state != "ended"

    @property
    def ended(self) -> bool:
        """Whether what is answered now no longer counts."""
        return self.standing.state == "ended"


def sessions() -> Sessions:
    """Give the practice sessions."""
    return Sessions(room().attempts.engine)


def sit(case: Case, session_id: str, question_ids: Collection[str]) -> tuple[Attempt, Sitting] | None:
    """Give the attempt at a case in a session, begun now if need be; None when the session does not offer it."""
    session = sessions().session(session_id, me().id) if session_id else None
    if session is None or case.slug not in session.plan.cases:
        return None
    position = session.plan.cases.index(case.slug)
    now = room().now()
    if position not in session.attempts and standing(session, now).state == "ended":
        return None
    weights = repertoire().weights(case.slug, None)
    asked = {id_: weights.get(id_, 1.0) for id_ in question_ids}
    attempt = sessions().open(session, position, case.version, asked=asked, now=now)
    return attempt, Sitting(session, position, standing(session, now))


def sitting_of(attempt: Attempt) -> Sitting | None:
    """Give the session in which an attempt was begun, if any."""
    session = sessions().of_attempt(attempt.id)
    if session is None:
        return None
    position = next(place for place, id_ in session.attempts.items() if id_ == attempt.id)
    return Sitting(session, position, standing(session, room().now()))


def finished(session: Session) -> set[int]:
    """Give the places of the cases that need no reading: answered, kept for a test, or no longer in the library."""
    commits = room().attempts.commits_of(session.attempts.values())
    known, kept = repertoire(), kept_for_me()
    done = {
        place
        for place, slug in enumerate(session.plan.cases)
        if slug not in known.quizzes or (slug in kept and session.assignment not in kept[slug].assignments)
    }
    for place, attempt_id in session.attempts.items():
        committed = {one.question_id for one in commits[attempt_id]}
        if session.answered(place, committed, known.weights(session.plan.cases[place], None)):
            done.add(place)
    return done


def kept_from(case: Case, session_id: str) -> Kept | None:
    """Say why a case cannot be opened in a session, or without one; None when it can."""
    kept = kept_for_me().get(case.slug)
    if kept is None or not kept.assignments:
        return kept
    session = sessions().session(session_id, me().id) if session_id else None
    return None if session and session.assignment in kept.assignments else kept


def way_to(session: Session, place: int) -> dict[str, str]:
    """Give the address of a case in a session."""
    return {"case": session.plan.cases[place], "session": session.id}


def draw_bar(reading: "Reading") -> None:
    """Draw where one is in the session and the way on, into the strip above the viewer."""
    sitting = reading.sitting
    if sitting is None:
        return
    plan = sitting.session.plan
    mode = "exam" if plan.exam else f"{plan.feedback} mode"
    place = f"<b>Case {sitting.position + 1} of {len(plan.cases)}</b><span> · {mode}</span>"
    st.html(f'<p class="ro-place">{place}</p>', width="content")
    if sitting.ended:
        st.page_link(
            st.session_state["pages"]["practice"],
            label="Result",
            icon=":material/flag:",
            query_params={"session": sitting.session.id},
        )
        return
    if sitting.standing.state == "paused":
        return
    if sitting.standing.left_s is not None:
        _clock(sitting)
    st.button("Pause", icon=":material/pause:", type="tertiary", key="sitting-pause", on_click=_pause, args=(sitting,))
    _way_on(reading, sitting)


def draw_paused(sitting: Sitting) -> None:
    """Draw what stands in place of the images while the session is paused."""
    with st.container(key="paused"):
        st.info("This session is paused. Its clock stands still, and the case is put away.", icon=":material/pause:")
        resume = st.button("Resume", icon=":material/play_arrow:", type="primary", key="sitting-resume")
    if resume:
        sessions().add(sitting.session, "resumed", now=room().now())
        st.rerun()


def draw_sealed() -> None:
    """Draw the panel of a case that is fully answered while its answers are sealed."""
    st.success("Your answers are kept.", icon=":material/check:")
    st.markdown("You see them with the reasons when the session ends. Go on with **Next case** above the image.")


def _pause(sitting: Sitting) -> None:
    sessions().add(sitting.session, "paused", now=room().now())


def _way_on(reading: "Reading", sitting: Sitting) -> None:
    done = finished(sitting.session)
    place = following(sitting.session, done, sitting.position)
    here = reading.question is None
    if place is None or (place == sitting.position and here):
        if st.button("Finish", icon=":material/flag:", type="primary", key="sitting-finish"):
            sessions().add(sitting.session, "ended", now=room().now())
            st.switch_page(st.session_state["pages"]["practice"], query_params={"session": sitting.session.id})
    elif place != sitting.position:
        label = "Next case" if here else "Skip"
        kind: Any = "primary" if here else "tertiary"
        if st.button(label, icon=":material/arrow_forward:", type=kind, key="sitting-next"):
            st.switch_page(st.session_state["pages"]["read"], query_params=way_to(sitting.session, place))


def _clock(sitting: Sitting) -> None:
    clock = component(
        "readout_clock", html='<span class="ro-clock" role="timer"></span>', js=_CLOCK, isolate_styles=False
    )
    clock(
        data={"left_s": sitting.standing.left_s},
        key=f"clock-{sitting.session.id}",
        width="content",
        on_over_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit reruns the page for a component's trigger only when it has a callback."""
