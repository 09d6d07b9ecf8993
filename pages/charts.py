"""Charts for the dark reading room, each with its numbers as a table for whoever reads with ears or copies them.

Colours tell apart by lightness as well. Altair is loaded when the first chart is drawn: it takes a while.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from quizzes.interval import Interval
from quizzes.progress import CurvePoint

if TYPE_CHECKING:
    import altair as alt

AMBER, GREEN, GREY, PINK, INK, PANEL = "#f2b84b", "#3ddc97", "#8b97a3", "#ff6ec7", "#d7dee5", "#151b21"


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "As a table") -> None:
    """Draw a table that opens under its caption."""
    with st.expander(caption):
        open_table(header, rows)


def open_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw a table that stands open; a wide one scrolls by itself, with the keyboard too."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    wide = " ro-wide" if len(header) > 5 else ""
    label = escape(", ".join(filter(None, header)))
    st.html(
        f'<div class="ro-scroll" tabindex="0" role="region" aria-label="{label}"><table class="ro-table{wide}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def coverage_chart(rows: Sequence[tuple[str, str, int, int]]) -> None:
    """Draw how much of each section and modality was read: (section, modality, read, there)."""
    import altair as alt

    values = [
        {"section": s, "modality": m, "share": read / there, "text": f"{read}/{there}", "dark": read / there < 0.5}
        for s, m, read, there in rows
    ]
    sections = list(dict.fromkeys(row[0] for row in rows))
    base = alt.Chart(_data(values)).encode(
        x=alt.X("modality:N", title=None, axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False)),
        y=alt.Y("section:N", title=None, sort=sections, axis=alt.Axis(labelLimit=185)),
    )
    colour = alt.Color(
        "share:Q", scale=alt.Scale(domain=[0, 1], range=["#1d2730", AMBER], interpolate="rgb"), legend=None
    )
    cells = base.mark_rect(cornerRadius=4, stroke="#0b0f13", strokeWidth=3).encode(color=colour)
    text = base.mark_text(fontSize=13).encode(
        text="text:N", color=alt.condition("datum.dark", alt.value(INK), alt.value("#0b0f13"))
    )
    _draw(cells + text, 34 * len(sections) + 40, "Cases read and cases there, by section and modality.")


def curve_chart(points: Sequence[CurvePoint]) -> None:
    """Draw the learning curve with its confidence band."""
    import altair as alt

    values = [
        {"case": point.case, "mean": point.score.mean, "low": point.score.low, "high": point.score.high}
        for point in points
    ]
    base = alt.Chart(_data(values)).encode(
        x=alt.X("case:Q", title="cases read", axis=alt.Axis(tickMinStep=1, grid=False), scale=alt.Scale(zero=False))
    )
    band = base.mark_area(opacity=0.18, color=AMBER).encode(y=_share("low", "score, last ten cases"), y2="high:Q")
    line = base.mark_line(color=AMBER, strokeWidth=2.5, point=alt.OverlayMarkDef(color=AMBER)).encode(y=_share("mean"))
    _draw(band + line, 260, "Learning curve: mean score over the last ten cases, with its 95 % interval.")


def calibration_chart(points: Sequence[tuple[float, Interval]]) -> None:
    """Draw how often answers were right against how sure the learner was."""
    import altair as alt

    values = [
        {"sure": sure, "right": share.mean, "low": share.low, "high": share.high, "n": share.n}
        for sure, share in points
    ]
    x = alt.X("sure:Q", title="how sure", scale=alt.Scale(domain=[0.45, 1.05]), axis=_percent())
    ideal = [{"sure": 0.5, "right": 0.5}, {"sure": 1.0, "right": 1.0}]
    diagonal = alt.Chart(_data(ideal)).mark_line(color=GREY, strokeDash=[5, 4]).encode(x=x, y=_share("right"))
    base = alt.Chart(_data(values)).encode(x=x)
    bars = base.mark_rule(color=GREEN, opacity=0.5).encode(y=_share("low", "how often right"), y2="high:Q")
    size = alt.Size("n:Q", scale=alt.Scale(range=[60, 400]), legend=None)
    dots = base.mark_circle(color=GREEN, opacity=1).encode(y=_share("right"), size=size)
    _draw(diagonal + bars + dots, 300, "Calibration: how often answers were right against how sure they were.")


def interval_chart(rows: Sequence[tuple[str, Interval]]) -> None:
    """Draw means with their intervals, one line each."""
    import altair as alt

    values = [{"name": name, "mean": one.mean, "low": one.low, "high": one.high} for name, one in rows]
    y = alt.Y("name:N", title=None, sort=[name for name, _ in rows], axis=alt.Axis(labelLimit=260))
    base = alt.Chart(_data(values)).encode(y=y)
    domain = alt.Scale(domain=[0, 1])
    rule = base.mark_rule(color=GREY, strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, scale=domain, axis=_percent()), x2="high:Q"
    )
    dots = base.mark_circle(color=GREEN, size=110, opacity=1).encode(x=alt.X("mean:Q", scale=domain))
    _draw(rule + dots, 32 * len(rows) + 40, "Scores by section with their 95 % intervals.")


def load_chart(days: Sequence[tuple[date, int]]) -> None:
    """Draw how many cases come due on each day."""
    import altair as alt

    values = [{"day": day.isoformat(), "due": count} for day, count in days]
    axis = alt.Axis(format="%-d %b", labelOverlap=True, grid=False, labelAngle=0)
    chart = (
        alt.Chart(_data(values))
        .mark_bar(color=AMBER, cornerRadiusTopLeft=3, cornerRadiusTopRight=3)
        .encode(
            x=alt.X("yearmonthdate(day):O", title=None, axis=axis),
            y=alt.Y("due:Q", title="cases due", axis=alt.Axis(tickMinStep=1)),
        )
    )
    _draw(chart, 200, "Cases that come due on each of the next 28 days.")


def count_chart(rows: Sequence[tuple[str, int]], alt_text: str) -> None:
    """Draw counts by name."""
    import altair as alt

    values = [{"name": name, "count": count} for name, count in rows]
    chart = (
        alt.Chart(_data(values))
        .mark_bar(color=AMBER, cornerRadiusEnd=3)
        .encode(
            y=alt.Y("name:N", title=None, sort=[name for name, _ in rows], axis=alt.Axis(labelLimit=260)),
            x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        )
    )
    _draw(chart, 32 * len(rows) + 40, alt_text)


def histogram(bins: Sequence[tuple[str, int, bool]], text: str) -> None:
    """Draw counts of bins in their order, the right one in green."""
    import altair as alt

    names = [name for name, _, _ in bins]
    values = [{"bin": name, "count": count, "right": right} for name, count, right in bins]
    chart = (
        alt.Chart(_data(values))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            # Lying, so that the ends of the bins can be read on a narrow screen too.
            y=alt.Y("bin:N", title=None, sort=names, axis=alt.Axis(labelLimit=180)),
            x=alt.X("count:Q", title="given", axis=alt.Axis(tickMinStep=1)),
            color=alt.condition("datum.right", alt.value(GREEN), alt.value(AMBER)),
        )
    )
    _draw(chart, 28 * len(names) + 40, text)
    st.caption(text)


def hit_map(
    marks: Sequence[tuple[float, float, bool]],
    outlines: Sequence[Sequence[tuple[float, float]]],
    size: tuple[int, int],
) -> None:
    """Draw marks (column, row, whether they hit) over outlines in the frame of an image of (columns, rows) pixels."""
    import altair as alt

    columns, rows = size
    x = alt.X("x:Q", title="column", scale=alt.Scale(domain=[0, columns], nice=False), axis=alt.Axis(grid=False))
    # Rows count downwards, as in the image.
    y = alt.Y("y:Q", title="row", scale=alt.Scale(domain=[rows, 0], nice=False), axis=alt.Axis(grid=False))
    corners = [
        {"x": px, "y": py, "order": number, "outline": name}
        for name, outline in enumerate(outlines)
        for number, (px, py) in enumerate([*outline, outline[0]])
    ]
    line = alt.Chart(_data(corners)).mark_line(color=GREEN, strokeWidth=2)
    line = line.encode(x=x, y=y, order="order:Q", detail="outline:N")
    points = [{"x": px, "y": py, "mark": "hit" if hit else "missed"} for px, py, hit in marks]
    domain = ["hit", "missed"]
    colour = alt.Color(
        "mark:N", scale=alt.Scale(domain=domain, range=[AMBER, PINK]), legend=alt.Legend(title=None, orient="top")
    )
    shape = alt.Shape("mark:N", scale=alt.Scale(domain=domain, range=["circle", "cross"]), legend=None)
    dots = alt.Chart(_data(points)).mark_point(filled=True, size=45, opacity=0.6)
    dots = dots.encode(x=x, y=y, color=colour, shape=shape)
    height = 360
    width = min(round(height * columns / rows), 640)
    _draw(line + dots, height, "All marks over the outline of the finding, in the frame of the image.", width=width)


def _data(values: list[dict[str, Any]]) -> "alt.Data":
    import altair as alt

    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _share(field: str, title: str = "") -> "alt.Y":
    import altair as alt

    return alt.Y(f"{field}:Q", title=title or alt.Undefined, scale=alt.Scale(domain=[0, 1]), axis=_percent())


def _percent() -> "alt.Axis":
    import altair as alt

    return alt.Axis(format=".0%", tickCount=6)


def _draw(chart: Any, height: int, alt_text: str, *, width: int = 0) -> None:  # noqa: ANN401  # altair's charts and layers share no class
    edge = {"stroke": "#4a5866", "strokeWidth": 1} if width else {"strokeWidth": 0}
    chart = chart.configure(background="transparent").configure_view(**edge).configure_legend(labelColor=INK)
    chart = chart.configure_axis(
        labelColor=INK,
        titleColor=GREY,
        gridColor="#26303a",
        domainColor="#26303a",
        labelFontSize=12,
        titleFontSize=12,
    )
    if width:
        chart = chart.properties(width=width)
    st.altair_chart(chart.properties(height=height), width="content" if width else "stretch", alt=alt_text)


def _cells(row: Sequence[object]) -> str:
    first, *rest = (escape(str(cell)) for cell in row)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest)
