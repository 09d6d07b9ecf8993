"""From the frames of one Series Instance UID to stacks that can be paged through, each in reading order.

One convention: frames that differ in matrix, meaning or direction never share a stack; those of several
volumes at the same places (phases, echoes, time points) are taken apart where an attribute tells them
apart.

It reads no file.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Final, NamedTuple

from viewer.framing import FrameHeader
from viewer.geometry import SAME_PLACE_MM, depth_mm
from viewer.header import Header
from viewer.notes import Note

# Cosines that differ by less belong to one stack: 1e-3 is 0.06 degrees, far below any intended turn.
_COSINE_STEP: Final = 1e-3


class Placed(NamedTuple):
    """A frame with the file it comes from."""

    header: Header
    number: int
    frame: FrameHeader


def split(placed: list[Placed]) -> tuple[list[list[Placed]], tuple[Note, ...]]:
    """Give the stacks of one series, largest first, and what was taken apart."""
    notes: list[Note] = []
    stacks = [placed]
    for reason, key, text in (
        ("mixed-matrix", _matrix, "images of different size or kind under one series, shown apart"),
        ("mixed-orientation", _direction, "images of different directions under one series, shown apart"),
    ):
        parts = [part for stack in stacks for part in _grouped(stack, key)]
        if len(parts) > len(stacks):
            notes.append(Note(reason, text, fault=True))
        stacks = parts
    ordered = []
    for stack in stacks:
        volumes = _volumes(stack)
        if len(volumes) > 1:
            text = f"{len(volumes)} volumes at the same places under one series, shown apart"
            notes.append(Note("several-volumes", text, fault=True))
        ordered += [sorted(volume, key=_reading_key) for volume in volumes]
    ordered.sort(key=len, reverse=True)
    return ordered, tuple(dict.fromkeys(notes))


def _grouped(stack: list[Placed], key: Callable[[Placed], Hashable]) -> list[list[Placed]]:
    groups: dict[Hashable, list[Placed]] = defaultdict(list)
    for placed in stack:
        groups[key(placed)].append(placed)
    return list(groups.values())


def _matrix(placed: Placed) -> Hashable:
    layout = placed.header.layout
    return layout.rows, layout.columns, "RGB" if layout.coloured else layout.photometric, placed.header.modality


def _direction(placed: Placed) -> Hashable:
    cosines = placed.frame.orientation
    if cosines is None or placed.frame.position_mm is None:
        return None
    return tuple(round(cosine / _COSINE_STEP / 4) for cosine in cosines)


def _reading_key(placed: Placed) -> tuple[float, float, int, str]:
    frame = placed.frame
    depth = 0.0
    if frame.orientation is not None and frame.position_mm is not None:
        depth = depth_mm(frame.position_mm, frame.orientation)
    return depth, placed.header.instance_number, placed.number, placed.header.path.name


def _volumes(stack: list[Placed]) -> list[list[Placed]]:
    """Take apart volumes that share their places, by the first attribute that leaves no place twice."""
    if not _has_repeats(stack):
        return [stack]
    keys: list[Callable[[Placed], Hashable]] = [lambda placed: placed.frame.volume]
    keys += [_frame_key(number) for number in range(len(stack[0].frame.volume))]
    keys += [_volume_key(number) for number in range(len(stack[0].header.volume_keys))]
    for key in keys:
        parts = _grouped(stack, key)
        if 1 < len(parts) < len(stack) and not any(_has_repeats(part) for part in parts):
            return parts
    return [stack]


def _frame_key(number: int) -> Callable[[Placed], Hashable]:
    return lambda placed: placed.frame.volume[number] if number < len(placed.frame.volume) else None


def _volume_key(number: int) -> Callable[[Placed], Hashable]:
    return lambda placed: placed.header.volume_keys[number]


def _has_repeats(stack: Iterable[Placed]) -> bool:
    places: Counter[int] = Counter()
    for placed in stack:
        position, orientation = placed.frame.position_mm, placed.frame.orientation
        if position is None or orientation is None:
            return False
        places[round(depth_mm(position, orientation) / SAME_PLACE_MM)] += 1
    return any(count > 1 for count in places.values())
