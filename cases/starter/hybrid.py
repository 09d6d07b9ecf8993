"""A simulated PET/CT or SPECT/CT: the CT of thoracic-ct-01, reduced, and the headers of an emission image beside it.

One convention: what is simulated says so in Series Description, in Manufacturer's Model Name and in Derivation
Description. Dates and times are invented (all on 1 January 2000), because SUV needs times; doses and weight
are invented likewise. CT and emission image share study and frame of reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.sr.coding import Code

from cases.starter.anatomy import Chest, Values
from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    code_item,
    deidentified,
    derived_uid,
    describe_grey,
    htj2k,
    keep,
    new_instance,
    set_pixels_lossless,
)
from cases.starter.thoracic_ct_01 import GREY, TECHNIQUE

DATE: Final = "20000101"
INJECTION_TIME: Final = "091500"
SIMULATED: Final = "Simulated acquisition"

RECUMBENT = Code("102538003", "SCT", "recumbent")
SUPINE = Code("40199007", "SCT", "supine")
FEET_FIRST = Code("102541007", "SCT", "feet-first")


@dataclass(frozen=True, slots=True)
class Tracer:
    """What was injected."""

    radionuclide: Code
    """CID 18 or 4020."""
    agent: Code
    """CID 25 or 4021."""
    name: str
    """For Radiopharmaceutical (0018,0031)."""
    dose_bq: float
    """At the time of injection."""
    half_life_s: float
    """Physical."""


def ct_slices(slug: str, chest: Chest, slices: slice, study: str) -> Sequence[Dataset]:
    """Make the CT of the hybrid examination (PS3.3 A.3), lowest slice first."""
    return [_ct_slice(slug, chest, k, study) for k in range(*slices.indices(len(chest.hu)))]


def _ct_slice(slug: str, chest: Chest, k: int, study: str) -> Dataset:
    source = chest.headers[k]
    new = new_instance(slug, source, study=study, series="Axial CT, 2.5 mm")
    deidentified(new, [CLEAN_DESCRIPTORS])
    keep(new, source, (*TECHNIQUE, *GREY))
    new.StudyDate, new.StudyTime = DATE, INJECTION_TIME
    new.FrameOfReferenceUID = derived_uid(slug, source.FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.AcquisitionNumber = None
    x, y, z = chest.first_mm
    new.ImagePositionPatient = [x, y, round(z + k * chest.spacing_mm[0], 4)]
    new.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    new.PixelSpacing = list(chest.spacing_mm[1:])
    new.RescaleType = "HU"
    new.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    new.DerivationDescription = "Padding raised from stored -1024 to 0; 2 x 2 pixels averaged"
    stored: Values = (chest.hu[k] - np.int16(source.RescaleIntercept)).astype(np.int16)
    set_pixels_lossless(new, stored, bits=16)
    return new


def emission_instance(slug: str, chest: Chest, part: str, *, modality: str, sop_class: str, study: str) -> Dataset:
    """Start an emission image in the study and frame of reference of the CT."""
    source = Dataset()
    source.StudyInstanceUID = chest.headers[0].StudyInstanceUID
    source.SeriesInstanceUID = derived_uid(slug, f"{modality} series")
    source.SOPInstanceUID = derived_uid(slug, f"{modality} {part}")
    source.SOPClassUID, source.Modality, source.InstanceNumber = sop_class, modality, None
    new = new_instance(slug, source, study=study, series=f"{modality}, {SIMULATED.lower()}")
    deidentified(new, [CLEAN_DESCRIPTORS])
    new.SeriesNumber = 2
    new.StudyDate, new.StudyTime = DATE, INJECTION_TIME
    new.Manufacturer, new.ManufacturerModelName = "Readout", SIMULATED
    new.BodyPartExamined = "CHEST"
    new.FrameOfReferenceUID = derived_uid(slug, chest.headers[0].FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.ImageComments = ""
    new.DerivationDescription = (
        "Simulated: activity painted into the organs of a real CT, blurred, Poisson noise added, filtered"
    )
    # NM/PET Patient Orientation, PS3.3 C.8.4.6; the CT was acquired supine, feet first.
    orientation = code_item(RECUMBENT)
    orientation.PatientOrientationModifierCodeSequence = [code_item(SUPINE)]
    new.PatientOrientationCodeSequence = [orientation]
    new.PatientGantryRelationshipCodeSequence = [code_item(FEET_FIRST)]
    return new


def radiopharmaceutical(tracer: Tracer) -> Dataset:
    """Give the item that says what was injected, when and how much (PS3.3 C.8.4.10, C.8.9.2)."""
    item = Dataset()
    item.Radiopharmaceutical = tracer.name
    item.RadiopharmaceuticalStartTime = INJECTION_TIME
    item.RadionuclideTotalDose = tracer.dose_bq
    item.RadionuclideCodeSequence = [code_item(tracer.radionuclide)]
    item.RadiopharmaceuticalCodeSequence = [code_item(tracer.agent)]
    return item


def energy_window(low_kev: float, high_kev: float) -> Dataset:
    """Give the range of energies that were counted."""
    item = Dataset()
    item.EnergyWindowLowerLimit, item.EnergyWindowUpperLimit = low_kev, high_kev
    return item


def set_frames_lossless(new: Dataset, frames: npt.NDArray[np.uint16]) -> None:
    """Set a multi-frame grey image, each frame compressed without loss as HTJ2K."""
    new.NumberOfFrames, new.Rows, new.Columns = frames.shape
    new.PhotometricInterpretation = "MONOCHROME2"
    describe_grey(new, allocated=16, bits=16, signed=False)
    new.PixelData = encapsulate([htj2k(frame, 16) for frame in frames], has_bot=True)


def painted(labels: npt.NDArray[np.uint8], uptake: dict[str, float], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Give the activity of every voxel by its label; every label must be named."""
    return np.array([uptake[name] for name in names])[labels]
