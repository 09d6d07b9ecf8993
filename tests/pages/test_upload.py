"""Files from the browser, through a real HTTP server."""

import http.client
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.applications import Starlette

from pages import upload as uploads
from pages.accounts import Accounts
from pages.door import Door
from pages.upload import Upload, upload_route
from quizzes.store import Attempts


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """Let everybody in as the reader of this machine, who may import."""
    with Attempts(f"sqlite:///{tmp_path_factory.mktemp('data') / 'attempts.db'}") as attempts:
        yield Door(Accounts(), attempts, bytes(32), lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def port(door):
    """Give the port of a server with the route alone."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[upload_route(door)]), port=number, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join()


@pytest.fixture
def upload():
    """Give what one page may be sent."""
    upload = Upload()
    yield upload
    upload.close()


def put(port, path, body, length=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("PUT", path, body, {} if length is None else {"Content-Length": str(length)})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_files_arrive_under_numbers_and_are_gone_at_the_end(port, upload):
    assert upload.offered is None
    assert put(port, f"/upload/{upload.token}/1.zip", b"one")[0] == 204
    assert upload.offered.name == "00001.zip"
    assert put(port, f"/upload/{upload.token}/2", b"two" * 1000)[0] == 204
    assert upload.offered == upload.folder
    assert sorted(path.name for path in upload.folder.iterdir()) == ["00001.zip", "00002"]
    upload.close()
    assert not upload.folder.exists()
    assert put(port, f"/upload/{upload.token}/3", b"x")[0] == 403


@pytest.mark.parametrize("name", ["1.sh", "..%2F1", "x", "-1", "99999", "1.zip.exe", "1/2"])
def test_nothing_but_numbers_and_known_endings_is_taken(port, upload, name):
    assert put(port, f"/upload/{upload.token}/{name}", b"x")[0] in (403, 404)
    assert put(port, f"/upload/{'0' * 32}/1", b"x")[0] == 403
    assert not list(upload.folder.iterdir())


def test_too_much_is_refused_while_it_arrives(port, upload, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    status, text = put(port, f"/upload/{upload.token}/1", b"x" * 5000)
    assert status == 413
    assert "one study at a time" in text
    assert not list(upload.folder.iterdir())
