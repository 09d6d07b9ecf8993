"""Whether files are one series that can be shown: read, put in order, and every frame decoded once.

One convention: a frame is decoded and dropped, so memory stays at one frame. It says nothing about what the
images show.
"""

from collections.abc import Sequence
from pathlib import Path

from viewer.decode import frame_values
from viewer.series import Series, read_series


def sound_series(paths: Sequence[Path]) -> Series:
    """Read a series and decode all of it.

    Raises
    ------
    SeriesError
        The files cannot be read as one series, their geometry contradicts itself, or pixels cannot be decoded.
    """
    series = read_series(paths)
    for index in range(len(series.frames)):
        frame_values(series, index)
    return series
