"""From the colour tables of a PALETTE COLOR image to one table of 8-bit colours.

One convention: a segmented table is expanded only as far as its descriptor says, whatever its segments claim.

It colours no pixel (``viewer.decode`` does).
"""

from dataclasses import dataclass, field

import numpy as np

from viewer import SeriesError
from viewer.attributes import Reader


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """A Palette Color Lookup Table (PS3.3 C.7.6.3.1.5)."""

    first: int
    """Stored value of the first entry; smaller ones take it, larger ones the last."""
    colours: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]" = field(repr=False)
    """(entries, 3) uint8 red, green, blue."""


def read_palette(reader: Reader, *, is_little: bool) -> Palette:
    """Read the three colour tables, segmented ones too (PS3.3 C.7.6.3.1.5, C.7.9.2)."""
    columns = []
    first = 0
    for colour in ("Red", "Green", "Blue"):
        descriptor = reader.shorts(f"{colour}PaletteColorLookupTableDescriptor")
        data = reader.raw(f"{colour}PaletteColorLookupTableData")
        segmented = reader.raw(f"Segmented{colour}PaletteColorLookupTableData")
        if len(descriptor) != 3 or descriptor[2] not in (8, 16) or not (data or segmented):
            message = f"PALETTE COLOR without a usable {colour.lower()} colour table. Export the file again."
            raise SeriesError(message, reason="missing-lut")
        entries, first, depth = descriptor[0] or 1 << 16, descriptor[1], descriptor[2]
        order = "<" if is_little else ">"
        if data:
            # 8-bit entries may be written one to a 16-bit word.
            wide = len(data) >= 2 * entries
            values = np.frombuffer(data, dtype=order + "u2" if wide else "u1")[:entries].astype(np.int64)
        else:
            words = np.frombuffer(segmented or b"", dtype="u1" if depth == 8 else order + "u2")
            values = expand_segments(words.tolist(), entries)
        if len(values) < entries:
            message = f"{colour.lower()} colour table: {len(values)} entries, expected {entries}."
            raise SeriesError(message, reason="missing-lut")
        columns.append(values >> 8 if depth == 16 or values.max(initial=0) > 255 else values)
    if len({len(column) for column in columns}) != 1:
        raise SeriesError("colour tables of different lengths.", reason="missing-lut")
    if reader.integer("PixelRepresentation") == 1 and first >= 1 << 15:
        first -= 1 << 16
    return Palette(first, np.stack(columns, axis=1).astype(np.uint8))


def expand_segments(words: list[int], entries: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Expand a segmented colour table, never past its stated number of entries (PS3.3 C.7.9.2.1)."""
    values: list[int] = []
    starts: list[int] = []
    position = 0
    while position + 1 < len(words) and len(values) < entries:
        kind, length = words[position], words[position + 1]
        starts.append(position)
        position = _expand_segment(words, position, kind, length, values, starts)
    return np.array(values[:entries], dtype=np.int64)


def _expand_segment(
    words: list[int], position: int, kind: int, length: int, values: list[int], starts: list[int]
) -> int:
    """Append one discrete (0), linear (1) or indirect (2) segment; give the position behind it."""
    body = position + 2
    if kind == 0:
        values.extend(words[body : body + length])
        return body + length
    if kind == 1 and values and body < len(words):
        steps = np.linspace(values[-1], words[body], length + 1)[1:]
        values.extend(int(step) for step in np.rint(steps))
        return body + 1
    if kind == 2 and body + 1 < len(words):
        # `length` segments are repeated from an offset in bytes given in two words.
        unit = words[body] | words[body + 1] << (8 if max(words) < 256 else 16)
        source = unit // (1 if max(words) < 256 else 2)
        for _ in range(length):
            if not 0 <= source + 1 < position or words[source] == 2:
                break
            source = _expand_segment(words, source, words[source], words[source + 1], values, starts)
        return body + 2
    raise SeriesError(f"colour table: segment of unknown kind {kind}.", reason="missing-lut")
