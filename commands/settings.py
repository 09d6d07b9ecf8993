"""What the environment decides, for the server and for commands alike."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import platformdirs

from pages.accounts import Accounts, Mode
from quizzes.people.person import Role

__all__ = ["ROOT", "Settings"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides."""

    library: Path
    """Folder of the cases."""
    data: Path
    """Folder of what Readout keeps: attempts and its signing key."""
    database_url: str
    """SQLAlchemy address of the attempts."""
    cache_bytes: int
    """Most bytes of decoded frames in memory."""
    accounts: Accounts = field(default_factory=Accounts)
    """How people are told apart."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Take the variables that begin with READOUT_, or their defaults; end with one sentence when one is wrong."""
        data = Path(environment.get("READOUT_DATA") or platformdirs.user_data_path("readout"))
        database = environment.get("READOUT_DATABASE_URL") or f"sqlite:///{data / 'readout.sqlite3'}"
        cache = _number(environment, "READOUT_CACHE_MB", 512, "megabytes") << 20
        library = Path(environment.get("READOUT_LIBRARY") or ROOT / "cases" / "library")
        return cls(library, data, database, cache, _accounts(environment))


def _accounts(environment: Mapping[str, str]) -> Accounts:
    mode = environment.get("READOUT_ACCOUNTS") or Mode.LOCAL
    if mode not in list(Mode):
        _refuse("READOUT_ACCOUNTS", mode, f"one of {', '.join(Mode)}")
    default = environment.get("READOUT_DEFAULT_ROLE") or ""
    if default and default not in list(Role):
        _refuse("READOUT_DEFAULT_ROLE", default, f"one of {', '.join(Role)}, or nothing")
    return Accounts(
        mode=Mode(mode),
        lasts=timedelta(hours=max(1, _number(environment, "READOUT_SIGN_IN_HOURS", 12, "hours"))),
        open_to_others=environment.get("READOUT_OPEN_TO_OTHERS", "") in ("1", "yes", "true"),
        role_claim=environment.get("READOUT_ROLE_CLAIM") or "roles",
        roles=_roles(environment.get("READOUT_ROLES") or ""),
        default_role=Role(default) if default else None,
    )


def _roles(text: str) -> dict[str, Role]:
    """Read ``staff=resident, student=student``; without, the claim holds our own words."""
    if not text:
        return {role.value: role for role in Role}
    roles = {}
    for pair in text.split(","):
        value, equals, role = (part.strip() for part in pair.rpartition("="))
        if not equals or not value or role not in list(Role):
            _refuse("READOUT_ROLES", text, f"VALUE=ROLE, VALUE=ROLE … with a role of {', '.join(Role)}")
        roles[value] = Role(role)
    return roles


def _number(environment: Mapping[str, str], name: str, default: int, unit: str) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        _refuse(name, text, f"a whole number of {unit}")
    return int(text)


def _refuse(name: str, found: str, expected: str) -> NoReturn:
    sys.exit(f"{name}: found {found!r}, expected {expected}.")
