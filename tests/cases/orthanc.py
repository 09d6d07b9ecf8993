"""A real PACS: Orthanc with its DICOMweb plugin, on free ports of loopback, and a door that asks for a token."""

import base64
import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.serving import free_port

USER, PASSWORD, TOKEN = "reader", "kept-secret-5521", "token-of-the-door-9914"


@dataclass(frozen=True)
class Orthanc:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/dicom-web"

    def request(self, path: str, data: bytes | None = None, method: str = "GET") -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()


@contextmanager
def orthanc(folder: Path) -> Iterator[Orthanc]:
    """Run Orthanc with an empty store."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    plugins = list(Path("/usr").glob("*/orthanc/plugins/libOrthancDicomWeb.so"))
    if program is None or not plugins:
        pytest.fail("Orthanc with its DICOMweb plugin is not installed: `make test` installs it.")
    server = Orthanc(free_port())
    configuration = {
        "Name": "Readout",
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "Plugins": [str(plugins[0])],
        "HttpPort": server.port,
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": True,  # of loopback only; makes it ask for the password
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomServerEnabled": False,
        "ConcurrentJobs": 1,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=subprocess.STDOUT)
        try:
            _await(server, process, folder / "orthanc.log")
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _await(server: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.request("/system")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Orthanc did not start:\n{log.read_text(errors='replace')}")


class _Door(BaseHTTPRequestHandler):
    """Lets those with the token through to Orthanc, which knows no tokens itself."""

    server_port: int

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_error(401)
            return
        request = urllib.request.Request(f"http://127.0.0.1:{self.server_port}{self.path}", body, method=self.command)
        for name in ("Accept", "Content-Type"):
            if value := self.headers.get(name):
                request.add_header(name, value)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = response.read()
            self.send_response(response.status)
            self.send_header("Content-Type", response.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    do_GET = do_POST = _pass  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def door(server: Orthanc) -> Iterator[str]:
    """Serve Orthanc's DICOMweb behind a bearer token; give its address."""
    handler = type("Door", (_Door,), {"server_port": server.port})
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/dicom-web"
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
