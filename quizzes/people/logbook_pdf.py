"""A logbook on paper: A4, with totals, every reading, comments, page numbers and lines to sign on.

Reportlab is loaded when the first logbook is printed. The same logbook gives the same bytes.
"""

import io
from collections.abc import Sequence
from typing import Any

from quizzes.people.letters import TEXT_FONT, Letters
from quizzes.people.logbook import Entry, Logbook, Total, result, totals
from quizzes.people.rotation_check import days_in_words

__all__ = ["as_pdf", "unprintable"]

_RECORD = (
    "A teaching record: cases that the student read in Readout, a teaching reading room of anonymised studies. "
    "It is not a certificate of competence, and nothing in it is for diagnosis."
)
_INK, _GREY, _LINE = "#1c242b", "#5c6873", "#c9d0d6"


def unprintable(book: Logbook) -> str:
    """Return what of a logbook cannot be set in type, for people; empty when everything can."""
    letters = Letters()
    for text in (book.name, *(one.subject.title for one in book.entries)):
        letters.markup(text)
    for one in book.entries:
        for remark in one.remarks:
            letters.markup(f"{remark.author} {remark.text}")
    return letters.note()


def as_pdf(book: Logbook, sections: Sequence[str]) -> bytes:
    """Return the logbook as a PDF file.

    Parameters
    ----------
    sections : sequence of str
        Names of the sections, in the order in which totals come.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    letters, target = Letters(), io.BytesIO()
    story = _Story(letters)
    story.head(book)
    if book.read:
        story.sums("By section", totals(book.entries, lambda one: one.subject.sections, sections))
        if any(len(one.subject.sections) > 1 for one in book.read):
            story.parts.append(story.text("A case of two sections counts in both.", "small"))
        story.sums("By modality", totals(book.entries, lambda one: (one.subject.modality or "Other",), ()))
    story.readings(book.entries)
    story.signatures()
    document = BaseDocTemplate(
        target, pagesize=A4, invariant=1, title=f"Logbook of {book.name}", author="Readout", lang="en"
    )
    frame = Frame(20 * mm, 20 * mm, A4[0] - 40 * mm, A4[1] - 38 * mm, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    document.build(story.parts, canvasmaker=_numbered(letters.markup(f"{book.name} · Readout logbook")))
    return target.getvalue()


class _Story:
    """The parts of the document, one after the other."""

    def __init__(self, letters: Letters) -> None:
        from reportlab.lib.colors import HexColor
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.lib.units import mm

        self.parts: list[Any] = []
        self._letters, self._mm, self._colour = letters, mm, HexColor

        def style(size: float, lead: float, colour: str = _INK, **more: object) -> Any:  # noqa: ANN401
            return ParagraphStyle(
                f"s{size}{colour}", fontName=TEXT_FONT, fontSize=size, leading=lead, textColor=HexColor(colour), **more
            )

        self._styles = {
            "title": style(22, 28, spaceAfter=2),
            "name": style(14, 19, spaceAfter=3),
            "heading": style(12, 16, spaceBefore=14, spaceAfter=4),
            "text": style(9, 12.5),
            "small": style(8, 11, _GREY, spaceBefore=3),
            "number": style(9.01, 12.5, alignment=2),
            "column": style(8.01, 11, _GREY, alignment=2),
        }

    def text(self, text: str, style: str = "text") -> Any:  # noqa: ANN401  # reportlab has no types
        from reportlab.platypus import Paragraph

        return Paragraph(self._letters.markup(text), self._styles[style])

    def head(self, book: Logbook) -> None:
        count = len(book.read)
        cases = len({one.slug for one in book.read})
        facts = f"{count} reading{'s' * (count != 1)} of {cases} case{'s' * (cases != 1)}"
        if unfinished := len(book.entries) - count:
            facts += f"; {unfinished} begun and not finished"
        self.parts += [
            self.text("Logbook", "title"),
            self.text(book.name, "name"),
            self.text(f"{days_in_words(book.first, book.last)} · {facts}"),
            self.text(f"{_RECORD} Drawn up on {book.made_on:%-d %B %Y}.", "small"),
        ]

    def sums(self, title: str, rows: Sequence[Total]) -> None:
        head = ["", *(self.text(name, "column") for name in ("Cases", "Readings", "Mean score"))]
        body = [
            [
                self.text(one.name),
                self.text(str(one.cases), "number"),
                self.text(str(one.readings), "number"),
                self.text("–" if one.score is None else f"{one.score:.0%}", "number"),
            ]
            for one in rows
        ]
        self._heading(title)
        self.parts.append(self._table([head, *body], [80, 30, 30, 30]))

    def readings(self, entries: Sequence[Entry]) -> None:
        self._heading("Readings")
        if not entries:
            self.parts.append(self.text("Nothing was read in this period."))
            return
        rows = [[self.text(name, "small") for name in ("Date", "Case", "Section", "Modality", "Result")]]
        spans = []
        for one in entries:
            again = f" (reading {one.number})" if one.number > 1 else ""
            rows.append(
                [
                    self.text(f"{one.day:%Y-%m-%d}"),
                    self.text(one.subject.title + again),
                    self.text(", ".join(one.subject.sections)),
                    self.text(one.subject.modality),
                    self.text(result(one)),
                ]
            )
            for remark in one.remarks:
                spans.append(("SPAN", (1, len(rows)), (4, len(rows))))
                rows.append(
                    ["", self.text(f"{remark.author}, {remark.at:%Y-%m-%d}: {remark.text}", "small"), "", "", ""]
                )
        self.parts.append(self._table(rows, [21, 62, 38, 19, 30], spans))

    def _heading(self, title: str) -> None:
        from reportlab.platypus import CondPageBreak

        # Not at the foot of a page, without what it is about.
        self.parts += [CondPageBreak(45 * self._mm), self.text(title, "heading")]

    def signatures(self) -> None:
        from reportlab.platypus import KeepTogether, Spacer

        lines = [
            [self.text(f"{who}: name, date, signature", "small"), "", self.text("Place and stamp", "small")]
            for who in ("Student", "Resident")
        ]
        signed = self._table(lines, [100, 10, 60], [], above=16)
        parts: list[Any] = [Spacer(1, 6 * self._mm), signed]
        if note := self._letters.note():
            parts += [Spacer(1, 4 * self._mm), self.text(note, "small")]
        self.parts.append(KeepTogether(parts))

    def _table(
        self, rows: list[list[Any]], widths: Sequence[float], more: Sequence[tuple[Any, ...]] = (), *, above: float = 0
    ) -> Any:  # noqa: ANN401
        from reportlab.platypus import Table

        rule = self._colour(_GREY if above else _LINE)
        style: list[tuple[Any, ...]] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), above * self._mm if above else 2.5),
        ]
        if above:
            style += [("LINEABOVE", (column, 1), (column, -1), 0.6, rule) for column in (0, 2)]
            return Table([["", "", ""], *rows], [width * self._mm for width in widths], style=style, hAlign="LEFT")
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.4, rule))
        # A row that is higher than a page may be split: a comment can be long.
        return Table(
            rows, [w * self._mm for w in widths], style=[*style, *more], repeatRows=1, hAlign="LEFT", splitInRow=1
        )


def _numbered(footer: str) -> type[Any]:
    """Return a canvas that knows how many pages there are, and writes so at the foot of each."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Paragraph

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: object, **more: object) -> None:
            super().__init__(*args, **more)
            self._states: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # reportlab's name
            self._states.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self._states, 1):
                self.__dict__.update(state)
                self._foot(f"{footer} · page {number} of {len(self._states)}")
                super().showPage()
            super().save()

        def _foot(self, text: str) -> None:
            style = ParagraphStyle("foot", fontName=TEXT_FONT, fontSize=8, leading=11, textColor=HexColor(_GREY))
            paragraph = Paragraph(text, style)
            width = self._pagesize[0] - 40 * mm
            paragraph.wrapOn(self, width, 10 * mm)
            paragraph.drawOn(self, 20 * mm, 11 * mm)

    return Numbered
