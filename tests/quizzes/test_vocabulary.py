import re
import tomllib
import warnings
from pathlib import Path

import pytest

from quizzes import QuizFileError
from quizzes.search import folded, plain
from quizzes.vocabulary import Match, Vocabulary, read_vocabulary

STARTER = (
    "lung-carcinoma",
    "lung-adenocarcinoma",
    "lung-squamous-carcinoma",
    "granulomatous-infection",
    "pulmonary-tuberculosis",
    "endemic-fungal-infection",
    "organising-pneumonia",
    "lung-metastasis",
    "carcinoid",
    "hamartoma",
    "round-atelectasis",
    "non-ossifying-fibroma",
    "fibrous-dysplasia",
    "aneurysmal-bone-cyst",
    "simple-bone-cyst",
    "chondromyxoid-fibroma",
    "osteofibrous-dysplasia",
    "adamantinoma",
    "brodie-abscess",
    "osteosarcoma",
    "no-flow-limiting-stenosis",
    "coronary-atherosclerosis-mild",
    "coronary-stenosis",
    "catheter-spasm",
    "anomalous-coronary-origin",
)

AMERICAN = re.compile(r"\b(edema|tumors?|hem\w+|esoph\w+|pediatric|fiber|goiter|\w*(ischemi|organiz)\w+)\b")


def written(folder: Path, text: str) -> Path:
    path = folder / "vocabulary.toml"
    path.write_text(text, encoding="utf-8")
    return path


def first(vocabulary: Vocabulary, text: str) -> str:
    matches = vocabulary.search(text)
    return matches[0].id if matches else ""


def test_it_covers_the_starter_cases_and_every_section(vocabulary):
    assert len(vocabulary) >= 250
    assert [concept for concept in STARTER if concept not in vocabulary] == []
    sections = {concept.section for concept in vocabulary}
    assert sections >= {
        "thorax",
        "musculoskeletal",
        "cardiovascular",
        "abdomen",
        "neuro",
        "breast",
        "paediatric",
        "nuclear",
    }


def test_no_two_concepts_share_a_name_or_synonym_in_either_spelling(vocabulary):
    names = [folded(text) for concept in vocabulary for text in (concept.name, *concept.synonyms)]
    assert sorted(name for name in names if names.count(name) > 1) == []


def test_ids_are_plain_and_abbreviations_short(vocabulary):
    for concept in vocabulary:
        assert plain(concept.id).replace(" ", "-") == concept.id
        assert all(2 <= len(short) <= 10 for short in concept.abbreviations), concept


def test_parents_exist_and_nobody_is_an_own_ancestor(vocabulary):
    for concept in vocabulary:
        line, above = set(), set(concept.parents)
        while above:
            assert all(parent in vocabulary for parent in above), concept
            line |= above
            above = {parent for nearer in above for parent in vocabulary.parents(nearer)}
            assert concept.id not in line


def test_names_are_british(vocabulary):
    texts = [text.casefold() for concept in vocabulary for text in (concept.name, *concept.synonyms)]
    assert [text for text in texts if AMERICAN.search(text) and not text.startswith("hemi")] == []


def test_kin_are_parents_children_and_siblings_and_never_oneself(vocabulary):
    assert vocabulary.parents("lung-adenocarcinoma") == {"lung-carcinoma", "non-small-cell-lung-carcinoma"}
    assert "small-cell-lung-carcinoma" in vocabulary.siblings("lung-adenocarcinoma")
    assert "pulmonary-tuberculosis" in vocabulary.children("granulomatous-infection")
    assert "lung-metastasis" not in vocabulary.children("lung-carcinoma")
    for concept in vocabulary:
        assert concept.id not in vocabulary.siblings(concept.id)
        assert vocabulary.siblings(concept.id).isdisjoint(vocabulary.parents(concept.id))


@pytest.mark.parametrize(
    ("typed", "concept"),
    [
        ("PE", "pulmonary-embolism"),
        ("pe", "pulmonary-embolism"),
        ("HCC", "hepatocellular-carcinoma"),
        ("NOF", "non-ossifying-fibroma"),
        ("TB", "pulmonary-tuberculosis"),
        ("NSIP", "non-specific-interstitial-pneumonia"),
    ],
)
def test_an_abbreviation_finds_what_it_stands_for(vocabulary, typed, concept):
    assert first(vocabulary, typed) == concept


@pytest.mark.parametrize(
    ("typed", "concept"),
    [
        ("organizing pneumonia", "organising-pneumonia"),
        ("pulmonary edema", "pulmonary-oedema"),
        ("esophageal carcinoma", "oesophageal-carcinoma"),
        ("epidural hematoma", "extradural-haematoma"),
        ("giant cell tumor of bone", "giant-cell-tumour-of-bone"),
        ("pheochromocytoma", "phaeochromocytoma"),
        ("cecal volvulus", "caecal-volvulus"),
        ("myocardial ischemia", "myocardial-ischaemia"),
        ("disk prolapse", "disc-herniation"),
        ("slipped capital femoral epiphysis", "slipped-upper-femoral-epiphysis"),
        ("Birt-Hogg-Dube", "birt-hogg-dube-syndrome"),
    ],
)
def test_american_spelling_and_words_find_the_british_name(vocabulary, typed, concept):
    assert first(vocabulary, typed) == concept


@pytest.mark.parametrize(
    ("typed", "concept"),
    [
        ("organsing pnuemonia", "organising-pneumonia"),
        ("pneumotorax", "pneumothorax"),
        ("nonossifying fibroma", "non-ossifying-fibroma"),
        ("brody abscess", "brodie-abscess"),
        ("osteosacroma", "osteosarcoma"),
        ("anuerysmal bone cyst", "aneurysmal-bone-cyst"),
        ("crohns", "crohn-disease"),
    ],
)
def test_a_typing_error_is_forgiven(vocabulary, typed, concept):
    assert first(vocabulary, typed) == concept


