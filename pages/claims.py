"""What an identity provider says of somebody, as Streamlit's own sign-in keeps it in a cookie that it has signed.

Streamlit reads the cookie itself, for ``st.user``, when a page connects; routes have only the cookie, and a page that
stays open must learn that it was signed out. So both take it from here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizzes.people.person import Role

__all__ = ["Claims", "Refused", "role_of", "streamlit_claims"]


class Refused(Exception):  # noqa: N818  # an outcome, in words for who is not let in
    """Somebody is known to the identity provider, and not let in."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one sign-in at an identity provider."""

    token: str
    """Stands for this sign-in and no other: digest of all that the provider said in it."""
    subject: str
    """Issuer and subject."""
    name: str
    """As shown to others."""
    issued_at: float
    """When the provider said so, in seconds since 1970."""
    everything: Mapping[str, Any]
    """All claims."""


def streamlit_claims(cookies: Mapping[str, str]) -> Claims | None:
    """Give what Streamlit's cookie says; None without one that it has signed for this address."""
    # Here, because only a server with an identity provider needs them.
    from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    def single(name: str) -> bytes | None:
        value = cookies.get(name)
        # HTTP gives bytes as Latin-1; what does not fit never came from us.
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1", "replace")) if value else None

    if USER_COOKIE_NAME not in cookies:
        return None
    kept = get_cookie_with_chunks(single, USER_COOKIE_NAME)
    said = json.loads(kept) if kept else {}
    # One secret may serve several applications; each writes the address that it signs in for.
    if not said.get("is_logged_in") or said.get("origin") != get_origin_from_redirect_uri():
        return None
    return _claims(said, kept or b"")


def _claims(said: Mapping[str, Any], kept: bytes) -> Claims | None:
    issuer, subject, issued_at = said.get("iss"), said.get("sub"), said.get("iat")
    if not issuer or not subject or isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
        return None
    known = (said.get(key) for key in ("name", "preferred_username", "email"))
    name = next((one for one in known if isinstance(one, str) and one.strip()), str(subject))
    return Claims(hashlib.sha256(kept).hexdigest(), f"{issuer} {subject}"[:500], name, issued_at, said)


def role_of(claims: Claims, claim: str, roles: Mapping[str, Role], default: Role | None) -> Role:
    """Give the highest role that the claim names.

    Raises
    ------
    Refused
        It names none, and there is no default.
    """
    held = {roles[value] for value in _values(claims.everything, claim) if value in roles}
    found = next((role for role in (Role.ADMINISTRATOR, Role.RESIDENT, Role.STUDENT) if role in held), default)
    if found is None:
        raise Refused(
            f"{claims.name} is signed in, but has no role in Readout. Ask whoever gives roles in your department."
        )
    return found


def _values(said: Mapping[str, Any], claim: str) -> list[str]:
    """Give what a claim holds: one that has this very name, else the one that its dots lead to."""
    value: Any = said.get(claim)
    if value is None:
        value = said
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
