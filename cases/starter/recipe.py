"""What a starter case is made of: packages, origin, and the function that writes its images.

A recipe says everything that ``SOURCE.md`` and ``LICENCE.txt`` tell; the two are rendered here, so that what
is written about the images stands beside the code that changed them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.starter.packages import Archive, Package


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the images of a case come from and on what terms."""

    source: str
    """Collection or sample set, and how it was recognised."""
    members: str
    """Members taken from the packages."""
    licence: str
    """Licence of the images, by SPDX identifier where there is one."""
    licence_url: str
    """Address of the licence text."""
    citation: str
    """How to cite the source."""
    attribution: str
    """Words that must travel with the images."""
    changes: Sequence[str]
    """Every change made to what the packages hold, in order."""
    flags: Sequence[str]
    """What is not documented, for learners and teachers alike."""
    notices: Sequence[tuple[str, str]]
    """Licence texts that must travel: (package name, member)."""
    doi: str = ""
    """DOI of the data set where it has one."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One case's way from packages to files."""

    slug: str
    """Neutral name of the case."""
    packages: tuple[Package, ...]
    """Archives needed, pinned."""
    origin: Origin
    """What is said about the images."""
    make: Callable[[Mapping[str, Archive], Path], None]
    """Write ``dicom/`` and ``regions/`` into a folder, given the archives by package name."""


def write_outlines(folder: Path, region: str, outlines: Mapping[str, object]) -> None:
    """Write a region's outlines beside the images, the same bytes each time."""
    path = folder / "regions" / f"{region}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(outlines, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")


def source_text(recipe: Recipe) -> str:
    """Render ``SOURCE.md``: origin, packages, licence, citation and every change."""
    origin = recipe.origin
    packages = "\n".join(f"| {p.registry} | `{p}` | `{p.sha256}` |" for p in recipe.packages)
    doi = f"\nDOI: {origin.doi}\n" if origin.doi else ""
    return f"""# Source of {recipe.slug}

Written by `readout build-library {recipe.slug}`; edit the recipe, not this file.

## Origin

{origin.source}

| registry | package | sha256 |
|---|---|---|
{packages}

Members taken: {origin.members}

## Licence

{origin.licence}: {origin.licence_url} (notices that travel with the files: `LICENCE.txt`)

{origin.attribution}

## Citation

{origin.citation}
{doi}
## Changes made

{_bullets(origin.changes)}

## Not documented

{_bullets(origin.flags)}
"""


def licence_text(recipe: Recipe, archives: Mapping[str, Archive]) -> str:
    """Render ``LICENCE.txt``: attribution, then each package's own notice as it stands in the package."""
    origin = recipe.origin
    head = f"{recipe.slug}\n\nLicence: {origin.licence}\n{origin.licence_url}\n\n{origin.attribution}\n"
    notices = (
        f"\n{'-' * 79}\nNotice of the package {name}:\n\n{_notice(archives[name], member)}\n"
        for name, member in origin.notices
    )
    return head + "".join(notices)


def _notice(archive: Archive, member: str) -> str:
    return "\n".join(line.rstrip() for line in archive.read(member).decode("utf-8").strip().splitlines())


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
