"""A NIfTI-1 file becomes a volume: modality values and the way from voxel to patient.

One convention: NIfTI's world axes run to the patient's right, front and head (RAS); what leaves here is
DICOM's LPS, in mm. Only single files (``n+1``) are read, gzipped or not, and a fourth axis only when it is 1
long.

NIfTI-1: https://nifti.nimh.nih.gov/nifti-1 (header nifti1.h); byte offsets of the header stand at each line.
"""

import gzip
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cases import SeriesUnavailableError

DTYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}
"""``datatype`` codes that can be read; colours and complex numbers are not images here."""
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Volume:
    """Values on a grid and where the grid lies in the patient."""

    values: npt.NDArray[Any]
    """(k, j, i), i fastest in the file; modality values or label numbers."""
    to_patient: npt.NDArray[np.float64]
    """(4, 4): (i, j, k, 1) to (x, y, z, 1) in LPS mm, voxel centres."""

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distances between voxel centres along i, j and k."""
        i, j, k = np.linalg.norm(self.to_patient[:3, :3], axis=0)
        return float(i), float(j), float(k)


def read_nifti(content: bytes) -> Volume:
    """Read a NIfTI-1 file.

    Raises
    ------
    SeriesUnavailableError
        Not a single NIfTI-1 file, or of a kind that is not read here.
    """
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    order = "<" if content[:4] == b"\x5c\x01\x00\x00" else ">"  # sizeof_hdr at 0 is 348
    if len(content) < 352 or content[344:348] != b"n+1\x00":
        raise SeriesUnavailableError("NIfTI: no single-file NIfTI-1 header (magic 'n+1'). Check the member.")

    def field(at: int, kind: str, count: int) -> npt.NDArray[Any]:
        return np.frombuffer(content, f"{order}{kind}", count, at)

    dim = field(40, "i2", 8)
    code = int(field(70, "i2", 1)[0])
    if code not in DTYPES or dim[0] not in (3, 4) or (dim[0] == 4 and dim[4] != 1):
        raise SeriesUnavailableError(f"NIfTI: datatype {code}, dim {dim.tolist()}: not a volume that is read here.")
    shape = (int(dim[3]), int(dim[2]), int(dim[1]))
    stored = field(int(field(108, "f4", 1)[0]), DTYPES[code], int(np.prod(shape))).reshape(shape)
    slope, intercept = (float(number) for number in field(112, "f4", 2))
    scaled = slope not in (0.0, 1.0) or (slope == 1.0 and intercept != 0.0)
    values = stored * slope + intercept if scaled else stored  # a slope of 0 means none
    if field(254, "i2", 1)[0] > 0:  # sform_code
        to_ras = np.vstack([field(280, "f4", 12).reshape(3, 4), [0, 0, 0, 1]]).astype(np.float64)
    else:
        to_ras = _from_quaternion(field(76, "f4", 4), field(256, "f4", 6))
    return Volume(values=values, to_patient=RAS_TO_LPS @ to_ras)


def _from_quaternion(pixdim: npt.NDArray[Any], quatern: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Build the affine of method 2 from pixdim[0..3] and quatern_b, c, d, qoffset_x, y, z."""
    b, c, d = (float(number) for number in quatern[:3])
    a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handed = -1.0 if pixdim[0] < 0 else 1.0  # qfac, 0 read as 1
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([float(pixdim[1]), float(pixdim[2]), handed * float(pixdim[3])])
    affine[:3, 3] = quatern[3:]
    return affine
