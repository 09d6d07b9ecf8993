"""Part of a contrast-enhanced CT of the upper abdomen from TotalSegmentator's test data."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from cases.starter.dicom import HTJ2K_LOSSLESS, keep, write
from cases.starter.nifti import Volume, read_nifti
from cases.starter.packages import Archive
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.totalsegmentator import ATTRIBUTION, CITATION, DATA, LICENCE, LICENCE_URL, NOTICES, PACKAGE
from cases.starter.volume import axial, ct_slices, mask_outlines

SLUG = "abdominal-ct-02"
FOLDER = f"{DATA}/example_ct_dicom"
LABELS = f"{DATA}/example_seg_dicom.nii.gz"
SPLEEN = 1
TECHNIQUE = (
    "Manufacturer", "PatientPosition", "KVP", "DataCollectionDiameter", "ReconstructionDiameter",
    "DistanceSourceToDetector", "DistanceSourceToPatient", "GantryDetectorTilt", "RotationDirection", "ExposureTime",
    "XRayTubeCurrent", "Exposure", "FilterType", "FocalSpots", "ConvolutionKernel", "ContrastBolusAgent",
    "SliceThickness", "WindowCenter", "WindowWidth",
)  # fmt: skip


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the slices and the machine's outline of the spleen."""
    archive = archives[PACKAGE.name]
    sources = [dcmread(BytesIO(archive.read(member))) for member in archive.members(FOLDER)]
    sources.sort(key=lambda source: float(source.ImagePositionPatient[2]))
    volume = _volume(sources)
    slices = ct_slices(
        SLUG,
        volume,
        study="CT UPPER ABDOMEN",
        series="Axial, 3 mm every 2 mm",
        derivation="Values unchanged; header written anew",
        body_part="ABDOMEN",  # visible; the source says PARTIALBODY
    )
    for number, (new, source) in enumerate(zip(slices, sources, strict=True), 1):
        keep(new, source, TECHNIQUE)
        write(new, folder / "dicom" / "ct" / f"{number:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    labels = axial(read_nifti(archive.read(LABELS)))
    if not np.allclose(labels.to_patient, volume.to_patient, atol=1e-3):
        raise ValueError("labels and images do not lie on the same grid")
    outline = mask_outlines(labels.values == SPLEEN, volume.to_patient, "Machine segmentation")
    write_outlines(folder, "spleen", outline)


def _volume(sources: Sequence[Dataset]) -> Volume:
    """Stack the slices: only pixels, spacing and positions are taken from them."""
    values = np.stack([source.pixel_array.astype(np.int32) + int(source.RescaleIntercept) for source in sources])
    row_mm, column_mm = (float(number) for number in sources[0].PixelSpacing)
    first, last = (np.array(source.ImagePositionPatient, float) for source in (sources[0], sources[-1]))
    affine = np.diag([column_mm, row_mm, (last[2] - first[2]) / (len(sources) - 1), 1.0])
    affine[:3, 3] = first
    return Volume(values=values, to_patient=affine)


ORIGIN = Origin(
    source=(
        "Example CT series among the reference files of TotalSegmentator's tests, a package that segments organs; "
        "20 slices of a longer examination. The package's authors work at the University Hospital Basel."
    ),
    members=f"{FOLDER}/ (20 files); {LABELS}",
    licence=LICENCE,
    licence_url=LICENCE_URL,
    citation=CITATION,
    attribution=ATTRIBUTION,
    changes=(
        "Header written anew from a whitelist of geometry, grey scale and technique: dates, address, station, "
        "serial number, weight, request, private groups and every identifier of the source left out.",
        f"New UIDs, not derived from the source's; Patient Name and ID are {SLUG}.",
        "Values unchanged; re-encoded without loss as HTJ2K. Slices of 3 mm every 2 mm, as in the source.",
        "Label 1 of the package's reference segmentation outlined along the edges of its pixels (LPS mm).",
    ),
    flags=(
        "The licence is the package's; nothing in it speaks of the images separately.",
        "Only 38 mm of the abdomen are there: the cause lies outside, and the length of the spleen too.",
        "No diagnosis is documented. Age and sex are not stated; the indication is written for teaching.",
        "The outline of the spleen was made by software; the ellipse over the vessels was drawn for teaching. No "
        "expert verified either.",
    ),
    notices=NOTICES,
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
