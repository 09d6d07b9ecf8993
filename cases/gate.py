"""The gate: files from outside become the images of a draft case, without anybody's identity, or not at all.

`admit` is the only way in. It looks at every file first. What no rule can decide (text burned into pixels, a
face that could be rendered, reports and documents) it *holds*: nothing at all is written until a person has
answered every hold, in `Decisions.answers`. Then all files are cleaned and written together, or none.

It reads its input and never moves, changes or keeps it; names of files, folders and archive members are never
used. A report names attributes and counts, never a value.
"""

import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from pydicom import Dataset, dcmread
from pydicom.uid import UID

from cases import ImportRefusedError
from cases.gate_rules import CLEAN_FACE, CLEAN_PIXELS, Code, Rules, identity_words, silent

HoldKind = Literal["burned-in", "face", "report", "document"]
Choice = Literal["keep", "mask", "deface", "leave-out"]
Box = tuple[int, int, int, int]
Progress = Callable[[int, int, str], None]
"""(files done, files in all, what is being done), called at least once per file."""

CHOICES: Final[Mapping[HoldKind, tuple[Choice, ...]]] = MappingProxyType(
    {
        "burned-in": ("mask", "keep", "leave-out"),
        "face": ("deface", "keep", "leave-out"),
        "report": ("leave-out", "keep"),
        "document": ("leave-out",),
    }
)
"""How a hold of each kind may be answered. ``keep`` always needs a reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person has decided about one hold."""

    choice: Choice
    """One of `CHOICES` for the hold's kind."""
    reason: str = ""
    """Why it may be kept; needed for ``keep``."""
    boxes: tuple[Box, ...] = ()
    """For ``mask``: (first column, first row, last column, last row), zero-based, blacked out on every image."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What has been decided before files are admitted."""

    name: str
    """What Patient's Name (0010,0010) and Patient ID (0010,0020) become: the case's slug."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By `Hold.key`."""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Root of new UIDs and of the days that dates move. Pass the same one for files that belong together and
    are admitted in several calls; throw it away afterwards."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that a person has to decide before anything is written."""

    key: str
    """Name in `Decisions.answers`; the same for the same files in the same order."""
    kind: HoldKind
    """What it is about."""
    message: str
    """What was found, and what to decide; holds no value of the files."""
    files: tuple[Path, ...] = field(repr=False)
    """The files concerned, so that a page can show them; their names may identify, so never print them."""
    boxes: tuple[Box, ...] = ()
    """Where text was recognised; a start for masking, not a promise."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate did, or what it is waiting for."""

    files: tuple[Path, ...]
    """Files written, relative to the target; empty while anything is held."""
    held: tuple[Hold, ...]
    """What a person has to decide first."""
    removed: Mapping[tuple[str, str], int]
    """(attribute, what was done) → in how many places; never a value."""
    left_out: Mapping[str, int]
    """Why files were left out → how many."""
    options: tuple[str, ...] = ()
    """Meanings of the codes in Deidentification Method Code Sequence (0012,0064)."""
    kept: tuple[str, ...] = ()
    """What a person decided to keep, with the reason."""

    @property
    def admitted(self) -> bool:
        """Whether the files are in the target."""
        return bool(self.files)

    def lines(self) -> list[str]:
        """Describe it for people, one line each."""
        lines = [f"held [{hold.key}] {hold.message}" for hold in self.held]
        lines += [f"left out: {count} × {why}" for why, count in sorted(self.left_out.items())]
        lines += [f"option: {option}" for option in self.options] + [f"kept: {text}" for text in self.kept]
        return lines + [f"{name}: {action} ({count} ×)" for (name, action), count in sorted(self.removed.items())]


@dataclass(slots=True)
class _Item:
    """One file that may be admitted."""

    path: Path
    header: Dataset
    """Without pixel data."""
    group: int
    """Number of its series among the files, from 1."""


