"""The menu of whoever reads: who that is, the way out, and, where nobody signs in, the other profiles.

Its buttons are forms of the page itself, sent to `pages.sign_in`, not widgets: somebody else begins with a page of
their own, in which nothing of the one before is left.
"""

from html import escape

import streamlit as st

from pages.accounts import Mode
from pages.plain import as_text
from pages.room import cookies, may, me, people, room
from quizzes.people.permissions import Act
from quizzes.people.person import Person

__all__ = ["draw_menu"]


def draw_menu() -> None:
    """Draw the menu at the end of the bar."""
    person = me()
    with (
        st.container(key="whoami", width="content"),
        st.popover(_short(person.name), icon=":material/account_circle:", width="content"),
    ):
        st.html(f'<p class="ro-who"><b>{escape(person.name)}</b><span>{person.role}</span></p>')
        st.page_link(st.session_state["pages"]["account"], label="My data", icon=":material/folder_shared:")
        if room().door.mode == Mode.LOCAL:
            _profiles(person)
        else:
            _way_out()


def _profiles(person: Person) -> None:
    others = [one for one in people().everyone() if one.id != person.id]
    if others:
        st.caption("Go on as")
        buttons = "".join(_button("profile", one.id, f"{one.name} · {one.role}") for one in others)
        st.html(_form("/profile", buttons))
    if may(Act.MANAGE_PEOPLE):
        st.page_link(st.session_state["pages"]["people"], label="Add or change profiles", icon=":material/group:")
    st.caption("Profiles have no passwords: whoever sits at this machine may be any of them.")


def _way_out() -> None:
    if may(Act.MANAGE_PEOPLE):
        st.page_link(st.session_state["pages"]["people"], label="People", icon=":material/group:")
    if room().door.mode == Mode.PASSWORDS:
        st.html('<a class="ro-choice" href="/password" target="_self">Change your password</a>')
    out = _button("here", "1", "Sign out") + _button("everywhere", "1", "Sign out everywhere")
    st.html(_form("/sign-out", out))


def _form(action: str, buttons: str) -> str:
    token = room().door.form_token(cookies())
    return f'<form method="post" action="{action}"><input type="hidden" name="token" value="{token}">{buttons}</form>'


def _button(name: str, value: str, label: str) -> str:
    return f'<button class="ro-choice" type="submit" name="{name}" value="{escape(value)}">{escape(label)}</button>'


def _short(name: str) -> str:
    """Give a name as the bar has room for."""
    return as_text(name if len(name) <= 18 else f"{name[:17]}…")
