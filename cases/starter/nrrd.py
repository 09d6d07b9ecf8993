"""A NRRD file becomes a volume: values and the way from voxel to patient.

One convention: only ``left-posterior-superior`` space is read, which is DICOM's own, so nothing is turned.
Attached data only, raw or gzip, little-endian integers, three axes with the fastest first.

Format: https://teem.sourceforge.net/nrrd/format.html
"""

import gzip
import re

import numpy as np

from cases import SeriesUnavailableError
from cases.starter.nifti import Volume

DTYPES = {"short": "<i2", "int16": "<i2", "unsigned short": "<u2", "int": "<i4", "unsigned char": "u1", "uchar": "u1"}
NUMBER = re.compile(r"[-+.\deE]+")


def read_nrrd(content: bytes) -> Volume:
    """Read a NRRD volume.

    Raises
    ------
    SeriesUnavailableError
        Not a NRRD file, or of a kind that is not read here.
    """
    head, separator, data = content.partition(b"\n\n")
    if not head.startswith(b"NRRD") or not separator:
        raise SeriesUnavailableError("NRRD: no header with attached data. Check the member.")
    lines = head.decode("utf-8").splitlines()[1:]
    fields = {key: value.strip() for key, _, value in (line.partition(":") for line in lines if line[0] != "#")}
    kind, space, encoding = (fields.get(key, "") for key in ("type", "space", "encoding"))
    endian = fields.get("endian", "little")
    if kind not in DTYPES or space != "left-posterior-superior" or endian != "little":
        raise SeriesUnavailableError(f"NRRD: type {kind!r}, space {space!r}, endian {endian!r}: not read here.")
    if encoding not in ("raw", "gzip", "gz"):
        raise SeriesUnavailableError(f"NRRD: encoding {encoding!r}, expected raw or gzip. Check the member.")
    i, j, k = (int(size) for size in fields["sizes"].split())
    plain = data if encoding == "raw" else gzip.decompress(data)
    affine = np.eye(4)
    affine[:3, :3] = np.array(NUMBER.findall(fields["space directions"]), float).reshape(3, 3).T
    affine[:3, 3] = np.array(NUMBER.findall(fields["space origin"]), float)
    return Volume(values=np.frombuffer(plain, DTYPES[kind], i * j * k).reshape(k, j, i), to_patient=affine)
