"""The part of the author's desk that writes ``quiz.toml``: questions of every kind.

A kind that has no form here yet is edited as the text that stands in the file.
"""

from collections.abc import Callable
from typing import Any, get_args

import streamlit as st
import tomlkit

from pages.room import room
from pages.sheet import Fields, Sheet
from quizzes import questions
from quizzes.questions import TIERS

Form = Callable[[Sheet, Fields, str, Sheet], None]
_TIERS = {"answer": "Most likely", "plausible": "Plausible", "must-not-miss": "Must not miss", "unlikely": "Unlikely"}


def edit_questions(quiz: Sheet, case: Sheet) -> None:
    """Edit the questions in the order in which they are asked."""
    st.caption("Two to seven questions. A learner sees the first prompt before anything is answered.")
    stages = [str(stage.get("id", "")) for stage in quiz.tables("stage")]
    for index, entry in enumerate(quiz.tables("question")):
        prompt = str(entry.get("prompt", ""))
        opened = quiz.opened(f"q{index}-", at_first=not prompt)
        with st.expander(f"{index + 1} · {entry.get('kind')} · {entry.get('id')}", expanded=opened):
            place = f"q{index}-"
            quiz.text(entry, "prompt", "Question", place, rows=2)
            _FORMS.get(str(entry.get("kind")), _as_text)(quiz, entry, place, case)
            if stages:
                quiz.choice(entry, "stage", "Stage", stages, place)
            quiz.text(entry, "explanation", "Explanation", place, rows=4, hint="Markdown, shown after the last answer.")
            quiz.optional(entry, "weight", "Weight in the score, 1 without", place)
            quiz.arrange("question", index, place)
    with st.container(horizontal=True, gap="small"):
        for kind in _KINDS:
            if st.button(f"Add: {kind}", key=quiz.key(f"add-{kind}"), icon=":material/add:"):
                new = {"id": _free(quiz, kind), "kind": kind, "prompt": "", "explanation": "", **_EMPTY.get(kind, {})}
                if kind == "mark":
                    new["series"] = str(next((one.get("id") for one in case.tables("series")), ""))
                quiz.add("question", new)

    _stages(quiz, case)


def _stages(quiz: Sheet, case: Sheet) -> None:
    """Edit the parts of a staged reading, each of which opens when the one before it is answered."""
    with st.expander("Stages", icon=":material/stairs:"):
        st.caption("For readings in parts: each opens when everything before it is answered, with what is new to know.")
        series = [str(one.get("id")) for one in case.tables("series")]
        for index, entry in enumerate(quiz.tables("stage")):
            place = f"stage{index}-"
            quiz.text(entry, "title", f"Stage {index + 1}", place)
            quiz.text(entry, "information", "What is new to know", place, rows=3, optional=True)
            quiz.several(entry, "series", "Series that are shown, all without any", series, place, optional=True)
            quiz.arrange("stage", index, place)
        if st.button("Add a stage", key=quiz.key("add-stage"), icon=":material/add:"):
            quiz.add("stage", {"id": _free(quiz, "stage", "stage"), "title": ""})


def _free(quiz: Sheet, kind: str, array: str = "question") -> str:
    taken = {str(entry.get("id", "")) for entry in quiz.tables(array)}
    return next(one for n in range(1, 1000) if (one := kind if n == 1 else f"{kind}-{n}") not in taken)


def _mark(quiz: Sheet, entry: Fields, place: str, case: Sheet) -> None:
    names = [str(region.get("name", "")) for region in case.tables("region")]
    if quiz.flag(entry, "no_finding", "There is nothing to mark", place):
        entry.pop("region", None)
        entry.pop("regions", None)
    else:
        entry.pop("no_finding", None)
        _regions(quiz, entry, place, names)
    quiz.choice(entry, "series", "Series to mark in", [str(one.get("id")) for one in case.tables("series")], place)
    quiz.optional(entry, "frame", "Image to jump to", place, whole=True)
    quiz.optional(entry, "tolerance_px", "Distance that still hits, in pixels, without patient space", place)


def _regions(quiz: Sheet, entry: Fields, place: str, names: list[str]) -> None:
    """Choose the regions: one stands as ``region``, several as ``regions``."""
    old = [str(name) for name in entry.get("regions", [])] or [str(entry[key]) for key in ("region",) if key in entry]
    new = st.multiselect(
        "Region to mark", names, [name for name in old if name in names], key=quiz.key(f"{place}regions")
    )
    if new == old:
        return
    entry.pop("region", None)
    entry.pop("regions", None)
    entry.update({"region": new[0]} if len(new) == 1 else {"regions": new} if new else {})


