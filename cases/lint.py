"""Everything wrong with a case folder, in one list: texts, licence, files, spoilers, identity in headers.

A learner sees the title, history, technique, series labels, image headers and the first question before
committing for the first time; none of these may hold a spoiler word, and no question's id. An option of the first
question may, when it is its right answer: then that is what is asked. Whether pixels decode and regions fit is the
viewer's to say, and whether questions are sound, and give away none that comes later, is that of the quizzes.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue

from cases import Fault, ManifestError
from cases.case import Case
from cases.gate_rules import MOVED, is_safe_private
from cases.manifest import read_case

CLOSED_LICENCES = re.compile(r"\b(nc|nd|[al]?gpl|proprietary|unknown)\b", re.IGNORECASE)
"""Licences whose images may not be in the library: non-commercial, no derivatives, copyleft, none."""
IDENTIFYING = (
    "AccessionNumber", "AdditionalPatientHistory", "DeviceSerialNumber", "EthnicGroup", "ImageComments",
    "InstitutionAddress", "InstitutionName", "InstitutionalDepartmentName", "IssuerOfPatientID",
    "MedicalRecordLocator", "Occupation", "OtherPatientIDs", "PatientAddress", "PatientComments",
    "PatientTelephoneNumbers", "ProtocolName", "RequestedProcedureDescription", "StationName", "StudyID",
)  # fmt: skip
"""Attributes that carry identity or free text (PS3.15 E.1) and stay empty in every case."""
TIMES = ("DA", "DT", "TM")
"""Dates and times; those of a simulated acquisition are invented, and SUV needs them."""
REQUIRED_FILES = ("SOURCE.md", "LICENCE.txt")


def lint_case(folder: Path) -> list[Fault]:
    """List every fault of a case folder; an empty list means that none was found.

    Of a case whose images are in the open archive the texts are checked: its files are the archive's own.
    """
    try:
        case = read_case(folder)
    except ManifestError as error:
        # Headers are looked at once the texts say which series and spoilers there are.
        return [*error.faults, *_missing_files(folder)]
    if case.downloads:
        return [*_licence_faults(case), *_visible_faults(case)]
    return [
        *_missing_files(folder),
        *_licence_faults(case),
        *_visible_faults(case),
        *_series_faults(case),
    ]


def _missing_files(folder: Path) -> Iterator[Fault]:
    for name in REQUIRED_FILES:
        if not (folder / name).is_file():
            yield Fault(name, "", "is missing. Run `readout build-library`, or write it for an own case.")


def _licence_faults(case: Case) -> Iterator[Fault]:
    licence = case.provenance.licence
    if CLOSED_LICENCES.search(licence):
        yield Fault(
            "case.toml",
            "provenance.licence",
            f'"{licence}" does not allow passing the images on freely. Leave the case out of the library.',
        )


def _visible_faults(case: Case) -> Iterator[Fault]:
    texts = {
        "slug": case.slug,
        "title": case.title,
        "patient": case.patient,
        "history": case.history,
        "technique": case.technique,
    }
    for series in case.series:
        texts[f"series.{series.id}.id"] = series.id
        texts[f"series.{series.id}.label"] = series.label
        texts[f"series.{series.id}.body_part"] = series.body_part
        for window in series.windows:
            texts[f"series.{series.id}.window.{window.name}"] = window.name
    for key, text in texts.items():
        yield from _spoiler_faults(case, "case.toml", key, text)
    for key, text in _asked_texts(case.quiz_file):
        yield from _spoiler_faults(case, "quiz.toml", key, text)


def _asked_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Give every question's id and what the first one shows, by key; faults of the file are not ours."""
    try:
        questions = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("question")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return
    asked = [one for one in questions if isinstance(one, dict)] if isinstance(questions, list) else []
    for number, question in enumerate(asked, start=1):
        yield f"question.{number}.id", str(question.get("id", ""))
    for first in asked[:1]:
        yield "question.1.prompt", str(first.get("prompt", ""))
        choices = first.get("choice")
        for offer in (first, *(choices if isinstance(choices, list) else ())):
            yield from _wrong_options(offer)


def _wrong_options(offer: object) -> Iterator[tuple[str, str]]:
    """Give what may be chosen and is wrong, of a question or of one choice about an examination."""
    options, answers = (offer.get(key) if isinstance(offer, dict) else None for key in ("options", "answers"))
    right = [offer.get("answer"), *(answers if isinstance(answers, list) else ())] if isinstance(offer, dict) else []
    for option in options if isinstance(options, list) else ():
        if option not in right:
            yield "question.1.options", str(option)


