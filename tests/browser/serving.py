"""A real server process of Readout, as ``make run`` starts it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

READOUT = Path(sys.executable).with_name("readout")


@dataclass
class Server:
    """One process on a free port, with a data folder of its own that outlives it."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.data / "server.log").read_text(errors="replace")

    def start(self) -> "Server":
        self.port = self.port or free_port()
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "READOUT_DATA": str(self.data), **self.environment}
        with (self.data / "server.log").open("ab") as log:
            command = [READOUT, "run", "--port", str(self.port)]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        self._await()
        return self

    def kill(self) -> None:
        """End it at once, as a lost machine would: ``kill -9``."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def request(self, path: str, cookie: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask for exactly this path, dots and escapes included, and give status, headers and body as sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest("GET", path, skip_accept_encoding=True)
            connection.putheader("Accept-Encoding", "gzip")
            if cookie:
                connection.putheader("Cookie", cookie)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def _await(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                if self.request("/_stcore/health")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self.log}")

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