def admit(
    files: Sequence[Path],
    target: Path,
    decisions: Decisions,
    *,
    check: Callable[[Path], str] = lambda _: "",
    sort: "Callable[[Sequence[Path]], Sequence[Sequence[Path]]] | None" = None,
    progress: Progress = lambda _done, _total, _what: None,
) -> GateReport:
    """Clean DICOM files of one study, or of several that belong together, into a draft case's folder.

    Parameters
    ----------
    files : sequence of Path
        Plain files, in a stable order; read only. Keep them outside Readout's folders, and remove them afterwards.
    target : Path
        Folder of the draft, made if need be. Images go to ``dicom/<series>/0001.dcm`` …, objects that describe
        them (SEG, RTSTRUCT, kept reports) to ``regions/<modality>-1.dcm`` …; what is there stays.
    decisions : Decisions
        The draft's name, and answers to the holds of an earlier call with the same files.
    check : callable
        Says why a file must not be read, in words without its name, or "" to let it pass: whoever calls passes the
        viewer's bounded reading of headers, because hostile files are to be refused before they are read whole.
    sort : callable
        Puts the written images of one modality into series, each a list of files; by Series Instance UID without.
        Whoever calls passes the viewer's way of telling stacks apart.
    progress : callable
        Called with (done, total, what); raise from it to cancel: nothing is then written.

    Returns
    -------
    GateReport
        With ``held`` and nothing written, or with every file that was written.

    Raises
    ------
    ImportRefusedError
        None of the files can be admitted, an answer does not fit its hold, or writing failed. Nothing is left behind.
    """
    with silent():
        return _admit(files, target, decisions, check, sort or _by_series, progress)


def _admit(
    files: Sequence[Path],
    target: Path,
    decisions: Decisions,
    check: Callable[[Path], str],
    sort: "Callable[[Sequence[Path]], Sequence[Sequence[Path]]]",
    progress: Progress,
) -> GateReport:
    survey = _Survey(files, check, progress)
    if not survey.items:
        message = f"none of the {len(files)} files is a DICOM object that can be admitted ({survey.reasons()})."
        raise ImportRefusedError(f"{message} Export the images again as DICOM.", reason="nothing-to-admit")
    held = survey.holds(decisions.answers, progress)
    _check_answers(held, decisions.answers)
    if waiting := tuple(hold for hold in held if hold.key not in decisions.answers):
        return GateReport((), waiting, {}, dict(survey.left_out))
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        admitted = _Admission(survey, held, decisions, draft, progress)
        written = _place(admitted.written, target, sort)
        unsorted = len(admitted.written) - len(written)
    except OSError as error:
        message = f"the images cannot be written ({error.strerror}). Check space and rights of the data folder."
        raise ImportRefusedError(message, reason="not-written") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    report = admitted.report()
    left_out = {**report.left_out, "a copy of another image": unsorted} if unsorted else report.left_out
    return replace(report, files=tuple(written), left_out=left_out)


class _Survey:
    """What the files are, and what a person has to decide about them."""

    def __init__(self, files: Sequence[Path], check: Callable[[Path], str], progress: Progress) -> None:
        self.items: list[_Item] = []
        self.left_out: Counter[str] = Counter()
        self.words: set[str] = set()
        groups: dict[str, int] = {}
        for number, path in enumerate(files):
            progress(number, len(files), "looking at the files")
            header = self._header(path, check)
            if header is not None:
                series = str(header.get("SeriesInstanceUID", ""))
                self.items.append(_Item(path, _slim(header), groups.setdefault(series, len(groups) + 1)))
                self.words |= identity_words(header)

    def _header(self, path: Path, check: Callable[[Path], str]) -> Dataset | None:
        try:
            if path.is_symlink() or not path.is_file():
                self.left_out["not a plain file"] += 1
                return None
            with path.open("rb") as stream:
                stream.seek(128)
                marked = stream.read(4) == b"DICM"
            if not marked:
                self.left_out["not DICOM"] += 1
            elif why := check(path):
                self.left_out[why] += 1
            else:
                return self._admissible(dcmread(path, stop_before_pixels=True, defer_size=1 << 16))
        except Exception:  # pydicom raises what it likes on damaged files, with values in the message
            self.left_out["damaged: cannot be read as DICOM"] += 1
        return None

    def _admissible(self, header: Dataset) -> Dataset | None:
        if header.get("SOPClassUID") == "1.2.840.10008.1.3.10" or "DirectoryRecordSequence" in header:
            self.left_out["an index of a disc, not an image"] += 1
        elif not header.get("SOPClassUID") or not header.get("SOPInstanceUID"):
            self.left_out["without SOP Class or SOP Instance UID"] += 1
        else:
            return header
        return None

    def reasons(self) -> str:
        return ", ".join(f"{count} × {why}" for why, count in sorted(self.left_out.items())) or "there are none"

    def holds(self, answered: Collection[str], progress: Progress) -> list[Hold]:
        """Give what has to be decided, series by series."""
        from cases.gate_faces import shows_face
        from cases.gate_pixels import text_hold

        groups: dict[int, list[_Item]] = defaultdict(list)
        for item in self.items:
            groups[item.group].append(item)
        held: list[Hold] = []
        for number, items in sorted(groups.items()):
            for kind in ("report", "document"):
                found = tuple(item.path for item in items if kind_of(item.header) == kind)
                held += [Hold(f"{kind}-{number}", kind, _OBJECTS[kind], found)] if found else []
            images = [item for item in items if kind_of(item.header) == "image"]
            paths, headers = tuple(item.path for item in images), [item.header for item in images]
            key = f"burned-in-{number}"
            # What a person has answered need not be read again.
            text = text_hold(paths, headers, progress, read=key not in answered)
            if text is not None:
                held.append(Hold(key, "burned-in", text.message, paths, text.boxes))
            if shows_face(headers):
                held.append(Hold(f"face-{number}", "face", _FACE, paths))
        return held


