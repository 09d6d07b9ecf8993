"""Text in pixels: where a person has to look, where text is recognised, and how it is blacked out.

Classes of images that often carry text (ultrasound, secondary captures, fluoroscopy, radiographs and scanned
film, anything in colour) pass on their own only when Burned In Annotation (0028,0301) says NO *and* Tesseract reads
nothing on any image but technical words; the flag alone is believed in neither direction. Without Tesseract a
person looks. What was read is never kept: only where it stands.

Pixels that are not masked keep their bytes, but for comments in the code stream, which can hold a name.
"""

import csv
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.processing import convert_color_space
from pydicom.pixels.utils import iter_pixels, pixel_array
from pydicom.uid import UID, ExplicitVRLittleEndian
from rapidfuzz import fuzz, process

Grey = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]
Progress = Callable[[int, int, str], None]

SUSPECT: Final = frozenset(
    ("CR", "DOC", "DX", "ES", "GM", "IO", "MG", "OP", "OT", "PX", "RF", "RG", "SC", "SM", "US", "XA", "XC", "")
)
"""Modalities (0008,0060) whose images often carry text."""
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_TECHNICAL: Final = (
    "DEPTH", "GAIN", "FREQ", "POWER", "FOCUS", "FRAME", "FRAMES", "ZOOM", "TIS", "TIB", "TIC", "THI", "HARM",
    "HARMONIC", "PERSIST", "GENERAL", "ABDOMEN", "LEFT", "RIGHT", "PORTABLE", "ERECT", "SUPINE", "PRONE", "UPRIGHT",
    "LATERAL", "STANDING", "INSP", "EXP", "SAGITTAL", "AXIAL", "CORONAL", "DIST", "AREA", "CIRC", "VOLUME", "VEL",
    "PRF", "WALL", "FILTER", "SCALE", "COLOR", "COLOUR", "DOPPLER", "PANORAMIC", "RLCC", "LLCC", "RMLO", "LMLO",
)  # fmt: skip
_QUANTITY: Final = re.compile(
    r"[A-Z]{0,4}[.:=]?\d{1,4}([.,]\d{1,3})?(CM|MM|M|S|MS|HZ|KHZ|MHZ|DB|FPS|%|X|KV|MA|MAS|BPM)?"
)
_CONFIDENT: Final = 55
_SCALE: Final = 2
_MOST_PIXELS: Final = 3_000_000
_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class TextFound:
    """Why a person has to look at the pixels of a series."""

    message: str
    """What was found; no text of the image."""
    boxes: tuple[Box, ...]
    """First column, first row, last column, last row of each line of text that was recognised."""


def text_hold(paths: Sequence[Path], headers: Sequence[Dataset], progress: Progress, *, read: bool) -> TextFound | None:
    """Say why a person has to look at a series' pixels; None when none has to.

    Without ``read`` no text is recognised, and the series counts as one to be looked at.
    """
    suspects = [path for path, header in zip(paths, headers, strict=True) if is_suspect(header)]
    if not suspects:
        return None
    flags = {str(header.get("BurnedInAnnotation", "")) for header in headers if is_suspect(header)}
    boxes: set[Box] = set()
    readable = read and shutil.which("tesseract") is not None
    for number, path in enumerate(suspects if readable else ()):
        progress(number, len(suspects), "reading text in the pixels")
        try:
            boxes |= set(recognise(grey_frames(path)))
        except Exception:  # what cannot be decoded cannot be judged: a person decides
            readable = False
    found = joined(boxes)
    if found:
        message = f"text is recognised in the pixels, in {len(found)} places. Black it out, or keep it and say why."
    elif "YES" in flags:
        message = "Burned In Annotation (0028,0301) is YES. Look at every image; black the text out, or say why not."
    elif not readable:
        message = "images of a kind that often carries text, and it could not be read here. Look at every image."
    elif flags != {"NO"}:
        message = "images of a kind that often carries text, and none is declared free of it. Look at every image."
    else:
        return None
    return TextFound(message, found)


