"""A chest CT volume of PyRadiomics' test data (``lung2``) with the package's outline."""

from functools import partial

from cases.starter.pyradiomics import PACKAGE, chest_origin, make_chest
from cases.starter.recipe import Recipe

SLUG = "thoracic-ct-03"

RECIPE = Recipe(
    slug=SLUG,
    packages=(PACKAGE,),
    origin=chest_origin(SLUG, "lung2"),
    make=partial(make_chest, SLUG, "lung2", "mass"),
)
