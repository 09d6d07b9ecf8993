"""What the cases from DICOM Working Group 4's compression samples have in common: package, reading, origin.

Each takes one file of the set, as the package pydicom-data carries it, and makes one image of it; what is done to
header and pixels is the case's own.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from pydicom import Dataset, dcmread

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe

PACKAGE = Package(
    registry="PyPI",
    name="pydicom-data",
    version="1.0.0",
    file="pydicom_data-1.0.0-py3-none-any.whl",
    sha256="622ac97265f1d91f76b5120b5bd6eb0f57737c392ef863b72c71779c91e33637",
)
CITED = "DICOM Working Group 4 compression sample set (D. Clunie, 2004)"


def sample_recipe(
    slug: str,
    *,
    image: str,
    file: str,
    series: str,
    clean: Callable[[Dataset], Dataset],
    changes: Sequence[str],
    flags: Sequence[str],
    carried: str = "",
) -> Recipe:
    """Give the recipe of a case made of one sample.

    Parameters
    ----------
    slug, series
        The case and its only series.
    image, file
        Name of the sample in the set, and of its file in the package.
    clean
        Makes the clean image of the data set as it stands in the package.
    changes, flags
        What was done to it, and what is not documented.
    carried
        How the package carries it, where that matters.
    """
    member = f"data_store/data/{file}"

    def make(archives: Mapping[str, Archive], folder: Path) -> None:
        source = dcmread(BytesIO(archives[PACKAGE.name].read(member)))
        write(clean(source), folder / "dicom" / series / "0001.dcm", syntax=HTJ2K_LOSSLESS)

    origin = Origin(
        source=(
            f"Image {image} of the compression sample set of DICOM Working Group 4 (D. Clunie, 2004), "
            f"as carried by pydicom-data{carried}."
        ),
        members=member,
        licence="MIT",
        licence_url="https://opensource.org/license/mit",
        citation=f"{CITED}, image {image}; redistributed in pydicom-data 1.0.0.",
        attribution=(
            f"{CITED}, redistributed in pydicom-data 1.0.0 under the MIT licence, copyright 2020 Dicom in Python. "
            "Changed as listed in SOURCE.md; the notice follows."
        ),
        changes=changes,
        flags=("The package has a licence, the image itself carries no licence of its own.", *flags),
        notices=((PACKAGE.name, "pydicom_data-1.0.0.dist-info/LICENSE"),),
    )
    return Recipe(slug=slug, packages=(PACKAGE,), origin=origin, make=make)
