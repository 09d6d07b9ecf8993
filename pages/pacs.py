"""The PACS page: find a study in the hospital's own archive, look at it, and pull it into a draft through the gate.

What it shows is a patient's, to whoever may ask the PACS; nothing of it is kept here but in this session's memory, and
files lie in a temporary folder only while they are pulled.
"""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cases import CaseError
from cases.gate import CHOICES, Decisions, GateReport, Hold
from cases.importing import Offer
from cases.pacs import Pacs, Study, StudySeries
from commands.pacs import open_pacs
from pages.intake import admit_offer, parse_answers
from pages.room import room

_MODALITIES = ("CT", "MR", "PT", "NM", "CR", "DX", "MG", "XA", "US", "RF")
_CHOICES = {"keep": "Keep, and say why", "mask": "Black out", "deface": "Remove the face", "leave-out": "Leave out"}


def pacs_page() -> None:
    """Draw the page."""
    st.html('<header class="ro-hero"><h1>Your PACS</h1><p>Pull a study into a draft, without identity.</p></header>')
    try:
        pacs = open_pacs()
    except CaseError as error:
        st.info(f"Not connected: {error}", icon=":material/cable:")
        st.caption("User and password or a token stand in pacs.toml in the data folder, or in READOUT_PACS_… .")
        return
    with pacs:
        try:
            _search(pacs)
            study = _choose(st.session_state.get("pacs-found", []))
            if study:
                _show(pacs, study)
            _push(pacs)
        except CaseError as error:
            st.error(str(error), icon=":material/cloud_off:")


def _search(pacs: Pacs) -> None:
    with st.form("pacs-search", border=False):
        name, number, dates, modality, go = st.columns([3, 2, 2, 1.5, 1], vertical_alignment="bottom")
        patient = name.text_input("Patient’s name", placeholder="Beginning of the name")
        patient_id = number.text_input("Patient ID")
        span = dates.text_input("Study date", placeholder="20260101-20260131")
        kind = modality.selectbox("Modality", _MODALITIES, index=None, placeholder="Any")
        if go.form_submit_button("Search", type="primary", icon=":material/search:"):
            found = pacs.search(patient=patient, patient_id=patient_id, dates=span, modality=kind or "")
            st.session_state["pacs-found"] = found
            st.session_state["pacs-searched"] = True


def _choose(found: Sequence[Study]) -> Study | None:
    """List the studies, and give the one that is chosen."""
    if not found:
        if st.session_state.get("pacs-searched"):
            st.info("No study fits. Ask with less: the beginning of a name, or a wider span of dates.")
        return None
    rows = [
        {
            "Date": f"{study.date[:4]}-{study.date[4:6]}-{study.date[6:8]}" if study.date else "",
            "Patient": study.patient.replace("^", " ").strip(),
            "ID": study.patient_id,
            "Modality": " ".join(study.modalities),
            "Description": study.description,
            "Images": study.instances,
        }
        for study in found
    ]
    event = st.dataframe(
        rows, hide_index=True, width="stretch", on_select="rerun", selection_mode="single-row", key="pacs-studies"
    )
    chosen = event.selection.rows
    if not chosen:
        st.caption(f"{len(found)} studies. Choose one by the box on its left.")
    return found[chosen[0]] if chosen and chosen[0] < len(found) else None


def _show(pacs: Pacs, study: Study) -> None:
    """Show the series of a study with a picture each, and what can be done with it."""
    kept = st.session_state.setdefault("pacs-series", {})
    if study.uid not in kept:
        with st.spinner("Asking for series and pictures…"):
            series = pacs.series(study.uid)
            kept.clear()
            kept[study.uid] = [(one, pacs.preview(study.uid, one.uid)) for one in series]
    with st.container():
        _pull(pacs, study)
    for place, (one, picture) in zip(_grid(len(kept[study.uid])), kept[study.uid], strict=True):
        with place, st.container(border=True):
            _tile(one, picture)


def _grid(count: int) -> list[st.delta_generator.DeltaGenerator]:
    rows = [st.columns(4) for _ in range(0, count, 4)]
    return [column for row in rows for column in row][:count]


