"""``python -m tests.bench.large [SLICES]``: a CT of 1,500 slices is opened and read to its end; memory at most.

The CT is noise in a cylinder, written uncompressed into a temporary library (about 0.8 GB) and thrown away after.
Memory is the PSS of all processes of the browser and of the server, as Linux counts it, sampled every two seconds
while the study loads and is scrolled. The browser is asked over the DevTools protocol without its network domain, which
would keep a copy of up to 200 MB of answers. Targets: the browser below 1.5 GB, the server below its cache of 512 MB
and what it needs to run.
"""

import itertools
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from tests.bench.browser import FLAGS, RATE, chromium
from tests.bench.servers import free_port, process, proportional_memory_mb, readout
from tests.browser.phantoms import write_case
from tests.viewer.conftest import Phantom

_BROWSER_MB, _SERVER_MB = 1500, 1000
_POSITION = "Number(document.querySelector('[data-testid=viewer]').dataset.frame)"
_LOADED = "performance.getEntriesByName('readout:series-loaded').length > 0"
_PATIENCE_S = 120
_SAMPLED_S = 2


class Trunk(Phantom):
    """Noise that does not compress, in a cylinder in air."""

    def values(self, number: int) -> np.ndarray:
        j, i = np.mgrid[0 : self.rows, 0 : self.columns]
        inside = (i - self.columns / 2) ** 2 + (j - self.rows / 2) ** 2 < (0.4 * self.columns) ** 2
        noise = np.random.default_rng(number).normal(40, 30, inside.shape)
        return np.where(inside, noise, -1000).round()


class Unwatched:
    """A page in a Chromium of its own, driven without anything that keeps what it loads."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count()

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask over the DevTools protocol and give the answer."""
        asked = next(self._ids)
        self._socket.send(json.dumps({"id": asked, "method": method, "params": parameters}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv())
            if answer.get("id") == asked:
                return dict(answer["result"])

    def evaluate(self, expression: str) -> Any:
        """Give the value of JavaScript in the page; None where it cannot be evaluated yet."""
        return self.send("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until JavaScript says true."""
        until = time.monotonic() + _PATIENCE_S
        while self.evaluate(expression) is not True:
            if time.monotonic() > until:
                raise TimeoutError(f"not within {_PATIENCE_S} s: {expression}")
            time.sleep(0.2)

    def press(self, key: str, code: int) -> None:
        """Strike a key."""
        key_codes = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", **key_codes)
        self.send("Input.dispatchKeyEvent", type="keyUp", **key_codes)

    def scroll(self, count: int) -> None:
        """Move by single ticks of the wheel over the image, on the clock."""
        begun = time.perf_counter()
        for step in range(1, count + 1):
            time.sleep(max(0, begun + step / RATE - time.perf_counter()))
            self.send("Input.dispatchMouseEvent", type="mouseWheel", x=500, y=450, deltaX=0, deltaY=100)


@contextmanager
def _unwatched(url: str) -> Iterator[tuple[Unwatched, subprocess.Popen[bytes]]]:
    port = free_port()
    own = [
        "--headless=new",
        "--log-level=3",
        "--incognito",
        "--window-size=1440,900",
        f"--remote-debugging-port={port}",
    ]
    with ExitStack() as stack:
        profile = stack.enter_context(TemporaryDirectory(prefix="readout-bench-", ignore_cleanup_errors=True))
        command = [chromium(), *own, f"--user-data-dir={profile}", *FLAGS, url]
        browser = stack.enter_context(process(command))
        socket = stack.enter_context(connect(_address(port, url), max_size=None))
        yield Unwatched(socket), browser


def _address(port: int, url: str) -> str:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as response:
                pages = json.load(response)
        except OSError:
            pages = []
        for page in pages:
            if page["type"] == "page" and page["url"].startswith(url):
                return str(page["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise TimeoutError(f"the browser did not open its page within {_PATIENCE_S} s")


class Peaks:
    """The most memory that processes have taken, MB, while it is watched."""

    def __init__(self, **processes: int) -> None:
        self.most = dict.fromkeys(processes, 0.0)
        self._processes = processes
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peaks":
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLED_S):
            for name, pid in self._processes.items():
                self.most[name] = max(self.most[name], proportional_memory_mb(pid))


def _read_through(page: Unwatched, slices: int) -> None:
    begun = time.perf_counter()
    page.wait_for(_LOADED)
    print(f"all slices within {time.perf_counter() - begun:.1f} s")  # noqa: T201
    page.press("Home", 36)
    page.wait_for(f"{_POSITION} === 1")
    ticks = min(300, slices - 1)
    page.scroll(ticks)
    page.wait_for(f"{_POSITION} === {ticks + 1}")
    page.press("End", 35)
    page.wait_for(f"{_POSITION} === {slices}")
    time.sleep(2 * _SAMPLED_S)
    print(f"{ticks} ticks at {RATE}/s moved {ticks} slices; the last slice is shown: {slices}")  # noqa: T201


@contextmanager
def _study(slices: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="readout-bench-") as folder:
        library = Path(folder, "library")
        ct = Trunk(
            centre=(0, 0, slices / 2),
            radius=20,
            origin=(-200, -200, 0),
            spacing=(0.78, 0.78),
            step=1.0,
            count=slices,
            rows=512,
            columns=512,
        )
        write_case(library, "large", {"ct": ct})
        yield library


def main() -> int:
    """Measure, report, and give the exit code."""
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    with (
        _study(slices) as library,
        TemporaryDirectory(prefix="readout-bench-") as data,
        readout(Path(data), case="large", READOUT_LIBRARY=str(library)) as server,
        _unwatched(server.url) as (page, browser),
        Peaks(browser=browser.pid, server=server.process.pid) as peaks,
    ):
        print(f"{slices} slices of 512 × 512, {slices * 512 * 512 * 2 / 1e6:.0f} MB raw")  # noqa: T201
        _read_through(page, slices)
    for name, target in (("browser", _BROWSER_MB), ("server", _SERVER_MB)):
        most = peaks.most[name]
        print(f"{name} memory at most {most:.0f} MB; target ≤ {target}: {'met' if most <= target else 'MISSED'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
