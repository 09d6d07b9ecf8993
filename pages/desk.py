"""The author's desk: a draft's images beside its texts, from import to the library.

Everything typed is saved at once into the files that a person could write by hand. Whoever may write cases is the
author of each.
"""

import streamlit as st

from cases import CaseError
from cases.draft import Draft
from cases.manifest import TEACHING_HEADINGS
from pages.desk_case import edit_findings, edit_images, edit_texts
from pages.desk_images import DraftImages, open_images, show_images
from pages.desk_publish import check_and_publish, live_faults
from pages.desk_questions import edit_questions
from pages.room import room
from pages.sheet import Sheet
from viewer.component import Drawn

_PARTS = ("Images", "Case", "Findings", "Questions", "Teaching", "Source", "Publish")


def desk() -> None:
    """Draw the list of drafts, or the draft that the address names."""
    slug = str(st.query_params.get("draft", ""))
    if not slug:
        _list()
        return
    try:
        _edit(room().drafts.draft(slug))
    except CaseError as error:
        st.error(str(error))
        st.button("All drafts", icon=":material/arrow_back:", on_click=_close)


def _close() -> None:
    st.query_params.clear()


def _list() -> None:
    drafts = room().drafts
    st.html('<header class="ro-hero"><h1>Author</h1><p>From images to a case that others can read.</p></header>')
    st.page_link(st.session_state["pages"]["import"], label="Import images", icon=":material/upload_file:")
    groups = (("Drafts", drafts.drafts), ("Published here", drafts.published), ("Retired", drafts.retired))
    for title, folder in groups:
        found = drafts.all(folder)
        st.subheader(f"{title} ({len(found)})")
        if not found and folder == drafts.drafts:
            st.info("No draft yet. Import images, and one begins.", icon=":material/edit_note:")
        for draft in found:
            _row(draft, title)


def _row(draft: Draft, group: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"row-{draft.slug}"):
        try:
            title = str(draft.table().get("title") or "without a title yet")
        except CaseError:
            title = "its case.toml has a fault"
        st.markdown(f"**{draft.slug}**  \n{title}")
        if group == "Drafts":
            st.button("Edit", key=f"edit-{draft.slug}", icon=":material/edit:", on_click=_open, args=(draft.slug,))
            return
        if group == "Published here":
            st.button(
                "Retire", key=f"retire-{draft.slug}", icon=":material/archive:", on_click=_retire, args=(draft.slug,)
            )
        st.button("Revise", key=f"revise-{draft.slug}", icon=":material/edit:", on_click=_revise, args=(draft.slug,))


def _open(slug: str) -> None:
    st.query_params["draft"] = slug


def _retire(slug: str) -> None:
    room().drafts.retire(slug)
    room().catalogue.reload()


def _revise(slug: str) -> None:
    """Make it a draft again; until it is published anew it is not in the library."""
    room().drafts.revise(slug)
    room().catalogue.reload()
    _open(slug)


def _edit(draft: Draft) -> None:
    sheet, quiz = Sheet(draft, "case.toml"), Sheet(draft, "quiz.toml")
    images = open_images(draft, sheet)
    with st.container(key="strip", horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Drafts", icon=":material/arrow_back:", on_click=_close, type="tertiary")
        st.html(f'<p class="ro-title"><b>{draft.slug}</b><span>draft · saved as you type</span></p>')
    left, right = st.columns([3, 2], gap="small")
    with left, st.container(key="viewer"):
        drawn = show_images(draft, images)
    with right, st.container(key="desk"):
        part = st.segmented_control(
            "Part", _PARTS, default=_PARTS[0], label_visibility="collapsed", key=f"part-{draft.slug}"
        )
        _draw(part or _PARTS[0], draft, sheet, quiz, images, drawn)
        sheet.save()
        quiz.save()
        live_faults(draft, str(part))


def _draw(part: str, draft: Draft, sheet: Sheet, quiz: Sheet, images: DraftImages, drawn: Drawn) -> None:
    match part:
        case "Images":
            edit_images(sheet, images)
        case "Case":
            edit_texts(sheet)
        case "Findings":
            edit_findings(sheet, images, drawn)
        case "Questions":
            edit_questions(quiz, sheet)
        case "Teaching":
            _teaching(draft)
        case "Source":
            _source(draft, sheet)
        case _:
            sheet.save()
            quiz.save()
            check_and_publish(draft)


def _teaching(draft: Draft) -> None:
    st.caption(f"Markdown, under the headings {', '.join(TEACHING_HEADINGS)}. Textbook knowledge in your own words.")
    old = draft.text("teaching.md")
    write, look = st.tabs(["Write", "Look"])
    with write:
        generation = st.session_state.get(f"restored-{draft.slug}", 0)
        new = st.text_area("Teaching text", old, height=520, key=f"teaching-{draft.slug}-{generation}")
    with look:
        st.markdown(new)
    draft.save("teaching.md", new)


def _source(draft: Draft, case: Sheet) -> None:
    table = case.document.setdefault("provenance", {})
    st.caption("Only images that you may pass on. The learner sees this after the last answer.")
    case.text(table, "source", "Source", "p-", rows=2, hint="Collection, hospital teaching file, own acquisition.")
    case.text(table, "licence", "Licence", "p-", hint="SPDX name where there is one, such as CC-BY-4.0 or CC0-1.0.")
    case.text(table, "licence_url", "Address of the licence", "p-")
    case.text(table, "citation", "How to cite", "p-", rows=2)
    case.text(table, "attribution", "Words that travel with the images", "p-", rows=2)
    case.text(table, "doi", "DOI of the data, if any", "p-", optional=True)
    case.lines(table, "changes", "What was changed, one line each", "p-")
    case.lines(table, "flags", "What is not documented, one line each", "p-")
    licence = str(table.get("licence", ""))
    if licence and not draft.text("LICENCE.txt"):
        draft.save("LICENCE.txt", f"{licence}\n{table.get('licence_url', '')}\n\n{table.get('attribution', '')}\n")
    with st.expander("SOURCE.md: what the gate did"):
        st.markdown(draft.text("SOURCE.md"))
