"""Clean DICOM from nothing: a source's pixels and a whitelist of its attributes become a new instance.

Nothing is ever copied by default: an attribute is in the file because this module or a recipe names it.
Identifiers are new, and derived from the source's own, so that the same source always gives the same file. It
does not judge pixels: whoever writes a recipe has looked at them for burned-in text.
"""

import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sr.coding import Code
from pydicom.uid import UID

HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
"""High-Throughput JPEG 2000 Image Compression (Lossless Only), PS3.5 A.4.12."""
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
"""JPEG Baseline (Process 1), PS3.5 A.4.1."""

NAMESPACE = uuid.UUID("7a2c7f1e-5b0d-5c6e-9a35-0d6c1b9f4e21")
"""Root of every derived identifier; changing it renames every instance of the library."""

BASIC_PROFILE = Code("113100", "DCM", "Basic Application Confidentiality Profile")
CLEAN_PIXEL_DATA = Code("113101", "DCM", "Clean Pixel Data Option")
CLEAN_DESCRIPTORS = Code("113105", "DCM", "Clean Descriptors Option")
RETAIN_PATIENT_CHARACTERISTICS = Code("113108", "DCM", "Retain Patient Characteristics Option")


def derived_uid(slug: str, original: str) -> str:
    """Give the new UID that stands for the source's `original` in this case (PS3.5 B.2, the 2.25 root)."""
    return f"2.25.{uuid.uuid5(NAMESPACE, f'{slug}/{original}').int}"


def new_instance(slug: str, source: Dataset, *, study: str, series: str) -> Dataset:
    """Start an instance with the modules that every image has, none of them telling who or what.

    Parameters
    ----------
    slug
        The case; also the patient's pseudonym.
    source
        Data set whose UIDs, SOP Class and modality are taken over (UIDs as derived ones).
    study, series
        Neutral descriptions.
    """
    new = Dataset()
    new.SpecificCharacterSet = "ISO_IR 192"
    # Patient, PS3.3 C.7.1.1
    new.PatientName = slug
    new.PatientID = slug
    new.PatientBirthDate = ""
    new.PatientSex = ""
    new.PatientIdentityRemoved = "YES"
    # General Study and General Series, PS3.3 C.7.2.1 and C.7.3.1
    new.StudyInstanceUID = derived_uid(slug, source.StudyInstanceUID)
    new.StudyDate = new.StudyTime = new.ReferringPhysicianName = new.StudyID = new.AccessionNumber = ""
    new.StudyDescription = study
    new.SeriesInstanceUID = derived_uid(slug, source.SeriesInstanceUID)
    new.SeriesNumber = 1
    new.SeriesDescription = series
    new.Modality = source.Modality
    # SOP Common and General Image, PS3.3 C.12.1 and C.7.6.1
    new.SOPClassUID = source.SOPClassUID
    new.SOPInstanceUID = derived_uid(slug, source.SOPInstanceUID)
    new.InstanceNumber = source.InstanceNumber or 1
    new.BurnedInAnnotation = "NO"
    new.LongitudinalTemporalInformationModified = "REMOVED"
    return new


def keep(new: Dataset, source: Dataset, keywords: Sequence[str]) -> None:
    """Take over the named attributes that the source has, as they are."""
    for keyword in keywords:
        if keyword in source:
            setattr(new, keyword, source[keyword].value)


def deidentified(new: Dataset, options: Sequence[Code]) -> None:
    """Say how identity was removed (PS3.15 E.1, codes of CID 7050)."""
    new.DeidentificationMethod = ["Header written anew from a whitelist of attributes", "Pixels looked at"]
    new.DeidentificationMethodCodeSequence = [code_item(code) for code in (BASIC_PROFILE, *options)]


def set_pixels_lossless(new: Dataset, values: npt.NDArray[np.integer], *, bits: int) -> None:
    """Set a one-frame grey image, compressed without loss as HTJ2K.

    Parameters
    ----------
    values
        (rows, columns) int16 or uint16 stored values.
    bits
        Bits Stored (0028,0101); the codestream is given the same precision.
    """
    new.Rows, new.Columns = values.shape
    describe_grey(new, allocated=16, bits=bits, signed=values.dtype.kind == "i")
    new.PixelData = encapsulate([htj2k(values, bits)])


def set_jpeg_frames(new: Dataset, source: Dataset, frames: Sequence[bytes]) -> None:
    """Set 8-bit grey JPEG baseline frames exactly as they were encoded, one fragment each."""
    keep(new, source, ("Rows", "Columns"))
    describe_grey(new, allocated=8, bits=8, signed=False)
    new.NumberOfFrames = len(frames)
    new.PixelData = encapsulate(list(frames), has_bot=True)


def write(new: Dataset, path: Path, *, syntax: str) -> None:
    """Write the instance as a DICOM file (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = new.SOPClassUID
    meta.MediaStorageSOPInstanceUID = new.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    # Our own, so that another release of pydicom writes the same bytes.
    meta.ImplementationClassUID = UID(f"2.25.{NAMESPACE.int}")
    meta.ImplementationVersionName = "READOUT"
    new.file_meta = meta
    new["PixelData"].VR = "OB"
    new["PixelData"].is_undefined_length = True
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, new, enforce_file_format=True)


def describe_grey(new: Dataset, *, allocated: int, bits: int, signed: bool) -> None:
    """Describe the samples of a grey image (Image Pixel module, PS3.3 C.7.6.3)."""
    new.SamplesPerPixel = 1
    new.BitsAllocated = allocated
    new.BitsStored = bits
    new.HighBit = bits - 1
    new.PixelRepresentation = int(signed)


def htj2k(values: npt.NDArray[np.integer], bits: int) -> bytes:
    """Encode with the precision that Bits Stored claims.

    The encoder declares 8 or 16 bits only. JPEG 2000 codes an unsigned sample of p bits as v - 2^(p-1) (T.800
    G.1); doing that subtraction here and declaring p unsigned bits afterwards gives the codestream of a p-bit
    encoder: 10 bits, v = 1023 -> coded 511 -> decoded 511 + 512 = 1023.
    """
    if bits == 16:
        return _encoded(values)
    stream = bytearray(_encoded(values.astype(np.int16) - np.int16(1 << (bits - 1))))
    # Ssiz of the only component: marker, length, Rsiz, eight 32-bit sizes, Csiz: 40 bytes (T.800 A.5.1).
    stream[stream.index(b"\xff\x51") + 40] = bits - 1
    return bytes(stream)


def _encoded(values: npt.NDArray[np.integer]) -> bytes:
    """Encode reversibly, without the comment that names the encoder's release: it would change the bytes."""
    import imagecodecs  # it is large, and only the builder needs it

    stream = bytes(imagecodecs.htj2k_encode(np.ascontiguousarray(values), reversible=True))
    at = 2  # behind SOC; main header segments follow until the first tile part (T.800 A.4)
    while (marker := stream[at : at + 2]) != b"\xff\x90":
        end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        if marker == b"\xff\x64":
            stream, end = stream[:at] + stream[end:], at
        at = end
    return stream


def code_item(code: Code) -> Dataset:
    """Give the item of a code sequence (PS3.3 table 8.8-1)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
