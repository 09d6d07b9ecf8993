"""The import page: files are offered, looked at, decided about, and become a draft.

While a person decides, what was offered waits in a temporary folder outside Readout's data; it is deleted once it is
imported, when it is discarded, and with the session.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from cases import CaseError
from cases.draft import Drafts
from cases.exporting import import_case, is_export
from cases.gate import CHOICES, Answer, Choice, Decisions, GateReport, Hold
from cases.importing import Offer, open_offer, sweep
from pages.intake import admit_offer, check_imported
from pages.room import is_local, room
from pages.upload import Upload, drop_zone
from viewer import SeriesError
from viewer.decode import frame_values
from viewer.series import read_study

_CHOICES = {
    "mask": "Black out boxes",
    "keep": "Keep, with a reason",
    "deface": "Remove the face",
    "leave-out": "Leave out",
}
_KINDS = {"burned-in": "Text in the pixels", "face": "A face", "report": "A report", "document": "A document"}


@dataclass
class Intake:
    """What somebody is importing, for as long as it takes."""

    stack: ExitStack = field(default_factory=ExitStack)
    """Holds the temporary folders."""
    upload: Upload = field(default_factory=Upload)
    offer: Offer | None = None
    report: GateReport | None = None
    slug: str = ""
    secret: Decisions | None = None
    modality: str = ""

    def close(self) -> None:
        """Delete everything that was offered."""
        self.upload.close()
        self.stack.close()

    __del__ = close


def importing() -> None:
    """Draw the page."""
    st.html('<header class="ro-hero"><h1>Import</h1><p>Your own images, through one gate, into a draft.</p></header>')
    if "intake" not in st.session_state:
        sweep(room().now().timestamp())
        st.session_state["intake"] = Intake()
    intake: Intake = st.session_state["intake"]
    if intake.report is not None and intake.report.admitted:
        _done(intake, intake.report)
    elif intake.report is not None:
        _decide(intake, intake.report)
    else:
        _choose(intake)


def _restart() -> None:
    intake = st.session_state.pop("intake", None)
    if intake is not None:
        intake.close()


def _choose(intake: Intake) -> None:
    st.caption(
        "Identity is removed as DICOM PS3.15 says, and you decide about what no rule can. The originals are not kept."
    )
    columns = st.columns([2, 1])
    drafts, taken = room().drafts, [case.slug for case in room().catalogue.cases]
    with columns[0]:
        hint = "Neutral, as it stands in addresses: section, modality and a number."
        intake.slug = st.text_input("Name of the draft", drafts.free_slug("draft", taken), help=hint, key="import-name")
    with columns[1]:
        intake.modality = st.selectbox(
            "Modality", ["", "CT", "MR"], format_func=lambda key: key or "as the files say",
            help="NIfTI volumes do not say what made them.", key="import-modality",
        )  # fmt: skip
    if drop_zone(intake.upload, key=f"drop-{intake.upload.token[:8]}") and (offered := intake.upload.offered):
        _open(intake, offered)
    if not is_local():
        # A path names a file of the server: that is for who sits at it.
        return
    with st.form("import-path", border=False):
        path = st.text_input(
            "Or the path of a file or folder on this machine", placeholder="/data/study, study.zip, DICOMDIR"
        )
        if st.form_submit_button("Look at it", icon=":material/search:") and path.strip():
            _open(intake, Path(path.strip()).expanduser())


def _open(intake: Intake, path: Path) -> None:
    """Unpack and convert what was offered, and send it to the gate."""
    drafts = room().drafts
    taken = {case.slug for case in room().catalogue.cases}
    bar = _Bar()
    try:
        if not path.exists():
            st.error("There is no such file or folder on this machine. Check the path.")
            return
        if path.is_file() and is_export(path):
            _take_case(path, drafts, taken)
            return
        drafts.check_slug(intake.slug, taken)
        intake.offer = intake.stack.enter_context(open_offer(path, modality=intake.modality, progress=bar))
        intake.secret = Decisions(intake.slug)
        _send(intake, {}, bar)
    except CaseError as error:
        bar.clear()
        st.error(f"Not imported: {error}")


def _take_case(path: Path, drafts: Drafts, taken: set[str]) -> None:
    folder = import_case(path, drafts.published, check=check_imported, taken=taken)
    room().catalogue.reload()
    _restart()
    st.success(f"The case {folder.name} is in the library.", icon=":material/check:")


def _send(intake: Intake, answers: dict[str, Answer], bar: "_Bar") -> None:
    if intake.offer is None or intake.secret is None:
        return
    decisions = Decisions(intake.slug, answers, intake.secret.secret)
    intake.report = admit_offer(intake.offer, room().drafts, decisions, progress=bar)
    if intake.report.admitted:
        intake.close()  # the originals go as soon as the draft is there
    st.rerun()


class _Bar:
    """Shows progress; a click on Cancel ends the script at the next step, and with it the import."""

    def __init__(self) -> None:
        self._slot = st.empty()
        self._cancel = st.empty()
        self._last = -1

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._last < 0:
            self._cancel.button("Cancel", on_click=_restart, key="import-cancel", icon=":material/close:")
        share = min(100, 100 * done // max(1, total))
        if share != self._last or total < 50:
            self._last = share
            self._slot.progress(share / 100, text=f"{what}: {done} of {total}")

    def clear(self) -> None:
        self._slot.empty()
        self._cancel.empty()


def _decide(intake: Intake, report: GateReport) -> None:
    count = f"{len(report.held)} decision{'s' * (len(report.held) > 1)}"
    st.warning(f"{count} before anything is imported.", icon=":material/front_hand:")
    answers: dict[str, Answer] = {}
    missing = 0
    for hold in report.held:
        with st.container(border=True, key=f"hold-{hold.key}"):
            answer = _ask(hold)
        if answer is None:
            missing += 1
        else:
            answers[hold.key] = answer
    with st.container(horizontal=True, gap="small"):
        go = st.button("Import", type="primary", disabled=missing > 0, icon=":material/check:")
        st.button("Discard", on_click=_restart, icon=":material/close:")
    if missing:
        st.caption(f"{missing} still to decide.")
    _left_out(report)
    if go:
        bar = _Bar()
        try:
            _send(intake, answers, bar)
        except CaseError as error:
            bar.clear()
            st.error(f"Not imported: {error}")


def _ask(hold: Hold) -> Answer | None:
    number = hold.key.rsplit("-", 1)[-1]
    st.markdown(f"**{_KINDS[hold.kind]}** · series {number}, {len(hold.files)} file{'s' * (len(hold.files) > 1)}")
    st.markdown(f"This is {hold.message}" if hold.kind != "burned-in" else hold.message[0].upper() + hold.message[1:])
    choice: Choice | None = st.radio(
        "Decision", CHOICES[hold.kind], index=None, format_func=lambda key: _CHOICES[key], horizontal=True,
        key=f"choice-{hold.key}", label_visibility="collapsed",
    )  # fmt: skip
    if hold.kind in ("burned-in", "face"):
        return _with_picture(hold, choice)
    return _answer(hold, choice)


def _answer(hold: Hold, choice: Choice | None) -> Answer | None:
    if choice != "keep":
        return Answer(choice) if choice else None
    reason = st.text_input("Why it may be kept", key=f"reason-{hold.key}", placeholder="Looked at every image: …")
    return Answer("keep", reason) if reason.strip() else None


def _with_picture(hold: Hold, choice: Choice | None) -> Answer | None:
    frames = _frames(hold.files)
    beside, picture = st.columns([2, 3])
    with beside:
        boxes: tuple[tuple[int, int, int, int], ...] = ()
        if choice == "mask":
            boxes = _boxes(hold)
            answer = Answer("mask", boxes=boxes) if boxes else None
        else:
            answer = _answer(hold, choice)
    with picture:
        if not frames:
            st.caption("The images cannot be shown here.")
            return answer
        at = 1
        if len(frames) > 1:
            at = st.slider("Image", 1, len(frames), key=f"look-{hold.key}")
        shown = boxes if choice == "mask" else hold.boxes if choice is None else ()
        st.image(_picture(*frames[at - 1], boxes=shown, filled=choice == "mask"), width="stretch")
    return answer


def _boxes(hold: Hold) -> tuple[tuple[int, int, int, int], ...]:
    st.caption("Columns and rows in pixels, first and last. They are blacked out on every image of the series.")
    names = ("from column", "from row", "to column", "to row")
    start = [dict(zip(names, box, strict=True)) for box in hold.boxes] or [dict.fromkeys(names, 0)]
    rows = st.data_editor(start, num_rows="dynamic", hide_index=True, key=f"boxes-{hold.key}")
    found = [[row.get(name) for name in names] for row in rows]
    whole = [[int(n) for n in box if n is not None] for box in found]
    sound = (box for box in whole if len(box) == 4 and 0 <= box[0] <= box[2] and 0 <= box[1] <= box[3])
    return tuple((a, b, c, d) for a, b, c, d in sound if c and d)


def _frames(files: tuple[Path, ...]) -> list[tuple[Any, int]]:
    """Give what can be shown of files, frame by frame."""
    key = f"frames-{hash(files)}"
    if key not in st.session_state:
        try:
            found = [(series, n) for series in read_study(files).series for n in range(len(series.frames))]
        except SeriesError:
            found = []
        st.session_state[key] = found
    return list(st.session_state[key])


def _picture(series: Any, index: int, *, boxes: tuple[tuple[int, int, int, int], ...], filled: bool) -> Image.Image:  # noqa: ANN401
    try:
        values = frame_values(series, index).astype(np.float32)
    except SeriesError:
        return Image.new("L", (320, 240))
    low, high = np.percentile(values, (0.5, 99.5))
    grey = np.clip((values - low) * (255 / max(1e-6, float(high - low))), 0, 255).astype(np.uint8)
    if series.photometric == "MONOCHROME1":
        grey = 255 - grey
    picture = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        draw.rectangle(box, outline="#f2b84b", fill="black" if filled else None, width=2)
    return picture


def _done(intake: Intake, report: GateReport) -> None:
    st.success(f"The draft {intake.slug} is begun. It holds {len(report.files)} files.", icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            st.session_state["pages"]["desk"], label="Write the case", icon=":material/edit:",
            query_params={"draft": intake.slug},
        )  # fmt: skip
        st.button("Import more", on_click=_restart, icon=":material/upload_file:")
    for text in (*(intake.offer.notes if intake.offer else ()), *(f"Kept: {kept}" for kept in report.kept)):
        st.caption(text)
    _left_out(report)
    st.markdown("##### What was removed")
    st.caption(" · ".join(report.options) + ". No value is shown or kept.")
    rows = [
        {"attribute": name, "what was done": action, "places": count}
        for (name, action), count in sorted(report.removed.items())
    ]
    st.dataframe(rows, hide_index=True, height=min(420, 40 + 35 * len(rows)))


def _left_out(report: GateReport) -> None:
    for why, count in sorted(report.left_out.items()):
        st.caption(f"Left out: {count} × {why}")