@pytest.mark.parametrize("concept", STARTER)
def test_typing_a_name_brings_it_up_before_it_is_complete(vocabulary, concept):
    name = vocabulary[concept].name
    assert concept in {match.id for match in vocabulary.search(name[: max(6, len(name) * 2 // 3)])}
    assert first(vocabulary, name) == concept


def test_every_name_and_synonym_finds_its_own_concept_first(vocabulary):
    wrong = [
        (text, first(vocabulary, text), concept.id)
        for concept in list(vocabulary)[::7]
        for text in (concept.name, *concept.synonyms)
        if first(vocabulary, text) != concept.id
    ]
    assert wrong == []


def test_words_may_come_in_any_order(vocabulary):
    assert first(vocabulary, "cancer of the lung") == "lung-carcinoma"
    assert first(vocabulary, "fracture hip") == "hip-fracture"


@pytest.mark.parametrize("typed", ["", " ", "p", " - ", "'", "é", "\N{BUG}", "zzzzzz"])
def test_nothing_comes_of_nothing_one_letter_or_nonsense(vocabulary, typed):
    assert vocabulary.search(typed) == ()


def test_a_match_says_which_of_its_names_was_found(vocabulary):
    assert vocabulary.search("PE", limit=1) == (Match("pulmonary-embolism", "Pulmonary embolism", "PE"),)
    assert vocabulary.search("osteonecrosis", limit=1)[0].matched == "Osteonecrosis"


def test_a_concept_comes_once_and_no_more_than_asked_for(vocabulary):
    for typed in ("carcinoma", "pulmonary", "fracture of", "TB", "a" * 10_000):
        ids = [match.id for match in vocabulary.search(typed, limit=5)]
        assert len(ids) == len(set(ids)) <= 5


def test_every_fault_of_a_vocabulary_file_is_told_at_once(tmp_path):
    path = written(
        tmp_path,
        """
        [thorax]
        a = { name = "Oedema", parents = ["missing"] }
        b = { name = "Edema" }
        c = { synonyms = ["Sea"], kind = "sign" }
        d = { name = "D", parents = ["e"] }
        e = { name = "E", parents = ["d"], colour = "red" }
        f = 3
        [neuro]
        a = { name = "Again", abbreviations = ["AB", "a-b", "ab"] }
        """,
    )
    with pytest.raises(QuizFileError) as caught:
        read_vocabulary(path)
    told = "\n".join(map(str, caught.value.faults))
    for part in (
        "[a]: parent missing is not a concept",
        '[b]: "Edema" names a already',
        "[thorax.c.name]: found nothing, expected text",
        "[thorax.c.kind]: found 'sign', expected one of diagnosis, finding",
        "[d]: is an ancestor of itself",
        "[e]: is an ancestor of itself",
        "[thorax.e.colour]: found an unknown key",
        "[thorax.f]: found 3, expected a table",
        "[a]: the id is there twice",
        "[a]: an abbreviation is there twice",
    ):
        assert part in told


FILLERS = {"unspecified", "nos", "other", "not", "elsewhere", "classified", "and", "of", "the", "in", "with", "a"}


@pytest.fixture(scope="module")
def icd():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the tables are read in a way that Python will drop
        import simple_icd_10_cm

        simple_icd_10_cm.is_valid_item("A00")
    return simple_icd_10_cm


def words(text):
    return set(folded(text).split()) - FILLERS


def says_the_same(icd, concept):
    """Whether a title or inclusion term of the code has the words of a name of the concept, and no others."""
    terms = [icd.get_description(concept.icd10), *icd.get_inclusion_term(concept.icd10)]
    return any(words(name) == words(term) for name in (concept.name, *concept.synonyms) for term in terms)


def test_a_code_of_icd_10_cm_says_the_same_or_was_judged_to_be_the_class_of_the_concept(vocabulary, icd):
    """The list holds concept, code and title as they were judged: another code or table has to be judged again."""
    lines = Path(__file__).with_name("icd10_judged.tsv").read_text(encoding="utf-8").splitlines()
    judged = {tuple(line.split("\t")) for line in lines}
    coded = [concept for concept in vocabulary if concept.icd10]
    assert len(coded) >= 690
    assert [concept.id for concept in coded if not icd.is_valid_item(concept.icd10)] == []
    wider = {
        (concept.id, concept.icd10, icd.get_description(concept.icd10))
        for concept in coded
        if not says_the_same(icd, concept)
    }
    assert wider == judged


def test_only_a_diagnosis_has_a_code(vocabulary):
    assert [concept.id for concept in vocabulary if concept.icd10 and concept.kind != "diagnosis"] == []


def test_every_concept_that_a_case_uses_is_there(vocabulary):
    used = set()
    for quiz in (Path(__file__).parents[2] / "cases").glob("*/*/quiz.toml"):
        for question in tomllib.loads(quiz.read_text(encoding="utf-8"))["question"]:
            used |= {entry["concept"] for entry in question.get("entry", ())}
            used |= set(question["answers"] if question["kind"] == "menu" else ())
    assert len(used) > 200
    assert [concept for concept in sorted(used) if concept not in vocabulary] == []


def test_a_code_that_is_none_is_a_fault(tmp_path):
    path = written(tmp_path, '[thorax]\nx = { name = "X", icd10 = "C3" }')
    with pytest.raises(QuizFileError, match=r"thorax\.x\.icd10\]: found .C3."):
        read_vocabulary(path)
