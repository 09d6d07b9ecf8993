"""What was on screen while reading: the kind of a miss, times, and the replay. It informs, and scores nothing."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.room import room
from quizzes.misses import Miss, Target, miss, seen_ms
from quizzes.questions import DifferentialQuestion, MarkQuestion, MenuQuestion
from quizzes.viewing import dwell_ms
from quizzes.viewing_store import Viewings

if TYPE_CHECKING:
    from pages.read import Reading

_MISSES: dict[Miss, tuple[str, str]] = {
    "search": ("Search", "its images were hardly on screen in a window that shows it: {seen}."),
    "recognition": (
        "Recognition",
        "its images were on screen for {seen} in a window that shows it, and it was not marked.",
    ),
    "interpretation": ("Interpretation", "it was marked, and the diagnosis was another."),
}


def draw_miss(reading: "Reading", question: MarkQuestion) -> None:
    """Say how a finding was missed; nothing when it was not, or when nothing was recorded."""
    commit = reading.commits[question.id]
    runs = Viewings(room().attempts.engine).of(reading.attempt.id, until=commit.committed_at).runs
    if not runs:
        return
    for name in question.regions:
        target = _target(reading, name)
        kind = miss(runs, target, hit=bool(commit.score.hit), diagnosed=_diagnosed(reading)) if target else None
        if target and kind:
            title, text = _MISSES[kind]
            st.markdown(f":orange-badge[{title}] {text.format(seen=_seconds(seen_ms(runs, target)))}")
            return


def draw_viewed(reading: "Reading") -> None:
    """Draw for how long each finding was on screen, and offer the replay."""
    viewing = Viewings(room().attempts.engine).of(reading.attempt.id)
    if not viewing.runs:
        st.caption("Nothing was recorded of this reading.")
        return
    st.caption("From the viewer’s own log. It informs, and never changes a score.")
    for entry in reading.case.series:
        if entry.id in reading.images:
            times = dwell_ms(viewing.runs, entry.id, len(reading.images[entry.id].frames))
            seen = sum(time > 0 for time in times)
            st.markdown(f"**{entry.label}**: {seen} of {len(times)} images, {_seconds(sum(times))}")
    for region in reading.case.regions:
        if target := _target(reading, region.name):
            first, last = min(target.frames) + 1, max(target.frames) + 1
            where = f"image {first}" if first == last else f"images {first} to {last}"
            st.markdown(f"{region.label}, {where}: {_seconds(seen_ms(viewing.runs, target))} in a window that shows it")
    st.caption("The strip at the edge of the image: amber is where you looked, green where the findings are.")
    playing = bool(st.session_state.get(_key(reading)))
    label, icon = ("End the replay", "stop") if playing else ("Replay this reading", "play_circle")
    st.button(
        label, icon=f":material/{icon}:", width="stretch", on_click=partial(_turn, reading, not playing), key="replay"
    )


def viewed_payload(reading: "Reading") -> dict[str, Any]:
    """Say what the viewer needs of the log once answers may show: times by series, and the replay when asked for."""
    if not reading.revealed:
        return {"seen": {}, "replay": None}
    viewing = Viewings(room().attempts.engine).of(reading.attempt.id)
    seen = {
        name: dwell_ms(viewing.runs, name, len(series.frames)) if viewing.runs else []
        for name, series in reading.images.items()
    }
    return {"seen": seen, "replay": viewing.replay() if st.session_state.get(_key(reading)) else None}


def _turn(reading: "Reading", on: bool) -> None:
    st.session_state[_key(reading)] = on


def _key(reading: "Reading") -> str:
    return f"replay-{reading.attempt.id}"


def _target(reading: "Reading", name: str) -> Target | None:
    """Give where a region can be seen, and in which window."""
    region = reading.region(name)
    if region is None:
        return None
    entry = next(one for one in reading.case.series if one.id == region.series_id)
    wanted = next((one.window for one in reading.case.findings if one.region == name and one.window), "")
    window = next(((one.center, one.width) for one in entry.windows if one.name == wanted), None)
    return Target(region.series_id, frozenset(region.masks), window)


def _diagnosed(reading: "Reading") -> bool | None:
    """Tell whether the last diagnosis asked for was right; None where none was."""
    verdict = None
    for question in reading.quiz.questions:
        commit = reading.commits.get(question.id)
        if commit and isinstance(question, DifferentialQuestion | MenuQuestion):
            verdict = commit.score.correct
    return verdict


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s"
