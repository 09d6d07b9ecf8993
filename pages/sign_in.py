"""The way in and out: plain pages of the server's own, which work before anything else is loaded, and without scripts.

A form is taken only from a page of this server: the browser says where it comes from, and where an old one does not,
the form's own token must fit the browser's cookie. At a sign-in the cookie is made anew, so one that was planted before
is worth nothing. What is wrong is said without telling whether a name is known.
"""

import asyncio
import hmac
from collections.abc import Mapping
from datetime import timedelta
from http.cookies import SimpleCookie
from math import ceil
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pages.accounts import Mode
from pages.claims import Refused
from pages.door import PROFILE_LASTS, Door
from pages.entrance import card, field, form, hidden
from quizzes import StoreError
from quizzes.people.passwords import FEWEST, Passwords
from quizzes.people.person import Person
from viewer.routes import SESSION_COOKIE, new_session

__all__ = ["session_cookie", "way_in"]

_MOST_BYTES = 20_000
# A check takes 64 MB: two at a time.
_CHECKS = 2
_FORM_LASTS = timedelta(days=1)
_TOO_OLD = "This page was too old, or your browser keeps no cookies for it. Try once more."


def session_cookie(value: str, request: Request, lasts: timedelta) -> str:
    """Give the header that sets the cookie which tells one browser from another; no script can read it."""
    jar = SimpleCookie({SESSION_COOKIE: value})
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    attributes = {"httponly": True, "samesite": "Lax", "path": "/", "max-age": int(lasts.total_seconds())}
    for attribute, setting in {**attributes, "secure": secure}.items():
        jar[SESSION_COOKIE][attribute] = setting
    return jar[SESSION_COOKIE].OutputString()


def way_in(door: Door, passwords: Passwords) -> list[Route]:
    """Serve ``/sign-in``, ``/password``, ``/sign-out`` and ``/profile``, as far as people sign in that way."""
    routes = [Route("/sign-in", _home, methods=["GET"])]
    match door.mode:
        case Mode.LOCAL:
            routes.append(Route("/profile", _Profiles(door).choose, methods=["POST"]))
        case Mode.PASSWORDS:
            desk = _Desk(door, passwords)
            routes = [
                Route("/sign-in", desk.show, methods=["GET"]),
                Route("/sign-in", desk.sign_in, methods=["POST"]),
                Route("/password", desk.show_password, methods=["GET"]),
                Route("/password", desk.change_password, methods=["POST"]),
                Route("/sign-out", _Exit(door).sign_out, methods=["POST"]),
            ]
        case Mode.OIDC:
            routes = [
                Route("/sign-in", _Provider(door).show, methods=["GET"]),
                Route("/sign-out", _Exit(door).sign_out, methods=["POST"]),
            ]
    return routes


async def _home(_request: Request) -> Response:
    return RedirectResponse("/", 303)


class _Profiles:
    """Where nobody signs in: who reads is chosen."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def choose(self, request: Request) -> Response:
        sent = await _sent(request)
        if not _ours(self._door, request, sent):
            return _told("Not changed", _TOO_OLD, 403)
        person = await asyncio.to_thread(self._door.people.person, sent.get("profile", ""))
        if person is None or person.closed_at:
            return _told("Not changed", "There is no such profile any more.", 404)
        token = request.cookies.get(SESSION_COOKIE) or new_session()
        await asyncio.to_thread(self._door.choose, person, token)
        return _go("/", session_cookie(token, request, PROFILE_LASTS))


class _Exit:
    """The way out, here or everywhere."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def sign_out(self, request: Request) -> Response:
        sent = await _sent(request)
        if not _ours(self._door, request, sent):
            return _told("Not signed out", _TOO_OLD, 403)
        await asyncio.to_thread(self._door.leave, request.cookies, everywhere=bool(sent.get("everywhere")))
        # Streamlit's own way out tells the identity provider, too.
        onward = "/auth/logout" if self._door.mode == Mode.OIDC else "/sign-in"
        return _go(onward, session_cookie("", request, timedelta()))


