"""From a data set with somebody's identity to one without: the rules of PS3.15 E.1, applied at every depth.

The table of attributes and actions is that of table E.1-1, as the package dicom-anonymizer keeps it. Its own
walker looks at the top level only, so ours does the walking, and is stricter where a table cannot be: text that
is not on a short list of technical attributes is emptied, whatever it is called; private elements go, but for
the safe ones; binary values go, but for pixels and tables of grey levels.

Dates move by one number of days for everything that is admitted together; UIDs become others, the same for the
same. Pixels are `cases.gate_pixels`'s business. No value that was removed is ever kept, printed or raised.
"""

import hashlib
import hmac
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue


class Code(NamedTuple):
    """A code of CID 7050. Not pydicom's class of that name, whose tables take half a second to import."""

    value: str
    meaning: str


TABLE: Final = "dicomfields_2026c"
BASIC_PROFILE: Final = Code("113100", "Basic Application Confidentiality Profile")
CLEAN_PIXELS: Final = Code("113101", "Clean Pixel Data Option")
CLEAN_FACE: Final = Code("113102", "Clean Recognizable Visual Features Option")
MODIFIED_DATES: Final = Code("113107", "Retain Longitudinal Temporal Information Modified Dates Option")
PATIENT_CHARACTERISTICS: Final = Code("113108", "Retain Patient Characteristics Option")
SAFE_PRIVATE: Final = Code("113111", "Retain Safe Private Option")

MOVED: Final = frozenset((
    "AcquisitionDate", "AcquisitionDateTime", "AcquisitionTime", "ContentDate", "ContentTime",
    "DecayCorrectionDateTime", "EndAcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime",
    "RadiopharmaceuticalStartDateTime", "RadiopharmaceuticalStartTime", "RadiopharmaceuticalStopDateTime",
    "RadiopharmaceuticalStopTime", "SeriesDate", "SeriesTime", "StartAcquisitionDateTime", "StructureSetDate",
    "StructureSetTime", "StudyDate", "StudyTime",
))  # fmt: skip
"""Dates that move by whole days and times of day that stay: SUV and the order of examinations need them."""
PATIENT: Final = frozenset(("PatientAge", "PatientSex", "PatientSize", "PatientWeight"))
"""Kept under the Retain Patient Characteristics Option; ages above 89 become 90."""
TECHNICAL: Final = frozenset((
    "AttenuationCorrectionMethod", "CodeMeaning", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion",
    "CollimatorGridName", "ConvolutionKernel", "FilterType", "ImagedNucleus", "Manufacturer",
    "ManufacturerModelName", "PulseSequenceName", "ReconstructionMethod", "Radiopharmaceutical", "RescaleType",
    "ScatterCorrectionMethod", "SequenceName",
))  # fmt: skip
"""Text that says how the image was made; emptied all the same where it holds a name or number of the patient."""
CODING_SCHEMES: Final = frozenset(("DCM", "FMA", "LN", "NCIt", "RADLEX", "SCT", "SNM3", "SRT", "UCUM", "UMLS"))
"""Schemes whose meanings are published; the text of other codes is emptied."""
SAFE_PRIVATE_ELEMENTS: Final = frozenset((
    ("Philips PET Private Group", 0x7053, 0x00), ("Philips PET Private Group", 0x7053, 0x09),
    ("GEMS_PARM_01", 0x0043, 0x39), ("SIEMENS MR HEADER", 0x0019, 0x0C), ("SIEMENS MR HEADER", 0x0019, 0x0E),
    ("Philips Imaging DD 001", 0x2001, 0x03),
))  # fmt: skip
"""(creator, group, last byte of the element) of PS3.15 table E.3.10-1: SUV factors, b values and gradients."""
_BINARY: Final = frozenset((
    "BluePaletteColorLookupTableData", "DoubleFloatPixelData", "EncapsulatedPixelDataValueTotalLength",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "FloatPixelData", "GreenPaletteColorLookupTableData",
    "LUTData", "PixelData", "RedPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
))  # fmt: skip
_DESCENDED: Final = frozenset((
    "AcquisitionContextSequence", "ContentSequence", "GraphicAnnotationSequence", "ReferencedImageSequence",
    "ReferencedStudySequence", "SourceImageSequence",
))  # fmt: skip
"""Sequences whose items are cleaned rather than removed: references have to follow, marks to stay."""
_TEXT: Final = frozenset(("AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_NUMBERS: Final = frozenset(("AS", "AT", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"))
_STRUCTURAL: Final = frozenset(("ImageType", "Modality", "PhotometricInterpretation"))
_NO_WORDS: Final = frozenset(("anon", "anonymous", "anonymized", "none", "patient", "phantom", "test", "unknown"))
_LOOKS_PERSONAL: Final = re.compile(r"\d{5}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|@")
_OLDEST: Final = 90


