"""Takes files from outside into a draft: introduces the viewer's bounded reading of DICOM to the gate.

Used by the command line and by pages; it knows no Streamlit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from cases import ImportRefusedError
from cases.draft import Drafts
from cases.gate import Answer, Box, Choice, Decisions, GateReport, Progress, admit
from cases.importing import Offer
from cases.lint import lint_case
from viewer import SeriesError
from viewer.header import read_header
from viewer.layout import NO_IMAGE
from viewer.series import read_study

__all__ = ["admit_offer", "check_file", "sort_stacks"]


def check_file(path: Path) -> str:
    """Say in a word or two why a file cannot be shown here; empty when it can, or when it holds no image."""
    try:
        read_header(path)
    except SeriesError as error:
        # Not the message: it names the file.
        return "" if error.reason == NO_IMAGE else f"cannot be shown here ({error.reason})"
    return ""


def sort_stacks(paths: Sequence[Path]) -> list[list[Path]]:
    """Put images into series that can be read as one stack each, files in reading order; copies are left out."""
    found: list[list[Path]] = []
    taken: set[Path] = set()
    for series in read_study(paths).series:
        files = [path for path in dict.fromkeys(frame.path for frame in series.frames) if path not in taken]
        taken.update(files)
        found += [files] if files else []
    return found


def admit_offer(offer: Offer, drafts: Drafts, decisions: Decisions, *, progress: Progress) -> GateReport:
    """Send an offer through the gate into a new draft, and begin the draft's texts once nothing is held.

    Raises
    ------
    ImportRefusedError
        Nothing of it can be admitted; no draft is begun.
    """
    target = drafts.drafts / decisions.name
    report = admit(offer.files, target, decisions, check=check_file, sort=sort_stacks, progress=progress)
    if report.admitted:
        drafts.begin(decisions.name, report, offer.notes)
    return report


def check_imported(folder: Path) -> list[str]:
    """List the faults of a case that comes from another machine, as ``readout lint`` does for its texts and headers."""
    return [str(fault) for fault in lint_case(folder)]


def parse_answers(texts: Sequence[str]) -> dict[str, Answer]:
    """Read answers as they are typed: ``face-1=keep:reason``, ``burned-in-1=mask:0,0,99,20;0,30,99,50``.

    Raises
    ------
    ImportRefusedError
        One of them cannot be read.
    """
    answers = {}
    for text in texts:
        key, _, decision = text.partition("=")
        choice, _, rest = decision.partition(":")
        if not key or choice not in ("keep", "mask", "deface", "leave-out"):
            message = f'answer "{text}": expected HOLD=keep:REASON, =mask:x0,y0,x1,y1;…, =deface or =leave-out.'
            raise ImportRefusedError(message, reason="answer")
        boxes = tuple(_box(part, text) for part in rest.split(";") if part.strip()) if choice == "mask" else ()
        answers[key] = Answer(cast("Choice", choice), rest if choice == "keep" else "", boxes)
    return answers


def _box(part: str, text: str) -> Box:
    numbers = part.split(",")
    if len(numbers) != 4 or not all(number.strip().isdigit() for number in numbers):
        raise ImportRefusedError(f'answer "{text}": a box is x0,y0,x1,y1 in whole pixels.', reason="answer")
    left, top, right, bottom = map(int, numbers)
    return left, top, right, bottom
