"""The script that Streamlit runs for every page: frame and navigation."""

from pathlib import Path

import streamlit as st

from pages.directory import navigation, pages
from pages.menu import draw_menu
from pages.room import signed_out, visit
from quizzes import StoreError

HERE = Path(__file__).parent

st.set_page_config(page_title="Readout", page_icon=str(HERE / "icon.svg"), layout="wide")
known = pages()
page = st.navigation(list(known.values()), position="hidden")
try:
    found = visit()
except StoreError as error:
    st.error(f"Nobody can be let in at the moment. {error}")
    st.stop()
if found is None:
    signed_out()
if st.session_state.get("whose") != found.person.id:
    # Nothing of whoever was here before stays, not even in a tab that was left open.
    st.session_state.clear()
    st.session_state["whose"] = found.person.id
st.session_state["pages"] = known
part = {"desk": "draft", "review": "attempt"}.get(page.url_path, "")
whole_window = page.url_path == "read" or part in st.query_params
if not whole_window:
    # Where images are read, they keep the whole window, and one link leads back.
    with st.container(key="nav", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<span class="ro-mark">Readout</span>', width="content")
        for one in navigation(known):
            st.page_link(one)
        draw_menu()
page.run()
