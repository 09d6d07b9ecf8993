"""NIfTI volumes and plain pictures become derived DICOM, in which what the source does not say stays unknown.

A NIfTI file says where its voxels lie, if it does at all; it never says what made it, so a person says the modality.
A picture says nothing: no spacing, no orientation, no unit. What is missing is left out, and said in a note.
"""

import gzip
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from pydicom import Dataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from cases import ImportRefusedError
from cases.gate_write import write_clean

Made = tuple[list[Path], tuple[str, ...]]

MAX_VOLUME_BYTES: Final = 1 << 29
MAX_PICTURE_PIXELS: Final = 100_000_000
_CLASSES: Final = {"CT": CTImageStorage, "MR": MRImageStorage}
_SQUARE: Final = 1e-3


def kind_of(path: Path) -> str:
    """Tell by its first bytes what a file is: ``nifti``, ``picture`` or ``other``, which DICOM is."""
    try:
        with path.open("rb") as stream:
            head = stream.read(352)
        if head[:2] == b"\x1f\x8b" and path.name.lower().endswith((".nii.gz", ".dcm")):
            with gzip.open(path) as stream:
                head = stream.read(352)
    except (OSError, EOFError):
        return "other"
    if head[344:348] in (b"n+1\0", b"ni1\0") or head[4:8] == b"n+2\0":
        return "nifti"
    return "picture" if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) else "other"


def nifti_to_dicom(path: Path, folder: Path, modality: str) -> Made:
    """Write a NIfTI volume as one file per slice, numbered along its third axis.

    Raises
    ------
    ImportRefusedError
        No modality is given, or the file is no single volume that can be read.
    """
    if modality not in _CLASSES:
        message = "a NIfTI volume does not say what made it. Say whether it is CT or MR (--modality)."
        raise ImportRefusedError(message, reason="modality-unknown")
    values, affine, notes = _read_nifti(path)
    stored, slope, intercept, quantised = _as_integers(values)
    notes += ("its values do not fit 16-bit integers and were rounded to 65 536 steps",) if quantised else ()
    if modality == "CT":
        notes += ("NIfTI states no unit: the values are not called HU",)
    geometry, odd = _geometry(affine)
    notes += odd
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    folder.mkdir()
    made = []
    for k in range(stored.shape[2]):
        new = _derived(_CLASSES[modality], modality, study, series, k + 1)
        _set_pixels(new, np.ascontiguousarray(stored[:, :, k].T))
        new.RescaleSlope, new.RescaleIntercept, new.RescaleType = f"{slope:.10g}"[:16], f"{intercept:.10g}"[:16], "US"
        if geometry is not None:
            matrix, orientation, spacing, thickness = geometry
            new.FrameOfReferenceUID = frame
            new.ImageOrientationPatient = orientation
            new.ImagePositionPatient = [_ds(number) for number in (matrix @ np.array([0, 0, k, 1.0]))[:3]]
            new.PixelSpacing, new.SliceThickness = spacing, thickness
        made.append(folder / f"{k + 1:05d}.dcm")
        write_clean(new, made[-1], ExplicitVRLittleEndian)
    return made, tuple(f"NIfTI volume: {note}" for note in notes)


def _read_nifti(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64] | None, tuple[str, ...]]:
    """Give values (i, j, k), the affine to RAS mm where the file states one, and what it does not state."""
    import nibabel

    try:
        image: Any = nibabel.load(str(path))
        shape = tuple(int(size) for size in image.shape)
        if len(shape) == 4 and shape[3] == 1:
            shape = shape[:3]
        size = int(np.prod(shape)) * int(image.get_data_dtype().itemsize)
        fits = len(shape) == 3 and min(shape) > 0 and max(shape) < 65536 and size <= MAX_VOLUME_BYTES
        plain = image.get_data_dtype().kind in "iuf"
        values = np.asanyarray(image.dataobj).reshape(shape) if fits and plain else None
        stated = int(image.header["sform_code"]) > 0 or int(image.header["qform_code"]) > 0
        unit = image.header.get_xyzt_units()[0]
    except Exception as error:  # nibabel raises many kinds on damaged files
        message = "a NIfTI file is damaged or cut off. Copy it again."
        raise ImportRefusedError(message, reason="nifti-damaged") from error
    if values is None:
        message = f"a NIfTI file is no single grey volume below {MAX_VOLUME_BYTES >> 20} MiB. Give one volume a file."
        raise ImportRefusedError(message, reason="nifti-kind")
    scale = {"mm": 1.0, "meter": 1000.0, "micron": 0.001}.get(unit)
    if not stated or scale is None:
        missing = "where it lies in the patient" if not stated else "its unit of length"
        return values, None, (f"the file does not state {missing}: no position, orientation or spacing",)
    return values, np.diag([scale, scale, scale, 1.0]) @ image.affine, ()


