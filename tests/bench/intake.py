"""``python -m tests.bench.intake [GIGABYTES]``: a study of that size as ZIP through the gate; seconds and peak memory.

Peak memory is that of one process from its start, VmHWM of Linux. The archive is written first and thrown away after.
"""

import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from tests.cases.conftest import file_bytes, header

_FILE_BYTES = 1 << 20
_CHILD = r"""
import re, sys
from pathlib import Path
from cases.gate import Decisions
from cases.draft import Drafts
from cases.importing import open_offer
from pages.intake import admit_offer
with open_offer(Path(sys.argv[1])) as offer:
    report = admit_offer(offer, Drafts(Path(sys.argv[2])), Decisions("a-01"), progress=lambda *_: None)
peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
print(len(report.files), peak[1])
"""


def main() -> int:
    """Measure, report, and give the exit code."""
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    count = int(gigabytes * 1e9 / _FILE_BYTES)
    with tempfile.TemporaryDirectory(prefix="readout-bench-") as folder:
        archive = Path(folder, "study.zip")
        _write(archive, count)
        started = time.perf_counter()
        command = [sys.executable, "-c", _CHILD, archive, Path(folder, "data")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
        elapsed_s = time.perf_counter() - started
        if done.returncode or not (found := re.match(r"(\d+) (\d+)", done.stdout)):
            print(done.stderr, file=sys.stderr)  # noqa: T201
            return 1
        size = archive.stat().st_size / 1e9
        print(f"{size:.2f} GB, {found[1]} files: {elapsed_s:.0f} s, {int(found[2]) / 1024:.0f} MiB at most")  # noqa: T201
    return 0


def _write(archive: Path, count: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 4095, (1024, 512), np.uint16).tobytes()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, allowZip64=True) as target:
        for number in range(count):
            image = header("x")
            image.SOPInstanceUID, image.InstanceNumber = f"2.25.{number + 1}", number + 1
            image.Rows, image.Columns, image.BodyPartExamined = 1024, 512, "CHEST"
            image.ImagePositionPatient, image.ImageOrientationPatient = [0, 0, number], [1, 0, 0, 0, 1, 0]
            image.PixelSpacing, image.PixelData = [1, 1], pixels
            target.writestr(f"{number}", file_bytes(image))


if __name__ == "__main__":
    sys.exit(main())
