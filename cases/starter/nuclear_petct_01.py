"""A simulated FDG PET/CT: textbook uptake painted into the organs of the chest CT of thoracic-ct-01."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import PositronEmissionTomographyImageStorage

from cases.starter.anatomy import LABELS, Chest, grid, organs, read_chest
from cases.starter.dicom import HTJ2K_LOSSLESS, set_pixels_lossless, write
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
)
from cases.starter.packages import Archive
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.thoracic_ct_01 import IMAGES, OUTLINES, outlines
from cases.starter.thoracic_ct_01 import ORIGIN as CT_ORIGIN

SLUG = "nuclear-petct-01"
STUDY = "PET CT CHEST"
FDG = Tracer(
    radionuclide=Code("77004003", "SCT", "^18^Fluorine"),
    agent=Code("35321007", "SCT", "Fluorodeoxyglucose F^18^"),
    name="Fluorodeoxyglucose F-18",
    dose_bq=250e6,
    half_life_s=6586.2,
)
WEIGHT_KG: Final = 75.0
SERIES_TIME: Final = "101500"
DELAY_S: Final = 3600.0
FRAME_S: Final = 150.0
LESION_SUV: Final = 8.0
UPTAKE: Final = {
    "air": 0.0, "lung": 0.5, "fat": 0.3, "soft tissue": 0.8, "bone marrow": 1.3, "blood pool": 1.7,
    "myocardium": 3.0, "liver": 2.3, "spleen": 1.9, "kidney": 3.5, "renal pelvis": 15.0,
}  # fmt: skip
"""Mean SUVbw an hour after injection, rounded from what is published for normal organs; the range between people
is wide, above all for myocardium and urine."""
BINNING: Final = 2
"""Voxels of the reduced CT that become one PET voxel within a slice: 2.8 mm."""
# Blur and filter make 6 mm; the counts are such that liver varies by 10 %, as in routine images.
SCANNER: Final = Scanner(blur_mm=math.sqrt(6.0**2 - 4.0**2), filter_mm=4.0, counts_per_unit=4.3)
SEED: Final = 20260101


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write CT, PET, the readers' outlines and the truth."""
    chest = read_chest(archives)
    readers = outlines(archives)
    labels = organs(chest)
    lesion = consensus(readers, chest, agreement=2)
    suv = painted(labels, UPTAKE, LABELS)
    suv[lesion] = LESION_SUV
    spacing = (chest.spacing_mm[0], chest.spacing_mm[1] * BINNING, chest.spacing_mm[2] * BINNING)
    acquired = acquire(_binned(suv), spacing, SCANNER, SEED)
    to_patient = grid(_first_mm(chest), spacing)
    for image in ct_slices(SLUG, chest, slice(None), STUDY):
        write(image, folder / "dicom" / "ct" / f"{image.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    stored = np.rint(np.maximum(acquired.image, 0) * bq_per_suv()).astype(np.uint16)
    for k, values in enumerate(stored):
        image = _pet_slice(chest, to_patient, spacing, k, values, len(stored))
        write(image, folder / "dicom" / "pet" / f"{k + 1:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    write_outlines(folder, "nodule", readers)
    truth = _truth(acquired, _binned(lesion.astype(np.float64)), to_patient, _organ_truth(labels, acquired))
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8", newline="\n")


def bq_per_suv() -> float:
    """Give the Bq/mL of SUV 1: the dose left at the start of the series, over body weight in grams."""
    return float(FDG.dose_bq * 2 ** (-DELAY_S / FDG.half_life_s) / (WEIGHT_KG * 1000))


def consensus(readers: Mapping[str, Any], chest: Chest, agreement: int) -> npt.NDArray[np.bool_]:
    """Give the voxels whose centre lies within the outlines of enough readers."""
    votes = np.zeros(chest.hu.shape, np.uint8)
    x0, y0, z0 = chest.first_mm
    slice_mm, row_mm, column_mm = chest.spacing_mm
    for reader in readers["readers"]:
        for contour in reader["contours"]:
            points = np.array(contour["points"])
            corners = (points[:, :2] - (x0, y0)) / (column_mm, row_mm)
            votes[round((points[0, 2] - z0) / slice_mm)] += _inside(corners, chest.hu.shape[1:])
    return votes >= agreement


def _inside(corners: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Fill an outline by the even-odd rule along the rows."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay != by:
            inside ^= ((ay > rows) != (by > rows)) & (columns < (bx - ax) * (rows - ay) / (by - ay) + ax)
    return inside


def _binned(volume: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    for axis in (1, 2):
        volume = rebinned(volume, axis, 1.0, float(BINNING), volume.shape[axis] // BINNING)
    return volume


def _first_mm(chest: Chest) -> tuple[float, float, float]:
    x, y, z = chest.first_mm
    half = (BINNING - 1) / 2
    return x + half * chest.spacing_mm[2], y + half * chest.spacing_mm[1], z


def _pet_slice(
    chest: Chest,
    to_patient: npt.NDArray[np.float64],
    spacing: tuple[float, float, float],
    k: int,
    values: npt.NDArray[np.uint16],
    count: int,
) -> Dataset:
    """Make one PET image (PS3.3 A.21)."""
    uid = PositronEmissionTomographyImageStorage
    new = emission_instance(SLUG, chest, f"slice {k}", modality="PT", sop_class=uid, study=STUDY)
    new.InstanceNumber = k + 1
    new.PatientWeight = WEIGHT_KG
    # PET Series, C.8.9.1
    new.SeriesDate, new.SeriesTime = DATE, SERIES_TIME
    new.Units, new.CountsSource, new.SeriesType = "BQML", "EMISSION", ["STATIC", "IMAGE"]
    new.NumberOfSlices = count
    new.CorrectedImage = ["DECY", "ATTN", "SCAT", "RAN", "NORM"]
    new.DecayCorrection = "START"
    new.AttenuationCorrectionMethod = "simulated, none needed"
    new.ReconstructionMethod = "simulated in image space, 6 mm FWHM"
    new.CollimatorType = "NONE"
    # PET Isotope, C.8.9.2
    item = radiopharmaceutical(FDG)
    item.RadionuclideHalfLife = FDG.half_life_s
    item.RadionuclidePositronFraction = 0.967
    new.RadiopharmaceuticalInformationSequence = [item]
    new.EnergyWindowRangeSequence = [energy_window(435, 585)]
    # PET Image, C.8.9.4
    new.ImageType = ["DERIVED", "PRIMARY"]
    new.AcquisitionDate, new.AcquisitionTime = DATE, SERIES_TIME
    decay = math.log(2) / FDG.half_life_s
    factor = decay * FRAME_S / -math.expm1(-decay * FRAME_S)
    new.FrameReferenceTime = round(1000 * math.log(factor) / decay, 3)
    new.ActualFrameDuration = round(1000 * FRAME_S)
    new.DecayFactor = round(factor, 6)
    new.ImageIndex = k + 1
    # Image Plane, C.7.6.2
    new.ImagePositionPatient = [round(float(number), 6) for number in (to_patient @ [0, 0, k, 1])[:3]]
    new.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    new.PixelSpacing = list(spacing[1:])
    new.SliceThickness = spacing[0]
    new.PhotometricInterpretation = "MONOCHROME2"
    new.RescaleIntercept, new.RescaleSlope = 0, 1
    set_pixels_lossless(new, values, bits=16)
    return new


def _truth(
    acquired: Acquired, lesion: npt.NDArray[np.float64], to_patient: npt.NDArray[np.float64], organs_: dict[str, Any]
) -> dict[str, Any]:
    """State what was painted and what the model predicts, so that a reading can be checked against it."""
    inside = np.argwhere(lesion > 0.5)
    centre = inside[np.argmin(np.linalg.norm(inside - inside.mean(axis=0), axis=1))]
    k, j, i = (int(number) for number in centre)
    mean, deviation = float(acquired.mean[k, j, i]), float(acquired.deviation[k, j, i])
    return {
        "unit": "SUVbw",
        "bq_per_ml_of_suv_1": round(bq_per_suv(), 4),
        "resolution_mm_fwhm": round(SCANNER.resolution_mm, 3),
        "counts": acquired.counts,
        "seed": SEED,
        "lesion": {
            "centre_mm": [round(float(number), 4) for number in (to_patient @ [i, j, k, 1])[:3]],
            "painted": LESION_SUV,
            "recovery": round(mean / LESION_SUV, 4),
            "predicted_mean": round(mean, 4),
            "predicted_noise": round(deviation, 4),
            "voxels": len(inside),
        },
        "organs": organs_,
    }


def _organ_truth(labels: npt.NDArray[np.uint8], acquired: Acquired) -> dict[str, Any]:
    """Give painted uptake and predicted noise where an organ fills its voxels."""
    found = {}
    for name in ("liver", "blood pool", "spleen", "lung"):
        share = _binned((labels == LABELS.index(name)).astype(np.float64))
        whole = share > 0.999
        found[name] = {
            "painted": UPTAKE[name],
            "predicted_noise": round(float(acquired.deviation[whole].mean()), 4),
            "voxels": int(whole.sum()),
        }
    return found


ORIGIN = Origin(
    source=(
        "SIMULATED PET beside a real CT. " + CT_ORIGIN.source + " The PET was not acquired: uptake was painted into "
        "organs found on that CT, and given the blur and noise of a scanner by the model in cases/starter/emission.py."
    ),
    members=CT_ORIGIN.members,
    licence=CT_ORIGIN.licence,
    licence_url=CT_ORIGIN.licence_url,
    citation=CT_ORIGIN.citation,
    attribution=CT_ORIGIN.attribution,
    changes=(
        "CT: header written anew from a whitelist; new UIDs; padding raised from -2048 to -1024 HU; 2 x 2 pixels "
        "averaged (0.70 to 1.41 mm); re-encoded without loss as HTJ2K. All 133 slices kept.",
        "PET: simulated. Organs were found on the CT by thresholds, boxes and growing from seeds chosen by eye, and "
        "looked at. Uptake is uniform in each organ, in SUVbw: "
        + ", ".join(f"{name} {value:g}" for name, value in UPTAKE.items())
        + f"; the readers' consensus region {LESION_SUV:g}. Values rounded from published means of normal organs "
        "(Ramos 2001, Zincirkeser 2007, Wahl 2009).",
        "PET: Gaussian blur and filter of 6.0 mm full width together, Poisson noise between them, attenuation, "
        "scatter, randoms and motion left out. Decay, dose, weight and all dates and times are invented: 250 MBq "
        "of F-18 an hour before the scan, 75 kg.",
        "PET: what was painted and what the model predicts is stored in truth.json.",
        "Readers' outlines converted from pixel positions to patient coordinates in mm (LPS).",
    ),
    flags=(
        f"{SIMULATED}: the PET says nothing about this patient's metabolism; the lesion's uptake was chosen.",
        "No pathology, stage or follow-up of this patient is published.",
        "Breathing is not simulated: PET and CT fit better than in life.",
        "Bowel and brown fat are given the uptake of soft tissue; brain and bladder are not covered.",
    ),
    notices=CT_ORIGIN.notices,
    doi=CT_ORIGIN.doi,
)

RECIPE = Recipe(slug=SLUG, packages=(IMAGES, OUTLINES), origin=ORIGIN, make=make)
