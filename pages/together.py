"""Reading a case together: beginning a shared reading, joining one by its code, and leaving it."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from pages.room import may, me, room, session
from quizzes.people.permissions import Act

if TYPE_CHECKING:
    from pages.read import Reading

_QUERY = "together"


def invitation(reading: "Reading") -> dict[str, str] | None:
    """Give the viewer's way to the others; None for who reads alone. Only navigation comes along it.

    A test is read alone.
    """
    code = _code(reading)
    if not code or (reading.sitting and reading.sitting.sealed and not reading.reviewed):
        return None
    person = me()
    seat = room().together.admit(code, (person.id, session()), person.name, [one.id for one in reading.in_view])
    if seat is None:
        return None
    return {"url": f"together/{seat}?{room().signer.query(f'together/{seat}', session())}", "code": code}


def draw_together(reading: "Reading") -> None:
    """Draw the button that opens what there is to share."""
    if reading.sitting and reading.sitting.sealed and not reading.reviewed:
        return
    code = _code(reading)
    label = f"Together: {code}" if code else "Read together"
    if st.button(label, icon=":material/group:", type="tertiary", key="together"):
        _dialog(reading, code)


def _code(reading: "Reading") -> str:
    """Give the code of the shared reading that the address names, when it is of this case."""
    code = str(st.query_params.get(_QUERY, ""))
    return code.upper() if code and room().together.case(code) == reading.case.slug else ""


@st.dialog("Read together")
def _dialog(reading: "Reading", code: str) -> None:
    if code:
        _draw_way(reading, code)
    else:
        if st.query_params.get(_QUERY):
            st.warning("That shared reading has ended, or is of another case.", icon=":material/link_off:")
        if may(Act.REVIEW):
            st.markdown("Whoever moves the mouse over the images moves them for all. Marks and answers stay apart.")
            if st.button("Begin a shared reading", type="primary", icon=":material/group_add:", width="stretch"):
                st.query_params[_QUERY] = room().together.open(reading.case.slug)
                st.rerun()
        _draw_join(reading)


def _draw_way(reading: "Reading", code: str) -> None:
    st.markdown("The others join with this code, or open the address.")
    st.code(code, language=None)
    here = urlsplit(str(st.context.url or ""))
    st.code(
        f"{here.scheme}://{here.netloc}/read?case={reading.case.slug}&{_QUERY}={code}", language=None, wrap_lines=True
    )
    if st.button("Leave the shared reading", icon=":material/logout:", width="stretch"):
        st.query_params.pop(_QUERY, None)
        st.rerun()


def _draw_join(reading: "Reading") -> None:
    with st.form("together-join", border=False):
        typed = st.text_input("Code of a shared reading", placeholder="ABC234", max_chars=16)
        joined = st.form_submit_button("Join", icon=":material/login:", width="stretch")
    if not joined:
        return
    code = "".join(typed.split()).upper()
    slug = room().together.case(code) if may(Act.READ_CASES) else None
    if slug is None:
        st.error("There is no shared reading of this code. Ask for the code again.", icon=":material/search_off:")
    elif slug == reading.case.slug:
        st.query_params[_QUERY] = code
        st.rerun()
    else:
        st.switch_page(st.session_state["pages"]["read"], query_params={"case": slug, _QUERY: code})
