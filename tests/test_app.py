import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

import app
from pages.accounts import Accounts, Mode
from quizzes.people.person import Role
from quizzes.viewing_store import Viewings
from viewer.routes import SESSION_COOKIE


def test_the_environment_decides_where_things_are(tmp_path: Path) -> None:
    settings = app.Settings.read(
        {
            "READOUT_LIBRARY": str(tmp_path / "cases"),
            "READOUT_DATA": str(tmp_path / "data"),
            "READOUT_CACHE_MB": "7",
        }
    )
    assert settings.library == tmp_path / "cases"
    assert settings.data == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'readout.sqlite3'}"
    assert settings.cache_bytes == 7 << 20


def test_the_database_may_be_anywhere(tmp_path: Path) -> None:
    settings = app.Settings.read({"READOUT_DATA": str(tmp_path), "READOUT_DATABASE_URL": "sqlite:///elsewhere.db"})
    assert settings.database_url == "sqlite:///elsewhere.db"


def test_without_settings_the_library_is_the_bundled_one_and_data_go_where_the_platform_keeps_them() -> None:
    settings = app.Settings.read({})
    assert settings.library == Path(app.__file__).parent / "cases" / "library"
    assert settings.data.is_absolute()
    assert "readout" in str(settings.data).lower()
    assert settings.cache_bytes == 512 << 20


def test_empty_settings_count_as_none() -> None:
    assert app.Settings.read({"READOUT_DATA": "", "READOUT_LIBRARY": "", "READOUT_CACHE_MB": ""}) == app.Settings.read(
        {}
    )


def test_the_signing_key_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    key = app.signing_key(folder)
    assert len(key) == 32
    assert app.signing_key(folder) == key
    assert (folder / "signing.key").stat().st_mode & 0o777 == 0o600
    assert app.signing_key(tmp_path / "another") != key


def test_two_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    keys: list[bytes] = []

    def read() -> None:
        start.wait()
        keys.append(app.signing_key(tmp_path / "data"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {len(key) for key in keys} == {32}
    assert len(set(keys)) == 1


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "٣"])
def test_a_cache_size_that_is_no_number_is_said_so(value: str) -> None:
    with pytest.raises(SystemExit, match=r"READOUT_CACHE_MB: found .*, expected a whole number of megabytes"):
        app.Settings.read({"READOUT_CACHE_MB": value})


def test_a_room_holds_the_library_and_keeps_its_attempts_where_it_is_told(tmp_path: Path) -> None:
    settings = app.Settings.read({"READOUT_DATA": str(tmp_path / "data")})
    room = app.open_room(settings)
    assert {"thoracic-ct-01", "msk-cr-01", "interventional-xa-01"} <= {case.slug for case in room.catalogue.cases}
    assert room.now().tzinfo is not None
    assert (settings.data / "readout.sqlite3").is_file()
    room.attempts.close()


def test_a_server_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    environment = {**os.environ, "READOUT_DATA": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", "import app"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Readout cannot start: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_environment_decides_how_people_are_told_apart() -> None:
    settings = app.Settings.read(
        {
            "READOUT_ACCOUNTS": "oidc",
            "READOUT_SIGN_IN_HOURS": "8",
            "READOUT_ROLE_CLAIM": "realm_access.roles",
            "READOUT_ROLES": "staff = resident, cn=it,dc=hospital=administrator".replace(",dc", ";dc"),
            "READOUT_DEFAULT_ROLE": "student",
        }
    )
    assert settings.accounts.mode == Mode.OIDC
    assert settings.accounts.lasts == timedelta(hours=8)
    assert settings.accounts.role_claim == "realm_access.roles"
    assert settings.accounts.roles == {"staff": Role.RESIDENT, "cn=it;dc=hospital": Role.ADMINISTRATOR}
    assert settings.accounts.default_role == Role.STUDENT
    assert app.Settings.read({}).accounts == Accounts()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("READOUT_ACCOUNTS", "ldap"),
        ("READOUT_SIGN_IN_HOURS", "soon"),
        ("READOUT_ROLES", "staff"),
        ("READOUT_ROLES", "staff=professor"),
        ("READOUT_DEFAULT_ROLE", "guest"),
    ],
)
def test_a_setting_about_people_that_cannot_be_is_said_so(name: str, value: str) -> None:
    with pytest.raises(SystemExit, match=rf"{name}: found '{value}', expected "):
        app.Settings.read({name: value})


@pytest.mark.parametrize(
    ("address", "mode", "said"),
    [
        ("0.0.0.0", "local", "Readout does not listen on 0.0.0.0 without accounts."),
        ("127.0.0.1", "oidc", "READOUT_ACCOUNTS=oidc: To use authentication features"),
    ],
)
def test_a_server_that_could_not_tell_people_apart_does_not_start(
    tmp_path: Path, address: str, mode: str, said: str
) -> None:
    environment = {**os.environ, "READOUT_DATA": str(tmp_path), "HOME": str(tmp_path), "READOUT_ACCOUNTS": mode}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", address]
    done = subprocess.run(command, env=environment, cwd=app.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_that_goes_while_it_sends_its_viewing_log_harms_nothing(tmp_path: Path) -> None:
    room = app.open_room(app.Settings.read({"READOUT_DATA": str(tmp_path / "data")}))
    route = app.viewing_route(Viewings(room.attempts.engine), room.signer, room.door)
    query = room.signer.query("viewing/a", "browser")
    scope = {"type": "http", "method": "POST", "path": "/viewing/a", "path_params": {"attempt": "a"}}
    scope |= {"query_string": query.encode(), "headers": [(b"cookie", f"{SESSION_COOKIE}=browser".encode())]}
    sent: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(int(str(message.get("status", 0))))

    asyncio.run(route.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0] == 400
    room.attempts.close()
