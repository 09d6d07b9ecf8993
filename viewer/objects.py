"""From a file that accompanies images (segmentation, structure set, report, presentation state) to its data set.

One convention: the structure is walked with every limit of ``viewer.elements`` before pydicom reads it whole, and
what an object says it belongs to is compared with the series that it is asked about.

It gives the contents no meaning (``viewer.segmentation``, ``structures``, ``presentation``, ``report`` do).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pydicom
from pydicom.config import IGNORE
from pydicom.dataset import Dataset
from pydicom.uid import UID

from viewer import RegionError, SeriesError
from viewer.elements import walk
from viewer.envelope import is_little_endian, open_envelope, printable

if TYPE_CHECKING:
    from viewer.series import Series

_MAX_BYTES: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Belonging:
    """What an object says about where it belongs."""

    series_uids: frozenset[str]
    """Series Instance UIDs that it refers to."""
    instance_uids: frozenset[str]
    """SOP Instance UIDs that it refers to."""
    frame_of_reference_uid: str
    """Frame of Reference UID of its coordinates; empty where it has none."""


def read_object(path: Path, kinds: Collection[str], where: str) -> Dataset:
    """Read a whole data set that is one of some SOP classes.

    Parameters
    ----------
    path : Path
        A DICOM file.
    kinds : collection of str
        SOP Class UIDs that are expected.
    where : str
        What asks for it, for messages.

    Raises
    ------
    RegionError
        When it cannot be read or is something else.
    """
    try:
        with open_envelope(path) as envelope:
            if envelope.size > _MAX_BYTES:
                message = f"{where}: {path.name} has more than {_MAX_BYTES >> 20} MiB."
                raise RegionError(message, reason="size-limit")
            walk(
                envelope.stream,
                start=envelope.start,
                size=envelope.size,
                implicit=envelope.implicit,
                little_endian=is_little_endian(envelope.transfer_syntax),
                wanted={},
            )
        ds = pydicom.dcmread(path, force=True)
        found = str(ds.get("SOPClassUID", ""))
    except RegionError:
        raise
    except SeriesError as error:
        raise RegionError(f"{where}: {printable(path.name)}: {error}", reason=error.reason) from error
    except Exception as error:  # pydicom raises many kinds on damaged values
        message = f"{where}: {printable(path.name)} cannot be read ({type(error).__name__}). Export it again."
        raise RegionError(message, reason="bad-region") from error
    if found not in kinds:
        expected = " or ".join(UID(kind).name for kind in kinds)
        message = f"{where}: {printable(path.name)} is {UID(found, IGNORE).name or 'no object'}, expected {expected}."
        raise RegionError(message, reason="bad-region")
    return ds


def sop_class(path: Path, where: str) -> str:
    """Give the SOP Class UID of a file.

    Raises
    ------
    RegionError
        When it is no DICOM file.
    """
    try:
        ds = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True)
        return str(ds.get("SOPClassUID", ""))
    except Exception as error:  # pydicom raises many kinds on damaged files
        message = f"{where}: {printable(path.name)} cannot be read ({type(error).__name__}). Export it again."
        raise RegionError(message, reason="bad-region") from error


def items(ds: Dataset, *keywords: str) -> list[Dataset]:
    """Give the items that lie at the end of nested sequences, of all their items."""
    found = [ds]
    for keyword in keywords:
        found = [item for one in found for item in (one.get(keyword) or ())]
    return found


def texts(found: Iterable[Dataset], keyword: str) -> frozenset[str]:
    """Give the values that items have for an attribute, the empty ones left out."""
    return frozenset(str(item.get(keyword)) for item in found if item.get(keyword))


def numbers(value: Any) -> list[float]:  # noqa: ANN401
    """Give one or several numbers of pydicom as floats."""
    if value is None or value == "":
        return []
    return (
        [float(part) for part in value] if isinstance(value, Sequence) or hasattr(value, "__iter__") else [float(value)]
    )


def check_belonging(belonging: Belonging, series: "Series", where: str) -> None:
    """Check that an object was made on a series, or in its frame of reference.

    Raises
    ------
    RegionError
        When it says that it belongs elsewhere.
    """
    shared, own = belonging.frame_of_reference_uid, series.frame_of_reference_uid
    images = bool(belonging.instance_uids & instance_uids(series))
    if shared and own:
        # Coordinates tell; the images may be copies under new UIDs, as archives and croppers make them.
        if shared == own:
            return
        message = f"{where}: made in frame of reference {printable(shared)}; series {series.uid} is in {own}."
    else:
        if images or (series.uid in belonging.series_uids and not belonging.instance_uids):
            return
        named = ", ".join(sorted(map(printable, belonging.series_uids))[:2]) or "no series"
        message = f"{where}: made on {named}, not on the images of series {series.uid}."
    raise RegionError(f"{message} Name the series that it was made on.", reason="wrong-reference")


def instance_uids(series: "Series") -> frozenset[str]:
    """Give the SOP Instance UIDs of a series."""
    return frozenset(frame.sop_instance_uid for frame in series.frames)


def frames_of(series: "Series", instance_uid: str, numbers: Sequence[int] = ()) -> list[int]:
    """Give where a referenced image, or some frames of it, stand in a series.

    Parameters
    ----------
    numbers : sequence of int
        Referenced Frame Number (0008,1160), from 1; empty for all frames.
    """
    wanted = {number - 1 for number in numbers}
    return [
        index
        for index, frame in enumerate(series.frames)
        if frame.sop_instance_uid == instance_uid and (not wanted or frame.number in wanted)
    ]