class Rules:
    """What happens to the data sets that are admitted together; counts what was done, by attribute.

    Parameters
    ----------
    name : str
        What Patient's Name and Patient ID become: the case's slug.
    secret : bytes
        Root of the new UIDs and of the days that dates move; whoever has it can tie new to old.
    words : iterable of str
        Names and numbers of the people in all files, from `identity_words`.
    """

    def __init__(self, name: str, secret: bytes, words: Iterable[str] = ()) -> None:
        self.name = name
        self.removed: Counter[tuple[str, str]] = Counter()
        """(path of the attribute, what was done) → how often."""
        self.safe_private = False
        """Whether a private element was kept."""
        self._secret = secret
        self._words = tuple(words)
        number = int.from_bytes(self._digest("days")[:4], "big")
        self._days = timedelta(days=366 + number % 3286)

    def clean(self, dataset: Dataset, *, options: Iterable[Code] = ()) -> None:
        """Take everything out of a data set that may tell who somebody is, and say so in it (PS3.15 E.1).

        Parameters
        ----------
        dataset : Dataset
            Changed in place.
        options : iterable of Code
            What was done besides: cleaned pixels, a removed face.
        """
        self._walk(dataset, "")
        dataset.SpecificCharacterSet = "ISO_IR 192"
        dataset.PatientName = dataset.PatientID = self.name
        for keyword in ("PatientBirthDate", "ReferringPhysicianName", "StudyID", "AccessionNumber"):
            setattr(dataset, keyword, "")
        dataset.PatientIdentityRemoved = "YES"
        dataset.LongitudinalTemporalInformationModified = "MODIFIED"
        dataset.DeidentificationMethod = "Readout gate, PS3.15 E.1"
        codes = [BASIC_PROFILE, *options, MODIFIED_DATES, PATIENT_CHARACTERISTICS]
        codes += [SAFE_PRIVATE] if self.safe_private else []
        dataset.DeidentificationMethodCodeSequence = [_item(code) for code in codes]

    def uid(self, original: str) -> str:
        """Give the UID that stands for another one from now on (PS3.5 B.2); those of the standard stay."""
        if not original or original.startswith("1.2.840.10008."):
            return original
        return f"2.25.{int.from_bytes(self._digest(f'uid {original}')[:16], 'big')}"

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()

    def _walk(self, dataset: Dataset, place: str) -> None:
        for tag in list(dataset.keys()):
            try:
                element = dataset[tag]
            except Exception:  # what cannot be understood cannot be judged
                del dataset[tag]
                self.removed[f"{place}({tag.group:04x},{tag.element:04x})", "removed: unreadable"] += 1
                continue
            if action := self._treat(dataset, element, place):
                name = element.keyword or f"({tag.group:04x},{tag.element:04x})"
                self.removed[place + name, action] += 1
            if action.startswith("removed"):
                del dataset[tag]

    def _treat(self, dataset: Dataset, element: DataElement, place: str) -> str:
        """Change one element; say what was done, in words that repeat no value."""
        keyword = element.keyword
        if element.tag.is_private:
            return self._private(element)
        if not keyword or element.tag.group & 0xFF00 in (0x5000, 0x6000):
            return "removed"
        if element.VR == "SQ":
            return self._sequence(element, place)
        if element.is_empty:
            return ""
        if keyword in MOVED and element.VR in ("DA", "DT", "TM"):
            return self._move(element)
        if keyword in PATIENT:
            return _age(element) if keyword == "PatientAge" else ""
        if element.VR == "UI":
            return self._rename(element)
        action = _actions().get(element.tag, "")
        if action == "X" or (action == "X/D" and element.VR not in _NUMBERS):
            return "removed"
        if action or not self._harmless(dataset, element):
            return _blank(dataset, element, dummy=action == "D" or keyword == "ContentLabel")
        return ""

    def _sequence(self, element: DataElement, place: str) -> str:
        if element.tag in _actions() and element.keyword not in _DESCENDED:
            return "removed"
        for item in element.value:
            item.pop("SpecificCharacterSet", None)
            self._walk(item, f"{place}{element.keyword}/")
        return ""

    def _private(self, element: DataElement) -> str:
        if not is_safe_private(element):
            return "removed: private"
        self.safe_private |= not element.tag.is_private_creator
        return ""

    def _rename(self, element: DataElement) -> str:
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        new = [self.uid(str(value)) for value in values]
        if new == [str(value) for value in values]:
            return ""
        element.value = new if len(new) > 1 else new[0]
        return "replaced by another UID"

    def _move(self, element: DataElement) -> str:
        values = element.value if isinstance(element.value, MultiValue) else [element.value]
        if element.VR == "TM":
            element.value = (
                "" if any(not re.fullmatch(r"[\d:.]{2,16}", str(value)) for value in values) else element.value
            )
            return ""
        moved = [self._earlier(str(value)) for value in values]
        element.value = moved if len(moved) > 1 else moved[0]
        return "moved by whole days" if all(moved) else "emptied"

    def _earlier(self, text: str) -> str:
        """Move the date at the head of a DA or DT; what is no whole date becomes empty."""
        if not (found := re.fullmatch(r"(\d{4})\.?(\d\d)\.?(\d\d)([\d.]*)([+-]\d{4})?\s*", text)):
            return ""
        try:
            return (date(int(found[1]), int(found[2]), int(found[3])) - self._days).strftime("%Y%m%d") + found[4]
        except (ValueError, OverflowError):
            return ""

    def _harmless(self, dataset: Dataset, element: DataElement) -> bool:
        """Tell whether an element that the table does not name may stay as it is."""
        keyword, vr = element.keyword, element.VR
        if vr in ("DA", "DT", "TM"):
            return False
        if vr in _TEXT:
            coded = keyword in ("CodeMeaning", "CodeValue")
            if keyword not in TECHNICAL or (coded and dataset.get("CodingSchemeDesignator") not in CODING_SCHEMES):
                return False
            personal = any(_LOOKS_PERSONAL.search(text) for text in _texts(element)) and not coded
            return not personal and not any(self._names(text) for text in _texts(element))
        if vr == "CS" and keyword.endswith("Label"):
            return False  # a code by its type, free text by its use
        if vr == "CS" and keyword not in _STRUCTURAL and element.tag.group != 0x0028:
            return not any(self._names(text) for text in _texts(element))
        return vr in _NUMBERS or keyword in _BINARY

    def _names(self, text: str) -> bool:
        folded = text.casefold()
        return any(word in folded for word in self._words)


