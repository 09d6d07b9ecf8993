"""My data: everything that is kept about whoever looks, to take away, and the end of their account."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.accounts import Mode
from pages.repertoire import repertoire
from pages.room import may, me, room
from pages.sitting import sessions
from quizzes import StoreError
from quizzes.people.belongings import stream_belongings
from quizzes.people.erasure import erase, refusal
from quizzes.people.permissions import Act
from quizzes.people.settings import Erasing, Settings
from quizzes.records import Records

_ADDRESS = "/account/readout-export.zip"
_KINDS = {
    Erasing.ANONYMOUS: "Your answers stay as statistics of nobody: no name, no id, no text that you wrote.",
    Erasing.VANISH: "Your answers are deleted with everything that hangs on them, and the statistics counted anew.",
}
_CHOICES = {
    Erasing.ANONYMOUS: "They become anonymous statistics",
    Erasing.VANISH: "They vanish",
}


def account() -> None:
    """Draw the page."""
    st.html('<header class="ro-hero"><h1>My data</h1><p>What Readout keeps about you is yours.</p></header>')
    st.subheader("Take it with you", anchor=False)
    st.markdown(
        "One ZIP archive with your account, attempts, answers, viewing logs, drawings, sessions, plan, assignments and "
        "comments as JSON, and a README that says what everything means. Scores that you must not see yet, of tests "
        "that go on and of cases that you have not finished, are left out."
    )
    st.html(f'<a class="ro-button" href="{_ADDRESS}" download>Export all my data</a>')
    st.subheader("Delete my account", anchor=False)
    _deletion()
    if may(Act.MANAGE_PEOPLE):
        st.subheader("For everybody: answers of deleted accounts", anchor=False)
        _setting()


def _deletion() -> None:
    person, engine = me(), room().attempts.engine
    if reason := refusal(engine, person.id):
        st.info(f"This account cannot be deleted: {reason}", icon=":material/shield_person:")
        return
    kind = Settings(engine).erasing()
    st.markdown(
        f"{_KINDS[kind]} Your plan, assignments to you and comments on your answers are deleted. What you assigned to "
        "others or wrote about their answers stays with them, under no name. **This cannot be undone:** export first."
    )
    typed = st.text_input("To confirm, type your name as it stands in the menu", key="delete-name", autocomplete="off")
    same = typed.strip() == person.name
    if typed and not same:
        st.caption("That is not the name.")
    if st.button("Delete my account for good", icon=":material/delete_forever:", disabled=not same, key="delete-do"):
        _delete(person.id, kind)


def _delete(person_id: str, kind: Erasing) -> None:
    door = room().door
    try:
        erase(room().attempts.engine, person_id, kind, now=room().now())
    except StoreError as error:
        st.error(f"Nothing was deleted. {error}")
        return
    st.session_state.clear()
    if door.mode == Mode.OIDC:
        # The provider's word would let them in again, as somebody new.
        st.logout()
    st.success("Your account is deleted.", icon=":material/check:")
    label = "Go on" if door.mode == Mode.LOCAL else "To the way in"
    st.html(f'<a class="ro-button" href="/" target="_self">{label}</a>')
    st.stop()


def _setting() -> None:
    engine = room().attempts.engine
    before = Settings(engine).erasing()
    chosen = st.radio(
        "What becomes of the answers when somebody deletes their account",
        list(_CHOICES),
        index=list(_CHOICES).index(before),
        format_func=lambda kind: _CHOICES[kind],
        key="erasing",
    )
    if chosen and chosen != before:
        Settings(engine).decide_erasing(chosen, me().id, now=room().now())
        st.toast("Kept. It holds for accounts that are deleted from now on.", icon=":material/check:")
        st.rerun()


def export_route() -> Route:
    """Serve everything that is kept about whoever asks, as it is read; nobody else's, whatever the address says."""

    def send(request: Request) -> Response:
        door = room().door
        visit = door.visit(request.cookies)
        if visit is None or not door.may(request.cookies, Act.SEE_OWN_RECORDS):
            return PlainTextResponse("You are signed out. Sign in, then export again.", 403)
        now = room().now()
        pieces = stream_belongings(room().attempts.engine, visit.person.id, sealed=_sealed(visit.person.id), now=now)
        headers = {
            "Content-Disposition": f'attachment; filename="readout-{now:%Y-%m-%d}.zip"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)

    return Route(_ADDRESS, send)


def _sealed(person_id: str) -> frozenset[str]:
    """Give the attempts whose scores must not be seen yet: of tests that go on, and those not finished."""
    known = repertoire()
    committed: dict[str, set[str]] = {}
    slugs: dict[str, str] = {}
    for one in Records(room().attempts.engine).answered(person_id):
        committed.setdefault(one.attempt_id, set()).add(one.question_id)
        slugs[one.attempt_id] = one.case_slug
    unfinished = set()
    for attempt_id, given in committed.items():
        attempt = room().attempts.attempt(attempt_id)
        if attempt and not set(known.weights(slugs[attempt_id], attempt)).issubset(given):
            unfinished.add(attempt_id)
    return sessions().sealed_attempts(person_id, now=room().now()) | frozenset(unfinished)
