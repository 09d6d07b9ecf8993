"""The script that Streamlit runs for every page: frame, style and navigation."""

from pathlib import Path

import streamlit as st

from pages.library import library
from pages.practice import practice
from pages.progress import progress
from pages.read import read
from pages.teaching import teaching

HERE = Path(__file__).parent


def desk() -> None:
    """Draw the author's desk, whose modules a reader never needs."""
    from pages.desk import desk as draw

    draw()


def importing() -> None:
    """Draw the import page, likewise."""
    from pages.importing import importing as draw

    draw()


def pacs() -> None:
    """Draw the PACS page; the DICOMweb client is loaded by those who open it."""
    from pages.pacs import pacs_page

    pacs_page()


def rotation() -> None:
    """Draw the rotation page."""
    from pages.rotation import rotation as draw

    draw()


st.set_page_config(page_title="Readout", page_icon=str(HERE / "icon.svg"), layout="wide")
st.html(f"<style>{(HERE / 'style.css').read_text()}</style>")
pages = {
    "library": st.Page(library, title="Library", url_path="library", default=True),
    "practice": st.Page(practice, title="Practice", url_path="practice"),
    "progress": st.Page(progress, title="Progress", url_path="progress"),
    "rotation": st.Page(rotation, title="Rotation", url_path="rotation"),
    "teaching": st.Page(teaching, title="Teaching", url_path="teaching"),
    "desk": st.Page(desk, title="Author", url_path="desk"),
    "import": st.Page(importing, title="Import", url_path="import"),
    "read": st.Page(read, title="Read", url_path="read"),
    "pacs": st.Page(pacs, title="Your PACS", url_path="pacs"),
}
st.session_state["pages"] = pages
page = st.navigation(list(pages.values()), position="hidden")
whole_window = page.url_path == "read" or (page.url_path == "desk" and "draft" in st.query_params)
if not whole_window:
    # Where images are read, they keep the whole window, and one link leads back.
    with st.container(key="nav", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="ro-mark">Readout</span>', width="content")
        for name in ("library", "practice", "progress", "rotation", "teaching", "desk", "import"):
            st.page_link(pages[name])
page.run()
