"""What the images hold, decoded apart from the product: pydicom reads the header, nothing else of it is used.

HTJ2K goes to imagecodecs and JPEG baseline to Pillow, straight from the encapsulated bytes.
"""

import io
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from PIL import Image
from pydicom.encaps import generate_frames

from cases.catalogue import Catalogue

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
SLUGS = tuple(case.slug for case in Catalogue(LIBRARY).cases)
"""Every case that a learner can open."""
STARTERS = ("thoracic-ct-01", "msk-cr-01", "interventional-xa-01")
"""A volume, a projection that is MONOCHROME1, and a multi-frame run: enough where every image is compared."""


@dataclass(frozen=True)
class Truth:
    """One series in reading order: towards left, back or head for slices, in time for a run."""

    slices: tuple[tuple[pydicom.Dataset, int], ...]

    @classmethod
    def of(cls, slug: str, series: str = "") -> "Truth":
        """Read a series of a case, the first one without a name."""
        return _read(slug, series or case_file(slug)["series"][0]["id"])

    @property
    def header(self) -> pydicom.Dataset:
        return self.slices[0][0]

    @property
    def frames(self) -> int:
        return len(self.slices)

    def values(self, frame: int) -> np.ndarray:
        """Modality values of a frame (zero-based)."""
        return _values(self, frame)

    def grey(self, frame: int, center: float, width: float) -> np.ndarray:
        """Grey levels of a frame, 0 to 255, MONOCHROME1 inverted."""
        levels = windowed(self.values(frame), center, width)
        return 255 - levels if self.header.PhotometricInterpretation == "MONOCHROME1" else levels

    def __hash__(self) -> int:
        return hash(self.header.SeriesInstanceUID)


def windowed(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, LINEAR, written out, with ymin 0 and ymax 255."""
    x = values.astype(float)
    low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    return np.where(x <= low, 0.0, np.where(x > high, 255.0, ((x - (center - 0.5)) / (width - 1) + 0.5) * 255))


def case_file(slug: str) -> dict[str, Any]:
    return tomllib.loads((LIBRARY / slug / "case.toml").read_text(encoding="utf-8"))


def series_names(slug: str) -> list[str]:
    """Ids of a case's series, in reading order."""
    return [one["id"] for one in case_file(slug)["series"]]


def finding_place(slug: str, question: dict[str, Any] | None = None) -> tuple[int, tuple[float, float]]:
    """Give the zero-based frame and (column, row) of what a question wants marked, the first such one without."""
    question = question or next(one for one in quiz_file(slug) if one.get("region"))
    finding = next(one for one in case_file(slug)["finding"] if one.get("region") == question["region"])
    if "point_px" in finding:
        return finding["frame"] - 1, tuple(finding["point_px"])
    origins, row, column, spacing = _grid(Truth.of(slug, question["series"]))
    offsets = np.array(finding["point_mm"]) - origins
    frame = int(np.argmin(np.abs(offsets @ np.cross(row, column))))
    return frame, (float(offsets[frame] @ row / spacing[1]), float(offsets[frame] @ column / spacing[0]))


def _grid(truth: Truth) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[float]]:
    """Give the first pixel of each frame in reading order, the directions along rows and columns, and the spacing."""
    header = truth.header
    place = header if "ImagePositionPatient" in header else header.DetectorInformationSequence[0]
    row, column = np.array([float(x) for x in place.ImageOrientationPatient]).reshape(2, 3)
    if place is header:
        origins = np.array([[float(x) for x in ds.ImagePositionPatient] for ds, _ in truth.slices])
    else:
        # Reconstructed NM (PS3.3 C.8.4.15): frames follow one another along the normal, here from the head down.
        steps = np.arange(truth.frames)[:, None] * float(header.SpacingBetweenSlices)
        origins = np.array([float(x) for x in place.ImagePositionPatient]) + steps * np.cross(row, column)
        origins = origins[np.argsort(origins[:, 2])]
    return origins, row, column, [float(x) for x in header.PixelSpacing]


def quiz_file(slug: str) -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = tomllib.loads((LIBRARY / slug / "quiz.toml").read_text("utf-8"))["question"]
    return questions


@cache
def _read(slug: str, series: str) -> Truth:
    files = [pydicom.dcmread(path) for path in (LIBRARY / slug / "dicom" / series).rglob("*.dcm")]
    if "ImagePositionPatient" in files[0]:
        cosines = [float(x) for x in files[0].ImageOrientationPatient]
        normal = np.cross(cosines[:3], cosines[3:])
        normal *= np.sign(normal[np.argmax(np.abs(normal))])
        files.sort(key=lambda ds: float(np.dot(normal, [float(x) for x in ds.ImagePositionPatient])))
    return Truth(tuple((ds, number) for ds in files for number in range(int(ds.get("NumberOfFrames", 1)))))


@cache
def _values(truth: Truth, frame: int) -> np.ndarray:
    ds, number = truth.slices[frame]
    encoded = list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))[number]
    stored = _DECODERS[ds.file_meta.TransferSyntaxUID](encoded)
    assert stored.shape == (ds.Rows, ds.Columns)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    if slope.is_integer() and intercept.is_integer():
        return stored * int(slope) + int(intercept)
    return stored * slope + intercept


def _jpeg(encoded: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(encoded)) as image:
        assert image.mode == "L"
        return np.asarray(image).astype(np.int32)


_DECODERS = {
    "1.2.840.10008.1.2.4.201": lambda encoded: imagecodecs.htj2k_decode(encoded).astype(np.int32),
    "1.2.840.10008.1.2.4.50": _jpeg,
}
