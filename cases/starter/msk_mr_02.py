"""One MR image of a shoulder from the DICOM working group's compression samples."""

from pydicom import Dataset

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    RETAIN_PATIENT_CHARACTERISTICS,
    deidentified,
    derived_uid,
    keep,
    new_instance,
    set_pixels_lossless,
)
from cases.starter.wg4_samples import sample_recipe

SLUG = "msk-mr-02"
TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "PatientPosition", "PatientSex", "ScanningSequence", "ScanOptions",
    "MRAcquisitionType", "SliceThickness", "RepetitionTime", "EchoTime", "NumberOfAverages", "ImagingFrequency",
    "ImagedNucleus", "EchoNumbers", "MagneticFieldStrength", "SpacingBetweenSlices", "NumberOfPhaseEncodingSteps",
    "PercentSampling", "PercentPhaseFieldOfView", "ReceiveCoilName", "TransmitCoilName",
    "InPlanePhaseEncodingDirection", "FlipAngle",
)  # fmt: skip
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


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


RECIPE = sample_recipe(
    SLUG,
    image="MR2",
    file="MR2_UNCR.dcm",
    series="mr",
    clean=_image,
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
        "No diagnosis or history is stated; the indication is written for teaching. One slice excludes nothing.",
        "The header names no side: it follows from the position of the slice.",
        "The regions are drawn from what is visible and not verified by an expert.",
    ),
)
