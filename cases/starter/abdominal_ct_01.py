"""A CT volume of abdomen and pelvis from TotalSegmentator's test data, 3 mm in every direction."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.nifti import read_nifti
from cases.starter.packages import Archive
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.totalsegmentator import ATTRIBUTION, CITATION, DATA, LICENCE, LICENCE_URL, NOTICES, PACKAGE
from cases.starter.volume import axial, ct_slices, mask_outlines

SLUG = "abdominal-ct-01"
MEMBER = f"{DATA}/example_ct.nii.gz"
STONE = np.s_[60:66, 46:53, 49:56]
"""Box (k, j, i) round the stone, with nothing else above the threshold in it."""
STONE_HU = 200


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the slices, and the outline of what is dense at the stone."""
    volume = axial(read_nifti(archives[PACKAGE.name].read(MEMBER)))
    slices = ct_slices(
        SLUG,
        volume,
        study="CT ABDOMEN AND PELVIS",
        series="Axial, resampled to 3 mm",
        derivation="Resampled to 3 mm cubes at the source; here axes reversed and values clipped to 12 bits",
        body_part="ABDOMEN",
    )
    for number, new in enumerate(slices, 1):
        write(new, folder / "dicom" / "ct" / f"{number:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    dense = np.zeros(volume.values.shape, np.bool_)
    dense[STONE] = volume.values[STONE] > STONE_HU
    outline = mask_outlines(dense, volume.to_patient, f"Above {STONE_HU} HU")
    write_outlines(folder, "stone", outline)


ORIGIN = Origin(
    source=(
        "Example CT among the reference files of TotalSegmentator's tests, a package that segments organs. Who "
        "and why is not stated; the package's authors work at the University Hospital Basel."
    ),
    members=MEMBER,
    licence=LICENCE,
    licence_url=LICENCE_URL,
    citation=CITATION,
    attribution=ATTRIBUTION,
    changes=(
        "NIfTI volume written as CT images: the NIfTI holds grid and values only, so there was no header to clean. "
        "Axes i and j reversed to run to the patient's left and back; nothing resampled here.",
        "Values from -1207 to 3382 HU clipped to -1024 to 3071 HU, 12 bits; re-encoded without loss as HTJ2K.",
        f"New UIDs; Patient Name and ID are {SLUG}. Thickness, kVp, kernel and scanner are not in the source.",
        f"Region made here: connected voxels above {STONE_HU} HU at the stone, outlined along pixel edges.",
    ),
    flags=(
        "The licence is the package's; nothing in it speaks of the images separately.",
        "The volume was resampled to 3 mm before it came into the package: small stones and true sizes are lost.",
        "No diagnosis is documented. Age and sex are not stated; the indication is written for teaching.",
        "The region is a threshold, not an expert's outline.",
    ),
    notices=NOTICES,
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
