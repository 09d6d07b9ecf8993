"""From DICOM files to an image in the browser: series, pixel values, regions, routes, and the viewer itself.

Errors::

    SeriesError              a file or series that cannot be read, with its reason class
    ├── GeometryError        positions, orientation or spacing contradict one another
    ├── DecodeError          the pixel data cannot be turned into values
    └── RegionError          a region does not fit its series
"""


class SeriesError(Exception):
    """A DICOM file or series that cannot be read.

    Parameters
    ----------
    message : str
        Where, what was found, what was expected, what to do: one line.
    reason : str
        The class of the fault, such as ``"truncated"`` or ``"size-limit"``: stable, for programs.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class GeometryError(SeriesError):
    """Positions, orientation or spacing that contradict one another."""


class DecodeError(SeriesError):
    """Pixel data that cannot be turned into values."""


class RegionError(SeriesError):
    """A region that does not fit its series."""
