"""The figures of a logbook are those of the attempts, on paper as on screen, on SQLite and PostgreSQL."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from quizzes.people import tables
from quizzes.people.accounts import People
from quizzes.people.letters import MISSING, Letters
from quizzes.people.logbook import Logbook, Remark, Subject, as_csv, logbook, result, totals
from quizzes.people.logbook_pdf import as_pdf, unprintable
from quizzes.people.logbook_store import Logbooks
from quizzes.people.person import Role
from quizzes.records import Answered
from quizzes.scoring import Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan
from quizzes.store import Attempts

SUBJECTS = {
    "chest": Subject("Adult, chest CT", ("Thoracic and lung",), "CT"),
    "bone": Subject("Whole-body bone scan", ("Nuclear medicine: diagnosis", "Musculoskeletal"), "NM"),
    "exam": Subject("A case of a test", ("Breast",), "MG"),
}
SECTIONS = ("Musculoskeletal", "Thoracic and lung", "Breast", "Nuclear medicine: diagnosis")
NOW = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
ALWAYS = (date(2000, 1, 1), date(2100, 1, 1))
ASKED = {("chest", "v1"): {"a", "b"}, ("bone", "v1"): {"a"}, ("exam", "v1"): {"a"}}


def answer(attempt: str, slug: str, question: str, score: float, *, weight: float = 1.0, at: datetime = NOW, **more):
    asked = frozenset(more.pop("asked", {question}))
    number = more.pop("number", 1)
    return Answered(attempt, slug, number, at, question, 0.8, score, weight, None, None, None, at, asked)


@pytest.fixture
def kept(url):
    """Give Ada's four attempts as they are kept: two of the chest, one of bone, and one in a test that goes on."""
    with Attempts(url) as attempts:
        people = People(attempts.engine)
        ada = people.add("Ada Byron", Role.STUDENT, now=NOW)
        bert = people.add("Bert Osler", Role.RESIDENT, now=NOW)
        other = people.add("Eve", Role.STUDENT, now=NOW)
        first = attempts.start(ada.id, "chest", "v1", now=NOW)
        commit(attempts, first, a=(1.0, 3.0), b=(0.2, 1.0))
        second = attempts.start(ada.id, "chest", "v1", now=NOW + timedelta(days=1))
        commit(attempts, second, a=(0.9, 3.0))
        bone = attempts.start(ada.id, "bone", "v1", now=NOW)
        commit(attempts, bone, a=(0.5, 1.0))
        commit(attempts, attempts.start(other.id, "bone", "v1", now=NOW), a=(0.0, 1.0))
        session = Sessions(attempts.engine).start(ada.id, Plan(("exam",), "test", limit_s=9999), now=NOW)
        sealed = Sessions(attempts.engine).open(session, 0, "v1", now=NOW)
        commit(attempts, sealed, a=(0.123, 1.0))
        for number, (attempt, text) in enumerate([(first, "Well seen."), (second, "b is X"), (sealed, "Answer: X")]):
            say(attempts.engine, attempt.id, bert.id, text, str(number))
        say(attempts.engine, first.id, bert.id, "Taken back", "9", withdrawn_at=NOW)
        yield attempts, ada


def commit(attempts, attempt, **scores):
    for question, (value, weight) in scores.items():
        attempts.commit(attempt.id, question, {}, 0.8, Score(value, (), weight), attempt.started_at)


def say(engine, attempt_id, author_id, text, key, **more):
    row = {"id": key, "attempt_id": attempt_id, "question_id": "", "finding": "", "author_id": author_id}
    with engine.begin() as connection:
        connection.execute(sa.insert(tables.comment).values({**row, "text": text, "written_at": NOW, **more}))


def drawn(kept, *, period=ALWAYS, zone=UTC) -> Logbook:
    attempts, ada = kept
    current = {key: frozenset(ids) for key, ids in ASKED.items()}
    return Logbooks(attempts.engine).of(ada, SUBJECTS, current, period=period, zone=zone, now=NOW)


def test_every_figure_is_that_of_the_attempts(kept):
    book = drawn(kept)
    rows = {(one.slug, one.number): (one.answered, one.asked, one.score, result(one)) for one in book.entries}
    assert rows == {
        ("chest", 1): (2, 2, pytest.approx((3 * 1.0 + 0.2) / 4), "80%"),
        ("chest", 2): (1, 2, None, "1 of 2 answered"),
        ("bone", 1): (1, 1, 0.5, "50%"),
        ("exam", 1): (1, 1, None, "read; the test goes on"),
    }
    sums = totals(book.entries, lambda one: one.subject.sections, SECTIONS)
    assert [(one.name, one.cases, one.readings, one.score) for one in sums] == [
        ("Musculoskeletal", 1, 1, 0.5),
        ("Thoracic and lung", 1, 1, pytest.approx(0.8)),
        ("Breast", 1, 1, None),
        ("Nuclear medicine: diagnosis", 1, 1, 0.5),
    ]


def test_comments_come_with_their_author_and_never_before_everything_is_answered(kept):
    said = {
        (one.slug, one.number): [(remark.author, remark.text) for remark in one.remarks] for one in drawn(kept).entries
    }
    assert said == {("chest", 1): [("Bert Osler", "Well seen.")], ("chest", 2): [], ("bone", 1): [], ("exam", 1): []}


