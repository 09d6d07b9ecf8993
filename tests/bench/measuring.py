"""What the benches that compare pages have in common: their command line, the way of measuring, and the report."""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.bench.figures import OURS, PEER, Plan, Samples, report

TICKS = 45
BURST = 60
POSITIONS = {
    OURS: "Number(document.querySelector('[data-testid=viewer]').dataset.frame)",
    PEER: "((e) => Number(e.value ?? e.getAttribute('aria-valuenow')))"
    "(document.querySelector('.stSlider input[type=range], .stSlider [role=slider]'))",
}


def run(
    description: str | None, plan: Plan, measure: Callable[[Samples, int], Coroutine[Any, Any, dict[str, Any]]]
) -> int:
    """Read the command line, measure, print a table and JSON, and give the exit code.

    Parameters
    ----------
    measure : callable
        Adds to the samples, in so many repeats, and gives what else is worth knowing of the machine.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repeats", type=int, default=5, help="fresh browsers a page (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there instead of printing it")
    asked = parser.parse_args()
    samples = Samples()
    load = [os.getloadavg()[0]]
    machine = asyncio.run(measure(samples, asked.repeats))
    load.append(os.getloadavg()[0])
    machine |= {
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "load_average_before_and_after": " and ".join(f"{value:.1f}" for value in load),
        "repeats": asked.repeats,
    }
    print(report(plan, samples, machine, asked.json))  # noqa: T201
    return 1 if samples.missing(plan) else 0


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201
