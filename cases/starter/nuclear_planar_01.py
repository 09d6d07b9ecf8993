"""A whole-body bone scan, one planar view."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.sr.coding import Code
from pydicom.uid import NuclearMedicineImageStorage

from cases import CaseError
from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    HTJ2K_LOSSLESS,
    RETAIN_PATIENT_CHARACTERISTICS,
    code_item,
    deidentified,
    keep,
    new_instance,
    set_pixels_lossless,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe

SLUG = "nuclear-planar-01"
PACKAGE = Package(
    registry="PyPI",
    name="pydicom-data",
    version="1.0.0",
    file="pydicom_data-1.0.0-py3-none-any.whl",
    sha256="622ac97265f1d91f76b5120b5bd6eb0f57737c392ef863b72c71779c91e33637",
)
MEMBER = "data_store/data/JPEG-LL.dcm"
KEPT = (
    "Manufacturer", "PatientSex", "PixelSpacing", "PhotometricInterpretation", "CorrectedImage",
    "CountsAccumulated", "ActualFrameDuration", "ScanVelocity", "WholeBodyTechnique", "ScanLength",
    "AcquisitionTerminationCondition", "NumberOfFrames", "FrameIncrementPointer", "EnergyWindowVector",
    "NumberOfEnergyWindows", "DetectorVector", "NumberOfDetectors",
)  # fmt: skip
TECHNETIUM_99M = Code("72454006", "SCT", "^99m^Technetium")


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the one view."""
    source = dcmread(BytesIO(archives[PACKAGE.name].read(MEMBER)))
    write(_view(source), folder / "dicom" / "nm" / "0001.dcm", syntax=HTJ2K_LOSSLESS)


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
    try:
        import imagecodecs  # only the builder needs it, so it is no dependency of the reading room
    except ImportError as error:
        raise CaseError(
            "build-library: the package imagecodecs is not installed. Install the dependency group `library`."
        ) from error
    frame = next(generate_frames(source.PixelData, number_of_frames=1))
    return np.asarray(imagecodecs.ljpeg_decode(frame)).astype(np.int16)  # 0 to 278, signed in the source


ORIGIN = Origin(
    source=(
        "Image NM1 of the compression sample set of DICOM Working Group 4 (D. Clunie, 2004), "
        "as carried by pydicom-data in JPEG lossless."
    ),
    members=MEMBER,
    licence="MIT",
    licence_url="https://opensource.org/license/mit",
    citation=(
        "DICOM Working Group 4 compression sample set (D. Clunie, 2004), image NM1; redistributed in "
        "pydicom-data 1.0.0."
    ),
    attribution=(
        "DICOM Working Group 4 compression sample set (D. Clunie, 2004), redistributed in pydicom-data "
        "1.0.0 under the MIT licence, copyright 2020 Dicom in Python. Changed as listed in SOURCE.md; the "
        "notice follows."
    ),
    changes=(
        "Header written anew from a whitelist: private groups, one of which held a name, institution, station, "
        "device serial and dates left out.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}.",
        "Written as Nuclear Medicine Image, which is what its attributes describe; the source called itself "
        "Secondary Capture with modality NM. Technetium-99m taken over from a private element.",
        "Pixels unchanged; decoded from JPEG lossless and re-encoded without loss as HTJ2K.",
    ),
    flags=(
        "The package has a licence, the image itself carries no licence of its own.",
        "No diagnosis, agent, injected activity or age is documented.",
        "One view only, anterior by anatomy. There is no marker: sides are named as on the image.",
        "The regions are drawn from the visible findings and not verified by an expert; the indication is "
        "written for teaching.",
    ),
    notices=(("pydicom-data", "pydicom_data-1.0.0.dist-info/LICENSE"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
