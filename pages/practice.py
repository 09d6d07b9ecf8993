"""The practice page: what is due, a set or an exam to begin, sessions to go on with, and a session's result."""

import secrets
from typing import Any

import streamlit as st

from cases.case import SECTIONS
from pages.due import open_repertoire
from pages.learner import Learner, learner
from pages.repertoire import Repertoire
from pages.result import show_result
from pages.room import me, room
from pages.sitting import finished, sessions, way_to
from quizzes.practice import Chosen, Wish, blueprint, choose, serve
from quizzes.sessions import Plan, Session, following, standing

_MODES = {"study": "Study: answers after each case", "test": "Test: answers at the end"}
_LEVELS = {1: "1 · first cases", 2: "2 · intermediate", 3: "3 · hard"}
_SHARES = (0, 10, 20, 30, 50)
_MINUTES = (None, 2, 3, 4, 5, 8)


def practice() -> None:
    """Draw the page, or the session that the address names."""
    if session_id := str(st.query_params.get("session", "")):
        _one_session(session_id)
        return
    st.html(
        '<header class="ro-hero"><h1>Practice</h1><p>Mixed cases, one after the other. '
        "What you miss comes back when it is due.</p></header>"
    )
    known, own = open_repertoire(), learner()
    if not known.candidates:
        st.info("The library has no case that can be practised. Add one, then reload.", icon=":material/inbox:")
        return
    _going_on()
    left, right = st.columns([2, 3], gap="large")
    with left:
        _due(known, own)
        _past()
    with right:
        practice_set, exam = st.tabs(["Practice set", "Self-assessment exam"])
        with practice_set:
            _choose_set(known, own)
        with exam:
            _choose_exam(known, own)


def _one_session(session_id: str) -> None:
    session = sessions().session(session_id, me().id)
    if session is None:
        st.html('<header class="ro-hero"><h1>No such session</h1></header>')
        st.info("This session is not yours, or is not there. Begin a new one.", icon=":material/search_off:")
        st.page_link(st.session_state["pages"]["practice"], label="To practice", icon=":material/arrow_back:")
    elif standing(session, room().now()).state == "ended":
        show_result(session)
    else:
        st.html('<header class="ro-hero"><h1>Practice</h1></header>')
        _going_on_card(session)


def _going_on() -> None:
    for session in sessions().of_learner(me().id):
        if session.assignment is None and standing(session, room().now()).state != "ended":
            _going_on_card(session)


def _going_on_card(session: Session) -> None:
    """Offer to go on with a session that has not ended."""
    now, plan = room().now(), session.plan
    stands, done = standing(session, now), finished(session)
    with st.container(border=True, key=f"open-{session.id}"):
        st.markdown(f"**{plan.title}** · {'exam' if plan.exam else plan.feedback + ' mode'}")
        left = f" · {_minutes(stands.left_s)} left" if stands.left_s is not None else ""
        state = "paused" if stands.state == "paused" else "running"
        st.progress(len(done) / len(plan.cases), text=f"{len(done)} of {len(plan.cases)} cases read · {state}{left}")
        with st.container(horizontal=True):
            place = following(session, done)
            if place is not None and st.button(
                "Go on", icon=":material/play_arrow:", type="primary", key=f"on-{session.id}"
            ):
                if stands.state == "paused":
                    sessions().add(session, "resumed", now=now)
                st.switch_page(st.session_state["pages"]["read"], query_params=way_to(session, place))
            label = "See the result" if place is None else "End it now"
            if st.button(label, icon=":material/flag:", key=f"end-{session.id}"):
                sessions().add(session, "ended", now=now)
                st.switch_page(st.session_state["pages"]["practice"], query_params={"session": session.id})


def _due(known: Repertoire, own: Learner) -> None:
    """Say what is due, by section: a diagnosis must not be named before its case is read."""
    st.subheader("Due today", anchor=False)
    slugs = serve(own.due, known.candidates, own.last_read)
    if slugs:
        now = slugs[:10]
        sections = sorted({SECTIONS[known.cases[slug].sections[0]] for slug in slugs})
        st.markdown(f"**{_cases(len(slugs))}** due: {', '.join(sections)}.")
        label = f"Read {_cases(len(now))}" if len(now) == len(slugs) else f"Read the {len(now)} longest due"
        if st.button(label, icon=":material/event_repeat:", type="primary", key="start-due"):
            _start(Plan(tuple(now), "study", title="Due today"))
    elif own.next_due:
        st.markdown(f"Nothing is due. The next case comes back on **{own.day(own.next_due):%-d %B}**.")
    else:
        st.markdown(
            "Nothing yet. Every case that you read to its end comes back here when it is about to be forgotten."
        )