def _series_faults(case: Case) -> Iterator[Fault]:
    for series in case.series:
        place = f"dicom/{series.id}"
        paths = sorted(path for path in series.folder.rglob("*") if path.is_file())
        if not any(path.suffix == ".dcm" for path in paths):
            yield Fault(place, "", "holds no *.dcm file. Run `readout build-library`.")
        found = [fault for path in paths for fault in _file_faults(case, path)]
        yield from _once_each(found)


def _file_faults(case: Case, path: Path) -> Iterator[Fault]:
    file = path.relative_to(case.folder).as_posix()
    if path.suffix != ".dcm":
        yield Fault(file, "", "is not a *.dcm file. Remove it from the images.")
        return
    yield from _spoiler_faults(case, file, "file name", path.stem)
    try:
        header = dcmread(path, stop_before_pixels=True)
        elements = [*header.file_meta, *header.iterall()]
        # PS3.15 E.3.6: dates that were moved consistently may stay, and SUV needs them.
        moved = header.get("LongitudinalTemporalInformationModified") == "MODIFIED"
        yield from _identity_faults(case, file, header)
        for element in elements:
            yield from _element_faults(case, file, element, moved=moved)
    except Exception as error:  # pydicom raises many kinds on damaged files
        yield Fault(file, "", f"cannot be read as DICOM ({error}). Replace the file.")


def _identity_faults(case: Case, file: str, header: Dataset) -> Iterator[Fault]:
    for keyword in ("PatientName", "PatientID"):
        if (found := str(header.get(keyword, ""))) != case.slug:
            yield Fault(file, keyword, f'found "{found}", expected the slug "{case.slug}". Build the images again.')
    if header.get("PatientIdentityRemoved") != "YES":
        yield Fault(file, "PatientIdentityRemoved", 'expected "YES". De-identify the images.')
    if header.get("BurnedInAnnotation") != "NO":
        yield Fault(file, "BurnedInAnnotation", 'expected "NO". Look at the pixels, then say so.')
    modality = str(header.get("Modality", ""))
    # A case of several series names the modality of its main one only.
    if len(case.series) == 1 and modality != case.modality:
        yield Fault(
            file,
            "Modality",
            f'found "{modality}", expected "{case.modality}". Correct case.toml or the file.',
        )


def _element_faults(case: Case, file: str, element: DataElement, *, moved: bool) -> Iterator[Fault]:
    """Judge one attribute, also inside sequences."""
    key = element.keyword or str(element.tag)
    if element.tag.is_private and not is_safe_private(element):
        yield Fault(file, key, "is a private attribute. Remove it.")
    if element.VR == "SQ" or element.is_empty:
        return
    if element.VR in TIMES and case.origin != "simulated" and not (moved and element.keyword in MOVED):
        yield Fault(file, key, "holds a date or time. Empty it.")
    elif element.VR == "PN" and element.keyword != "PatientName":
        yield Fault(file, key, "holds a person's name. Empty it.")
    elif element.keyword in IDENTIFYING:
        yield Fault(file, key, "can carry identity or an answer. Empty it.")
    values = element.value if isinstance(element.value, MultiValue) else [element.value]
    for value in values:
        if not isinstance(value, bytes):
            yield from _spoiler_faults(case, file, key, str(value))


def _spoiler_faults(case: Case, file: str, key: str, text: str) -> Iterator[Fault]:
    visible = _plain(text)
    for spoiler in case.spoilers:
        # A spoiler counts where a word begins: "spiculat" finds "Spiculated", not "hyperspiculated".
        if f" {_plain(spoiler).strip()}" in visible:
            yield Fault(file, key, f'gives away "{spoiler}" before the learner has committed. Word it neutrally.')


def _plain(text: str) -> str:
    """Reduce text to lower-case words after single blanks, so that hyphens and underscores hide nothing."""
    return " " + " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _once_each(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Name a fault that many files share once, at the first of them, with the number of the others."""
    groups: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.key, fault.message), []).append(fault)
    for (key, message), group in groups.items():
        others = f" Also in {len(group) - 1} other files." if len(group) > 1 else ""
        yield Fault(group[0].file, key, message + others)
