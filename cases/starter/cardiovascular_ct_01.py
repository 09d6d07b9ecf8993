"""A CT angiography of the chest from TotalSegmentator's test data, with the package's outlines of two lumina."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cases.starter.dicom import CLEAN_DESCRIPTORS, HTJ2K_LOSSLESS, RETAIN_PATIENT_CHARACTERISTICS, deidentified, write
from cases.starter.nifti import Volume, read_nifti
from cases.starter.packages import Archive
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.totalsegmentator import ATTRIBUTION, CITATION, DATA, LICENCE, LICENCE_URL, NOTICES, PACKAGE
from cases.starter.volume import axial, ct_slices, mask_outlines

SLUG = "cardiovascular-ct-01"
FOLDER = f"{DATA}/aorta_report"
IMAGE = f"{FOLDER}/example_ct.nii.gz"
MASKS = {
    "false-lumen": f"{FOLDER}/test_result/models/aorta_false_lumen.nii.gz",
    "true-lumen": f"{FOLDER}/test_result/models/aorta_true_lumen.nii.gz",
}
"""Region and file name to member."""
SLICES = 164
"""Kept from below: the height of the package's masks; above lie neck and jaw."""


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the slices and the package's outlines."""
    archive = archives[PACKAGE.name]
    whole = axial(read_nifti(archive.read(IMAGE)))
    volume = Volume(values=whole.values[:SLICES], to_patient=whole.to_patient)
    slices = ct_slices(
        SLUG,
        volume,
        study="CT ANGIOGRAPHY CHEST",
        series="Axial, resampled to 1.5 mm",
        derivation="Resampled to 1.5 mm by the source; values clipped to -1024 to 3071 HU",
    )
    for number, new in enumerate(slices, 1):
        deidentified(new, [CLEAN_DESCRIPTORS, RETAIN_PATIENT_CHARACTERISTICS])
        new.PatientAge, new.PatientSex = "055Y", "M"  # example_nodeinfo.json
        new.BodyPartExamined = "CHEST"  # visible
        write(new, folder / "dicom" / "ct" / f"{number:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    for name, member in MASKS.items():
        mask = axial(read_nifti(archive.read(member)))
        outline = mask_outlines(mask.values > 0, _on_grid(mask, volume), "Machine segmentation")
        write_outlines(folder, name, outline)


def _on_grid(mask: Volume, volume: Volume) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Give the mask's affine, moved onto the volume's grid, of which it is a part; rounding apart they agree."""
    if not np.allclose(mask.to_patient[:3, :3], volume.to_patient[:3, :3], atol=1e-4):
        raise ValueError("mask and image differ in spacing")
    offset = (mask.to_patient[:3, 3] - volume.to_patient[:3, 3]) / volume.spacing_mm
    if not np.allclose(offset, np.rint(offset), atol=0.01):
        raise ValueError("mask and image do not lie on the same grid")
    affine = volume.to_patient.copy()
    affine[:3, 3] += np.rint(offset) * volume.spacing_mm
    return affine


ORIGIN = Origin(
    source=(
        "Example CT of the aorta report in the test data of TotalSegmentator's source archive, with the machine's "
        "own outlines of the true and the false lumen. The package says nothing of the patient but age and sex."
    ),
    members="; ".join((IMAGE, *MASKS.values(), f"{FOLDER}/example_nodeinfo.json")),
    licence=LICENCE,
    licence_url=LICENCE_URL,
    citation=CITATION,
    attribution=ATTRIBUTION,
    changes=(
        f"Made CT images from a NIfTI volume; new UIDs; Patient Name and ID are {SLUG}. Recorded as a derived image.",
        "The source resampled the images to 1.5 mm in every direction; its grid is kept and not turned.",
        "Values below -1024 HU raised to it and values above 3071 HU lowered to it; every other value is unchanged.",
        f"The lowest {SLICES} of 191 slices kept; those of neck and jaw left out.",
        "Age and sex taken from the package's example_nodeinfo.json; its placeholder dates left out.",
        "Compressed without loss as HTJ2K.",
        "Masks of the true and the false lumen outlined along their pixel edges; no pixel added or removed.",
    ),
    flags=(
        "The licence is the package's; nothing says separately that it covers the images.",
        "The outlines are made by a machine and not verified by an expert.",
        "The operations, their dates, symptoms and earlier examinations are not documented; the indication is "
        "written for teaching.",
        "Tube voltage, kernel, original slice thickness and gating are unknown.",
    ),
    notices=NOTICES,
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
