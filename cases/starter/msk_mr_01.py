"""Two echoes of a knee MR from a cartilage-analysis package's test data."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    HTJ2K_LOSSLESS,
    deidentified,
    derived_uid,
    keep,
    new_instance,
    set_pixels_lossless,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe

SLUG = "msk-mr-01"
PACKAGE = Package(
    registry="PyPI",
    name="mskt",
    version="0.1.22",
    file="mskt-0.1.22.tar.gz",
    sha256="b49ffa4924337e28dc08af2e7efab399e9248c9e7db477e593d5d6e254757308",
)
FOLDER = "mskt-0.1.22/data/MESE_T2_dicom_data_anon"
SLICES, ECHOES = 24, 8
SERIES = {1: ("te6", 1), 8: ("te50", 2)}
"""Echo number to folder and Series Number (0020,0011); the six echoes between are left out."""

TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "PatientPosition", "ScanningSequence", "SequenceVariant", "ScanOptions",
    "MRAcquisitionType", "AngioFlag", "SliceThickness", "RepetitionTime", "EchoTime", "NumberOfAverages",
    "ImagingFrequency", "ImagedNucleus", "EchoNumbers", "MagneticFieldStrength", "SpacingBetweenSlices",
    "EchoTrainLength", "PercentSampling", "PercentPhaseFieldOfView", "PixelBandwidth", "ReconstructionDiameter",
    "ReceiveCoilName", "AcquisitionMatrix", "InPlanePhaseEncodingDirection", "FlipAngle", "VariableFlipAngleFlag",
    "SAR", "AcquisitionNumber",
)  # fmt: skip
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write 24 slices of each of two echoes."""
    for number in range(1, SLICES * ECHOES + 1):
        echo = (number - 1) % ECHOES + 1
        if echo in SERIES:
            source = dcmread(BytesIO(archives[PACKAGE.name].read(f"{FOLDER}/E3655S8I{number:03d}.MR.dcm")))
            new = _slice(source, echo)
            name, _ = SERIES[echo]
            write(new, folder / "dicom" / name / f"{new.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)


def _slice(source: Dataset, echo: int) -> Dataset:
    """Make one clean MR image (PS3.3 A.4)."""
    new = new_instance(SLUG, source, study="MR KNEE", series=f"Sagittal, TE {float(source.EchoTime):.1f} ms")
    deidentified(new, [CLEAN_DESCRIPTORS])
    keep(new, source, (*TECHNIQUE, *GEOMETRY, "PhotometricInterpretation"))
    # The source puts all eight echoes into one series; each is a stack of its own.
    new.SeriesInstanceUID = derived_uid(SLUG, f"{source.SeriesInstanceUID}/{echo}")
    new.SeriesNumber = SERIES[echo][1]
    new.InstanceNumber = (int(source.InstanceNumber) - 1) // ECHOES + 1
    new.FrameOfReferenceUID = derived_uid(SLUG, source.FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.BodyPartExamined = "KNEE"
    new.Laterality = ""  # the source names no side, and the positions of the slices tell it
    new.ImageType = ["DERIVED", "PRIMARY", "OTHER"]
    new.DerivationDescription = "Stored values unchanged; byte order and compression changed; series split by echo"
    set_pixels_lossless(new, source.pixel_array.astype(np.int16), bits=16)
    return new


ORIGIN = Origin(
    source=(
        "Test data of mskt 0.1.22: a knee examined with a multi-echo spin echo for T2 mapping, in the folder "
        "that the package calls anonymised. The package does not say whose knee this is."
    ),
    members=f"{FOLDER}: the 48 of 192 files that hold echoes 1 and 8",
    licence="MIT",
    licence_url="https://opensource.org/license/mit",
    citation="mskt 0.1.22 (A. Gatti), test data.",
    attribution=(
        "mskt 0.1.22 test data, A. Gatti, under the MIT licence, which the package states in its metadata "
        "without a licence text of its own. Changed as listed in SOURCE.md."
    ),
    changes=(
        "Header written anew from a whitelist: geometry and acquisition technique kept; placeholder dates, "
        "references to other objects, windows of single slices and every other attribute left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}.",
        "Echoes 1 (6.3 ms) and 8 (50.5 ms) of 8 taken, each made a series of its own. Recorded as derived images.",
        "Big-endian values written as little-endian and compressed without loss as HTJ2K; no value changed.",
    ),
    flags=(
        "The package states its licence for itself; its images carry none of their own, and whose they are is "
        "not stated.",
        "Age, sex and history are not stated; the indication is written for teaching.",
        "The header names no side: it follows from the positions of the slices.",
        "No diagnosis is documented. One plane without fat suppression cannot prove a knee sound.",
        "The region is drawn from what is visible and not verified by an expert.",
    ),
    notices=(),  # the archive holds no licence text, only the word MIT in its metadata
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
