"""A real identity provider in a process of its own: it answers discovery, authorisation, tokens, keys and sign-out."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.serving import free_port


@dataclass(frozen=True)
class Provider:
    """One provider, on loopback."""

    url: str

    def set_user(self, subject: str, **claims: object) -> None:
        """Say what it tells of somebody from now on."""
        body = json.dumps(claims).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/users/{subject}", body, headers, method="PUT"), timeout=30
        ).close()


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """Start one, and end it."""
    port = free_port()
    with (folder / "provider.log").open("wb") as log:
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        found = Provider(f"http://127.0.0.1:{port}")
        _await(found, process)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _await(found: Provider, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{found.url}/.well-known/openid-configuration", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the identity provider did not start")
