"""Segmentations, structure sets and presentation states of a ball, written as other programs would."""

import highdicom as hd
import numpy as np
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from tests.viewer.conftest import Phantom

PATIENT = {
    "PatientID": "P",
    "PatientName": "Phantom^Ball",
    "PatientBirthDate": "",
    "PatientSex": "O",
    "AccessionNumber": "",
    "StudyID": "1",
    "StudyDate": "20000101",
    "StudyTime": "120000",
    "ReferringPhysicianName": "",
    "PositionReferenceIndicator": "",
    "SeriesNumber": 1,
}
WRITER = {
    "series_instance_uid": generate_uid(),
    "series_number": 8,
    "sop_instance_uid": generate_uid(),
    "instance_number": 1,
    "manufacturer": "Test",
}
DEVICE = {"manufacturer_model_name": "Test", "software_versions": "1", "device_serial_number": "1"}
ORGAN = CodedConcept("85756007", "SCT", "Tissue")


def slices(body: Phantom, **attributes) -> list[Dataset]:
    """Give the slices of a phantom with all that an accompanying object takes over."""
    found = []
    for number in range(body.count):
        ds = body.slice(number)
        for keyword, value in {**PATIENT, **attributes}.items():
            setattr(ds, keyword, value)
        ds.file_meta = hd_meta(ds)
        found.append(ds)
    return found


def hd_meta(ds):
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return meta


def inside(body: Phantom, radius: float) -> np.ndarray:
    """(slices, rows, columns) bool: voxel centres within a radius of the ball's centre."""
    return np.stack(
        [np.linalg.norm(body.voxels(number) - body.centre, axis=2) <= radius for number in range(body.count)]
    )


def segment(number: int, label: str):
    return hd.seg.SegmentDescription(number, label, ORGAN, ORGAN, hd.seg.SegmentAlgorithmTypeValues.MANUAL)


def segmentation(sources, pixels, kind, labels, **more):
    """Write a segmentation with highdicom; frames without pixels are left out."""
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=[segment(number + 1, label) for number, label in enumerate(labels)],
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Test",
        manufacturer_model_name="Test",
        software_versions="1",
        device_serial_number="1",
        **more,
    )


def ring(body: Phantom, height: float, radius: float, points: int = 180) -> np.ndarray:
    """(n, 3) LPS: where the plane that far from the ball's centre cuts a sphere around it."""
    row, column, normal = body.axes()
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)[:, None]
    across = max(radius**2 - height**2, 0) ** 0.5
    return np.array(body.centre) + height * normal + across * (np.cos(angles) * row + np.sin(angles) * column)


def structure_set(body: Phantom, spheres: dict[str, tuple[float, ...]], series="1.2.3.1", frame="1.2.3.9"):
    """Give an RT Structure Set of spheres around the ball's centre; a second radius is a hole."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.481.3", generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = "1.2.3", generate_uid(), "RTSTRUCT"
    referred, study, one = Dataset(), Dataset(), Dataset()
    one.SeriesInstanceUID = series
    study.RTReferencedSeriesSequence = Sequence([one])
    referred.FrameOfReferenceUID, referred.RTReferencedStudySequence = frame, Sequence([study])
    ds.ReferencedFrameOfReferenceSequence = Sequence([referred])
    ds.StructureSetROISequence, ds.ROIContourSequence = Sequence(), Sequence()
    _, _, normal = body.axes()
    for number, (name, radii) in enumerate(spheres.items(), start=1):
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ReferencedFrameOfReferenceUID = number, name, frame
        drawn.ReferencedROINumber, drawn.ContourSequence = number, Sequence()
        for radius in radii:
            for index in range(body.count):
                height = float((body.position(index) - np.array(body.centre)) @ normal)
                if abs(height) < radius - 0.3:
                    contour = Dataset()
                    points = ring(body, height, radius).round(3)
                    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
                    contour.ContourData = [f"{x:.3f}" for x in points.ravel()]
                    drawn.ContourSequence.append(contour)
        ds.StructureSetROISequence.append(region)
        ds.ROIContourSequence.append(drawn)
    return ds


def graphic(kind, data, units="PIXEL"):
    """Make a graphic object of a presentation state."""
    return hd.pr.GraphicObject(graphic_type=kind, graphic_data=np.array(data, float), units=units)


def state(sources, graphics, texts=(), images=None, path=None, **more):
    """Write a presentation state of these images with highdicom, and give its path."""
    layer = hd.pr.GraphicLayer("FINDINGS", 1)
    annotation = hd.pr.GraphicAnnotation(
        referenced_images=images or sources, graphic_layer=layer, graphic_objects=graphics, text_objects=texts
    )
    made = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=sources,
        **WRITER,
        **DEVICE,
        content_label="MARKS",
        graphic_layers=[layer],
        graphic_annotations=[annotation],
        **more,
    )
    made.save_as(path)
    return path


def selection(sources, chosen, description, path):
    """Write a key object selection of some images with highdicom, and give its path."""
    made = hd.ko.KeyObjectSelectionDocument(
        evidence=sources,
        content=hd.ko.KeyObjectSelection(
            document_title=CodedConcept("113000", "DCM", "Of Interest"),
            referenced_objects=chosen,
            description=description,
        ),
        **WRITER,
    )
    made.save_as(path)
    return path
