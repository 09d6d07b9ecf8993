"""The teacher's page: how every question behaves, how it was answered, where people marked, and exports.

It shows answers, and says so before it shows anything.
"""

from typing import Any

import numpy as np
import streamlit as st

from cases import CaseError
from cases.case import Case
from pages import charts
from pages.fields import UNIT_NAMES
from pages.repertoire import Repertoire, repertoire
from pages.room import room
from quizzes.export import FORMATS, Source, export
from quizzes.questions import MarkQuestion, MeasureQuestion, ReportQuestion
from quizzes.records import Records
from quizzes.scoring import BANDS
from quizzes.statistics import ENOUGH, ItemStatistics, bands, distractors, item_statistics, verdicts
from viewer import SeriesError
from viewer.geometry import nearest_frame, patient_to_index
from viewer.regions import Region, read_region
from viewer.series import Series


def teaching() -> None:
    """Draw the page."""
    st.html(
        '<header class="ro-hero"><h1>Teaching</h1><p>How the questions behave, and how they were answered.</p></header>'
    )
    if not st.session_state.get("answers-shown"):
        st.warning(
            "This page shows the answers of every case. If you want to be surprised by a case, do not go on.",
            icon=":material/visibility_off:",
        )
        st.button("Show the answers", type="primary", on_click=_show)
        return
    known = repertoire()
    items = [item_statistics(sums) for sums in Records(room().attempts.engine).items()]
    overview, one_case, exports = st.tabs(["Items", "One case", "Export"])
    with overview:
        _overview(known, items)
    with one_case:
        _one_case(known, {(item.case_slug, item.question_id): item for item in items})
    with exports:
        _exports(known)


def _show() -> None:
    st.session_state["answers-shown"] = True


def _overview(known: Repertoire, items: list[ItemStatistics]) -> None:
    if not items:
        st.info("No question is answered yet. As soon as one is, it appears here.", icon=":material/inbox:")
        return
    st.caption(f"First attempts only. Nothing is judged below {ENOUGH} of them.")
    rows = []
    for item in items:
        judged = verdicts(item)
        verdict = "; ".join(judged) or "nothing stands out" if judged is not None else f"too few (n < {ENOUGH})"
        kind = _kind(known, item)
        rows.append((f"{item.case_slug}: {item.question_id}", kind, *_numbers(item), verdict))
    charts.open_table(
        ("Question", "Kind", "n", "Difficulty P", "95 % interval", "Item-rest r", "Time", "Verdict"), rows
    )
    st.caption(
        "P is the mean score: 1 is easy. r is the item-rest correlation within a case: of a question's score with the "
        "mean score of the other questions of the same case, not of other cases. Whoever reads the case well should do "
        "well here. Time is the geometric mean."
    )


def _kind(known: Repertoire, item: ItemStatistics) -> str:
    quiz = known.quizzes.get(item.case_slug)
    question = quiz.question(item.question_id) if quiz else None
    return question.kind if question else "no longer asked"


def _numbers(item: ItemStatistics) -> tuple[object, ...]:
    p = item.difficulty
    rest = "–" if item.item_rest is None else f"{item.item_rest:+.2f}"
    return item.n, f"{p.mean:.2f}", f"{p.low:.2f}–{p.high:.2f}", rest, _time(item.typical_s)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _one_case(known: Repertoire, items: dict[tuple[str, str], ItemStatistics]) -> None:
    slug = st.selectbox("Case", list(known.cases), format_func=lambda key: f"{key} · {known.cases[key].title}")
    if not slug:
        return
    case, quiz = known.cases[slug], known.quizzes[slug]
    st.markdown(f"**{case.title_teacher}**")
    counts = Records(room().attempts.engine).answers(slug)
    for number, question in enumerate(quiz.questions, 1):
        st.subheader(f"{number}. {question.prompt}", anchor=False, divider="gray")
        if isinstance(question, ReportQuestion):
            _bands(slug, question)
            continue
        item = items.get((slug, question.id))
        if item is None:
            st.caption("Nobody has answered it yet.")
            continue
        n, p, interval, rest, time = _numbers(item)
        st.markdown(f"n = **{n}** · P **{p}** ({interval}) · r **{rest}** · time **{time}**")
        chosen = distractors(question, counts.get(question.id, {}), room().vocabulary, item.n)
        rows = [(row.answer, "right" if row.right else "", row.n, f"{row.share:.0%}") for row in chosen]
        if isinstance(question, MeasureQuestion):
            charts.histogram([(row.answer, row.n, row.right) for row in chosen], _values(question))
        charts.open_table(("Answer", "Key", "Given", "Share"), rows)
        if isinstance(question, MarkQuestion):
            _hit_map(case, question)


