"""The library as it is shipped: clean, whole, and saying the truth about its images."""

import io
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian

from cases.catalogue import Catalogue
from cases.lint import lint_case
from cases.starter import RECIPES

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
SLUGS = sorted(path.name for path in LIBRARY.iterdir() if path.is_dir())


@cache
def images(slug: str) -> tuple[Dataset, ...]:
    return tuple(dcmread(path) for path in sorted((LIBRARY / slug).glob("dicom/*/*.dcm")))


@cache
def chest() -> tuple[np.ndarray, np.ndarray]:
    """Give the CT in HU, lowest slice first, and the z of each slice in mm."""
    ordered = sorted(images("thoracic-ct-01"), key=lambda image: image.ImagePositionPatient[2])
    z = np.array([float(image.ImagePositionPatient[2]) for image in ordered])
    return np.stack([image.pixel_array.astype(int) + int(image.RescaleIntercept) for image in ordered]), z


@pytest.mark.parametrize("slug", SLUGS)
def test_every_shipped_case_passes_the_lint(slug):
    assert list(map(str, lint_case(LIBRARY / slug))) == []


def test_the_catalogue_holds_every_shipped_case():
    catalogue = Catalogue(LIBRARY)
    assert not catalogue.faults
    assert sorted(case.slug for case in catalogue.cases) == SLUGS
    assert set(RECIPES) <= set(SLUGS)


