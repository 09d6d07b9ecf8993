import pytest

from quizzes.search import Label, LabelIndex, folded, plain


def test_a_plain_text_has_no_case_accent_apostrophe_or_punctuation():
    assert plain("  Löffler’s Non-ossifying (NOF)") == "lofflers non ossifying nof"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("haematoma of the oesophagus", "hematoma of the esophagus"),
        ("organising tumours", "organizing tumors"),
        ("goitre of grey fibre", "goiter of gray fiber"),
        ("disc", "disk"),
        ("localised catheterisation", "localized catheterization"),
    ],
)
def test_british_and_american_spelling_fold_to_the_same(british, american):
    assert folded(british) == folded(american)


def test_an_abbreviation_keeps_its_letters():
    index = LabelIndex([Label("EP", 0, abbreviation=True), Label("AEP", 1, abbreviation=True)])
    assert [label.text for label in index.search("aep", 5)] == ["AEP"]
    assert [label.text for label in index.search("ep", 5)] == ["EP"]


def test_of_equally_good_labels_the_first_comes_first():
    index = LabelIndex([Label("TB", 2, abbreviation=True), Label("TB", 1, abbreviation=True)])
    assert [label.owner for label in index.search("TB", 5)] == [1, 2]


def test_one_owner_is_found_once_by_its_best_label():
    index = LabelIndex([Label("Lung cancer", 0, abbreviation=False), Label("Cancer", 0, abbreviation=False)])
    assert [label.text for label in index.search("cancer", 5)] == ["Cancer"]
