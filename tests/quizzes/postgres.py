"""A real PostgreSQL of one's own: a new cluster in a temporary folder on a free port, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def cluster() -> Iterator[str]:
    """Give the URL of a server without a database's name, such as ``postgresql://readout@127.0.0.1:5433``."""
    folder = Path(tempfile.mkdtemp(prefix="readout-postgres-"))
    try:
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        initdb = [_program("initdb"), "-D", data, "-U", "readout", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*_as_user(), *initdb, "--no-sync"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        control = [*_as_user(), _program("pg_ctl"), "-D", data, "-w", "-t", "120", "-s"]
        port = _start(control, folder)
        try:
            yield f"postgresql://readout@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(control: list[str | Path], folder: Path) -> int:
    """Start it on a free port, and on another where somebody took that one in between."""
    log = folder / "log"
    for _ in range(3):
        port = _free_port()
        settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        if subprocess.run([*control, "-l", log, "-o", settings, "start"], check=False, cwd=folder).returncode == 0:
            return port
    pytest.fail(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}")


def _program(name: str) -> str:
    """Find a program, where Debian keeps them beside the PATH."""
    found = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    program = found[-1] if found else shutil.which(name)
    if program is None:
        pytest.fail(f"PostgreSQL's {name} is not there: `make test` installs it.")
    return program


def _as_user() -> list[str]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