class _Provider:
    """The page that leads to an identity provider, by Streamlit's own sign-in, the one of ``st.login``."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def show(self, request: Request) -> Response:
        from streamlit.user_info import generate_login_redirect_url

        told = ""
        try:
            if await asyncio.to_thread(self._door.admit, request.cookies):
                return RedirectResponse("/", 303)
        except Refused as refused:
            told = str(refused)
        address = generate_login_redirect_url("default")
        body = f'<a class="button" href="{address}">Sign in with your department’s account</a>'
        if told:
            body += '<p class="hint"><a href="/auth/logout">Sign out there, to come as somebody else</a></p>'
        return card("Sign in", body, told=told, status=403 if told else 200)


class _Desk:
    """Names and passwords."""

    def __init__(self, door: Door, passwords: Passwords) -> None:
        self._door = door
        self._passwords = passwords
        self._checks = asyncio.Semaphore(_CHECKS)

    async def show(self, request: Request) -> Response:
        onward = local_path(request.query_params.get("next", ""))
        if await asyncio.to_thread(self._door.visit, request.cookies):
            return RedirectResponse(onward, 303)
        return await self._sign_in_page(request, onward=onward)

    async def sign_in(self, request: Request) -> Response:
        sent = await _sent(request)
        login, onward = sent.get("login", ""), local_path(sent.get("next", ""))
        if not _ours(self._door, request, sent):
            return await self._sign_in_page(request, _TOO_OLD, login=login, onward=onward, status=403)
        wait = await self._wait(request, login)
        if wait:
            told = _please_wait(wait)
            answer = await self._sign_in_page(request, told, login=login, onward=onward, status=429)
            answer.headers["Retry-After"] = str(ceil(wait.total_seconds()))
            return answer
        found = await self._check(request, login, sent.get("password", ""))
        if found is None:
            return await self._sign_in_page(
                request, "Name or password is wrong.", login=login, onward=onward, status=401
            )
        person, once = found
        if once:
            told = "That password was for one time. Choose your own now."
            return self._password_page(request, told, login=login, good=True)
        return await self._let_in(request, person, onward)

    async def show_password(self, request: Request) -> Response:
        found = await asyncio.to_thread(self._door.visit, request.cookies)
        logins = await asyncio.to_thread(self._door.people.logins) if found else {}
        return self._password_page(request, login=logins.get(found.person.id, "") if found else "")

    async def change_password(self, request: Request) -> Response:
        sent = await _sent(request)
        login, old, new = (sent.get(name, "") for name in ("login", "password", "new"))
        told = "" if _ours(self._door, request, sent) else _TOO_OLD
        if new != sent.get("again", ""):
            told = told or "The two new passwords differ."
        elif new == old:
            told = told or "The new password is the present one. Choose another."
        wait = timedelta() if told else await self._wait(request, login)
        told = told or (_please_wait(wait) if wait else "")
        found = None if told else await self._check(request, login, old)
        if found is None:
            told = told or "Name or present password is wrong."
            return self._password_page(request, told, login=login, status=429 if wait else 400)
        person, _ = found
        try:
            await asyncio.to_thread(self._passwords.set, person, new)
        except StoreError as error:
            return self._password_page(request, str(error), login=login, status=400)
        # Whoever knew the old one is out.
        await asyncio.to_thread(self._door.sign_ins.end_all, person, now=self._door.now())
        return await self._let_in(request, person, "/")

    async def _let_in(self, request: Request, person: Person, onward: str) -> Response:
        token = new_session()
        await asyncio.to_thread(self._door.begin, person, token)
        if old := request.cookies.get(SESSION_COOKIE):
            await asyncio.to_thread(self._door.sign_ins.end, old, now=self._door.now())
        return _go(onward, session_cookie(token, request, self._door.accounts.lasts))

    async def _wait(self, request: Request, login: str) -> timedelta:
        return await asyncio.to_thread(self._door.sign_ins.wait, login, _address(request), now=self._door.now())

    async def _check(self, request: Request, login: str, password: str) -> tuple[Person, bool] | None:
        async with self._checks:
            found = await asyncio.to_thread(self._passwords.check, login, password)
        if found:
            await asyncio.to_thread(self._door.sign_ins.came_in, login, _address(request), now=self._door.now())
        return found

    async def _sign_in_page(
        self, request: Request, told: str = "", *, login: str = "", onward: str, status: int = 200
    ) -> Response:
        fields = field("login", "Name", login, focus=not login)
        fields += field("password", "Password", secret="current-password", focus=bool(login))  # noqa: S106
        body = [fields, hidden("next", onward)]
        nobody = not await asyncio.to_thread(self._passwords.has_any)
        after = _NOBODY if nobody else '<p class="hint"><a href="/password">Change your password</a></p>'
        return self._page(request, "Sign in", "/sign-in", "".join(body), after, told=told, status=status)

    def _password_page(
        self, request: Request, told: str = "", *, login: str = "", status: int = 200, good: bool = False
    ) -> Response:
        fields = field("login", "Name", login, focus=not login)
        fields += field("password", "Present password", secret="current-password", focus=bool(login))  # noqa: S106
        fields += field("new", f"New password, at least {FEWEST} characters", secret="new-password")  # noqa: S106
        fields += field("again", "The new password once more", secret="new-password")  # noqa: S106
        after = '<p class="hint"><a href="/">Leave it as it is</a></p>'
        return self._page(request, "Choose a password", "/password", fields, after, told=told, status=status, good=good)

    def _page(
        self,
        request: Request,
        title: str,
        action: str,
        fields: str,
        after: str,
        *,
        told: str,
        status: int,
        good: bool = False,
    ) -> Response:
        """Give a page with a form, whose token fits the browser's cookie; one without gets a cookie for that."""
        cookies = {SESSION_COOKIE: new_session()} | request.cookies
        fields += hidden("token", self._door.form_token(cookies))
        answer = card(title, form(action, fields, title) + after, told=told, status=status, good=good)
        if SESSION_COOKIE not in request.cookies:
            answer.headers.append("set-cookie", session_cookie(cookies[SESSION_COOKIE], request, _FORM_LASTS))
        return answer


_NOBODY = (
    '<p class="hint">Nobody has an account yet. On the machine that serves Readout, run<br>'
    "<code>readout user add NAME --role administrator</code></p>"
)


def local_path(text: str) -> str:
    """Give a path of this server to go on to; the first page for anything else."""
    plain = text.startswith("/") and not text.startswith("//") and text.isprintable() and "\\" not in text
    return text if plain else "/"


def _ours(door: Door, request: Request, sent: Mapping[str, str]) -> bool:
    """Tell whether a form is of a page of ours; the doorkeeper has refused those whose browser says otherwise."""
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        return True
    expected = door.form_token(request.cookies)
    return bool(expected) and hmac.compare_digest(sent.get("token", "").encode(), expected.encode())


async def _sent(request: Request) -> dict[str, str]:
    """Give the fields of a form; one that is too long has none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _please_wait(wait: timedelta) -> str:
    minutes = ceil(wait.total_seconds() / 60)
    return f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again."


def _told(title: str, told: str, status: int) -> HTMLResponse:
    return card(title, '<a class="button" href="/">To the library</a>', told=told, status=status)


def _go(onward: str, cookie: str) -> Response:
    answer = RedirectResponse(onward, 303)
    answer.headers.append("set-cookie", cookie)
    return answer
