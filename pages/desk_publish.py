"""The last part of the author's desk: faults, preview, versions, publishing, export."""

import tempfile
from pathlib import Path

import streamlit as st

from cases import CaseError, ManifestError
from cases.draft import Draft
from cases.exporting import export_case
from cases.manifest import read_case
from pages.room import room
from quizzes import QuizFileError
from quizzes.quizfile import read_quiz
from readout import case_faults


def text_faults(draft: Draft) -> list[str]:
    """List the faults of a draft's texts: quick enough for every run of the page."""
    faults: list[str] = []
    try:
        read_case(draft.folder)
    except ManifestError as error:
        faults += map(str, error.faults)
    try:
        read_quiz(draft.folder / "quiz.toml", room().vocabulary)
    except QuizFileError as error:
        faults += map(str, error.faults)
    return faults


def live_faults(draft: Draft, part: str) -> None:
    """Draw what is missing or wrong in the texts, below the part that is being written."""
    faults = text_faults(draft)
    if part == "Publish":
        return
    if not faults:
        st.success("The texts have no faults. Check the images, too, under Publish.", icon=":material/check:")
        return
    with st.expander(f"To put right in the texts: {len(faults)}", icon=":material/rule:"):
        st.markdown("\n".join(f"- {fault}" for fault in faults))


def check_and_publish(draft: Draft) -> None:
    """Check everything, look at it as a learner, keep and restore versions, publish, export, rename, delete."""
    faults = text_faults(draft)
    if not faults:
        with st.spinner("Checking texts, headers, every image and every region …"):
            faults = _all_faults(str(draft.folder), _stamp(draft.folder))
    if faults:
        st.warning(f"{len(faults)} to put right before it can be published.", icon=":material/rule:")
        st.markdown("\n".join(f"- {fault}" for fault in faults))
    else:
        st.success("No faults.", icon=":material/check:")
    read = st.session_state["pages"]["read"]
    if not text_faults(draft):
        st.page_link(
            read, label="Read it as a learner", icon=":material/visibility:", query_params={"case": draft.slug}
        )
    if st.button("Publish", type="primary", width="stretch", disabled=bool(faults), icon=":material/publish:"):
        _publish(draft)
    st.caption("Published, it stands in the library of this installation. It can be revised, retired and exported.")
    _versions(draft)
    _export(draft)
    _rename_or_delete(draft)


@st.cache_data(max_entries=8, show_spinner=False)
def _all_faults(folder: str, stamp: tuple[tuple[str, int], ...]) -> list[str]:
    del stamp  # only tells one state of the files from another
    return list(case_faults(Path(folder)))


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()))


def _publish(draft: Draft) -> None:
    taken = [case.slug for case in room().catalogue.cases]
    try:
        room().drafts.publish(draft, [], taken, room().now())
    except CaseError as error:
        st.error(str(error))
        return
    room().catalogue.reload()
    st.query_params.clear()
    st.toast(f"{draft.slug} is in the library.", icon=":material/check:")
    st.rerun()


def _versions(draft: Draft) -> None:
    drafts = room().drafts
    with st.expander("Versions of the texts", icon=":material/history:"):
        if st.button("Keep this version", icon=":material/bookmark_add:"):
            drafts.keep_version(draft, room().now())
        for version in reversed(drafts.kept_versions(draft.slug)):
            with st.container(horizontal=True, vertical_alignment="center"):
                name = version.name
                st.markdown(f"{name[:4]}-{name[4:6]}-{name[6:8]} {name[9:11]}:{name[11:13]}:{name[13:15]} UTC")
                if st.button("Go back to it", key=f"restore-{name}", icon=":material/restore:"):
                    drafts.restore(draft, version, room().now())
                    _start_anew(draft)


def _start_anew(draft: Draft) -> None:
    """Draw every field anew from the files."""
    for key in (f"sheet-{draft.slug}-case.toml", f"sheet-{draft.slug}-quiz.toml", f"restored-{draft.slug}"):
        st.session_state[key] = st.session_state.get(key, 0) + 1
    st.rerun()


def _export(draft: Draft) -> None:
    with st.expander("Export as one file", icon=":material/download:"):
        if not st.button("Prepare the file"):
            return
        try:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, f"{draft.slug}.zip")
                digest = export_case(draft.folder, file)
                st.download_button("Download", file.read_bytes(), file.name, "application/zip")
                st.caption(f"SHA-256 {digest}")
        except CaseError as error:
            st.error(str(error))


def _rename_or_delete(draft: Draft) -> None:
    with st.expander("Rename or delete", icon=":material/settings:"):
        name = st.text_input(
            "Name of the case", draft.slug, help="Neutral, such as thoracic-ct-07: it stands in addresses."
        )
        if st.button("Rename", disabled=name == draft.slug):
            try:
                taken = [case.slug for case in room().catalogue.cases]
                renamed = room().drafts.rename(draft, name, taken)
            except CaseError as error:
                st.error(str(error))
                return
            st.query_params["draft"] = renamed.slug
            st.rerun()
        sure = st.checkbox("Delete this draft with its images for good")
        if st.button("Delete", disabled=not sure, icon=":material/delete_forever:"):
            room().drafts.remove(draft)
            st.query_params.clear()
            st.rerun()
