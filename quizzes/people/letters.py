"""Text for a PDF in any script that there is type for, and a word about every letter that there is none for.

Noto Sans (Latin, Greek, Cyrillic, Vietnamese) is embedded. Chinese, Japanese and Korean letters are set in the standard
typefaces that PDF viewers bring along. Scripts that need joining or run from right to left have no type here: their
letters become the replacement character, and are told by name. Reportlab is loaded by those who print.
"""

import importlib.util
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

__all__ = ["MISSING", "TEXT_FONT", "Letters"]

TEXT_FONT = "ReadoutSans"
MISSING = "\N{REPLACEMENT CHARACTER}"
"""Stands for a letter without type; the embedded typeface has it."""
_HAN, _KANA, _HANGUL = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
# Noto Sans has letters of these scripts, but they are wrong without being joined and put in order.
_JOINED = ("DEVANAGARI",)


class Letters:
    """Turns texts into the markup of reportlab's paragraphs, and remembers what could not be set."""

    def __init__(self) -> None:
        self._known = _faces()
        self._borrowed = False
        self.missing: dict[str, str] = {}
        """Letters without type → their Unicode names, in the order in which they came."""

    def markup(self, text: str) -> str:
        """Return a text as markup, each letter in a typeface that has it; line breaks stay."""
        clean = unicodedata.normalize("NFC", text)
        kana = any(_name(letter).startswith(("HIRAGANA", "KATAKANA")) for letter in clean)
        runs = groupby(((self._face(letter, kana=kana), letter) for letter in clean), key=lambda pair: pair[0])
        return "".join(self._run(face, "".join(letter for _, letter in letters)) for face, letters in runs)

    def note(self) -> str:
        """Return what could not be set, and what depends on the viewer, for people; empty when there is nothing."""
        told = []
        if self.missing:
            letters = ", ".join(f"U+{ord(letter):04X} {name}" for letter, name in self.missing.items())
            told.append(
                f"{MISSING} stands for a letter that there is no type for here: {letters}. The CSV has them all."
            )
        if self._borrowed:
            told.append("Chinese, Japanese and Korean letters are shown in a typeface of the viewer, where it has one.")
        return " ".join(told)

    def _face(self, letter: str, *, kana: bool) -> str:
        name = _name(letter)
        if letter in "\n " or (ord(letter) in self._known and not name.startswith(_JOINED)):
            return TEXT_FONT
        if ord(letter) < 0x10000:
            if name.startswith("HANGUL"):
                return _HANGUL
            if name.startswith(("HIRAGANA", "KATAKANA")):
                return _KANA
            if name.startswith(("CJK", "IDEOGRAPHIC", "FULLWIDTH")):
                return _KANA if kana else _HAN
        return ""

    def _run(self, face: str, letters: str) -> str:
        if face == TEXT_FONT:
            return escape(letters).replace("\n", "<br/>")
        if not face:
            # A control or joining sign that shows nothing needs no type.
            visible = [letter for letter in letters if unicodedata.category(letter) not in ("Cc", "Cf")]
            self.missing.update({letter: _name(letter) or "unnamed" for letter in visible})
            return MISSING * len(visible)
        self._borrowed = True
        return f'<font name="{face}">{escape(letters)}</font>'


def _name(letter: str) -> str:
    return unicodedata.name(letter, "")


@cache
def _faces() -> frozenset[int]:
    """Make the typefaces known to reportlab, and return the letters that the embedded one has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    found = importlib.util.find_spec("fontpkg_noto_sans")
    folder = Path(str(found and found.origin)).parent
    font = TTFont(TEXT_FONT, str(folder / "files" / "NotoSans[wdth,wght].ttf"))
    pdfmetrics.registerFont(font)
    for name in (_HAN, _KANA, _HANGUL):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(font.face.charToGlyph)
