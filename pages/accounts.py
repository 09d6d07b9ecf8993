"""The three ways to tell people apart, and what the environment decides about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from quizzes.people.person import Role

__all__ = ["LOOPBACK", "Accounts", "Mode"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only programs of this machine reach."""


class Mode(StrEnum):
    """How people are told apart."""

    LOCAL = "local"
    PASSWORDS = "passwords"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the environment decides about people."""

    mode: Mode = Mode.LOCAL
    """How people are told apart."""
    lasts: timedelta = timedelta(hours=12)
    """How long a sign-in is good."""
    open_to_others: bool = False
    """Whether a server without accounts may be reached from other machines."""
    role_claim: str = "roles"
    """Claim of the identity provider that holds roles; a dot leads into an object."""
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})
    """Value of the claim → role."""
    default_role: Role | None = None
    """Role of those whose claim holds none of them; None lets them not in."""
