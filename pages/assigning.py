"""A new assignment: students, cases by hand or by a wish, how and until when."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any, cast

import streamlit as st

from cases.case import SECTIONS
from pages.assigned import end_of
from pages.due import assignments
from pages.learner import zone
from pages.plain import as_text
from pages.repertoire import Repertoire, repertoire
from pages.room import me, people, room
from quizzes import StoreError
from quizzes.people.assignments import Wanted, pick
from quizzes.people.person import Person, Role
from quizzes.practice import Candidate
from quizzes.sessions import Plan

_LEVELS = {1: "1 · first cases", 2: "2 · intermediate", 3: "3 · hard"}
_KINDS = {
    "study": "Study: answers after each case",
    "test": "Test: answers at the end",
    "exam": "Exam: a test whose cases stay shut for everybody else until it is closed",
}
_MINUTES = (None, 2, 3, 4, 5, 8)
_DAYS = 7


@dataclass(frozen=True, slots=True)
class _Filter:
    """What the cases to choose from must be."""

    sections: frozenset[str]
    levels: frozenset[int]
    modalities: frozenset[str]
    unread: bool

    def fits(self, one: Candidate, read: Collection[str]) -> bool:
        return (
            (not self.sections or not self.sections.isdisjoint(one.sections))
            and (not self.levels or one.level in self.levels)
            and (not self.modalities or one.concept[1] in self.modalities)
            and not (self.unread and one.slug in read)
        )


def new_assignment() -> None:
    """Draw the form."""
    students = {one.id: one for one in people().everyone(Role.STUDENT)}
    if not students:
        st.info(
            "There is no student yet to assign anything to. Add one first: an account, or a profile on this machine.",
            icon=":material/person_add:",
        )
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Who", anchor=False)
        whom = _choose_students(students)
        readers = {slug: names for slug, names in _readers([students[id_] for id_ in whom]).items() if names}
        st.subheader("What", anchor=False)
        slugs = _choose_cases(repertoire(), readers)
    with right:
        st.subheader("How and until when", anchor=False)
        _finish(whom, slugs, {id_: students[id_].name for id_ in whom}, readers)


def _choose_students(students: dict[str, Person]) -> list[str]:
    cohorts = sorted({one.cohort for one in students.values() if one.cohort})
    groups: list[str] = []
    if cohorts:
        groups = st.pills("Groups", cohorts, format_func=as_text, selection_mode="multi", key="assign-groups")
    chosen = st.multiselect(
        "Students",
        list(students),
        format_func=lambda id_: students[id_].name,
        key="assign-students",
        placeholder="Choose students" if not groups else "More students",
    )
    of_groups = [id_ for id_, one in students.items() if one.cohort in groups]
    whom = list(dict.fromkeys([*of_groups, *chosen]))
    if groups:
        st.caption(f"{len(whom)} asked: {as_text(', '.join(students[id_].name for id_ in whom))}")
    return whom


def _readers(chosen: list[Person]) -> dict[str, list[str]]:
    """Give who of the chosen students has read each case."""
    found: dict[str, list[str]] = {}
    for one in chosen:
        for slug, progress in room().attempts.latest(one.id).items():
            if progress.committed:
                found.setdefault(slug, []).append(one.name)
    return found


def _choose_cases(known: Repertoire, readers: dict[str, list[str]]) -> list[str]:
    """Draw filters, the wish and the list, and give the cases chosen."""
    wanted = _filters(known)
    fitting = [one.slug for one in known.candidates if wanted.fits(one, readers)]
    _wish(known, wanted, readers, len(fitting))
    st.session_state.setdefault("assign-cases", [])
    chosen = [slug for slug in st.session_state["assign-cases"] if slug in known.cases]
    options = [*chosen, *(slug for slug in fitting if slug not in chosen)]
    slugs = st.multiselect(
        "Cases, in the order in which they are read",
        options,
        format_func=lambda slug: _label(known, slug, readers),
        key="assign-cases",
        placeholder=f"Choose from {len(fitting)}",
    )
    if slugs:
        lines = [_line(known, slug, readers) for slug in slugs]
        st.html(f'<ol class="ro-list">{"".join(lines)}</ol>')
    return list(slugs)


def _filters(known: Repertoire) -> _Filter:
    sections = st.pills(
        "Sections; none chosen means all",
        [key for key in SECTIONS if any(key in one.sections for one in known.candidates)],
        format_func=lambda key: SECTIONS[key],
        selection_mode="multi",
        key="assign-sections",
    )
    level, modality, unread = st.columns([3, 3, 3], vertical_alignment="bottom")
    levels = level.multiselect(
        "Level", list(_LEVELS), format_func=lambda n: _LEVELS[n], placeholder="All", key="assign-levels"
    )
    modalities = modality.multiselect(
        "Modality", sorted(set(known.modalities.values())), placeholder="All", key="assign-modalities"
    )
    only_unread = unread.toggle(
        "Unread only", value=True, key="assign-unread", help="Cases that none of the chosen students has read"
    )
    return _Filter(frozenset(sections), frozenset(levels), frozenset(modalities), only_unread)


def _wish(known: Repertoire, wanted: _Filter, readers: Collection[str], there: int) -> None:
    """Draw the wish: so many of those that fit, so many of them without a finding."""
    count, normals, button = st.columns([3, 3, 3], vertical_alignment="bottom")
    length = int(count.number_input("Number of cases", 1, 50, 5, key="assign-length"))
    without = int(normals.number_input("of them without a finding", 0, 50, 0, key="assign-normals"))
    wish = Wanted(length, wanted.sections, wanted.levels, wanted.modalities, min(without, length), wanted.unread)
    button.button(
        f"Pick {length} for me",
        icon=":material/casino:",
        on_click=_pick,
        args=(known.candidates, wish, frozenset(readers)),
        disabled=not there,
        width="stretch",
        key="assign-pick",
    )
    for fault in st.session_state.get("assign-missing", ()):
        st.warning(f"The library cannot give all of it: {fault}.", icon=":material/inventory_2:")
    if not there:
        st.info("No case fits. Take a filter away.", icon=":material/search_off:")


def _pick(candidates: Collection[Candidate], wish: Wanted, read: Collection[str]) -> None:
    picked = pick(candidates, wish, read, secrets.randbits(31))
    st.session_state["assign-cases"] = list(picked.slugs)
    st.session_state["assign-missing"] = picked.missing


def _label(known: Repertoire, slug: str, readers: dict[str, list[str]]) -> str:
    read = f" · read by {', '.join(readers[slug])}" if slug in readers else ""
    return f"{slug} · {known.cases[slug].title}{read}"


def _line(known: Repertoire, slug: str, readers: dict[str, list[str]]) -> str:
    case = known.cases[slug]
    normal = next(one.normal for one in known.candidates if one.slug == slug)
    facts = [case.modality, " · ".join(SECTIONS[key] for key in case.sections), f"level {case.level}"]
    facts += ["without a finding"] if normal else []
    facts += [f"read by {', '.join(readers[slug])}"] if slug in readers else []
    return f"<li>{escape(case.title)} <small>{escape(' · '.join(facts))}</small></li>"


def _finish(whom: list[str], slugs: list[str], names: dict[str, str], readers: dict[str, list[str]]) -> None:
    """Draw mode, date, note and preview, and create the assignment."""
    title = st.text_input("Title", max_chars=200, key="assign-title", placeholder="Thoracic, week one")
    kind = st.radio("Mode", list(_KINDS), format_func=lambda key: _KINDS[key], key="assign-kind")
    minutes = None
    if kind != "study":
        minutes = st.selectbox(
            "Time for each case, on average",
            _MINUTES,
            format_func=lambda n: f"{n} minutes" if n else "no limit",
            key="assign-minutes",
        )
    today = room().now().astimezone(zone()).date()
    day = st.date_input(
        "Due at the end of; empty for no date", today + timedelta(days=_DAYS), min_value=today, key="assign-day"
    )
    note = st.text_area("Note for the students", max_chars=4000, key="assign-note", height=90)
    seen = sorted({name for slug in slugs for name in readers.get(slug, ())})
    if seen:
        st.warning(f"Some of these have been read by {as_text(', '.join(seen))}.", icon=":material/visibility:")
    limit = minutes * 60 * len(slugs) if minutes else None
    feedback = cast("Any", "study" if kind == "study" else "test")
    if title and slugs:
        _preview(Plan(tuple(slugs), feedback, limit, title.strip()), kind, day, note)
    missing = _missing(whom, slugs, title)
    label = (
        f"Assign to {as_text(', '.join(names.values()))}" if 0 < len(names) < 3 else f"Assign to {len(names)} students"
    )
    done = st.button(label, type="primary", icon=":material/send:", disabled=bool(missing), key="assign-do")
    if missing:
        st.caption(missing)
    if done:
        due_at = end_of(day) if isinstance(day, date) else None
        _create(Plan(tuple(slugs), feedback, limit, title.strip()), whom, note, due_at, reserved=kind == "exam")


def _preview(plan: Plan, kind: str, day: object, note: str) -> None:
    with st.expander("As the students see it"):
        due = f"due {day:%A, %-d %B}" if isinstance(day, date) else "no date"
        mode = "exam" if kind == "exam" else f"{plan.feedback} mode"
        count = "1 case" if len(plan.cases) == 1 else f"{len(plan.cases)} cases"
        st.html(f'<p class="ro-title"><b>{escape(plan.title)}</b><span>{count} · {mode} · {due}</span></p>')
        if note:
            st.html(f'<p class="ro-note">{escape(note)}</p>')
        if plan.limit_s:
            st.caption(f"The clock of {plan.limit_s // 60} minutes runs from when you begin; it can be paused.")
        st.caption("A title and a note are read before the cases: name no diagnosis in them.")


def _missing(whom: list[str], slugs: list[str], title: str) -> str:
    gaps = [what for what, there in (("students", whom), ("cases", slugs), ("a title", title.strip())) if not there]
    return f"Choose {' and '.join(gaps)} first." if gaps else ""


def _create(plan: Plan, whom: list[str], note: str, due_at: Any, *, reserved: bool) -> None:  # noqa: ANN401
    try:
        made = assignments().create(
            me().id, plan, whom, note=note.strip(), reserved=reserved, due_at=due_at, now=room().now()
        )
    except StoreError as error:
        st.error(f"Not assigned: {error}")
        return
    for name in ("assign-cases", "assign-title", "assign-note", "assign-missing"):
        st.session_state.pop(name, None)
    st.switch_page(st.session_state["pages"]["assignments"], query_params={"assignment": made.id})
