"""What every case of the library teaches with, and what the library as a whole covers."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import assert_never

import pytest

from cases.case import SECTIONS, Case
from cases.catalogue import Catalogue
from quizzes.answers import read_answer
from quizzes.hints import hints
from quizzes.questions import (
    DifferentialQuestion,
    ExaminationQuestion,
    MarkQuestion,
    MeasureQuestion,
    MenuQuestion,
    MultipleQuestion,
    Question,
    Quiz,
    ReportQuestion,
    SingleQuestion,
    learner_view,
)
from quizzes.quizfile import read_quiz
from quizzes.scoring import score, score_report
from quizzes.vocabulary import bundled_vocabulary
from viewer.regions import Region, read_region
from viewer.series import Series, read_series

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
CASES = Catalogue(LIBRARY).cases
IN_EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
NOTHING_WRONG = {"no-abnormality", "no-flow-limiting-stenosis"}
MEGABYTES = 110


@cache
def quiz(slug: str) -> Quiz:
    return read_quiz(LIBRARY / slug / "quiz.toml", bundled_vocabulary())


@cache
def images(slug: str, series: str) -> Series:
    return read_series(sorted((LIBRARY / slug / "dicom" / series).glob("*.dcm")))


@cache
def regions(slug: str) -> Mapping[str, Region]:
    (case,) = (one for one in CASES if one.slug == slug)
    return {one.name: read_region(one.spec, case.folder, images(slug, one.series)) for one in case.regions}


def differential(case: Case) -> DifferentialQuestion:
    found, *again = [question for question in quiz(case.slug).questions if isinstance(question, DifferentialQuestion)]
    assert all(question.again for question in again)
    return found


def items(text: str) -> list[str]:
    return re.findall(r"^(?:-|\d+\.) (.+)$", text, re.MULTILINE)


@IN_EVERY_CASE
def test_a_case_asks_three_to_seven_questions_of_two_kinds_or_more_and_explains_each(case):
    questions = quiz(case.slug).questions
    assert 3 <= len(questions) <= 7
    assert len({question.kind for question in questions}) >= 2
    assert all(len(question.explanation) > 100 for question in questions)
    assert hints(quiz(case.slug), bundled_vocabulary()) == []


@IN_EVERY_CASE
def test_a_differential_has_reasons_for_and_against_in_tiers(case):
    entries = differential(case).entries
    assert 5 <= len(entries) <= 9
    assert all(entry.pros and entry.cons for entry in entries)
    tiers = [entry.tier for entry in entries]
    assert tiers[0] == "answer"
    # Where the answer is the one that must not be missed, no other need be.
    assert len(set(tiers)) >= 3
    assert "must-not-miss" in tiers or "carcinoma" in entries[0].concept


@IN_EVERY_CASE
def test_a_case_says_why_this_examination_and_how_to_read_it(case):
    assert case.history
    assert len(case.technique) > 30
    assert len(case.teaching["Technique"]) > 300
    assert len(items(case.teaching["Search pattern"])) >= 6
    assert 5 <= len(items(case.teaching["Learning points"])) <= 9


@IN_EVERY_CASE
def test_references_can_be_looked_up(case):
    found = items(case.teaching["References"])
    assert 1 <= len(found) <= 5
    for reference in found:
        assert re.search(r"\b(19[6-9]\d|20[0-2]\d)\b", reference), reference
        # A book has a publisher; an article volume and pages.
        assert re.search(r"[\d)]:e?\d+", reference) or "5th ed." in reference, reference
        for doi in re.findall(r"doi:(\S+)", reference):
            assert re.fullmatch(r"10\.\d{4,9}/[^\s,;]*[\w)]", doi), reference


@IN_EVERY_CASE
def test_a_region_is_asked_for_or_shown_and_the_place_of_its_finding_lies_in_it(case):
    for entry in case.regions:
        region = regions(case.slug)[entry.name]
        described = [finding for finding in case.findings if finding.region == entry.name]
        assert described, entry.name
        assert region.contains(region.centre)
        for finding in described:
            if finding.point_mm:
                mark = {"space": "patient", "point": list(finding.point_mm)}
            else:
                assert finding.frame
                mark = {"space": "image", "frame": finding.frame - 1, "point": list(finding.point_px or ())}
            # A finding may be named beside what is outlined, such as the part of a label that was left out.
            assert region.contains(mark) or finding is not described[0], (entry.name, finding.id)


@IN_EVERY_CASE
def test_every_question_can_be_answered_rightly_and_then_earns_everything(case):
    truth, vocabulary = regions(case.slug), bundled_vocabulary()
    for question in quiz(case.slug).questions:
        if isinstance(question, ReportQuestion):
            result = score_report(question, {criterion.name: "full" for criterion in question.criteria})
        else:
            answer = read_answer(question, right_answer(question, truth), vocabulary)
            result = score(question, answer, vocabulary=vocabulary, regions=truth)
        assert result.value == pytest.approx(1), question.id


def right_answer(question: Question, truth: Mapping[str, Region]) -> dict[str, object]:
    match question:
        case MarkQuestion():
            marks = [{**truth[name].centre, "series": question.series} for name in question.regions]
            return {"marks": marks, "no_finding": not marks}
        case SingleQuestion():
            return {"choice": question.answer}
        case MultipleQuestion():
            return {"choices": list(question.answers)}
        case MenuQuestion():
            return {"named": question.answers[0]}
        case MeasureQuestion():
            return {"value": question.value, "unit": question.unit}
        case ExaminationQuestion():
            return {"chosen": {choice.aspect: choice.answers[0] for choice in question.choices}}
        case ReportQuestion():
            return {"text": question.model}
        case DifferentialQuestion():
            named = ("answer", "must-not-miss")
            return {"ranked": [entry.concept for entry in question.entries if entry.tier in named]}
        case _:
            assert_never(question)


@IN_EVERY_CASE
def test_an_outline_that_no_expert_drew_says_so(case):
    for region in case.regions:
        honest = r"not verified by an expert|not stated|by construction|Drawn for teaching"
        assert (region.basis == "experts") != bool(re.search(honest, region.authority)), region.name


def test_experts_labels_and_lumina_are_what_a_mark_is_scored_against():
    marked = {
        (case.slug, region)
        for case in CASES
        for question in quiz(case.slug).questions
        if isinstance(question, MarkQuestion)
        for region in question.regions
    }
    for case in CASES:
        for region in case.regions:
            if region.basis in ("experts", "label", "machine"):
                assert (case.slug, region.name) in marked


def test_every_section_and_every_kind_of_nuclear_medicine_image_has_a_case_and_every_level():
    covered = {section for case in CASES for section in case.sections}
    assert covered >= set(SECTIONS) - {"nuclear-therapy"}
    assert {case.level for case in CASES} == {1, 2, 3}
    nuclear = [images(case.slug, case.series[0].id) for case in CASES if "nuclear-diagnosis" in case.sections]
    kinds = {(series.modality, len(series.frames) > 1) for series in nuclear}
    assert kinds == {("PT", True), ("NM", True), ("NM", False)}, "PET, SPECT and planar"


def test_at_least_three_studies_have_no_abnormality_or_nearly_none():
    assert len([case for case in CASES if near_normal(case)]) >= 3


def near_normal(case: Case) -> bool:
    return any(entry.tier == "answer" and entry.concept in NOTHING_WRONG for entry in differential(case).entries)


def test_a_study_without_abnormality_looks_like_the_others_before_the_first_commit():
    ill, well = ([case for case in CASES if near_normal(case) == wanted] for wanted in (False, True))
    for case in well:
        first = quiz(case.slug).questions[0]
        others = [quiz(other.slug).questions[0] for other in ill]
        assert any(set(learner_view(first, 1)) == set(learner_view(other, 1)) for other in others)
        assert len(quiz(case.slug).questions) in {len(quiz(other.slug).questions) for other in ill}
        assert case.level in {other.level for other in ill}
        assert case.modality == "XA" or case.modality in {other.modality for other in ill}
        assert {"normal", "no abnormality"} & set(case.spoilers), "so that lint and browser test look for them"
        assert not re.search(r"normal|anatomy|healthy|volunteer|control", f"{case.title} {case.history}", re.IGNORECASE)
    # And a case with a finding may be asked for one that is not there: the same words stand before both.
    prompts = {quiz(case.slug).questions[0].prompt for case in ill}
    asked = [quiz(case.slug).questions[0] for case in well]
    assert all(question.prompt in prompts for question in asked if not getattr(question, "regions", ()))


FIELDS = {
    "Oncology": ("FDG", "PSMA", "DOTATATE", "prostate", "lymphoma"),
    "Neurology": ("ioflupane", "amyloid", "dementia", "seizure"),
    "Cardiovascular": ("sestamibi", "Rb-82", "viability", "amyloid"),
    "Inflammation": ("leucocytes", "FDG", "fever", "prosthes"),
    "General": ("diphosphonates", "pertechnetate", "MAG3", "macroaggregated", "embolism"),
    "Radionuclide therapy": ("I-131", "Lu-177", "Ra-223", "Y-90", "thyroid", "prostate"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_nuclear_medicine_is_introduced_with_its_tracers_and_what_they_are_for(field):
    texts = [case.teaching["Technique"] for case in CASES if "nuclear-diagnosis" in case.sections]
    told = "\n".join(part for text in texts for part in introduced(text, field))
    assert [word for word in FIELDS[field] if word not in told] == []


def introduced(text: str, field: str) -> list[str]:
    """Give the items that begin with the field's name, and the list under a heading that does."""
    lines = re.findall(rf"^- {field}.*$", text, re.MULTILINE)
    return lines + re.findall(rf"^\*\*{field}[^\n]*\*\*\n\n(?:- .*\n?)+", text, re.MULTILINE)


def test_the_whole_library_is_small_enough_to_be_carried_with_the_code():
    assert sum(file.stat().st_size for file in LIBRARY.rglob("*") if file.is_file()) <= MEGABYTES * 1_000_000
