"""From Modality LUT and VOI LUT Sequence to tables.

One convention: a table is as long as its descriptor says; the values that lie before its first and behind its last
entry take those (PS3.3 C.11.1.1, C.11.2.1.1).

It applies none (``viewer.decode`` and the browser do).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from viewer.attributes import Reader
from viewer.envelope import printable
from viewer.layout import PixelLayout
from viewer.notes import Note
from viewer.windows import Window

_SIGN: Final = 1 << 15


class _Table(NamedTuple):
    """A look-up table as it stands in the file."""

    first: int
    """Value that the first entry is for."""
    bits: int
    """Bits of an entry, 8 to 16."""
    entries: tuple[int, ...]
    """The entries."""


def _table(item: Reader, *, signed: bool) -> _Table | None:
    """Read LUT Descriptor and LUT Data; None where they do not fit one another."""
    descriptor, data = item.shorts("LUTDescriptor"), item.raw("LUTData") or b""
    count = (descriptor[0] or 1 << 16) if len(descriptor) == 3 else 0
    # Entries of 8 bits may be written one to a byte or one to a word.
    words = item.shorts("LUTData") if len(data) >= 2 * count else tuple(data)
    if not count or len(words) < count:
        return None
    first = descriptor[1] - (2 * _SIGN if signed and descriptor[1] >= _SIGN else 0)
    return _Table(first, descriptor[2], words[:count])


def read_modality_lut(reader: Reader, layout: PixelLayout, notes: list[Note]) -> tuple[int, tuple[int, ...]] | None:
    """Give the stored value of the first entry, and the entries (PS3.3 C.11.1.1); None without or with a note."""
    item = reader.item("ModalityLUTSequence")
    if item is None:
        return None
    table = _table(item, signed=layout.signed)
    if table is None:
        notes.append(Note("bad-rescale", "the Modality LUT is damaged and not applied", fault=True))
        return None
    return table.first, table.entries


def read_voi_luts(reader: Reader, notes: list[Note], *, signed: bool) -> tuple[Window, ...]:
    """Give the file's VOI LUTs as windows over the values that they are for (PS3.3 C.11.2.1.1).

    Parameters
    ----------
    reader : Reader
        A data set, or the item of a Frame VOI LUT Sequence.
    notes : list of Note
        Takes one when a table is damaged.
    signed : bool
        Whether modality values may be negative: then so may be the first value of a table.
    """
    windows = []
    for item in reader.items("VOILUTSequence"):
        table = _table(item, signed=signed)
        if table is None or len(table.entries) < 2:
            notes.append(Note("bad-window", "a VOI LUT is damaged; that window is not offered", fault=True))
            continue
        windows.append(voi_window(*table, printable(item.text("LUTExplanation"))))
    return tuple(windows)


def voi_window(first: int, bits: int, entries: Sequence[int], name: str) -> Window:
    """Give a VOI LUT as a window over the values that it is for."""
    # Entries run from 0 to the greatest number of their bits; some writers count those of the pixels.
    top = max((1 << min(max(bits, 8), 16)) - 1, *entries)
    grey = np.rint(np.array(entries) * (255 / top)).astype(np.uint8)
    span = len(entries) - 1
    return Window(first + span / 2, span, name, "LUT", grey.tobytes())