@contextmanager
def silent() -> Iterator[None]:
    """Keep pydicom from writing values that it finds odd into a log, or into warnings."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def is_safe_private(element: DataElement) -> bool:
    """Tell whether a private element, or the creator that reserves its block, is safe (PS3.15 table E.3.10-1)."""
    tag = element.tag
    if tag.is_private_creator:
        return any((element.value, tag.group) == (creator, group) for creator, group, _ in SAFE_PRIVATE_ELEMENTS)
    known = (element.private_creator, tag.group, tag.element & 0xFF) in SAFE_PRIVATE_ELEMENTS
    return known and element.VR in ("DS", "FD", "FL", "IS")


def identity_words(dataset: Dataset) -> set[str]:
    """Collect names and numbers of people from a header, folded, so that they can be sought elsewhere in it."""
    words: set[str] = set()
    for element in _readable(dataset):
        if element.VR == "PN" or element.keyword in ("PatientID", "OtherPatientIDs", "AccessionNumber"):
            for text in _texts(element):
                words |= set(re.findall(r"[^\W_]{4,}", text.casefold()))
    return words - _NO_WORDS


def _readable(dataset: Dataset) -> Iterator[DataElement]:
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except Exception:  # noqa: S112 - the walk removes it
            continue
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _readable(item)


@cache
def _actions() -> dict[int, str]:
    """Give table E.1-1 as tag → action code; repeating groups are removed before it is asked."""
    from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

    kinds = {
        "D_TAGS": "D", "Z_TAGS": "Z", "X_TAGS": "X", "U_TAGS": "U", "Z_D_TAGS": "Z", "X_Z_TAGS": "Z",
        "X_D_TAGS": "X/D", "X_Z_D_TAGS": "Z", "X_Z_U_STAR_TAGS": "U",
    }  # fmt: skip
    table = dicom_anonymization_database_selector(TABLE)
    return {(tag[0] << 16) | tag[1]: kinds[kind] for kind in kinds for tag in table[kind] if len(tag) == 2}


def _blank(dataset: Dataset, element: DataElement, *, dummy: bool) -> str:
    """Empty an element; one that must have a value gets one that says nothing."""
    labels = {"SegmentLabel": "SegmentNumber", "ROIName": "ROINumber"}
    if element.keyword in labels:
        element.value = (
            f"{'Segment' if 'Segment' in element.keyword else 'ROI'} {dataset.get(labels[element.keyword], '')}"
        )
    elif dummy and element.VR in ("CS", "LO", "LT", "SH", "ST", "UC", "UT"):
        element.value = "NONE"
    elif element.VR in ("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT", "OB", "OD", "OF", "OL", "OV", "OW", "UN"):
        return "removed"
    else:
        element.value = ""
    return "emptied"


def _age(element: DataElement) -> str:
    """Join ages above 89 to one, as few people reach them (45 CFR 164.514(b)(2)(i)(C))."""
    found = re.fullmatch(r"(\d{3})([DWMY])", str(element.value).strip())
    if not found:
        element.value = ""
        return "emptied"
    if found[2] == "Y" and int(found[1]) >= _OLDEST:
        element.value = f"{_OLDEST:03d}Y"
        return "replaced by 90 years or more"
    return ""


def _texts(element: DataElement) -> list[str]:
    values = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    return [str(value) for value in values]


def _item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, "DCM", code.meaning
    return item
