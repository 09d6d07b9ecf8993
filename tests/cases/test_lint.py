import pytest
from pydicom import Dataset, dcmread

from cases.lint import lint_case


def found(folder):
    return {(fault.file, fault.key) for fault in lint_case(folder)}


IMAGE = "dicom/ct/0001.dcm"


def test_a_sound_case_has_no_fault(make_case):
    assert lint_case(make_case()) == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("Adult with a cough", "Adult with a Pneumonia", "title"),
        ('history = "Cough."', 'history = "Known lobar-pneumonia."', "history"),
        ('technique = "CT."', 'technique = "CT of a consolidation."', "technique"),
        ('label = "Axial"', 'label = "Axial_pneumonia"', "series.ct.label"),
    ],
)
def test_a_spoiler_in_what_a_learner_sees_is_found(make_case, old, new, key):
    assert found(make_case(case={old: new})) == {("case.toml", key)}


def test_a_spoiler_in_the_first_question_is_found_and_in_a_later_one_is_not(make_case):
    ask = '[[question]]\nprompt = "{}"\n'
    early = make_case("a-01", quiz=ask.format("Mark the pneumonia.") + ask.format("Why?"))
    late = make_case("a-02", quiz=ask.format("Mark it.") + ask.format("Why is it a pneumonia?"))
    assert found(early) == {("quiz.toml", "question.1.prompt")}
    assert found(late) == set()


def test_a_spoiler_in_the_id_of_any_question_is_found(make_case):
    ask = '[[question]]\nid = "{}"\nprompt = "Which?"\n'
    assert found(make_case(quiz=ask.format("mark") + ask.format("pneumonia-size"))) == {("quiz.toml", "question.2.id")}


def test_a_spoiler_in_an_option_of_the_first_question_is_found_unless_it_is_what_is_asked(make_case):
    ask = '[[question]]\nprompt = "Which?"\noptions = ["Pneumonia", "Oedema"]\nanswer = "{}"\n'
    hint = make_case("a-01", quiz=ask.format("Oedema"))
    asked = make_case("a-02", quiz=ask.format("Pneumonia"))
    assert found(hint) == {("quiz.toml", "question.1.options")}
    assert found(asked) == set()


def test_a_spoiler_in_a_choice_of_a_first_question_about_an_examination_is_found(make_case):
    ask = '[[question]]\nprompt = "Which?"\n[[question.choice]]\noptions = ["Pneumonia", "CT"]\nanswers = ["{}"]\n'
    assert found(make_case("a-01", quiz=ask.format("CT"))) == {("quiz.toml", "question.1.options")}
    assert found(make_case("a-02", quiz=ask.format("Pneumonia"))) == set()


def test_a_spoiler_counts_where_a_word_begins_only(make_case):
    assert found(make_case(case={"Adult with a cough": "Bronchopneumonia"})) == set()


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("StudyDescription", "PNEUMONIA"),
        ("ImageType", ["DERIVED", "CONSOLIDATION"]),
        ("StudyDate", "20200101"),
        ("ContentTime", "101500"),
        ("ReferringPhysicianName", "Doe^Jane"),
        ("InstitutionName", "Some hospital"),
        ("AccessionNumber", "123"),
        ("PatientName", "Doe^John"),
        ("PatientID", "4711"),
        ("PatientIdentityRemoved", "NO"),
        ("BurnedInAnnotation", "YES"),
        ("Modality", "MR"),
    ],
)
def test_identity_and_spoilers_in_a_header_are_found(make_case, keyword, value):
    assert (IMAGE, keyword) in found(make_case(image={keyword: value}))


def test_a_name_inside_a_sequence_is_found(make_case):
    item = Dataset()
    item.PersonName = "Doe^Jane"
    assert found(make_case(image={"PersonIdentificationCodeSequence": [item]})) == {(IMAGE, "PersonName")}


def test_a_private_attribute_is_found(make_case):
    folder = make_case()
    image = dcmread(folder / IMAGE)
    image.private_block(0x0009, "SOMEBODY", create=True).add_new(0x01, "LO", "something")
    image.save_as(folder / IMAGE)
    assert {key for _, key in found(folder)} == {"(0009,0010)", "(0009,1001)"}


def test_a_file_that_is_not_dicom_is_one_fault(make_case):
    folder = make_case()
    (folder / IMAGE).write_bytes(b"not DICOM at all")
    (folder / "dicom" / "ct" / "notes.txt").write_text("x")
    assert found(folder) == {(IMAGE, ""), ("dicom/ct/notes.txt", "")}


def test_a_fault_of_many_files_is_named_once_with_their_number(make_case):
    folder = make_case(image={"StudyDate": "20200101"})
    for n in (2, 3):
        (folder / "dicom" / "ct" / f"000{n}.dcm").write_bytes((folder / IMAGE).read_bytes())
    (fault,) = lint_case(folder)
    assert "2 other files" in fault.message


def test_missing_files_are_found(make_case):
    folder = make_case()
    (folder / "SOURCE.md").unlink()
    (folder / "LICENCE.txt").unlink()
    (folder / IMAGE).unlink()
    assert found(folder) == {("SOURCE.md", ""), ("LICENCE.txt", ""), ("dicom/ct", "")}


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "GPL-3.0-only", "CC BY-ND 4.0"])
def test_a_licence_that_closes_the_images_is_a_fault(make_case, licence):
    assert found(make_case(case={"CC0-1.0": licence})) == {("case.toml", "provenance.licence")}


def test_faults_of_the_texts_come_out_as_they_are(make_case):
    folder = make_case(case={'["thoracic"]': '["chest"]', 'licence = "CC0-1.0"\n': ""})
    assert found(folder) == {("case.toml", "sections"), ("case.toml", "provenance.licence")}
