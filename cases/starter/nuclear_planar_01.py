"""A whole-body bone scan, one planar view."""

import numpy as np
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.sr.coding import Code
from pydicom.uid import NuclearMedicineImageStorage

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    RETAIN_PATIENT_CHARACTERISTICS,
    code_item,
    deidentified,
    keep,
    new_instance,
    set_pixels_lossless,
)
from cases.starter.wg4_samples import sample_recipe

SLUG = "nuclear-planar-01"
KEPT = (
    "Manufacturer", "PatientSex", "PixelSpacing", "PhotometricInterpretation", "CorrectedImage",
    "CountsAccumulated", "ActualFrameDuration", "ScanVelocity", "WholeBodyTechnique", "ScanLength",
    "AcquisitionTerminationCondition", "NumberOfFrames", "FrameIncrementPointer", "EnergyWindowVector",
    "NumberOfEnergyWindows", "DetectorVector", "NumberOfDetectors",
)  # fmt: skip
TECHNETIUM_99M = Code("72454006", "SCT", "^99m^Technetium")


def _view(source: Dataset) -> Dataset:
    """Make the clean nuclear medicine image (PS3.3 A.5); the source calls itself a secondary capture."""
    source.SOPClassUID = NuclearMedicineImageStorage
    new = new_instance(SLUG, source, study="WHOLE-BODY BONE SCINTIGRAPHY", series="Planar view")
    deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
    keep(new, source, KEPT)
    new.ImageType = ["DERIVED", "PRIMARY", "WHOLE BODY", "EMISSION"]
    new.DerivationDescription = "Pixels unchanged; header written anew"
    new.BodyPartExamined = "WHOLEBODY"  # the term of PS3.16 annex L for the source's WHOLE BODY
    new.PatientOrientation = ""  # no marker: left and right are not documented
    # Type 2 sequences, present and unknown (PS3.3 C.8.4.6, C.8.4.10, C.8.4.11)
    new.PatientOrientationCodeSequence = new.PatientGantryRelationshipCodeSequence = []
    new.EnergyWindowInformationSequence = [Dataset()]
    detector = Dataset()
    detector.CollimatorType = ""
    detector.ImageOrientationPatient = detector.ImagePositionPatient = None
    new.DetectorInformationSequence = [detector]
    nuclide = Dataset()  # the source names it in a private element, and no agent
    nuclide.RadionuclideCodeSequence = [code_item(TECHNETIUM_99M)]
    new.RadiopharmaceuticalInformationSequence = [nuclide]
    set_pixels_lossless(new, _pixels(source), bits=16)
    return new


def _pixels(source: Dataset) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    import imagecodecs  # it is large, and only the builder needs it

    frame = next(generate_frames(source.PixelData, number_of_frames=1))
    return np.asarray(imagecodecs.ljpeg_decode(frame)).astype(np.int16)  # 0 to 278, signed in the source


RECIPE = sample_recipe(
    SLUG,
    image="NM1",
    file="JPEG-LL.dcm",
    series="nm",
    clean=_view,
    changes=(
        "Header written anew from a whitelist: private groups, one of which held a name, institution, station, "
        "device serial and dates left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}.",
        "Written as Nuclear Medicine Image, which is what its attributes describe; the source called itself "
        "Secondary Capture with modality NM. Technetium-99m taken over from a private element.",
        "Pixels unchanged; decoded from JPEG lossless and re-encoded without loss as HTJ2K.",
    ),
    flags=(
        "No diagnosis, agent, injected activity or age is documented.",
        "One view only, anterior by anatomy. There is no marker: sides are named as on the image.",
        "The regions are drawn from the visible findings and not verified by an expert; the indication is "
        "written for teaching.",
    ),
    carried=" in JPEG lossless",
)
