"""A head MR volume of a radiomics package's test data (``brain2``), with its label and what the label leaves out."""

from collections.abc import Mapping
from functools import partial

from cases.starter.nifti import Volume
from cases.starter.pyradiomics import PACKAGE, head_origin, make_head
from cases.starter.recipe import Recipe

SLUG = "neuro-mr-02"
DRAWN_SLICE = 7
DRAWN = ((208, 77), (216, 77), (220, 86), (225, 92), (223, 100), (212, 102), (203, 98), (203, 90), (208, 86))
"""What shows one slice below the label, outlined for teaching: (column, row) of pixel centres, rows reversed."""


def _drawn(label: Volume) -> list[Mapping[str, object]]:
    """Give the outline drawn for teaching, as a reader of its own."""
    points = [label.to_patient @ [column, row, DRAWN_SLICE, 1] for column, row in DRAWN]
    contour = {"points": [[round(float(number), 4) for number in point[:3]] for point in points]}
    return [{"name": "Drawn for teaching, below the label", "contours": [contour]}]


RECIPE = Recipe(
    slug=SLUG,
    packages=(PACKAGE,),
    origin=head_origin(
        SLUG,
        "brain2",
        left_out="The 5 lowest of 23 slices, which show the face, left out.",
        outlined=(
            "The label's voxels outlined along their edges, in patient coordinates in mm (LPS). One outline drawn for "
            "teaching added on the slice below, where the label stops although the finding goes on."
        ),
    ),
    make=partial(make_head, SLUG, "brain2", 5, _drawn),
)
