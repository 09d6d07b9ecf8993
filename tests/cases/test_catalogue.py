import json

import pytest

from cases import CaseError, ManifestError
from cases.catalogue import Catalogue, by_level, by_modality, by_section, cases_json, counts, search
from cases.manifest import SECTIONS


@pytest.fixture
def catalogue(make_case):
    make_case("neuro-mr-01", case={'["thoracic"]': '["neuro"]', 'modality = "CT"': 'modality = "MR"'})
    make_case("thoracic-ct-02", case={"level = 1": "level = 2"})
    make_case("thoracic-ct-01", case={'["thoracic"]': '["thoracic", "interventional"]'})
    root = make_case("broken-01", case={"level = 1": "level = 9"}).parent
    (root / ".building-x").mkdir()
    return Catalogue(root)


def test_a_case_with_faults_is_left_out_and_its_faults_are_kept(catalogue):
    assert [case.slug for case in catalogue.cases] == ["thoracic-ct-01", "thoracic-ct-02", "neuro-mr-01"]
    assert [(fault.file, fault.key) for fault in catalogue.faults] == [("broken-01/case.toml", "level")]


def test_a_case_is_found_by_its_slug_and_a_stranger_is_an_error(catalogue):
    assert catalogue.case("neuro-mr-01").modality == "MR"
    with pytest.raises(CaseError, match="no case"):
        catalogue.case("../etc")
    with pytest.raises(ManifestError):
        catalogue.case("broken-01")


def test_search_finds_what_a_learner_sees_and_nothing_else(catalogue):
    assert len(search(catalogue.cases, "cough ADULT")) == 3
    assert [case.slug for case in search(catalogue.cases, "neuro-mr")] == ["neuro-mr-01"]
    assert len(search(catalogue.cases, "lung")) == 2, "the name of the section"
    assert search(catalogue.cases, "pneumonia") == []
    assert len(search(catalogue.cases, " ")) == 3


def test_filters_take_any_of_what_is_named_and_all_when_nothing_is(catalogue):
    assert len(by_section(catalogue.cases, {"interventional", "neuro"})) == 2
    assert len(by_modality(catalogue.cases, {"MR"})) == 1
    assert len(by_level(catalogue.cases, {2, 3})) == 1
    assert len(by_section(by_level(by_modality(catalogue.cases, ()), ()), ())) == 3


def test_counts_have_all_ten_sections_in_order(catalogue):
    numbers = counts(catalogue.cases)
    assert list(numbers) == list(SECTIONS)
    assert len(SECTIONS) == 10
    assert (numbers["thoracic"], numbers["interventional"], numbers["breast"]) == (2, 1, 0)


def test_the_description_of_cases_is_json_and_gives_nothing_away(catalogue):
    text = json.dumps(cases_json(catalogue.cases))
    assert "neumonia" not in text
    first = json.loads(text)[0]
    assert first["series"] == [{"id": "ct", "label": "Axial", "files": 1}]
    folder = catalogue.cases[0].folder
    assert first["bytes"] == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_library_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CaseError, match="Check the folder"):
        Catalogue(tmp_path / "nowhere")
