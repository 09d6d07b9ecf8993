"""From the bytes of a DICOM file to the few attributes that are asked for, and where the pixel data lie.

One convention: the walk is a loop over an explicit stack, never recursion, and it reads only the values
that are wanted, so memory and depth stay bounded whatever the file claims (PS3.5 7.1, 7.5, A.4).

It does not judge the values (``viewer.header`` does) and never touches pixel values.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from viewer import SeriesError

MAX_DEPTH: Final = 128
MAX_ELEMENTS: Final = 2_000_000
MAX_VALUE_BYTES: Final = 1 << 20
MAX_FRAGMENTS: Final = 1_000_000
UNDEFINED: Final = 0xFFFFFFFF

_LONG_VRS: Final = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_SHORT_VRS: Final = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXEL_TAGS: Final = {
    0x7FE00010: "PixelData",
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
}


@dataclass(slots=True)
class Attributes:
    """The wanted attributes of one data set or sequence item."""

    little_endian: bool
    """Byte order of the binary values."""
    values: dict[int, bytes] = field(default_factory=dict)
    """Raw value by tag (0xggggeeee)."""
    items: dict[int, list["Attributes"]] = field(default_factory=dict)
    """Items by tag of the wanted sequences."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data of a file lie."""

    keyword: str
    """PixelData, FloatPixelData or DoubleFloatPixelData."""
    vr: str
    """OB or OW as written; OW when the syntax is implicit."""
    offset: int
    """Bytes from the start of the data set's stream to the value."""
    length: int
    """Declared bytes of a native value; UNDEFINED when encapsulated."""
    fragments: tuple[tuple[int, int], ...] = ()
    """(offset, length) of each fragment of encapsulated data, the offset table not among them."""
    offset_table: bytes = b""
    """The Basic Offset Table's bytes, empty where there is none."""
    closed: bool = True
    """Whether the sequence of fragments ends with its delimiter."""


@dataclass(slots=True)
class Walk:
    """What one pass over a data set found."""

    attributes: Attributes
    """The wanted attributes of the data set."""
    pixels: PixelElement | None = None
    """Where the pixel data lie; None where there are none."""
    elements: int = 0
    """Number of elements passed."""
    trailing: int = 0
    """Bytes behind the pixel data that are not DICOM elements."""


class _Level:
    """An open data set, sequence or item of the walk."""

    __slots__ = ("attributes", "end", "implicit", "items")

    def __init__(
        self,
        end: int | None,
        attributes: Attributes | None,
        items: list[Attributes] | None,
        *,
        implicit: bool,
    ) -> None:
        self.end = end
        self.attributes = attributes
        self.items = items
        self.implicit = implicit


def walk(
    stream: BinaryIO, *, start: int, size: int, implicit: bool, little_endian: bool, wanted: Mapping[int, str]
) -> Walk:
    """Pass over a data set once and keep the wanted attributes.

    Parameters
    ----------
    stream : binary file
        Seekable; ``size`` bytes long.
    start : int
        Offset of the data set's first element.
    size : int
        Bytes that the stream holds.
    implicit, little_endian : bool
        The transfer syntax's way of writing.
    wanted : mapping of tag to VR
        What to keep, at any depth; a tag with VR ``SQ`` is kept as a sequence of items.

    Returns
    -------
    Walk
        The attributes, the pixel element and what lies behind it.

    Raises
    ------
    SeriesError
        When an element is cut off, nested too deeply, too large or not an element at all.
    """
    return _Walker(stream, size, little_endian=little_endian, wanted=wanted).run(start, implicit=implicit)


