"""What one question must not say of another."""

import pytest

from quizzes.hints import hints
from quizzes.quizfile import read_quiz
from quizzes.vocabulary import bundled_vocabulary

DIFFERENTIAL = """
[[question]]
id = "differential"
kind = "differential"
prompt = "{prompt}"
explanation = "Because."
[[question.entry]]
concept = "ureteric-calculus"
tier = "answer"
for = "Seen."
[[question.entry]]
concept = "appendicitis"
tier = "plausible"
for = "Pain."
"""
SINGLE = """
[[question]]
id = "single"
kind = "single"
prompt = "{prompt}"
options = ["{right}", "{wrong}"]
answer = "{right}"
explanation = "Because."
"""


@pytest.fixture
def keys(tmp_path):
    def read(*questions):
        (tmp_path / "quiz.toml").write_text("".join(questions), encoding="utf-8")
        vocabulary = bundled_vocabulary()
        return [fault.key for fault in hints(read_quiz(tmp_path / "quiz.toml", vocabulary), vocabulary)]

    return read


def single(prompt="Which?", right="This one", wrong="Another"):
    return SINGLE.format(prompt=prompt, right=right, wrong=wrong)


def differential(prompt="Rank."):
    return DIFFERENTIAL.format(prompt=prompt)


def test_neutral_questions_give_no_hint(keys):
    assert keys(single(), differential()) == []


@pytest.mark.parametrize("name", ["a ureteric calculus", "the Ureteric-Calculus.", "a ureteral stone"])
def test_a_prompt_that_names_what_a_later_differential_asks_for_is_a_fault(keys, name):
    assert keys(single(prompt=f"How large is {name}?"), differential()) == ["question.single.prompt"]
    assert keys(differential(), single(prompt=f"How large is {name}?")) == [], "it has been answered by then"


def test_a_differential_that_names_its_own_answer_is_a_fault(keys):
    assert keys(differential("Rank what imitates a ureteric calculus.")) == ["question.differential.prompt"]


def test_a_wrong_option_before_the_differential_is_a_fault_and_the_right_one_is_what_is_asked(keys):
    assert keys(single(wrong="Ureteric calculus"), differential()) == ["question.single.options"]
    assert keys(single(right="Ureteric calculus"), differential()) == []


def test_a_prompt_that_says_its_own_right_option_is_a_fault_and_part_of_a_word_is_not(keys):
    assert keys(single(prompt="Is it this one?")) == ["question.single.prompt"]
    assert keys(single(prompt="Is it thisone?")) == []


def test_an_earlier_list_may_hold_a_later_right_option(keys):
    later = single(right="Another", wrong="A third").replace('id = "single"', 'id = "later"')
    assert keys(single(), later) == []


EXAMINATION = """
[[question]]
id = "plan"
kind = "examination"
prompt = "Which?"
explanation = "Because."
[[question.choice]]
aspect = "modality"
options = ["CT", "MR for a {wrong}"]
answers = ["CT"]
"""


def test_a_wrong_option_of_an_examination_that_names_a_later_diagnosis_is_a_fault(keys):
    assert keys(EXAMINATION.format(wrong="ureteric calculus"), differential()) == ["question.plan.modality"]
    assert keys(EXAMINATION.format(wrong="mass"), differential()) == []
    assert keys(differential(), EXAMINATION.format(wrong="ureteric calculus")) == [], "it has been answered by then"
