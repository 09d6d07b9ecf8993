"""A head MR volume of a radiomics package's test data (``brain1``), with the label that lies beside it."""

from functools import partial

from cases.starter.pyradiomics import PACKAGE, head_origin, make_head
from cases.starter.recipe import Recipe

SLUG = "neuro-mr-01"

RECIPE = Recipe(
    slug=SLUG,
    packages=(PACKAGE,),
    origin=head_origin(
        SLUG,
        "brain1",
        left_out="The 7 lowest of 25 slices, which show the face, left out.",
        outlined="The label's voxels outlined along their edges, in patient coordinates in mm (LPS).",
    ),
    make=partial(make_head, SLUG, "brain1", 7, lambda _label: []),
)
