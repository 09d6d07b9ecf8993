"""One MR image of a shoulder from the DICOM working group's compression samples."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

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

SLUG = "msk-mr-02"
PACKAGE = Package(
    registry="PyPI",
    name="pydicom-data",
    version="1.0.0",
    file="pydicom_data-1.0.0-py3-none-any.whl",
    sha256="622ac97265f1d91f76b5120b5bd6eb0f57737c392ef863b72c71779c91e33637",
)
MEMBER = "data_store/data/MR2_UNCR.dcm"
TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "PatientPosition", "PatientSex", "ScanningSequence", "ScanOptions",
    "MRAcquisitionType", "SliceThickness", "RepetitionTime", "EchoTime", "NumberOfAverages", "ImagingFrequency",
    "ImagedNucleus", "EchoNumbers", "MagneticFieldStrength", "SpacingBetweenSlices", "NumberOfPhaseEncodingSteps",
    "PercentSampling", "PercentPhaseFieldOfView", "ReceiveCoilName", "TransmitCoilName",
    "InPlanePhaseEncodingDirection", "FlipAngle",
)  # fmt: skip
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the one image."""
    source = dcmread(BytesIO(archives[PACKAGE.name].read(MEMBER)))
    write(_image(source), folder / "dicom" / "mr" / "0001.dcm", syntax=HTJ2K_LOSSLESS)


def _image(source: Dataset) -> Dataset:
    """Make the clean MR image (PS3.3 A.4)."""
    new = new_instance(SLUG, source, study="MR SHOULDER", series="Oblique coronal, TR 350, TE 27 ms")
    deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
    keep(new, source, (*TECHNIQUE, *GEOMETRY, "PhotometricInterpretation"))
    new.PatientAge = "045Y"  # from the source's birth and series dates, which are not kept
    new.SequenceVariant = "NONE"  # the source's OTHER is no term of the standard
    new.EchoTrainLength = 1  # the source's 0 means the one echo of a spin echo
    new.FrameOfReferenceUID = derived_uid(SLUG, source.FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.AcquisitionNumber = None
    new.BodyPartExamined = "SHOULDER"
    new.Laterality = ""  # the source names no side, and the position of the slice tells it
    new.ImageType = ["DERIVED", "PRIMARY", "OTHER"]
    new.DerivationDescription = "Stored values unchanged; header written anew; compressed without loss"
    set_pixels_lossless(new, source.pixel_array, bits=source.BitsStored)
    return new


ORIGIN = Origin(
    source=(
        "Image MR2 of the compression sample set of DICOM Working Group 4 (D. Clunie, 2004), "
        "as carried by pydicom-data."
    ),
    members=MEMBER,
    licence="MIT",
    licence_url="https://opensource.org/license/mit",
    citation=(
        "DICOM Working Group 4 compression sample set (D. Clunie, 2004), image MR2; redistributed in "
        "pydicom-data 1.0.0."
    ),
    attribution=(
        "DICOM Working Group 4 compression sample set (D. Clunie, 2004), redistributed in pydicom-data "
        "1.0.0 under the MIT licence, copyright 2020 Dicom in Python. Changed as listed in SOURCE.md; the "
        "notice follows."
    ),
    changes=(
        "Header written anew from a whitelist: birth date, weight, institution text, protocol name, comments and "
        "dates left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}. Age 45 years computed from the "
        "source's dates.",
        "Sequence Variant NONE and Echo Train Length 1 instead of OTHER and 0.",
        "Rescale by 3.774 to an unspecified unit left out, which MR Image Storage does not know, and with it the "
        "window that was given in that unit.",
        "Compressed without loss as HTJ2K, 12 bits stored; no value changed. Recorded as a derived image.",
    ),
    flags=(
        "The package has a licence, the image itself carries no licence of its own.",
        "No diagnosis or history is stated; the indication is written for teaching. One slice excludes nothing.",
        "The header names no side: it follows from the position of the slice.",
        "The regions are drawn from what is visible and not verified by an expert.",
    ),
    notices=(("pydicom-data", "pydicom_data-1.0.0.dist-info/LICENSE"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
