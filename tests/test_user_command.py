"""``readout user``: accounts made where the server runs, over a database of the tests' own."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quizzes.people.accounts import People
from quizzes.people.passwords import Passwords
from quizzes.people.person import Role
from quizzes.store import Attempts
from readout import main

PASSWORD = "correct horse battery"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("READOUT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["user", *arguments], input=typed)


def opened(data: Path) -> Attempts:
    return Attempts(f"sqlite:///{data / 'readout.sqlite3'}")


def test_an_account_is_made_with_a_password_typed_twice(data: Path) -> None:
    done = run("add", "Ada Byron", "--role", "resident", "--group", "October", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "Ada Byron, resident: signs in as ada byron" in done.output
    assert PASSWORD not in done.output
    with opened(data) as attempts:
        found = Passwords(attempts.engine).check("ada byron", PASSWORD)
    assert found is not None
    assert (found[0].role, found[0].cohort, found[1]) == (Role.RESIDENT, "October", False)


def test_two_passwords_that_differ_make_no_account(data: Path) -> None:
    assert run("add", "Ada", "--role", "student", typed="one password\nanother password\n").exit_code != 0
    with opened(data) as attempts:
        assert People(attempts.engine).by_login("ada") is None


def test_accounts_are_listed_changed_closed_and_opened(data: Path) -> None:
    for name, role in (("Ada", "administrator"), ("Bert", "student")):
        assert run("add", name, "--role", role, "--password-stdin", typed=f"{PASSWORD}\n").exit_code == 0
    assert run("role", "bert", "resident").output == "Bert: resident\n"
    assert run("close", "bert").output == "Bert: resident, closed\n"
    assert [line.split()[:2] for line in run("list").output.splitlines()] == [["ada", "administrator"]]
    assert "closed" in run("list", "--closed").output
    assert run("open", "bert").output == "Bert: resident\n"
    changed = run("password", "bert", "--password-stdin", typed="another password\n")
    assert changed.output == "Bert: has a new password, and is signed out everywhere\n"
    with opened(data) as attempts:
        assert Passwords(attempts.engine).check("bert", "another password")


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["add", "Ada", "--role", "student", "--password-stdin"], f"{PASSWORD}\n", "the name 'ada' is taken"),
        (["add", "Cleo", "--role", "student", "--password-stdin"], "short\n", "found 5 characters"),
        (["add", "Cleo", "--role", "professor", "--password-stdin"], f"{PASSWORD}\n", "professor"),
        (["role", "nobody", "student"], "", "nobody signs in as 'nobody'"),
        (["role", "ada", "student"], "", "somebody must look after Readout"),
        (["close", "ada"], "", "somebody must look after Readout"),
    ],
)
@pytest.mark.usefixtures("data")
def test_a_wrong_call_says_what_is_wrong_and_exits_with_2(arguments: list[str], typed: str, said: str) -> None:
    assert run("add", "Ada", "--role", "administrator", "--password-stdin", typed=f"{PASSWORD}\n").exit_code == 0
    done = run(*arguments, typed=typed)
    assert done.exit_code == 2
    assert said in done.output


def test_a_database_that_cannot_be_opened_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    done = run("list")
    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::"])
def test_without_accounts_nothing_listens_beyond_this_machine(host: str) -> None:
    done = CliRunner().invoke(main, ["run", "--host", host])
    assert done.exit_code == 2
    assert "--open-to-others" in done.output
    assert "READOUT_ACCOUNTS=passwords" in done.output
    assert len(done.output.splitlines()) == 1


def test_with_accounts_or_when_told_so_a_server_may_listen_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from commands.user import check_host

    monkeypatch.setenv("READOUT_OPEN_TO_OTHERS", "")
    check_host("0.0.0.0", to_others=True)
    assert os.environ["READOUT_OPEN_TO_OTHERS"] == "yes"
    monkeypatch.setenv("READOUT_OPEN_TO_OTHERS", "")
    monkeypatch.setenv("READOUT_ACCOUNTS", "passwords")
    check_host("0.0.0.0", to_others=False)
