"""A computed radiograph of a lower leg, mirrored at its source and turned back here."""

import numpy as np
from pydicom import Dataset

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    RETAIN_PATIENT_CHARACTERISTICS,
    deidentified,
    keep,
    new_instance,
    set_pixels_lossless,
)
from cases.starter.wg4_samples import sample_recipe

SLUG = "msk-cr-01"
TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "ViewPosition", "PlateType",
    "CassetteOrientation", "CassetteSize", "Sensitivity", "PatientSex",
)  # fmt: skip
GREY = ("PhotometricInterpretation", "WindowCenter", "WindowWidth")
SPACING_MM = 0.2
"""A 35 cm cassette read as 1760 pixels is 0.199 mm a pixel; the header gives no spacing."""
SHUTTER_COLUMNS = (500, 1320)
"""First and last column that are not wholly behind the collimator, after the flip, counted from 1."""


def _image(source: Dataset) -> Dataset:
    """Make the clean radiograph (PS3.3 A.2), the side marker readable again."""
    new = new_instance(SLUG, source, study="LOWER LEG", series="AP")
    deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
    keep(new, source, (*TECHNIQUE, *GREY))
    new.PatientAge = "013Y"  # from the source's birth and acquisition dates, which are not kept
    new.Laterality = "R"
    # Columns now run towards the patient's left (PS3.3 C.7.6.1.1.1); the source said R\F and was mirrored.
    new.PatientOrientation = ["L", "F"]
    new.ImagerPixelSpacing = [SPACING_MM, SPACING_MM]
    new.ImageType = ["DERIVED", "PRIMARY"]
    new.DerivationDescription = (
        "Flipped left-right without loss: the side marker was mirrored. Imager Pixel Spacing estimated "
        "from the cassette size, not measured."
    )
    new.ShutterShape = "RECTANGULAR"  # Display Shutter, PS3.3 C.7.6.11
    new.ShutterLeftVerticalEdge, new.ShutterRightVerticalEdge = SHUTTER_COLUMNS
    new.ShutterUpperHorizontalEdge, new.ShutterLowerHorizontalEdge = 1, source.Rows
    new.ShutterPresentationValue = 0
    set_pixels_lossless(new, np.fliplr(source.pixel_array), bits=source.BitsStored)
    return new


RECIPE = sample_recipe(
    SLUG,
    image="RG3",
    file="RG3_UNCR.dcm",
    series="cr",
    clean=_image,
    changes=(
        "Header written anew from a whitelist: the source's Study Description named the diagnosis, and "
        "birth date, institution, accession number and dates stood in it; all left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}. Age 13 years computed from "
        "the source's dates.",
        "Flipped left-right without loss: the side marker was mirrored; Patient Orientation changed from "
        "R\\F to L\\F. Recorded as a derived image.",
        "Imager Pixel Spacing 0.2 mm added, estimated from the 35 cm cassette and 1760 pixels.",
        "Display shutter added at the collimation margins (columns 500 to 1320); no pixel removed or changed.",
        "Kept MONOCHROME1 and 10 bits; re-encoded without loss as HTJ2K.",
    ),
    flags=(
        "How the diagnosis in the source's header was proven is not stated.",
        "Pixel spacing is estimated: measurements are approximate and made at the detector.",
        "The region is drawn from the visible finding and not verified by an expert; the indication is "
        "written for teaching.",
    ),
)
