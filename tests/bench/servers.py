"""The two servers that are measured, as processes of their own on free ports."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASE = "thoracic-ct-01"
SERIES = ROOT / "cases" / "library" / CASE / "dicom" / "ct"
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    url: str
    """Address of the page that is measured."""
    start_s: float
    """From starting the process to its first HTTP answer."""

    def memory_mb(self) -> float:
        """Give the memory of the server and its children, shared pages in proportion."""
        return proportional_memory_mb(self.process.pid)


@contextmanager
def readout(data: Path, case: str = CASE, **more: str) -> Iterator[Server]:
    """Serve a case as ``make run`` does, with what Readout keeps in ``data``; ``more`` goes into its environment."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("readout")), "run", "--port", str(port)]
    environment = {**os.environ, "READOUT_DATA": str(data), **more}
    with _serve(command, environment, f"http://127.0.0.1:{port}", f"/read?case={case}") as server:
        yield server


@contextmanager
def peer() -> Iterator[Server]:
    """Serve the slider page over the same series."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "peer.py"), "--server.port", str(port)]
    environment = {**os.environ, "READOUT_BENCH_SERIES": str(SERIES)}
    with _serve(command, environment, f"http://127.0.0.1:{port}", "/") as server:
        yield server


@contextmanager
def _serve(command: list[str], environment: dict[str, str], origin: str, page: str) -> Iterator[Server]:
    begun = time.perf_counter()
    environment = {**environment, "STREAMLIT_LOGGER_LEVEL": "warning", "STREAMLIT_SERVER_HEADLESS": "true"}
    with process(command, environment) as server:
        _wait_for_answer(server, origin)
        yield Server(server, origin + page, time.perf_counter() - begun)


@contextmanager
def process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server; what it prints is thrown away, its errors are not."""
    # Started beside .streamlit/config.toml, so that servers with Streamlit have the same settings.
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for_answer(process: subprocess.Popen[bytes], origin: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(origin, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError(f"no HTTP answer within {_PATIENCE_S} s")


def free_port() -> int:
    """Give a port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def proportional_memory_mb(pid: int) -> float:
    """Give the PSS of a process and all its descendants in MB, as Linux counts it."""
    kilobytes = 0
    waiting = [pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            found = re.search(r"^Pss:\s+(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)
            for children in process.glob("task/*/children"):
                waiting += map(int, children.read_text().split())
        except OSError:
            continue  # it has ended meanwhile
        kilobytes += int(found[1]) if found else 0
    if not kilobytes:
        raise RuntimeError(f"the memory of process {pid} cannot be read from /proc")
    return kilobytes / 1024