def _past() -> None:
    own = [one for one in sessions().of_learner(me().id) if one.assignment is None]
    ended = [one for one in own if standing(one, room().now()).state == "ended"]
    if not ended:
        return
    st.subheader("Earlier sessions", anchor=False)
    for session in ended[:8]:
        st.page_link(
            st.session_state["pages"]["practice"],
            label=f"{session.started_at:%-d %b} · {session.plan.title} · {_cases(len(session.plan.cases))}",
            icon=":material/flag:",
            query_params={"session": session.id},
        )


def _choose_set(known: Repertoire, own: Learner) -> None:
    sections = st.pills(
        "Sections; none chosen means all, mixed",
        [key for key in SECTIONS if any(key in one.sections for one in known.candidates)],
        format_func=lambda key: SECTIONS[key],
        selection_mode="multi",
        key="set-sections",
    )
    levels = st.pills(
        "Levels; none chosen means all", list(_LEVELS), format_func=lambda n: _LEVELS[n], selection_mode="multi"
    )
    share = st.segmented_control(
        "Cases without a finding, in percent", _SHARES, default=20, format_func=str, required=True, key="set-normals"
    )
    everything = Wish(len(known.candidates), frozenset(sections), frozenset(levels))
    there = len(choose(known.candidates, everything, {}, 0).slugs)
    if not there:
        st.info("No case fits. Choose more sections or levels.", icon=":material/search_off:")
        return
    length = _length(there, "set")
    feedback = st.radio("Feedback", list(_MODES), format_func=lambda key: _MODES[key], key="set-mode")
    minutes = _limit("set", None) if feedback == "test" else None
    wish = Wish(length, frozenset(sections), frozenset(levels), (share or 0) / 100)
    if st.button(f"Start {_cases(length)}", icon=":material/play_arrow:", type="primary", key="start-set"):
        chosen = choose(known.candidates, wish, own.last_read, secrets.randbits(31))
        names = ", ".join(SECTIONS[key] for key in SECTIONS if key in sections)
        _start(_plan(chosen, feedback, minutes, names or "Mixed practice"))
    _say_normals(choose(known.candidates, wish, own.last_read, 0))


def _choose_exam(known: Repertoire, own: Learner) -> None:
    st.markdown(
        "Every section gets an equal share, a fifth of the cases are without a finding. Answers are sealed until the "
        "end, and the result comes with its confidence interval."
    )
    length = _length(len(known.candidates), "exam")
    minutes = _limit("exam", 4)
    preview = blueprint(known.candidates, length, own.last_read, 0)
    counts = dict.fromkeys(SECTIONS, 0)
    for slug in preview.slugs:
        counts[known.cases[slug].sections[0]] += 1
    st.caption(" · ".join(f"{SECTIONS[key]} {count}" for key, count in counts.items() if count))
    if st.button(f"Start the exam of {_cases(length)}", icon=":material/timer:", type="primary", key="start-exam"):
        chosen = blueprint(known.candidates, length, own.last_read, secrets.randbits(31))
        _start(_plan(chosen, "test", minutes, "Self-assessment exam", exam=True))
    if length < 20:
        st.caption("Fewer than 20 cases: expect a wide interval.")


def _length(there: int, key: str) -> int:
    if there == 1:
        return 1
    return int(st.slider("Cases", 1, there, min(10, there), key=f"{key}-length-{there}"))


def _limit(key: str, default: int | None) -> int | None:
    minutes: int | None = st.selectbox(
        "Time for each case, on average",
        _MINUTES,
        index=_MINUTES.index(default),
        format_func=lambda n: f"{n} minutes" if n else "no limit",
        key=f"{key}-minutes",
    )
    return minutes


def _say_normals(chosen: Chosen) -> None:
    if chosen.normals < chosen.wanted_normals:
        st.caption(
            f"{_cases(chosen.wanted_normals)} should be without a finding; the library has {chosen.normals} that fit."
        )


def _plan(chosen: Chosen, feedback: Any, minutes: int | None, title: str, *, exam: bool = False) -> Plan:  # noqa: ANN401
    limit = minutes * 60 * len(chosen.slugs) if minutes else None
    return Plan(chosen.slugs, feedback, limit, title, exam)


def _start(plan: Plan) -> None:
    session = sessions().start(me().id, plan, now=room().now())
    st.switch_page(st.session_state["pages"]["read"], query_params=way_to(session, 0))


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def _minutes(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 90 else f"{round(seconds / 60)} min"
