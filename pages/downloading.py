"""A case that is still in the open archive: what it costs to fetch, the button, the bar, and the way out again."""

import streamlit as st

from cases.case import Case
from cases.pins import GRADES
from pages.room import may, room, writable
from quizzes.people.permissions import Act

_POLL_S = 0.5


def download_part(case: Case) -> None:
    """Draw the button that downloads a case, or how far its download is."""
    if not may(Act.WRITE_CASES):
        whose = "whoever looks after the cases" if writable() else "whoever sits at the machine that serves Readout"
        st.caption(f"{size(case)}, not on this machine yet: {whose} can download it.")
        return
    progress = room().downloads.progress(case.slug)
    if progress and progress.active:
        _follow(case)
        return
    if progress and progress.state == "failed":
        st.error(progress.message, icon=":material/cloud_off:")
    began = progress is not None and progress.done > 0
    label = "Go on with the download" if began else f"Download {size(case)}"
    label = "Download the outlines" if case.on_machine else label
    if st.button(label, icon=":material/download:", key=f"download-{case.slug}", width="stretch"):
        room().downloads.start(case)
        st.rerun()


def remove_part(case: Case) -> None:
    """Offer to give the space of a downloaded case free again."""
    if not may(Act.WRITE_CASES):
        return
    label = f"Remove from this machine ({size(case)})"
    if st.button(label, icon=":material/delete:", key=f"remove-{case.slug}", type="tertiary"):
        room().downloads.remove(case)
        st.rerun()


def terms(case: Case) -> str:
    """Say in one line what is known about a downloadable case before it is read."""
    reviewed = f"reviewed by {case.reviewed_by}" if case.reviewed_by else "not yet reviewed by a radiologist"
    return f"Grade {case.grade}: {GRADES[case.grade]} · {case.provenance.licence} · {reviewed}"


def size(case: Case) -> str:
    """Give the size of a download in words."""
    return f"{case.megabytes:.0f} MB" if case.megabytes >= 10 else f"{case.megabytes:.1f} MB"


@st.fragment(run_every=_POLL_S)
def _follow(case: Case) -> None:
    """Draw the bar again and again, without the rest of the page, until the download ends."""
    progress = room().downloads.progress(case.slug)
    if progress is None or not progress.active:
        st.rerun()
        return
    text = "waiting for another download" if progress.state == "waiting" else str(progress)
    st.progress(progress.share, text=text)
    if st.button("Cancel", icon=":material/close:", key=f"cancel-{case.slug}", width="stretch"):
        room().downloads.cancel(case.slug)
