"""Every case of the open archive, offline: what it pins, what it rests on, what it may not say too early."""

import re
from pathlib import Path

import pytest

from cases.case import SECTIONS, Case
from cases.catalogue import Catalogue
from cases.lint import lint_case
from cases.pins import GRADES
from quizzes.questions import DifferentialQuestion, MarkQuestion
from quizzes.quizfile import read_quiz
from quizzes.vocabulary import bundled_vocabulary

ROOT = Path(__file__).parents[2] / "cases" / "open_archive"
CASES = Catalogue(ROOT).cases
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)


def test_there_are_enough_of_them_and_none_has_faults():
    assert Catalogue(ROOT).faults == ()
    assert len(CASES) >= 45
    assert {section for case in CASES for section in case.sections} == set(SECTIONS)
    assert {case.modality for case in CASES} >= {"CT", "MR", "MG", "PT", "NM", "US"}


def test_no_image_is_committed():
    assert {path.name for path in ROOT.rglob("*") if path.is_file()} == {"case.toml", "quiz.toml", "teaching.md"}


def test_no_series_is_pinned_under_two_numbers():
    pins = [series.archive for case in CASES for series in case.series]
    by_key = {pin.key: pin.uid for pin in pins}
    assert len(set(by_key.values())) == len(by_key)


@each
def test_a_case_passes_lint(case: Case):
    assert [str(fault) for fault in lint_case(case.folder)] == []


@each
def test_a_case_says_what_it_rests_on(case: Case):
    assert case.grade in GRADES
    assert case.history_written_for_teaching
    assert case.reviewed_by == ""
    assert re.fullmatch(r"CC-BY-[34]\.0", case.provenance.licence)
    assert case.provenance.doi
    assert case.provenance.citation in case.teaching["References"]
    assert any("Nobody has looked at these pixels" in flag for flag in case.provenance.flags)
    assert all(finding.status == "documented" and finding.source for finding in case.findings)
    if case.grade == "A":
        assert case.diagnosis_status.startswith(("documented", "consensus", "none documented: anatomy"))


@each
def test_every_image_comes_from_the_archive(case: Case):
    assert all(series.archive and series.archive.instances for series in case.series)
    assert not case.on_machine
    assert case.megabytes < 200


@each
def test_every_outline_names_who_drew_it_and_is_asked_for(case: Case):
    quiz = read_quiz(case.quiz_file, bundled_vocabulary())
    marks = (question for question in quiz.questions if isinstance(question, MarkQuestion))
    asked = {name for question in marks for name in question.regions}
    assert asked == {region.name for region in case.regions}
    for region in case.regions:
        assert "this very series" in region.authority
        assert "unreviewed" not in region.authority
    assert len(quiz.questions) >= 2
    # Left out when an outline cannot be verified: something has to remain.
    assert any(not isinstance(question, MarkQuestion) for question in quiz.questions)


@each
def test_a_differential_gives_its_reasons(case: Case):
    for question in read_quiz(case.quiz_file, bundled_vocabulary()).questions:
        if isinstance(question, DifferentialQuestion):
            assert len(question.entries) >= 4
            assert all(entry.pros or entry.cons for entry in question.entries)