@pytest.mark.parametrize("slug", sorted(RECIPES))
def test_what_the_case_says_of_its_source_is_what_it_was_built_from(slug):
    provenance, recipe = Catalogue(LIBRARY).case(slug).provenance, RECIPES[slug]
    assert provenance.archive == tuple(map(str, recipe.packages))
    assert provenance.sha256 == tuple(package.sha256 for package in recipe.packages)
    assert (provenance.licence, provenance.licence_url) == (recipe.origin.licence, recipe.origin.licence_url)
    assert (provenance.doi, provenance.members) == (recipe.origin.doi, recipe.origin.members)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_header_holds_new_identifiers_says_how_it_was_cleaned_and_names_no_device(slug):
    for image in images(slug):
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            assert image[keyword].value.startswith("2.25.")
        assert image.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert image.LongitudinalTemporalInformationModified == "REMOVED"
        assert image.ImageType[0] == "DERIVED"
        assert "SoftwareVersions" not in image
        assert not image.get("PatientBirthDate")
    assert len({image.SOPInstanceUID for image in images(slug)}) == len(images(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_independent_validator_finds_no_error_in_any_file(slug, tmp_path):
    if which("dciodvfy") is None:
        pytest.fail("dciodvfy (dicom3tools) is not on the PATH: `make test` installs it.")
    files = sorted((LIBRARY / slug).glob("dicom/*/*.dcm"))
    with ThreadPoolExecutor(2) as pool:
        errors = pool.map(validated, files, (tmp_path / f"{n}.dcm" for n in range(len(files))))
        assert {file.name: found for file, found in zip(files, errors, strict=True) if found} == {}


def validated(file: Path, copy: Path) -> list[str]:
    """Give the validator's errors; it knows no HTJ2K, and of pixels only how many there are."""
    image = dcmread(file)
    size = image.Rows * image.Columns * int(image.get("NumberOfFrames", 1)) * image.BitsAllocated // 8
    image.add_new("PixelData", "OW", bytes(size + size % 2))
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.save_as(copy)
    done = subprocess.run(["dciodvfy", copy], capture_output=True, text=True, check=False)
    copy.unlink()
    return [line for line in (done.stdout + done.stderr).splitlines() if "Error" in line]


def test_the_validator_would_find_an_error(tmp_path):
    image = dcmread(LIBRARY / "msk-cr-01" / "dicom" / "cr" / "0001.dcm")
    image.ImageType = ["DERIVED"]
    image.save_as(tmp_path / "broken.dcm")
    assert validated(tmp_path / "broken.dcm", tmp_path / "copy.dcm")


def test_the_chest_is_whole_and_its_values_are_those_of_its_tissues():
    volume, z = chest()
    assert (len(z), z[0], z[-1]) == (133, -340.0, -10.0)
    np.testing.assert_allclose(np.diff(z), 2.5)
    assert (volume.min(), volume.max()) == (-1024, 3071)
    assert np.all(volume[:, 0, 0] == -1024), "padding lies at the lowest value"
    aorta, lung = volume[90, 315:325, 260:270], volume[90, 250:260, 130:140]
    assert 350 < aorta.mean() < 480
    assert -950 < lung.mean() < -700


@pytest.mark.parametrize("slug", ["thoracic-ct-01", "nuclear-petct-01", "nuclear-spectct-01"])
def test_in_the_lidc_chest_aorta_and_spleen_lie_left_and_lung_in_their_mirror_places(slug):
    # LPS in mm; the arterial phase makes both bright.
    for x, y, z in ((20.0, 60.0, -180.0), (80.0, 40.0, -230.0)):
        assert around(slug, x, y, z) > 150
        assert around(slug, -x, y, z) < -700


def around(slug: str, x: float, y: float, z: float) -> float:
    """Give the mean of 7 × 7 pixels around a place of the CT, in HU."""
    slices = [image for image in images(slug) if image.Modality == "CT"]
    image = min(slices, key=lambda one: abs(float(one.ImagePositionPatient[2]) - z))
    assert list(image.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
    x0, y0, _ = map(float, image.ImagePositionPatient)
    row, column = round((y - y0) / float(image.PixelSpacing[0])), round((x - x0) / float(image.PixelSpacing[1]))
    return float(image.pixel_array[row - 3 : row + 4, column - 3 : column + 4].mean() + image.RescaleIntercept)


def test_the_readers_agree_on_the_volume_and_centre_that_the_dossier_gives():
    first = images("thoracic-ct-01")[0]
    (x0, y0, _), spacing = map(float, first.ImagePositionPatient), float(first.PixelSpacing[0])
    _, z = chest()
    votes = np.zeros((133, 512, 512), int)
    readers = json.loads((LIBRARY / "thoracic-ct-01/regions/nodule.json").read_text())["readers"]
    for reader in readers:
        for contour in reader["contours"]:
            points = np.array(contour["points"])
            pixels = np.rint((points[:, :2] - (x0, y0)) / spacing)
            votes[int(np.argmin(abs(z - points[0, 2])))] += inside(pixels)
    k, row, column = np.nonzero(votes >= 2)
    assert len(readers) == 4
    assert len(k) * spacing**2 * 2.5 == pytest.approx(6709, abs=1)
    assert x0 + column.mean() * spacing == pytest.approx(56.4, abs=0.05)
    assert y0 + row.mean() * spacing == pytest.approx(86.3, abs=0.05)
    assert z[k].mean() == pytest.approx(-116.0, abs=0.05)


def inside(pixels: np.ndarray) -> np.ndarray:
    """Give the pixels within an outline, the outline itself left out, by crossings of a ray along the row."""
    rows, columns = np.mgrid[:512, :512]
    mask = np.zeros((512, 512), bool)
    for (ax, ay), (bx, by) in zip(pixels, np.roll(pixels, -1, axis=0), strict=True):
        if ay != by:
            mask ^= ((ay > rows) != (by > rows)) & (columns < (bx - ax) * (rows - ay) / (by - ay) + ax)
    mask[pixels[:, 1].astype(int), pixels[:, 0].astype(int)] = False
    return mask


def test_the_case_opens_at_an_image_that_does_not_hold_the_answer():
    case = Catalogue(LIBRARY).case("thoracic-ct-01")
    _, z = chest()
    text = (LIBRARY / "thoracic-ct-01/regions/nodule.json").read_text()
    outlined = {point[2] for r in json.loads(text)["readers"] for c in r["contours"] for point in c["points"]}
    assert z[case.series[0].start_frame - 1] not in outlined


def test_the_leg_is_dark_behind_monochrome1_and_lies_with_its_fibula_lateral():
    (leg,) = images("msk-cr-01")
    assert (leg.PhotometricInterpretation, leg.BitsStored, leg.pixel_array.max()) == ("MONOCHROME1", 10, 1023)
    assert (list(leg.PatientOrientation), leg.Laterality) == (["L", "F"], "R")
    bright = 1023 - leg.pixel_array.astype(int)
    # At mid-shaft the thin fibula stands left of the tibia: lateral of a right leg seen from the front.
    shaft = bright[800]
    fibula, gap, tibia = shaft[740:790].max(), shaft[795:835].min(), shaft[850:960].max()
    assert gap < fibula < tibia


def test_the_region_of_the_leg_is_darker_than_the_bone_around_it():
    (leg,) = images("msk-cr-01")
    spec = Catalogue(LIBRARY).case("msk-cr-01").regions[0].spec
    (cx, cy), (rx, ry) = spec["centre"], spec["radii"]
    rows, columns = np.mgrid[: leg.Rows, : leg.Columns]
    reach = ((columns - cx) / rx) ** 2 + ((rows - cy) / ry) ** 2
    bright = 1023 - leg.pixel_array.astype(int)
    above, below = (bright[rows, cx - 40 : cx + 40].mean() for rows in (slice(975, 1000), slice(1230, 1280)))
    assert bright[reach < 0.5].mean() < above - 30
    assert bright[reach < 0.5].mean() < below - 5


def test_the_run_keeps_its_frames_its_time_and_says_that_it_lost_something():
    (run,) = images("interventional-xa-01")
    frames = list(generate_frames(run.PixelData, number_of_frames=96))
    assert (run.NumberOfFrames, run.FrameTime, run.LossyImageCompression) == (96, 33, "01")
    assert not run.PositionerPrimaryAngle
    for frame, values in zip(frames[::19], run.pixel_array[::19], strict=True):
        with Image.open(io.BytesIO(frame)) as picture:
            assert abs(np.asarray(picture).astype(int) - values).max() <= 1, "decoders of JPEG may round"


def test_the_region_of_the_run_lies_on_a_vessel_that_fills():
    (run,) = images("interventional-xa-01")
    spec = Catalogue(LIBRARY).case("interventional-xa-01").regions[0].spec
    column, row = spec["centre"]
    before, full = run.pixel_array[0], run.pixel_array[spec["frame"] - 1]
    patch = np.s_[row - 3 : row + 4, column - 3 : column + 4]
    around = np.s_[row - 40 : row - 20, column - 3 : column + 4]
    assert full[patch].mean() < full[around].mean() - 20
    assert full[patch].mean() < before[patch].mean() - 20
