"""The administrators' page: who there is, what each may do, and who is let in."""

from dataclasses import replace
from html import escape

import streamlit as st

from pages.accounts import Mode
from pages.plain import as_text
from pages.room import me, people, room
from quizzes import StoreError
from quizzes.people.passwords import Passwords, new_password
from quizzes.people.permissions import PERMISSIONS
from quizzes.people.person import LOCAL, Person, Role

__all__ = ["people_page"]

_ROLES = list(Role)
_SAID = {
    Mode.LOCAL: "Profiles without passwords, on this machine alone. Whoever sits at it chooses one in the menu above.",
    Mode.PASSWORDS: "Accounts with a name and a password. A new one begins with a password for one time.",
    Mode.OIDC: "People come from your department’s sign-in, which also gives them their role at each sign-in.",
}


def people_page() -> None:
    """Draw the page."""
    mode = room().door.mode
    st.html(f'<header class="ro-hero"><h1>People</h1><p>{_SAID[mode]}</p></header>')
    _news()
    if mode != Mode.OIDC:
        with st.expander("Add somebody", icon=":material/person_add:", expanded=len(people().everyone()) <= 1):
            _add(mode)
    everybody = people().everyone(closed=True)
    wanted = st.text_input("Search", placeholder="Search name or group…", key="people-search").strip().casefold()
    found = [one for one in everybody if wanted in f"{one.name} {one.cohort}".casefold()]
    if not found:
        st.info("Nobody fits. Search for another name.", icon=":material/search_off:")
    logins = people().logins()
    for person in found:
        _row(person, logins.get(person.id, ""))
    with st.expander("What each role may do", icon=":material/key:"):
        st.markdown("\n".join(f"- **{role}**: {'; '.join(sorted(acts))}" for role, acts in PERMISSIONS.items()))


def _news() -> None:
    """Say what was just done, with the way back; a password is shown this once."""
    news = st.session_state.get("people-news")
    if not news:
        return
    said, before, password = news
    with st.container(border=True, key="people-news-box"):
        st.html(f'<p class="ro-told" role="status">{escape(said)}</p>')
        if password:
            st.caption("The password for one time. It is shown now and never again; hand it over in person.")
            st.code(password, language=None)
        with st.container(horizontal=True):
            if before is not None and st.button("Undo", icon=":material/undo:", key="people-undo"):
                _keep(before, f"{before.name} is as before.", undo=False)
            if st.button("Done", icon=":material/check:", key="people-done", type="tertiary"):
                del st.session_state["people-news"]
                st.rerun()


def _add(mode: Mode) -> None:
    with st.form("people-add", border=False, clear_on_submit=False):
        left, middle, right = st.columns([3, 2, 2])
        name = left.text_input("Name", max_chars=100)
        role = middle.selectbox("Role", _ROLES, format_func=str.capitalize)
        cohort = right.text_input("Group, if any", max_chars=100, placeholder="October")
        login = st.text_input("Signs in as; the name if empty", max_chars=100) if mode == Mode.PASSWORDS else ""
        pressed = st.form_submit_button("Add", icon=":material/person_add:", type="primary")
    if not pressed:
        return
    try:
        person = people().add(name, role, login=login.strip() or None, cohort=cohort, now=room().now())
        _tell(f"{person.name} is added.", password=_give_password(person) if mode == Mode.PASSWORDS else "")
    except StoreError as error:
        st.error(as_text(str(error)))


def _row(person: Person, login: str) -> None:
    mode, opened = room().door.mode, st.session_state.get("people-open") == person.id
    with st.container(border=True, key=f"person-{person.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(_summary(person, login if mode == Mode.PASSWORDS else ""))
            if st.button("Hide" if opened else "Change", key=f"open-{person.id}", type="tertiary"):
                st.session_state["people-open"] = "" if opened else person.id
                st.rerun()
        if opened:
            _change(person, mode)


def _summary(person: Person, login: str) -> str:
    more = [str(person.role), person.cohort, f"signs in as {login}" if login else ""]
    more += ["you" if person.id == me().id else "", "closed" if person.closed_at else ""]
    facts = " · ".join(escape(one) for one in more if one)
    return f'<p class="ro-person"><b>{escape(person.name)}</b><span>{facts}</span></p>'


def _change(person: Person, mode: Mode) -> None:
    given = mode == Mode.OIDC
    with st.form(f"change-{person.id}", border=False):
        left, middle, right = st.columns([3, 2, 2])
        name = left.text_input("Name", person.name, max_chars=100, disabled=given, key=f"name-{person.id}")
        role = middle.selectbox(
            "Role", _ROLES, _ROLES.index(person.role), str.capitalize, disabled=given, key=f"role-{person.id}"
        )
        cohort = right.text_input("Group", person.cohort, max_chars=100, key=f"cohort-{person.id}")
        if st.form_submit_button("Keep", icon=":material/check:", type="primary"):
            _keep(replace(person, name=name, role=role, cohort=cohort), f"{name.strip()} is changed.", before=person)
    with st.container(horizontal=True, gap="small"):
        if person.closed_at:
            if st.button("Reopen the account", icon=":material/lock_open:", key=f"reopen-{person.id}"):
                _keep(replace(person, closed_at=None), f"{person.name} may come in again.", before=person)
        elif person.id == LOCAL and mode == Mode.LOCAL:
            st.caption("Whoever chooses no profile reads as this one.")
        elif st.button("Close the account", icon=":material/block:", key=f"close-{person.id}"):
            _keep(replace(person, closed_at=room().now()), f"The account of {person.name} is closed.", before=person)
        if mode == Mode.LOCAL:
            return
        if st.button("Sign out everywhere", icon=":material/logout:", key=f"out-{person.id}"):
            room().door.sign_ins.end_all(person, now=room().now())
            _tell(f"{person.name} is signed out everywhere.")
        if mode == Mode.PASSWORDS and st.button("New password", icon=":material/password:", key=f"pass-{person.id}"):
            room().door.sign_ins.end_all(person, now=room().now())
            _tell(f"{person.name} has a new password, and is signed out.", password=_give_password(person))


def _give_password(person: Person) -> str:
    password = new_password()
    Passwords(room().door.engine).set(person, password, once=True)
    return password


def _keep(person: Person, said: str, *, before: Person | None = None, undo: bool = True) -> None:
    if not people().keeps_an_administrator(person):
        st.error("Somebody must look after Readout: make another person administrator first.")
        return
    try:
        people().change(person, now=room().now())
    except StoreError as error:
        st.error(as_text(str(error)))
        return
    _tell(said, before if undo else None)


def _tell(said: str, before: Person | None = None, *, password: str = "") -> None:
    st.session_state["people-news"] = (said, before, password)
    st.rerun()