def _as_integers(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], float, float, bool]:
    """Give 16-bit stored values, slope and intercept, and whether values were rounded."""
    finite = values if values.dtype.kind in "iu" else np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    whole = finite.dtype.kind in "iu" or bool(np.all(finite == np.rint(finite)))
    if whole and low >= -32768 and high <= 32767:
        return finite.astype(np.int16), 1.0, 0.0, False
    if whole and low >= 0 and high <= 65535:
        return finite.astype(np.uint16), 1.0, 0.0, False
    slope = (high - low) / 65535 or 1.0
    return np.rint((finite - low) / slope).astype(np.uint16), slope, low, True


def _geometry(
    affine: npt.NDArray[np.float64] | None,
) -> tuple[tuple[npt.NDArray[np.float64], list[str], list[str], str] | None, tuple[str, ...]]:
    """Turn RAS into LPS; give matrix, orientation, spacing and thickness, or why there is none."""
    if affine is None:
        return None, ()
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    i, j, k = (matrix[:3, axis] for axis in range(3))
    lengths = [float(np.linalg.norm(step)) for step in (i, j, k)]
    if min(lengths) <= 0 or abs(float(i @ j)) / (lengths[0] * lengths[1]) > _SQUARE:
        return None, ("its axes are not at right angles: no position, orientation or spacing",)
    orientation = [_ds(number) for number in (*(i / lengths[0]), *(j / lengths[1]))]
    # Pixel Spacing: between rows (along j), then between columns (along i).
    return (matrix, orientation, [_ds(lengths[1]), _ds(lengths[0])], _ds(lengths[2])), ()


def _ds(number: float) -> str:
    """Write a number as DS, 16 characters at most (PS3.5 6.2)."""
    return f"{number:.8g}"[:16] if abs(number) >= 1e-6 else "0"


def picture_to_dicom(path: Path, file: Path, modality: str, number: int) -> Made:
    """Write a PNG or JPEG picture as a secondary capture, turned as its camera says; nothing else is taken over.

    Raises
    ------
    ImportRefusedError
        The picture is damaged or too large.
    """
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MAX_PICTURE_PIXELS or max(opened.size) > 65535:
                message = f"a picture has more than {MAX_PICTURE_PIXELS // 1_000_000} million pixels. Make it smaller."
                raise ImportRefusedError(message, reason="picture-size")
            picture = ImageOps.exif_transpose(opened)
            grey = picture.mode in ("1", "L", "LA", "I;16")
            wide = picture.mode == "I;16"
            values = np.array(picture if wide else picture.convert("L" if grey else "RGB"))
            lossy = opened.format == "JPEG"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = "a picture is damaged or cut off. Save it again as PNG or JPEG."
        raise ImportRefusedError(message, reason="picture-damaged") from error
    new = _derived(SecondaryCaptureImageStorage, modality or "SC", generate_uid(), generate_uid(), number)
    new.ConversionType = "WSD"
    new.LossyImageCompression = "01" if lossy else "00"
    _set_pixels(new, values)
    write_clean(new, file, ExplicitVRLittleEndian)
    return [file], ("picture: pixel spacing, orientation and unit are unknown, and none is given",)


def _derived(sop_class: str, modality: str, study: str, series: str, number: int) -> Dataset:
    new = Dataset()
    new.SpecificCharacterSet = "ISO_IR 192"
    new.ImageType = ["DERIVED", "SECONDARY"]
    new.SOPClassUID, new.SOPInstanceUID = sop_class, generate_uid()
    new.StudyInstanceUID, new.SeriesInstanceUID = study, series
    new.Modality, new.SeriesNumber, new.InstanceNumber = modality, 1, number
    new.PatientName = new.PatientID = new.PatientBirthDate = new.PatientSex = ""
    new.StudyDate = new.StudyTime = new.StudyID = new.AccessionNumber = new.ReferringPhysicianName = ""
    return new


def _set_pixels(new: Dataset, values: npt.NDArray[Any]) -> None:
    """Set native pixels: (rows, columns) of 8 or 16 bits, or (rows, columns, 3) of 8."""
    bits = values.dtype.itemsize * 8
    new.SamplesPerPixel = 3 if values.ndim == 3 else 1
    new.PhotometricInterpretation = "RGB" if values.ndim == 3 else "MONOCHROME2"
    if values.ndim == 3:
        new.PlanarConfiguration = 0
    new.Rows, new.Columns = values.shape[:2]
    new.BitsAllocated = new.BitsStored = bits
    new.HighBit, new.PixelRepresentation = bits - 1, int(values.dtype.kind == "i")
    data = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    new.PixelData = data + b"\0" * (len(data) % 2)
    new["PixelData"].VR = "OW" if bits > 8 else "OB"
