"""The script that Streamlit runs for every page: frame, style and navigation."""

from pathlib import Path

import streamlit as st

from pages.library import library
from pages.read import read

HERE = Path(__file__).parent


def desk() -> None:
    """Draw the author's desk, whose modules a reader never needs."""
    from pages.desk import desk as draw

    draw()


def importing() -> None:
    """Draw the import page, likewise."""
    from pages.importing import importing as draw

    draw()


st.set_page_config(page_title="Readout", page_icon=str(HERE / "icon.svg"), layout="wide")
st.html(f"<style>{(HERE / 'style.css').read_text()}</style>")
pages = {
    "library": st.Page(library, title="Library", url_path="library", default=True),
    "desk": st.Page(desk, title="Author", url_path="desk"),
    "import": st.Page(importing, title="Import", url_path="import"),
    "read": st.Page(read, title="Read", url_path="read"),
}
st.session_state["pages"] = pages
st.navigation(list(pages.values()), position="hidden").run()
