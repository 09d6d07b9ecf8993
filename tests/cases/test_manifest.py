from pathlib import Path

import pytest

from cases import ManifestError, SeriesUnavailableError
from cases.manifest import read_case


def faults_of(folder: Path) -> dict[tuple[str, str], str]:
    with pytest.raises(ManifestError) as caught:
        read_case(folder)
    return {(fault.file, fault.key): fault.message for fault in caught.value.faults}


def test_a_sound_case_is_read_with_its_values_and_numbers(make_case):
    case = read_case(make_case())
    assert (case.slug, case.sections, case.level, case.reviewed_by) == (
        "thoracic-ct-99",
        ("thoracic",),
        1,
        "",
    )
    assert case.history_written_for_teaching
    assert (case.series[0].start_frame, case.series[0].windows[0].center) == (1, -600.0)
    assert not case.series[0].estimated_spacing
    assert (case.findings[0].frame, case.findings[0].point_px, case.findings[0].point_mm) == (
        1,
        (2.0, 2.0),
        None,
    )
    assert case.regions[0].spec["kind"] == "ellipse"
    assert [path.name for path in case.series[0].files()] == ["0001.dcm"]


def test_teaching_text_comes_by_heading_in_the_fixed_order(make_case):
    assert list(read_case(make_case()).teaching) == [
        "Technique",
        "Search pattern",
        "Learning points",
        "References",
    ]
    assert read_case(make_case("other-01")).teaching["References"] == "Text of References."


def test_every_fault_of_every_file_is_reported_at_once(make_case):
    folder = make_case(
        case={
            'title = "Adult with a cough"\n': "",
            "level = 1": 'level = "easy"',
            'modality = "CT"': 'modality = "ct"',
            '["thoracic"]': '["chest"]',
            "start_frame = 1": "start_frame = 0",
            "width = 1500": "width = 0",
            'licence = "CC0-1.0"\n': "",
        },
        teaching="## Technique\n\nText\n\n## Pearls\n\nText\n",
    )
    found = faults_of(folder)
    assert {key for _, key in found} == {
        "title",
        "level",
        "modality",
        "sections",
        "series.ct.start_frame",
        "series.ct.window.lung.width",
        "provenance.licence",
        "Search pattern",
        "Learning points",
        "References",
        "Pearls",
    }
    assert "from 1 to 3" in found["case.toml", "level"]
    assert "missing" in found["case.toml", "provenance.licence"]


def test_a_mistyped_key_is_a_fault_with_the_keys_that_exist(make_case):
    found = faults_of(make_case(case={"body_part =": "bodypart ="}))
    assert found["case.toml", "series.ct.body_part"].startswith("is missing")
    assert "body_part" in found["case.toml", "series.ct.bodypart"]


def test_broken_toml_is_one_fault_with_its_line(make_case):
    assert list(faults_of(make_case(case={"level = 1": "level = = 1"}))) == [("case.toml", "line 5")]


@pytest.mark.parametrize("name", ["case.toml", "quiz.toml", "teaching.md"])
def test_a_missing_file_is_named(make_case, name):
    folder = make_case()
    (folder / name).unlink()
    assert "is missing" in faults_of(folder)[name, ""]


def test_text_that_is_not_utf8_is_a_fault(make_case):
    folder = make_case()
    (folder / "teaching.md").write_bytes(b"\xff\xfe")
    assert "UTF-8" in faults_of(folder)["teaching.md", "byte 0"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('region = "area"', 'region = "aera"', "finding.area.region"),
        ('window = "lung"', 'window = "bone"', "finding.area.window"),
        ('status = "observed"', 'status = "documented"', "finding.area.source"),
        ("point_px = [2, 2]", "point_px = [2, 2, 2]", "finding.area.point_px"),
        ("point_px = [2, 2]", "point_px = [2, nan]", "finding.area.point_px"),
        ("point_px = [2, 2]", 'point_px = [2, 2]\nkey_images = "SOURCE.md"', "finding.area.point_px"),
        ("point_px = [2, 2]", 'key_images = "regions/none.dcm"', "finding.area.key_images"),
        ("point_px = [2, 2]", 'key_images = "../SOURCE.md"', "finding.area.key_images"),
        ("radii = [1, 1]", "radii = [0, 1]", "region.area.radii"),
        ("radii = [1, 1]", "radii = [1, 1]\nframes = [1, 2]", "region.area.frame"),
        ('kind = "ellipse"', 'kind = "circle"', "region.area.kind"),
        ('"pneumonia"', '"Pneumonia"', "spoilers"),
        ("none documented", "certain", "diagnosis_status"),
        ('["' + "0" * 64, '["' + "0" * 63, "provenance.sha256"),
        ('["made==1"]', '["made==1", "more==1"]', "provenance.sha256"),
        ('id = "ct"', 'id = "../ct"', "series.../ct.id"),
        ("level = 1", "level = true", "level"),
    ],
)
def test_what_does_not_fit_together_is_a_fault(make_case, old, new, key):
    assert ("case.toml", key) in faults_of(make_case(case={old: new}))


def test_a_region_file_outside_the_case_folder_is_refused(make_case):
    ellipse = 'kind = "ellipse"\nframe = 1\ncentre = [2, 2]\nradii = [1, 1]'
    found = faults_of(make_case(case={ellipse: 'kind = "contours"\nfile = "../../secret"\nagreement = 1'}))
    assert "inside the case folder" in found["case.toml", "region.area.file"]


@pytest.mark.parametrize(
    ("region", "key"),
    [
        ('kind = "seg"\nfile = "quiz.toml"\nsegment = 1', None),
        ('kind = "seg"\nfile = "quiz.toml"\nsegment = "Liver"', None),
        ('kind = "rtstruct"\nfile = "quiz.toml"\nroi = "GTV"', None),
        ('kind = "annotation"\nfile = "quiz.toml"', None),
        ('kind = "annotation"\nfile = "quiz.toml"\nitem = "Lesion 1"', None),
        ('kind = "seg"\nfile = "quiz.toml"', "segment"),
        ('kind = "rtstruct"\nfile = "quiz.toml"\nroi = 1.5', "roi"),
        ('kind = "rtstruct"\nfile = "gone.dcm"\nroi = 1', "file"),
        ('kind = "annotation"\nfile = "../quiz.toml"', "file"),
        ('kind = "annotation"\nfile = "quiz.toml"\nroi = 1', "roi"),
    ],
)
def test_a_region_of_a_dicom_object_names_its_file_and_what_it_is_of(make_case, region, key):
    ellipse = 'kind = "ellipse"\nframe = 1\ncentre = [2, 2]\nradii = [1, 1]'
    folder = make_case(case={ellipse: region})
    if key is None:
        assert read_case(folder).regions[0].spec["kind"] in region
    else:
        assert set(faults_of(folder)) == {("case.toml", f"region.area.{key}")}


def test_the_slug_is_the_name_of_the_folder(make_case):
    found = faults_of(make_case(case={'slug = "thoracic-ct-99"': 'slug = "thoracic-ct-98"'}))
    assert "thoracic-ct-99" in found["case.toml", "slug"]


def test_the_version_changes_with_any_of_the_texts(make_case):
    folder = make_case()
    versions = {read_case(folder).version}
    for name in ("case.toml", "quiz.toml", "teaching.md"):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        versions.add(read_case(folder).version)
    assert len(versions) == 4


def test_a_series_without_files_says_how_to_get_them(make_case):
    folder = make_case()
    (folder / "dicom" / "ct" / "0001.dcm").unlink()
    with pytest.raises(SeriesUnavailableError, match="build-library"):
        read_case(folder).series[0].files()
