from datetime import UTC, datetime

import pytest
from pydicom import dcmread

from cases import CaseError, Fault
from cases.catalogue import Catalogue
from cases.draft import Drafts
from cases.exporting import export_case
from cases.gate import Decisions, admit
from cases.lint import lint_case
from cases.manifest import read_case
from tests.cases.conftest import CASE, QUIZ, TEACHING, file_bytes, header

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def drafts(tmp_path):
    return Drafts(tmp_path / "data")


@pytest.fixture
def draft(drafts, tmp_path):
    """Give a draft of one image, as it is after the gate."""
    image = header("somebody")
    image.BodyPartExamined = "CHEST"
    (tmp_path / "in.dcm").write_bytes(file_bytes(image))
    report = admit([tmp_path / "in.dcm"], drafts.drafts / "chest-ct-01", Decisions("chest-ct-01"))
    return drafts.begin("chest-ct-01", report, ["A note."])


def finish(draft):
    """Write what an author would."""
    text = CASE.format(slug=draft.slug, digest="0" * 64)
    draft.save("case.toml", text)
    draft.save("quiz.toml", QUIZ)
    draft.save("teaching.md", TEACHING)
    draft.save("LICENCE.txt", "CC0-1.0")


def test_a_new_draft_knows_its_series_and_has_blanks_for_the_rest(draft):
    table = draft.table()
    assert table["slug"] == "chest-ct-01"
    assert [series["id"] for series in table["series"]] == ["ct"]
    assert table["provenance"]["changes"][-1] == "A note."
    assert any(fault.key == "title" for fault in lint_case(draft.folder))


def test_what_a_person_wrote_by_hand_stays_when_the_desk_writes(draft):
    by_hand = "# Ask Ottilie before changing this.\n" + CASE.format(slug=draft.slug, digest="0" * 64)
    draft.save("case.toml", by_hand)
    table = draft.table()
    table["title"] = "Adult, CT of the chest"
    assert draft.save("case.toml", table)
    assert draft.text("case.toml") == by_hand.replace("Adult with a cough", "Adult, CT of the chest")
    assert not draft.save("case.toml", draft.table()), "nothing changed, so nothing is written"


def test_only_files_of_a_case_are_written(draft):
    for name in ("../case.toml", "dicom/x", "regions/../../x.json", "notes.txt"):
        with pytest.raises(CaseError):
            draft.save(name, "x")


def test_from_draft_to_published_to_retired_and_back(drafts, draft, tmp_path):
    finish(draft)
    assert lint_case(draft.folder) == []
    (tmp_path / "library").mkdir()
    catalogue = Catalogue(tmp_path / "library", drafts.published, drafts=drafts.drafts)
    assert catalogue.cases == ()
    assert catalogue.case("chest-ct-01").title == "Adult with a cough", "a draft can be looked at by name"
    drafts.publish(draft, [], (), NOW)
    catalogue.reload()
    assert [case.slug for case in catalogue.cases] == ["chest-ct-01"]
    drafts.retire("chest-ct-01")
    catalogue.reload()
    assert catalogue.cases == ()
    assert drafts.revise("chest-ct-01").folder == draft.folder


def test_faults_and_slugs_in_use_keep_a_draft_from_being_published(drafts, draft):
    with pytest.raises(CaseError, match="1 faults"):
        drafts.publish(draft, [Fault("case.toml", "title", "is empty.")], (), NOW)
    with pytest.raises(CaseError, match="already"):
        drafts.publish(draft, [], ("chest-ct-01",), NOW)
    assert draft.folder.is_dir()


def test_two_folders_with_one_slug_do_not_hide_one_another(make_case, drafts, draft):
    library = make_case("chest-ct-01").parent
    finish(draft)
    drafts.publish(draft, [], (), NOW)
    catalogue = Catalogue(library, drafts.published)
    assert [case.folder.parent for case in catalogue.cases] == [library]
    assert [fault.key for fault in catalogue.faults] == ["slug"]


def test_earlier_texts_can_be_gone_back_to(drafts, draft):
    first = draft.text("case.toml")
    kept = drafts.keep_version(draft, NOW)
    assert drafts.keep_version(draft, NOW) == kept, "the same texts are kept once"
    draft.save("case.toml", first.replace('title = ""', 'title = "Later"'))
    drafts.restore(draft, kept, NOW)
    assert draft.text("case.toml") == first
    assert len(drafts.kept_versions(draft.slug)) == 2, "what was replaced is kept as well"


def test_a_new_name_reaches_the_headers(drafts, draft):
    renamed = drafts.rename(draft, "thoracic-ct-77")
    [image] = renamed.folder.rglob("*.dcm")
    assert dcmread(image).PatientID == dcmread(image).PatientName == "thoracic-ct-77"
    assert renamed.table()["slug"] == "thoracic-ct-77"
    with pytest.raises(CaseError, match="lower-case"):
        drafts.rename(renamed, "../x")
    assert drafts.free_slug("thoracic-ct") == "thoracic-ct-01"


def test_a_published_case_can_be_exported(drafts, draft, tmp_path):
    finish(draft)
    folder = drafts.publish(draft, [], (), NOW)
    assert read_case(folder).slug == "chest-ct-01"
    assert len(export_case(folder, tmp_path / "out.zip")) == 64
