"""What a viewport shows and where the pointer is, as one browser tells it to another: read and checked.

A shared reading passes on what `read_view` gives, built of these values alone: no mark, outline or answer fits in it.
"""

from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["read_view"]

_CONTENTS = ("stack", "plane", "turning", "volume")
_PLANES = ("axial", "coronal", "sagittal")


def read_view(value: object) -> dict[str, Any]:
    """Read what somebody shows, and give only the values that may pass on.

    Parameters
    ----------
    value : object
        ``Shared`` of ``together.ts``: content, frame (zero-based), window, inverted, placement and cursor. The
        placement is in image terms: ``centre`` is the sheet point (column, row; mm on a plane) in the middle of the
        viewport, ``zoom`` 1 fits the whole image in.

    Raises
    ------
    ValueError
        Something is missing, or is not what it has to be.
    """
    try:
        return _view(_table(value))
    except KeyError as error:
        raise ValueError(f"found no {error}") from None


def _view(view: Mapping[str, object]) -> dict[str, Any]:
    window, placement, cursor = _table(view["window"]), _table(view["placement"]), view.get("cursor")
    rotation, flips = placement["rotation"], placement["flips"]
    if rotation not in (0, 90, 180, 270) or not isinstance(flips, list) or len(flips) != 2:
        raise ValueError("placement: found another rotation or other flips than an image can have")
    return {
        "content": _content(_table(view["content"])),
        "frame": _frame(view["frame"]),
        "window": {"center": _number(window["center"]), "width": _number(window["width"])},
        "inverted": view["inverted"] is True,
        "placement": {
            "centre": _point(placement["centre"], (2,)),
            "zoom": _number(placement["zoom"]),
            "rotation": int(rotation),
            "flips": [flip is True for flip in flips],
        },
        "cursor": None if cursor is None else _cursor(_table(cursor)),
    }


def _content(content: Mapping[str, object]) -> dict[str, str]:
    kind, series = content["kind"], _name(content["series"])
    if kind not in _CONTENTS:
        raise ValueError("content: found another kind than a viewport can show")
    read = {"kind": str(kind), "series": series}
    if kind == "plane":
        if content["plane"] not in _PLANES:
            raise ValueError("content: found another plane than axial, coronal or sagittal")
        read["plane"] = str(content["plane"])
        if content.get("over") is not None:
            read["over"] = _name(content["over"])
    return read


def _cursor(cursor: Mapping[str, object]) -> dict[str, object]:
    return {"frame": _frame(cursor["frame"]), "point": _point(cursor["point"], (2, 3))}


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("found no object")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise ValueError("series: found no name")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise ValueError("found no number, or one beyond all images")
    return float(value)


def _frame(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 100_000:
        raise ValueError("frame: found no image number")
    return value


def _point(value: object, lengths: Collection[int]) -> list[float]:
    if not isinstance(value, list) or len(value) not in lengths:
        raise ValueError("point: found another number of coordinates")
    return [_number(one) for one in value]
