"""Who is where and when, as a picture on the dark page; the table beneath it says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

import streamlit as st

from cases.case import SECTIONS
from pages.charts import INK, table
from quizzes.people.rotation import NUCLEAR, Block
from quizzes.people.rotation_check import days_in_words

# Told apart by colour-blind eyes too, and light enough for dark letters on them.
_COLOURS = ("#f2b84b", "#7cc4ff", "#3ddc97", "#c9a6ff", "#ff9d7a", "#ff9ecf", "#ffe08a", "#8fd8d2", "#b7c0c9")

EIGHT: dict[str, str] = {key: name for key, name in SECTIONS.items() if not key.startswith(NUCLEAR)}
"""The eight sections that a rotation goes through: key → name."""
PLACES: dict[str, str] = {**EIGHT, NUCLEAR: "Nuclear medicine"}
"""Where a block can be: the eight sections and nuclear medicine, key → name."""


def case_sections(place: str) -> tuple[str, ...]:
    """Give the sections of the library that belong to a block."""
    return tuple(key for key in SECTIONS if key == place or (place == NUCLEAR and key.startswith(NUCLEAR)))


@dataclass(frozen=True, slots=True)
class Bar:
    """One block of one student."""

    student: str
    """Name."""
    block: Block
    """When and where."""
    resident: str
    """Name of who is alongside, or empty."""


def timeline(bars: Sequence[Bar], today: date, *, several: bool = True) -> None:
    """Draw blocks over the weeks, one line for each student, or for each section when there is one student."""
    if not bars:
        return
    import altair as alt

    places = [PLACES[key] for key in PLACES if any(bar.block.section == key for bar in bars)]
    colours = dict(zip(PLACES.values(), _COLOURS, strict=True))
    values = [_value(bar, bar.student if several else PLACES.get(bar.block.section, "")) for bar in bars]
    lines = list(dict.fromkeys(value["line"] for value in values))
    y = alt.Y("line:N", title=None, sort=lines, axis=alt.Axis(labelLimit=150, domain=False, ticks=False))
    weeks = alt.Axis(format="%-d %b", orient="top", labelOverlap=True, values=_mondays(bars))
    x = alt.X("from:T", title=None, axis=weeks)
    scale = alt.Scale(domain=places, range=[colours[name] for name in places])
    base = alt.Chart(alt.Data(values=values))  # type: ignore[no-untyped-call]
    tooltip = [alt.Tooltip(f"{name}:N") for name in ("student", "place", "days", "resident")]
    drawn = base.mark_bar(cornerRadius=3, height=18)
    drawn = drawn.encode(x=x, x2="to:T", y=y, color=alt.Color("place:N", scale=scale, legend=None), tooltip=tooltip)
    now = alt.Chart(alt.Data(values=[{"from": f"{today}T12:00"}]))  # type: ignore[no-untyped-call]
    drawn += now.mark_rule(color=INK, strokeDash=[4, 3]).encode(x="from:T")
    drawn = drawn.configure(background="transparent").configure_view(strokeWidth=0)
    drawn = drawn.configure_axis(labelColor=INK, gridColor="#26303a", domainColor="#26303a", labelFontSize=12)
    if several:
        # Of the page and not of the picture, whose legend is cut off on a phone.
        entries = (f'<li><i style="background:{colours[name]}"></i>{escape(name)}</li>' for name in places)
        st.html(f'<ul class="ro-legend">{"".join(entries)}</ul>')
    st.altair_chart(
        drawn.properties(height=28 * len(lines) + 40),
        alt="Blocks of the rotation over the weeks; the table beneath says the same.",
    )
    _as_table(bars, several=several)


def _mondays(bars: Sequence[Bar]) -> list[str]:
    first = min(bar.block.starts_on for bar in bars)
    last = max(bar.block.ends_on for bar in bars)
    monday = first - timedelta(days=first.weekday())
    return [f"{day}T00:00" for day in (monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1))]


def _value(bar: Bar, line: str) -> dict[str, str]:
    block = bar.block
    return {
        "line": line,
        "student": bar.student,
        "place": PLACES.get(block.section, block.section),
        # With a time of day, so that browsers take it as local: a day begins where the reader is.
        "from": f"{block.starts_on}T00:00",
        "to": f"{block.ends_on + timedelta(days=1)}T00:00",
        "days": days_in_words(block.starts_on, block.ends_on),
        "resident": bar.resident or "no resident yet",
    }


def _as_table(bars: Sequence[Bar], *, several: bool) -> None:
    rows = [
        (
            *((bar.student,) if several else ()),
            PLACES.get(bar.block.section, bar.block.section),
            days_in_words(bar.block.starts_on, bar.block.ends_on),
            bar.resident or "–",
            bar.block.note,
        )
        for bar in bars
    ]
    table((*(("Student",) if several else ()), "Section", "Days", "Resident", "Note"), rows)