def _slim(header: Dataset) -> Dataset:
    """Keep of a header what later decisions need: ten thousand whole ones take a gigabyte."""
    slim = Dataset()
    for keyword in _DECIDING:
        if keyword in header:
            slim[keyword] = header[keyword]
    return slim


_DECIDING: Final = (
    "BodyPartExamined", "BurnedInAnnotation", "Columns", "ConversionType", "ImagePositionPatient", "ImageType",
    "Modality", "NumberOfFrames", "ProtocolName", "RequestedProcedureDescription", "Rows", "SOPClassUID",
    "SamplesPerPixel", "SeriesDescription", "SliceThickness", "StudyDescription",
)  # fmt: skip
_FACE: Final = (
    "a volume of the head, from which a face can be rendered. Remove the face, or keep it and say why you may."
)
_OBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "report": "a report, presentation state or key object: its texts name people. Leave it out, or keep it "
        "with every text emptied and say why.",
        "document": "an encapsulated document, waveform or another object that cannot be cleaned. Leave it out.",
    }
)


def kind_of(header: Dataset) -> Literal["image", "object", "report", "document"]:
    """Tell by SOP Class what an object is to the gate: ``object`` for what describes images (SEG, RTSTRUCT)."""
    uid = UID(str(header.SOPClassUID))
    root = "1.2.840.10008.5.1.4.1.1."
    if uid.startswith((f"{root}88.", f"{root}11.")):
        return "report"
    if uid in (f"{root}66.4", f"{root}66.7", f"{root}481.3"):
        return "object"
    image = uid.startswith(root) and not uid.startswith((f"{root}104.", f"{root}9."))
    return "image" if image and header.get("Rows") and header.get("Columns") else "document"


def _check_answers(held: Sequence[Hold], answers: Mapping[str, Answer]) -> None:
    kinds = {hold.key: hold.kind for hold in held}
    for key, answer in answers.items():
        if key not in kinds:
            raise ImportRefusedError(f"{key}: nothing of that name is held. Look at the files again.", reason="answer")
        if answer.choice not in CHOICES[kinds[key]]:
            allowed = ", ".join(CHOICES[kinds[key]])
            raise ImportRefusedError(f'{key}: found "{answer.choice}", expected one of {allowed}.', reason="answer")
        if answer.choice == "keep" and not answer.reason.strip():
            raise ImportRefusedError(f"{key}: kept without a reason. Say why it may be kept.", reason="answer")
        if answer.choice == "mask" and not answer.boxes:
            raise ImportRefusedError(f"{key}: masked without a box. Say which part to black out.", reason="answer")