def joined(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Join boxes that overlap: the same line, read in several views."""
    found: list[Box] = []
    for box in sorted(boxes):
        while near := next((one for one in found if _overlap(one, box)), None):
            found.remove(near)
            box = (min(near[0], box[0]), min(near[1], box[1]), max(near[2], box[2]), max(near[3], box[3]))
        found.append(box)
    return tuple(sorted(found))


def _overlap(one: Box, other: Box) -> bool:
    # Lines of a banner stand close: only boxes that share half of a line's height are the same line.
    shared = min(one[3], other[3]) - max(one[1], other[1])
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > 0 and shared > 0.5 * min(one[3] - one[1], other[3] - other[1])


def is_suspect(header: Dataset) -> bool:
    """Tell whether images of this kind often carry text, or say that they do."""
    kinds = {str(part).upper() for part in header.get("ImageType", None) or ()}
    return bool(
        header.get("BurnedInAnnotation") == "YES"
        or str(header.get("Modality", "")) in SUSPECT
        or str(header.SOPClassUID).startswith(_SECONDARY_CAPTURE)
        or header.get("ConversionType")
        or (header.get("SamplesPerPixel") or 1) > 1
        or kinds & {"SCREEN SAVE", "SCREENSAVE", "SCREEN CAPTURE"}
    )


def grey_frames(path: Path) -> Iterator[Grey]:
    """Give each image of a file as (rows, columns) 0..255, one at a time, its full range of values spread out."""
    for frame in iter_pixels(path):
        values = frame.astype(np.float32)
        if values.ndim == 3:
            values = values.max(axis=2)  # coloured text is as bright as white
        low, high = float(values.min()), float(values.max())
        yield ((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def recognise(frames: Iterator[Grey]) -> Iterator[Box]:
    """Give where words stand that are not technical.

    Each image is read as it is, as its bright pixels alone (letters over tissue) and as its darkest value alone (ink
    on film): text that one of the three shows is text.
    """
    with tempfile.TemporaryDirectory() as folder:
        pictures, scales = [], []
        for number, frame in enumerate(frames):
            scale = _SCALE if frame.size * _SCALE**2 <= 4 * _MOST_PIXELS else 1
            for kind, view in enumerate((frame, np.where(frame >= 130, 0, 255), np.where(frame == 0, 0, 255))):
                picture = Path(folder, f"{number}-{kind}.png")
                image = Image.fromarray(view.astype(np.uint8))
                image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC).save(picture)
                pictures.append(picture)
                scales.append(scale)
        for start in range(0, len(pictures), 30):
            yield from _boxes(_tesseract(pictures[start : start + 30], Path(folder)), scales[start : start + 30])


def _tesseract(pictures: Sequence[Path], folder: Path) -> list[dict[str, str]]:
    listing = folder / "list.txt"
    listing.write_text("\n".join(map(str, pictures)))
    command = ["tesseract", str(listing), "-", "--psm", "11", "-l", "eng", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(  # noqa: S603 - our own arguments only
        command, capture_output=True, text=True, timeout=_TIMEOUT_S, env=environment, check=True
    )
    return list(csv.DictReader(done.stdout.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _boxes(rows: Sequence[dict[str, str]], scales: Sequence[int]) -> Iterator[Box]:
    """Join the words of a line to one box where any of them is not technical."""
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        if row["level"] == "5" and (row["text"] or "").strip():
            lines.setdefault((row["page_num"], row["block_num"], row["par_num"], row["line_num"]), []).append(row)
    for (page, *_), words in lines.items():
        if not any(_is_personal(word["text"], float(word["conf"])) for word in words):
            continue
        scale = scales[int(page) - 1]
        sides = [[int(word[key]) // scale for key in ("left", "top", "width", "height")] for word in words]
        left, top = min(side[0] for side in sides), min(side[1] for side in sides)
        right, bottom = max(side[0] + side[2] for side in sides), max(side[1] + side[3] for side in sides)
        yield max(0, left - 2), max(0, top - 2), right + 2, bottom + 2


def _is_personal(text: str, confidence: float) -> bool:
    """Tell whether a recognised word has to be looked at: long and sure enough, and not technical."""
    letters = re.sub(r"[\W_]", "", text).upper()
    if confidence < _CONFIDENT or len(letters) < (3 if confidence >= 75 else 4):
        return False
    if _QUANTITY.fullmatch(text.strip(" .,:;|").upper()):
        return False
    return process.extractOne(letters, _TECHNICAL, scorer=fuzz.ratio, score_cutoff=75) is None


def black_out(dataset: Dataset, boxes: Sequence[Box]) -> str:
    """Blacken boxes on every image and leave the pixels uncompressed; give the transfer syntax to write.

    Raises
    ------
    Exception
        Of the decoding library, when the pixels cannot be decoded.
    """
    values = pixel_array(dataset, raw=True)
    photometric = str(dataset.PhotometricInterpretation)
    if photometric.startswith("YBR"):
        # Raw frames of lossy code streams come as YBR; black is black only in RGB.
        values, photometric = convert_color_space(values, photometric, "RGB"), "RGB"
    stack = np.array(values).reshape(
        int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns), -1
    )
    black = stack.max() if photometric == "MONOCHROME1" else stack.min() if photometric == "MONOCHROME2" else 0
    for left, top, right, bottom in boxes:
        stack[:, max(0, top) : bottom + 1, max(0, left) : right + 1] = black
    dataset.PhotometricInterpretation = photometric
    if stack.shape[-1] > 1:
        dataset.PlanarConfiguration = 0
    data = np.ascontiguousarray(stack.astype(stack.dtype.newbyteorder("<"))).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    dataset["PixelData"].is_undefined_length = False
    return str(ExplicitVRLittleEndian)


def strip_comments(dataset: Dataset, syntax: str) -> None:
    """Take comments and application data out of compressed pixels, and what follows the image out of any."""
    if "PixelData" not in dataset:
        return
    if not UID(syntax).is_compressed or UID(syntax).is_deflated:
        _cut(dataset)
        return
    count = int(dataset.get("NumberOfFrames") or 1)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=count))
    clean = [without_comments(frame) for frame in frames]
    if any(len(one) != len(other) for one, other in zip(frames, clean, strict=True)):
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            dataset.pop(keyword, None)
        dataset.PixelData = encapsulate(clean, has_bot=count > 1)
        dataset["PixelData"].is_undefined_length = True


def _cut(dataset: Dataset) -> None:
    """Take away what lies behind the last pixel of native data (PS3.5 8.1.1)."""
    element: Any = dataset["PixelData"]
    if not isinstance(element.value, bytes) or dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        return
    pixels = dataset.Rows * dataset.Columns * (dataset.get("SamplesPerPixel") or 1)
    size = -(-pixels * dataset.BitsAllocated * int(dataset.get("NumberOfFrames") or 1) // 8)
    if len(element.value) > size + 1:
        element.value = element.value[:size] + b"\0" * (size % 2)


def without_comments(stream: bytes) -> bytes:
    """Give a code stream without comments and application data: JPEG and JPEG-LS (T.81 B.2.4), JPEG 2000 (T.800 A.9).

    Adobe's APP14 stays, as it says what the colours are. Any other stream, such as RLE, comes back as it is.
    """
    if stream[:2] == b"\xff\xd8":
        dropped, stop = {0xFE, *range(0xE0, 0xEE), 0xEF}, {0xDA}
    elif stream[:4] == b"\xff\x4f\xff\x51":
        dropped, stop = {0x64}, {0x90}
    else:
        return stream
    kept, at = bytearray(stream[:2]), 2
    while at + 4 <= len(stream) and stream[at] == 0xFF and stream[at + 1] not in stop:
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        # T.87 C.2.4.1.1: HP's marker in JPEG-LS says which colour transform was used.
        colour = stream[at + 1] == 0xE8 and stream[at + 4 : at + 8] == b"mrfx"
        kept += b"" if stream[at + 1] in dropped and not colour else stream[at:end]
        at = end
    rest = stream[at:]
    last = rest.rfind(b"\xff\xd9")
    rest = rest[: last + 2] if last >= 0 else rest
    return bytes(kept) + rest + b"\0" * ((len(kept) + len(rest)) % 2)
