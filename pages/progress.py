"""The progress page: pictures first, the numbers beneath each, and everything to take along."""

import csv
import io
import json

import streamlit as st

from cases.case import SECTIONS
from pages import charts
from pages.learner import Learner, learner
from pages.missed import kinds_of_misses
from pages.repertoire import Repertoire, repertoire
from quizzes import progress as figures
from quizzes.misses import Miss


def progress() -> None:
    """Draw the page."""
    st.html('<header class="ro-hero"><h1>Progress</h1><p>What you have read, and how it went.</p></header>')
    known, own = repertoire(), learner()
    if not own.answers:
        st.info("Nothing is answered yet. Read a case, and its pictures appear here.", icon=":material/insights:")
        st.page_link(st.session_state["pages"]["practice"], label="To practice", icon=":material/arrow_forward:")
        return
    read = figures.cases_read(own.answers)
    _headline(own, read)
    _coverage(known, read)
    left, right = st.columns(2, gap="large")
    with left:
        _curve(known, read)
    with right:
        _calibration(own)
    with left:
        _due(own)
    with right:
        _misses(own)
    _take_along(own)


def _headline(own: Learner, read: list[figures.CaseRead]) -> None:
    slugs = {one.slug for one in read}
    days = figures.streak(own.answers, own.now, own.zone)
    facts = [f"<b>{len(slugs)}</b> {'case' if len(slugs) == 1 else 'cases'} read to the end"]
    if first := [one.score for one in read if one.number == 1]:
        facts.append(f"<b>{sum(first) / len(first):.0%}</b> mean score at first reading")
    if reports := figures.report_scores(own.judged):
        facts.append(f"<b>{sum(reports) / len(reports):.0%}</b> mean report score by the rubric (n = {len(reports)})")
    if days > 1:
        facts.append(f"<b>{days}</b> days in a row")
    facts.append(f"<b>{len(own.due)}</b> due today")
    st.html('<ul class="ro-facts">' + "".join(f"<li>{fact}</li>" for fact in facts) + "</ul>")


def _coverage(known: Repertoire, read: list[figures.CaseRead]) -> None:
    st.subheader("Coverage", anchor=False)
    order = list(SECTIONS)
    rows = figures.coverage(known.candidates, known.modalities, {one.slug for one in read})
    rows.sort(key=lambda row: (order.index(row[0]), row[1]))
    named = [(SECTIONS[section], modality, done, there) for section, modality, done, there in rows]
    charts.coverage_chart(named)
    charts.table(("Section", "Modality", "Read", "Cases"), named)


def _curve(known: Repertoire, read: list[figures.CaseRead]) -> None:
    st.subheader("Learning curve", anchor=False)
    sections = {SECTIONS[key]: key for key in SECTIONS}
    # A section gets its own curve when it has enough cases for one.
    own = {name: _of_section(known, read, key) for name, key in sections.items()}
    choices = ["All sections", *(name for name, some in own.items() if figures.learning_curve(some))]
    chosen = st.selectbox("Curve of", choices) if len(choices) > 1 else choices[0]
    some = read if chosen == "All sections" else own[str(chosen)]
    points = figures.learning_curve(some)
    if not points:
        count = sum(one.number == 1 for one in read)
        st.info(
            f"{count} of {figures.ENOUGH} cases read. Before that a curve shows chance, not learning; it appears here.",
            icon=":material/show_chart:",
        )
        return
    charts.curve_chart(points)
    rows = [(p.case, f"{p.score.mean:.0%}", f"{p.score.low:.0%}–{p.score.high:.0%}") for p in points]
    charts.table(("Cases read", "Score, last ten", "95 % interval"), rows)


def _of_section(known: Repertoire, read: list[figures.CaseRead], key: str) -> list[figures.CaseRead]:
    return [one for one in read if one.slug in known.cases and key in known.cases[one.slug].sections]


def _calibration(own: Learner) -> None:
    st.subheader("Calibration", anchor=False)
    points, brier = figures.calibration(own.answers), figures.brier_score(own.answers)
    if brier is None:
        return
    charts.calibration_chart(points)
    error = f" ± {brier.error:.2f}" if brier.n > 1 else ""
    st.markdown(
        f"**Brier score {brier.score:.2f}{error}** over {brier.n} answers. 0 is certain and right, 0.25 always 50 %. "
        "Dots on the dashed line: you know how much you know. Below it: too sure."
    )
    rows = [(f"{sure:.0%}", f"{one.mean:.0%}", f"{one.low:.0%}–{one.high:.0%}", one.n) for sure, one in points]
    charts.table(("How sure", "How often right", "95 % interval", "Answers"), rows)


def _due(own: Learner) -> None:
    st.subheader("Coming due", anchor=False)
    if not own.cards:
        st.info("Cases that you read to their end come back; here you see when.", icon=":material/event_repeat:")
        return
    days = figures.due_load([card.due for card in own.cards.values()], own.now, own.zone)
    charts.load_chart(days)
    charts.table(("Day", "Cases due"), [(f"{day:%-d %b %Y}", count) for day, count in days])


def _misses(own: Learner) -> None:
    st.subheader("Kinds of misses", anchor=False)
    with st.spinner("Looking at what was on screen ..."):
        counts = kinds_of_misses(own.answers)
    if not counts:
        st.info(
            "No miss is told apart yet. It takes a finding that was missed, and the viewer's log of that reading.",
            icon=":material/search_off:",
        )
        return
    rows = [(title, counts[kind]) for kind, (title, _) in _KINDS.items()]
    charts.count_chart(rows, "How often findings were missed, by kind.")
    meanings = [(title, counts[kind], meaning) for kind, (title, meaning) in _KINDS.items()]
    charts.table(("Kind", "Misses", "What it means"), meanings)


_KINDS: dict[Miss, tuple[str, str]] = {
    "search": ("Search", "its images were hardly on screen in a window that shows it"),
    "recognition": ("Recognition", "its images were on screen, and it was not marked"),
    "interpretation": ("Interpretation", "it was marked, and the diagnosis was another"),
}


def _take_along(own: Learner) -> None:
    """Offer every answer as CSV and JSON; without the answers' texts, which belong to the cases."""
    st.subheader("Take it along", anchor=False)
    reports = {(one.attempt_id, one.question_id): score for one in own.judged for score in figures.report_scores([one])}
    rows = [
        {
            "case": one.case_slug,
            "attempt": one.number,
            "question": one.question_id,
            "committed_at": one.committed_at.isoformat(),
            "confidence": one.confidence,
            "score": one.score,
            "weight": one.weight,
            "right": one.right,
            "report_score": reports.get((one.attempt_id, one.question_id)),
        }
        for one in own.answers
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    with st.container(horizontal=True):
        st.download_button("CSV", text.getvalue(), "readout-progress.csv", "text/csv", icon=":material/download:")
        st.download_button(
            "JSON", json.dumps(rows, indent=1), "readout-progress.json", "application/json", icon=":material/download:"
        )
    st.caption(
        "Every answer with its time, confidence and score. Answers of a test that goes on are left out. Reports are "
        "scored by people: what they earned stands apart, and in no mean score, curve or interval."
    )
