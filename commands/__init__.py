"""Commands of ``readout`` that are more than a few lines: `fetch` for the open archive, `pacs` for a hospital's own.

They introduce ``cases`` and ``viewer`` to one another, as ``app.py`` does for the pages. Libraries are imported when a
command runs, so that ``readout --help`` answers at once.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.downloads import ImageStore


def data_folder() -> Path:
    """Give the folder of what Readout keeps: READOUT_DATA, or the user's data folder."""
    return Path(os.environ.get("READOUT_DATA") or platformdirs.user_data_path("readout"))


def image_folder(data: Path) -> Path:
    """Give the folder of what has been downloaded from the open archive."""
    return data / "images"


def image_store(data: Path) -> "ImageStore":
    """Put the open archive, the folder of downloads and the check of images together."""
    from cases.downloads import ImageStore
    from cases.sources import OpenArchive

    return ImageStore(image_folder(data), OpenArchive(os.environ.get("READOUT_ARCHIVE_URL", "")), _check)


def _check(files: "Sequence[Path]") -> None:
    from cases import SeriesUnavailableError
    from viewer import SeriesError
    from viewer.soundness import sound_series

    try:
        sound_series(files)
    except SeriesError as error:
        raise SeriesUnavailableError(f"The series came whole, but cannot be shown: {error}") from error
