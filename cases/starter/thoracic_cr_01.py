"""A chest radiograph from a selenium drum."""

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

SLUG = "thoracic-cr-01"
TECHNIQUE = (
    "Manufacturer", "BodyPartExamined", "ViewPosition", "KVP", "DistanceSourceToDetector", "ExposureTime", "Exposure",
    "FilterType", "PlateType", "PatientOrientation", "PatientSex",
)  # fmt: skip
GREY = ("PhotometricInterpretation", "WindowCenter", "WindowWidth")
SPACING_MM = 0.2
"""The collimator's opening of 368 x 392 mm was read as 1841 x 1955 pixels; the header's spacing is 0."""
SHUTTER_COLUMNS, SHUTTER_ROWS = (1, 1808), (26, 1955)
"""First and last column and row, counted from 1, without the drum's striped edge."""


def _image(source: Dataset) -> Dataset:
    """Make the clean radiograph (PS3.3 A.2)."""
    new = new_instance(SLUG, source, study="CHEST", series="PA")
    deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
    keep(new, source, (*TECHNIQUE, *GREY))
    new.PatientAge = "055Y"  # from the source's birth and series dates, which are not kept
    new.ImagerPixelSpacing = [SPACING_MM, SPACING_MM]
    new.ImageType = ["DERIVED", "PRIMARY"]
    new.DerivationDescription = (
        "Pixels unchanged. Imager Pixel Spacing estimated from the collimator edges, not measured. "
        "Shutter over the edge of the drum."
    )
    new.ShutterShape = "RECTANGULAR"  # Display Shutter, PS3.3 C.7.6.11
    new.ShutterLeftVerticalEdge, new.ShutterRightVerticalEdge = SHUTTER_COLUMNS
    new.ShutterUpperHorizontalEdge, new.ShutterLowerHorizontalEdge = SHUTTER_ROWS
    new.ShutterPresentationValue = 0
    set_pixels_lossless(new, source.pixel_array, bits=source.BitsStored)
    return new


RECIPE = sample_recipe(
    SLUG,
    image="RG1",
    file="RG1_UNCR.dcm",
    series="cr",
    clean=_image,
    changes=(
        "Header written anew from a whitelist: birth date, further patient IDs, institution, device serial, "
        "station and dates left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}. Age 55 years computed from "
        "the source's dates.",
        "Pixel Spacing of 0 left out; Imager Pixel Spacing 0.2 mm added, estimated from the collimator edges in "
        "the header (368 x 392 mm for 1841 x 1955 pixels).",
        "Display shutter added over the striped edge of the drum (rows 26 to 1955, columns 1 to 1808 stay open); "
        "no pixel removed or changed.",
        "Kept MONOCHROME1, 15 bits and the source's orientation; re-encoded without loss as HTJ2K.",
    ),
    flags=(
        "No diagnosis is documented; every finding is observed for teaching.",
        "There is no side marker: left and right follow the source's Patient Orientation and the anatomy.",
        "Pixel spacing is estimated: measurements are approximate and made at the detector.",
        "The regions are drawn from the visible findings and not verified by an expert; the indication is "
        "written for teaching.",
    ),
)
