"""What a learner types, while typing it, becomes the labels that it may mean, best first.

Two keys of every text: the plain one (lower case, no accents or punctuation) and the folded one, in which
British and American spellings are the same word (oedema and edema, tumour and tumor, organising and
organizing). Abbreviations are compared plain: AEP must not fold to EP. Nothing here knows what a concept is:
labels are numbered.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

__all__ = ["Label", "LabelIndex", "folded", "plain"]

# One typed character says nothing, and nobody types more than this.
SHORTEST, LONGEST = 2, 80
# Words shorter than this must be typed right: a three-letter word is one typo away from many others.
SHORTEST_FUZZY = 4
WORD_CUTOFF, LABEL_CUTOFF = 70.0, 75.0

_FILLERS = frozenset({"a", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_SPELLINGS = (
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"is(ation|ing|ed|er|e)\b"), r"iz\1"),
    (re.compile(r"our(s?)\b"), r"or\1"),
    (re.compile(r"(cent|fib|goit|calib|lit|met)re(s?)\b"), r"\1er\2"),
    (re.compile(r"disk"), "disc"),
    (re.compile(r"leuc(?=o)"), "leuk"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"grey"), "gray"),
)


@dataclass(frozen=True, slots=True)
class Label:
    """One text under which something is found."""

    text: str
    """As shown to people."""
    owner: int
    """Number of the thing it names; of equally good ones the lower number comes first."""
    abbreviation: bool
    """Whether it is an abbreviation, which is compared letter by letter."""


@dataclass(frozen=True, slots=True)
class _Entry:
    label: Label
    words: tuple[str, ...]
    joined: str


class LabelIndex:
    """Labels, prepared once, searched at every key stroke."""

    def __init__(self, labels: Iterable[Label]) -> None:
        keys = [(label, plain(label.text) if label.abbreviation else folded(label.text)) for label in labels]
        self._entries = tuple(_Entry(label, tuple(key.split()), key.replace(" ", "")) for label, key in keys)
        self._places: dict[str, list[int]] = {}
        for place, entry in enumerate(self._entries):
            for word in () if entry.label.abbreviation else dict.fromkeys(entry.words):
                self._places.setdefault(word, []).append(place)
        self._words = tuple(self._places)

    def search(self, text: str, limit: int) -> list[Label]:
        """Return at most `limit` labels for what was typed, best first, one for each owner.

        Parameters
        ----------
        text : str
            What was typed so far; fewer than two letters find nothing.
        limit : int
            Number of labels at most.
        """
        typed = plain(text[:LONGEST])
        if len(typed.replace(" ", "")) < SHORTEST:
            return []
        best: dict[int, tuple[float, _Entry]] = {}
        for entry, value in self._scored(typed):
            if value > best.get(entry.label.owner, (0.0, entry))[0]:
                best[entry.label.owner] = value, entry
        ranked = sorted(best.values(), key=lambda found: (-found[0], found[1].label.owner))
        return [entry.label for _, entry in ranked[:limit]]

    def _scored(self, typed: str) -> Iterable[tuple[_Entry, float]]:
        key = folded(typed)
        words = [word for word in key.split() if word not in _FILLERS] or key.split()
        alike = self._worth(words)
        joined = key.replace(" ", "")
        for place, entry in enumerate(self._entries):
            if entry.label.abbreviation:
                yield entry, _abbreviation_score(typed.replace(" ", ""), entry.joined)
            else:
                yield entry, _label_score(joined, alike.get(place, 0.0), entry)

    def _worth(self, words: list[str]) -> dict[int, float]:
        """Return by place how well the words of an entry are those that were typed: 100 where each is there."""
        found: dict[int, float] = {}
        for typed in words:
            best: dict[int, float] = {}
            for word, value in self._alike(typed).items():
                for place in self._places[word]:
                    best[place] = max(value, best.get(place, 0.0))
            for place, value in best.items():
                found[place] = found.get(place, 0.0) + len(typed) * value
        total = sum(map(len, words))
        return {place: value / total for place, value in found.items()}

    def _alike(self, typed: str) -> dict[str, float]:
        """Score every known word against one typed word; a word typed in part counts almost as the whole."""
        found: dict[str, float] = {}
        if len(typed) >= SHORTEST_FUZZY:
            begun = {word: word[: len(typed)] for word in self._words}
            for _, value, word in process.extract(
                typed, begun, scorer=fuzz.ratio, score_cutoff=WORD_CUTOFF + 4, limit=None
            ):
                found[word] = value - 4
            for word, value, _ in process.extract(
                typed, self._words, scorer=fuzz.ratio, score_cutoff=WORD_CUTOFF, limit=None
            ):
                found[word] = max(value, found.get(word, 0.0))
        return found | {word: 100.0 if word == typed else 96.0 for word in self._words if word.startswith(typed)}


def plain(text: str) -> str:
    """Return a text in lower case without accents, apostrophes or punctuation.

    >>> plain("Birt–Hogg–Dubé syndrome")
    'birt hogg dube syndrome'
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    bare = re.sub(r"['’ʼ]", "", bare.casefold().replace("æ", "ae").replace("œ", "oe"))
    return " ".join(re.findall(r"[^\W_]+", bare))


def folded(text: str) -> str:
    """Return the plain text in one spelling for British and American.

    >>> folded("Organising haematoma of the oesophagus") == folded("Organizing hematoma of the esophagus")
    True
    """
    key = plain(text)
    for pattern, spelling in _SPELLINGS:
        key = pattern.sub(spelling, key)
    return key


def _abbreviation_score(typed: str, abbreviation: str) -> float:
    # Somebody who types PE means the abbreviation before any word that begins so.
    if typed == abbreviation:
        return 150.0
    return 90.0 if abbreviation.startswith(typed) else 0.0


def _label_score(joined: str, value: float, entry: _Entry) -> float:
    share = min(len(joined), len(entry.joined)) / max(len(joined), len(entry.joined))
    if joined == entry.joined:
        return 140.0
    if entry.joined.startswith(joined):
        return 110.0 + 10 * share
    # Words run together or apart: "nonossifying" is no word of "non ossifying fibroma".
    if len(joined) >= SHORTEST_FUZZY:
        value = max(value, fuzz.ratio(joined, entry.joined[: len(joined)], score_cutoff=85.0))
    return value + 10 * share if value >= LABEL_CUTOFF else 0.0
