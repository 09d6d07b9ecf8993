"""The library page: ten sections with counts, search and filters, and the cases, without a spoiler."""

import streamlit as st

from cases.case import SECTIONS, Case
from cases.catalogue import search
from pages.downloading import download_part, remove_part, terms
from pages.due import due_for_me, kept_for_me
from pages.keeping import kept_text, waiting_text
from pages.room import may, me, room
from pages.today import draw_today
from quizzes.people.assignments import Kept
from quizzes.people.permissions import Act

_MODALITIES = {
    "CT": "CT",
    "MR": "MR",
    "CR": "Radiograph",
    "DX": "Radiograph",
    "MG": "Mammography",
    "XA": "Angiography",
    "US": "Ultrasound",
    "NM": "Nuclear medicine",
    "PT": "PET",
}
_PLACES = {True: "On this machine", False: "To download"}
_LEVELS = {1: "first cases", 2: "intermediate", 3: "hard"}


def library() -> None:
    """Draw the page."""
    st.session_state.pop("reading", None)
    catalogue = room().catalogue
    st.html(
        '<header class="ro-hero"><h1>Readout</h1><p>Real studies, read as at a workstation. '
        "Commit to an answer, then learn why.</p></header>"
    )
    read = {slug for slug, progress in room().attempts.latest(me().id).items() if progress.committed}
    planned = draw_today(read)
    if not planned:
        _waiting()
    offered = _choose_place(catalogue.cases)
    section = _choose_section(offered)
    cases = _filtered(offered, section, read)
    if not cases:
        _nothing_found(section, offered)
    kept = kept_for_me()
    for row in range(0, len(cases), 3):
        for column, case in zip(st.columns(3), cases[row : row + 3], strict=False):
            with column:
                _card(case, kept.get(case.slug), begun=case.slug in read)
    for slug in sorted({fault.file.split("/")[0] for fault in catalogue.faults}):
        st.warning(f"{slug} is left out: its files have faults. `readout lint {slug}` names them.")
    if not planned:
        label = "Plan a rotation" if may(Act.PLAN_ROTATIONS) else "Your rotation"
        st.page_link(st.session_state["pages"]["rotation"], label=label, icon=":material/calendar_month:")
    if may(Act.WRITE_CASES):
        pacs = st.session_state["pages"]["pacs"]
        st.page_link(pacs, label="Take in a study from your PACS", icon=":material/local_hospital:")
    st.html(
        '<footer class="ro-foot">Readout teaches. It is not a medical device and not for diagnosis. '
        "Findings are described for teaching and are not a radiologist’s report.</footer>"
    )


def _waiting() -> None:
    """Say what is assigned and waits, the most urgent first."""
    for one in due_for_me()[:3]:
        icon = ":material/notification_important:" if one.overdue or one.reminded_at else ":material/checklist:"
        st.page_link(st.session_state["pages"]["assignments"], label=waiting_text(one), icon=icon)


def _choose_place(cases: tuple[Case, ...]) -> list[Case]:
    """Give the cases that can be read now, or those that can be downloaded."""
    places = {here: [case for case in cases if case.on_machine == here] for here in _PLACES}
    if not places[False]:
        return places[True]
    chosen = st.segmented_control(
        "Where",
        list(_PLACES),
        format_func=lambda here: f"{_PLACES[here]}  {len(places[here])}",
        default=True,
        required=True,
        label_visibility="collapsed",
        key="place",
    )
    return places[bool(chosen)]


def _choose_section(cases: list[Case]) -> str | None:
    counts = {key: sum(key in case.sections for case in cases) for key in SECTIONS}
    chosen = st.pills(
        "Section",
        list(SECTIONS),
        format_func=lambda key: f"{SECTIONS[key]}  {counts[key]}",
        label_visibility="collapsed",
        key="section",
    )
    return str(chosen) if chosen else None


def _filtered(cases: list[Case], section: str | None, read: set[str]) -> list[Case]:
    """Draw search and filters and give what passes them."""
    text_column, modality_column, level_column, unread_column = st.columns([4, 3, 3, 2], vertical_alignment="bottom")
    text = text_column.text_input("Search", placeholder="Search title, history, modality…", key="text")
    modalities = sorted({case.modality for case in cases})
    modality = modality_column.multiselect(
        "Modality", modalities, format_func=lambda key: _MODALITIES.get(key, key), placeholder="All", key="modality"
    )
    level = level_column.multiselect(
        "Level", list(_LEVELS), format_func=lambda n: f"{n} · {_LEVELS[n]}", placeholder="All", key="level"
    )
    unread = unread_column.toggle("Not yet read", key="unread")
    return [
        case
        for case in search(cases, text)
        if (section is None or section in case.sections)
        and (not modality or case.modality in modality)
        and (not level or case.level in level)
        and not (unread and case.slug in read)
    ]


def _nothing_found(section: str | None, offered: list[Case]) -> None:
    if section and not any(section in case.sections for case in offered):
        others = any(section in case.sections for case in room().catalogue.cases)
        hint = "Look under the other tab above" if others else "Choose another section above"
        st.info(f"No case in “{SECTIONS[section]}” here. {hint}.", icon=":material/inbox:")
    else:
        st.info("No case fits. Take a filter away or search for another word.", icon=":material/search_off:")
        st.button("Show all cases", on_click=_show_all)


def _show_all() -> None:
    st.session_state.update({"section": None, "text": "", "modality": [], "level": [], "unread": False})


def _card(case: Case, kept: Kept | None, *, begun: bool) -> None:
    with st.container(border=True, key=f"card-{case.slug}", height="stretch"):
        sections = " · ".join(SECTIONS[key] for key in case.sections)
        st.html(
            f'<div class="ro-card"><b>{case.modality}</b><span>Level {case.level} · {_LEVELS[case.level]}</span></div>'
        )
        st.markdown(f"**{case.title}**")
        st.caption(sections + ("  ·  simulated acquisition" if case.origin == "simulated" else ""))
        if case.downloads:
            st.caption(terms(case))
        if not case.on_machine:
            download_part(case)
            return
        if kept:
            st.caption(f":material/lock: {kept_text(kept)}")
            if kept.assignments:
                st.page_link(
                    st.session_state["pages"]["assignments"], label="To assignments", icon=":material/checklist:"
                )
            return
        label = "Continue or review" if begun else "Open the case"
        st.page_link(
            st.session_state["pages"]["read"],
            label=label,
            icon=":material/history:" if begun else ":material/play_arrow:",
            query_params={"case": case.slug},
        )
        if not case.complete:
            download_part(case)
        if case.downloads:
            remove_part(case)
