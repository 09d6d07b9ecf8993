"""``readout user``: accounts with passwords, made and looked after where the server runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from quizzes.people.person import Role

if TYPE_CHECKING:
    from quizzes.people.accounts import People
    from quizzes.people.person import Person
    from quizzes.store import Attempts

user = typer.Typer(help="Make and look after accounts.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of input.")]


def check_host(host: str, *, to_others: bool) -> None:
    """End with 2 when a server without accounts would listen beyond this machine, and nobody has said it may."""
    from commands.settings import Settings
    from pages.accounts import LOOPBACK, Mode

    accounts = Settings.read(os.environ).accounts
    if to_others:
        os.environ["READOUT_OPEN_TO_OTHERS"] = "yes"
    elif accounts.mode == Mode.LOCAL and host not in LOOPBACK and not accounts.open_to_others:
        _refuse(
            f"not started on {host}: without accounts everybody there would read as one person. Set "
            "READOUT_ACCOUNTS=passwords (or oidc), or add --open-to-others if you want just that."
        )


@user.command()
def add(
    name: Annotated[str, typer.Argument(help="Name, as others see it.")],
    role: Annotated[Role, typer.Option(help="What they are in the department.")],
    login: Annotated[str, typer.Option(help="What they sign in with; the name without.")] = "",
    group: Annotated[str, typer.Option(help='Group that assignments may go to, such as "October".')] = "",
    password_stdin: FromStdin = False,
) -> None:
    """Make an account; the password is asked for twice."""
    from quizzes.people.passwords import Passwords

    with _opened() as (attempts, people):
        if people.by_login(login or name):
            _refuse(f"the name {(login or name).casefold()!r} is taken. Choose another with --login.")
        password = _password(from_stdin=password_stdin)
        person = people.add(name, role, login=login or None, cohort=group, now=_now())
        Passwords(attempts.engine).set(person, password)
        typer.echo(f"{person.name}, {person.role}: signs in as {(login or name).casefold()}")


@user.command("list")
def list_(
    closed: Annotated[bool, typer.Option("--closed", help="Closed accounts, too.")] = False,
) -> None:
    """List everybody."""
    with _opened() as (_, people):
        logins = people.logins()
        for person in people.everyone(closed=closed):
            more = [f"group {person.cohort}" if person.cohort else "", "closed" if person.closed_at else ""]
            facts = "  ".join(one for one in more if one)
            typer.echo(f"{logins.get(person.id, '-'):24} {person.role:14} {person.name}  {facts}".rstrip())


@user.command()
def role(login: Login, new: Annotated[Role, typer.Argument(metavar="ROLE", help="The new role.")]) -> None:
    """Give somebody another role."""
    with _opened() as (_, people):
        _change(people, replace(_who(people, login), role=new))


@user.command()
def password(login: Login, password_stdin: FromStdin = False) -> None:
    """Give somebody a new password, and sign them out everywhere."""
    from quizzes.people.passwords import Passwords
    from quizzes.people.sign_ins import SignIns

    with _opened() as (attempts, people):
        person = _who(people, login)
        Passwords(attempts.engine).set(person, _password(from_stdin=password_stdin))
        SignIns(attempts.engine).end_all(person, now=_now())
        typer.echo(f"{person.name}: has a new password, and is signed out everywhere")


@user.command()
def close(login: Login) -> None:
    """Close an account: nobody signs in with it, and what was answered stays."""
    with _opened() as (_, people):
        _change(people, replace(_who(people, login), closed_at=_now()))


@user.command("open")
def open_(login: Login) -> None:
    """Open a closed account again."""
    with _opened() as (_, people):
        _change(people, replace(_who(people, login), closed_at=None))


@contextmanager
def _opened() -> "Iterator[tuple[Attempts, People]]":
    """Open the database of the settings; what goes wrong with it is one line."""
    from commands.settings import Settings
    from quizzes import StoreError
    from quizzes.people.accounts import People
    from quizzes.store import Attempts

    settings = Settings.read(os.environ)
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        with Attempts(settings.database_url) as attempts:
            yield attempts, People(attempts.engine)
    except StoreError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _who(people: "People", login: str) -> "Person":
    person = people.by_login(login)
    if person is None:
        _refuse(f"nobody signs in as {login!r}. `readout user list` lists everybody.")
    return person


def _change(people: "People", person: "Person") -> None:
    if not people.keeps_an_administrator(person):
        _refuse("somebody must look after Readout: make another person administrator first.")
    people.change(person, now=_now())
    typer.echo(f"{person.name}: {person.role}{', closed' if person.closed_at else ''}")


def _password(*, from_stdin: bool) -> str:
    """Give a password that is long enough, typed twice, or read from the input."""
    from quizzes.people.passwords import FEWEST

    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    if len(typed) < FEWEST:
        _refuse(f"password: found {len(typed)} characters, expected at least {FEWEST}. Choose another.")
    return str(typed)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _now() -> datetime:
    return datetime.now(UTC)