def _tile(series: StudySeries, picture: bytes) -> None:
    if picture:
        st.image(picture, width="stretch")
    st.markdown(f"**{series.modality}** · {series.description or 'no description'}")
    st.caption(f"{series.instances} images" if picture else f"{series.instances} objects, no picture")


def _pull(pacs: Pacs, study: Study) -> None:
    name, button = st.columns([3, 2], vertical_alignment="bottom")
    slug = name.text_input("Name of the draft", value=room().drafts.free_slug("draft"), key=f"pacs-slug-{study.uid}")
    held: tuple[Hold, ...] = st.session_state.get(f"pacs-held-{study.uid}", ())
    answers = [_ask(hold) for hold in held]
    label = "Pull with these decisions" if held else "Pull into a draft"
    ready = all(answers)
    if not button.button(label, type="primary", icon=":material/move_to_inbox:", disabled=not ready):
        return
    cancel = st.empty()
    # Any click reruns the page, which ends a pull at its next file: nothing is kept then.
    cancel.button("Cancel", icon=":material/close:")
    report = _admitted(pacs, study, slug, [answer for answer in answers if answer])
    st.session_state[f"pacs-held-{study.uid}"] = report.held
    cancel.empty()
    if report.held:
        st.rerun()
    st.success(f"Draft {slug}: {len(report.files)} files, without identity.", icon=":material/check:")
    if desk := st.session_state["pages"].get("desk"):
        st.page_link(desk, label="Write the case", icon=":material/edit:", query_params={"draft": slug})
    with st.expander("What the gate did"):
        st.text("\n".join(report.lines()))


def _push(pacs: Pacs) -> None:
    """Send a case's images to the PACS, under the case's own name."""
    with st.expander("Send a case to the PACS", icon=":material/outbox:"):
        cases = {case.slug: case for case in room().catalogue.cases if case.on_machine}
        slug = st.selectbox("Case", list(cases), index=None, format_func=lambda key: f"{key} · {cases[key].title}")
        if not st.button("Send", disabled=slug is None) or slug is None:
            return
        files = [file for series in cases[slug].series for file in series.files()]
        bar = st.progress(0.0)

        def sent(count: int) -> None:
            bar.progress(count / len(files), text=f"Sent {count} of {len(files)}")

        pacs.push(files, sent)
        st.success(f"{slug}: {len(files)} images are in the PACS.", icon=":material/check:")


def _ask(hold: Hold) -> str | None:
    """Ask for a decision about something that is held; None until it is whole."""
    with st.container(border=True):
        st.markdown(f"**Held: {hold.message}**")
        choice = st.radio("Decision", CHOICES[hold.kind], index=None, format_func=_CHOICES.get, key=f"hold-{hold.key}")
        if choice == "keep":
            reason = st.text_input("Why may it be kept?", key=f"why-{hold.key}")
            return f"{hold.key}=keep:{reason}" if reason.strip() else None
        if choice == "mask":
            found = ";".join(",".join(map(str, box)) for box in hold.boxes)
            boxes = st.text_input("Boxes to black out: left,top,right,bottom;…", value=found, key=f"box-{hold.key}")
            return f"{hold.key}=mask:{boxes}" if boxes.strip() else None
        return f"{hold.key}={choice}" if choice else None


def _admitted(pacs: Pacs, study: Study, slug: str, answers: Sequence[str]) -> GateReport:
    room().drafts.check_slug(slug, (case.slug for case in room().catalogue.cases))
    bar = st.progress(0.0, text="Pulling…")

    def pulled(count: int) -> None:
        bar.progress(min(count / max(study.instances, count), 1.0), text=f"Pulled {count} of {study.instances or '?'}")

    def gate(done: int, total: int, what: str) -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=f"{what}: {done} of {total}")

    with tempfile.TemporaryDirectory(prefix="readout-") as folder:
        files = pacs.pull(study.uid, Path(folder), pulled, threading.Event())
        offer = Offer(tuple(files), ("Pulled from a PACS over DICOMweb.",))
        report = admit_offer(offer, room().drafts, Decisions(slug, parse_answers(answers)), progress=gate)
    bar.empty()
    return report