def test_a_day_is_the_readers_and_both_ends_of_a_period_belong_to_it(kept):
    day = date(2026, 3, 4)
    assert {one.slug for one in drawn(kept, period=(day, day)).entries} == {"chest", "bone", "exam"}
    # In Tokyo it is the next morning already.
    assert drawn(kept, period=(day, day), zone=ZoneInfo("Asia/Tokyo")).entries == ()
    tomorrow = day + timedelta(days=1)
    assert [one.number for one in drawn(kept, period=(tomorrow, tomorrow)).entries] == [2]


def pages(book: Logbook) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(as_pdf(book, SECTIONS))).pages]


def test_the_paper_says_the_same(kept):
    [text] = pages(drawn(kept, period=(date(2026, 3, 1), date(2026, 3, 31))))
    for part in (
        "Logbook Ada Byron 1–31 March 2026 · 3 readings of 3 cases; 1 begun and not finished",
        "A teaching record",
        "not a certificate of competence",
        "Drawn up on 4 March 2026.",
        "Cases Readings Mean score Musculoskeletal 1 1 50% Thoracic and lung 1 1 80% Breast 1 1 – Nuclear",
        "A case of two sections counts in both.",
        "2026-03-04 Adult, chest CT Thoracic and lung CT 80% Bert Osler, 2026-03-04: Well seen.",
        "2026-03-05 Adult, chest CT (reading 2) Thoracic and lung CT 1 of 2 answered",
        "read; the test goes on",
        "Student: name, date, signature",
        "Resident: name, date, signature",
        "Ada Byron · Readout logbook · page 1 of 1",
    ):
        assert part in text, text
    assert "X" not in text.replace("CT", "")
    assert "12%" not in text


def test_the_same_logbook_is_the_same_file(kept):
    assert as_pdf(drawn(kept), SECTIONS) == as_pdf(drawn(kept), SECTIONS)


def book(name: str, count: int = 1, text: str = "") -> Logbook:
    answers = [answer(str(n), "chest", "a", 0.5, at=NOW - timedelta(days=n)) for n in range(count)]
    said = {str(n): [Remark("Bert", text, NOW)] for n in range(count)} if text else {}
    return logbook(name, answers, SUBJECTS, period=ALWAYS, zone=UTC, made_at=NOW, remarks=said)


def test_a_long_logbook_has_its_pages_numbered_and_a_comment_may_be_longer_than_a_page():
    found = pages(book("Ada", 60, "Look again. " * 40))
    assert len(found) > 5
    for number, text in enumerate(found, 1):
        assert text.endswith(f"Ada · Readout logbook · page {number} of {len(found)}")
    assert "word0 " in " ".join(pages(book("Ada", 1, " ".join(f"word{n}" for n in range(1500)))))


@pytest.mark.parametrize("name", ["Łukasz Żółć", "Nguyễn Văn Ân", "Ωμέγα Άλφα", "Щербаков Їжак", "Zoë O’Neill–Ünal"])
def test_names_in_these_scripts_are_printed_whole(name):
    assert unprintable(book(name)) == ""
    assert f"Logbook {name} " in pages(book(name))[0]


@pytest.mark.parametrize("name", ["李明", "さくら 山田", "김민준"])
def test_chinese_japanese_and_korean_are_printed_in_the_viewers_type_and_this_is_said(name):
    assert "typeface of the viewer" in unprintable(book(name))
    assert MISSING not in unprintable(book(name))
    assert f"Logbook {name} " in pages(book(name))[0]


def test_letters_without_type_are_told_on_the_paper_and_stand_whole_in_the_csv():
    name = "علي Ali"
    [text] = pages(book(name))
    assert f"{MISSING * 3} Ali" in text
    assert "U+0639 ARABIC LETTER AIN" in text
    assert "U+0639 ARABIC LETTER AIN" in unprintable(book(name))
    assert name in as_csv(book(name))


def test_letters_in_parts_and_markup_are_letters():
    letters = Letters()
    assert letters.markup("é & <b>\nx") == "é &amp; &lt;b&gt;<br/>x"
    assert letters.note() == ""
    assert "Bert" in pages(book("<para>&amp; Ada</para>", 1, "<b>bold & \x00 </i>"))[0]


def test_the_csv_has_every_reading_and_no_formula(kept):
    rows = list(csv.DictReader(io.StringIO(as_csv(drawn(kept)))))
    assert [(row["case"], row["reading"], row["result"]) for row in rows] == [
        ("bone", "1", "0.5000"),
        ("chest", "1", "0.8000"),
        ("exam", "1", ""),
        ("chest", "2", ""),
    ]
    assert rows[1]["comments"] == "Bert Osler, 2026-03-04: Well seen."
    [row] = csv.DictReader(io.StringIO(as_csv(book("=1+1", 1, "x"))))
    assert row["student"] == "'=1+1"


def test_a_case_that_left_the_library_and_a_report_nobody_scores_are_there():
    answers = [answer("1", "gone", "a", 0.0, weight=0.0)]
    [one] = logbook("Ada", answers, {}, period=ALWAYS, zone=UTC, made_at=NOW).entries
    assert (one.subject.title, result(one)) == ("gone (no longer in the library)", "read; not scored")
    assert [total.name for total in totals([one], lambda entry: entry.subject.sections, SECTIONS)] == ["Other"]


def test_an_empty_logbook_can_be_printed():
    empty = logbook("Ada", [], {}, period=ALWAYS, zone=UTC, made_at=NOW)
    assert "Nothing was read in this period." in pages(empty)[0]
