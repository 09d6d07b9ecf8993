"""From raw attribute bytes to text and numbers, strictly.

One convention: an absent or empty attribute is None (or empty text); one that is there and is not what its VR
promises raises ``ValueError``, and the caller decides whether that refuses the file or becomes a note.

It knows which attributes are wanted; it does not know what they mean (``viewer.header`` does).
"""

import math
import re
import struct
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from viewer.elements import Attributes

_KEYWORDS: Final = [
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "BodyPartExamined",
    "InstanceNumber",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "TriggerTime",
    "EchoNumbers",
    "EchoTime",
    "DiffusionBValue",
    "AcquisitionTime",
    "ContentTime",
    "PatientOrientation",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "PixelSpacingCalibrationType",
    "SequenceOfUltrasoundRegions",
    "RegionSpatialFormat",
    "PhysicalUnitsXDirection",
    "PhysicalUnitsYDirection",
    "PhysicalDeltaX",
    "PhysicalDeltaY",
    "SliceThickness",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelPresentation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "FrameTime",
    "RecommendedDisplayFrameRate",
    "CineRate",
    "LUTDescriptor",
    "LUTData",
    "LUTExplanation",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "ExtendedOffsetTable",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "FrameContentSequence",
    "StackID",
    "TemporalPositionIndex",
    "MREchoSequence",
    "EffectiveEchoTime",
    "MRDiffusionSequence",
    "CardiacSynchronizationSequence",
    "NominalCardiacTriggerDelayTime",
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "FrameType",
    "ShutterShape",
    "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
    "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge",
    "ImageType",
    "DetectorInformationSequence",
    "SpacingBetweenSlices",
    "SliceVector",
    "RRIntervalVector",
    "TimeSlotVector",
    "EnergyWindowVector",
    "DetectorVector",
    "Units",
    "SUVType",
    "CorrectedImage",
    "DecayCorrection",
    "PatientWeight",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "FrameReferenceTime",
    "ActualFrameDuration",
    "RadiopharmaceuticalInformationSequence",
    "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime",
    "RadionuclideTotalDose",
    "RadionuclideHalfLife",
]


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise LookupError(keyword)
    return int(tag)


TAGS: Final = {keyword: _tag(keyword) for keyword in _KEYWORDS}
_BLOCKS: Final = range(0x10, 0x18)
_PRIVATE: Final = ((0x0009, 0x0D), (0x7053, 0x00), (0x7053, 0x09))
"""Groups and elements of private attributes that are documented; see ``viewer.suv``."""
WANTED: Final = {tag: dictionary_VR(tag) for tag in TAGS.values()} | {
    tag: "UN"
    for group, element in _PRIVATE
    for block in _BLOCKS
    for tag in (group << 16 | block, group << 16 | block << 8 | element)
}

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BINARY: Final = {
    "FD": "d",
    "FL": "f",
    "SL": "i",
    "SS": "h",
    "UL": "I",
    "US": "H",
    "US or SS": "H",
    "US or SS or OW": "H",
}


class Reader:
    """Typed access to the wanted attributes of a data set or item, by DICOM keyword."""

    __slots__ = ("_attributes", "_order")

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._order = "<" if attributes.little_endian else ">"

    def raw(self, keyword: str) -> bytes | None:
        """Give the bytes of a value, None when the attribute is absent."""
        return self._attributes.values.get(TAGS[keyword])

    def private(self, group: int, creator: str, element: int) -> str:
        """Give a private attribute as text: the one of a creator's block (PS3.5 7.8.1); empty when absent."""
        for block in _BLOCKS:
            if self._latin(group << 16 | block) == creator:
                return self._latin(group << 16 | block << 8 | element)
        return ""

    def _latin(self, tag: int) -> str:
        return self._attributes.values.get(tag, b"").decode("latin-1").strip("\0 ")

    def items(self, keyword: str) -> list["Reader"]:
        """Give the items of a sequence; empty when it is absent."""
        return [Reader(item) for item in self._attributes.items.get(TAGS[keyword], ())]

    def item(self, keyword: str) -> "Reader | None":
        """Give the first item of a sequence."""
        found = self._attributes.items.get(TAGS[keyword])
        return Reader(found[0]) if found else None

    def text(self, keyword: str) -> str:
        """Give a value as text without padding; empty when absent."""
        return (self.raw(keyword) or b"").decode("latin-1").strip("\0 ")

    def texts(self, keyword: str) -> list[str]:
        """Give the parts of a multi-valued text."""
        text = self.text(keyword)
        return [part.strip("\0 ") for part in text.split("\\")] if text else []

    def shorts(self, keyword: str) -> tuple[int, ...]:
        """Give 16-bit words, read as unsigned."""
        value = self.raw(keyword) or b""
        count = len(value) // 2
        return struct.unpack(f"{self._order}{count}H", value[: 2 * count])

    def numbers(self, keyword: str) -> tuple[float, ...] | None:
        """Give finite numbers, None when the attribute is absent or empty.

        Raises
        ------
        ValueError
            When a part is no finite decimal number (PS3.5 6.2: DS, IS), such as ``nan`` or ``abc``.
        """
        value = self.raw(keyword)
        if not value:
            return None
        code = _BINARY.get(WANTED[TAGS[keyword]])
        if code is not None:
            size = struct.calcsize(code)
            if len(value) % size:
                raise ValueError(keyword)
            numbers: tuple[float, ...] = struct.unpack(f"{self._order}{len(value) // size}{code}", value)
        else:
            parts = self.texts(keyword)
            if not all(_NUMBER.fullmatch(part) for part in parts):
                raise ValueError(keyword)
            numbers = tuple(float(part) for part in parts)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(keyword)
        return numbers or None

    def number(self, keyword: str) -> float | None:
        """Give the first of a value's numbers."""
        numbers = self.numbers(keyword)
        return numbers[0] if numbers else None

    def integer(self, keyword: str) -> int | None:
        """Give the first of a value's numbers as a whole number."""
        number = self.number(keyword)
        if number is None:
            return None
        if number != int(number):
            raise ValueError(keyword)
        return int(number)

    def order(self, keyword: str) -> float | None:
        """Give a number that only orders or tells apart: None when it is no number."""
        try:
            return self.number(keyword)
        except ValueError:
            return None