class _Walker:
    def __init__(self, stream: BinaryIO, size: int, *, little_endian: bool, wanted: Mapping[int, str]) -> None:
        self.stream = stream
        self.size = size
        self.little_endian = little_endian
        self.wanted = wanted
        order = "<" if little_endian else ">"
        self.tag_length = struct.Struct(order + "HHI")
        self.short = struct.Struct(order + "H")
        self.long = struct.Struct(order + "I")
        self.found = Walk(Attributes(little_endian))
        self.levels: list[_Level] = []
        self.deepest = 0

    def run(self, start: int, *, implicit: bool) -> Walk:
        levels = self.levels = [_Level(self.size, self.found.attributes, None, implicit=implicit)]
        position = start
        self.stream.seek(start)
        while True:
            end = levels[-1].end
            while end is not None and position >= end and len(levels) > 1:
                levels.pop()
                end = levels[-1].end
            if len(levels) == 1 and position >= self.size:
                if self.deepest > MAX_DEPTH:
                    raise _too_deep()
                return self.found
            try:
                position = self.step(position)
            except SeriesError:
                # Behind the pixel data nothing is left to read for us: it is noted, not refused.
                if len(levels) == 1 and self.found.pixels is not None:
                    self.found.trailing = self.size - position
                    return self.found
                raise

    def step(self, position: int) -> int:
        """Pass one element or delimiter; give the position behind it, or behind its header if it opens a level."""
        level = self.levels[-1]
        head = self.stream.read(8)
        if len(head) < 8:
            raise _truncated(position, 8, self.size)
        group, element, length = self.tag_length.unpack(head)
        tag = group << 16 | element
        self.found.elements += 1
        if self.found.elements > MAX_ELEMENTS:
            message = f"header: more than {MAX_ELEMENTS} elements, expected fewer. Export the images again."
            raise SeriesError(message, reason="size-limit")
        if group == 0xFFFE:
            return self.step_delimiter(position, tag, length)
        vr, header = b"", 8
        if not level.implicit:
            vr = head[4:6]
            if vr in _SHORT_VRS:
                length = self.short.unpack_from(head, 6)[0]
            elif vr in _LONG_VRS:
                rest = self.stream.read(4)
                if len(rest) < 4:
                    raise _truncated(position, 12, self.size)
                length, header = self.long.unpack(rest)[0], 12
            else:
                message = f"element {_name(tag)}: VR {vr!r} is none of DICOM's. Export the file again."
                raise SeriesError(message, reason="bad-vr")
        return self.step_value(tag, vr, position + header, length)

    def step_value(self, tag: int, vr: bytes, offset: int, length: int) -> int:
        level = self.levels[-1]
        if tag in _PIXEL_TAGS and len(self.levels) == 1:
            return self.step_pixels(tag, vr, offset, length)
        kept = self.wanted.get(tag) if level.attributes is not None else None
        if vr == b"SQ" or length == UNDEFINED or (not vr and kept == "SQ"):
            # PS3.5 6.2.2: a sequence of unknown VR and undefined length is written in implicit little endian.
            return self.open_level(
                offset,
                length,
                items=[] if kept == "SQ" else None,
                tag=tag,
                implicit=level.implicit or vr == b"UN",
            )
        end = offset + length
        if end > self.size:
            raise _truncated(offset, length, self.size, tag)
        if kept is not None and level.attributes is not None:
            if length > MAX_VALUE_BYTES:
                message = f"element {_name(tag)}: {length} bytes, expected at most {MAX_VALUE_BYTES}."
                raise SeriesError(message, reason="size-limit")
            level.attributes.values[tag] = self.stream.read(length)
        else:
            self.stream.seek(end)
        return end

    def open_level(self, offset: int, length: int, *, items: list[Attributes] | None, tag: int, implicit: bool) -> int:
        parent = self.levels[-1]
        # What is cut off as well is reported as cut off, so the walk goes on for a while.
        self.deepest = max(self.deepest, len(self.levels) // 2 + 1)
        if self.deepest > 100 * MAX_DEPTH:
            raise _too_deep()
        end = None if length == UNDEFINED else offset + length
        if end is not None and end > self.size:
            raise _truncated(offset, length, self.size, tag)
        if items is not None and parent.attributes is not None:
            parent.attributes.items[tag] = items
        self.levels.append(_Level(end, None, items, implicit=implicit))
        return offset

    def step_delimiter(self, position: int, tag: int, length: int) -> int:
        level = self.levels[-1]
        if tag == _ITEM:
            if len(self.levels) == 1:
                message = f"byte {position}: a sequence item outside any sequence. Export the file again."
                raise SeriesError(message, reason="bad-structure")
            item = Attributes(self.little_endian) if level.items is not None else None
            if level.items is not None and item is not None:
                level.items.append(item)
            end = None if length == UNDEFINED else position + 8 + length
            if end is not None and end > self.size:
                raise _truncated(position, length, self.size)
            self.levels.append(_Level(end, item, None, implicit=level.implicit))
        elif tag in (_ITEM_END, _SEQUENCE_END) and len(self.levels) > 1:
            self.levels.pop()
        else:
            message = f"byte {position}: a delimiter that closes nothing. Export the file again."
            raise SeriesError(message, reason="bad-structure")
        return position + 8

    def step_pixels(self, tag: int, vr: bytes, offset: int, length: int) -> int:
        keyword = _PIXEL_TAGS[tag]
        if length != UNDEFINED:
            self.found.pixels = PixelElement(keyword, (vr or b"OW").decode(), offset, length)
            # A value cut short is judged later, against the size that the header claims.
            end = min(offset + length, self.size)
            self.stream.seek(end)
            return end
        fragments, table, end, closed = self.read_fragments(offset)
        self.found.pixels = PixelElement(keyword, (vr or b"OW").decode(), offset, length, fragments, table, closed)
        self.stream.seek(end)
        return end

    def read_fragments(self, offset: int) -> tuple[tuple[tuple[int, int], ...], bytes, int, bool]:
        """List the fragments of encapsulated pixel data (PS3.5 A.4)."""
        fragments: list[tuple[int, int]] = []
        table: bytes | None = None
        position = offset
        while position + 8 <= self.size and len(fragments) < MAX_FRAGMENTS:
            self.stream.seek(position)
            group, element, length = self.tag_length.unpack(self.stream.read(8))
            tag = group << 16 | element
            if tag == _SEQUENCE_END:
                return tuple(fragments), table or b"", position + 8, True
            if tag != _ITEM or position + 8 + length > self.size:
                message = f"pixel data: a fragment at byte {position} is cut off or damaged. Export the file again."
                raise SeriesError(message, reason="truncated")
            if table is None:
                table = self.stream.read(min(length, 4 * MAX_FRAGMENTS))
            else:
                fragments.append((position + 8, length))
            position += 8 + length
        return tuple(fragments), table or b"", position, False


def _name(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _too_deep() -> SeriesError:
    message = f"header: sequences nested deeper than {MAX_DEPTH} levels. Export the images again."
    return SeriesError(message, reason="nesting-too-deep")


def _truncated(offset: int, length: int, size: int, tag: int | None = None) -> SeriesError:
    where = "header" if tag is None else f"element {_name(tag)}"
    message = f"{where}: {length} bytes at byte {offset} expected, the file has {size}. Copy the file again."
    return SeriesError(message, reason="truncated")
