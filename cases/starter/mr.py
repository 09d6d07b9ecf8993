"""A head volume of a research format becomes MR slices.

One convention: the volume comes from `cases.starter.volume.axial`, so that columns run to the patient's left,
rows to the back and slices to the head. Values are never resampled or scaled, and what the format does not say
(sequence, times, field strength) stays empty.
"""

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.uid import MRImageStorage

from cases.starter.dicom import CLEAN_DESCRIPTORS, deidentified, derived_uid, new_instance, set_pixels_lossless
from cases.starter.nifti import Volume

BITS = 12
"""Bits Stored: the volumes here hold 0 to 4095."""


def mr_slices(slug: str, volume: Volume, *, first: int, study: str, series: str, derivation: str) -> Iterator[Dataset]:
    """Make the slices of an axial MR volume as clean MR images (PS3.3 A.4), lowest first.

    Parameters
    ----------
    slug
        The case.
    volume
        As `axial` gives it, 0 to 4095, no unit.
    first
        Lowest slice that is kept, counted from 0; those below show the face.
    study, series
        Neutral descriptions.
    derivation
        What was done, for Derivation Description (0008,2111).

    Raises
    ------
    ValueError
        A value does not fit the stored bits.
    """
    if volume.values.min() < 0 or volume.values.max() >= 1 << BITS:
        raise ValueError(f"values {volume.values.min()} to {volume.values.max()} do not fit {BITS} bits")
    for k in range(first, len(volume.values)):
        yield _slice(slug, volume, k, k - first + 1, study=study, series=series, derivation=derivation)


def _slice(slug: str, volume: Volume, k: int, number: int, *, study: str, series: str, derivation: str) -> Dataset:
    source = Dataset()  # a research format has no identifiers: names of the parts stand for them
    source.StudyInstanceUID, source.SeriesInstanceUID = (derived_uid(slug, part) for part in ("study", "series"))
    source.SOPInstanceUID = derived_uid(slug, f"slice {k}")
    source.SOPClassUID = MRImageStorage
    source.Modality = "MR"
    source.InstanceNumber = number
    new = new_instance(slug, source, study=study, series=series)
    deidentified(new, [CLEAN_DESCRIPTORS])
    new.BodyPartExamined = "HEAD"
    new.FrameOfReferenceUID = derived_uid(slug, "frame of reference")
    new.PositionReferenceIndicator = ""
    new.Manufacturer = ""
    new.PatientPosition = ""  # the format gives axes, not how the patient lay
    i_mm, j_mm, k_mm = (round(number, 6) for number in volume.spacing_mm)
    new.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    new.ImagePositionPatient = [round(float(number), 4) for number in (volume.to_patient @ [0, 0, k, 1])[:3]]
    new.PixelSpacing = [j_mm, i_mm]
    new.SliceThickness = None  # not in the format; the distance of slices is in their positions
    new.SpacingBetweenSlices = k_mm
    new.ImageType = ["DERIVED", "PRIMARY", "OTHER"]
    new.DerivationDescription = derivation
    _unknown_sequence(new)
    new.PhotometricInterpretation = "MONOCHROME2"
    set_pixels_lossless(new, volume.values[k].astype("uint16"), bits=BITS)
    return new


def _unknown_sequence(new: Dataset) -> None:
    """Fill the MR Image module (PS3.3 C.8.3.1) where the source says nothing of the sequence."""
    new.ScanningSequence = "RM"  # may not be empty; "research mode" names no sequence
    new.SequenceVariant = "NONE"
    new.ScanOptions = ""
    new.MRAcquisitionType = ""
    new.RepetitionTime = new.EchoTime = new.EchoTrainLength = None
    new.AcquisitionNumber = None
