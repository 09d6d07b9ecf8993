"""Phantoms written as DICOM: a ball of known place and value, in any geometry."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
OUTSIDE_HU, BALL_HU = -1000, 60


@dataclass(frozen=True)
class Phantom:
    """A ball in air, cut into slices."""

    centre: tuple[float, float, float] = (12.0, -30.0, 105.0)
    radius: float = 9.0
    orientation: tuple[float, ...] = AXIAL
    origin: tuple[float, float, float] = (-20.0, -70.0, 80.0)
    spacing: tuple[float, float] = (1.25, 1.0)
    step: float = 2.5
    count: int = 20
    rows: int = 64
    columns: int = 72
    missing: Sequence[int] = ()
    slopes: Sequence[float] = (1.0,)
    attributes: dict[str, object] = field(default_factory=dict)

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        row, column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        return row, column, np.cross(row, column)

    def position(self, number: int) -> np.ndarray:
        return np.array(self.origin) + number * self.step * self.axes()[2]

    def voxels(self, number: int) -> np.ndarray:
        """(rows, columns, 3) LPS of the pixel centres of one slice, from PS3.3 C.7.6.2.1.1."""
        row, column, _ = self.axes()
        j, i = np.mgrid[0 : self.rows, 0 : self.columns]
        along_row = i[..., None] * self.spacing[1] * row
        return self.position(number) + along_row + j[..., None] * self.spacing[0] * column

    def values(self, number: int) -> np.ndarray:
        inside = np.linalg.norm(self.voxels(number) - self.centre, axis=2) <= self.radius
        return np.where(inside, BALL_HU, OUTSIDE_HU)

    def slice(self, number: int) -> Dataset:
        slope = self.slopes[number % len(self.slopes)]
        ds = Dataset()
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        ds.SOPInstanceUID = f"1.2.3.1.{number + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", "1.2.3.1", "1.2.3.9"
        ds.Modality, ds.BodyPartExamined, ds.InstanceNumber = "CT", "CHEST", 500 - number
        ds.ImagePositionPatient = [round(float(x), 6) for x in self.position(number)]
        ds.ImageOrientationPatient = [round(x, 9) for x in self.orientation]
        ds.PixelSpacing, ds.SliceThickness = list(self.spacing), self.step
        ds.Rows, ds.Columns, ds.SamplesPerPixel = self.rows, self.columns, 1
        ds.PhotometricInterpretation = "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.RescaleSlope, ds.RescaleIntercept = slope, -1000 if slope == 1 else 0
        ds.PixelData = np.round((self.values(number) - ds.RescaleIntercept) / slope).astype("<i2").tobytes()
        for keyword, value in self.attributes.items():
            setattr(ds, keyword, value)
        return ds


def write(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path


@pytest.fixture
def write_phantom(tmp_path: Path) -> Callable[[Phantom], list[Path]]:
    """Write a phantom's slices under shuffled names."""

    def write_all(phantom: Phantom) -> list[Path]:
        numbers = [number for number in range(phantom.count) if number not in phantom.missing]
        names = [f"{name:03d}.dcm" for name in range(len(numbers))]
        random.Random(7).shuffle(names)
        return [write(phantom.slice(number), tmp_path / name) for number, name in zip(numbers, names, strict=True)]

    return write_all


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[..., Path]:
    """Write one data set."""

    def write_one(ds: Dataset, name: str = "one.dcm", syntax: str = ExplicitVRLittleEndian) -> Path:
        return write(ds, tmp_path / name, syntax)

    return write_one


@pytest.fixture
def phantom() -> type[Phantom]:
    """Give the class of phantoms, so that a test says which one it means."""
    return Phantom
