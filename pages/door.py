"""From the cookies of a browser to whoever sits in front of it: the one place that pages and routes ask.

Three ways in. *Local*: nobody signs in, the browser's cookie may stand for a profile. *Passwords*: the cookie is the
token of a sign-in. *OpenID Connect*: Streamlit's own cookie, signed by it, says who; it counts
for as long as ours would, and never again once it was signed out. Addresses are signed for what is given here.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pages.accounts import Accounts, Mode
from pages.claims import Claims, Refused, role_of, streamlit_claims
from quizzes.people.accounts import People
from quizzes.people.permissions import Act, allowed
from quizzes.people.person import Person
from quizzes.people.sign_ins import SignIns
from quizzes.store import Attempts
from viewer.routes import SESSION_COOKIE

__all__ = ["PROFILE_LASTS", "Door", "Visit"]

PROFILE_LASTS = timedelta(days=400)
"""How long a browser keeps the profile that was chosen in it."""
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in front of a browser."""

    person: Person
    """Who."""
    session: str
    """What addresses are signed for; empty for a browser that keeps no cookie."""


class Door:
    """Tells who is there.

    Parameters
    ----------
    accounts : Accounts
        How people are told apart.
    attempts : Attempts
        Whose database keeps people, too.
    key : bytes
        Secret of this installation.
    now : callable
        The clock, UTC.
    """

    def __init__(self, accounts: Accounts, attempts: Attempts, key: bytes, now: Callable[[], datetime]) -> None:
        self.accounts = accounts
        self.sign_ins = SignIns(attempts.engine)
        self.people = People(attempts.engine)
        self._key = key
        self.now = now
        self.engine = attempts.engine

    @property
    def mode(self) -> Mode:
        """How people are told apart."""
        return self.accounts.mode

    def visit(self, cookies: Mapping[str, str]) -> Visit | None:
        """Give who shows these cookies; None for nobody, for whom there is nothing but the way in."""
        match self.mode:
            case Mode.LOCAL:
                # Outside a server, as in its test harness, Streamlit's cookies are stand-ins and no text.
                return self._profile(str(cookies.get(SESSION_COOKIE, "")))
            case Mode.PASSWORDS:
                return self._signed_in(cookies.get(SESSION_COOKIE, ""))
            case Mode.OIDC:
                try:
                    return self.admit(cookies)
                except Refused:
                    return None

    def session(self, cookies: Mapping[str, str]) -> str:
        """Give what addresses are signed for; empty for nobody."""
        if self.mode == Mode.LOCAL:
            return cookies.get(SESSION_COOKIE, "")
        found = self.visit(cookies)
        return found.session if found else ""

    def may(self, cookies: Mapping[str, str], act: Act) -> bool:
        """Tell whether whoever shows these cookies may do something."""
        found = self.visit(cookies)
        return found is not None and allowed(found.person.role, act)

    def begin(self, person: Person, token: str) -> None:
        """Let a new token stand for somebody, for as long as a sign-in is good."""
        now = self.now()
        self.sign_ins.begin(person, token, now=now, expires_at=now + self.accounts.lasts)

    def choose(self, person: Person, token: str) -> None:
        """Let a browser's cookie stand for a profile, where nobody signs in."""
        now = self.now()
        self.sign_ins.replace(token, person, now=now, expires_at=now + PROFILE_LASTS)

    def leave(self, cookies: Mapping[str, str], *, everywhere: bool) -> None:
        """End the sign-in that these cookies show, or all of its person."""
        found = self.visit(cookies)
        if found is None:
            return
        if everywhere:
            self.sign_ins.end_all(found.person, now=self.now())
        self.sign_ins.end(found.session, now=self.now())

    def form_token(self, cookies: Mapping[str, str]) -> str:
        """Give what a form of ours holds, so that no other site can send it for this browser."""
        name = self.session(cookies) or cookies.get(SESSION_COOKIE, "")
        return hmac.new(self._key, f"form {name}".encode(), hashlib.sha256).hexdigest() if name else ""

    def admit(self, cookies: Mapping[str, str]) -> Visit | None:
        """Give who the identity provider says is there; None for nobody.

        Raises
        ------
        Refused
            Somebody is, and is not let in: the message says why.
        """
        claims = streamlit_claims(cookies)
        if claims is None:
            return None
        found = self._signed_in(claims.token)
        if found is None and not self.sign_ins.known(claims.token):
            self._take_in(claims)
            found = self._signed_in(claims.token)
        return found

    def _take_in(self, claims: Claims) -> None:
        now, begun = self.now(), datetime.fromtimestamp(claims.issued_at, UTC)
        expires_at = begun + self.accounts.lasts
        if not begun - _SKEW <= now < expires_at:
            return
        role = role_of(claims, self.accounts.role_claim, self.accounts.roles, self.accounts.default_role)
        person = self.people.admit(claims.subject, claims.name, role, now=now)
        if person.closed_at:
            raise Refused(f"The account of {person.name} is closed.")
        if not self.sign_ins.void(person, begun):
            self.sign_ins.begin(person, claims.token, now=now, expires_at=expires_at)

    def _signed_in(self, token: str) -> Visit | None:
        found = self.sign_ins.find(token, now=self.now())
        return Visit(found.person, token) if found else None

    def _profile(self, token: str) -> Visit:
        chosen = self._signed_in(token)
        return chosen or Visit(self.sign_ins.reader(self.people, now=self.now()), token)
