"""Where a plan is made: dates and wishes become a proposal, which is edited beside what the check says, and saved.

What is being edited lives in the session until it is saved; every change can be undone, those by a proposal too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from pages.plain import as_text
from pages.room import me, people, room
from pages.timeline import EIGHT, PLACES, Bar, timeline
from quizzes import StoreError
from quizzes.people.person import Person, Role
from quizzes.people.rotation import Block, Plan, Wishes, end_to_end, moved, propose, workdays
from quizzes.people.rotation_calendar import icalendar
from quizzes.people.rotation_check import Finding, check, days_in_words
from quizzes.people.rotation_store import Rotation, Rotations

_NUCLEAR = {0: "none", 1: "1 week", 2: "2 weeks"}


@dataclass
class Draft:
    """A plan on the desk."""

    student: str
    """Id of whose it is."""
    seen: Rotation | None
    """As it is kept; None for a new one."""
    plan: Plan
    """As it is now."""
    past: list[Plan] = field(default_factory=list)
    """What it was before each change, oldest first."""
    turn: int = 0
    """Names the fields anew when the plan changes by something else than themselves."""
    remarks: tuple[str, ...] = ()
    """What the last proposal had to say."""

    def put(self, plan: Plan, *, anew: bool = True, remarks: tuple[str, ...] = ()) -> None:
        """Change the plan; `anew` when the fields have to show it."""
        if plan != self.plan:
            self.past.append(self.plan)
        self.plan, self.remarks = plan, remarks
        self.turn += anew

    def undo(self) -> None:
        """Take the last change back."""
        if self.past:
            self.plan, self.remarks = self.past.pop(), ()
            self.turn += 1


def draw_desk(student: Person, store: Rotations, everybody: Sequence[Rotation], today: date) -> None:
    """Draw the desk for one student."""
    draft = _draft(student, store, today)
    alongside = {one.id: one.name for one in people().everyone(Role.RESIDENT, Role.ADMINISTRATOR)}
    others = [block for one in everybody if one.student_id != student.id for block in one.plan.blocks]
    with st.expander("Dates and wishes", expanded=not draft.plan.blocks):
        _wishes(draft, alongside, others)
    for remark in draft.remarks:
        st.info(remark, icon=":material/info:")
    if not draft.plan.blocks:
        return
    found = check(draft.plan, EIGHT, others=others, residents=alongside)
    left, right = st.columns([3, 2], gap="large")
    with left:
        for number in range(len(draft.plan.blocks)):
            _block(draft, number, alongside)
        _below(draft)
    with right, st.container(key="rotation-check"):
        _findings(found)
        _keep(draft, store, found)
        bars = [Bar(student.name, one, alongside.get(one.resident_id or "", "")) for one in draft.plan.blocks]
        timeline(bars, today, several=False)
        _take_along(draft, alongside)


def _draft(student: Person, store: Rotations, today: date) -> Draft:
    """Give the plan on the desk: the one begun in this session, else the one that is kept."""
    draft: Draft | None = st.session_state.get("rotation-draft")
    if draft is None or draft.student != student.id:
        seen = store.current(student.id, today)
        monday = today + timedelta(days=-today.weekday() % 7)
        plan = seen.plan if seen else Plan(monday, monday + timedelta(weeks=12, days=-3))
        draft = Draft(student.id, seen, plan)
        st.session_state["rotation-draft"] = draft
    return draft


def _wishes(draft: Draft, alongside: dict[str, str], others: Sequence[Block]) -> None:
    key, plan = f"{draft.student}-{draft.turn}", draft.plan
    first, second = st.columns(2)
    with first:
        st.date_input(
            "First and last day of the stay",
            (plan.starts_on, plan.ends_on),
            format="YYYY-MM-DD",
            key=f"stay-{key}",
            on_change=_set_stay,
            args=(draft, f"stay-{key}"),
        )
        longer = st.multiselect(
            "Longer in one or two sections",
            list(EIGHT),
            format_func=EIGHT.__getitem__,
            max_selections=2,
            placeholder="All alike",
            key=f"longer-{draft.student}",
        )
    with second:
        nuclear = st.segmented_control(
            "Nuclear medicine",
            list(_NUCLEAR),
            format_func=_NUCLEAR.__getitem__,
            default=0,
            required=True,
            key=f"nuclear-{draft.student}",
        )
        residents = st.multiselect(
            "Residents alongside",
            list(alongside),
            default=[me().id] if me().id in alongside else [],
            format_func=alongside.__getitem__,
            placeholder="Nobody yet",
            key=f"residents-{draft.student}",
        )
    label = "Propose anew" if plan.blocks else "Propose a plan"
    if st.button(label, icon=":material/auto_awesome:", type="secondary" if plan.blocks else "primary"):
        wishes = Wishes(tuple(longer), int(nuclear or 0))
        made = propose(plan.starts_on, plan.ends_on, wishes, list(EIGHT), residents=residents, others=others)
        remarks = made.remarks or (
            ("The stay has no working day. Choose other dates.",) if not made.plan.blocks else ()
        )
        draft.put(made.plan, remarks=remarks)
        st.rerun()


def _set_stay(draft: Draft, key: str) -> None:
    chosen = st.session_state[key]
    # While somebody chooses, only the first day is there.
    if isinstance(chosen, tuple) and len(chosen) == 2:
        draft.put(replace(draft.plan, starts_on=chosen[0], ends_on=chosen[1]), anew=False)


def _block(draft: Draft, number: int, alongside: dict[str, str]) -> None:
    """Draw the fields of one block."""
    one, key = draft.plan.blocks[number], f"{draft.student}-{draft.turn}-{number}"
    with st.container(border=True, key=f"block-{number}"):
        place, days = st.columns(2)
        resident, note = st.columns(2)
        place.selectbox(
            "Section",
            list(PLACES),
            index=list(PLACES).index(one.section) if one.section in PLACES else None,
            format_func=PLACES.__getitem__,
            key=f"section-{key}",
            on_change=_set,
            args=(draft, number, f"section-{key}", _section),
        )
        days.date_input(
            f"Days · {len(workdays(one.starts_on, one.ends_on))} working",
            (one.starts_on, max(one.starts_on, one.ends_on)),
            format="YYYY-MM-DD",
            key=f"days-{key}",
            on_change=_set,
            args=(draft, number, f"days-{key}", _days),
        )
        known = list(alongside)
        resident.selectbox(
            "Resident",
            known,
            index=known.index(one.resident_id) if one.resident_id in known else None,
            format_func=alongside.__getitem__,
            placeholder="Nobody yet",
            key=f"resident-{key}",
            on_change=_set,
            args=(draft, number, f"resident-{key}", _resident),
        )
        note.text_input(
            "Note",
            one.note,
            max_chars=500,
            placeholder="For the student",
            key=f"note-{key}",
            on_change=_set,
            args=(draft, number, f"note-{key}", _note),
        )
        with st.container(horizontal=True, gap="small"):
            plan = draft.plan
            _button("Earlier", "arrow_upward", key, lambda: draft.put(moved(plan, number, -1)), off=number == 0)
            last = len(plan.blocks) - 1
            _button("Later", "arrow_downward", key, lambda: draft.put(moved(plan, number, 1)), off=number == last)
            _button("Remove", "delete", key, lambda: draft.put(_without(plan, number)))


def _button(name: str, icon: str, key: str, act: Callable[[], None], *, off: bool = False) -> None:
    st.button(name, icon=f":material/{icon}:", key=f"{name}-{key}", on_click=act, type="tertiary", disabled=off)


def _set(draft: Draft, number: int, key: str, change: Callable[[Block, Any], Block]) -> None:
    blocks = list(draft.plan.blocks)
    blocks[number] = change(blocks[number], st.session_state[key])
    draft.put(replace(draft.plan, blocks=tuple(blocks)), anew=False)


def _section(one: Block, chosen: str | None) -> Block:
    return replace(one, section=chosen or one.section)


def _days(one: Block, chosen: Any) -> Block:  # noqa: ANN401  # Streamlit gives one day while somebody chooses
    return replace(one, starts_on=chosen[0], ends_on=chosen[1]) if len(chosen) == 2 else one


def _resident(one: Block, chosen: str | None) -> Block:
    return replace(one, resident_id=chosen)


def _note(one: Block, text: str) -> Block:
    return replace(one, note=text.strip())


def _without(plan: Plan, number: int) -> Plan:
    return replace(plan, blocks=plan.blocks[:number] + plan.blocks[number + 1 :])


def _below(draft: Draft) -> None:
    with st.container(horizontal=True):
        st.button("Add a block", icon=":material/add:", on_click=_add, args=(draft,))
        st.button(
            "Lay end to end",
            icon=":material/compress:",
            help="One after the other from the first day, each as long as it is",
            on_click=lambda: draft.put(end_to_end(draft.plan)),
        )
        st.button("Undo", icon=":material/undo:", disabled=not draft.past, on_click=draft.undo)


def _add(draft: Draft) -> None:
    """Add a week at the end, in a section that is missing when there is one."""
    plan = draft.plan
    planned = {one.section for one in plan.blocks}
    section = next((key for key in EIGHT if key not in planned), next(iter(EIGHT)))
    after = max(one.ends_on for one in plan.blocks) + timedelta(days=1) if plan.blocks else plan.starts_on
    first, *_, last = workdays(after, after + timedelta(days=8))[:5]
    draft.put(replace(plan, blocks=(*plan.blocks, Block(section, first, last, me().id))))


def _findings(found: Sequence[Finding]) -> None:
    """Say what is wrong, the grave first, in words and not in colour alone."""
    if not found:
        st.success("Complete: no overlap, no gap, every section, a resident in each.", icon=":material/check:")
    for one in found:
        show = st.error if one.grave else st.warning
        show(as_text(one.text), icon=":material/block:" if one.grave else ":material/warning:")


def _keep(draft: Draft, store: Rotations, found: Sequence[Finding]) -> None:
    grave, open_points = any(one.grave for one in found), len(found)
    unchanged = draft.seen is not None and draft.plan == draft.seen.plan
    points = f"Save with {open_points} open point{'s' * (open_points > 1)}"
    label = points if found and not grave else "Save"
    if st.button(
        label,
        icon=":material/save:",
        type="primary",
        width="stretch",
        disabled=grave or unchanged,
        help="Correct what is marked first" if grave else None,
    ):
        try:
            now = room().now()
            if draft.seen:
                draft.seen = store.change(draft.seen, draft.plan, author_id=me().id, now=now)
            else:
                draft.seen = store.add(draft.student, draft.plan, author_id=me().id, now=now)
        except StoreError as error:
            st.error(as_text(str(error)))
            return
        draft.put(draft.seen.plan)
        st.toast("Saved. The student sees it from now on.", icon=":material/check:")
        st.rerun()
    st.caption("Saved." if unchanged else "Not saved yet.")


def _take_along(draft: Draft, alongside: dict[str, str]) -> None:
    if draft.seen is None:
        return
    kept = draft.seen
    st.download_button(
        "Calendar (.ics)",
        lambda: icalendar(kept, PLACES, alongside),
        "rotation.ics",
        "text/calendar",
        icon=":material/calendar_add_on:",
        help=f"As it was saved last, {days_in_words(kept.plan.starts_on, kept.plan.ends_on)}",
    )
