"""Practice, progress and teaching, run by Streamlit's own test harness over the real library."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cases.catalogue import Catalogue
from pages.missed import kinds_of_misses
from pages.repertoire import repertoire
from pages.room import Room, furnish
from quizzes.export import FORMATS
from quizzes.people.person import LOCAL
from quizzes.records import Records
from quizzes.scoring import Score
from quizzes.session_store import Sessions
from quizzes.sessions import Plan, standing
from quizzes.viewing import read_message
from quizzes.viewing_store import Viewings


def page_of(name: str) -> Callable[..., AppTest]:
    """Give a runner of one page, as the shell opens it."""
    script = (
        "import streamlit as st\n"
        "from pages.library import library\n"
        "from pages.practice import practice\n"
        "from pages.progress import progress\n"
        "from pages.read import read\n"
        "from pages.teaching import teaching\n"
        "pages = {n: st.Page(p, url_path=n, default=n == {0!r}) for n, p in\n"
        "    dict(library=library, practice=practice, progress=progress, read=read, teaching=teaching).items()}\n"
        "st.session_state['pages'] = pages\n"
        "st.navigation(list(pages.values()), position='hidden').run()\n"
    ).replace("{0!r}", repr(name))

    def run(**address: str) -> AppTest:
        page = AppTest.from_string(script, default_timeout=60)
        for key, value in address.items():
            page.query_params[key] = value
        page.run()
        assert not page.exception
        return page

    return run


def button(page: AppTest, label: str) -> object:
    return next(one for one in page.button if one.label.startswith(label))


def said(page: AppTest) -> str:
    parts = [*page.markdown, *page.info, *page.warning, *page.caption, *page.subheader, *page.get("html")]
    return "\n".join(str(getattr(one, "value", None) or getattr(one.proto, "body", "")) for one in parts)


def answer_all(room: Room, slug: str, at: datetime, *, right: bool, attempt_id: str = "") -> None:
    """Answer every question of a case."""
    case = room.catalogue.case(slug)
    attempt_id = attempt_id or room.attempts.start(LOCAL, slug, case.version, now=at).id
    for number, question in enumerate(repertoire().quizzes[slug].questions):
        score = Score(float(right), (), top1=right, top3=right, hit=right)
        answer = {"marks": [], "no_finding": True, "choice": getattr(question, "answer", "")}
        answer["ranked"] = [entry.concept for entry in getattr(question, "entries", ())[:1]]
        room.attempts.commit(attempt_id, question.id, answer, 0.8, score, at + timedelta(seconds=number))


def test_a_set_is_begun_with_what_was_chosen(room: Room) -> None:
    page = page_of("practice")()
    sections = next(one for one in page.get("button_group") if "Sections" in one.proto.label)
    assert len(sections.options) >= 8
    page.slider[0].set_value(3).run()
    page.radio(key="set-mode").set_value("test").run()
    page.selectbox(key="set-minutes").set_value(3).run()
    button(page, "Start 3 cases").click().run()
    [session] = Sessions(room.attempts.engine).of_learner(LOCAL)
    assert len(set(session.plan.cases)) == 3
    assert (session.plan.feedback, session.plan.limit_s, session.plan.exam) == ("test", 540, False)


def test_an_exam_is_sealed_timed_and_over_the_sections(room: Room) -> None:
    page = page_of("practice")()
    button(page, "Start the exam").click().run()
    [session] = Sessions(room.attempts.engine).of_learner(LOCAL)
    plan = session.plan
    assert (plan.feedback, plan.exam, plan.limit_s) == ("test", True, 240 * len(plan.cases))
    sections = {room.catalogue.case(slug).sections[0] for slug in plan.cases}
    assert len(sections) >= 6


def test_what_is_due_is_told_by_section_and_never_by_diagnosis(room: Room, now: datetime) -> None:
    slug = "thoracic-ct-01"
    answer_all(room, slug, now - timedelta(days=60), right=False)
    page = page_of("practice")()
    text = said(page)
    assert "**1 case** due: Thoracic and lung" in text
    concept = repertoire().concepts[slug][0]
    assert room.vocabulary[concept].name.lower() not in text.lower()
    button(page, "Read 1 case").click().run()
    [session] = Sessions(room.attempts.engine).of_learner(LOCAL)
    # A sibling of the same diagnosis on the same modality, not the case that was just missed.
    [served] = session.plan.cases
    assert served != slug
    assert repertoire().concepts[served] == repertoire().concepts[slug]


def test_progress_leaves_out_what_is_sealed_and_takes_it_up_when_the_test_ends(room: Room, now: datetime) -> None:
    sessions = Sessions(room.attempts.engine)
    session = sessions.start(LOCAL, Plan(("msk-cr-01",), "test"), now=now - timedelta(hours=1))
    case = room.catalogue.case("msk-cr-01")
    attempt = sessions.open(session, 0, case.version, now=now)
    answer_all(room, "msk-cr-01", now - timedelta(minutes=30), right=True, attempt_id=attempt.id)
    assert "Nothing is answered yet" in said(page_of("progress")())
    assert "due:" not in said(page_of("practice")())
    ended = sessions.add(sessions.session(session.id, LOCAL), "ended", now=now)
    assert standing(ended, now).state == "ended"
    text = said(page_of("progress")())
    assert "Brier score 0.04" in text
    assert "1 of 20 cases read" in text


def test_a_result_says_how_sure_it_is_and_what_was_not_begun(room: Room, now: datetime) -> None:
    sessions = Sessions(room.attempts.engine)
    plan = Plan(("msk-cr-01", "thoracic-ct-01"), "test", title="Two")
    session = sessions.start(LOCAL, plan, now=now - timedelta(minutes=9))
    attempt = sessions.open(session, 0, "v1", now=now)
    answer_all(room, "msk-cr-01", now - timedelta(minutes=5), right=True, attempt_id=attempt.id)
    sessions.add(sessions.session(session.id, LOCAL), "ended", now=now)
    text = said(page_of("practice")(session=session.id))
    assert "<b>50%</b>" in text
    assert "confidence interval 9% to 91%" in text
    assert "2 cases, 1 begun, 9 min" in text


def test_a_session_of_somebody_else_is_not_shown(room: Room, now: datetime) -> None:
    session = Sessions(room.attempts.engine).start("somebody", Plan(("msk-cr-01",), "study"), now=now)
    assert "No such session" in said(page_of("practice")(session=session.id))


def test_progress_can_be_taken_along(room: Room, now: datetime) -> None:
    answer_all(room, "msk-cr-01", now - timedelta(days=1), right=True)
    page = page_of("progress")()
    buttons = page.get("download_button")
    assert [one.proto.label for one in buttons] == ["CSV", "JSON"]


def test_the_teachers_page_shows_nothing_before_it_is_asked_to(room: Room, now: datetime) -> None:
    answer_all(room, "msk-cr-01", now, right=True)
    page = page_of("teaching")()
    assert "shows the answers of every case" in said(page)
    titles = [case.title_teacher for case in room.catalogue.cases]
    assert not any(title in said(page) for title in titles)
    assert not page.get("download_button")
    button(page, "Show the answers").click().run()
    text = said(page)
    assert "msk-cr-01: mark" in text
    assert "too few (n &lt; 30)" in text
    assert titles[0] in text
    [download] = page.get("download_button")
    assert FORMATS["moodle"].label in download.proto.label


def test_the_teachers_page_tells_bins_parts_and_bands(room: Room, now: datetime) -> None:
    for slug in ("nuclear-petct-01", "breast-mg-01"):
        answer_all(room, slug, now, right=True)
    attempts = room.attempts.latest(LOCAL)
    report = repertoire().quizzes["breast-mg-01"].question("report")
    bands = dict(zip((one.name for one in report.criteria), ("full", "part", "none"), strict=True))
    Viewings(room.attempts.engine).judge(attempts["breast-mg-01"].attempt.id, "report", "ben", bands, now=now)
    page = page_of("teaching")()
    button(page, "Show the answers").click().run()
    choose = next(one for one in page.selectbox if one.label == "Case")
    choose.set_value("nuclear-petct-01").run()
    text = said(page)
    assert "8.18 to 9.18 SUVmax" in text
    assert "Radiopharmaceutical: Ga-68 DOTATATE" in text
    choose.set_value("breast-mg-01").run()
    assert "n = **1** written, **1** of them scored by the rubric" in said(page)
    assert "50%</b> mean report score by the rubric (n = 1)" in said(page_of("progress")())


def test_a_case_that_joins_the_library_can_be_practised_at_once(room: Room, tmp_path: Path) -> None:
    library = tmp_path / "library"
    source = room.catalogue.case("msk-cr-01").folder
    shutil.copytree(source, library / source.name)
    catalogue = Catalogue(library)
    furnish(replace(room, catalogue=catalogue))
    assert set(repertoire().cases) == {"msk-cr-01"}
    other = room.catalogue.case("interventional-xa-01").folder
    shutil.copytree(other, library / other.name)
    catalogue.reload()
    assert set(repertoire().cases) == {"msk-cr-01", "interventional-xa-01"}


@pytest.mark.parametrize("name", ["practice", "progress", "teaching"])
def test_an_empty_start_tells_what_to_do_next(room: Room, name: str) -> None:
    assert room.catalogue.cases
    page = page_of(name)()
    if name == "teaching":
        button(page, "Show the answers").click().run()
    text = said(page)
    assert any(hint in text for hint in ("Nothing yet.", "Nothing is answered yet.", "No question is answered yet."))


def test_kinds_of_misses_are_told_from_what_was_on_screen(room: Room, now: datetime) -> None:
    """The nodule lies on other images than the first: only that one was on screen, so it was not searched for."""
    case = room.catalogue.case("thoracic-ct-01")
    attempt = room.attempts.start(LOCAL, case.slug, case.version, now=now)
    viewings = Viewings(room.attempts.engine)
    runs = [[0, 4000, 0, "ct", 0, -600.0, 1500.0]]
    message = {"mount": "m1", "number": 0, "runs": runs, "marks": []}
    viewings.add(attempt.id, read_message(message), now=now)
    missed = Score(0.0, (), hit=False)
    room.attempts.commit(attempt.id, "mark", {"marks": []}, 0.8, missed, now + timedelta(seconds=9))
    answers = Records(room.attempts.engine).answered(LOCAL)
    assert kinds_of_misses(answers) == {"search": 1}
    assert "Kinds of misses" in said(page_of("progress")())


def test_a_case_of_a_test_is_read_paused_and_sealed_on_the_read_page(room: Room, now: datetime) -> None:
    sessions, slug = Sessions(room.attempts.engine), "msk-cr-01"
    plan = Plan((slug, "interventional-xa-01"), "test", limit_s=600)
    session = sessions.start(LOCAL, plan, now=now - timedelta(seconds=60))
    text = said(page_of("read")(case=slug, session=session.id))
    assert "Case 1 of 2" in text
    [attempt_id] = sessions.session(session.id, LOCAL).attempts.values()
    answer_all(room, slug, now - timedelta(seconds=30), right=True, attempt_id=attempt_id)
    for address in ({"case": slug, "session": session.id}, {"case": slug}):
        page = page_of("read")(**address)
        assert "You see them with the reasons when the session ends" in said(page)
        assert room.catalogue.case(slug).diagnosis not in said(page)
    button(page, "Pause").click().run()
    assert "This session is paused" in said(page)
    button(page, "Resume").click().run()
    assert button(page, "Next case")
    sessions.add(sessions.session(session.id, LOCAL), "ended", now=now)
    assert room.catalogue.case(slug).diagnosis in said(page_of("read")(case=slug))
