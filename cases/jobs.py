"""Downloads that run in the background of a server: one after another, each with its progress, each to be cancelled.

One convention: what a page is told is a value of the moment, so pages ask again and again, and no session waits for
another. Nothing here draws or fetches.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from cases import CaseError
from cases.case import Case
from cases.downloads import ImageStore, Tally
from cases.sources import Stopped

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is."""

    state: State
    """What it is doing."""
    done: int
    """Bytes that are there."""
    total: int
    """Bytes of the whole, as the archive's index states them."""
    bytes_per_s: float
    """Speed over the last seconds."""
    message: str
    """What went wrong and what to do; empty unless it failed."""

    @property
    def active(self) -> bool:
        """Tell whether it will still change by itself."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """Part that is there, 0 to 1."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total else 0.0

    def __str__(self) -> str:
        """Bytes, speed and time left, in words."""
        text = f"{self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"
        if self.done >= self.total:
            return f"{text} · checking the images"
        if self.bytes_per_s < 1:
            return text
        seconds = (self.total - self.done) / self.bytes_per_s
        left = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        return f"{text} · {self.bytes_per_s / 1e6:.1f} MB/s · {left} left"


@dataclass
class _Job:
    case: Case
    tally: Tally = field(default_factory=Tally)
    stop: threading.Event = field(default_factory=threading.Event)
    state: State = "waiting"
    message: str = ""


class Downloads:
    """The downloads of one process. Lives as long as the process."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store
        self._jobs: dict[str, _Job] = {}
        self._queue: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def start(self, case: Case) -> None:
        """Begin to download a case, or go on with it; does nothing when that is under way."""
        with self._lock:
            job = self._jobs.get(case.slug)
            if job and job.state in ("waiting", "running") and not job.stop.is_set():
                return
            job = self._jobs[case.slug] = _Job(case)
            self._queue.put(job)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="downloads", daemon=True)
                self._worker.start()

    def cancel(self, slug: str) -> None:
        """Stop a download; what has arrived is kept for the next time."""
        with self._lock:
            if job := self._jobs.get(slug):
                job.stop.set()
                if job.state == "waiting":
                    job.state = "cancelled"

    def remove(self, case: Case) -> int:
        """Delete a case's images from this machine, and give the bytes freed."""
        self.cancel(case.slug)
        with self._lock:
            self._jobs.pop(case.slug, None)
        return self._store.remove(case)

    def progress(self, slug: str) -> Progress | None:
        """Tell how far a case's download is; None when none was asked for."""
        job = self._jobs.get(slug)
        if job is None:
            return None
        total = round(job.case.megabytes * 1e6)
        return Progress(job.state, job.tally.bytes, total, job.tally.bytes_per_s, job.message)

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            job.state, job.message = _run(job, self._store.fetch)


def _run(job: _Job, fetch: Callable[[Case, Tally, threading.Event], None]) -> tuple[State, str]:
    """Do a job, and give how it ended; nothing that happens in it ends the worker."""
    if job.stop.is_set():
        return "cancelled", ""
    job.state = "running"
    try:
        fetch(job.case, job.tally, job.stop)
    except Stopped:
        return "cancelled", ""
    except CaseError as error:
        return "failed", str(error)
    except Exception as error:  # a fault of ours must not leave a bar that never moves
        return "failed", f"unexpected: {type(error).__name__}: {error}. Please report it."
    return "done", ""
