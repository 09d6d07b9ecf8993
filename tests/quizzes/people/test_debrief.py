from dataclasses import replace
from datetime import timedelta

import pytest

from quizzes.people.debrief import debrief, talk_first
from quizzes.records import Answered


@pytest.fixture
def answered(now):
    def make(attempt, question, score, *, sure=0.7, weight=1.0, minutes=5, day=0, **more):
        started = now + timedelta(days=day)
        verdicts = {"top1": None, "top3": None, "hit": None, **more}
        at = started + timedelta(minutes=minutes)
        return Answered(
            attempt, f"case of {attempt}", 1, started, question, sure, score, weight, **verdicts, committed_at=at
        )

    return make


def test_an_attempt_is_a_line_with_its_weighted_score_confidence_and_time(answered):
    answers = [
        answered("a", "place", 1.0, sure=0.9, weight=3.0, hit=True),
        answered("a", "rank", 0.0, sure=0.7, minutes=8, top1=False),
    ]
    [line] = debrief(answers, {("a", "place"): "interpretation"})
    assert (line.score, line.sure, line.right, line.answers) == (0.75, pytest.approx(0.8), 1, 2)
    assert (line.wrong_sure, line.took, line.miss) == (0.7, timedelta(minutes=8), "interpretation")


def test_a_report_is_not_in_the_score_and_neither_right_nor_wrong(answered):
    answers = [answered("a", "best", 1.0), answered("a", "report", 0.0, sure=1.0, weight=0.0)]
    [line] = debrief(answers, {})
    assert (line.score, line.right, line.answers, line.wrong_sure) == (1.0, 1, 1, 0.0)
    [alone] = debrief(answers[1:], {})
    assert alone.score is None


def test_questions_without_an_answer_are_counted(answered):
    asked = frozenset({"best", "place", "rank"})
    [line] = debrief([replace(answered("a", "best", 1.0), asked=asked)], {})
    assert line.unanswered == 2


def test_lines_are_the_newest_first(answered):
    answers = [answered(name, "best", 1.0, day=day) for name, day in (("a", 1), ("b", 3), ("c", 2))]
    assert [line.attempt_id for line in debrief(answers, {})] == ["b", "c", "a"]


def test_what_to_talk_about_first_is_flagged_then_sure_and_wrong_then_missed_then_poor(answered):
    answers = [
        answered("good", "best", 1.0, sure=1.0),
        answered("poor", "best", 0.2, sure=0.5),
        answered("missed", "place", 0.6, sure=0.6, hit=False),
        answered("sure", "best", 0.0, sure=0.8),
        answered("surer", "best", 0.0, sure=1.0),
        answered("flagged", "best", 1.0),
    ]
    lines = debrief(answers, {("missed", "place"): "search"})
    found = talk_first(lines, {"flagged"}, most=9)
    assert [(line.attempt_id, reason) for line, reason in found] == [
        ("flagged", "on the discuss list"),
        ("surer", "100% sure of an answer that was wrong"),
        ("sure", "80% sure of an answer that was wrong"),
        ("missed", "a finding was not looked at"),
        ("poor", "scored 20%"),
    ]
    assert len(talk_first(lines, {"flagged"})) == 3
    assert talk_first([replace(lines[0], wrong_sure=0.0, score=None, miss=None)], set()) == []