def _values(question: MeasureQuestion) -> str:
    unit = UNIT_NAMES[question.unit]
    return (
        f"Values that were given. Right: {question.value:g} ± {question.tolerance:g} {unit}; up to three times that "
        "far off, a part is earned."
    )


def _bands(slug: str, question: ReportQuestion) -> None:
    """Draw how people judged the reports: no program scores them, so they have no difficulty."""
    written, judged, counts = Records(room().attempts.engine).bands(slug, question.id)
    if not judged:
        st.caption(f"{written} written, none scored by the rubric yet." if written else "Nobody has answered it yet.")
        return
    st.markdown(f"n = **{written}** written, **{judged}** of them scored by the rubric")
    rows = [
        (
            name,
            *(given[band] for band in reversed(list(BANDS))),
            f"{sum(BANDS[band] * n for band, n in given.items()) / total:.2f}",
        )
        for name, given in bands(question, counts)
        if (total := sum(given.values()))
    ]
    charts.open_table(("Criterion", "Fully", "Partly", "Not", "Mean"), rows)


def _hit_map(case: Case, question: MarkQuestion) -> None:
    """Draw all marks over the outline: coordinates only, never pixels."""
    marks = Records(room().attempts.engine).marks(case.slug, question.id)
    if not marks:
        st.caption("Nobody has marked anything here.")
        return
    try:
        series = room().shelf.open(next(one for one in case.series if one.id == question.series).files())
        entries = [one for one in case.regions if one.name in question.regions]
        regions = [read_region(entry.spec, case.folder, series) for entry in entries]
    except (SeriesError, CaseError) as error:
        st.warning(f"The images of this case cannot be read, so there is no map. {error}")
        return
    points = [_place(series, mark) for mark in marks if mark.get("series", question.series) == question.series]
    charts.hit_map(points, [line for region in regions for line in _outlines(region)], (series.columns, series.rows))
    hits = sum(hit for *_, hit in points)
    st.caption(
        f"{len(points)} marks, {hits} of them in answers that hit. Marks of all images lie over one another; the green "
        "line is the outline on the image where it is largest."
    )


def _place(series: Series, mark: dict[str, Any]) -> tuple[float, float, bool]:
    """Give a mark as (column, row) on its image, and whether its answer hit."""
    if mark["space"] == "image":
        column, row = mark["point"]
    else:
        frame = nearest_frame(series, mark["point"])
        column, row, _ = (float(x) for x in patient_to_index(series, np.array(mark["point"]), frame))
    return column, row, mark["hit"]


def _outlines(region: Region) -> list[list[tuple[float, float]]]:
    """Give the region's outlines on the image where it is largest."""
    if not region.masks:
        return []
    largest = max(region.masks, key=lambda frame: int(region.masks[frame].sum()))
    own = [one for one in region.outlines() if one["frame"] == largest and one["label"] == region.label]
    return [[(x, y) for x, y in one["points"]] for one in own]


def _exports(known: Repertoire) -> None:
    st.markdown("Questions for other programs. The files hold the answers.")
    slugs = st.multiselect("Cases; none chosen means all", list(known.cases))
    form = st.segmented_control(
        "Format", list(FORMATS), default="moodle", format_func=lambda key: FORMATS[key].label, required=True
    )
    sources = [
        Source(case.slug, case.title, case.history, known.quizzes[case.slug])
        for case in known.cases.values()
        if not slugs or case.slug in slugs
    ]
    made = export(sources, str(form), room().vocabulary)
    st.download_button(
        f"{FORMATS[str(form)].label}, {made.count} questions",
        made.text,
        FORMATS[str(form)].file,
        icon=":material/download:",
        type="primary",
    )
    if made.unfit:
        rows = [(f"{one.case_slug}: {one.question_id}", one.reason) for one in made.unfit]
        charts.table(("Question", "What is lost"), rows, caption=f"{len(rows)} questions do not fit, or not wholly")