class _Admission:
    """Cleans the files into a folder beside the target."""

    def __init__(
        self, survey: _Survey, held: Sequence[Hold], decisions: Decisions, folder: Path, progress: Progress
    ) -> None:
        self.written: list[tuple[Path, Dataset]] = []
        self._survey = survey
        self._rules = Rules(decisions.name, decisions.secret, survey.words)
        self._kept: list[str] = []
        self._options: list[str] = []
        self._left_out = Counter(survey.left_out)
        answers = self._answers(held, decisions.answers)
        folder.mkdir(parents=True)
        total = len(survey.items)
        for number, item in enumerate(survey.items):
            progress(number, total, "removing identity")
            given = answers.get(item.path, {})
            if any(answer.choice == "leave-out" for answer in given.values()):
                self._left_out["left out by decision"] += 1
            else:
                self._clean(item, given, folder / f"{number + 1:06d}.dcm")
        if not self.written:
            message = "every file is left out by decision or cannot be cleaned. Nothing is admitted."
            raise ImportRefusedError(message, reason="nothing-to-admit")
        self._deface([hold for hold in held if decisions.answers[hold.key].choice == "deface"], decisions.secret)
        progress(total, total, "removing identity")

    def _answers(self, held: Sequence[Hold], answers: Mapping[str, Answer]) -> dict[Path, dict[HoldKind, Answer]]:
        by_file: dict[Path, dict[HoldKind, Answer]] = defaultdict(dict)
        for hold in held:
            answer = answers[hold.key]
            for path in hold.files:
                by_file[path][hold.kind] = answer
            if answer.choice == "keep":
                self._kept.append(f"{hold.kind} of series {hold.key.rsplit('-', 1)[-1]}: {answer.reason.strip()}")
        return by_file

    def _clean(self, item: _Item, given: Mapping[HoldKind, Answer], path: Path) -> None:
        from cases.gate_pixels import black_out, strip_comments
        from cases.gate_write import read_whole, write_clean

        masked = "burned-in" in given and given["burned-in"].choice == "mask"
        face = given["face"].choice if "face" in given else ""
        options: list[Code] = [CLEAN_PIXELS] * masked + [CLEAN_FACE] * (face == "deface")
        try:
            dataset = read_whole(item.path)
            syntax = str(dataset.file_meta.TransferSyntaxUID)
            if masked:
                syntax = black_out(dataset, given["burned-in"].boxes)
            else:
                strip_comments(dataset, syntax)
            self._rules.clean(dataset, options=options)
            if kind_of(dataset) == "image":
                dataset.BurnedInAnnotation = "NO"
            if face:
                dataset.RecognizableVisualFeatures = "YES" if face == "keep" else "NO"
            write_clean(dataset, path, syntax)
        except OSError:
            raise
        except Exception:  # one damaged file is left out; messages of the libraries may hold values
            path.unlink(missing_ok=True)
            self._left_out["damaged: cannot be cleaned"] += 1
            return
        self._options += [code.meaning for code in options]
        self.written.append((path, item.header))

    def _deface(self, holds: Sequence[Hold], secret: bytes) -> None:
        from cases.gate_faces import deface

        groups = {hold.key.rsplit("-", 1)[-1] for hold in holds}
        of_header = {id(item.header): str(item.group) for item in self._survey.items}
        for group in sorted(groups):
            deface([path for path, header in self.written if of_header[id(header)] == group], secret)

    def report(self) -> GateReport:
        """Give the report on what was done, without the places of the files."""
        done = ("Basic Application Confidentiality Profile", *dict.fromkeys(self._options))
        done += (
            "Retain Longitudinal Temporal Information Modified Dates Option",
            "Retain Patient Characteristics Option",
        )
        done += ("Retain Safe Private Option",) if self._rules.safe_private else ()
        return GateReport((), (), dict(self._rules.removed), dict(self._left_out), done, tuple(self._kept))


def _by_series(files: Sequence[Path]) -> Sequence[Sequence[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        groups[str(dcmread(path, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID)].append(path)
    return list(groups.values())


def _place(
    written: Sequence[tuple[Path, Dataset]], target: Path, sort: Callable[[Sequence[Path]], Sequence[Sequence[Path]]]
) -> list[Path]:
    """Move what was written into the draft, series by series; take it out again when that fails."""
    images: dict[str, list[Path]] = defaultdict(list)
    others: list[tuple[str, Path]] = []
    for path, header in written:
        # Only letters: a Modality (0008,0060) may hold anything, and names a folder here.
        word = "".join(
            letter for letter in str(header.get("Modality", "")).lower() if letter.isascii() and letter.isalpha()
        )
        if kind_of(header) == "image":
            images[word[:4] or "image"].append(path)
        else:
            others.append((word[:8] or "object", path))
    placed: list[Path] = []
    try:
        for modality, paths in images.items():
            for series in sort(paths):
                folder = _free(target / "dicom", modality, "")
                folder.mkdir(parents=True)
                placed += [path.rename(folder / f"{n:04d}.dcm") for n, path in enumerate(series, start=1)]
        for word, path in others:
            place = _free(target / "regions", word, ".dcm")
            place.parent.mkdir(parents=True, exist_ok=True)
            placed.append(path.rename(place))
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
    return [path.relative_to(target) for path in placed]


def _free(folder: Path, stem: str, suffix: str) -> Path:
    """Give the first name that is not taken: ``ct``, ``ct-2``, ``ct-3``."""
    number = 1
    while (place := folder / f"{stem}{f'-{number}' if number > 1 or suffix else ''}{suffix}").exists():
        number += 1
    return place