def _single(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    quiz.lines(entry, "options", "Options, one line each", place)
    quiz.choice(entry, "answer", "Right answer", [str(option) for option in entry.get("options", [])], place)


def _differential(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    others = [str(one["id"]) for one in quiz.tables("question") if one.get("kind") == "differential"]
    earlier = others[: others.index(str(entry["id"]))] if str(entry.get("id")) in others else []
    if earlier:
        quiz.choice(entry, "again", "Ranks again", earlier, place, empty="nothing: a ranking of its own")
    concepts = {concept.id: concept.name for concept in room().vocabulary}
    for number, row in enumerate(entry.get("entry", [])):
        inner = f"{place}e{number}-"
        st.divider()
        quiz.choice(row, "concept", f"Diagnosis {number + 1}", list(concepts), inner, shown=lambda key: concepts[key])
        quiz.choice(row, "tier", "Tier", TIERS, inner, shown=lambda key: _TIERS[key])
        quiz.text(row, "for", "For", inner, rows=2, optional=True)
        quiz.text(row, "against", "Against", inner, rows=2, optional=True)
        quiz.arrange("entry", number, inner, within=entry)
    if st.button("Add a diagnosis", key=quiz.key(f"{place}entry"), icon=":material/add:"):
        quiz.add("entry", {"concept": "", "tier": "plausible"}, within=entry)


def _multiple(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    quiz.lines(entry, "options", "Options, one line each", place)
    options = [str(option) for option in entry.get("options", [])]
    quiz.several(entry, "answers", "Right answers", options, place)


def _menu(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    concepts = {concept.id: concept.name for concept in room().vocabulary}
    quiz.several(entry, "answers", "Any of these is right", list(concepts), place, shown=lambda key: concepts[key])


def _measure(quiz: Sheet, entry: Fields, place: str, case: Sheet) -> None:
    columns = st.columns(3)
    with columns[0]:
        quiz.number(entry, "value", "True value", place)
    with columns[1]:
        quiz.number(entry, "tolerance", "Still right within", place)
    with columns[2]:
        quiz.choice(entry, "unit", "Unit", questions.UNITS, place)
    quiz.text(entry, "source", "Where the truth comes from", place)
    series = [str(one.get("id")) for one in case.tables("series")]
    quiz.choice(entry, "series", "Series to measure in", series, place, empty="any")
    quiz.optional(entry, "frame", "Image to jump to", place, whole=True)


def _examination(quiz: Sheet, entry: Fields, place: str, case: Sheet) -> None:
    for number, row in enumerate(entry.get("choice", [])):
        inner = f"{place}c{number}-"
        st.divider()
        quiz.choice(row, "aspect", "What is chosen", list(questions.ASPECTS), inner)
        _multiple(quiz, row, inner, case)
        quiz.arrange("choice", number, inner, within=entry)
    if st.button("Add a choice", key=quiz.key(f"{place}choice"), icon=":material/add:"):
        quiz.add("choice", {"aspect": "modality", "options": [], "answers": []}, within=entry)


def _report(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    quiz.text(entry, "model", "Model report", place, rows=5, hint="Markdown, shown after the last answer.")
    for number, row in enumerate(entry.get("criterion", [])):
        inner = f"{place}c{number}-"
        st.divider()
        quiz.text(row, "name", f"Criterion {number + 1}", inner)
        quiz.text(row, "full", "Earns all", inner)
        quiz.text(row, "part", "Earns half", inner)
        quiz.text(row, "none", "Earns nothing", inner)
        quiz.arrange("criterion", number, inner, within=entry)
    if st.button("Add a criterion", key=quiz.key(f"{place}criterion"), icon=":material/add:"):
        quiz.add("criterion", {"name": "", "full": "", "part": "", "none": ""}, within=entry)


def _as_text(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    """Edit the keys that no form knows, as they stand in the file."""
    common = {"id", "kind", "prompt", "explanation", "weight"}
    own = {key: value for key, value in entry.unwrap().items() if key not in common}
    typed = st.text_area("Keys of this kind, as TOML", tomlkit.dumps(own), key=quiz.key(f"{place}toml"), height=180)
    try:
        new: dict[str, Any] = tomlkit.parse(typed).unwrap()
    except tomlkit.exceptions.ParseError as error:
        st.error(f"Not valid TOML, so not saved: {error}")
        return
    if new != own:
        for key in own:
            del entry[key]
        entry.update({key: value for key, value in new.items() if key not in common})


_FORMS: dict[str, Form] = {
    "mark": _mark,
    "single": _single,
    "multiple": _multiple,
    "menu": _menu,
    "differential": _differential,
    "measure": _measure,
    "examination": _examination,
    "report": _report,
}
_EMPTY: dict[str, dict[str, Any]] = {
    "single": {"options": [], "answer": ""},
    "multiple": {"options": [], "answers": []},
}
_KINDS = [str(kind.kind) for kind in get_args(questions.Question)]
"""The kinds that the reader of quizzes knows."""
