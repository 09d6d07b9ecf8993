"""The part of the author's desk that writes ``quiz.toml``: questions of every kind.

A kind that has no form here yet is edited as the text that stands in the file.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st
import tomlkit

from pages.room import room
from pages.sheet import Fields, Sheet
from quizzes.questions import TIERS

Form = Callable[[Sheet, Fields, str, Sheet], None]
_TIERS = {"answer": "Most likely", "plausible": "Plausible", "must-not-miss": "Must not miss", "unlikely": "Unlikely"}


def edit_questions(quiz: Sheet, case: Sheet) -> None:
    """Edit the questions in the order in which they are asked."""
    st.caption("Two to six questions. A learner sees the first prompt before anything is answered.")
    for index, entry in enumerate(quiz.tables("question")):
        prompt = str(entry.get("prompt", ""))
        with st.expander(f"{index + 1} · {entry.get('kind')} · {prompt[:40] or 'new'}", expanded=not prompt):
            place = f"q{index}-"
            quiz.text(entry, "prompt", "Question", place, rows=2)
            _FORMS.get(str(entry.get("kind")), _as_text)(quiz, entry, place, case)
            quiz.text(entry, "explanation", "Explanation", place, rows=4, hint="Markdown, shown after the last answer.")
            quiz.optional(entry, "weight", "Weight in the score, 1 without", place)
            quiz.arrange("question", index, place)
    with st.container(horizontal=True, gap="small"):
        for kind, new in _NEW.items():
            if st.button(f"Add: {kind}", key=quiz.key(f"add-{kind}"), icon=":material/add:"):
                quiz.add(
                    "question", {"id": _free(quiz, kind), "kind": kind, "prompt": "", "explanation": ""} | new(case)
                )


def _free(quiz: Sheet, kind: str) -> str:
    taken = {str(entry.get("id", "")) for entry in quiz.tables("question")}
    return next(one for n in range(1, 1000) if (one := kind if n == 1 else f"{kind}-{n}") not in taken)


def _mark(quiz: Sheet, entry: Fields, place: str, case: Sheet) -> None:
    names = [str(region.get("name", "")) for region in case.tables("region")]
    if quiz.flag(entry, "no_finding", "There is nothing to mark", place):
        entry.pop("region", None)
    else:
        entry.pop("no_finding", None)
        quiz.choice(entry, "region", "Region to mark", names, place)
    quiz.choice(entry, "series", "Series to mark in", [str(one.get("id")) for one in case.tables("series")], place)
    quiz.optional(entry, "frame", "Image to jump to", place, whole=True)
    quiz.optional(entry, "tolerance_px", "Distance that still hits, in pixels, without patient space", place)


def _single(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
    quiz.lines(entry, "options", "Options, one line each", place)
    quiz.choice(entry, "answer", "Right answer", [str(option) for option in entry.get("options", [])], place)


def _differential(quiz: Sheet, entry: Fields, place: str, _case: Sheet) -> None:
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


_FORMS: dict[str, Form] = {"mark": _mark, "single": _single, "differential": _differential}
_NEW: dict[str, Callable[[Sheet], dict[str, Any]]] = {
    "mark": lambda case: {"series": str(next((one.get("id") for one in case.tables("series")), ""))},
    "single": lambda _case: {"options": [], "answer": ""},
    "differential": lambda _case: {},
}
